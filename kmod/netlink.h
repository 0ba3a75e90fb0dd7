/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family, Documentation/netlink/specs/tlsbind.yaml.
 */
#ifndef _TLSBIND_NETLINK_H
#define _TLSBIND_NETLINK_H

#include <net/genetlink.h>

#include "netlink_gen.h"

int tlsbind_netlink_init(void);
void tlsbind_netlink_exit(void);
int tlsbind_netlink_admin(struct sk_buff *skb, struct genl_info *info);

#endif
