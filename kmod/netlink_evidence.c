// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

int tlsbind_nl_evidence_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return -EOPNOTSUPP;
}
