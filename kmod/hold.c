// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is decided stays so, and is acted on once: by a task that waits, or else by
 * the work item. The socket is opened for sending, or the connection aborted; until
 * then it stays shut. A hold is remembered until an interrupted thread has come back
 * for its answer, even if the connection has been admitted or aborted since.
 *
 * A work item never waits for a socket that a task has locked, which may be for as long
 * as somebody likes who serves that task's memory: it comes back later. All
 * connections share the queue.
 *
 * Who holds what: a socket's state refers to its hold and the hold to the state,
 * until the hold is done and nobody is to come back for it, or the socket is
 * closed. The list of a network namespace, and the tree of what its judge is asked,
 * have no references: a hold leaves them when it is decided, which is at the latest
 * when it is taken off.
 *
 * tlsbind_hold_lock protects all holds, @hold and @lease of every socket, and
 * @judge, @holds, @leases, @asked, @holding and @last_hold of every network namespace. It is
 * taken in process context only, inside the socket lock, and nothing but locks
 * of wait queues, timers and the work queue inside of it.
 */
#include "hold.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "abort.h"
#include "judge.h"
#include "lease.h"
#include "net.h"
#include "sock.h"

static unsigned int tlsbind_hold_timeout_ms = 30000;
module_param_named(gate_timeout_ms, tlsbind_hold_timeout_ms, uint, 0644);
MODULE_PARM_DESC(gate_timeout_ms,
		 "a held connection is aborted after this many milliseconds without a verdict, 1 to 3600000 (default: 30000)");

/* Work items that run at once; none of them waits for long. */
#define TLSBIND_HOLD_ACTIVE	64

/* Until a work item looks again whether a socket is free, in jiffies. */
#define TLSBIND_HOLD_PAUSE	max(HZ / 20, 1)

struct tlsbind_gating tlsbind_gating_none __ro_after_init;
DEFINE_SPINLOCK(tlsbind_hold_lock);
static bool tlsbind_hold_stopping;
static struct workqueue_struct *tlsbind_hold_wq;

/*
 * Work items that are pending or running. The queue does not know those whose time has
 * not come, and must not be destroyed before them.
 */
static unsigned int tlsbind_hold_items;
static DECLARE_WAIT_QUEUE_HEAD(tlsbind_hold_idle);

static void tlsbind_hold_work(struct work_struct *work);

/**
 * tlsbind_hold_alloc() - a hold of any kind, not known to anybody yet
 * @ts: the socket's state
 * @sk: the socket, with a reference
 * @tx: direction of the key that it is for
 * @work: what its work item does
 *
 * Context: process, may sleep.
 * Return: the hold, with a reference for the caller; NULL without memory.
 */
struct tlsbind_hold *tlsbind_hold_alloc(struct tlsbind_sock *ts,
					struct sock *sk, bool tx,
					work_func_t work)
{
	struct tlsbind_hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);

	if (!hold)
		return NULL;
	INIT_LIST_HEAD(&hold->node);
	RB_CLEAR_NODE(&hold->question);
	refcount_set(&hold->ref, 1);
	tlsbind_sock_hold(ts);
	hold->ts = ts;
	hold->sk = sk;
	tlsbind_flow_ends(sk, &hold->flow);
	hold->tx = tx;
	init_waitqueue_head(&hold->wait);
	INIT_DELAYED_WORK(&hold->work, work);
	return hold;
}

/**
 * tlsbind_hold_new() - a hold, not known to anybody yet
 * @ts: the socket's state
 * @sk: the socket, with a reference
 * @tx: direction of the key that begins it
 *
 * Context: process, may sleep.
 * Return: the hold, with a reference for the caller; NULL without memory.
 */
struct tlsbind_hold *tlsbind_hold_new(struct tlsbind_sock *ts, struct sock *sk,
				      bool tx)
{
	return tlsbind_hold_alloc(ts, sk, tx, tlsbind_hold_work);
}

/**
 * tlsbind_hold_put() - drop a reference
 * @hold: hold or NULL
 *
 * Context: process.
 */
void tlsbind_hold_put(struct tlsbind_hold *hold)
{
	if (!hold || !refcount_dec_and_test(&hold->ref))
		return;
	put_pid(hold->paused[0]);
	put_pid(hold->paused[1]);
	tlsbind_hold_put(hold->lease);
	tlsbind_sock_put(hold->ts);
	kfree(hold);
}

/**
 * tlsbind_hold_get() - take another reference
 * @hold: hold that the caller knows to have one, or NULL
 *
 * Return: @hold.
 */
struct tlsbind_hold *tlsbind_hold_get(struct tlsbind_hold *hold)
{
	if (hold)
		refcount_inc(&hold->ref);
	return hold;
}

/**
 * tlsbind_hold_schedule() - have the work item run later, or at another time
 * @hold: the hold; under the lock
 * @delay: in jiffies
 *
 * The work item has a reference of its own while it is pending.
 *
 * Context: process.
 */
void tlsbind_hold_schedule(struct tlsbind_hold *hold, unsigned long delay)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	if (mod_delayed_work(tlsbind_hold_wq, &hold->work, delay))
		return;
	refcount_inc(&hold->ref);
	WRITE_ONCE(tlsbind_hold_items, tlsbind_hold_items + 1);
}

static void tlsbind_hold_uncount(void)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	WRITE_ONCE(tlsbind_hold_items, tlsbind_hold_items - 1);
	if (!tlsbind_hold_items)
		wake_up_all(&tlsbind_hold_idle);
}

static void tlsbind_hold_cancel(struct tlsbind_hold *hold)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	if (!cancel_delayed_work(&hold->work))
		return;
	refcount_dec(&hold->ref);
	tlsbind_hold_uncount();
}

/**
 * tlsbind_hold_ran() - the work item is at its end
 * @hold: the hold; the reference of the item is dropped
 *
 * Context: process, without the lock.
 */
void tlsbind_hold_ran(struct tlsbind_hold *hold)
{
	tlsbind_hold_put(hold);
	spin_lock(&tlsbind_hold_lock);
	tlsbind_hold_uncount();
	spin_unlock(&tlsbind_hold_lock);
}

/**
 * tlsbind_hold_time() - its time begins
 * @hold: the hold; under the lock
 *
 * Context: process.
 */
void tlsbind_hold_time(struct tlsbind_hold *hold)
{
	unsigned int ms = clamp(READ_ONCE(tlsbind_hold_timeout_ms), 1U,
				3600000U);

	lockdep_assert_held(&tlsbind_hold_lock);
	hold->deadline = jiffies + msecs_to_jiffies(ms);
	tlsbind_hold_schedule(hold, msecs_to_jiffies(ms));
}

/**
 * tlsbind_hold_settle() - there is an answer, unless there was one before
 * @hold: the hold; under the lock. The caller's reference, or that of the socket's
 *	state, is not the last one
 * @answer: 0: the connection goes on; else a negative errno
 * @state: TLSBIND_HOLD_DECIDED, or TLSBIND_HOLD_DONE if the caller acts on it
 *
 * Context: process.
 * Return: false if it was decided before.
 */
bool tlsbind_hold_settle(struct tlsbind_hold *hold, int answer,
			 enum tlsbind_hold_state state)
{
	struct tlsbind_net *tn = tlsbind_net(tlsbind_sock_net(hold->ts));

	lockdep_assert_held(&tlsbind_hold_lock);
	if (hold->state >= TLSBIND_HOLD_DECIDED)
		return false;
	list_del_init(&hold->node);
	tlsbind_judge_withdraw(hold);
	if (!hold->seconds)
		WRITE_ONCE(tn->holding, tn->holding - 1);
	hold->answer = answer;
	/* Pairs with tlsbind_gate_sleep(). */
	smp_store_release(&hold->state, state);
	wake_up_all(&hold->wait);
	tlsbind_hold_cancel(hold);
	return true;
}

/**
 * tlsbind_hold_decide() - there is an answer, unless there was one before
 * @hold: the hold; under the lock
 * @answer: 0: the connection goes on; else a negative errno
 *
 * If nobody waits, the work item acts on it.
 *
 * Context: process.
 */
void tlsbind_hold_decide(struct tlsbind_hold *hold, int answer)
{
	if (tlsbind_hold_settle(hold, answer, TLSBIND_HOLD_DECIDED) &&
	    !hold->waiters)
		tlsbind_hold_schedule(hold, 0);
}

/**
 * tlsbind_hold_end() - the connection has ended, or is being aborted
 * @hold: the hold; under the lock
 *
 * Whoever waits is told -ECONNABORTED, also if it was admitted but not opened yet, and
 * nothing is to be done.
 *
 * Context: process.
 */
void tlsbind_hold_end(struct tlsbind_hold *hold)
{
	if (tlsbind_hold_settle(hold, -ECONNABORTED, TLSBIND_HOLD_DONE))
		return;
	if (hold->state == TLSBIND_HOLD_DECIDED && !hold->answer)
		hold->answer = -ECONNABORTED;
	hold->state = TLSBIND_HOLD_DONE;
}

/* True for one caller only, who acts on the answer. */
static bool tlsbind_hold_claim(struct tlsbind_hold *hold)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	if (hold->state != TLSBIND_HOLD_DECIDED)
		return false;
	hold->state = TLSBIND_HOLD_DONE;
	return true;
}

/**
 * tlsbind_hold_release() - take a hold off its socket, if it is not needed any more
 * @ts: the socket's state; under the lock
 *
 * It is needed until somebody has acted on the answer and no thread is to come back
 * for it.
 *
 * Context: process.
 * Return: the hold, whose reference is the caller's now, to be dropped without the
 * lock; or NULL.
 */
struct tlsbind_hold *tlsbind_hold_release(struct tlsbind_sock *ts)
{
	struct tlsbind_hold *hold = tlsbind_gating_of(ts)->hold;
	int i;

	lockdep_assert_held(&tlsbind_hold_lock);
	if (!hold || hold->state != TLSBIND_HOLD_DONE)
		return NULL;
	for (i = 0; i < 2; i++)
		if (hold->paused[i] && pid_has_task(hold->paused[i], PIDTYPE_PID))
			return NULL;
	WRITE_ONCE(tlsbind_gating_of(ts)->hold, NULL);
	return hold;
}

/* What kTLS took of other threads meanwhile waits for room: there is some now. */
static void tlsbind_hold_open(struct sock *sk)
{
	sock_owned_by_me(sk);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown & ~SEND_SHUTDOWN);
	sk->sk_write_space(sk);
}

/*
 * Return: true if the connection goes on. In one piece: a socket that is closed now has no
 * lease any more. If the judge has rejected it when he was asked for the sake of the
 * lease, that lease's work item aborts it.
 */
static bool tlsbind_hold_take(struct tlsbind_hold *hold,
			      struct tlsbind_hold **before)
{
	struct tlsbind_hold *lease = tlsbind_gating_of(hold->ts)->lease;

	lockdep_assert_held(&tlsbind_hold_lock);
	if (!tlsbind_hold_claim(hold))
		return false;
	if (lease && lease->state == TLSBIND_HOLD_DECIDED) {
		hold->answer = lease->answer;
		return false;
	}
	*before = tlsbind_lease_begin(hold);
	return true;
}

static void tlsbind_hold_admit(struct tlsbind_hold *hold)
{
	struct tlsbind_hold *before = NULL;
	struct tlsbind_sock *ts = hold->ts;
	struct sock *sk = hold->sk;
	bool mine;

	lock_sock(sk);
	spin_lock(&tlsbind_hold_lock);
	mine = tlsbind_hold_take(hold, &before);
	spin_unlock(&tlsbind_hold_lock);
	if (mine) {
		spin_lock(&ts->lock);
		ts->admitted = true;
		spin_unlock(&ts->lock);
		if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
			tlsbind_hold_open(sk);
		tlsbind_net_count(tlsbind_sock_net(ts), TLSBIND_STAT_ADMITTED);
	}
	release_sock(sk);
	tlsbind_hold_put(before);
}

static void tlsbind_hold_refuse(struct tlsbind_hold *hold)
{
	bool mine;

	spin_lock(&tlsbind_hold_lock);
	mine = tlsbind_hold_claim(hold);
	spin_unlock(&tlsbind_hold_lock);
	/* Who has aborted it has told why. */
	if (mine && !(hold->answer == -ECONNABORTED && READ_ONCE(hold->ts->aborted)))
		tlsbind_abort(hold->ts, hold->sk, &hold->flow, hold->tx,
			      hold->answer);
}

/**
 * tlsbind_hold_act() - act on the answer, unless somebody did
 * @hold: the hold, decided
 *
 * Context: process; takes the socket lock and sleeps.
 */
void tlsbind_hold_act(struct tlsbind_hold *hold)
{
	struct tlsbind_sock *ts = hold->ts;
	struct tlsbind_hold *done;

	if (!hold->answer)
		tlsbind_hold_admit(hold);
	else
		tlsbind_hold_refuse(hold);
	spin_lock(&tlsbind_hold_lock);
	done = tlsbind_hold_release(ts);
	spin_unlock(&tlsbind_hold_lock);
	tlsbind_hold_put(done);
}

/**
 * tlsbind_hold_postpone() - is a task in the middle of something with the socket?
 * @hold: the hold; under the lock
 *
 * Who asks goes on to lock the socket, without the lock of holds. A task that locks it
 * just in between makes one item wait; to hold up all others it would have to happen to
 * as many as the queue runs at once.
 *
 * When the module goes, whoever is in the middle of something is waited for.
 *
 * Context: process, in the work item.
 * Return: true if so, and the work item runs again later.
 */
bool tlsbind_hold_postpone(struct tlsbind_hold *hold)
{
	if (tlsbind_hold_stopping || !sock_owned_by_user_nocheck(hold->sk))
		return false;
	tlsbind_hold_schedule(hold, TLSBIND_HOLD_PAUSE);
	return true;
}

/* Return: true if there is an answer to act on, and nobody else who does. */
static bool tlsbind_hold_look(struct tlsbind_hold *hold)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	if (hold->state < TLSBIND_HOLD_DECIDED &&
	    time_before(jiffies, hold->deadline)) {
		tlsbind_hold_schedule(hold, hold->deadline - jiffies);
		return false;
	}
	tlsbind_hold_decide(hold, -ETIMEDOUT);
	return hold->state == TLSBIND_HOLD_DECIDED && !hold->waiters &&
	       !tlsbind_hold_postpone(hold);
}

static void tlsbind_hold_work(struct work_struct *work)
{
	struct tlsbind_hold *hold = container_of(to_delayed_work(work),
						 struct tlsbind_hold, work);
	bool mine;

	spin_lock(&tlsbind_hold_lock);
	mine = tlsbind_hold_look(hold);
	spin_unlock(&tlsbind_hold_lock);
	if (mine)
		tlsbind_hold_act(hold);
	tlsbind_hold_ran(hold);
}

/**
 * tlsbind_hold_enlist() - known in its network namespace from now on
 * @hold: the hold; under the lock
 *
 * Context: process.
 */
void tlsbind_hold_enlist(struct tlsbind_hold *hold)
{
	struct tlsbind_net *tn = tlsbind_net(tlsbind_sock_net(hold->ts));

	lockdep_assert_held(&tlsbind_hold_lock);
	list_add_tail(&hold->node, hold->seconds ? &tn->leases : &tn->holds);
	if (tlsbind_hold_stopping)
		tlsbind_hold_decide(hold, -ESHUTDOWN);
}

/**
 * tlsbind_hold_attach() - a socket is held from now on
 * @ts: its state
 * @hold: the hold; the reference passes to the state. The socket is locked, so nobody
 *	else makes one
 *
 * Context: process.
 */
void tlsbind_hold_attach(struct tlsbind_sock *ts, struct tlsbind_hold *hold)
{
	struct tlsbind_net *tn = tlsbind_net(tlsbind_sock_net(ts));

	hold->policy = tlsbind_gating_of(ts)->policy;
	if (hold->lease)
		hold->lease->policy = hold->policy;
	spin_lock(&tlsbind_hold_lock);
	/* Under the socket lock nobody else makes one. */
	WRITE_ONCE(tlsbind_gating_of(ts)->hold, hold);
	WRITE_ONCE(tn->holding, tn->holding + 1);
	tlsbind_hold_time(hold);
	tlsbind_hold_enlist(hold);
	spin_unlock(&tlsbind_hold_lock);
}

/**
 * tlsbind_hold_left() - how much time there is for a verdict
 * @hold: the hold; under the lock
 *
 * Context: process.
 * Return: milliseconds.
 */
unsigned int tlsbind_hold_left(const struct tlsbind_hold *hold)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	return time_before(jiffies, hold->deadline) ?
		       jiffies_to_msecs(hold->deadline - jiffies) : 0;
}

/**
 * tlsbind_hold_init() - be ready to hold connections
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_hold_init(void)
{
	tlsbind_hold_wq = alloc_workqueue("tlsbind_gate", WQ_UNBOUND,
					  TLSBIND_HOLD_ACTIVE);
	return tlsbind_hold_wq ? 0 : -ENOMEM;
}

static void tlsbind_hold_decide_all(struct list_head *holds)
{
	struct tlsbind_hold *hold, *next;

	lockdep_assert_held(&tlsbind_hold_lock);
	list_for_each_entry_safe(hold, next, holds, node)
		tlsbind_hold_decide(hold, -ESHUTDOWN);
}

/**
 * tlsbind_hold_stop() - the module goes: nothing is held any more
 *
 * Whoever waits gets -ESHUTDOWN; whoever would from now on, too. Connections that
 * nobody waits for are aborted by work items, and so are those that were admitted for
 * a time, since nobody would see its end.
 *
 * Context: process, may sleep.
 */
void tlsbind_hold_stop(void)
{
	struct net *net;

	down_read(&net_rwsem);
	spin_lock(&tlsbind_hold_lock);
	tlsbind_hold_stopping = true;
	for_each_net(net) {
		tlsbind_hold_decide_all(&tlsbind_net(net)->holds);
		tlsbind_hold_decide_all(&tlsbind_net(net)->leases);
	}
	spin_unlock(&tlsbind_hold_lock);
	up_read(&net_rwsem);
}

/**
 * tlsbind_hold_exit() - undo tlsbind_hold_init()
 *
 * Context: process, may sleep; after tlsbind_hold_stop(), when no task can
 * install a key any more.
 */
void tlsbind_hold_exit(void)
{
	wait_event(tlsbind_hold_idle, !READ_ONCE(tlsbind_hold_items));
	destroy_workqueue(tlsbind_hold_wq);
}
