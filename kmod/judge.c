// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gives verdicts on held connections: one netlink socket for each network
 * namespace. A verdict names a hold, each of which has a handle of its own, and no key
 * is installed while one is asked about: so it cannot be about other keys.
 */
#include "judge.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/spinlock.h>

#include "hold.h"
#include "net.h"

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
		tlsbind_hold_decide_all(tn, false, -EHOSTDOWN);
	}
	spin_unlock(&tlsbind_hold_lock);
}

/* The first that is asked about and whose handle is not less. */
static struct tlsbind_hold *tlsbind_judge_find(struct tlsbind_net *tn, u64 least)
{
	struct tlsbind_hold *hold;

	lockdep_assert_held(&tlsbind_hold_lock);
	list_for_each_entry(hold, &tn->holds, node)
		if (hold->state == TLSBIND_HOLD_ASKED && hold->handle >= least)
			return hold;
	return NULL;
}

/**
 * tlsbind_judge_decide() - a verdict
 * @net: network namespace
 * @portid: netlink socket of the one who gives it
 * @handle: of the hold
 * @admit: the connection goes on; otherwise it is aborted
 *
 * Context: process.
 * Return: 0; -EPERM if he is not the judge; -ENOENT if there is no such hold,
 * or its time is up.
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
	else
		tlsbind_hold_decide(hold, admit ? 0 : -EACCES);
out:
	spin_unlock(&tlsbind_hold_lock);
	return ret;
}

/**
 * tlsbind_judge_next() - walk through what the judge of a namespace is asked
 * @net: the namespace
 * @after: handle of the hold before; 0 at first
 *
 * Context: process.
 * Return: the hold with the next greater handle, with a reference for the
 * caller; NULL at the end.
 */
struct tlsbind_hold *tlsbind_judge_next(const struct net *net, u64 after)
{
	struct tlsbind_hold *hold;

	spin_lock(&tlsbind_hold_lock);
	hold = tlsbind_hold_get(tlsbind_judge_find(tlsbind_net(net), after + 1));
	spin_unlock(&tlsbind_hold_lock);
	return hold;
}
