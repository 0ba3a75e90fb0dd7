// SPDX-License-Identifier: GPL-2.0-only
#include "event.h"

#include <linux/audit.h>
#include <linux/timekeeping.h>
#include <linux/tlsbind.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "commitment.h"
#include "net.h"
#include "netlink.h"
#include "sock.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * struct tlsbind_event_told - what a message says
 * @kind: what happened
 * @ts: to which socket, or NULL
 * @flow: its two ends, or NULL: as long as it is not closed it knows them
 * @direction: TLSBIND_DIRECTION_* of the key, or 0
 * @error: 0 or a negative errno
 * @generation: of the rules, or 0
 */
struct tlsbind_event_told {
	enum tlsbind_event kind;
	struct tlsbind_sock *ts;
	const struct tlsbind_flow *flow;
	u8 direction;
	int error;
	u32 generation;
};

static int tlsbind_event_put(struct sk_buff *skb,
			     const struct tlsbind_event_told *told)
{
	if (nla_put_u8(skb, TLSBIND_A_EVENT_KIND, told->kind) ||
	    tlsbind_netlink_put_u64(skb, TLSBIND_A_EVENT_TIME,
				    ktime_get_boottime_ns()))
		return -EMSGSIZE;
	if (told->direction &&
	    nla_put_u8(skb, TLSBIND_A_EVENT_DIRECTION, told->direction))
		return -EMSGSIZE;
	if (told->error && nla_put_u32(skb, TLSBIND_A_EVENT_ERROR, -told->error))
		return -EMSGSIZE;
	if (told->generation &&
	    nla_put_u32(skb, TLSBIND_A_EVENT_GENERATION, told->generation))
		return -EMSGSIZE;
	if (!told->ts)
		return 0;
	return tlsbind_netlink_put_sock(skb, TLSBIND_A_EVENT_SOCK, told->ts,
					told->flow);
}

static struct sk_buff *
tlsbind_event_message(const struct tlsbind_event_told *told)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, 0, 0, &tlsbind_nl_family, 0,
			  TLSBIND_CMD_EVENT_NTF);
	if (!hdr || tlsbind_event_put(skb, told)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/*
 * To those who listen in a namespace. Whoever has no room for it is told by the
 * kernel that he missed something (ENOBUFS), and lists sockets anew.
 */
static void tlsbind_event_send(struct net *net,
			       const struct tlsbind_event_told *told)
{
	struct sk_buff *skb;

	if (!tlsbind_netlink_heard(net, TLSBIND_NLGRP_EVENTS))
		return;
	if (told->ts)
		tlsbind_commitment_keep(told->ts);
	skb = tlsbind_event_message(told);
	if (skb)
		genlmsg_multicast_netns(&tlsbind_nl_family, net, skb, 0,
					TLSBIND_NLGRP_EVENTS, GFP_KERNEL);
	else
		genl_set_err(&tlsbind_nl_family, net, 0, TLSBIND_NLGRP_EVENTS,
			     -ENOBUFS);
}

/**
 * tlsbind_event_key() - kTLS has taken a key
 * @ts: the socket's state
 * @direction: TLSBIND_DIRECTION_*
 * @rekey: in place of another
 *
 * Context: process, may sleep.
 */
void tlsbind_event_key(struct tlsbind_sock *ts, u8 direction, bool rekey)
{
	struct tlsbind_event_told told = {
		.kind = rekey ? TLSBIND_EVENT_REKEY : TLSBIND_EVENT_KEY,
		.ts = ts,
		.direction = direction,
	};

	tlsbind_net_count(tlsbind_sock_net(ts), rekey ? TLSBIND_STAT_REKEYS :
					   TLSBIND_STAT_KEYS);
	if (rekey)
		trace_tlsbind_rekey(ts, direction, 0);
	else
		trace_tlsbind_key(ts, direction, 0);
	tlsbind_event_send(tlsbind_sock_net(ts), &told);
}

/* In the task that installed the key: the record says who that is. */
static void tlsbind_event_audit(struct tlsbind_sock *ts,
				const struct tlsbind_flow *flow, u8 direction,
				int error)
{
	struct audit_buffer *ab;

	if (!audit_enabled)
		return;
	ab = audit_log_start(audit_context(), GFP_KERNEL, AUDIT_KERNEL);
	if (!ab)
		return;
	audit_log_format(ab, "op=tlsbind_deny");
	audit_log_task_info(ab);
	audit_log_format(ab, " laddr=%pI6c lport=%u faddr=%pI6c fport=%u",
			 &flow->local, flow->local_port, &flow->remote,
			 flow->remote_port);
	audit_log_format(ab, " direction=%s netns=%u error=%d res=0",
			 direction == TLSBIND_DIRECTION_TX ? "tx" : "rx",
			 tlsbind_sock_net(ts)->ns.inum, error);
	audit_log_end(ab);
}

/**
 * tlsbind_event_deny() - a key was refused, or is not good any more
 * @ts: the socket's state
 * @flow: its two ends
 * @direction: TLSBIND_DIRECTION_*
 * @error: what the task is told, a negative errno
 *
 * Context: process, in the task that wanted to install it, or in the work item of
 * its hold or lease; may sleep.
 */
void tlsbind_event_deny(struct tlsbind_sock *ts, const struct tlsbind_flow *flow,
			u8 direction, int error)
{
	struct tlsbind_event_told told = {
		.kind = TLSBIND_EVENT_DENY,
		.ts = ts,
		.flow = flow,
		.direction = direction,
		.error = error,
	};

	trace_tlsbind_deny(ts, direction, error);
	tlsbind_event_audit(ts, flow, direction, error);
	tlsbind_event_send(tlsbind_sock_net(ts), &told);
}

/**
 * tlsbind_event_close() - a socket with keys is being closed
 * @ts: its state
 *
 * Context: process, may sleep.
 */
void tlsbind_event_close(struct tlsbind_sock *ts)
{
	struct tlsbind_event_told told = {
		.kind = TLSBIND_EVENT_CLOSE,
		.ts = ts,
	};

	tlsbind_event_send(tlsbind_sock_net(ts), &told);
}

/**
 * tlsbind_event_challenge() - evidence was asked for
 * @ts: the socket's state
 * @error: 0 if there will be an answer, else why not, a negative errno
 *
 * The answer may have been told of already.
 *
 * Context: process, may sleep.
 */
void tlsbind_event_challenge(struct tlsbind_sock *ts, int error)
{
	struct tlsbind_event_told told = {
		.kind = TLSBIND_EVENT_CHALLENGE,
		.ts = ts,
		.error = error,
	};

	if (!error)
		tlsbind_net_count(tlsbind_sock_net(ts), TLSBIND_STAT_CHALLENGES);
	else if (error == -EACCES || error == -EDQUOT)
		tlsbind_net_count(tlsbind_sock_net(ts), TLSBIND_STAT_REFUSED);
	trace_tlsbind_challenge(ts, error);
	tlsbind_event_send(tlsbind_sock_net(ts), &told);
}

/**
 * tlsbind_event_evidence() - a challenge was answered, or failed
 * @ts: the socket's state
 * @error: 0 if there is evidence, else a negative errno
 *
 * Context: process, may sleep.
 */
void tlsbind_event_evidence(struct tlsbind_sock *ts, int error)
{
	struct tlsbind_event_told told = {
		.kind = TLSBIND_EVENT_EVIDENCE,
		.ts = ts,
		.error = error,
	};

	tlsbind_net_count(tlsbind_sock_net(ts), error ? TLSBIND_STAT_FAILED :
					   TLSBIND_STAT_ANSWERED);
	trace_tlsbind_evidence(ts, error);
	tlsbind_event_send(tlsbind_sock_net(ts), &told);
}

/**
 * tlsbind_event_report() - the hardware has made a report, or failed
 * @provider: its name; empty after an error
 * @error: 0 or a negative errno
 * @ns: how long that took
 *
 * Nobody's connection in particular: it is counted in the initial network
 * namespace, and those who listen are told of the evidence made of it.
 *
 * Context: process.
 */
void tlsbind_event_report(const char *provider, int error, u64 ns)
{
	tlsbind_net_count(&init_net, error ? TLSBIND_STAT_REPORT_ERRORS :
					     TLSBIND_STAT_REPORTS);
	trace_tlsbind_report(provider, error, ns);
}

/**
 * tlsbind_event_rules() - the rules of a network namespace have changed
 * @net: the namespace
 * @generation: of the rules now
 *
 * Context: process, may sleep.
 */
void tlsbind_event_rules(struct net *net, u32 generation)
{
	struct tlsbind_event_told told = {
		.kind = TLSBIND_EVENT_RULES,
		.generation = generation,
	};

	tlsbind_event_send(net, &told);
}

/**
 * tlsbind_event_lock() - the rules of all network namespaces are locked
 *
 * Context: process, may sleep.
 */
void tlsbind_event_lock(void)
{
	struct tlsbind_event_told told = { .kind = TLSBIND_EVENT_LOCK };
	struct sk_buff *skb = tlsbind_event_message(&told);

	if (skb)
		genlmsg_multicast_allns(&tlsbind_nl_family, skb, 0,
					TLSBIND_NLGRP_EVENTS);
}
