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
 * While a question is open the keys may change. It is withdrawn before kTLS is given
 * another key, and put anew, with another handle, when that is there; unless the
 * connection is held for that key, and judged for its sake.
 *
 * A socket's state refers to its lease until the socket is closed, the connection
 * aborted, or another lease takes its place; hold.c says what else refers to a hold, and
 * what protects it.
 */
#include "lease.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
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

/* Will another lease begin in a moment? */
static bool tlsbind_lease_replaced(const struct tlsbind_hold *lease)
{
	const struct tlsbind_hold *hold = tlsbind_gating_of(lease->ts)->hold;

	lockdep_assert_held(&tlsbind_hold_lock);
	return hold && hold->state == TLSBIND_HOLD_DECIDED && !hold->answer;
}

/*
 * Is another verdict awaited, after which another lease begins or the connection ends; or
 * a key installed, after which tlsbind_lease_resume() comes?
 */
static bool tlsbind_lease_paused(const struct tlsbind_hold *lease)
{
	const struct tlsbind_hold *hold = tlsbind_gating_of(lease->ts)->hold;

	lockdep_assert_held(&tlsbind_hold_lock);
	return (hold && hold->state < TLSBIND_HOLD_DONE) ||
	       READ_ONCE(lease->ts->installing);
}

/* Why nobody may admit the connection any more; 0 if there is no reason. */
static int tlsbind_lease_over(const struct tlsbind_hold *lease)
{
	/* Evidence of the other end of either socket would do for both. */
	if (READ_ONCE(lease->ts->flags) & TLSBIND_F_KEY_SHARED)
		return -EKEYREJECTED;
	return time_after_eq(jiffies, lease->deadline) ? -ETIMEDOUT : 0;
}

/* There is an answer that ends the connection. */
static enum tlsbind_lease_step tlsbind_lease_finish(struct tlsbind_hold *lease)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	if (tlsbind_hold_postpone(lease))
		return TLSBIND_LEASE_NOTHING;
	lease->state = TLSBIND_HOLD_DONE;
	return TLSBIND_LEASE_ABORT;
}

/* It is time to ask, or was: what is there to do before the end? */
static enum tlsbind_lease_step tlsbind_lease_due(struct tlsbind_hold *lease)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	tlsbind_hold_schedule(lease, lease->deadline - jiffies);
	if (lease->state != TLSBIND_HOLD_SHUT || tlsbind_lease_paused(lease))
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
	if (lease->state == TLSBIND_HOLD_DECIDED)
		return tlsbind_lease_finish(lease);
	if (tlsbind_lease_dead(lease)) {
		tlsbind_hold_end(lease);
		return TLSBIND_LEASE_NOTHING;
	}
	if (over && tlsbind_lease_replaced(lease)) {
		tlsbind_hold_schedule(lease, HZ);
		return TLSBIND_LEASE_NOTHING;
	}
	if (over) {
		tlsbind_hold_settle(lease, over, TLSBIND_HOLD_DECIDED);
		return tlsbind_lease_finish(lease);
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
		tlsbind_net_count(tlsbind_sock_net(lease->ts), TLSBIND_STAT_LAPSED);
		tlsbind_abort(lease->ts, lease->sk, &lease->flow, lease->tx,
			      lease->answer);
	}
	tlsbind_hold_ran(lease);
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
	if (!lease)
		return NULL;
	lease->seconds = seconds;
	lease->jitter = get_random_u32_below(seconds * HZ / 8 + 1);
	return lease;
}

static void tlsbind_lease_wake(struct tlsbind_hold *lease)
{
	tlsbind_hold_schedule(lease, time_before(jiffies, lease->ask_at) ?
					     lease->ask_at - jiffies : 0);
}

/**
 * tlsbind_lease_renew() - the connection is admitted, or admitted again
 * @lease: under the lock; not decided
 * @asked_at: when the judge was asked, in jiffies: what he admits is not younger
 *
 * He will be asked again between three eighths and half of the term after that: about
 * those that were admitted together not together.
 *
 * Context: process.
 */
void tlsbind_lease_renew(struct tlsbind_hold *lease, unsigned long asked_at)
{
	unsigned long term = (unsigned long)lease->seconds * HZ;

	lockdep_assert_held(&tlsbind_hold_lock);
	tlsbind_judge_withdraw(lease);
	lease->state = TLSBIND_HOLD_SHUT;
	lease->deadline = asked_at + term;
	lease->ask_at = asked_at + term / 2 - lease->jitter;
	tlsbind_lease_wake(lease);
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
		WRITE_ONCE(tlsbind_gating_of(hold->ts)->lease, hold->lease);
		tlsbind_lease_renew(hold->lease, hold->asked_at);
		tlsbind_hold_enlist(hold->lease);
		hold->lease = NULL;
	}
	return before;
}

/* Keys that change all the time are not asked about all the time. */
static unsigned long tlsbind_lease_again(const struct tlsbind_hold *lease)
{
	return lease->asked_at +
	       min_t(unsigned long, HZ, lease->seconds * HZ / 8);
}

/**
 * tlsbind_lease_pause() - a key is about to be installed
 * @ts: state of a socket, which is locked; @installing says so already
 *
 * A verdict on the keys of before is not taken any more.
 *
 * Context: process.
 */
void tlsbind_lease_pause(struct tlsbind_sock *ts)
{
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);
	struct tlsbind_hold *lease;

	if (!READ_ONCE(gating->lease))
		return;
	spin_lock(&tlsbind_hold_lock);
	lease = gating->lease;
	if (lease && lease->state == TLSBIND_HOLD_ASKED) {
		tlsbind_judge_withdraw(lease);
		lease->state = TLSBIND_HOLD_SHUT;
		lease->ask_at = tlsbind_lease_again(lease);
	}
	spin_unlock(&tlsbind_hold_lock);
}

/**
 * tlsbind_lease_resume() - no key is being installed any more
 * @ts: state of a socket, which is locked; @installing says so already
 *
 * Context: process.
 */
void tlsbind_lease_resume(struct tlsbind_sock *ts)
{
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);

	if (!READ_ONCE(gating->lease))
		return;
	spin_lock(&tlsbind_hold_lock);
	if (gating->lease && gating->lease->state == TLSBIND_HOLD_SHUT)
		tlsbind_lease_wake(gating->lease);
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
	struct tlsbind_hold *lease = tlsbind_gating_of(ts)->lease;

	lockdep_assert_held(&tlsbind_hold_lock);
	if (lease) {
		tlsbind_hold_end(lease);
		WRITE_ONCE(tlsbind_gating_of(ts)->lease, NULL);
	}
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
	const struct tlsbind_gating *gating = tlsbind_gating_of(ts);
	unsigned int left = 0;

	if (!READ_ONCE(gating->lease))
		return 0;
	spin_lock(&tlsbind_hold_lock);
	if (gating->lease && gating->lease->state < TLSBIND_HOLD_DECIDED)
		left = tlsbind_hold_left(gating->lease) ?: 1;
	spin_unlock(&tlsbind_hold_lock);
	return left;
}
