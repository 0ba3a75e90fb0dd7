/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. They tell when and of which socket; what is known about a socket
 * is told by netlink.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tlsbind

#if !defined(_TLSBIND_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TLSBIND_TRACE_H

#include <linux/tracepoint.h>
#include <net/net_namespace.h>

#include "commitment.h"
#include "sock.h"

#ifndef _TLSBIND_TRACE_NAME
#define _TLSBIND_TRACE_NAME
static inline void tlsbind_trace_name(u8 id[TLSBIND_CONNECTION_ID_SIZE],
				      struct tlsbind_sock *ts)
{
	spin_lock(&ts->lock);
	tlsbind_commitment_id(ts, id);
	spin_unlock(&ts->lock);
}
#endif

DECLARE_EVENT_CLASS(tlsbind_key_class,
	TP_PROTO(struct tlsbind_sock *ts, u8 direction, int error),
	TP_ARGS(ts, direction, error),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, netns)
		__field(u8, direction)
		__field(int, error)
		__array(u8, id, TLSBIND_CONNECTION_ID_SIZE)
	),
	TP_fast_assign(
		__entry->cookie = tlsbind_sock_cookie(ts);
		__entry->netns = tlsbind_sock_net(ts)->ns.inum;
		__entry->direction = direction;
		__entry->error = error;
		tlsbind_trace_name(__entry->id, ts);
	),
	TP_printk("cookie=%llu netns=%u id=%s direction=%s error=%d",
		  __entry->cookie, __entry->netns,
		  __print_hex_str(__entry->id, TLSBIND_CONNECTION_ID_SIZE),
		  __print_symbolic(__entry->direction,
				   { TLSBIND_DIRECTION_TX, "tx" },
				   { TLSBIND_DIRECTION_RX, "rx" }),
		  __entry->error)
);

DEFINE_EVENT(tlsbind_key_class, tlsbind_key,
	TP_PROTO(struct tlsbind_sock *ts, u8 direction, int error),
	TP_ARGS(ts, direction, error));

DEFINE_EVENT(tlsbind_key_class, tlsbind_rekey,
	TP_PROTO(struct tlsbind_sock *ts, u8 direction, int error),
	TP_ARGS(ts, direction, error));

DEFINE_EVENT(tlsbind_key_class, tlsbind_deny,
	TP_PROTO(struct tlsbind_sock *ts, u8 direction, int error),
	TP_ARGS(ts, direction, error));

DECLARE_EVENT_CLASS(tlsbind_evidence_class,
	TP_PROTO(struct tlsbind_sock *ts, int error),
	TP_ARGS(ts, error),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, netns)
		__field(int, error)
		__array(u8, id, TLSBIND_CONNECTION_ID_SIZE)
	),
	TP_fast_assign(
		__entry->cookie = tlsbind_sock_cookie(ts);
		__entry->netns = tlsbind_sock_net(ts)->ns.inum;
		__entry->error = error;
		tlsbind_trace_name(__entry->id, ts);
	),
	TP_printk("cookie=%llu netns=%u id=%s error=%d",
		  __entry->cookie, __entry->netns,
		  __print_hex_str(__entry->id, TLSBIND_CONNECTION_ID_SIZE),
		  __entry->error)
);

DEFINE_EVENT(tlsbind_evidence_class, tlsbind_challenge,
	TP_PROTO(struct tlsbind_sock *ts, int error),
	TP_ARGS(ts, error));

DEFINE_EVENT(tlsbind_evidence_class, tlsbind_evidence,
	TP_PROTO(struct tlsbind_sock *ts, int error),
	TP_ARGS(ts, error));

TRACE_EVENT(tlsbind_report,
	TP_PROTO(const char *provider, int error, u64 ns),
	TP_ARGS(provider, error, ns),
	TP_STRUCT__entry(
		__string(provider, provider)
		__field(int, error)
		__field(u64, ns)
	),
	TP_fast_assign(
		__assign_str(provider);
		__entry->error = error;
		__entry->ns = ns;
	),
	TP_printk("provider=%s error=%d ns=%llu", __get_str(provider),
		  __entry->error, __entry->ns)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
