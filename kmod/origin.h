/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a key comes from: who installed it, and what the rules said of that. All
 * keys of which both are the same share one.
 */
#ifndef _TLSBIND_ORIGIN_H
#define _TLSBIND_ORIGIN_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "caller.h"
#include "policy.h"

struct net;
struct tlsbind_flow;
struct tlsbind_net;

/**
 * struct tlsbind_origin - where keys come from
 * @node: in the table, if @listed
 * @ref: one of each key and of each installation under way, one of its network
 *	namespace for the latest
 * @listed: it is in the table
 * @tn: network namespace of the sockets, whose rules were asked; not held
 * @caller: who installed them
 * @verdict: what the rules said of that
 * @rcu: lookups do not take a lock
 *
 * Nothing but the first two changes once it can be found.
 */
struct tlsbind_origin {
	struct rhash_head node;
	refcount_t ref;
	bool listed;
	const struct tlsbind_net *tn;
	struct tlsbind_caller caller;
	struct tlsbind_verdict verdict;
	struct rcu_head rcu;
};

int tlsbind_origin_init(void);
void tlsbind_origin_exit(void);
struct tlsbind_origin *tlsbind_origin_get(const struct net *net,
					  const struct tlsbind_flow *flow,
					  const struct tlsbind_caller *caller);
struct tlsbind_origin *tlsbind_origin_hold(struct tlsbind_origin *origin);
void tlsbind_origin_put(struct tlsbind_origin *origin);
void tlsbind_origin_drop(struct tlsbind_net *tn);

#endif
