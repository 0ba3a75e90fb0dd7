/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holding the task that installs a key until a verdict on the connection's peer.
 */
#ifndef _TLSBIND_GATE_H
#define _TLSBIND_GATE_H

#include <linux/types.h>

struct sock;
struct tlsbind_hold;
struct tlsbind_sock;
struct tlsbind_verdict;

int tlsbind_gate_prepare(struct tlsbind_sock *ts, struct sock *sk,
			 const struct tlsbind_verdict *verdict, bool tx,
			 struct tlsbind_hold **hold);
void tlsbind_gate_shut(struct tlsbind_sock *ts, struct sock *sk,
		       const struct tlsbind_verdict *verdict,
		       struct tlsbind_hold *hold);
bool tlsbind_gate_busy(struct tlsbind_sock *ts);
int tlsbind_gate_ask(struct tlsbind_sock *ts, struct tlsbind_hold **hold);
bool tlsbind_gate_resumes(struct tlsbind_sock *ts, bool tx);
int tlsbind_gate_wait(struct tlsbind_sock *ts, struct sock *sk, bool tx);
void tlsbind_gate_end(struct tlsbind_sock *ts);
void tlsbind_gate_forget(struct tlsbind_sock *ts);
u64 tlsbind_gate_handle(struct tlsbind_sock *ts);

#endif
