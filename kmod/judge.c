// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gives verdicts on held connections: one netlink socket for each network
 * namespace. A verdict names a question, each of which has a handle of its own. No key
 * is installed while a connection is held; where one is installed while a lease is to be
 * renewed, the question is withdrawn before, and put anew after. So a verdict cannot be
 * about other keys.
 */
#include "judge.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "hold.h"
#include "lease.h"
#include "net.h"
#include "sock.h"

/**
 * tlsbind_judge_appoint() - somebody gives the verdicts from now on
 * @net: in this network namespace
 * @portid: his netlink socket
 *
 * Context: process.
 * Return: 0, again for the same one; -EBUSY if there is another.
 */
int tlsbind_judge_appoint(struct net *net, u32 portid)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	int ret = 0;

	spin_lock(&tlsbind_hold_lock);
	if (tn->judge && tn->judge != portid)
		ret = -EBUSY;
	else
		tn->judge = portid;
	spin_unlock(&tlsbind_hold_lock);
	return ret;
}

static bool tlsbind_judge_earlier(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct tlsbind_hold, question)->handle <
	       rb_entry(b, struct tlsbind_hold, question)->handle;
}

/**
 * tlsbind_judge_ask() - a verdict is needed
 * @hold: the hold; under the lock, not asked about
 *
 * It gets its handle. The judge is told by tlsbind_netlink_tell_judge().
 *
 * Context: process.
 */
void tlsbind_judge_ask(struct tlsbind_hold *hold)
{
	struct tlsbind_net *tn = tlsbind_net(tlsbind_sock_net(hold->ts));

	lockdep_assert_held(&tlsbind_hold_lock);
	hold->handle = ++tn->last_hold;
	hold->state = TLSBIND_HOLD_ASKED;
	hold->asked_at = jiffies;
	rb_add(&hold->question, &tn->asked, tlsbind_judge_earlier);
}

/**
 * tlsbind_judge_withdraw() - no verdict is needed any more, or not this one
 * @hold: the hold; under the lock
 *
 * Context: process.
 */
void tlsbind_judge_withdraw(struct tlsbind_hold *hold)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	if (RB_EMPTY_NODE(&hold->question))
		return;
	rb_erase(&hold->question, &tlsbind_net(tlsbind_sock_net(hold->ts))->asked);
	RB_CLEAR_NODE(&hold->question);
}

/* Whoever is held is let go; a lease may find another judge before it ends. */
static void tlsbind_judge_abandon(struct tlsbind_net *tn)
{
	struct tlsbind_hold *hold, *next;

	lockdep_assert_held(&tlsbind_hold_lock);
	list_for_each_entry_safe(hold, next, &tn->holds, node)
		if (hold->state == TLSBIND_HOLD_ASKED)
			tlsbind_hold_decide(hold, -EHOSTDOWN);
}

/**
 * tlsbind_judge_dismiss() - a netlink socket is closed
 * @net: its network namespace
 * @portid: the socket; nothing happens unless it is the judge's
 *
 * Context: process.
 */
void tlsbind_judge_dismiss(struct net *net, u32 portid)
{
	struct tlsbind_net *tn = tlsbind_net(net);

	spin_lock(&tlsbind_hold_lock);
	if (tn->judge == portid) {
		tn->judge = 0;
		tlsbind_judge_abandon(tn);
	}
	spin_unlock(&tlsbind_hold_lock);
}

/* The first that is asked about and whose handle is not less. */
static struct tlsbind_hold *tlsbind_judge_find(struct tlsbind_net *tn, u64 least)
{
	struct rb_node *node = tn->asked.rb_node;
	struct tlsbind_hold *hold, *found = NULL;

	lockdep_assert_held(&tlsbind_hold_lock);
	while (node) {
		hold = rb_entry(node, struct tlsbind_hold, question);
		if (hold->handle >= least) {
			found = hold;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/* Return: 0; -ENOENT if nobody may admit it any more. */
static int tlsbind_judge_admit(struct tlsbind_hold *hold)
{
	lockdep_assert_held(&tlsbind_hold_lock);
	/* Evidence of the other end of either socket would do for both. */
	if (READ_ONCE(hold->ts->flags) & TLSBIND_F_KEY_SHARED) {
		tlsbind_hold_decide(hold, -EKEYREJECTED);
		return -ENOENT;
	}
	if (hold->seconds) {
		tlsbind_lease_renew(hold, hold->asked_at);
		tlsbind_net_count(tlsbind_sock_net(hold->ts), TLSBIND_STAT_RENEWED);
	} else {
		tlsbind_hold_decide(hold, 0);
	}
	return 0;
}

/**
 * tlsbind_judge_decide() - a verdict
 * @net: network namespace
 * @portid: netlink socket of the one who gives it
 * @handle: of the hold
 * @admit: the connection goes on; otherwise it is aborted
 *
 * Context: process.
 * Return: 0; -EPERM if he is not the judge; -ENOENT if there is no such question, its
 * time is up, or another socket was given a key of the connection that he admits.
 */
int tlsbind_judge_decide(struct net *net, u32 portid, u64 handle, bool admit)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	struct tlsbind_hold *hold;
	int ret = 0;

	spin_lock(&tlsbind_hold_lock);
	if (tn->judge != portid) {
		ret = -EPERM;
		goto out;
	}
	hold = tlsbind_judge_find(tn, handle);
	if (!hold || hold->handle != handle ||
	    time_after_eq(jiffies, hold->deadline))
		ret = -ENOENT;
	else if (admit)
		ret = tlsbind_judge_admit(hold);
	else
		tlsbind_hold_decide(hold, -EACCES);
out:
	spin_unlock(&tlsbind_hold_lock);
	return ret;
}

/**
 * tlsbind_judge_next() - walk through what the judge of a namespace is asked
 * @net: the namespace
 * @handle: handle of the hold before, 0 at first; set to that of the hold
 *
 * Context: process.
 * Return: the hold with the next greater handle, with a reference for the
 * caller; NULL at the end.
 */
struct tlsbind_hold *tlsbind_judge_next(const struct net *net, u64 *handle)
{
	struct tlsbind_hold *hold;

	spin_lock(&tlsbind_hold_lock);
	hold = tlsbind_hold_get(tlsbind_judge_find(tlsbind_net(net),
						   *handle + 1));
	if (hold)
		*handle = hold->handle;
	spin_unlock(&tlsbind_hold_lock);
	return hold;
}

/**
 * tlsbind_judge_latest() - the end of a walk
 * @net: a network namespace
 *
 * Context: process.
 * Return: handle of the latest question of its judge; 0 if there never was any.
 */
u64 tlsbind_judge_latest(const struct net *net)
{
	u64 handle;

	spin_lock(&tlsbind_hold_lock);
	handle = tlsbind_net(net)->last_hold;
	spin_unlock(&tlsbind_hold_lock);
	return handle;
}

/**
 * tlsbind_judge_question() - what is the judge asked about a hold now?
 * @hold: the hold
 * @handle: set to its handle
 * @left: set to the milliseconds until it is too late
 *
 * What is learned of the connection's keys after that is not older than the handle.
 *
 * Context: process.
 * Return: 0; -ENOENT if he is not asked, or not any more.
 */
int tlsbind_judge_question(struct tlsbind_hold *hold, u64 *handle,
			   unsigned int *left)
{
	int ret = -ENOENT;

	spin_lock(&tlsbind_hold_lock);
	if (hold->state == TLSBIND_HOLD_ASKED) {
		*handle = hold->handle;
		*left = tlsbind_hold_left(hold);
		ret = 0;
	}
	spin_unlock(&tlsbind_hold_lock);
	return ret;
}
