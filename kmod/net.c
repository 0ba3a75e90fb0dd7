// SPDX-License-Identifier: GPL-2.0-only
#include "net.h"

#include <linux/rcupdate.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "origin.h"
#include "policy.h"

static unsigned int tlsbind_net_id __read_mostly;

static int __net_init tlsbind_net_begin(struct net *net)
{
	struct tlsbind_net *tn = tlsbind_net(net);

	mutex_init(&tn->lock);
	tn->next_handle = 1;
	atomic_set(&tn->turnover, 1);
	tlsbind_connection_init_net(&tn->unnamed);
	spin_lock_init(&tn->asks_lock);
	INIT_LIST_HEAD(&tn->asks);
	INIT_LIST_HEAD(&tn->holds);
	INIT_LIST_HEAD(&tn->leases);
	tn->asked = RB_ROOT;
	return 0;
}

static void __net_exit tlsbind_net_end(struct net *net)
{
	struct tlsbind_net *tn = tlsbind_net(net);

	tlsbind_connection_exit_net(&tn->unnamed);
	tlsbind_origin_drop(tn);
	tlsbind_policy_drop(tn);
}

static struct pernet_operations tlsbind_net_ops = {
	.init = tlsbind_net_begin,
	.exit = tlsbind_net_end,
	.id = &tlsbind_net_id,
	.size = sizeof(struct tlsbind_net),
};

/**
 * tlsbind_net() - what is kept for a network namespace
 * @net: the namespace
 *
 * Return: never NULL between tlsbind_net_init() and tlsbind_net_exit().
 */
struct tlsbind_net *tlsbind_net(const struct net *net)
{
	return net_generic(net, tlsbind_net_id);
}

/**
 * tlsbind_net_count() - count one
 * @net: the namespace
 * @stat: what
 *
 * Context: any.
 */
void tlsbind_net_count(const struct net *net, enum tlsbind_stat stat)
{
	atomic64_inc(&tlsbind_net(net)->stats[stat]);
}

/**
 * tlsbind_net_count_sock() - a socket has its first key, or goes away
 * @net: the namespace
 * @comes: it has its first key
 *
 * Context: any.
 */
void tlsbind_net_count_sock(const struct net *net, bool comes)
{
	struct tlsbind_net *tn = tlsbind_net(net);

	atomic_add(comes ? 1 : -1, &tn->sockets);
	atomic_inc(&tn->turnover);
}

/**
 * tlsbind_net_init() - keep something for every namespace, new ones included
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_net_init(void)
{
	return register_pernet_subsys(&tlsbind_net_ops);
}

/**
 * tlsbind_net_exit() - undo tlsbind_net_init()
 *
 * Context: process, may sleep; no socket is tracked and no netlink request
 * under way any more.
 */
void tlsbind_net_exit(void)
{
	unregister_pernet_subsys(&tlsbind_net_ops);
	/* Sets of rules are freed by callbacks of ours. */
	rcu_barrier();
}
