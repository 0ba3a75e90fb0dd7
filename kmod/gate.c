// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task is held in the call that installs the second key of its connection
 * (or replaces one), after kTLS has taken it: only then there are commitments to
 * ask the peer's evidence by, and only then the peer, who may hold us in the
 * same way, can have evidence from us.
 *
 * kTLS would send for other tasks meanwhile, and for a server, whose sending
 * key comes first, before there is anything to be asked about. So the socket is
 * closed for sending before kTLS is given a key to send with, and opened by the
 * verdict: SEND_SHUTDOWN without a FIN, which TCP looks at wherever data is
 * queued, under the socket lock. A socket whose state is still ESTABLISHED or
 * CLOSE_WAIT has it from nobody else, since shutdown() moves the state on.
 *
 * A task that a signal interrupts must not see an error, or its TLS library
 * would encrypt by itself, and must not reach kTLS again when the call is made
 * anew: it would install the same key with the same numbers a second time. So its
 * hold remembers the thread until it comes back for the answer.
 */
#include "gate.h"

#include <linux/errno.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "claims.h"
#include "hold.h"
#include "judge.h"
#include "lease.h"
#include "net.h"
#include "policy.h"
#include "sock.h"

/* Held at once in one network namespace. */
#define TLSBIND_HOLDS_MAX	16384

/*
 * Does a rule ask for a verdict: that of this key, or that of the one before it?
 * Once a connection is admitted, the rules of now are asked.
 */
static bool tlsbind_gate_demanded(const struct tlsbind_sock *ts,
				  const struct tlsbind_verdict *verdict)
{
	if (verdict->action != TLSBIND_ACTION_GATE)
		return ts->gated && !ts->admitted;
	return verdict->rekey != TLSBIND_REKEY_KEEP || !ts->admitted ||
	       verdict->policy != tlsbind_gating_of(ts)->policy ||
	       verdict->lease != tlsbind_gating_of(ts)->seconds;
}

/* Does this key let the socket send what no verdict covers? */
static bool tlsbind_gate_concerns(const struct tlsbind_sock *ts,
				  const struct tlsbind_verdict *verdict, bool tx)
{
	return tlsbind_gate_demanded(ts, verdict) &&
	       (tx || ts->tx.present || ts->tx.installing);
}

/*
 * One judge cannot apply two policies to a connection, nor admit it for two terms. A hold
 * that is there is not asked about yet, or the key would be refused.
 */
static bool tlsbind_gate_contradicts(const struct tlsbind_sock *ts,
				     const struct tlsbind_verdict *verdict)
{
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);

	return ts->gated && (!ts->admitted || READ_ONCE(gating->hold)) &&
	       verdict->action == TLSBIND_ACTION_GATE &&
	       (verdict->policy != gating->policy ||
		verdict->lease != gating->seconds);
}

/* Room for hold and lease, from the first key on that may need it. */
static int tlsbind_gate_room(struct tlsbind_sock *ts)
{
	struct tlsbind_gating *gating;

	/* It changes under the socket lock. */
	if (ts->gating != &tlsbind_gating_none)
		return 0;
	gating = kzalloc(sizeof(*gating), GFP_KERNEL_ACCOUNT);
	if (!gating)
		return -ENOMEM;
	/* Pairs with the address dependency of whoever looks whether there is a hold. */
	smp_store_release(&ts->gating, gating);
	return 0;
}

/* A hold, with the lease that begins when the connection is admitted. */
static struct tlsbind_hold *
tlsbind_gate_hold(struct tlsbind_sock *ts, struct sock *sk,
		  const struct tlsbind_verdict *verdict, bool tx)
{
	u32 seconds = verdict->action == TLSBIND_ACTION_GATE ? verdict->lease :
							       tlsbind_gating_of(ts)->seconds;
	struct tlsbind_hold *hold = tlsbind_hold_new(ts, sk, tx);

	if (!hold || !seconds)
		return hold;
	hold->lease = tlsbind_lease_new(ts, sk, tx, seconds);
	if (hold->lease)
		return hold;
	tlsbind_hold_put(hold);
	return NULL;
}

/**
 * tlsbind_gate_prepare() - is a key to be gated?
 * @ts: the socket's state; what it says of keys changes under the socket lock
 * @sk: the socket, locked
 * @verdict: what the rules say of the key
 * @tx: the key is for sending
 * @hold: set to a hold for tlsbind_gate_shut() or tlsbind_hold_put(); NULL if none
 *	is needed
 *
 * If a rule asked for a verdict when the other key was installed, it is due,
 * whatever the rules say of this one.
 *
 * Context: process, may sleep.
 * Return: 0; or the key is to be refused: -EACCES if the other key was gated with
 * another policy or lease; -EUSERS if too many connections are held; -ENOMEM.
 */
int tlsbind_gate_prepare(struct tlsbind_sock *ts, struct sock *sk,
			 const struct tlsbind_verdict *verdict, bool tx,
			 struct tlsbind_hold **hold)
{
	sock_owned_by_me(sk);
	*hold = NULL;
	if (tlsbind_gate_contradicts(ts, verdict))
		return -EACCES;
	if (verdict->action == TLSBIND_ACTION_GATE && tlsbind_gate_room(ts))
		return -ENOMEM;
	if (!tlsbind_gate_concerns(ts, verdict, tx) ||
	    READ_ONCE(tlsbind_gating_of(ts)->hold))
		return 0;
	if (READ_ONCE(tlsbind_net(tlsbind_sock_net(ts))->holding) >= TLSBIND_HOLDS_MAX)
		return -EUSERS;
	*hold = tlsbind_gate_hold(ts, sk, verdict, tx);
	return *hold ? 0 : -ENOMEM;
}

/**
 * tlsbind_gate_shut() - close a socket for sending until a verdict
 * @ts: the socket's state
 * @sk: the socket, locked
 * @verdict: what the rules say of the key
 * @hold: as tlsbind_gate_prepare() left it; the reference passes to the state
 *
 * To be called before kTLS is given the key, when nothing can refuse it any more.
 * A receiving key that is replaced does not stop a connection that may send.
 *
 * Context: process.
 */
void tlsbind_gate_shut(struct tlsbind_sock *ts, struct sock *sk,
		       const struct tlsbind_verdict *verdict,
		       struct tlsbind_hold *hold)
{
	sock_owned_by_me(sk);
	if (verdict->action == TLSBIND_ACTION_GATE) {
		spin_lock(&ts->lock);
		ts->gated = true;
		tlsbind_gating_of(ts)->policy = verdict->policy;
		tlsbind_gating_of(ts)->seconds = verdict->lease;
		spin_unlock(&ts->lock);
	}
	if (!hold)
		return;
	if (hold->tx || !ts->admitted)
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	tlsbind_hold_attach(ts, hold);
}

/**
 * tlsbind_gate_busy() - is a verdict on the socket's keys awaited?
 * @ts: the socket's state
 *
 * Context: process.
 * Return: true if so, or a thread is to come back for one, and no key may be
 * installed.
 */
bool tlsbind_gate_busy(struct tlsbind_sock *ts)
{
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);
	struct tlsbind_hold *done;
	bool busy;

	if (!READ_ONCE(gating->hold))
		return false;
	spin_lock(&tlsbind_hold_lock);
	done = tlsbind_hold_release(ts);
	busy = gating->hold && gating->hold->state != TLSBIND_HOLD_SHUT;
	spin_unlock(&tlsbind_hold_lock);
	tlsbind_hold_put(done);
	return busy;
}

/* What the judge could not be told, or must not believe. */
static int tlsbind_gate_judgeable(struct tlsbind_sock *ts)
{
	struct tlsbind_peer peer;
	int ret = tlsbind_claims_peer(ts, &peer);

	spin_lock(&ts->lock);
	if (!ret && ts->flags & TLSBIND_F_KEY_SHARED)
		ret = -EKEYREJECTED;
	spin_unlock(&ts->lock);
	return ret;
}

/**
 * tlsbind_gate_ask() - both keys are there, and no other is being installed
 * @ts: the socket's state; the socket is locked
 * @hold: set to a hold that its judge is to be told of, with a reference for the
 *	caller; NULL if there is none
 *
 * Without a judge there is an answer at once.
 *
 * Context: process.
 * Return: 0; or an errno of tlsbind_claims_peer(), or -EKEYREJECTED if another
 * socket holds a key, and the connection is to be aborted: nobody could judge it.
 */
int tlsbind_gate_ask(struct tlsbind_sock *ts, struct tlsbind_hold **hold)
{
	struct tlsbind_net *tn = tlsbind_net(tlsbind_sock_net(ts));
	struct tlsbind_hold *held;
	int ret;

	*hold = NULL;
	if (!READ_ONCE(tlsbind_gating_of(ts)->hold))
		return 0;
	ret = tlsbind_gate_judgeable(ts);
	if (ret)
		return ret;
	spin_lock(&tlsbind_hold_lock);
	held = tlsbind_gating_of(ts)->hold;
	if (held && held->state == TLSBIND_HOLD_SHUT) {
		tlsbind_net_count(tlsbind_sock_net(ts), TLSBIND_STAT_HELD);
		tlsbind_judge_ask(held);
		tlsbind_hold_time(held);
		if (tn->judge)
			*hold = tlsbind_hold_get(held);
		else
			tlsbind_hold_decide(held, -EHOSTDOWN);
	}
	spin_unlock(&tlsbind_hold_lock);
	return 0;
}

/* Join those who wait, with a reference, if both keys are there. */
static struct tlsbind_hold *tlsbind_gate_join(struct tlsbind_sock *ts, bool tx)
{
	struct pid *paused = NULL;
	struct tlsbind_hold *hold;
	bool both;

	if (!READ_ONCE(tlsbind_gating_of(ts)->hold))
		return NULL;
	spin_lock(&ts->lock);
	both = ts->tx.present && ts->rx.present;
	spin_unlock(&ts->lock);
	if (!both)
		return NULL;
	spin_lock(&tlsbind_hold_lock);
	hold = tlsbind_hold_get(tlsbind_gating_of(ts)->hold);
	if (hold) {
		hold->waiters++;
		if (hold->paused[tx] == task_pid(current))
			swap(hold->paused[tx], paused);
	}
	spin_unlock(&tlsbind_hold_lock);
	put_pid(paused);
	return hold;
}

/* Has the connection ended otherwise? An error alone may be of who sends now. */
static bool tlsbind_gate_dead(const struct sock *sk)
{
	return READ_ONCE(sk->sk_state) == TCP_CLOSE;
}

/* Sleep until there is an answer, the connection has ended, or a signal comes. */
static void tlsbind_gate_sleep(struct tlsbind_hold *hold)
{
	struct wait_queue_entry verdict, change;
	struct sock *sk = hold->sk;

	init_waitqueue_entry(&verdict, current);
	init_waitqueue_entry(&change, current);
	add_wait_queue(&hold->wait, &verdict);
	add_wait_queue(sk_sleep(sk), &change);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		/* Pairs with tlsbind_hold_decide(). */
		if (smp_load_acquire(&hold->state) >= TLSBIND_HOLD_DECIDED ||
		    tlsbind_gate_dead(sk) || signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(sk_sleep(sk), &change);
	remove_wait_queue(&hold->wait, &verdict);
}

/* Will the call be made again after a signal? Nobody does that for io_uring. */
static bool tlsbind_gate_restarts(void)
{
	return !(current->flags & (PF_IO_WORKER | PF_USER_WORKER)) &&
	       syscall_get_nr(current, current_pt_regs()) != __NR_io_uring_enter;
}

/* Return: true if this thread goes away, and is to come back for the answer. */
static bool tlsbind_gate_leave(struct tlsbind_hold *hold, bool tx)
{
	struct pid *paused = get_pid(task_pid(current));
	bool pauses = false;

	spin_lock(&tlsbind_hold_lock);
	if (hold->state < TLSBIND_HOLD_DECIDED) {
		pauses = !tlsbind_gate_dead(hold->sk) && tlsbind_gate_restarts();
		if (pauses)
			swap(hold->paused[tx], paused);
		else
			tlsbind_hold_decide(hold, tlsbind_gate_dead(hold->sk) ?
						  -ECONNABORTED : -EINTR);
	}
	hold->waiters--;
	spin_unlock(&tlsbind_hold_lock);
	put_pid(paused);
	return pauses;
}

/* No hold is left: was the connection ended, after this task's key was taken? */
static int tlsbind_gate_outcome(struct tlsbind_sock *ts)
{
	int ret = 0;

	spin_lock(&ts->lock);
	if (ts->gated)
		ret = ts->aborted;
	spin_unlock(&ts->lock);
	return ret;
}

/**
 * tlsbind_gate_wait() - wait for a verdict, if the connection is held
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @tx: direction of the key that was installed
 *
 * A signal ends the wait with -ERESTARTNOINTR: its handler runs, then the call
 * is made again, and tlsbind_gate_resumes().
 *
 * Context: process, in the task that installed the key; sleeps, at most until
 * the deadline.
 * Return: 0: the connection is not held, or not any more; -ERESTARTNOINTR; or,
 * and the connection is aborted: -EACCES by verdict, -ETIMEDOUT without one,
 * -EHOSTDOWN without a judge, -ESHUTDOWN during unload, -ECONNABORTED if it was
 * ended otherwise, -EINTR after a signal where nobody makes the call again.
 */
int tlsbind_gate_wait(struct tlsbind_sock *ts, struct sock *sk, bool tx)
{
	struct tlsbind_hold *hold = tlsbind_gate_join(ts, tx);
	int ret;

	if (!hold)
		return tlsbind_gate_outcome(ts);
	tlsbind_gate_sleep(hold);
	if (tlsbind_gate_leave(hold, tx)) {
		ret = -ERESTARTNOINTR;
	} else {
		tlsbind_hold_act(hold);
		ret = READ_ONCE(hold->answer);
	}
	tlsbind_hold_put(hold);
	return ret;
}

/**
 * tlsbind_gate_resumes() - does a call go on that a signal interrupted?
 * @ts: the socket's state
 * @tx: direction of the key that the call is to install
 *
 * Context: process, in the task that makes the call.
 * Return: true if kTLS has the key already, and tlsbind_gate_wait() comes next.
 */
bool tlsbind_gate_resumes(struct tlsbind_sock *ts, bool tx)
{
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);
	bool resumes;

	if (!READ_ONCE(gating->hold))
		return false;
	spin_lock(&tlsbind_hold_lock);
	resumes = gating->hold &&
		  gating->hold->paused[tx] == task_pid(current);
	spin_unlock(&tlsbind_hold_lock);
	return resumes;
}

/**
 * tlsbind_gate_end() - a connection is being aborted
 * @ts: its state
 *
 * Whoever waits for a verdict is told -ECONNABORTED.
 *
 * Context: process.
 */
void tlsbind_gate_end(struct tlsbind_sock *ts)
{
	struct tlsbind_hold *hold, *done = NULL, *lease;

	spin_lock(&tlsbind_hold_lock);
	hold = tlsbind_gating_of(ts)->hold;
	if (hold) {
		tlsbind_hold_end(hold);
		done = tlsbind_hold_release(ts);
	}
	lease = tlsbind_lease_end(ts);
	spin_unlock(&tlsbind_hold_lock);
	tlsbind_hold_put(done);
	tlsbind_hold_put(lease);
}

/**
 * tlsbind_gate_forget() - a socket is closed
 * @ts: its state
 *
 * Context: process.
 */
void tlsbind_gate_forget(struct tlsbind_sock *ts)
{
	struct tlsbind_hold *hold, *lease;

	spin_lock(&tlsbind_hold_lock);
	hold = tlsbind_gating_of(ts)->hold;
	if (hold) {
		tlsbind_hold_end(hold);
		WRITE_ONCE(tlsbind_gating_of(ts)->hold, NULL);
	}
	lease = tlsbind_lease_end(ts);
	spin_unlock(&tlsbind_hold_lock);
	tlsbind_hold_put(hold);
	tlsbind_hold_put(lease);
}

/**
 * tlsbind_gate_handle() - what a socket waits for
 * @ts: its state
 *
 * Context: process.
 * Return: handle of the hold that is asked about; 0 if there is none.
 */
u64 tlsbind_gate_handle(struct tlsbind_sock *ts)
{
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);
	u64 handle = 0;

	if (!READ_ONCE(gating->hold))
		return 0;
	spin_lock(&tlsbind_hold_lock);
	if (gating->hold && gating->hold->state == TLSBIND_HOLD_ASKED)
		handle = gating->hold->handle;
	spin_unlock(&tlsbind_hold_lock);
	return handle;
}
