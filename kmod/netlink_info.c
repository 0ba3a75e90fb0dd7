// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

int tlsbind_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_provider_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}
