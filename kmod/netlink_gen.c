// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tlsbind.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/tlsbind_netlink.h>

/* Integer value ranges */
static const struct netlink_range_validation tlsbind_a_rule_lease_range = {
	.min	= 1ULL,
	.max	= 604800ULL,
};

/* Common nested types */
const struct nla_policy tlsbind_rule_nl_policy[TLSBIND_A_RULE_LEASE + 1] = {
	[TLSBIND_A_RULE_HANDLE] = NLA_POLICY_MIN(NLA_U64, 1),
	[TLSBIND_A_RULE_ACTION] = NLA_POLICY_MAX(NLA_U8, 3),
	[TLSBIND_A_RULE_LOCAL_ADDRESS] = NLA_POLICY_MAX_LEN(16),
	[TLSBIND_A_RULE_LOCAL_PREFIX] = NLA_POLICY_MAX(NLA_U8, TLSBIND_PREFIX_MAX),
	[TLSBIND_A_RULE_LOCAL_PORT_MIN] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSBIND_A_RULE_LOCAL_PORT_MAX] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSBIND_A_RULE_REMOTE_ADDRESS] = NLA_POLICY_MAX_LEN(16),
	[TLSBIND_A_RULE_REMOTE_PREFIX] = NLA_POLICY_MAX(NLA_U8, TLSBIND_PREFIX_MAX),
	[TLSBIND_A_RULE_REMOTE_PORT_MIN] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSBIND_A_RULE_REMOTE_PORT_MAX] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSBIND_A_RULE_UID_MIN] = { .type = NLA_U32, },
	[TLSBIND_A_RULE_UID_MAX] = { .type = NLA_U32, },
	[TLSBIND_A_RULE_CGROUP] = NLA_POLICY_MIN(NLA_U64, 1),
	[TLSBIND_A_RULE_EXE_KIND] = NLA_POLICY_MAX(NLA_U8, 2),
	[TLSBIND_A_RULE_EXE_DIGEST] = NLA_POLICY_MAX_LEN(64),
	[TLSBIND_A_RULE_OPTIONS] = NLA_POLICY_MASK(NLA_U32, 0x3f),
	[TLSBIND_A_RULE_REKEY] = NLA_POLICY_MAX(NLA_U8, 2),
	[TLSBIND_A_RULE_RATE] = NLA_POLICY_MIN(NLA_U32, 1),
	[TLSBIND_A_RULE_MATCHES] = { .type = NLA_U64, },
	[TLSBIND_A_RULE_POLICY] = { .type = NLA_U16, },
	[TLSBIND_A_RULE_LEASE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsbind_a_rule_lease_range),
};

/* TLSBIND_CMD_RULES_GET - do */
static const struct nla_policy tlsbind_rules_get_nl_policy[TLSBIND_A_RULES_HANDLE + 1] = {
	[TLSBIND_A_RULES_HANDLE] = NLA_POLICY_MIN(NLA_U64, 1),
};

/* TLSBIND_CMD_RULES_ADD - do */
static const struct nla_policy tlsbind_rules_add_nl_policy[TLSBIND_A_RULES_GENERATION + 1] = {
	[TLSBIND_A_RULES_RULE] = NLA_POLICY_NESTED(tlsbind_rule_nl_policy),
	[TLSBIND_A_RULES_BEFORE] = NLA_POLICY_MIN(NLA_U64, 1),
	[TLSBIND_A_RULES_GENERATION] = { .type = NLA_U32, },
};

/* TLSBIND_CMD_RULES_DELETE - do */
static const struct nla_policy tlsbind_rules_delete_nl_policy[TLSBIND_A_RULES_GENERATION + 1] = {
	[TLSBIND_A_RULES_HANDLE] = NLA_POLICY_MIN(NLA_U64, 1),
	[TLSBIND_A_RULES_GENERATION] = { .type = NLA_U32, },
};

/* TLSBIND_CMD_RULES_REPLACE - do */
static const struct nla_policy tlsbind_rules_replace_nl_policy[TLSBIND_A_RULES_GENERATION + 1] = {
	[TLSBIND_A_RULES_RULE] = NLA_POLICY_NESTED(tlsbind_rule_nl_policy),
	[TLSBIND_A_RULES_GENERATION] = { .type = NLA_U32, },
};

/* TLSBIND_CMD_SOCK_GET - do */
static const struct nla_policy tlsbind_sock_get_nl_policy[TLSBIND_A_CONNECTION_ID + 1] = {
	[TLSBIND_A_CONNECTION_ID] = NLA_POLICY_EXACT_LEN(16),
};

/* TLSBIND_CMD_EVIDENCE_GET - do */
static const struct nla_policy tlsbind_evidence_get_nl_policy[TLSBIND_A_EVIDENCE_NONCE + 1] = {
	[TLSBIND_A_EVIDENCE_ID] = NLA_POLICY_EXACT_LEN(16),
	[TLSBIND_A_EVIDENCE_NONCE] = NLA_POLICY_EXACT_LEN(32),
};

/* TLSBIND_CMD_LOCK - do */
static const struct nla_policy tlsbind_lock_nl_policy[TLSBIND_A_RULES_GENERATION + 1] = {
	[TLSBIND_A_RULES_GENERATION] = { .type = NLA_U32, },
};

/* TLSBIND_CMD_VERDICT - do */
static const struct nla_policy tlsbind_verdict_nl_policy[TLSBIND_A_HOLD_VERDICT + 1] = {
	[TLSBIND_A_HOLD_HANDLE] = NLA_POLICY_MIN(NLA_U64, 1),
	[TLSBIND_A_HOLD_VERDICT] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* Ops table for tlsbind */
static const struct genl_split_ops tlsbind_nl_ops[] = {
	{
		.cmd		= TLSBIND_CMD_RULES_GET,
		.doit		= tlsbind_nl_rules_get_doit,
		.policy		= tlsbind_rules_get_nl_policy,
		.maxattr	= TLSBIND_A_RULES_HANDLE,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_RULES_GET,
		.dumpit	= tlsbind_nl_rules_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSBIND_CMD_RULES_ADD,
		.doit		= tlsbind_nl_rules_add_doit,
		.policy		= tlsbind_rules_add_nl_policy,
		.maxattr	= TLSBIND_A_RULES_GENERATION,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSBIND_CMD_RULES_DELETE,
		.doit		= tlsbind_nl_rules_delete_doit,
		.policy		= tlsbind_rules_delete_nl_policy,
		.maxattr	= TLSBIND_A_RULES_GENERATION,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSBIND_CMD_RULES_REPLACE,
		.doit		= tlsbind_nl_rules_replace_doit,
		.policy		= tlsbind_rules_replace_nl_policy,
		.maxattr	= TLSBIND_A_RULES_GENERATION,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSBIND_CMD_SOCK_GET,
		.doit		= tlsbind_nl_sock_get_doit,
		.policy		= tlsbind_sock_get_nl_policy,
		.maxattr	= TLSBIND_A_CONNECTION_ID,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_SOCK_GET,
		.start	= tlsbind_nl_sock_dump_start,
		.dumpit	= tlsbind_nl_sock_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSBIND_CMD_EVIDENCE_GET,
		.doit		= tlsbind_nl_evidence_get_doit,
		.policy		= tlsbind_evidence_get_nl_policy,
		.maxattr	= TLSBIND_A_EVIDENCE_NONCE,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_STATS_GET,
		.doit	= tlsbind_nl_stats_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_PROVIDER_GET,
		.doit	= tlsbind_nl_provider_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_VERSION_GET,
		.doit	= tlsbind_nl_version_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSBIND_CMD_LOCK,
		.doit		= tlsbind_nl_lock_doit,
		.policy		= tlsbind_lock_nl_policy,
		.maxattr	= TLSBIND_A_RULES_GENERATION,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_JUDGE,
		.doit	= tlsbind_nl_judge_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSBIND_CMD_HOLD_GET,
		.dumpit	= tlsbind_nl_hold_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSBIND_CMD_VERDICT,
		.doit		= tlsbind_nl_verdict_doit,
		.policy		= tlsbind_verdict_nl_policy,
		.maxattr	= TLSBIND_A_HOLD_VERDICT,
		.flags		= GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group tlsbind_nl_mcgrps[] = {
	[TLSBIND_NLGRP_EVENTS] = { "events", },
	[TLSBIND_NLGRP_GATE] = { "gate", },
};

struct genl_family tlsbind_nl_family __ro_after_init = {
	.name		= TLSBIND_FAMILY_NAME,
	.version	= TLSBIND_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= tlsbind_nl_ops,
	.n_split_ops	= ARRAY_SIZE(tlsbind_nl_ops),
	.mcgrps		= tlsbind_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(tlsbind_nl_mcgrps),
};
