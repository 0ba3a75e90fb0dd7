// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

int tlsbind_nl_rules_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_rules_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_rules_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_rules_delete_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_rules_replace_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}

int tlsbind_nl_lock_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}
