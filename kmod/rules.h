/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of rules in their order. It does not change once it is made; a change
 * of the rules is another set.
 */
#ifndef _TLSBIND_RULES_H
#define _TLSBIND_RULES_H

#include <linux/bitmap.h>
#include <linux/rcupdate.h>
#include <linux/tlsbind.h>
#include <linux/types.h>

#include "trait.h"

struct tlsbind_caller;
struct tlsbind_flow;
struct tlsbind_rule;

/* No such position. */
#define TLSBIND_RULES_NONE	U32_MAX

/* Of traits, 0 included. */
#define TLSBIND_RULES_LENGTHS	(TLSBIND_TRAIT_BITS + 1)

/**
 * struct tlsbind_rules_entry - one place in the order
 * @rule: the set holds a reference
 * @next: next position in the bucket, a higher one; or TLSBIND_RULES_NONE
 * @next_handle: likewise in the bucket of the handle
 */
struct tlsbind_rules_entry {
	struct tlsbind_rule *rule;
	u32 next;
	u32 next_handle;
};

/**
 * struct tlsbind_rules_bucket - the rules that one hash leads to
 * @first: lowest position
 * @first_handle: lowest position, by hash of the handle
 * @load: how many there are from @first on
 */
struct tlsbind_rules_bucket {
	u32 first;
	u32 first_handle;
	u32 load;
};

/**
 * struct tlsbind_rules - a set of rules
 * @rcu: readers do not take a lock
 * @generation: of the rules of the network namespace
 * @count: how many there are
 * @digest: see &struct tlsbind_rule_wire
 * @mask: number of buckets, a power of two, less one
 * @rest: lowest position of the rules that are found by nothing
 * @kinds: those of traits that some rule is found by; a bit for each
 * @cut: those of which some rule is found by less than all bits; likewise
 * @lengths: those of traits that some rule is found by, for each kind
 * @buckets: the index
 * @entries: the rules in their order
 */
struct tlsbind_rules {
	struct rcu_head rcu;
	u64 generation;
	u32 count;
	u8 digest[TLSBIND_HASH_SIZE];
	u32 mask;
	u32 rest;
	unsigned int kinds;
	unsigned int cut;
	DECLARE_BITMAP(lengths[TLSBIND_TRAIT_KINDS], TLSBIND_RULES_LENGTHS);
	struct tlsbind_rules_bucket *buckets;
	struct tlsbind_rules_entry entries[] __counted_by(count);
};

struct tlsbind_rules *tlsbind_rules_new(struct tlsbind_rule **list, u32 count);
void tlsbind_rules_free(struct tlsbind_rules *rules);
void tlsbind_rules_free_rcu(struct tlsbind_rules *rules);
struct tlsbind_rule *tlsbind_rules_find(const struct tlsbind_rules *rules,
					const struct tlsbind_flow *flow,
					const struct tlsbind_caller *caller);
u32 tlsbind_rules_position(const struct tlsbind_rules *rules, u64 handle);

#endif
