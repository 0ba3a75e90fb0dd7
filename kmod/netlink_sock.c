// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

int tlsbind_nl_sock_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_sock_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return -EOPNOTSUPP;
}
