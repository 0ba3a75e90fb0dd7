/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calling the functions that are redirected.
 */
#ifndef _TLSBIND_ORIGINAL_H
#define _TLSBIND_ORIGINAL_H

#include <net/sock.h>

/**
 * struct tlsbind_original - kTLS's own functions, from its struct proto
 * @setsockopt: tls_setsockopt()
 * @getsockopt: tls_getsockopt()
 * @close: tls_sk_proto_close()
 *
 * The pointers come from struct proto and nowhere else: they are addresses
 * that may be called indirectly, also where the CPU enforces that (IBT).
 */
struct tlsbind_original {
	typeof_member(struct proto, setsockopt) setsockopt;
	typeof_member(struct proto, getsockopt) getsockopt;
	typeof_member(struct proto, close) close;
};

extern struct tlsbind_original tlsbind_original;

int tlsbind_original_setsockopt(struct sock *sk, int level, int optname,
				sockptr_t optval, unsigned int optlen);
int tlsbind_original_getsockopt(struct sock *sk, int level, int optname,
				char __user *optval, int __user *optlen);
void tlsbind_original_close(struct sock *sk, long timeout);

/* Code between these labels is that of original.c. */
extern const char tlsbind_original_begin[];
extern const char tlsbind_original_end[];

/**
 * tlsbind_original_calls() - does a return address lie in original.c?
 * @ip: the address
 *
 * Not the whole module: sock_common_setsockopt() jumps to the protocol's
 * function, so that a call which the load-time self-test makes has a return
 * address in this module and still must be diverted.
 *
 * Context: any; called from an ftrace handler.
 * Return: true if so.
 */
static __always_inline bool tlsbind_original_calls(unsigned long ip)
{
	return ip >= (unsigned long)tlsbind_original_begin &&
	       ip <= (unsigned long)tlsbind_original_end;
}

bool tlsbind_original_sane(void);

#endif
