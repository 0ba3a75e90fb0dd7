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
 * about other keys. Whoever waits acts on it: opens the socket, or aborts the
 * connection. Until somebody did, the socket stays shut.
 *
 * Who holds what: a socket's state refers to its hold and the hold to the state,
 * until the hold is taken off, by tlsbind_gate_detach(); a hold that is asked
 * about is in the list as well, without a reference, until it is decided.
 *
 * tlsbind_gate_lock protects all holds, @hold of every socket's state, and
 * @judge and @last_hold of every network namespace. It is taken in process
 * context only, inside the socket lock, and nothing but locks of wait queues
 * inside of it.
 */
#include "gate.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "abort.h"
#include "net.h"
#include "policy.h"
#include "sock.h"

static unsigned int tlsbind_gate_timeout_ms = 30000;
module_param_named(gate_timeout_ms, tlsbind_gate_timeout_ms, uint, 0644);
MODULE_PARM_DESC(gate_timeout_ms,
		 "a held connection is aborted after this many milliseconds without a verdict (default: 30000)");

static DEFINE_SPINLOCK(tlsbind_gate_lock);
static LIST_HEAD(tlsbind_gate_holds);
static bool tlsbind_gate_stopping;

static struct tlsbind_hold *tlsbind_gate_new(struct tlsbind_sock *ts, u16 policy)
{
	struct tlsbind_hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);

	if (!hold)
		return NULL;
	INIT_LIST_HEAD(&hold->node);
	refcount_set(&hold->ref, 1);
	tlsbind_sock_hold(ts);
	hold->ts = ts;
	hold->policy = policy;
	init_waitqueue_head(&hold->wait);
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
	tlsbind_sock_put(hold->ts);
	kfree(hold);
}

static struct tlsbind_hold *tlsbind_gate_get(struct tlsbind_hold *hold)
{
	if (hold)
		refcount_inc(&hold->ref);
	return hold;
}

static void tlsbind_gate_decide(struct tlsbind_hold *hold, int answer)
{
	lockdep_assert_held(&tlsbind_gate_lock);
	if (hold->state == TLSBIND_HOLD_DECIDED)
		return;
	list_del_init(&hold->node);
	hold->state = TLSBIND_HOLD_DECIDED;
	hold->answer = answer;
	wake_up_all(&hold->wait);
}

/*
 * Take a hold off its socket. True for one caller only, who acts on the answer
 * and has the state's reference.
 */
static bool tlsbind_gate_detach(struct tlsbind_sock *ts,
				struct tlsbind_hold *hold)
{
	bool mine;

	spin_lock(&tlsbind_gate_lock);
	mine = ts->hold == hold;
	if (mine)
		WRITE_ONCE(ts->hold, NULL);
	spin_unlock(&tlsbind_gate_lock);
	return mine;
}

/* Does a rule ask for a verdict: that of this key, or that of one before it? */
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

/**
 * tlsbind_gate_shut() - close a socket for sending, if a key is to be gated
 * @ts: the socket's state
 * @sk: the socket, locked
 * @verdict: what the rules say of the key
 * @tx: the key is for sending
 *
 * To be called before kTLS is given the key. If a rule asked for a verdict when
 * the other key was installed, it is due, whatever the rules say of this one.
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM: it is not closed, and the key is to be refused.
 */
int tlsbind_gate_shut(struct tlsbind_sock *ts, struct sock *sk,
		      const struct tlsbind_verdict *verdict, bool tx)
{
	struct tlsbind_hold *hold;

	sock_owned_by_me(sk);
	if (!tlsbind_gate_concerns(ts, verdict, tx) || READ_ONCE(ts->hold))
		return 0;
	hold = tlsbind_gate_new(ts, verdict->action == TLSBIND_ACTION_GATE ?
					    verdict->policy : ts->gate_policy);
	if (!hold)
		return -ENOMEM;
	spin_lock(&tlsbind_gate_lock);
	/* Under the socket lock nobody else makes one. */
	WRITE_ONCE(ts->hold, hold);
	spin_unlock(&tlsbind_gate_lock);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	return 0;
}

/**
 * tlsbind_gate_demand() - kTLS is about to be given a key
 * @ts: the socket's state, locked
 * @verdict: what the rules say of the key
 *
 * Context: process.
 */
void tlsbind_gate_demand(struct tlsbind_sock *ts,
			 const struct tlsbind_verdict *verdict)
{
	lockdep_assert_held(&ts->lock);
	if (verdict->action != TLSBIND_ACTION_GATE)
		return;
	ts->gated = true;
	ts->gate_policy = verdict->policy;
}

/* What kTLS took of other threads meanwhile waits for room: there is some now. */
static void tlsbind_gate_open(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)))
		return;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown & ~SEND_SHUTDOWN);
	sk->sk_write_space(sk);
}

/**
 * tlsbind_gate_asked() - is a verdict on the socket's keys awaited?
 * @ts: the socket's state
 *
 * Context: process.
 * Return: true if so, and no key may be installed.
 */
bool tlsbind_gate_asked(struct tlsbind_sock *ts)
{
	bool asked;

	if (!READ_ONCE(ts->hold))
		return false;
	spin_lock(&tlsbind_gate_lock);
	asked = ts->hold && ts->hold->state != TLSBIND_HOLD_SHUT;
	spin_unlock(&tlsbind_gate_lock);
	return asked;
}

/**
 * tlsbind_gate_ask() - both keys are there, and no other is being installed
 * @ts: the socket's state; the socket is locked
 *
 * Without a judge there is an answer at once.
 *
 * Context: process.
 * Return: a hold that its judge is to be told of, with a reference for the
 * caller; NULL if there is none.
 */
struct tlsbind_hold *tlsbind_gate_ask(struct tlsbind_sock *ts)
{
	struct tlsbind_net *tn = tlsbind_net(ts->net);
	struct tlsbind_hold *hold;
	bool asked;

	if (!READ_ONCE(ts->hold))
		return NULL;
	spin_lock(&tlsbind_gate_lock);
	hold = tlsbind_gate_get(ts->hold);
	if (hold && hold->state == TLSBIND_HOLD_SHUT) {
		tlsbind_net_count(ts->net, TLSBIND_STAT_HELD);
		hold->handle = ++tn->last_hold;
		hold->deadline = jiffies +
			msecs_to_jiffies(READ_ONCE(tlsbind_gate_timeout_ms));
		hold->state = TLSBIND_HOLD_ASKED;
		list_add_tail(&hold->node, &tlsbind_gate_holds);
		if (tlsbind_gate_stopping)
			tlsbind_gate_decide(hold, -ESHUTDOWN);
		else if (!tn->judge)
			tlsbind_gate_decide(hold, -EHOSTDOWN);
	}
	asked = hold && hold->state == TLSBIND_HOLD_ASKED;
	spin_unlock(&tlsbind_gate_lock);
	if (asked)
		return hold;
	tlsbind_gate_put(hold);
	return NULL;
}

static bool tlsbind_gate_decided(struct tlsbind_hold *hold)
{
	bool decided;

	spin_lock(&tlsbind_gate_lock);
	decided = hold->state == TLSBIND_HOLD_DECIDED;
	spin_unlock(&tlsbind_gate_lock);
	return decided;
}

/* The hold of a socket, with a reference, if both keys are there. */
static struct tlsbind_hold *tlsbind_gate_held(struct tlsbind_sock *ts)
{
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
	spin_unlock(&tlsbind_gate_lock);
	return hold;
}

static unsigned long tlsbind_gate_jiffies_left(const struct tlsbind_hold *hold)
{
	unsigned long deadline = READ_ONCE(hold->deadline);

	if (READ_ONCE(hold->state) == TLSBIND_HOLD_SHUT)
		return msecs_to_jiffies(READ_ONCE(tlsbind_gate_timeout_ms));
	return time_after(deadline, jiffies) ? deadline - jiffies : 0;
}

/**
 * tlsbind_gate_left() - how much time there is for a verdict
 * @hold: the hold
 *
 * Context: any.
 * Return: milliseconds.
 */
unsigned int tlsbind_gate_left(const struct tlsbind_hold *hold)
{
	return jiffies_to_msecs(tlsbind_gate_jiffies_left(hold));
}

static void tlsbind_gate_pause(struct tlsbind_hold *hold, bool tx,
			       struct pid *thread)
{
	spin_lock(&tlsbind_gate_lock);
	swap(hold->paused[tx], thread);
	spin_unlock(&tlsbind_gate_lock);
	put_pid(thread);
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

/* Wait until there is an answer, and no longer than to the deadline. */
static int tlsbind_gate_sleep(struct tlsbind_hold *hold)
{
	unsigned long limit = tlsbind_gate_jiffies_left(hold);
	long left;
	int answer;

	left = wait_event_interruptible_timeout(hold->wait,
						tlsbind_gate_decided(hold),
						limit);
	if (left < 0)
		return -ERESTARTNOINTR;
	spin_lock(&tlsbind_gate_lock);
	tlsbind_gate_decide(hold, -ETIMEDOUT);
	answer = hold->answer;
	spin_unlock(&tlsbind_gate_lock);
	return answer;
}

static void tlsbind_gate_admit(struct tlsbind_sock *ts, struct sock *sk,
			       struct tlsbind_hold *hold)
{
	lock_sock(sk);
	if (tlsbind_gate_detach(ts, hold)) {
		spin_lock(&ts->lock);
		ts->admitted = true;
		spin_unlock(&ts->lock);
		tlsbind_gate_open(sk);
		tlsbind_net_count(ts->net, TLSBIND_STAT_ADMITTED);
		tlsbind_gate_put(hold);
	}
	release_sock(sk);
}

static void tlsbind_gate_reject(struct tlsbind_sock *ts, struct sock *sk,
				struct tlsbind_hold *hold, bool tx)
{
	if (!tlsbind_gate_detach(ts, hold))
		return;
	tlsbind_abort(ts, sk, tx, hold->answer);
	tlsbind_gate_put(hold);
}

/**
 * tlsbind_gate_wait() - wait for a verdict, if the connection is held
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @tx: direction of the key that was installed
 *
 * A signal ends the wait with -ERESTARTNOINTR: its handler runs, then the call
 * is made again, and tlsbind_gate_resumes(). An error that the program sees
 * would have it encrypt by itself.
 *
 * Context: process, in the task that installed the key; sleeps, at most until
 * the deadline.
 * Return: 0: the connection is not held, or not any more; -ERESTARTNOINTR; or,
 * and the connection is aborted: -EACCES by verdict, -ETIMEDOUT without one,
 * -EHOSTDOWN without a judge, -ESHUTDOWN during unload, -ECONNABORTED if it was
 * ended meanwhile.
 */
int tlsbind_gate_wait(struct tlsbind_sock *ts, struct sock *sk, bool tx)
{
	struct tlsbind_hold *hold = tlsbind_gate_held(ts);
	int ret;

	if (!hold)
		return 0;
	ret = tlsbind_gate_sleep(hold);
	tlsbind_gate_pause(hold, tx, ret == -ERESTARTNOINTR ?
					     get_pid(task_pid(current)) : NULL);
	if (!ret)
		tlsbind_gate_admit(ts, sk, hold);
	else if (ret != -ERESTARTNOINTR)
		tlsbind_gate_reject(ts, sk, hold, tx);
	tlsbind_gate_put(hold);
	return ret;
}

/**
 * tlsbind_gate_forget() - a connection has ended
 * @ts: its state
 * @error: what whoever waits is told, a negative errno
 *
 * Context: process.
 */
void tlsbind_gate_forget(struct tlsbind_sock *ts, int error)
{
	struct tlsbind_hold *hold;

	spin_lock(&tlsbind_gate_lock);
	hold = ts->hold;
	WRITE_ONCE(ts->hold, NULL);
	if (hold)
		tlsbind_gate_decide(hold, error);
	spin_unlock(&tlsbind_gate_lock);
	tlsbind_gate_put(hold);
}

/* Decide all that are asked about, of one namespace or (NULL) of all. */
static void tlsbind_gate_decide_all(const struct net *net, int answer)
{
	struct tlsbind_hold *hold, *next;

	lockdep_assert_held(&tlsbind_gate_lock);
	list_for_each_entry_safe(hold, next, &tlsbind_gate_holds, node)
		if (!net || net_eq(hold->ts->net, net))
			tlsbind_gate_decide(hold, answer);
}

/**
 * tlsbind_gate_stop() - the module goes: nothing is held any more
 *
 * Whoever waits gets -ESHUTDOWN; whoever would from now on, too.
 *
 * Context: process.
 */
void tlsbind_gate_stop(void)
{
	spin_lock(&tlsbind_gate_lock);
	tlsbind_gate_stopping = true;
	tlsbind_gate_decide_all(NULL, -ESHUTDOWN);
	spin_unlock(&tlsbind_gate_lock);
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
		tlsbind_gate_decide_all(net, -EHOSTDOWN);
	}
	spin_unlock(&tlsbind_gate_lock);
}

static struct tlsbind_hold *tlsbind_gate_find(const struct net *net, u64 handle)
{
	struct tlsbind_hold *hold;

	lockdep_assert_held(&tlsbind_gate_lock);
	list_for_each_entry(hold, &tlsbind_gate_holds, node)
		if (hold->handle == handle && net_eq(hold->ts->net, net))
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
	hold = tlsbind_gate_find(net, handle);
	if (tn->judge != portid)
		ret = -EPERM;
	else if (!hold || time_after_eq(jiffies, hold->deadline))
		ret = -ENOENT;
	else
		tlsbind_gate_decide(hold, admit ? 0 : -EACCES);
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
	struct tlsbind_hold *hold, *found = NULL;

	spin_lock(&tlsbind_gate_lock);
	/* In the order of their handles, within a namespace. */
	list_for_each_entry(hold, &tlsbind_gate_holds, node) {
		if (hold->handle > after && net_eq(hold->ts->net, net)) {
			found = tlsbind_gate_get(hold);
			break;
		}
	}
	spin_unlock(&tlsbind_gate_lock);
	return found;
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
