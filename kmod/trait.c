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
#include <linux/jhash.h>
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

static void tlsbind_traits_add_cgroups(struct tlsbind_traits *traits,
				       const struct tlsbind_caller *caller)
{
	int i;

	for (i = 0; i < TLSBIND_CALLER_CGROUPS && caller->cgroups[i]; i++)
		tlsbind_traits_add_number(traits, TLSBIND_TRAIT_CGROUP, 64,
					  caller->cgroups[i]);
}

/**
 * tlsbind_traits_had() - what an installation has
 * @flow: of the socket
 * @caller: who installs the key
 * @kinds: of these kinds only; a bit for each
 * @traits: filled, each in full length
 *
 * Context: any.
 */
void tlsbind_traits_had(const struct tlsbind_flow *flow,
			const struct tlsbind_caller *caller, unsigned int kinds,
			struct tlsbind_traits *traits)
{
	traits->count = 0;
	if (kinds & BIT(TLSBIND_TRAIT_EXE))
		tlsbind_traits_add_exe(traits, &caller->exe);
	if (kinds & BIT(TLSBIND_TRAIT_CGROUP))
		tlsbind_traits_add_cgroups(traits, caller);
	if (kinds & BIT(TLSBIND_TRAIT_LOCAL))
		tlsbind_traits_add(traits, TLSBIND_TRAIT_LOCAL, &flow->local,
				   TLSBIND_TRAIT_BITS);
	if (kinds & BIT(TLSBIND_TRAIT_REMOTE))
		tlsbind_traits_add(traits, TLSBIND_TRAIT_REMOTE, &flow->remote,
				   TLSBIND_TRAIT_BITS);
	if (kinds & BIT(TLSBIND_TRAIT_LOCAL_PORT))
		tlsbind_traits_add_number(traits, TLSBIND_TRAIT_LOCAL_PORT, 16,
					  flow->local_port);
	if (kinds & BIT(TLSBIND_TRAIT_REMOTE_PORT))
		tlsbind_traits_add_number(traits, TLSBIND_TRAIT_REMOTE_PORT, 16,
					  flow->remote_port);
	if (kinds & BIT(TLSBIND_TRAIT_UID))
		tlsbind_traits_add_number(traits, TLSBIND_TRAIT_UID, 32,
					  caller->uid);
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
 * Context: any.
 * Return: it.
 */
u32 tlsbind_trait_hash(const struct tlsbind_trait *trait)
{
	return jhash(&trait->bits, sizeof(trait->bits),
		     trait->kind << 8 | trait->len);
}
