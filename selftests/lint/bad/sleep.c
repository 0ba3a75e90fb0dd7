// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. A line that must be reported says BAD, any other must not be. */
#include "sock.h"

/*
 * What sleepers.py has to find out: this sleeps, and so does who calls it.
 */
static void waits(struct tlsbind_sock *ts)
{
	wait_event(ts->wait, ts->request);
}

static void calls_who_waits(struct tlsbind_sock *ts)
{
	waits(ts);
}

/**
 * documented() - does something elsewhere
 *
 * Context: process, may sleep.
 */
void documented(void);

void under_spinlock(struct tlsbind_sock *ts, struct sock *sk)
{
	void *p;

	spin_lock(&ts->lock);
	lock_sock(sk);	/* BAD */
	calls_who_waits(ts);	/* BAD */
	p = kmalloc(16, GFP_KERNEL);	/* BAD */
	if (!p)
		documented();	/* BAD */
	spin_unlock(&ts->lock);
}

int one_way_out(struct tlsbind_sock *ts, void __user *to)
{
	spin_lock_bh(&ts->lock);
	if (ts->error)
		spin_unlock_bh(&ts->lock);
	return copy_to_user(to, &ts->error, sizeof(ts->error));	/* BAD */
}

void in_rcu(struct tlsbind_sock *ts)
{
	rcu_read_lock();
	mutex_lock(&ts->mutex);	/* BAD */
	kfree(kmalloc(1, GFP_ATOMIC));
	rcu_read_unlock();
}

void right(struct tlsbind_sock *ts, struct sock *sk)
{
	void *p = kmalloc(16, GFP_KERNEL);

	lock_sock(sk);
	spin_lock(&ts->lock);
	ts->error = p ? 0 : -ENOMEM;
	spin_unlock(&ts->lock);
	release_sock(sk);
	waits(ts);
}
