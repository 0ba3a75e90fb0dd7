/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose memory a socket counts as. mem_cgroup_from_sk() says so from Linux 6.18 on ("net-memcg:
 * Introduce mem_cgroup_from_sk()") and where it was backported; what it reads is there before,
 * too, and that is read here.
 */
#ifndef _TLSBIND_COMPAT_MEMCG_H
#define _TLSBIND_COMPAT_MEMCG_H

#include <linux/sched/mm.h>
#include <net/sock.h>

/**
 * tlsbind_sock_memcg() - whose memory does a socket count as?
 * @sk: the socket
 *
 * Return: the memory cgroup, which is there as long as the socket is; NULL if none.
 */
static inline struct mem_cgroup *tlsbind_sock_memcg(const struct sock *sk)
{
#ifdef CONFIG_MEMCG
	return sk->sk_memcg;
#else
	return NULL;
#endif
}

#endif
