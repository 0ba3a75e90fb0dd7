/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holding a connection until a verdict on its peer.
 */
#ifndef _TLSBIND_GATE_H
#define _TLSBIND_GATE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct net;
struct pid;
struct sock;
struct tlsbind_sock;
struct tlsbind_verdict;

/**
 * enum tlsbind_hold_state - how far a hold is
 * @TLSBIND_HOLD_SHUT: the socket is closed for sending, a key is missing
 * @TLSBIND_HOLD_ASKED: both keys are there, the judge is asked
 * @TLSBIND_HOLD_DECIDED: there is an answer
 * @TLSBIND_HOLD_DONE: and somebody acts on it, or did
 */
enum tlsbind_hold_state {
	TLSBIND_HOLD_SHUT,
	TLSBIND_HOLD_ASKED,
	TLSBIND_HOLD_DECIDED,
	TLSBIND_HOLD_DONE,
};

/**
 * struct tlsbind_hold - a connection that waits for a verdict
 * @node: among those of its network namespace, until it is decided
 * @ref: one of the socket's state, one of each user, one of @work if it is
 *	pending
 * @ts: the socket's state, held
 * @sk: the socket, held
 * @tx: direction of the key that began it
 * @policy: number of the appraisal policy, from the rule
 * @handle: names it in its network namespace from TLSBIND_HOLD_ASKED on
 * @state: how far it is
 * @answer: 0: the connection goes on; else a negative errno
 * @deadline: in jiffies
 * @waiters: tasks that wait now
 * @paused: the thread whose wait a signal interrupted, by direction (tx: 1)
 * @wait: woken when it is decided
 * @work: ends it when its time is up, and acts on an answer that nobody waits for
 *
 * From @handle to @paused it is protected by gate.c's lock; @handle does not change
 * any more once the judge is told.
 */
struct tlsbind_hold {
	struct list_head node;
	refcount_t ref;
	struct tlsbind_sock *ts;
	struct sock *sk;
	bool tx;
	u16 policy;
	u64 handle;
	enum tlsbind_hold_state state;
	int answer;
	unsigned long deadline;
	unsigned int waiters;
	struct pid *paused[2];
	wait_queue_head_t wait;
	struct delayed_work work;
};

int tlsbind_gate_init(void);
void tlsbind_gate_stop(void);
void tlsbind_gate_exit(void);

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

int tlsbind_gate_appoint(struct net *net, u32 portid);
void tlsbind_gate_dismiss(struct net *net, u32 portid);
int tlsbind_gate_judge(struct net *net, u32 portid, u64 handle, bool admit);

struct tlsbind_hold *tlsbind_gate_next(const struct net *net, u64 after);
u64 tlsbind_gate_handle(struct tlsbind_sock *ts);
unsigned int tlsbind_gate_left(struct tlsbind_hold *hold);
void tlsbind_gate_put(struct tlsbind_hold *hold);

#endif
