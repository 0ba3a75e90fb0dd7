// SPDX-License-Identifier: GPL-2.0-only
/*
 * Challenges wait in a queue, from which the thread of batch.c, called the worker
 * here, takes all that are there at once.
 *
 * Most sockets are never asked about, so what it takes to ask is allocated by the
 * first who does (struct tlsbind_asking), and stays until the state is freed: a
 * task that waits in it has a reference on the state. Of a socket that is closed before
 * anybody asks, a mark takes its place, which stays, so that there is none later.
 *
 * Who holds what: a socket refers to the latest request of its owner, done or
 * not. The queue holds a reference on each request in it, which passes to the
 * worker's batch when the worker takes the request. A request leaves the lists
 * exactly once, in tlsbind_evidence_finish(), by whoever ends it first: the
 * worker's work item, its deadline, the closing of its socket, or unload.
 * Whoever that is keeps or takes a reference, lets go of the lock, and tells.
 *
 * tlsbind_evidence_lock protects the lists, the state of every request, and @asking of
 * every socket with all in it but @wait. It is taken in process
 * context only, and nests outside of the locks of sockets' states, wait queues
 * and eventfds and no others.
 */
#include "evidence.h"

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "batch.h"
#include "claims.h"
#include "event.h"
#include "policy.h"
#include "report.h"
#include "request.h"
#include "sock.h"
#include "statement.h"

/* Longer than the slowest provider takes by itself: SNP gives up after 60 s. */
static unsigned int tlsbind_evidence_timeout_ms = 70000;
module_param_named(timeout_ms, tlsbind_evidence_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms,
		 "a challenge fails with ETIMEDOUT after this many milliseconds (default: 70000)");

static DEFINE_SPINLOCK(tlsbind_evidence_lock);
static LIST_HEAD(tlsbind_evidence_queue);
static LIST_HEAD(tlsbind_evidence_signing);
static bool tlsbind_evidence_stopping;
static unsigned long tlsbind_evidence_expire_at;

/**
 * struct tlsbind_asking - who asks for evidence about a socket
 * @wait: woken when @request is done or has been read
 * @request: the owner's challenge, waiting or answered, or NULL
 * @eventfd: signalled when @request is done, or NULL
 * @asked: requests of others, not done
 * @gone: the socket is closed
 */
struct tlsbind_asking {
	wait_queue_head_t wait;
	struct tlsbind_request *request;
	struct eventfd_ctx *eventfd;
	struct list_head asked;
	bool gone;
};

/* In place of one, of a socket that is closed. */
#define TLSBIND_ASKING_GONE	((struct tlsbind_asking *)ERR_PTR(-ECONNABORTED))

/* NULL if nobody has asked yet, or nobody will; the lock is needed for what is in it. */
static struct tlsbind_asking *tlsbind_evidence_asking(const struct tlsbind_sock *ts)
{
	/* Pairs with tlsbind_evidence_prepare(). */
	struct tlsbind_asking *asking = smp_load_acquire(&ts->asking);

	return asking == TLSBIND_ASKING_GONE ? NULL : asking;
}

static bool tlsbind_evidence_gone(const struct tlsbind_sock *ts)
{
	lockdep_assert_held(&tlsbind_evidence_lock);
	return ts->asking == TLSBIND_ASKING_GONE || ts->asking->gone;
}

/* Somebody is going to ask: 0 if ts->asking is there then, or the mark; -ENOMEM. */
static int tlsbind_evidence_prepare(struct tlsbind_sock *ts)
{
	struct tlsbind_asking *asking;

	if (READ_ONCE(ts->asking))
		return 0;
	asking = kzalloc(sizeof(*asking), GFP_KERNEL_ACCOUNT);
	if (!asking)
		return -ENOMEM;
	init_waitqueue_head(&asking->wait);
	INIT_LIST_HEAD(&asking->asked);
	spin_lock(&tlsbind_evidence_lock);
	if (!ts->asking) {
		/* Pairs with tlsbind_evidence_asking(): who sees it sees it whole. */
		smp_store_release(&ts->asking, asking);
		asking = NULL;
	}
	spin_unlock(&tlsbind_evidence_lock);
	kfree(asking);
	return 0;
}

/*
 * End a request. Whoever finds it not done calls this, under the lock; if it
 * was still waiting, the queue's reference is the caller's now.
 */
static void tlsbind_evidence_finish(struct tlsbind_request *request, int error)
{
	struct tlsbind_asking *asking = request->ts->asking;

	lockdep_assert_held(&tlsbind_evidence_lock);
	list_del_init(&request->node);
	list_del_init(&request->asked);
	request->error = error;
	request->state = TLSBIND_REQUEST_DONE;
	if (request->tell)
		return;
	if (asking->eventfd)
		eventfd_signal(asking->eventfd);
	wake_up_interruptible_all(&asking->wait);
}

/*
 * As above, with a reference, the queue's or a new one, on a list to be told and
 * dropped later. The worker does not touch the node of what it has taken.
 */
static void tlsbind_evidence_fail(struct tlsbind_request *request, int error,
				  struct list_head *drop)
{
	if (request->state != TLSBIND_REQUEST_WAITING)
		tlsbind_request_get(request);
	tlsbind_evidence_finish(request, error);
	list_add_tail(&request->node, drop);
}

/* The one who ended a request calls this, with a reference and without the lock. */
static void tlsbind_evidence_tell(struct tlsbind_request *request)
{
	tlsbind_event_evidence(request->ts, request->error);
	if (request->tell)
		request->tell(request);
}

static void tlsbind_evidence_drop(struct list_head *drop)
{
	struct tlsbind_request *request, *next;

	list_for_each_entry_safe(request, next, drop, node) {
		list_del_init(&request->node);
		tlsbind_evidence_tell(request);
		tlsbind_request_put(request);
	}
}

/* Fail all of a list, or only those whose deadline has passed. */
static void tlsbind_evidence_fail_all(struct list_head *list, int error,
				      bool overdue, struct list_head *drop)
{
	struct tlsbind_request *request, *next;

	list_for_each_entry_safe(request, next, list, node)
		if (!overdue || time_after_eq(jiffies, request->deadline))
			tlsbind_evidence_fail(request, error, drop);
}

static void tlsbind_evidence_expire_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(tlsbind_evidence_expire,
			    tlsbind_evidence_expire_work);

/* See to it that a deadline is noticed. */
static void tlsbind_evidence_arm(unsigned long deadline)
{
	unsigned long delay = time_after(deadline, jiffies) ?
			      deadline - jiffies : 0;

	lockdep_assert_held(&tlsbind_evidence_lock);
	if (tlsbind_evidence_stopping)
		return;
	if (delayed_work_pending(&tlsbind_evidence_expire) &&
	    !time_before(deadline, tlsbind_evidence_expire_at))
		return;
	tlsbind_evidence_expire_at = deadline;
	mod_delayed_work(system_unbound_wq, &tlsbind_evidence_expire, delay);
}

static void tlsbind_evidence_expire_work(struct work_struct *work)
{
	struct tlsbind_request *request;
	LIST_HEAD(drop);

	spin_lock(&tlsbind_evidence_lock);
	tlsbind_evidence_fail_all(&tlsbind_evidence_queue, -ETIMEDOUT, true,
				  &drop);
	tlsbind_evidence_fail_all(&tlsbind_evidence_signing, -ETIMEDOUT, true,
				  &drop);
	list_for_each_entry(request, &tlsbind_evidence_queue, node)
		tlsbind_evidence_arm(request->deadline);
	list_for_each_entry(request, &tlsbind_evidence_signing, node)
		tlsbind_evidence_arm(request->deadline);
	spin_unlock(&tlsbind_evidence_lock);
	tlsbind_evidence_drop(&drop);
}

/**
 * tlsbind_evidence_take() - what waits is going to be signed
 * @requests: filled; the queue's reference on each is the caller's now
 * @max: room in it
 *
 * Context: the worker.
 * Return: how many, the longest waiting first.
 */
u32 tlsbind_evidence_take(struct tlsbind_request **requests, u32 max)
{
	struct tlsbind_request *request, *next;
	u32 count = 0;

	spin_lock(&tlsbind_evidence_lock);
	list_for_each_entry_safe(request, next, &tlsbind_evidence_queue, node) {
		if (count == max)
			break;
		list_move_tail(&request->node, &tlsbind_evidence_signing);
		request->state = TLSBIND_REQUEST_SIGNING;
		requests[count++] = request;
	}
	spin_unlock(&tlsbind_evidence_lock);
	return count;
}

/**
 * tlsbind_evidence_answer() - answer a request, unless somebody ended it
 * @request: of tlsbind_evidence_take(); the caller's reference is dropped
 * @error: 0 or a negative errno
 * @report: the hardware's, which a reference is taken on, or NULL after an error
 *
 * Context: process; the worker's work items.
 */
void tlsbind_evidence_answer(struct tlsbind_request *request, int error,
			     struct tlsbind_report *report)
{
	bool mine;

	spin_lock(&tlsbind_evidence_lock);
	mine = request->state == TLSBIND_REQUEST_SIGNING;
	if (mine) {
		if (!error) {
			request->report = tlsbind_report_get(report);
			tlsbind_claims_answered(request->ts, &request->claims);
		}
		tlsbind_evidence_finish(request, error);
	}
	spin_unlock(&tlsbind_evidence_lock);
	if (mine)
		tlsbind_evidence_tell(request);
	tlsbind_request_put(request);
}

/* Into the queue, with a reference of its own. */
static void tlsbind_evidence_enqueue(struct tlsbind_request *request)
{
	lockdep_assert_held(&tlsbind_evidence_lock);
	request->deadline = jiffies +
		msecs_to_jiffies(READ_ONCE(tlsbind_evidence_timeout_ms));
	list_add_tail(&tlsbind_request_get(request)->node,
		      &tlsbind_evidence_queue);
	tlsbind_evidence_arm(request->deadline);
	tlsbind_batch_kick();
}

/* Does the rule that allows it let one more challenge through? */
static bool tlsbind_evidence_charge(const struct tlsbind_request *request)
{
	return tlsbind_policy_charge(tlsbind_sock_net(request->ts),
				     be64_to_cpu(request->claims.rule));
}

/**
 * tlsbind_evidence_ask() - ask for evidence in the name of somebody else
 * @request: not asked yet, with @tell set; the caller's reference stays his
 *
 * Does not wait. Any number may ask about the same socket. @tell is called
 * once, in process context, when there is evidence or an error; perhaps
 * before this function returns.
 *
 * Context: process, may sleep.
 * Return: 0; an errno of tlsbind_statement_make(); -EDQUOT if the rate of the rule that
 * allows it is used up; -ECONNABORTED if the socket is closed; -ESHUTDOWN during
 * unload; -ENOMEM. After an error @tell is not called.
 */
int tlsbind_evidence_ask(struct tlsbind_request *request)
{
	struct tlsbind_sock *ts = request->ts;
	int ret = tlsbind_statement_make(request);

	if (!ret)
		ret = tlsbind_evidence_prepare(ts);
	if (ret)
		return ret;
	spin_lock(&tlsbind_evidence_lock);
	if (tlsbind_evidence_stopping) {
		ret = -ESHUTDOWN;
	} else if (tlsbind_evidence_gone(ts)) {
		ret = -ECONNABORTED;
	} else if (!tlsbind_evidence_charge(request)) {
		ret = -EDQUOT;
	} else {
		list_add_tail(&request->asked, &ts->asking->asked);
		tlsbind_evidence_enqueue(request);
	}
	spin_unlock(&tlsbind_evidence_lock);
	return ret;
}

/*
 * The owner asks, in place of what he has asked before, which the caller gets; after an
 * error he keeps his request.
 */
static int tlsbind_evidence_replace(struct tlsbind_sock *ts,
				    struct tlsbind_request **request)
{
	struct tlsbind_request *before;

	lockdep_assert_held(&tlsbind_evidence_lock);
	if (tlsbind_evidence_stopping)
		return -ESHUTDOWN;
	if (tlsbind_evidence_gone(ts))
		return -ECONNABORTED;
	before = ts->asking->request;
	if (before && before->state != TLSBIND_REQUEST_DONE)
		return -EBUSY;
	if (!tlsbind_evidence_charge(*request))
		return -EDQUOT;
	tlsbind_evidence_enqueue(*request);
	swap(ts->asking->request, *request);
	return 0;
}

/**
 * tlsbind_evidence_challenge() - ask for evidence about a socket
 * @ts: its state
 * @nonce: the relying party's
 * @app_data: the application's
 *
 * Does not wait. An answer that nobody has read is replaced.
 *
 * Context: process, may sleep.
 * Return: 0; an errno of tlsbind_statement_make(); -EBUSY if a challenge waits already,
 * too; -EDQUOT if the rate of the rule that allows it is used up; -ECONNABORTED if the
 * socket is closed; -ESHUTDOWN during unload; -ENOMEM.
 */
int tlsbind_evidence_challenge(struct tlsbind_sock *ts,
			       const u8 nonce[TLSBIND_NONCE_SIZE],
			       const u8 app_data[TLSBIND_APP_DATA_SIZE])
{
	struct tlsbind_request *request;
	int ret;

	request = tlsbind_request_new(ts, nonce, app_data);
	if (!request)
		return -ENOMEM;
	ret = tlsbind_statement_make(request);
	if (!ret)
		ret = tlsbind_evidence_prepare(ts);
	if (!ret) {
		spin_lock(&tlsbind_evidence_lock);
		ret = tlsbind_evidence_replace(ts, &request);
		spin_unlock(&tlsbind_evidence_lock);
	}
	tlsbind_request_put(request);
	return ret;
}

/*
 * The socket's request, with a reference, once it is done and no other task is
 * being told; NULL until then; -ENODATA if there is none.
 */
static struct tlsbind_request *
tlsbind_evidence_take_answer(const struct tlsbind_asking *asking)
{
	struct tlsbind_request *request;

	spin_lock(&tlsbind_evidence_lock);
	request = asking->request;
	if (!request) {
		request = ERR_PTR(-ENODATA);
	} else if (request->state == TLSBIND_REQUEST_DONE) {
		request->state = TLSBIND_REQUEST_READING;
		tlsbind_request_get(request);
	} else {
		request = NULL;
	}
	spin_unlock(&tlsbind_evidence_lock);
	return request;
}

/**
 * tlsbind_evidence_wait() - wait for the answer to a challenge
 * @ts: the socket's state
 * @timeout: in jiffies, as of sock_rcvtimeo(); 0 does not wait
 *
 * Context: process, sleeps.
 * Return: the request, with a reference for the caller, who alone may read it
 * now and ends that with tlsbind_evidence_told(); or an ERR_PTR():
 * -ENODATA without a challenge; -EAGAIN if time is up; -ERESTARTSYS or -EINTR
 * after a signal.
 */
struct tlsbind_request *tlsbind_evidence_wait(struct tlsbind_sock *ts,
					      long timeout)
{
	struct tlsbind_asking *asking = tlsbind_evidence_asking(ts);
	struct tlsbind_request *request;
	long left;

	if (!asking)
		return ERR_PTR(-ENODATA);
	left = wait_event_interruptible_timeout(asking->wait,
						(request = tlsbind_evidence_take_answer(asking)),
						timeout);
	if (left < 0)
		return ERR_PTR(sock_intr_errno(timeout));
	return request ?: ERR_PTR(-EAGAIN);
}

/**
 * tlsbind_evidence_told() - end what tlsbind_evidence_wait() began
 * @ts: the socket's state
 * @request: what was returned there; the caller's reference is dropped
 * @consumed: the program has the answer; otherwise it may ask again
 *
 * Context: process.
 */
void tlsbind_evidence_told(struct tlsbind_sock *ts,
			   struct tlsbind_request *request, bool consumed)
{
	struct tlsbind_asking *asking = tlsbind_evidence_asking(ts);
	struct tlsbind_request *old = NULL;

	spin_lock(&tlsbind_evidence_lock);
	request->state = TLSBIND_REQUEST_DONE;
	if (consumed && asking->request == request)
		swap(asking->request, old);
	wake_up_interruptible_all(&asking->wait);
	spin_unlock(&tlsbind_evidence_lock);
	tlsbind_request_put(old);
	tlsbind_request_put(request);
}

/* Return: the one before, whose reference is the caller's. */
static struct eventfd_ctx *
tlsbind_evidence_set_eventfd(struct tlsbind_asking *asking,
			     struct eventfd_ctx *eventfd)
{
	lockdep_assert_held(&tlsbind_evidence_lock);
	swap(asking->eventfd, eventfd);
	/* The answer may have been there first. */
	if (asking->eventfd && asking->request &&
	    asking->request->state >= TLSBIND_REQUEST_DONE)
		eventfd_signal(asking->eventfd);
	return eventfd;
}

/**
 * tlsbind_evidence_eventfd() - be told when a challenge is answered
 * @ts: the socket's state
 * @eventfd: reference that passes to this function, also after an error; or NULL to
 *	stop
 *
 * Context: process, may sleep.
 * Return: 0; -ECONNABORTED if the socket is closed; -ENOMEM.
 */
int tlsbind_evidence_eventfd(struct tlsbind_sock *ts,
			     struct eventfd_ctx *eventfd)
{
	int ret;

	if (!eventfd && !tlsbind_evidence_asking(ts))
		return 0;
	ret = tlsbind_evidence_prepare(ts);
	if (!ret) {
		spin_lock(&tlsbind_evidence_lock);
		if (tlsbind_evidence_gone(ts))
			ret = -ECONNABORTED;
		else
			eventfd = tlsbind_evidence_set_eventfd(ts->asking,
							       eventfd);
		spin_unlock(&tlsbind_evidence_lock);
	}
	if (eventfd)
		eventfd_ctx_put(eventfd);
	return ret;
}

/* Nobody asks any more. Return: what the owner has asked, with its reference. */
static struct tlsbind_request *
tlsbind_evidence_leave(struct tlsbind_asking *asking, struct list_head *drop)
{
	struct tlsbind_request *request = NULL, *other, *next;

	lockdep_assert_held(&tlsbind_evidence_lock);
	asking->gone = true;
	swap(asking->request, request);
	if (request && request->state < TLSBIND_REQUEST_DONE)
		tlsbind_evidence_fail(request, -ECONNABORTED, drop);
	list_for_each_entry_safe(other, next, &asking->asked, asked)
		tlsbind_evidence_fail(other, -ECONNABORTED, drop);
	return request;
}

/**
 * tlsbind_evidence_forget() - the socket goes away
 * @ts: its state
 *
 * A challenge that waits leaves the queue; one that is being signed is
 * dropped when the report comes. Whoever else has asked is told; whoever asks from
 * now on gets -ECONNABORTED.
 *
 * Context: process.
 */
void tlsbind_evidence_forget(struct tlsbind_sock *ts)
{
	struct tlsbind_request *request = NULL;
	struct eventfd_ctx *eventfd = NULL;
	struct tlsbind_asking *asking;
	LIST_HEAD(drop);

	spin_lock(&tlsbind_evidence_lock);
	asking = tlsbind_evidence_asking(ts);
	if (asking) {
		eventfd = tlsbind_evidence_set_eventfd(asking, NULL);
		request = tlsbind_evidence_leave(asking, &drop);
	} else {
		WRITE_ONCE(ts->asking, TLSBIND_ASKING_GONE);
	}
	spin_unlock(&tlsbind_evidence_lock);
	if (eventfd)
		eventfd_ctx_put(eventfd);
	tlsbind_evidence_drop(&drop);
	tlsbind_request_put(request);
}

/**
 * tlsbind_evidence_free() - free what it took to ask about a socket
 * @ts: its state, which nobody has a reference on
 *
 * Context: any.
 */
void tlsbind_evidence_free(struct tlsbind_sock *ts)
{
	kfree(tlsbind_evidence_asking(ts));
}

/**
 * tlsbind_evidence_stop() - send everybody home
 *
 * Whoever waits gets -ESHUTDOWN; whoever asks from now on, too. A report in
 * progress goes on.
 *
 * Context: process.
 */
void tlsbind_evidence_stop(void)
{
	LIST_HEAD(drop);

	spin_lock(&tlsbind_evidence_lock);
	tlsbind_evidence_stopping = true;
	tlsbind_evidence_fail_all(&tlsbind_evidence_queue, -ESHUTDOWN, false,
				  &drop);
	tlsbind_evidence_fail_all(&tlsbind_evidence_signing, -ESHUTDOWN, false,
				  &drop);
	spin_unlock(&tlsbind_evidence_lock);
	tlsbind_evidence_drop(&drop);
}

/**
 * tlsbind_evidence_exit() - no deadline any more
 *
 * Context: process, may sleep; after tlsbind_evidence_stop(), or when nobody
 * could challenge yet.
 */
void tlsbind_evidence_exit(void)
{
	cancel_delayed_work_sync(&tlsbind_evidence_expire);
}
