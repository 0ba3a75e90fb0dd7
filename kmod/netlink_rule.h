/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TLSBIND_NETLINK_RULE_H
#define _TLSBIND_NETLINK_RULE_H

#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct sk_buff;
struct tlsbind_rule;

struct tlsbind_rule *tlsbind_nl_read_rule(const struct nlattr *nest,
					  bool privileged,
					  struct netlink_ext_ack *extack);
int tlsbind_nl_put_rule(struct sk_buff *skb, const struct tlsbind_rule *rule);

#endif
