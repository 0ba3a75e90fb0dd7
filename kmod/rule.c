// SPDX-License-Identifier: GPL-2.0-only
#include "rule.h"

#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <net/ipv6.h>

#include "flow.h"

/**
 * tlsbind_rule_new() - a rule that matches everything and passes it
 *
 * Context: process, may sleep.
 * Return: the rule with a reference for the caller, or NULL without memory.
 */
struct tlsbind_rule *tlsbind_rule_new(void)
{
	struct tlsbind_rule *rule = kzalloc(sizeof(*rule), GFP_KERNEL_ACCOUNT);

	if (!rule)
		return NULL;
	refcount_set(&rule->ref, 1);
	rule->local_port_max = U16_MAX;
	rule->remote_port_max = U16_MAX;
	rule->uid_max = U32_MAX;
	return rule;
}

/**
 * tlsbind_rule_get() - take another reference
 * @rule: rule that the caller holds a reference on
 *
 * Return: @rule.
 */
struct tlsbind_rule *tlsbind_rule_get(struct tlsbind_rule *rule)
{
	refcount_inc(&rule->ref);
	return rule;
}

/**
 * tlsbind_rule_put() - drop a reference
 * @rule: rule or NULL
 *
 * Context: any but hard interrupts.
 */
void tlsbind_rule_put(struct tlsbind_rule *rule)
{
	if (rule && refcount_dec_and_test(&rule->ref))
		kfree(rule);
}

static bool tlsbind_rule_matches_cgroup(const struct tlsbind_rule *rule,
					const struct tlsbind_caller *caller)
{
	int i;

	if (!rule->cgroup)
		return true;
	for (i = 0; i < TLSBIND_CALLER_CGROUPS && caller->cgroups[i]; i++)
		if (caller->cgroups[i] == rule->cgroup)
			return true;
	return false;
}

static bool tlsbind_rule_matches_exe(const struct tlsbind_rule *rule,
				     const struct tlsbind_caller *caller)
{
	const struct tlsbind_exe *exe = &rule->exe;

	return exe->kind == TLSBIND_EXE_NONE ||
	       (exe->kind == caller->exe.kind && exe->len == caller->exe.len &&
		!memcmp(exe->digest, caller->exe.digest, exe->len));
}

/**
 * tlsbind_rule_matches() - is a rule about this installation?
 * @rule: the rule
 * @flow: of the socket
 * @caller: who installs the key
 *
 * Context: any.
 * Return: true if so.
 */
bool tlsbind_rule_matches(const struct tlsbind_rule *rule,
			  const struct tlsbind_flow *flow,
			  const struct tlsbind_caller *caller)
{
	return flow->local_port >= rule->local_port_min &&
	       flow->local_port <= rule->local_port_max &&
	       flow->remote_port >= rule->remote_port_min &&
	       flow->remote_port <= rule->remote_port_max &&
	       caller->uid >= rule->uid_min && caller->uid <= rule->uid_max &&
	       ipv6_prefix_equal(&rule->local, &flow->local,
				 rule->local_prefix) &&
	       ipv6_prefix_equal(&rule->remote, &flow->remote,
				 rule->remote_prefix) &&
	       tlsbind_rule_matches_cgroup(rule, caller) &&
	       tlsbind_rule_matches_exe(rule, caller);
}

/**
 * tlsbind_rule_grants() - does a rule let connections be attested?
 * @action: what it does
 * @options: enum tlsbind_option
 *
 * Context: any.
 * Return: true if so.
 */
bool tlsbind_rule_grants(enum tlsbind_action action, u32 options)
{
	return action == TLSBIND_ACTION_ATTEST ||
	       (action == TLSBIND_ACTION_GATE &&
		options & TLSBIND_OPTION_MUTUAL);
}

/**
 * tlsbind_rule_encode() - the form that the policy digest covers
 * @rule: the rule
 * @wire: filled; two rules that do the same have the same form
 */
void tlsbind_rule_encode(const struct tlsbind_rule *rule,
			 struct tlsbind_rule_wire *wire)
{
	BUILD_BUG_ON(sizeof(*wire) != TLSBIND_RULE_SIZE);
	memset(wire, 0, sizeof(*wire));
	wire->action = rule->action;
	wire->rekey = rule->rekey;
	wire->options = cpu_to_be32(rule->options);
	wire->rate = cpu_to_be32(rule->rate);
	wire->local_prefix = rule->local_prefix;
	wire->remote_prefix = rule->remote_prefix;
	memcpy(wire->local, &rule->local, sizeof(wire->local));
	memcpy(wire->remote, &rule->remote, sizeof(wire->remote));
	wire->local_port_min = cpu_to_be16(rule->local_port_min);
	wire->local_port_max = cpu_to_be16(rule->local_port_max);
	wire->remote_port_min = cpu_to_be16(rule->remote_port_min);
	wire->remote_port_max = cpu_to_be16(rule->remote_port_max);
	wire->uid_min = cpu_to_be32(rule->uid_min);
	wire->uid_max = cpu_to_be32(rule->uid_max);
	wire->cgroup = cpu_to_be64(rule->cgroup);
	wire->exe_kind = rule->exe.kind;
	wire->exe_len = rule->exe.len;
	wire->policy = cpu_to_be16(rule->policy);
	memcpy(wire->exe_digest, rule->exe.digest, rule->exe.len);
	wire->lease = cpu_to_be32(rule->lease);
}

/**
 * tlsbind_rule_charge() - may one more challenge be accepted?
 * @rule: the rule that allows it
 * @now: monotonic, ns
 *
 * A bucket of @rate tokens that fills within a second, kept as the time at
 * which it will be full: each challenge moves that on by a token's time, and
 * is refused if it would then be more than a second ahead.
 *
 * Context: any.
 * Return: false if the rule's rate is used up; nothing is counted then.
 */
bool tlsbind_rule_charge(struct tlsbind_rule *rule, u64 now)
{
	s64 full, next, token;

	if (!rule->rate)
		return true;
	token = NSEC_PER_SEC / rule->rate;
	full = atomic64_read(&rule->full_at);
	do {
		next = max_t(s64, full, now) + token;
		if (next > (s64)now + NSEC_PER_SEC)
			return false;
	} while (!atomic64_try_cmpxchg(&rule->full_at, &full, next));
	return true;
}
