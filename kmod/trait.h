/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rules demand and installations of keys have: a value, or its first bits.
 */
#ifndef _TLSBIND_TRAIT_H
#define _TLSBIND_TRAIT_H

#include <linux/in6.h>
#include <linux/types.h>

#include "caller.h"

struct tlsbind_flow;
struct tlsbind_rule;

/* No value is longer. */
#define TLSBIND_TRAIT_BITS	128

enum tlsbind_trait_kind {
	TLSBIND_TRAIT_EXE,
	TLSBIND_TRAIT_CGROUP,
	TLSBIND_TRAIT_LOCAL,
	TLSBIND_TRAIT_REMOTE,
	TLSBIND_TRAIT_LOCAL_PORT,
	TLSBIND_TRAIT_REMOTE_PORT,
	TLSBIND_TRAIT_UID,
	TLSBIND_TRAIT_KINDS
};

/**
 * struct tlsbind_trait - one of them
 * @kind: what it is a value of
 * @len: how many bits of it count, from the most significant on
 * @bits: these, then zeros
 */
struct tlsbind_trait {
	enum tlsbind_trait_kind kind;
	u8 len;
	struct in6_addr bits;
};

/**
 * struct tlsbind_traits - all of a rule
 * @count: how many there are
 * @list: none has the length 0
 */
struct tlsbind_traits {
	unsigned int count;
	struct tlsbind_trait list[TLSBIND_TRAIT_KINDS];
};

void tlsbind_traits_demanded(const struct tlsbind_rule *rule,
			     struct tlsbind_traits *traits);
u8 tlsbind_trait_width(enum tlsbind_trait_kind kind);
bool tlsbind_trait_had(const struct tlsbind_flow *flow,
		       const struct tlsbind_caller *caller,
		       enum tlsbind_trait_kind kind, unsigned int nth,
		       struct tlsbind_trait *trait);
void tlsbind_trait_cut(const struct tlsbind_trait *trait, u8 len,
		       struct tlsbind_trait *cut);
u32 tlsbind_trait_hash(const struct tlsbind_trait *trait);

#endif
