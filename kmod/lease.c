// SPDX-License-Identifier: GPL-2.0-only
/*
 * An admission says what the peer was when it was asked. Where a rule bounds it,
 * a lease begins with it: a hold of another kind, by which nobody is held. Before it
 * ends the judge is asked again, and data flows meanwhile. A verdict that admits
 * lets it begin anew; any other, or none in time, aborts the connection.
 *
 * A judge who dies need not cost the connections that he has admitted: a question waits
 * for the next judge, until the lease ends.
 *
 * While a question is open the keys may change, under a rule that does not hold the
 * connection for that. The question gets another handle then, so that no verdict is
 * taken that was about keys from before it was put.
 *
 * A socket's state refers to its lease until the socket is closed, the connection
 * aborted, or another lease takes its place; hold.c says what else refers to a hold, and
 * what protects it.
 */
#include "lease.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "abort.h"
#include "hold.h"
#include "judge.h"
#include "net.h"
#include "netlink.h"
#include "sock.h"

/* What is to be done without the lock. */
enum tlsbind_lease_step {
	TLSBIND_LEASE_NOTHING,
	TLSBIND_LEASE_ASK,
	TLSBIND_LEASE_ABORT,
};

static bool tlsbind_lease_dead(const struct tlsbind_hold *lease)
{
	return READ_ONCE(lease->sk->sk_state) == TCP_CLOSE;
}

/* Is a verdict awaited after which another lease begins, or the connection ends? */
static bool tlsbind_lease_superseded(const struct tlsbind_hold *lease)
{
	const struct tlsbind_hold *hold = lease->ts->hold;

	lockdep_assert_held(&tlsbind_hold_lock);
	return hold && hold->state < TLSBIND_HOLD_DONE;
}

/* Why nobody may admit the connection any more; 0 if there is no reason. */
static int tlsbind_lease_over(const struct tlsbind_hold *lease)
{
	if (time_after_eq(jiffies, lease->deadline))
		return -ETIMEDOUT;
	/* Evidence of the other end of either socket would do for both. */
	return READ_ONCE(lease->ts->flags) & TLSBIND_F_KEY_SHARED ?
		       -EKEYREJECTED : 0;
}

/* It is time to ask, or was: what is there to do before the end? */
static enum tlsbind_lease_step tlsbind_lease_due(struct tlsbind_hold *lease)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	tlsbind_hold_schedule(lease, lease->deadline - jiffies);
	if (lease->state != TLSBIND_HOLD_SHUT || tlsbind_lease_superseded(lease))
		return TLSBIND_LEASE_NOTHING;
	tlsbind_judge_ask(lease);
	return TLSBIND_LEASE_ASK;
}

static enum tlsbind_lease_step tlsbind_lease_look(struct tlsbind_hold *lease)
{
	int over = tlsbind_lease_over(lease);

	lockdep_assert_held(&tlsbind_hold_lock);
	if (lease->state == TLSBIND_HOLD_DONE)
		return TLSBIND_LEASE_NOTHING;
	if (lease->state == TLSBIND_HOLD_DECIDED) {
		lease->state = TLSBIND_HOLD_DONE;
		return TLSBIND_LEASE_ABORT;
	}
	if (tlsbind_lease_dead(lease)) {
		tlsbind_hold_end(lease);
		return TLSBIND_LEASE_NOTHING;
	}
	if (over) {
		tlsbind_hold_settle(lease, over, TLSBIND_HOLD_DONE);
		return TLSBIND_LEASE_ABORT;
	}
	if (time_before(jiffies, lease->ask_at)) {
		tlsbind_hold_schedule(lease, lease->ask_at - jiffies);
		return TLSBIND_LEASE_NOTHING;
	}
	return tlsbind_lease_due(lease);
}

static void tlsbind_lease_work(struct work_struct *work)
{
	struct tlsbind_hold *lease = container_of(to_delayed_work(work),
						  struct tlsbind_hold, work);
	enum tlsbind_lease_step step;

	spin_lock(&tlsbind_hold_lock);
	step = tlsbind_lease_look(lease);
	spin_unlock(&tlsbind_hold_lock);
	if (step == TLSBIND_LEASE_ASK)
		tlsbind_netlink_tell_judge(lease);
	if (step == TLSBIND_LEASE_ABORT) {
		tlsbind_net_count(lease->ts->net, TLSBIND_STAT_LAPSED);
		tlsbind_abort(lease->ts, lease->sk, lease->tx, lease->answer);
	}
	tlsbind_hold_put(lease);
}

/**
 * tlsbind_lease_new() - a lease that has not begun
 * @ts: the socket's state
 * @sk: the socket, with a reference
 * @tx: direction of the key for whose sake it will be aborted
 * @seconds: how long an admission is good for, at least 1
 *
 * Context: process, may sleep.
 * Return: the lease, with a reference for the caller; NULL without memory.
 */
struct tlsbind_hold *tlsbind_lease_new(struct tlsbind_sock *ts, struct sock *sk,
				       bool tx, unsigned int seconds)
{
	struct tlsbind_hold *lease;

	lease = tlsbind_hold_alloc(ts, sk, tx, tlsbind_lease_work);
	if (lease)
		lease->seconds = seconds;
	return lease;
}

/**
 * tlsbind_lease_renew() - the connection is admitted, or admitted again
 * @lease: under the lock; not decided
 *
 * The judge will be asked between three eighths and half of the term from now: about
 * those that were admitted together he is not asked together.
 *
 * Context: process.
 */
void tlsbind_lease_renew(struct tlsbind_hold *lease)
{
	unsigned long term = (unsigned long)lease->seconds * HZ;
	unsigned long ask = term / 2 - get_random_u32_below(term / 8 + 1);

	lockdep_assert_held(&tlsbind_hold_lock);
	tlsbind_judge_withdraw(lease);
	lease->state = TLSBIND_HOLD_SHUT;
	lease->deadline = jiffies + term;
	lease->ask_at = jiffies + ask;
	tlsbind_hold_schedule(lease, ask);
}

/**
 * tlsbind_lease_begin() - a held connection is admitted
 * @hold: its hold; under the lock, and not done when the lock was taken
 *
 * Context: process.
 * Return: the lease of before, which ends, to be put without the lock; or NULL.
 */
struct tlsbind_hold *tlsbind_lease_begin(struct tlsbind_hold *hold)
{
	struct tlsbind_hold *before = tlsbind_lease_end(hold->ts);

	if (hold->lease) {
		WRITE_ONCE(hold->ts->lease, hold->lease);
		tlsbind_lease_renew(hold->lease);
		tlsbind_hold_enlist(hold->lease);
		hold->lease = NULL;
	}
	return before;
}

/**
 * tlsbind_lease_rekeyed() - the keys are others, perhaps, and no key is being installed
 * @ts: the socket's state
 *
 * If the judge is asked about the keys of before, or could not be told of them while
 * one was being installed, he is asked anew.
 *
 * Context: process.
 */
void tlsbind_lease_rekeyed(struct tlsbind_sock *ts)
{
	if (!READ_ONCE(ts->lease))
		return;
	spin_lock(&tlsbind_hold_lock);
	if (ts->lease && ts->lease->state == TLSBIND_HOLD_ASKED) {
		tlsbind_judge_withdraw(ts->lease);
		ts->lease->state = TLSBIND_HOLD_SHUT;
		tlsbind_hold_schedule(ts->lease, 0);
	}
	spin_unlock(&tlsbind_hold_lock);
}

/**
 * tlsbind_lease_end() - no lease any more
 * @ts: a socket's state; under the lock
 *
 * Context: process.
 * Return: the lease, to be put without the lock; or NULL.
 */
struct tlsbind_hold *tlsbind_lease_end(struct tlsbind_sock *ts)
{
	struct tlsbind_hold *lease = ts->lease;

	lockdep_assert_held(&tlsbind_hold_lock);
	if (lease)
		tlsbind_hold_end(lease);
	WRITE_ONCE(ts->lease, NULL);
	return lease;
}

/**
 * tlsbind_lease_left() - how much time is left of a connection's lease
 * @ts: its state
 *
 * Context: process.
 * Return: milliseconds, at least 1; 0 if there is no lease.
 */
unsigned int tlsbind_lease_left(struct tlsbind_sock *ts)
{
	unsigned int left = 0;

	if (!READ_ONCE(ts->lease))
		return 0;
	spin_lock(&tlsbind_hold_lock);
	if (ts->lease && ts->lease->state < TLSBIND_HOLD_DECIDED)
		left = tlsbind_hold_left(ts->lease) ?: 1;
	spin_unlock(&tlsbind_hold_lock);
	return left;
}
