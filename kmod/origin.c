// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program installs many keys under the same rules. So each network namespace
 * remembers the latest origin, and a table has all others that some key has.
 *
 * That equal ones are one saves memory; nothing depends on it. Two tasks that miss
 * the same one at the same time make two, and one that the table has no room for is
 * shared only while it is the latest.
 *
 * It is charged to whoever installed its first key; if he is gone, and it still is the
 * latest, to the parent of his memory cgroup, as all such memory of the kernel's.
 */
#include "origin.h"

#include <linux/jhash.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net.h"
#include "rule.h"

/**
 * struct tlsbind_origin_wanted - what is looked up
 * @tn: network namespace of the socket
 * @caller: who installs a key
 * @generation: of the rules that were asked
 * @rule: handle of the one that decided, 0 if none did
 */
struct tlsbind_origin_wanted {
	const struct tlsbind_net *tn;
	const struct tlsbind_caller *caller;
	u64 generation;
	u64 rule;
};

static struct rhashtable tlsbind_origin_table;

/* Whom a cgroup is below follows from its id: see tlsbind_caller_get(). */
static bool tlsbind_origin_same_caller(const struct tlsbind_caller *a,
				       const struct tlsbind_caller *b)
{
	return a->uid == b->uid && a->cgroup_id == b->cgroup_id &&
	       a->netns == b->netns && a->exe.kind == b->exe.kind &&
	       a->exe.len == b->exe.len &&
	       !memcmp(a->exe.digest, b->exe.digest, a->exe.len);
}

/*
 * A generation is one set of rules, which does not change, and never comes again: the
 * rest of a verdict follows from it and the rule.
 */
static bool tlsbind_origin_matches(const struct tlsbind_origin *origin,
				   const struct tlsbind_origin_wanted *wanted)
{
	return origin->tn == wanted->tn &&
	       origin->verdict.generation == wanted->generation &&
	       origin->verdict.rule == wanted->rule &&
	       tlsbind_origin_same_caller(&origin->caller, wanted->caller);
}

static u32 tlsbind_origin_hash(const void *key, u32 len, u32 seed)
{
	const struct tlsbind_origin_wanted *wanted = key;
	const struct tlsbind_caller *caller = wanted->caller;

	seed = jhash_3words(caller->uid, lower_32_bits(caller->cgroup_id),
			    lower_32_bits(caller->netns), seed);
	seed = jhash_3words(lower_32_bits(wanted->rule),
			    lower_32_bits(wanted->generation),
			    caller->exe.kind, seed);
	return jhash(caller->exe.digest, caller->exe.len, seed);
}

static u32 tlsbind_origin_hash_entry(const void *entry, u32 len, u32 seed)
{
	const struct tlsbind_origin *origin = entry;
	struct tlsbind_origin_wanted wanted = {
		.caller = &origin->caller,
		.generation = origin->verdict.generation,
		.rule = origin->verdict.rule,
	};

	return tlsbind_origin_hash(&wanted, sizeof(wanted), seed);
}

/* Return: 0 if it is the one. */
static int tlsbind_origin_compare(struct rhashtable_compare_arg *arg,
				  const void *entry)
{
	return !tlsbind_origin_matches(entry, arg->key);
}

static const struct rhashtable_params tlsbind_origin_params = {
	.head_offset = offsetof(struct tlsbind_origin, node),
	.hashfn = tlsbind_origin_hash,
	.obj_hashfn = tlsbind_origin_hash_entry,
	.obj_cmpfn = tlsbind_origin_compare,
	.automatic_shrinking = true,
};

/**
 * tlsbind_origin_init() - make the table
 *
 * Context: process, may sleep; module init.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_origin_init(void)
{
	return rhashtable_init(&tlsbind_origin_table, &tlsbind_origin_params);
}

/**
 * tlsbind_origin_exit() - drop the table
 *
 * Context: process, may sleep; no key and no network namespace has an origin any
 * more.
 */
void tlsbind_origin_exit(void)
{
	rhashtable_destroy(&tlsbind_origin_table);
}

/* The latest of the network namespace, if it is the one. With the RCU read lock. */
static struct tlsbind_origin *
tlsbind_origin_latest(const struct tlsbind_origin_wanted *wanted)
{
	struct tlsbind_origin *origin = rcu_dereference(wanted->tn->origin);

	if (origin && (!tlsbind_origin_matches(origin, wanted) ||
		       !refcount_inc_not_zero(&origin->ref)))
		origin = NULL;
	return origin;
}

/* Any that a key has. */
static struct tlsbind_origin *
tlsbind_origin_find(const struct tlsbind_origin_wanted *wanted)
{
	struct tlsbind_origin *origin;

	rcu_read_lock();
	origin = rhashtable_lookup(&tlsbind_origin_table, wanted,
				   tlsbind_origin_params);
	if (origin && !refcount_inc_not_zero(&origin->ref))
		origin = NULL;
	rcu_read_unlock();
	return origin;
}

static struct tlsbind_origin *
tlsbind_origin_new(const struct tlsbind_origin_wanted *wanted,
		   const struct tlsbind_verdict *verdict)
{
	struct tlsbind_origin *origin = kzalloc(sizeof(*origin),
						GFP_KERNEL_ACCOUNT);

	if (!origin)
		return NULL;
	refcount_set(&origin->ref, 1);
	origin->tn = wanted->tn;
	origin->caller = *wanted->caller;
	origin->verdict = *verdict;
	/* Who finds it reads this under RCU only after it is in the table. */
	origin->listed = true;
	if (rhashtable_insert_fast(&tlsbind_origin_table, &origin->node,
				   tlsbind_origin_params))
		origin->listed = false;
	return origin;
}

/* With a reference, or NULL. */
static void tlsbind_origin_remember(struct tlsbind_net *tn,
				    struct tlsbind_origin *origin)
{
	struct tlsbind_origin *old;

	old = unrcu_pointer(xchg(&tn->origin, RCU_INITIALIZER(origin)));
	tlsbind_origin_put(old);
}

/* Not the latest; the rules are asked once more, since they may have changed. */
static noinline struct tlsbind_origin *
tlsbind_origin_other(const struct net *net, const struct tlsbind_flow *flow,
		     const struct tlsbind_caller *caller)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	struct tlsbind_origin_wanted wanted = { .tn = tn, .caller = caller };
	struct tlsbind_verdict verdict;
	struct tlsbind_origin *origin;

	tlsbind_policy_judge(net, flow, caller, &verdict);
	wanted.generation = verdict.generation;
	wanted.rule = verdict.rule;
	origin = tlsbind_origin_find(&wanted) ?:
		 tlsbind_origin_new(&wanted, &verdict);
	if (origin)
		tlsbind_origin_remember(tn, tlsbind_origin_hold(origin));
	return origin;
}

/**
 * tlsbind_origin_get() - where a key comes from that is being installed
 * @net: network namespace of the socket, held; its rules are asked
 * @flow: of the socket
 * @caller: who installs it
 *
 * The rule that decides counts it.
 *
 * Context: process, may sleep.
 * Return: the origin with a reference for the caller, who gives it back before he lets
 * go of @net; NULL without memory.
 */
struct tlsbind_origin *tlsbind_origin_get(const struct net *net,
					  const struct tlsbind_flow *flow,
					  const struct tlsbind_caller *caller)
{
	struct tlsbind_origin_wanted wanted;
	struct tlsbind_origin *origin;
	struct tlsbind_rule *rule;

	wanted.tn = tlsbind_net(net);
	wanted.caller = caller;
	rcu_read_lock();
	rule = tlsbind_policy_ask(wanted.tn, flow, caller, &wanted.generation);
	wanted.rule = rule ? rule->handle : 0;
	if (rule)
		atomic64_inc(&rule->matches);
	origin = tlsbind_origin_latest(&wanted);
	rcu_read_unlock();
	return origin ?: tlsbind_origin_other(net, flow, caller);
}

/**
 * tlsbind_origin_hold() - take another reference
 * @origin: origin that the caller holds a reference on
 *
 * Context: any.
 * Return: @origin.
 */
struct tlsbind_origin *tlsbind_origin_hold(struct tlsbind_origin *origin)
{
	refcount_inc(&origin->ref);
	return origin;
}

/**
 * tlsbind_origin_put() - give a reference back
 * @origin: origin or NULL
 *
 * Context: any but hard interrupts.
 */
void tlsbind_origin_put(struct tlsbind_origin *origin)
{
	if (!origin || !refcount_dec_and_test(&origin->ref))
		return;
	if (origin->listed)
		rhashtable_remove_fast(&tlsbind_origin_table, &origin->node,
				       tlsbind_origin_params);
	kfree_rcu(origin, rcu);
}

/**
 * tlsbind_origin_drop() - a network namespace goes away
 * @tn: what is kept for it; no socket is tracked
 *
 * Context: process.
 */
void tlsbind_origin_drop(struct tlsbind_net *tn)
{
	tlsbind_origin_remember(tn, NULL);
}
