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

#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sock_diag.h>
#include <linux/string.h>
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

#define TLSBIND_SOCK_SHARDS	1024

/* What kmalloc() has room for; locks that are debugged are larger. */
static_assert(sizeof(struct tlsbind_sock) <= 256 || sizeof(spinlock_t) > 4);

/*
 * The table: red-black trees, since they take no memory but the states', need not grow, and
 * cannot fail. With a million sockets they are ten levels deep.
 */
static struct tlsbind_sock_shard {
	spinlock_t lock; /* root */
	struct rb_root root;
} tlsbind_sock_shards[TLSBIND_SOCK_SHARDS];

static struct tlsbind_sock_shard *tlsbind_sock_shard(const struct sock *sk)
{
	return &tlsbind_sock_shards[hash_ptr(sk, ilog2(TLSBIND_SOCK_SHARDS))];
}

static struct tlsbind_sock *tlsbind_sock_of(const struct rb_node *node)
{
	return rb_entry_safe(node, struct tlsbind_sock, node);
}

static int tlsbind_sock_compare(const void *sk, const struct rb_node *node)
{
	uintptr_t a = (uintptr_t)sk, b = (uintptr_t)tlsbind_sock_of(node)->sk;

	return a < b ? -1 : a > b;
}

static int tlsbind_sock_order(struct rb_node *a, const struct rb_node *b)
{
	return tlsbind_sock_compare(tlsbind_sock_of(a)->sk, b);
}

/**
 * tlsbind_sock_init() - make the table, and the index by connection id
 *
 * Return: 0 or -ENOMEM.
 */
int tlsbind_sock_init(void)
{
	unsigned int i;

	for (i = 0; i < TLSBIND_SOCK_SHARDS; i++)
		spin_lock_init(&tlsbind_sock_shards[i].lock);
	return tlsbind_connection_init();
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
	tlsbind_evidence_free(ts);
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
		/* The socket is to go now, not when it suits RCU. */
		call_rcu_hurry(&ts->rcu, tlsbind_sock_free_rcu);
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

/* Take a state out of the table; false if it is not in there any more. */
static bool tlsbind_sock_remove(struct tlsbind_sock *ts)
{
	struct tlsbind_sock_shard *shard = tlsbind_sock_shard(ts->sk);
	bool there;

	spin_lock(&shard->lock);
	there = !RB_EMPTY_NODE(&ts->node);
	if (there) {
		rb_erase(&ts->node, &shard->root);
		RB_CLEAR_NODE(&ts->node);
	}
	spin_unlock(&shard->lock);
	return there;
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
	struct tlsbind_sock_place place = {};
	struct tlsbind_sock *ts;

	tlsbind_connection_stop();
	while ((ts = tlsbind_sock_next(&place))) {
		if (tlsbind_sock_remove(ts))
			tlsbind_sock_retire(ts);
		tlsbind_sock_put(ts);
		cond_resched();
	}
	tlsbind_connection_exit();
	rcu_barrier();
}

/**
 * tlsbind_sock_get() - look up a socket's state
 * @sk: the socket; the caller is in a call on it, so that it is not closed
 *
 * Context: process.
 * Return: the state with a reference for the caller, or NULL.
 */
struct tlsbind_sock *tlsbind_sock_get(struct sock *sk)
{
	struct tlsbind_sock_shard *shard = tlsbind_sock_shard(sk);
	struct tlsbind_sock *ts;

	spin_lock(&shard->lock);
	ts = tlsbind_sock_of(rb_find(sk, &shard->root, tlsbind_sock_compare));
	if (ts)
		tlsbind_sock_hold(ts);
	spin_unlock(&shard->lock);
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
 * tlsbind_sock_closed() - is a socket closed, or about to be?
 * @ts: its state
 *
 * Context: process.
 * Return: true if so.
 */
bool tlsbind_sock_closed(struct tlsbind_sock *ts)
{
	bool closed;

	spin_lock(&ts->lock);
	closed = ts->closed;
	spin_unlock(&ts->lock);
	return closed;
}

/**
 * tlsbind_sock_flow() - the two ends of a connection
 * @ts: its state, with its lock, without which the socket is not closed
 * @flow: filled; both ends are zero if it is closed: then it may have forgotten them
 *
 * Context: process.
 */
void tlsbind_sock_flow(const struct tlsbind_sock *ts, struct tlsbind_flow *flow)
{
	lockdep_assert_held(&ts->lock);
	memset(flow, 0, sizeof(*flow));
	if (!ts->closed)
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
	RB_CLEAR_NODE(&ts->node);
	tlsbind_twin_init(&ts->tx.share);
	tlsbind_twin_init(&ts->rx.share);
	spin_lock_init(&ts->lock);
	return ts;
}

/* Put a state into the table, or get the one that is there already; with a reference. */
static struct tlsbind_sock *tlsbind_sock_insert(struct tlsbind_sock *ts)
{
	struct tlsbind_sock_shard *shard = tlsbind_sock_shard(ts->sk);
	struct tlsbind_sock *other;

	spin_lock(&shard->lock);
	other = tlsbind_sock_of(rb_find_add(&ts->node, &shard->root,
					    tlsbind_sock_order));
	tlsbind_sock_hold(other ?: ts);
	spin_unlock(&shard->lock);
	return other ?: ts;
}

/**
 * tlsbind_sock_track() - look up a socket's state, or make it
 * @sk: the socket; the caller is in a call on it, so that it is not closed
 *
 * Context: process, may sleep.
 * Return: the state with a reference for the caller; or ERR_PTR(-ENOMEM).
 */
struct tlsbind_sock *tlsbind_sock_track(struct sock *sk)
{
	struct tlsbind_sock *ts = tlsbind_sock_get(sk), *there;

	if (ts)
		return ts;
	ts = tlsbind_sock_new(sk);
	if (!ts)
		return ERR_PTR(-ENOMEM);
	there = tlsbind_sock_insert(ts);
	if (there != ts)
		tlsbind_sock_put(ts);
	return there;
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

/* The first of a shard behind an address, with a reference; NULL at its end. */
static struct tlsbind_sock *tlsbind_sock_after(struct tlsbind_sock_shard *shard,
					       const struct sock *sk)
{
	struct tlsbind_sock *found = NULL;
	struct rb_node *node;

	spin_lock(&shard->lock);
	node = shard->root.rb_node;
	while (node) {
		if (tlsbind_sock_compare(sk, node) < 0) {
			found = tlsbind_sock_of(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (found)
		tlsbind_sock_hold(found);
	spin_unlock(&shard->lock);
	return found;
}

/**
 * tlsbind_sock_next() - walk through all states
 * @place: where the walk is, zero at first; it may rest there
 *
 * What is there all the time is met once, what comes or goes meanwhile perhaps.
 *
 * Context: process.
 * Return: the next state, with a reference for the caller; NULL at the end.
 */
struct tlsbind_sock *tlsbind_sock_next(struct tlsbind_sock_place *place)
{
	struct tlsbind_sock *ts;

	for (; place->shard < TLSBIND_SOCK_SHARDS; place->shard++) {
		ts = tlsbind_sock_after(&tlsbind_sock_shards[place->shard],
					place->sk);
		if (ts) {
			place->sk = ts->sk;
			return ts;
		}
		place->sk = NULL;
	}
	return NULL;
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
	if (tlsbind_sock_remove(ts)) {
		if (tlsbind_sock_keyed(ts))
			tlsbind_event_close(ts);
		tlsbind_sock_retire(ts);
	}
	tlsbind_sock_put(ts);
}
