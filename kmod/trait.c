// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything becomes the first bits of a value, so that one index holds it all.
 * Addresses are so already. A range is the longest prefix that its numbers
 * share: the smallest aligned block, of a power of two, that holds it; a single
 * number is all of its bits. A rule may thus demand more than its traits say,
 * never less. Two numbers on either side of the middle share no bit: such a
 * range is no trait.
 */
#include "trait.h"

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/ipv6.h>

#include "flow.h"
#include "rule.h"

static void tlsbind_traits_add(struct tlsbind_traits *traits,
			       enum tlsbind_trait_kind kind,
			       const struct in6_addr *bits, u8 len)
{
	struct tlsbind_trait *trait = &traits->list[traits->count];

	if (!len)
		return;
	trait->kind = kind;
	trait->len = len;
	ipv6_addr_prefix(&trait->bits, bits, len);
	traits->count++;
}

static void tlsbind_traits_add_range(struct tlsbind_traits *traits,
				     enum tlsbind_trait_kind kind, u8 width,
				     u64 min, u64 max)
{
	struct in6_addr bits = {};

	put_unaligned_be64(min << (64 - width), bits.s6_addr);
	tlsbind_traits_add(traits, kind, &bits, width - fls64(min ^ max));
}

static void tlsbind_traits_add_number(struct tlsbind_traits *traits,
				      enum tlsbind_trait_kind kind, u8 width,
				      u64 number)
{
	tlsbind_traits_add_range(traits, kind, width, number, number);
}

/* The beginning of a digest tells executables apart as well as all of it. */
static void tlsbind_traits_add_exe(struct tlsbind_traits *traits,
				   const struct tlsbind_exe *exe)
{
	struct in6_addr bits;

	BUILD_BUG_ON(sizeof(bits) > sizeof(exe->digest));
	if (exe->kind == TLSBIND_EXE_NONE)
		return;
	memcpy(&bits, exe->digest, sizeof(bits));
	tlsbind_traits_add(traits, TLSBIND_TRAIT_EXE, &bits, TLSBIND_TRAIT_BITS);
}

/**
 * tlsbind_traits_demanded() - what an installation must have for a rule to match
 * @rule: the rule
 * @traits: filled, with at most one of each kind
 *
 * Context: any.
 */
void tlsbind_traits_demanded(const struct tlsbind_rule *rule,
			     struct tlsbind_traits *traits)
{
	traits->count = 0;
	tlsbind_traits_add_exe(traits, &rule->exe);
	if (rule->cgroup)
		tlsbind_traits_add_number(traits, TLSBIND_TRAIT_CGROUP, 64,
					  rule->cgroup);
	tlsbind_traits_add(traits, TLSBIND_TRAIT_LOCAL, &rule->local,
			   rule->local_prefix);
	tlsbind_traits_add(traits, TLSBIND_TRAIT_REMOTE, &rule->remote,
			   rule->remote_prefix);
	tlsbind_traits_add_range(traits, TLSBIND_TRAIT_LOCAL_PORT, 16,
				 rule->local_port_min, rule->local_port_max);
	tlsbind_traits_add_range(traits, TLSBIND_TRAIT_REMOTE_PORT, 16,
				 rule->remote_port_min, rule->remote_port_max);
	tlsbind_traits_add_range(traits, TLSBIND_TRAIT_UID, 32, rule->uid_min,
				 rule->uid_max);
}

/**
 * tlsbind_trait_width() - how long is a trait that is all of a value?
 * @kind: of this kind
 *
 * Context: any.
 * Return: so many bits.
 */
u8 tlsbind_trait_width(enum tlsbind_trait_kind kind)
{
	static const u8 widths[TLSBIND_TRAIT_KINDS] = {
		[TLSBIND_TRAIT_EXE] = TLSBIND_TRAIT_BITS,
		[TLSBIND_TRAIT_CGROUP] = 64,
		[TLSBIND_TRAIT_LOCAL] = TLSBIND_TRAIT_BITS,
		[TLSBIND_TRAIT_REMOTE] = TLSBIND_TRAIT_BITS,
		[TLSBIND_TRAIT_LOCAL_PORT] = 16,
		[TLSBIND_TRAIT_REMOTE_PORT] = 16,
		[TLSBIND_TRAIT_UID] = 32,
	};

	return widths[kind];
}

static bool tlsbind_trait_had_exe(const struct tlsbind_exe *exe,
				  struct tlsbind_trait *trait)
{
	memcpy(&trait->bits, exe->digest, sizeof(trait->bits));
	return exe->kind != TLSBIND_EXE_NONE;
}

static bool tlsbind_trait_had_number(u64 number, struct tlsbind_trait *trait)
{
	put_unaligned_be64(number << (64 - trait->len), trait->bits.s6_addr);
	memset(trait->bits.s6_addr + sizeof(number), 0, sizeof(number));
	return true;
}

static bool tlsbind_trait_had_address(const struct in6_addr *address,
				      struct tlsbind_trait *trait)
{
	trait->bits = *address;
	return true;
}

/**
 * tlsbind_trait_had() - what an installation has
 * @flow: of the socket
 * @caller: who installs the key
 * @kind: of this kind
 * @nth: 0 for the first; a caller is in several cgroups
 * @trait: filled, in full length
 *
 * Context: any.
 * Return: false if there is no such.
 */
bool tlsbind_trait_had(const struct tlsbind_flow *flow,
		       const struct tlsbind_caller *caller,
		       enum tlsbind_trait_kind kind, unsigned int nth,
		       struct tlsbind_trait *trait)
{
	trait->kind = kind;
	trait->len = tlsbind_trait_width(kind);
	if (kind == TLSBIND_TRAIT_CGROUP)
		return nth < TLSBIND_CALLER_CGROUPS && caller->cgroups[nth] &&
		       tlsbind_trait_had_number(caller->cgroups[nth], trait);
	if (nth)
		return false;
	switch (kind) {
	case TLSBIND_TRAIT_EXE:
		return tlsbind_trait_had_exe(&caller->exe, trait);
	case TLSBIND_TRAIT_LOCAL:
		return tlsbind_trait_had_address(&flow->local, trait);
	case TLSBIND_TRAIT_REMOTE:
		return tlsbind_trait_had_address(&flow->remote, trait);
	case TLSBIND_TRAIT_LOCAL_PORT:
		return tlsbind_trait_had_number(flow->local_port, trait);
	case TLSBIND_TRAIT_REMOTE_PORT:
		return tlsbind_trait_had_number(flow->remote_port, trait);
	case TLSBIND_TRAIT_UID:
		return tlsbind_trait_had_number(caller->uid, trait);
	default:
		return false;
	}
}

/**
 * tlsbind_trait_cut() - what is left of a trait if fewer bits count
 * @trait: the trait
 * @len: not more than it has
 * @cut: filled
 *
 * Context: any.
 */
void tlsbind_trait_cut(const struct tlsbind_trait *trait, u8 len,
		       struct tlsbind_trait *cut)
{
	cut->kind = trait->kind;
	cut->len = len;
	ipv6_addr_prefix(&cut->bits, &trait->bits, len);
}

/**
 * tlsbind_trait_hash() - a number that equal traits have in common
 * @trait: the trait
 *
 * Whoever makes rules that have the same slows down his own network namespace only.
 *
 * Context: any.
 * Return: it.
 */
u32 tlsbind_trait_hash(const struct tlsbind_trait *trait)
{
	u64 kind = trait->kind << 8 | trait->len, halves[2];

	BUILD_BUG_ON(sizeof(halves) != sizeof(trait->bits));
	memcpy(halves, &trait->bits, sizeof(halves));
	/* The first half may differ in any of its bits, and hash_64() keeps but 32 of them. */
	return hash_64((halves[0] + kind) * GOLDEN_RATIO_64 ^ halves[1], 32);
}
