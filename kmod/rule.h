/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One rule: whom it is about and what it grants.
 */
#ifndef _TLSBIND_RULE_H
#define _TLSBIND_RULE_H

#include <linux/atomic.h>
#include <linux/in6.h>
#include <linux/refcount.h>
#include <linux/tlsbind.h>
#include <linux/tlsbind_netlink.h>
#include <linux/types.h>

#include "caller.h"

struct tlsbind_flow;

/**
 * struct tlsbind_rule - one rule
 * @ref: one of each set that it is in, one of who makes it
 * @handle: its name in its network namespace, 0 until it is in a set
 * @action: what becomes of a key installation
 * @rekey: what becomes of a connection whose key is replaced
 * @options: enum tlsbind_option
 * @rate: challenges per second, 0 without a limit
 * @policy: number of the judge's appraisal policy
 * @lease: seconds that an admission is good for, 0 without end
 * @local: address of this end; bits beyond the prefix are zero
 * @remote: address of the other end, likewise
 * @local_prefix: bits of @local that count
 * @remote_prefix: bits of @remote that count
 * @local_port_min: first port of this end, host byte order
 * @local_port_max: last one
 * @remote_port_min: first port of the other end
 * @remote_port_max: last one
 * @uid_min: first uid, in the initial user namespace
 * @uid_max: last one
 * @cgroup: id of a cgroup that the caller is in or below, 0 if any
 * @exe: the caller's executable; kind TLSBIND_EXE_NONE if any
 * @matches: key installations that it decided
 * @full_at: when its bucket of challenges is full again, ns; see
 *	tlsbind_rule_charge()
 *
 * Nothing but the last two changes once it is in a set.
 */
struct tlsbind_rule {
	refcount_t ref;
	u64 handle;
	enum tlsbind_action action;
	enum tlsbind_rekey rekey;
	u32 options;
	u32 rate;
	u16 policy;
	u32 lease;
	struct in6_addr local;
	struct in6_addr remote;
	u8 local_prefix;
	u8 remote_prefix;
	u16 local_port_min;
	u16 local_port_max;
	u16 remote_port_min;
	u16 remote_port_max;
	u32 uid_min;
	u32 uid_max;
	u64 cgroup;
	struct tlsbind_exe exe;
	atomic64_t matches;
	atomic64_t full_at;
};

struct tlsbind_rule *tlsbind_rule_new(void);
struct tlsbind_rule *tlsbind_rule_get(struct tlsbind_rule *rule);
void tlsbind_rule_put(struct tlsbind_rule *rule);
bool tlsbind_rule_matches(const struct tlsbind_rule *rule,
			  const struct tlsbind_flow *flow,
			  const struct tlsbind_caller *caller);
bool tlsbind_rule_grants(enum tlsbind_action action, u32 options);
void tlsbind_rule_encode(const struct tlsbind_rule *rule,
			 struct tlsbind_rule_wire *wire);
bool tlsbind_rule_charge(struct tlsbind_rule *rule, u64 now);

#endif
