// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of sockets with keys in the kernel, and what is known about each.
 *
 * A state is made before the first key of its socket is installed and dropped
 * when the socket is closed. It holds the socket, which may outlive its being
 * closed for as long as somebody uses the state, and as long as that the
 * network namespace is there, too. Sockets may outlive the module; their states
 * are dropped with it.
 */
#include "sock.h"

#include <linux/delay.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/sock_diag.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tls.h>

#include "commitment.h"
#include "event.h"
#include "evidence.h"
#include "gate.h"
#include "hold.h"
#include "net.h"
#include "origin.h"
#include "share.h"

static struct rhashtable tlsbind_sock_table;

static const struct rhashtable_params tlsbind_sock_params = {
	.head_offset = offsetof(struct tlsbind_sock, node),
	.key_offset = offsetof(struct tlsbind_sock, sk),
	.key_len = sizeof_field(struct tlsbind_sock, sk),
	.automatic_shrinking = true,
};

/**
 * tlsbind_sock_init() - make the table, and the index by connection id
 *
 * Return: 0 or -ENOMEM.
 */
int tlsbind_sock_init(void)
{
	int ret = tlsbind_connection_init();

	if (ret)
		return ret;
	ret = rhashtable_init(&tlsbind_sock_table, &tlsbind_sock_params);
	if (ret) {
		tlsbind_connection_stop();
		tlsbind_connection_exit();
	}
	return ret;
}

static void tlsbind_sock_free_rcu(struct rcu_head *rcu)
{
	struct tlsbind_sock *ts = container_of(rcu, struct tlsbind_sock, rcu);
	struct net *net = tlsbind_sock_net(ts);

	tlsbind_origin_put(ts->tx.origin);
	tlsbind_origin_put(ts->rx.origin);
	/* If it is a kernel socket, the namespace may be there because of us only. */
	sock_put(ts->sk);
	put_net(net);
	if (ts->gating != &tlsbind_gating_none)
		kfree(ts->gating);
	kfree_sensitive(ts->commitments);
	kfree_sensitive(ts);
}

/**
 * tlsbind_sock_hold() - take another reference
 * @ts: state that the caller holds a reference on
 */
void tlsbind_sock_hold(struct tlsbind_sock *ts)
{
	refcount_inc(&ts->ref);
}

/**
 * tlsbind_sock_put() - drop a reference
 * @ts: state or NULL
 *
 * Context: any but hard interrupts.
 */
void tlsbind_sock_put(struct tlsbind_sock *ts)
{
	if (ts && refcount_dec_and_test(&ts->ref))
		call_rcu(&ts->rcu, tlsbind_sock_free_rcu);
}

/* Unpublished already: cancel what still uses it, drop the table's reference. */
static void tlsbind_sock_retire(struct tlsbind_sock *ts)
{
	tlsbind_share_release(&ts->tx);
	tlsbind_share_release(&ts->rx);
	tlsbind_connection_remove(ts);
	if (tlsbind_sock_keyed(ts))
		tlsbind_net_count_sock(tlsbind_sock_net(ts), false);
	tlsbind_gate_forget(ts);
	tlsbind_evidence_forget(ts);
	tlsbind_commitment_forget(ts);
	tlsbind_sock_put(ts);
}

static void tlsbind_sock_retire_entry(void *entry, void *unused)
{
	tlsbind_sock_retire(entry);
}

/**
 * tlsbind_sock_exit() - drop all states and the table
 *
 * Nobody else may use the table: hooks are drained, the worker is stopped.
 *
 * Context: process, may sleep.
 */
void tlsbind_sock_exit(void)
{
	tlsbind_connection_stop();
	rhashtable_free_and_destroy(&tlsbind_sock_table,
				    tlsbind_sock_retire_entry, NULL);
	tlsbind_connection_exit();
	rcu_barrier();
}

/**
 * tlsbind_sock_get() - look up a socket's state
 * @sk: the socket; the caller is in a call on it, so that it is not closed
 *
 * Context: any but hard interrupts.
 * Return: the state with a reference for the caller, or NULL.
 */
struct tlsbind_sock *tlsbind_sock_get(struct sock *sk)
{
	struct tlsbind_sock *ts;

	rcu_read_lock();
	ts = rhashtable_lookup(&tlsbind_sock_table, &sk, tlsbind_sock_params);
	if (ts && !refcount_inc_not_zero(&ts->ref))
		ts = NULL;
	rcu_read_unlock();
	return ts;
}

/**
 * tlsbind_sock_cookie() - what a socket is told apart by
 * @ts: its state
 *
 * Context: any.
 * Return: as SO_COOKIE has it.
 */
u64 tlsbind_sock_cookie(const struct tlsbind_sock *ts)
{
	u32 half[2];

	sock_diag_save_cookie(ts->sk, half);
	return (u64)half[1] << 32 | half[0];
}

/**
 * tlsbind_sock_flow() - the two ends of a connection
 * @ts: its state, with its lock
 * @flow: filled
 *
 * Context: any.
 */
void tlsbind_sock_flow(const struct tlsbind_sock *ts, struct tlsbind_flow *flow)
{
	lockdep_assert_held(&ts->lock);
	tlsbind_flow_ends(ts->sk, flow);
	flow->local_only = ts->local_only;
}

static struct tlsbind_sock *tlsbind_sock_new(struct sock *sk)
{
	struct tlsbind_sock *ts = kzalloc(sizeof(*ts), GFP_KERNEL_ACCOUNT);

	if (!ts)
		return NULL;
	/* A kernel socket does not keep its namespace. */
	if (!maybe_get_net(sock_net(sk))) {
		kfree_sensitive(ts);
		return NULL;
	}
	sock_hold(sk);
	ts->sk = sk;
	ts->gating = &tlsbind_gating_none;
	refcount_set(&ts->ref, 1);
	spin_lock_init(&ts->lock);
	init_waitqueue_head(&ts->wait);
	INIT_LIST_HEAD(&ts->asked);
	return ts;
}

/*
 * Put a state into the table. NULL: done; otherwise the state that is there
 * already, with a reference, or an ERR_PTR().
 */
static struct tlsbind_sock *tlsbind_sock_insert(struct tlsbind_sock *ts)
{
	struct tlsbind_sock *other;

	rcu_read_lock();
	other = rhashtable_lookup_get_insert_fast(&tlsbind_sock_table, &ts->node,
						  tlsbind_sock_params);
	/* It cannot go away: the socket is not closed while we are here. */
	if (!IS_ERR_OR_NULL(other))
		tlsbind_sock_hold(other);
	rcu_read_unlock();
	return other;
}

/**
 * tlsbind_sock_track() - look up a socket's state, or make it
 * @sk: the socket; the caller is in a call on it, so that it is not closed
 *
 * Context: process, may sleep.
 * Return: the state with a reference for the caller; or an ERR_PTR(): -ENOMEM,
 * or -EBUSY or -E2BIG of a table that does not grow in time.
 */
struct tlsbind_sock *tlsbind_sock_track(struct sock *sk)
{
	struct tlsbind_sock *ts = tlsbind_sock_get(sk), *other;
	int tries = 100;

	if (ts)
		return ts;
	ts = tlsbind_sock_new(sk);
	if (!ts)
		return ERR_PTR(-ENOMEM);

	tlsbind_sock_hold(ts);
	/* The table is grown by a work item, which may need a moment. */
	while ((other = tlsbind_sock_insert(ts)) == ERR_PTR(-EBUSY) && --tries)
		usleep_range(100, 1000);
	if (!other)
		return ts;

	tlsbind_sock_put(ts);
	tlsbind_sock_put(ts);
	return other;
}

/**
 * tlsbind_sock_has_keys() - does kTLS hold a key of this socket?
 * @sk: a socket with the tls ULP, not locked
 *
 * Context: process; takes the socket lock and sleeps.
 * Return: true if so, in either direction.
 */
bool tlsbind_sock_has_keys(struct sock *sk)
{
	const struct tls_context *ctx;
	bool has;

	lock_sock(sk);
	ctx = tls_get_ctx(sk);
	has = ctx->tx_conf != TLS_BASE || ctx->rx_conf != TLS_BASE;
	release_sock(sk);
	return has;
}

/**
 * tlsbind_sock_keyed() - has it a key that was seen?
 * @ts: the socket's state
 *
 * Context: process.
 * Return: true if so, in either direction.
 */
bool tlsbind_sock_keyed(struct tlsbind_sock *ts)
{
	bool keyed;

	spin_lock(&ts->lock);
	keyed = ts->tx.present || ts->rx.present;
	spin_unlock(&ts->lock);
	return keyed;
}

/**
 * tlsbind_sock_walk() - begin a walk through all states
 * @iter: to go on with, as rhashtable_walk_enter() leaves it; what it comes
 *	across may have lost its last reference, but not its memory: who uses it takes one
 *
 * Context: process, may sleep.
 */
void tlsbind_sock_walk(struct rhashtable_iter *iter)
{
	rhashtable_walk_enter(&tlsbind_sock_table, iter);
}

/**
 * tlsbind_sock_unpublish() - forget a socket that is being closed
 * @sk: the socket
 *
 * A challenge that waits is dropped.
 *
 * Context: process.
 */
void tlsbind_sock_unpublish(struct sock *sk)
{
	struct tlsbind_sock *ts = tlsbind_sock_get(sk);

	if (!ts)
		return;
	if (!rhashtable_remove_fast(&tlsbind_sock_table, &ts->node,
				    tlsbind_sock_params)) {
		if (tlsbind_sock_keyed(ts))
			tlsbind_event_close(ts);
		tlsbind_sock_retire(ts);
	}
	tlsbind_sock_put(ts);
}
