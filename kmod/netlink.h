/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family, Documentation/netlink/specs/tlsbind.yaml.
 */
#ifndef _TLSBIND_NETLINK_H
#define _TLSBIND_NETLINK_H

#include <net/genetlink.h>

#include "netlink_gen.h"

struct tlsbind_hold;
struct tlsbind_flow;
struct tlsbind_sock;

int tlsbind_netlink_init(void);
void tlsbind_netlink_exit(void);
bool tlsbind_netlink_heard(struct net *net, unsigned int group);
int tlsbind_netlink_admin(struct sk_buff *skb,
			  const struct genl_info *info);
int tlsbind_netlink_put_u64(struct sk_buff *skb, int attr, u64 value);
int tlsbind_netlink_put_sock(struct sk_buff *skb, int attr,
			     struct tlsbind_sock *ts,
			     const struct tlsbind_flow *flow);
struct tlsbind_sock *tlsbind_netlink_connection(struct genl_info *info,
						int attr);
void tlsbind_netlink_asker_gone(struct net *net, u32 portid);
void tlsbind_netlink_tell_judge(struct tlsbind_hold *hold);

#endif
