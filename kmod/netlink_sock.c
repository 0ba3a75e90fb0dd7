// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling of sockets with keys: of one by its connection id, or of all.
 */
#include "netlink.h"

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tlsbind.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "claims.h"
#include "commitment.h"
#include "connection.h"
#include "gate.h"
#include "lease.h"
#include "net.h"
#include "origin.h"
#include "sock.h"

static int tlsbind_netlink_put_address(struct sk_buff *skb, int attr,
				       const struct in6_addr *address)
{
	if (ipv6_addr_v4mapped(address))
		return nla_put_in_addr(skb, attr, address->s6_addr32[3]);
	return nla_put_in6_addr(skb, attr, address);
}

static int tlsbind_netlink_put_flow(struct sk_buff *skb,
				    const struct tlsbind_flow *flow)
{
	if (tlsbind_netlink_put_address(skb, TLSBIND_A_SOCK_LOCAL_ADDRESS,
					&flow->local) ||
	    nla_put_u16(skb, TLSBIND_A_SOCK_LOCAL_PORT, flow->local_port) ||
	    tlsbind_netlink_put_address(skb, TLSBIND_A_SOCK_REMOTE_ADDRESS,
					&flow->remote) ||
	    nla_put_u16(skb, TLSBIND_A_SOCK_REMOTE_PORT, flow->remote_port))
		return -EMSGSIZE;
	return 0;
}

static int tlsbind_netlink_put_caller(struct sk_buff *skb, int attr,
				      const struct tlsbind_caller *caller)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_u32(skb, TLSBIND_A_CALLER_UID, caller->uid) ||
	    tlsbind_netlink_put_u64(skb, TLSBIND_A_CALLER_CGROUP,
				    caller->cgroup_id) ||
	    tlsbind_netlink_put_u64(skb, TLSBIND_A_CALLER_NETNS,
				    caller->netns) ||
	    nla_put_u8(skb, TLSBIND_A_CALLER_EXE_KIND, caller->exe.kind))
		return -EMSGSIZE;
	if (caller->exe.len &&
	    nla_put(skb, TLSBIND_A_CALLER_EXE_DIGEST, caller->exe.len,
		    caller->exe.digest))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tlsbind_netlink_put_key(struct sk_buff *skb, bool tx,
				   const struct tlsbind_sock_key *key,
				   const struct tlsbind_commitment *to)
{
	if (!key->present)
		return 0;
	if (nla_put_u32(skb, tx ? TLSBIND_A_SOCK_TX_GENERATION :
				  TLSBIND_A_SOCK_RX_GENERATION,
			key->generation) ||
	    nla_put(skb, tx ? TLSBIND_A_SOCK_TX_COMMITMENT :
			      TLSBIND_A_SOCK_RX_COMMITMENT,
		    sizeof(to->own), to->own))
		return -EMSGSIZE;
	return tlsbind_netlink_put_caller(skb, tx ? TLSBIND_A_SOCK_TX_CALLER :
						    TLSBIND_A_SOCK_RX_CALLER,
					  &key->origin->caller);
}

static int tlsbind_netlink_put_keys(struct sk_buff *skb,
				    const struct tlsbind_sock *ts,
				    const struct tlsbind_commitments *to)
{
	int ret;

	lockdep_assert_held(&ts->lock);
	if (nla_put_u16(skb, TLSBIND_A_SOCK_TLS_VERSION, ts->tls_version) ||
	    nla_put_u16(skb, TLSBIND_A_SOCK_CIPHER_SUITE, ts->cipher_suite) ||
	    tlsbind_netlink_put_u64(skb, TLSBIND_A_SOCK_INSTALLED,
				    ts->installed_ns))
		return -EMSGSIZE;
	ret = tlsbind_netlink_put_key(skb, true, &ts->tx, &to->tx);
	return ret ?: tlsbind_netlink_put_key(skb, false, &ts->rx, &to->rx);
}

static int tlsbind_netlink_put_verdict(struct sk_buff *skb,
				       const struct tlsbind_sock *ts)
{
	lockdep_assert_held(&ts->lock);
	if (ts->rule &&
	    tlsbind_netlink_put_u64(skb, TLSBIND_A_SOCK_RULE, ts->rule))
		return -EMSGSIZE;
	if (nla_put_u8(skb, TLSBIND_A_SOCK_ACTION, ts->action) ||
	    nla_put_u8(skb, TLSBIND_A_SOCK_STALE, ts->stale))
		return -EMSGSIZE;
	return 0;
}

static int tlsbind_netlink_put_state(struct sk_buff *skb,
				     const struct tlsbind_sock *ts,
				     const struct tlsbind_commitments *to)
{
	lockdep_assert_held(&ts->lock);
	if (to->named && nla_put(skb, TLSBIND_A_SOCK_ID, sizeof(to->id), to->id))
		return -EMSGSIZE;
	if (ts->error && nla_put_u32(skb, TLSBIND_A_SOCK_ERROR, -ts->error))
		return -EMSGSIZE;
	return tlsbind_netlink_put_u64(skb, TLSBIND_A_SOCK_COOKIE,
				       tlsbind_sock_cookie(ts));
}

/**
 * tlsbind_netlink_put_sock() - append what is known about a socket
 * @skb: to this message
 * @attr: as this attribute
 * @ts: the socket's state
 * @flow: its two ends, or NULL: they are asked for, and zero if it is closed
 *
 * Context: process; does not sleep.
 * Return: 0; -EMSGSIZE, and the message is to be cut or dropped.
 */
int tlsbind_netlink_put_sock(struct sk_buff *skb, int attr,
			     struct tlsbind_sock *ts,
			     const struct tlsbind_flow *flow)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	unsigned int lease = tlsbind_lease_left(ts);
	u64 hold = tlsbind_gate_handle(ts);
	const struct tlsbind_commitments *to;
	struct tlsbind_commitments room;
	struct tlsbind_flow ends;
	int ret;

	if (!nest || nla_put_u32(skb, TLSBIND_A_SOCK_FLAGS,
				 tlsbind_claims_told(ts)))
		return -EMSGSIZE;
	if (hold && tlsbind_netlink_put_u64(skb, TLSBIND_A_SOCK_HOLD, hold))
		return -EMSGSIZE;
	if (lease && nla_put_u32(skb, TLSBIND_A_SOCK_LEASE, lease))
		return -EMSGSIZE;
	spin_lock(&ts->lock);
	to = tlsbind_commitment_make(ts, &room);
	tlsbind_sock_flow(ts, &ends);
	ret = tlsbind_netlink_put_flow(skb, flow ?: &ends);
	if (!ret)
		ret = tlsbind_netlink_put_state(skb, ts, to);
	if (!ret)
		ret = tlsbind_netlink_put_verdict(skb, ts);
	if (!ret)
		ret = tlsbind_netlink_put_keys(skb, ts, to);
	spin_unlock(&ts->lock);
	if (!ret)
		nla_nest_end(skb, nest);
	return ret;
}

static int tlsbind_netlink_fill_sock(struct sk_buff *skb, void *hdr,
				     struct tlsbind_sock *ts)
{
	int ret;

	if (!hdr)
		return -EMSGSIZE;
	ret = tlsbind_netlink_put_sock(skb, TLSBIND_A_CONNECTION_SOCK, ts, NULL);
	if (ret)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return ret;
}

/**
 * tlsbind_netlink_connection() - the connection that a request names
 * @info: the request
 * @attr: attribute with the connection id
 *
 * Return: the socket's state with a reference for the caller; or, with a text,
 * an ERR_PTR(): -EINVAL if the attribute is missing; -ENOENT if there is no such
 * connection in the network namespace; -ENOTUNIQ if there are several; or another
 * errno of tlsbind_connection_get().
 */
struct tlsbind_sock *tlsbind_netlink_connection(struct genl_info *info,
						int attr)
{
	struct tlsbind_sock *ts;

	if (GENL_REQ_ATTR_CHECK(info, attr)) {
		GENL_SET_ERR_MSG(info, "id is missing: which connection?");
		return ERR_PTR(-EINVAL);
	}
	ts = tlsbind_connection_get(genl_info_net(info),
				    nla_data(info->attrs[attr]));
	if (ts == ERR_PTR(-ENOENT))
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "id: no such connection in this network namespace");
	else if (ts == ERR_PTR(-ENOTUNIQ))
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "id: several sockets were given the same keys");
	return ts;
}

/**
 * tlsbind_nl_sock_get_doit() - answer TLSBIND_CMD_SOCK_GET
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -EPERM; an errno of tlsbind_netlink_connection(); -ENOMEM; an
 * errno of genlmsg_reply().
 */
int tlsbind_nl_sock_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsbind_sock *ts;
	struct sk_buff *answer;
	int ret;

	ret = tlsbind_netlink_admin(skb, info);
	if (ret)
		return ret;
	ts = tlsbind_netlink_connection(info, TLSBIND_A_CONNECTION_ID);
	if (IS_ERR(ts))
		return PTR_ERR(ts);
	tlsbind_commitment_keep(ts);
	ret = -ENOMEM;
	answer = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (answer)
		ret = tlsbind_netlink_fill_sock(answer,
						genlmsg_put_reply(answer, info,
								  &tlsbind_nl_family, 0,
								  TLSBIND_CMD_SOCK_GET),
						ts);
	tlsbind_sock_put(ts);
	if (!ret)
		return genlmsg_reply(answer, info);
	nlmsg_free(answer);
	return ret;
}

/**
 * tlsbind_nl_sock_dump_start() - begin a dump of TLSBIND_CMD_SOCK_GET
 * @cb: the dump, which has the place of the walk in it
 *
 * Context: process, may sleep.
 * Return: 0 or -EPERM.
 */
int tlsbind_nl_sock_dump_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct tlsbind_sock_place) > sizeof(cb->ctx));
	return tlsbind_netlink_admin(cb->skb, genl_info_dump(cb));
}

static int tlsbind_netlink_dump_sock(struct sk_buff *skb,
				     struct netlink_callback *cb,
				     struct tlsbind_sock *ts)
{
	void *hdr;

	/* Whoever is closed now is known no more when the reader learns of it. */
	if (!net_eq(tlsbind_sock_net(ts), sock_net(cb->skb->sk)) ||
	    !tlsbind_sock_keyed(ts) || tlsbind_sock_closed(ts))
		return 0;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &tlsbind_nl_family, NLM_F_MULTI,
			  TLSBIND_CMD_SOCK_GET);
	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return tlsbind_netlink_fill_sock(skb, hdr, ts);
}

/**
 * tlsbind_nl_sock_get_dumpit() - go on with a dump of TLSBIND_CMD_SOCK_GET
 * @skb: message to fill
 * @cb: the dump
 *
 * Sockets may come and go meanwhile; then a later message says so, by
 * NLM_F_DUMP_INTR.
 *
 * Context: process, may sleep.
 * Return: length of the message, 0 at the end; -EMSGSIZE; -EINTR if the task is being
 * killed.
 */
int tlsbind_nl_sock_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tlsbind_net *tn = tlsbind_net(sock_net(cb->skb->sk));
	struct tlsbind_sock_place *place = (void *)cb->ctx, next = *place;
	struct tlsbind_sock *ts;
	int ret = 0;

	/* A reader of two messages with different numbers knows that he missed something. */
	cb->seq = atomic_read(&tn->turnover);
	while (!ret && (ts = tlsbind_sock_next(&next))) {
		ret = tlsbind_netlink_dump_sock(skb, cb, ts);
		/* What does not fit is the first of the next message. */
		if (!ret)
			*place = next;
		tlsbind_sock_put(ts);
		cond_resched();
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
	}
	return ret && !skb->len ? ret : skb->len;
}
