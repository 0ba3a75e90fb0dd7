/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling those who listen: multicast group "events", tracepoints, and the
 * audit subsystem for keys that are refused. What is told of here is counted
 * here, but for keys that are refused.
 */
#ifndef _TLSBIND_EVENT_H
#define _TLSBIND_EVENT_H

#include <linux/types.h>

struct net;
struct tlsbind_flow;
struct tlsbind_sock;

void tlsbind_event_key(struct tlsbind_sock *ts, u8 direction, bool rekey);
void tlsbind_event_deny(struct tlsbind_sock *ts, const struct tlsbind_flow *flow,
			u8 direction, int error);
void tlsbind_event_close(struct tlsbind_sock *ts);
void tlsbind_event_challenge(struct tlsbind_sock *ts, int error);
void tlsbind_event_evidence(struct tlsbind_sock *ts, int error);
void tlsbind_event_report(const char *provider, int error, u64 ns);
void tlsbind_event_rules(struct net *net, u32 generation);
void tlsbind_event_lock(void);

#endif
