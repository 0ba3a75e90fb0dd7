// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <net/net_namespace.h>

#include "judge.h"

/**
 * tlsbind_netlink_admin() - may the sender see and change this namespace?
 * @skb: the request
 * @info: the same, parsed
 *
 * Return: 0, or -EPERM with a text.
 */
int tlsbind_netlink_admin(struct sk_buff *skb, const struct genl_info *info)
{
	if (netlink_ns_capable(skb,
			       genl_info_net(info)->user_ns, CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "needs CAP_NET_ADMIN in the user namespace of the network namespace");
	return -EPERM;
}

/**
 * tlsbind_netlink_put_u64() - append a number
 * @skb: to this message
 * @attr: as this attribute
 * @value: number
 *
 * Return: 0 or -EMSGSIZE.
 */
int tlsbind_netlink_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put(skb, attr, sizeof(value), &value);
}

/*
 * Whoever listens learns of every connection of the namespace: the kernel asks
 * for CAP_NET_ADMIN in its user namespace when a group is joined. The generator
 * does not know how to say so.
 */
static struct genl_multicast_group
tlsbind_netlink_groups[TLSBIND_NLGRP_GATE + 1] __ro_after_init;

static int __init tlsbind_netlink_guard_groups(void)
{
	unsigned int i;

	if (tlsbind_nl_family.n_mcgrps != ARRAY_SIZE(tlsbind_netlink_groups))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(tlsbind_netlink_groups); i++) {
		tlsbind_netlink_groups[i] = tlsbind_nl_family.mcgrps[i];
		tlsbind_netlink_groups[i].flags |= GENL_MCAST_CAP_NET_ADMIN;
	}
	tlsbind_nl_family.mcgrps = tlsbind_netlink_groups;
	return 0;
}

/* The group numbers of a family that is not registered are somebody else's. */
static bool tlsbind_netlink_registered;

/**
 * tlsbind_netlink_heard() - does anybody listen?
 * @net: in this network namespace
 * @group: to this group of the family
 *
 * Context: any.
 * Return: true if so, and the family may be used to tell.
 */
bool tlsbind_netlink_heard(struct net *net, unsigned int group)
{
	/* Pairs with tlsbind_netlink_init(). */
	return smp_load_acquire(&tlsbind_netlink_registered) &&
	       genl_has_listeners(&tlsbind_nl_family, net, group);
}

/* A netlink socket is closed: that of who asked for evidence, or of the judge. */
static int tlsbind_netlink_notify(struct notifier_block *block,
				  unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	tlsbind_netlink_asker_gone(notify->net, notify->portid);
	tlsbind_judge_dismiss(notify->net, notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block tlsbind_netlink_notifier = {
	.notifier_call = tlsbind_netlink_notify,
};

/**
 * tlsbind_netlink_init() - register the family
 *
 * Nothing else of the module may fail afterwards.
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL if specification and code do not fit; a negative errno
 * of netlink_register_notifier() or genl_register_family().
 */
int __init tlsbind_netlink_init(void)
{
	int ret = tlsbind_netlink_guard_groups();

	if (!ret)
		ret = netlink_register_notifier(&tlsbind_netlink_notifier);
	if (ret)
		return ret;
	ret = genl_register_family(&tlsbind_nl_family);
	if (ret)
		netlink_unregister_notifier(&tlsbind_netlink_notifier);
	else /* Pairs with tlsbind_netlink_heard(). */
		smp_store_release(&tlsbind_netlink_registered, true);
	return ret;
}

/**
 * tlsbind_netlink_exit() - take the family back
 *
 * Context: process, may sleep; nothing happens any more that is told to
 * listeners or askers. No request is under way afterwards.
 */
void tlsbind_netlink_exit(void)
{
	/* Nobody tells anything at the same time, see tlsbind_exit(). */
	WRITE_ONCE(tlsbind_netlink_registered, false);
	genl_unregister_family(&tlsbind_nl_family);
	netlink_unregister_notifier(&tlsbind_netlink_notifier);
}
