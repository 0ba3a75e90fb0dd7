/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our own socket options. Documentation/sockopt.rst lists them.
 */
#ifndef _TLSBIND_SOCKOPT_H
#define _TLSBIND_SOCKOPT_H

#include <linux/sockptr.h>
#include <linux/tlsbind.h>
#include <linux/types.h>

struct sock;

/**
 * tlsbind_sockopt_settable() - is it one of our options for setsockopt()?
 * @optname: name at level SOL_TLS
 *
 * Return: true if so.
 */
static inline bool tlsbind_sockopt_settable(int optname)
{
	return optname == TLSBIND_CHALLENGE || optname == TLSBIND_EVENTFD;
}

/**
 * tlsbind_sockopt_gettable() - is it one of our options for getsockopt()?
 * @optname: name at level SOL_TLS
 *
 * Return: true if so.
 */
static inline bool tlsbind_sockopt_gettable(int optname)
{
	return optname == TLSBIND_EVIDENCE || optname == TLSBIND_INFO ||
	       optname == TLSBIND_PEER;
}

int tlsbind_sockopt_set(struct sock *sk, int optname, sockptr_t optval,
			unsigned int optlen);
int tlsbind_sockopt_get(struct sock *sk, int optname, char __user *optval,
			int __user *optlen);

#endif
