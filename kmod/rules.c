// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the first rule that matches without asking all.
 *
 * Each rule is in one bucket of a hash table, by one of the traits that it
 * demands (see trait.h): the one whose bucket is the shortest. Rules without
 * traits are in a list of their own, the rest: those that demand nothing, or
 * only ranges that cross the middle of all numbers. A caller and a connection
 * have few traits, in full length; each is looked up once for every length that
 * rules are found by. Whatever rule matches is in one of these buckets or in
 * the rest. Chains ascend in position, so each is left at its first match or at
 * the best position that another chain has given.
 */
#include "rules.h"

#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "compat/sha384.h"
#include "rule.h"

static struct tlsbind_rules_bucket *
tlsbind_rules_bucket(const struct tlsbind_rules *rules,
		     const struct tlsbind_trait *trait)
{
	return &rules->buckets[tlsbind_trait_hash(trait) & rules->mask];
}

/* The chain for a rule that is being put into the index. */
static u32 *tlsbind_rules_choose(struct tlsbind_rules *rules,
				 const struct tlsbind_rule *rule)
{
	struct tlsbind_rules_bucket *bucket, *best = NULL;
	const struct tlsbind_trait *by = NULL;
	struct tlsbind_traits traits;
	unsigned int i;

	tlsbind_traits_demanded(rule, &traits);
	for (i = 0; i < traits.count; i++) {
		bucket = tlsbind_rules_bucket(rules, &traits.list[i]);
		if (best && best->load <= bucket->load)
			continue;
		best = bucket;
		by = &traits.list[i];
	}
	if (!best)
		return &rules->rest;
	rules->kinds |= BIT(by->kind);
	if (by->len != tlsbind_trait_width(by->kind))
		rules->cut |= BIT(by->kind);
	__set_bit(by->len, rules->lengths[by->kind]);
	best->load++;
	return &best->first;
}

/* Called from the last position to the first. */
static void tlsbind_rules_enter(struct tlsbind_rules *rules, u32 position)
{
	struct tlsbind_rules_entry *entry = &rules->entries[position];
	struct tlsbind_rules_bucket *by_handle;
	u32 *first = tlsbind_rules_choose(rules, entry->rule);

	entry->next = *first;
	*first = position;

	by_handle = &rules->buckets[hash_64(entry->rule->handle, 32) & rules->mask];
	entry->next_handle = by_handle->first_handle;
	by_handle->first_handle = position;
}

static void tlsbind_rules_index(struct tlsbind_rules *rules)
{
	u32 i;

	for (i = 0; i <= rules->mask; i++) {
		rules->buckets[i].first = TLSBIND_RULES_NONE;
		rules->buckets[i].first_handle = TLSBIND_RULES_NONE;
	}
	for (i = rules->count; i-- > 0; )
		tlsbind_rules_enter(rules, i);
}

static int tlsbind_rules_digest(struct tlsbind_rules *rules)
{
	static const char label[] = TLSBIND_LABEL_POLICY;
	struct tlsbind_rule_wire *wire;
	size_t size;
	u8 *buffer;
	int ret;
	u32 i;

	if (!rules->count)
		return 0;
	size = sizeof(label) + sizeof(__be32) + rules->count * sizeof(*wire);
	buffer = kvmalloc(size, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	memcpy(buffer, label, sizeof(label));
	put_unaligned_be32(rules->count, buffer + sizeof(label));
	for (i = 0; i < rules->count; i++) {
		struct tlsbind_rule_wire one;

		tlsbind_rule_encode(rules->entries[i].rule, &one);
		memcpy(buffer + sizeof(label) + sizeof(__be32) + i * sizeof(one),
		       &one, sizeof(one));
	}
	ret = tlsbind_sha384(buffer, size, rules->digest);
	kvfree(buffer);
	return ret;
}

/**
 * tlsbind_rules_new() - make a set
 * @list: rules in their order, each with its handle; the set takes references
 *	of its own
 * @count: how many, at most TLSBIND_RULES_MAX
 *
 * Context: process, may sleep.
 * Return: the set; -ENOMEM, or another negative errno of the hash, as an
 * ERR_PTR().
 */
struct tlsbind_rules *tlsbind_rules_new(struct tlsbind_rule **list, u32 count)
{
	struct tlsbind_rules *rules;
	u32 buckets = roundup_pow_of_two(count + 1), i;
	int ret = -ENOMEM;

	rules = kvzalloc(struct_size(rules, entries, count), GFP_KERNEL_ACCOUNT);
	if (!rules)
		return ERR_PTR(-ENOMEM);
	rules->count = count;
	rules->mask = buckets - 1;
	rules->rest = TLSBIND_RULES_NONE;
	rules->buckets = kvcalloc(buckets, sizeof(*rules->buckets),
				  GFP_KERNEL_ACCOUNT);
	if (!rules->buckets)
		goto err_rules;
	for (i = 0; i < count; i++)
		rules->entries[i].rule = list[i];
	ret = tlsbind_rules_digest(rules);
	if (ret)
		goto err_buckets;
	tlsbind_rules_index(rules);
	for (i = 0; i < count; i++)
		tlsbind_rule_get(list[i]);
	return rules;

err_buckets:
	kvfree(rules->buckets);
err_rules:
	kvfree(rules);
	return ERR_PTR(ret);
}

/**
 * tlsbind_rules_free() - free a set that nobody can read any more
 * @rules: set or NULL
 *
 * Context: any but hard interrupts.
 */
void tlsbind_rules_free(struct tlsbind_rules *rules)
{
	u32 i;

	if (!rules)
		return;
	for (i = 0; i < rules->count; i++)
		tlsbind_rule_put(rules->entries[i].rule);
	kvfree(rules->buckets);
	kvfree(rules);
}

static void tlsbind_rules_free_callback(struct rcu_head *rcu)
{
	tlsbind_rules_free(container_of(rcu, struct tlsbind_rules, rcu));
}

/**
 * tlsbind_rules_free_rcu() - free a set when its last reader is done
 * @rules: set that no new reader can find, or NULL
 *
 * Context: any.
 */
void tlsbind_rules_free_rcu(struct tlsbind_rules *rules)
{
	if (rules)
		call_rcu(&rules->rcu, tlsbind_rules_free_callback);
}

/* A look for the first rule that matches. */
struct tlsbind_rules_look {
	const struct tlsbind_rules *rules;
	const struct tlsbind_flow *flow;
	const struct tlsbind_caller *caller;
	u32 best;
};

static void tlsbind_rules_walk(struct tlsbind_rules_look *look, u32 position)
{
	const struct tlsbind_rules_entry *entries = look->rules->entries;

	/* TLSBIND_RULES_NONE is below no position. */
	for (; position < look->best; position = entries[position].next) {
		if (!tlsbind_rule_matches(entries[position].rule, look->flow,
					  look->caller))
			continue;
		look->best = position;
		return;
	}
}

/* Whatever is found by the first bits of this. */
static void tlsbind_rules_walk_trait(struct tlsbind_rules_look *look,
				     const struct tlsbind_trait *trait)
{
	const struct tlsbind_rules *rules = look->rules;
	struct tlsbind_trait cut;
	unsigned int len;

	/* Found by all of it: most are. */
	if (test_bit(trait->len, rules->lengths[trait->kind]))
		tlsbind_rules_walk(look, tlsbind_rules_bucket(rules, trait)->first);
	if (!(rules->cut & BIT(trait->kind)))
		return;
	for_each_set_bit(len, rules->lengths[trait->kind], trait->len) {
		tlsbind_trait_cut(trait, len, &cut);
		tlsbind_rules_walk(look, tlsbind_rules_bucket(rules, &cut)->first);
	}
}

/**
 * tlsbind_rules_find() - the first rule that matches
 * @rules: the set
 * @flow: of the socket
 * @caller: who installs the key
 *
 * Context: any; the caller keeps the set from being freed.
 * Return: the rule, without a reference; NULL if none matches.
 */
struct tlsbind_rule *tlsbind_rules_find(const struct tlsbind_rules *rules,
					const struct tlsbind_flow *flow,
					const struct tlsbind_caller *caller)
{
	struct tlsbind_rules_look look = {
		.rules = rules,
		.flow = flow,
		.caller = caller,
		.best = TLSBIND_RULES_NONE,
	};
	unsigned int kinds, kind, nth;
	struct tlsbind_trait trait;

	tlsbind_rules_walk(&look, rules->rest);
	for (kinds = rules->kinds; kinds; kinds &= kinds - 1) {
		kind = __ffs(kinds);
		for (nth = 0; tlsbind_trait_had(flow, caller, kind, nth, &trait);
		     nth++)
			tlsbind_rules_walk_trait(&look, &trait);
	}
	return look.best == TLSBIND_RULES_NONE ? NULL :
						 rules->entries[look.best].rule;
}

/**
 * tlsbind_rules_position() - where a rule is in the order
 * @rules: the set
 * @handle: of the rule
 *
 * Context: any; the caller keeps the set from being freed.
 * Return: the position, or TLSBIND_RULES_NONE.
 */
u32 tlsbind_rules_position(const struct tlsbind_rules *rules, u64 handle)
{
	u32 position = rules->buckets[hash_64(handle, 32) & rules->mask].first_handle;

	while (position != TLSBIND_RULES_NONE &&
	       rules->entries[position].rule->handle != handle)
		position = rules->entries[position].next_handle;
	return position;
}
