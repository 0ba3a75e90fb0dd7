/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection that waits for a verdict.
 */
#ifndef _TLSBIND_HOLD_H
#define _TLSBIND_HOLD_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct pid;
struct sock;
struct tlsbind_net;
struct tlsbind_sock;

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
 * From @handle to @paused it is protected by the lock; @handle does not change
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

extern spinlock_t tlsbind_hold_lock; /* see hold.c */

int tlsbind_hold_init(void);
void tlsbind_hold_stop(void);
void tlsbind_hold_exit(void);
struct tlsbind_hold *tlsbind_hold_new(struct tlsbind_sock *ts, struct sock *sk,
				      bool tx);
struct tlsbind_hold *tlsbind_hold_get(struct tlsbind_hold *hold);
void tlsbind_hold_put(struct tlsbind_hold *hold);
void tlsbind_hold_attach(struct tlsbind_sock *ts, struct tlsbind_hold *hold);
void tlsbind_hold_time(struct tlsbind_hold *hold);
void tlsbind_hold_decide(struct tlsbind_hold *hold, int answer);
void tlsbind_hold_decide_all(struct tlsbind_net *tn, bool others, int answer);
void tlsbind_hold_end(struct tlsbind_hold *hold);
struct tlsbind_hold *tlsbind_hold_release(struct tlsbind_sock *ts);
void tlsbind_hold_act(struct tlsbind_hold *hold);
unsigned int tlsbind_hold_left(struct tlsbind_hold *hold);

#endif
