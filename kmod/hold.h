/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection that waits for a verdict.
 */
#ifndef _TLSBIND_HOLD_H
#define _TLSBIND_HOLD_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "flow.h"

struct pid;
struct sock;
struct tlsbind_net;
struct tlsbind_sock;

/**
 * enum tlsbind_hold_state - how far a hold is
 * @TLSBIND_HOLD_SHUT: the socket is closed for sending, a key is missing; of a lease:
 *	it is not time to ask, or another verdict is awaited
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
 * struct tlsbind_hold - a connection that waits for a verdict, or will
 * @node: among those of its network namespace, until it is decided
 * @question: among those that the judge is asked about
 * @ref: one of the socket's state, one of each user, one of @work if it is
 *	pending
 * @ts: the socket's state, held
 * @sk: the socket, which @ts holds
 * @flow: its two ends: it may have forgotten them when it was closed
 * @tx: direction of the key that began it
 * @policy: number of the appraisal policy, from the rule
 * @seconds: of a lease: how long an admission is good for; otherwise 0
 * @jitter: of a lease: how much earlier than after half of that the judge is asked, in
 *	jiffies
 * @lease: what begins with the admission, or NULL; never set in a lease
 * @handle: names it in its network namespace from TLSBIND_HOLD_ASKED on
 * @state: how far it is
 * @answer: 0: the connection goes on; else a negative errno
 * @asked_at: when the judge was asked last, in jiffies
 * @deadline: in jiffies
 * @ask_at: of a lease: when the judge is to be asked again, in jiffies
 * @waiters: tasks that wait now
 * @paused: the thread whose wait a signal interrupted, by direction (tx: 1)
 * @wait: woken when it is decided
 * @work: ends it when its time is up, and acts on an answer that nobody waits for
 *
 * From @question to @paused, but for what does not change, it is protected by the lock.
 */
struct tlsbind_hold {
	struct list_head node;
	struct rb_node question;
	refcount_t ref;
	struct tlsbind_sock *ts;
	struct sock *sk;
	struct tlsbind_flow flow;
	bool tx;
	u16 policy;
	unsigned int seconds;
	unsigned long jitter;
	struct tlsbind_hold *lease;
	u64 handle;
	enum tlsbind_hold_state state;
	int answer;
	unsigned long asked_at;
	unsigned long deadline;
	unsigned long ask_at;
	unsigned int waiters;
	struct pid *paused[2];
	wait_queue_head_t wait;
	struct delayed_work work;
};

/**
 * struct tlsbind_gating - what a socket whose keys were gated has to do with verdicts
 * @hold: until when the socket is closed for sending, or NULL; protected by the lock
 * @lease: how long the connection is admitted, or NULL; likewise
 * @seconds: that an admission is good for, from the rule with which a key was gated; 0
 *	without end; protected by the lock of the state, and changed with the socket locked
 * @policy: number of the appraisal policy, from that rule; likewise
 *
 * A state refers to that of all which have none, where everything is zero and stays so, until
 * a key is gated; from then on to one of its own.
 */
struct tlsbind_gating {
	struct tlsbind_hold *hold;
	struct tlsbind_hold *lease;
	u32 seconds;
	u16 policy;
};

extern struct tlsbind_gating tlsbind_gating_none; /* read-only memory */
extern spinlock_t tlsbind_hold_lock; /* see hold.c */

int tlsbind_hold_init(void);
void tlsbind_hold_stop(void);
void tlsbind_hold_exit(void);
struct tlsbind_hold *tlsbind_hold_alloc(struct tlsbind_sock *ts,
					struct sock *sk, bool tx,
					work_func_t work);
struct tlsbind_hold *tlsbind_hold_new(struct tlsbind_sock *ts, struct sock *sk,
				      bool tx);
struct tlsbind_hold *tlsbind_hold_get(struct tlsbind_hold *hold);
void tlsbind_hold_put(struct tlsbind_hold *hold);
void tlsbind_hold_attach(struct tlsbind_sock *ts, struct tlsbind_hold *hold);
void tlsbind_hold_enlist(struct tlsbind_hold *hold);
void tlsbind_hold_schedule(struct tlsbind_hold *hold, unsigned long delay);
void tlsbind_hold_time(struct tlsbind_hold *hold);
bool tlsbind_hold_settle(struct tlsbind_hold *hold, int answer,
			 enum tlsbind_hold_state state);
void tlsbind_hold_decide(struct tlsbind_hold *hold, int answer);
void tlsbind_hold_end(struct tlsbind_hold *hold);
struct tlsbind_hold *tlsbind_hold_release(struct tlsbind_sock *ts);
void tlsbind_hold_act(struct tlsbind_hold *hold);
void tlsbind_hold_ran(struct tlsbind_hold *hold);
bool tlsbind_hold_postpone(struct tlsbind_hold *hold);
unsigned int tlsbind_hold_left(const struct tlsbind_hold *hold);

#endif
