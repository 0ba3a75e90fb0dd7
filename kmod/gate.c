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
 * What is decided stays so. A verdict names a hold, each of which has a handle
 * of its own, and no key is installed while one is asked about: so it cannot be
 * about other keys. It is acted on once, by a task that waits or else by the
 * work item: the socket is opened, or the connection aborted. Until then it
 * stays shut.
 *
 * A task that a signal interrupts must not see an error, or its TLS library
 * would encrypt by itself, and must not reach kTLS again when the call is made
 * anew: it would install the same key with the same numbers a second time. So a
 * hold remembers the thread until it comes back for its answer, even if the
 * connection has been admitted or aborted since.
 *
 * Who holds what: a socket's state refers to its hold and the hold to the state,
 * until the hold is done and nobody is to come back for it, or the socket is
 * closed. The list of a network namespace has no references: a hold leaves it
 * when it is decided, which is at the latest when it is taken off.
 *
 * tlsbind_gate_lock protects all holds, @hold of every socket's state, and
 * @judge, @holds, @holding and @last_hold of every network namespace. It is
 * taken in process context only, inside the socket lock, and nothing but locks
 * of wait queues, timers and the work queue inside of it.
 */
#include "gate.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "abort.h"
#include "claims.h"
#include "net.h"
#include "policy.h"
#include "sock.h"

/* Held at once in one network namespace. */
#define TLSBIND_HOLDS_MAX	16384

static unsigned int tlsbind_gate_timeout_ms = 30000;
module_param_named(gate_timeout_ms, tlsbind_gate_timeout_ms, uint, 0644);
MODULE_PARM_DESC(gate_timeout_ms,
		 "a held connection is aborted after this many milliseconds without a verdict, 1 to 3600000 (default: 30000)");

static DEFINE_SPINLOCK(tlsbind_gate_lock);
static bool tlsbind_gate_stopping;
static struct workqueue_struct *tlsbind_gate_wq;

static void tlsbind_gate_work(struct work_struct *work);

static struct tlsbind_hold *tlsbind_gate_new(struct tlsbind_sock *ts,
					     struct sock *sk, bool tx)
{
	struct tlsbind_hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);

	if (!hold)
		return NULL;
	INIT_LIST_HEAD(&hold->node);
	refcount_set(&hold->ref, 1);
	tlsbind_sock_hold(ts);
	hold->ts = ts;
	sock_hold(sk);
	hold->sk = sk;
	hold->tx = tx;
	init_waitqueue_head(&hold->wait);
	INIT_DELAYED_WORK(&hold->work, tlsbind_gate_work);
	return hold;
}

/**
 * tlsbind_gate_put() - drop a reference
 * @hold: hold or NULL
 *
 * Context: process.
 */
void tlsbind_gate_put(struct tlsbind_hold *hold)
{
	if (!hold || !refcount_dec_and_test(&hold->ref))
		return;
	put_pid(hold->paused[0]);
	put_pid(hold->paused[1]);
	sock_put(hold->sk);
	tlsbind_sock_put(hold->ts);
	kfree(hold);
}

static struct tlsbind_hold *tlsbind_gate_get(struct tlsbind_hold *hold)
{
	if (hold)
		refcount_inc(&hold->ref);
	return hold;
}

/* The work item has a reference of its own while it is pending. */
static void tlsbind_gate_schedule(struct tlsbind_hold *hold, unsigned long delay)
{
	lockdep_assert_held(&tlsbind_gate_lock);
	if (!mod_delayed_work(tlsbind_gate_wq, &hold->work, delay))
		refcount_inc(&hold->ref);
}

static void tlsbind_gate_begin_time(struct tlsbind_hold *hold)
{
	unsigned int ms = clamp(READ_ONCE(tlsbind_gate_timeout_ms), 1U,
				3600000U);

	lockdep_assert_held(&tlsbind_gate_lock);
	hold->deadline = jiffies + msecs_to_jiffies(ms);
	tlsbind_gate_schedule(hold, msecs_to_jiffies(ms));
}

/*
 * Return: false if it was decided before. The caller's reference, or that of the
 * socket's state, is not the last one.
 */
static bool tlsbind_gate_settle(struct tlsbind_hold *hold, int answer,
				enum tlsbind_hold_state state)
{
	struct tlsbind_net *tn = tlsbind_net(hold->ts->net);

	lockdep_assert_held(&tlsbind_gate_lock);
	if (hold->state >= TLSBIND_HOLD_DECIDED)
		return false;
	list_del_init(&hold->node);
	WRITE_ONCE(tn->holding, tn->holding - 1);
	hold->answer = answer;
	/* Pairs with tlsbind_gate_sleep(). */
	smp_store_release(&hold->state, state);
	wake_up_all(&hold->wait);
	if (cancel_delayed_work(&hold->work))
		refcount_dec(&hold->ref);
	return true;
}

/* If nobody waits, the work item acts on the answer. */
static void tlsbind_gate_decide(struct tlsbind_hold *hold, int answer)
{
	if (tlsbind_gate_settle(hold, answer, TLSBIND_HOLD_DECIDED) &&
	    !hold->waiters)
		tlsbind_gate_schedule(hold, 0);
}

/* The connection has ended, or is being aborted: nothing is to be done. */
static void tlsbind_gate_settle_ended(struct tlsbind_hold *hold)
{
	if (!tlsbind_gate_settle(hold, -ECONNABORTED, TLSBIND_HOLD_DONE))
		hold->state = TLSBIND_HOLD_DONE;
}

/* True for one caller only, who acts on the answer. */
static bool tlsbind_gate_claim(struct tlsbind_hold *hold)
{
	bool mine;

	spin_lock(&tlsbind_gate_lock);
	mine = hold->state == TLSBIND_HOLD_DECIDED;
	if (mine)
		hold->state = TLSBIND_HOLD_DONE;
	spin_unlock(&tlsbind_gate_lock);
	return mine;
}

/*
 * Take a hold off its socket, if it is done and no thread is to come back for the
 * answer. Return: the hold, whose reference is the caller's now; or NULL.
 */
static struct tlsbind_hold *tlsbind_gate_release(struct tlsbind_sock *ts)
{
	struct tlsbind_hold *hold = ts->hold;
	int i;

	lockdep_assert_held(&tlsbind_gate_lock);
	if (!hold || hold->state != TLSBIND_HOLD_DONE)
		return NULL;
	for (i = 0; i < 2; i++)
		if (hold->paused[i] && pid_has_task(hold->paused[i], PIDTYPE_PID))
			return NULL;
	WRITE_ONCE(ts->hold, NULL);
	return hold;
}

/* What kTLS took of other threads meanwhile waits for room: there is some now. */
static void tlsbind_gate_open(struct sock *sk)
{
	sock_owned_by_me(sk);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown & ~SEND_SHUTDOWN);
	sk->sk_write_space(sk);
}

static void tlsbind_gate_admit(struct tlsbind_hold *hold)
{
	struct tlsbind_sock *ts = hold->ts;
	struct sock *sk = hold->sk;

	lock_sock(sk);
	if (tlsbind_gate_claim(hold)) {
		spin_lock(&ts->lock);
		ts->admitted = true;
		spin_unlock(&ts->lock);
		if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
			tlsbind_gate_open(sk);
		tlsbind_net_count(ts->net, TLSBIND_STAT_ADMITTED);
	}
	release_sock(sk);
}

/* Act on the answer, unless somebody did. */
static void tlsbind_gate_act(struct tlsbind_hold *hold)
{
	struct tlsbind_sock *ts = hold->ts;
	struct tlsbind_hold *done;

	if (!hold->answer)
		tlsbind_gate_admit(hold);
	else if (tlsbind_gate_claim(hold))
		tlsbind_abort(ts, hold->sk, hold->tx, hold->answer);
	spin_lock(&tlsbind_gate_lock);
	done = tlsbind_gate_release(ts);
	spin_unlock(&tlsbind_gate_lock);
	tlsbind_gate_put(done);
}

static void tlsbind_gate_work(struct work_struct *work)
{
	struct tlsbind_hold *hold = container_of(to_delayed_work(work),
						 struct tlsbind_hold, work);
	bool early, mine;

	spin_lock(&tlsbind_gate_lock);
	early = hold->state < TLSBIND_HOLD_DECIDED &&
		time_before(jiffies, hold->deadline);
	if (early)
		tlsbind_gate_schedule(hold, hold->deadline - jiffies);
	else
		tlsbind_gate_decide(hold, -ETIMEDOUT);
	mine = !early && !hold->waiters;
	spin_unlock(&tlsbind_gate_lock);
	if (mine)
		tlsbind_gate_act(hold);
	tlsbind_gate_put(hold);
}

/*
 * Does a rule ask for a verdict: that of this key, or that of the one before it?
 * Once a connection is admitted, the rules of now are asked.
 */
static bool tlsbind_gate_demanded(const struct tlsbind_sock *ts,
				  const struct tlsbind_verdict *verdict)
{
	if (verdict->action != TLSBIND_ACTION_GATE)
		return ts->gated && !ts->admitted;
	return verdict->rekey != TLSBIND_REKEY_KEEP || !ts->admitted;
}

/* Does this key let the socket send what no verdict covers? */
static bool tlsbind_gate_concerns(const struct tlsbind_sock *ts,
				  const struct tlsbind_verdict *verdict, bool tx)
{
	return tlsbind_gate_demanded(ts, verdict) &&
	       (tx || ts->tx.present || ts->tx.installing);
}

/* One judge cannot apply two policies to a connection. */
static bool tlsbind_gate_contradicts(const struct tlsbind_sock *ts,
				     const struct tlsbind_verdict *verdict)
{
	return ts->gated && !ts->admitted &&
	       verdict->action == TLSBIND_ACTION_GATE &&
	       verdict->policy != ts->gate_policy;
}

/**
 * tlsbind_gate_prepare() - is a key to be gated?
 * @ts: the socket's state; what it says of keys changes under the socket lock
 * @sk: the socket, locked
 * @verdict: what the rules say of the key
 * @tx: the key is for sending
 * @hold: set to a hold for tlsbind_gate_shut() or tlsbind_gate_put(); NULL if none
 *	is needed
 *
 * If a rule asked for a verdict when the other key was installed, it is due,
 * whatever the rules say of this one.
 *
 * Context: process, may sleep.
 * Return: 0; or the key is to be refused: -EACCES if the other key was gated with
 * another policy; -EUSERS if too many connections are held; -ENOMEM.
 */
int tlsbind_gate_prepare(struct tlsbind_sock *ts, struct sock *sk,
			 const struct tlsbind_verdict *verdict, bool tx,
			 struct tlsbind_hold **hold)
{
	sock_owned_by_me(sk);
	*hold = NULL;
	if (tlsbind_gate_contradicts(ts, verdict))
		return -EACCES;
	if (!tlsbind_gate_concerns(ts, verdict, tx) || READ_ONCE(ts->hold))
		return 0;
	if (READ_ONCE(tlsbind_net(ts->net)->holding) >= TLSBIND_HOLDS_MAX)
		return -EUSERS;
	*hold = tlsbind_gate_new(ts, sk, tx);
	return *hold ? 0 : -ENOMEM;
}

static void tlsbind_gate_attach(struct tlsbind_sock *ts,
				struct tlsbind_hold *hold)
{
	struct tlsbind_net *tn = tlsbind_net(ts->net);

	hold->policy = ts->gate_policy;
	spin_lock(&tlsbind_gate_lock);
	/* Under the socket lock nobody else makes one. */
	WRITE_ONCE(ts->hold, hold);
	list_add_tail(&hold->node, &tn->holds);
	WRITE_ONCE(tn->holding, tn->holding + 1);
	tlsbind_gate_begin_time(hold);
	if (tlsbind_gate_stopping)
		tlsbind_gate_decide(hold, -ESHUTDOWN);
	spin_unlock(&tlsbind_gate_lock);
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
		ts->gate_policy = verdict->policy;
		spin_unlock(&ts->lock);
	}
	if (!hold)
		return;
	if (hold->tx || !ts->admitted)
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	tlsbind_gate_attach(ts, hold);
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
	struct tlsbind_hold *done;
	bool busy;

	if (!READ_ONCE(ts->hold))
		return false;
	spin_lock(&tlsbind_gate_lock);
	done = tlsbind_gate_release(ts);
	busy = ts->hold && ts->hold->state != TLSBIND_HOLD_SHUT;
	spin_unlock(&tlsbind_gate_lock);
	tlsbind_gate_put(done);
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
	struct tlsbind_net *tn = tlsbind_net(ts->net);
	struct tlsbind_hold *held;
	int ret;

	*hold = NULL;
	if (!READ_ONCE(ts->hold))
		return 0;
	ret = tlsbind_gate_judgeable(ts);
	if (ret)
		return ret;
	spin_lock(&tlsbind_gate_lock);
	held = ts->hold;
	if (held && held->state == TLSBIND_HOLD_SHUT) {
		tlsbind_net_count(ts->net, TLSBIND_STAT_HELD);
		held->handle = ++tn->last_hold;
		held->state = TLSBIND_HOLD_ASKED;
		/* In the order of their handles, as tlsbind_gate_next() wants it. */
		list_move_tail(&held->node, &tn->holds);
		tlsbind_gate_begin_time(held);
		if (tn->judge)
			*hold = tlsbind_gate_get(held);
		else
			tlsbind_gate_decide(held, -EHOSTDOWN);
	}
	spin_unlock(&tlsbind_gate_lock);
	return 0;
}

/* Join those who wait, with a reference, if both keys are there. */
static struct tlsbind_hold *tlsbind_gate_join(struct tlsbind_sock *ts, bool tx)
{
	struct pid *paused = NULL;
	struct tlsbind_hold *hold;
	bool both;

	if (!READ_ONCE(ts->hold))
		return NULL;
	spin_lock(&ts->lock);
	both = ts->tx.present && ts->rx.present;
	spin_unlock(&ts->lock);
	if (!both)
		return NULL;
	spin_lock(&tlsbind_gate_lock);
	hold = tlsbind_gate_get(ts->hold);
	if (hold) {
		hold->waiters++;
		if (hold->paused[tx] == task_pid(current))
			swap(hold->paused[tx], paused);
	}
	spin_unlock(&tlsbind_gate_lock);
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
		/* Pairs with tlsbind_gate_decide(). */
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

	spin_lock(&tlsbind_gate_lock);
	if (hold->state < TLSBIND_HOLD_DECIDED) {
		pauses = !tlsbind_gate_dead(hold->sk) && tlsbind_gate_restarts();
		if (pauses)
			swap(hold->paused[tx], paused);
		else
			tlsbind_gate_decide(hold, tlsbind_gate_dead(hold->sk) ?
						  -ECONNABORTED : -EINTR);
	}
	hold->waiters--;
	spin_unlock(&tlsbind_gate_lock);
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
		ret = hold->answer;
		tlsbind_gate_act(hold);
	}
	tlsbind_gate_put(hold);
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
	bool resumes;

	if (!READ_ONCE(ts->hold))
		return false;
	spin_lock(&tlsbind_gate_lock);
	resumes = ts->hold && ts->hold->paused[tx] == task_pid(current);
	spin_unlock(&tlsbind_gate_lock);
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
	struct tlsbind_hold *done = NULL;

	spin_lock(&tlsbind_gate_lock);
	if (ts->hold) {
		tlsbind_gate_settle_ended(ts->hold);
		done = tlsbind_gate_release(ts);
	}
	spin_unlock(&tlsbind_gate_lock);
	tlsbind_gate_put(done);
}

/**
 * tlsbind_gate_forget() - a socket is closed
 * @ts: its state
 *
 * Context: process.
 */
void tlsbind_gate_forget(struct tlsbind_sock *ts)
{
	struct tlsbind_hold *hold;

	spin_lock(&tlsbind_gate_lock);
	hold = ts->hold;
	if (hold) {
		tlsbind_gate_settle_ended(hold);
		WRITE_ONCE(ts->hold, NULL);
	}
	spin_unlock(&tlsbind_gate_lock);
	tlsbind_gate_put(hold);
}

/* Decide all of a network namespace; those that are asked about, or also others. */
static void tlsbind_gate_decide_all(struct tlsbind_net *tn, bool others,
				    int answer)
{
	struct tlsbind_hold *hold, *next;

	lockdep_assert_held(&tlsbind_gate_lock);
	list_for_each_entry_safe(hold, next, &tn->holds, node)
		if (others || hold->state == TLSBIND_HOLD_ASKED)
			tlsbind_gate_decide(hold, answer);
}

/**
 * tlsbind_gate_init() - be ready to hold connections
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_gate_init(void)
{
	tlsbind_gate_wq = alloc_workqueue("tlsbind_gate", WQ_UNBOUND, 0);
	return tlsbind_gate_wq ? 0 : -ENOMEM;
}

/**
 * tlsbind_gate_stop() - the module goes: nothing is held any more
 *
 * Whoever waits gets -ESHUTDOWN; whoever would from now on, too. Connections that
 * nobody waits for are aborted by work items.
 *
 * Context: process, may sleep.
 */
void tlsbind_gate_stop(void)
{
	struct net *net;

	down_read(&net_rwsem);
	spin_lock(&tlsbind_gate_lock);
	tlsbind_gate_stopping = true;
	for_each_net(net)
		tlsbind_gate_decide_all(tlsbind_net(net), true, -ESHUTDOWN);
	spin_unlock(&tlsbind_gate_lock);
	up_read(&net_rwsem);
}

/**
 * tlsbind_gate_exit() - undo tlsbind_gate_init()
 *
 * Context: process, may sleep; after tlsbind_gate_stop(), when no task can
 * install a key any more.
 */
void tlsbind_gate_exit(void)
{
	destroy_workqueue(tlsbind_gate_wq);
}

/**
 * tlsbind_gate_appoint() - somebody gives the verdicts from now on
 * @net: in this network namespace
 * @portid: his netlink socket
 *
 * Context: process.
 * Return: 0, again for the same one; -EBUSY if there is another.
 */
int tlsbind_gate_appoint(struct net *net, u32 portid)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	int ret = 0;

	spin_lock(&tlsbind_gate_lock);
	if (tn->judge && tn->judge != portid)
		ret = -EBUSY;
	else
		tn->judge = portid;
	spin_unlock(&tlsbind_gate_lock);
	return ret;
}

/**
 * tlsbind_gate_dismiss() - a netlink socket is closed
 * @net: its network namespace
 * @portid: the socket; nothing happens unless it is the judge's
 *
 * Context: process.
 */
void tlsbind_gate_dismiss(struct net *net, u32 portid)
{
	struct tlsbind_net *tn = tlsbind_net(net);

	spin_lock(&tlsbind_gate_lock);
	if (tn->judge == portid) {
		tn->judge = 0;
		tlsbind_gate_decide_all(tn, false, -EHOSTDOWN);
	}
	spin_unlock(&tlsbind_gate_lock);
}

/* The first that is asked about and whose handle is not less. */
static struct tlsbind_hold *tlsbind_gate_find(struct tlsbind_net *tn, u64 least)
{
	struct tlsbind_hold *hold;

	lockdep_assert_held(&tlsbind_gate_lock);
	list_for_each_entry(hold, &tn->holds, node)
		if (hold->state == TLSBIND_HOLD_ASKED && hold->handle >= least)
			return hold;
	return NULL;
}

/**
 * tlsbind_gate_judge() - a verdict
 * @net: network namespace
 * @portid: netlink socket of the one who gives it
 * @handle: of the hold
 * @admit: the connection goes on; otherwise it is aborted
 *
 * Context: process.
 * Return: 0; -EPERM if he is not the judge; -ENOENT if there is no such hold,
 * or its time is up.
 */
int tlsbind_gate_judge(struct net *net, u32 portid, u64 handle, bool admit)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	struct tlsbind_hold *hold;
	int ret = 0;

	spin_lock(&tlsbind_gate_lock);
	if (tn->judge != portid) {
		ret = -EPERM;
		goto out;
	}
	hold = tlsbind_gate_find(tn, handle);
	if (!hold || hold->handle != handle ||
	    time_after_eq(jiffies, hold->deadline))
		ret = -ENOENT;
	else
		tlsbind_gate_decide(hold, admit ? 0 : -EACCES);
out:
	spin_unlock(&tlsbind_gate_lock);
	return ret;
}

/**
 * tlsbind_gate_next() - walk through what the judge of a namespace is asked
 * @net: the namespace
 * @after: handle of the hold before; 0 at first
 *
 * Context: process.
 * Return: the hold with the next greater handle, with a reference for the
 * caller; NULL at the end.
 */
struct tlsbind_hold *tlsbind_gate_next(const struct net *net, u64 after)
{
	struct tlsbind_hold *hold;

	spin_lock(&tlsbind_gate_lock);
	hold = tlsbind_gate_get(tlsbind_gate_find(tlsbind_net(net), after + 1));
	spin_unlock(&tlsbind_gate_lock);
	return hold;
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
	u64 handle = 0;

	if (!READ_ONCE(ts->hold))
		return 0;
	spin_lock(&tlsbind_gate_lock);
	if (ts->hold && ts->hold->state == TLSBIND_HOLD_ASKED)
		handle = ts->hold->handle;
	spin_unlock(&tlsbind_gate_lock);
	return handle;
}

/**
 * tlsbind_gate_left() - how much time there is for a verdict
 * @hold: the hold
 *
 * Context: process.
 * Return: milliseconds.
 */
unsigned int tlsbind_gate_left(struct tlsbind_hold *hold)
{
	unsigned long left = 0;

	spin_lock(&tlsbind_gate_lock);
	if (time_before(jiffies, hold->deadline))
		left = hold->deadline - jiffies;
	spin_unlock(&tlsbind_gate_lock);
	return jiffies_to_msecs(left);
}
