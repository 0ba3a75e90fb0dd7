// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <net/net_namespace.h>

/**
 * tlsbind_netlink_admin() - may the sender see and change this namespace?
 * @skb: the request
 * @info: the same, parsed
 *
 * Return: 0, or -EPERM with a text.
 */
int tlsbind_netlink_admin(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_ns_capable(skb,
			       genl_info_net(info)->user_ns, CAP_NET_ADMIN))
		return 0;
	GENL_SET_ERR_MSG(info, "needs CAP_NET_ADMIN in the user namespace of the network namespace");
	return -EPERM;
}

/**
 * tlsbind_netlink_init() - register the family
 *
 * Context: process, may sleep.
 * Return: 0 or a negative errno of genl_register_family().
 */
int tlsbind_netlink_init(void)
{
	return genl_register_family(&tlsbind_nl_family);
}

/**
 * tlsbind_netlink_exit() - take the family back
 *
 * Context: process, may sleep. No request is under way afterwards.
 */
void tlsbind_netlink_exit(void)
{
	genl_unregister_family(&tlsbind_nl_family);
}
