// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge: who gives verdicts on held connections, and what he is told of them.
 */
#include "netlink.h"

#include <linux/tlsbind.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "claims.h"
#include "hold.h"
#include "judge.h"
#include "sock.h"

static int tlsbind_netlink_put_peer(struct sk_buff *skb,
				    const struct tlsbind_peer *peer)
{
	if (nla_put(skb, TLSBIND_A_HOLD_PEER_ID, sizeof(peer->connection_id),
		    peer->connection_id) ||
	    nla_put(skb, TLSBIND_A_HOLD_PEER_TX_COMMITMENT,
		    sizeof(peer->tx_commitment), peer->tx_commitment) ||
	    nla_put(skb, TLSBIND_A_HOLD_PEER_RX_COMMITMENT,
		    sizeof(peer->rx_commitment), peer->rx_commitment) ||
	    nla_put_u32(skb, TLSBIND_A_HOLD_PEER_TX_GENERATION,
			peer->tx_generation) ||
	    nla_put_u32(skb, TLSBIND_A_HOLD_PEER_RX_GENERATION,
			peer->rx_generation))
		return -EMSGSIZE;
	return 0;
}

/*
 * If the keys cannot be spoken of, one was refused in the meantime, or is being
 * installed: the judge is not told what to compare with. The question comes before
 * the keys, see tlsbind_judge_question().
 */
static int tlsbind_netlink_put_hold(struct sk_buff *skb,
				    struct tlsbind_hold *hold)
{
	struct tlsbind_peer peer = {};
	unsigned int left;
	u64 handle;
	int ret;

	ret = tlsbind_judge_question(hold, &handle, &left);
	if (!ret)
		ret = tlsbind_claims_peer(hold->ts, &peer);
	if (ret)
		return ret;
	if (tlsbind_netlink_put_u64(skb, TLSBIND_A_HOLD_HANDLE, handle) ||
	    nla_put_u16(skb, TLSBIND_A_HOLD_POLICY, hold->policy) ||
	    nla_put_u32(skb, TLSBIND_A_HOLD_TIMEOUT, left))
		return -EMSGSIZE;
	if (hold->seconds && nla_put_flag(skb, TLSBIND_A_HOLD_RENEWAL))
		return -EMSGSIZE;
	ret = tlsbind_netlink_put_peer(skb, &peer);
	return ret ?: tlsbind_netlink_put_sock(skb, TLSBIND_A_HOLD_SOCK, hold->ts,
					       &hold->flow);
}

/**
 * tlsbind_netlink_tell_judge() - a connection waits for a verdict
 * @hold: its hold
 *
 * A judge who has no room for it is told by the kernel that he missed something
 * (ENOBUFS), and lists what is held.
 *
 * Context: process, may sleep.
 */
void tlsbind_netlink_tell_judge(struct tlsbind_hold *hold)
{
	struct net *net = tlsbind_sock_net(hold->ts);
	struct sk_buff *skb;
	void *hdr = NULL;
	int ret = -EMSGSIZE;

	if (!tlsbind_netlink_heard(net, TLSBIND_NLGRP_GATE))
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (skb)
		hdr = genlmsg_put(skb, 0, 0, &tlsbind_nl_family, 0,
				  TLSBIND_CMD_GATE_NTF);
	if (hdr)
		ret = tlsbind_netlink_put_hold(skb, hold);
	if (!ret) {
		genlmsg_end(skb, hdr);
		genlmsg_multicast_netns(&tlsbind_nl_family, net, skb, 0,
					TLSBIND_NLGRP_GATE, GFP_KERNEL);
		return;
	}
	nlmsg_free(skb);
	/* -EBUSY: a key is being installed, and he will be asked anew. */
	if (ret != -ENOENT && ret != -EBUSY)
		genl_set_err(&tlsbind_nl_family, net, 0, TLSBIND_NLGRP_GATE, -ENOBUFS);
}

/**
 * tlsbind_nl_judge_doit() - the sender gives verdicts from now on, TLSBIND_CMD_JUDGE
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; or, with a text: -EPERM; -EBUSY if somebody else does.
 */
int tlsbind_nl_judge_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ret = tlsbind_netlink_admin(skb, info);

	if (!ret)
		ret = tlsbind_judge_appoint(genl_info_net(info),
					    info->snd_portid);
	if (ret == -EBUSY)
		GENL_SET_ERR_MSG(info, "there is a judge in this network namespace already");
	return ret;
}

/**
 * tlsbind_nl_verdict_doit() - take a verdict, TLSBIND_CMD_VERDICT
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; or, with a text: -EPERM, also if the sender is not the judge;
 * -EINVAL if an attribute is missing; -ENOENT if there is no such hold any more.
 */
int tlsbind_nl_verdict_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ret = tlsbind_netlink_admin(skb, info);

	if (ret)
		return ret;
	if (GENL_REQ_ATTR_CHECK(info, TLSBIND_A_HOLD_HANDLE)) {
		GENL_SET_ERR_MSG(info, "handle is missing: a verdict on which hold?");
		return -EINVAL;
	}
	if (GENL_REQ_ATTR_CHECK(info, TLSBIND_A_HOLD_VERDICT)) {
		GENL_SET_ERR_MSG(info, "verdict is missing");
		return -EINVAL;
	}
	ret = tlsbind_judge_decide(genl_info_net(info), info->snd_portid,
				   nla_get_u64(info->attrs[TLSBIND_A_HOLD_HANDLE]),
				   nla_get_u8(info->attrs[TLSBIND_A_HOLD_VERDICT]) ==
					   TLSBIND_DECISION_ADMIT);
	if (ret == -EPERM)
		GENL_SET_ERR_MSG(info, "the sender is not the judge of this network namespace");
	else if (ret)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[TLSBIND_A_HOLD_HANDLE],
				    "handle: not held, or not any more");
	return ret;
}

/* Return: 0; -EMSGSIZE if the message is full. */
static int tlsbind_netlink_dump_hold(struct sk_buff *skb,
				     struct netlink_callback *cb,
				     struct tlsbind_hold *hold)
{
	void *hdr;
	int ret;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &tlsbind_nl_family, NLM_F_MULTI, TLSBIND_CMD_HOLD_GET);
	if (!hdr)
		return -EMSGSIZE;
	ret = tlsbind_netlink_put_hold(skb, hold);
	if (ret)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	/* What is being aborted just now, or asked anew, is left out. */
	return ret == -EMSGSIZE ? ret : 0;
}

/**
 * tlsbind_nl_hold_get_dumpit() - tell of all that are held, TLSBIND_CMD_HOLD_GET
 * @skb: message to fill
 * @cb: the dump; its first word is the last handle that was told, its second the last
 *	one that there was when it began
 *
 * What is held when the dump begins, and still when its turn comes, is told of.
 *
 * Context: process, may sleep.
 * Return: length of the message, 0 at the end; -EPERM; -EMSGSIZE.
 */
int tlsbind_nl_hold_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net = sock_net(cb->skb->sk);
	u64 *last = (u64 *)cb->ctx;
	struct tlsbind_hold *hold;
	u64 next = last[0];
	int ret;

	if (!last[1])
		last[1] = tlsbind_judge_latest(net);
	ret = tlsbind_netlink_admin(cb->skb, genl_info_dump(cb));
	while (!ret && next < last[1] &&
	       (hold = tlsbind_judge_next(net, &next))) {
		ret = tlsbind_netlink_dump_hold(skb, cb, hold);
		if (!ret)
			last[0] = next;
		tlsbind_hold_put(hold);
		cond_resched();
	}
	return ret && !skb->len ? ret : skb->len;
}
