/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tlsbind.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _LINUX_TLSBIND_GEN_H
#define _LINUX_TLSBIND_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/tlsbind_netlink.h>

/* Common nested types */
extern const struct nla_policy tlsbind_rule_nl_policy[TLSBIND_A_RULE_LEASE + 1];

int tlsbind_nl_sock_dump_start(struct netlink_callback *cb);

int tlsbind_nl_rules_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_rules_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int tlsbind_nl_rules_add_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_rules_delete_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_rules_replace_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_sock_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_sock_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int tlsbind_nl_evidence_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_provider_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_lock_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_judge_doit(struct sk_buff *skb, struct genl_info *info);
int tlsbind_nl_hold_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int tlsbind_nl_verdict_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	TLSBIND_NLGRP_EVENTS,
	TLSBIND_NLGRP_GATE,
};

extern struct genl_family tlsbind_nl_family;

#endif /* _LINUX_TLSBIND_GEN_H */
