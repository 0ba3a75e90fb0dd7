// SPDX-License-Identifier: GPL-2.0-only
/*
 * What anybody may know: counters, who makes reports, the doors, the version.
 */
#include "netlink.h"

#include <linux/module.h>
#include <linux/tlsbind.h>
#include <net/net_namespace.h>

#include "door.h"
#include "net.h"
#include "policy.h"
#include "report.h"

/* A message with room for all that is said here, and its header. */
static struct sk_buff *tlsbind_netlink_answer(struct genl_info *info,
					      void **hdr)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &tlsbind_nl_family, 0,
				 info->genlhdr->cmd);
	if (*hdr)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int tlsbind_netlink_send(struct sk_buff *skb, void *hdr, int error,
				struct genl_info *info)
{
	if (error) {
		nlmsg_free(skb);
		return error;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int tlsbind_netlink_put_stats(struct sk_buff *skb, const struct net *net)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	struct tlsbind_policy_state policy;
	int i, ret;

	BUILD_BUG_ON(TLSBIND_A_STATS_KEYS + TLSBIND_STATS - 1 !=
		     TLSBIND_A_STATS_MAX);
	tlsbind_policy_state(net, &policy);
	ret = tlsbind_netlink_put_u64(skb, TLSBIND_A_STATS_SOCKETS,
				      atomic_read(&tn->sockets));
	if (!ret)
		ret = tlsbind_netlink_put_u64(skb, TLSBIND_A_STATS_RULES,
					      policy.count);
	for (i = 0; !ret && i < TLSBIND_STATS; i++)
		ret = tlsbind_netlink_put_u64(skb, TLSBIND_A_STATS_KEYS + i,
					      atomic64_read(&tn->stats[i]));
	return ret;
}

/**
 * tlsbind_nl_stats_get_doit() - answer TLSBIND_CMD_STATS_GET
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM; an errno of genlmsg_reply().
 */
int tlsbind_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer;
	void *hdr;
	int ret;

	answer = tlsbind_netlink_answer(info, &hdr);
	if (!answer)
		return -ENOMEM;
	ret = tlsbind_netlink_put_stats(answer, genl_info_net(info));
	return tlsbind_netlink_send(answer, hdr, ret, info);
}

static int tlsbind_netlink_put_door(struct sk_buff *skb, unsigned int index)
{
	struct nlattr *nest = nla_nest_start(skb, TLSBIND_A_PROVIDER_DOOR);

	if (!nest ||
	    nla_put_string(skb, TLSBIND_A_DOOR_NAME, tlsbind_door_name(index)) ||
	    nla_put_u8(skb, TLSBIND_A_DOOR_STATE, tlsbind_door_state(index)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tlsbind_netlink_put_provider(struct sk_buff *skb)
{
	char name[TLSBIND_REPORT_PROVIDER_MAX];
	unsigned int i;
	int ret;

	tlsbind_report_last_provider(name);
	ret = nla_put_u8(skb, TLSBIND_A_PROVIDER_AVAILABLE,
			 tlsbind_report_available());
	if (!ret && *name)
		ret = nla_put_string(skb, TLSBIND_A_PROVIDER_NAME, name);
	for (i = 0; !ret && tlsbind_door_name(i); i++)
		ret = tlsbind_netlink_put_door(skb, i);
	return ret;
}

/**
 * tlsbind_nl_provider_get_doit() - answer TLSBIND_CMD_PROVIDER_GET
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM; an errno of genlmsg_reply().
 */
int tlsbind_nl_provider_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer;
	void *hdr;
	int ret;

	answer = tlsbind_netlink_answer(info, &hdr);
	if (!answer)
		return -ENOMEM;
	ret = tlsbind_netlink_put_provider(answer);
	return tlsbind_netlink_send(answer, hdr, ret, info);
}

static int tlsbind_netlink_put_version(struct sk_buff *skb)
{
	if (nla_put_string(skb, TLSBIND_A_VERSION_MODULE, THIS_MODULE->version) ||
	    nla_put_u32(skb, TLSBIND_A_VERSION_PROTOCOL,
			TLSBIND_PROTOCOL_VERSION) ||
	    nla_put_u32(skb, TLSBIND_A_VERSION_FLAGS, tlsbind_policy_flags()))
		return -EMSGSIZE;
	return 0;
}

/**
 * tlsbind_nl_version_get_doit() - answer TLSBIND_CMD_VERSION_GET
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM; an errno of genlmsg_reply().
 */
int tlsbind_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer;
	void *hdr;
	int ret;

	answer = tlsbind_netlink_answer(info, &hdr);
	if (!answer)
		return -ENOMEM;
	ret = tlsbind_netlink_put_version(answer);
	return tlsbind_netlink_send(answer, hdr, ret, info);
}
