// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of sockets with keys in the kernel, and what is known about each.
 *
 * A state is made before the first key of its socket is installed and dropped
 * when the socket is closed. Both happen in calls that hold a
 * reference on the socket's file or are its last user, so an address in the
 * table is never that of a freed socket. Sockets may outlive the module; their
 * states are dropped with it.
 */
#include "sock.h"

#include <linux/delay.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/sock.h>

#include "binding.h"
#include "evidence.h"
#include "key.h"
#include "policy.h"

static struct rhashtable tlsbind_sock_table;

static const struct rhashtable_params tlsbind_sock_params = {
	.head_offset = offsetof(struct tlsbind_sock, node),
	.key_offset = offsetof(struct tlsbind_sock, sk),
	.key_len = sizeof_field(struct tlsbind_sock, sk),
	.automatic_shrinking = true,
};

/**
 * tlsbind_sock_init() - make the table
 *
 * Return: 0 or -ENOMEM.
 */
int tlsbind_sock_init(void)
{
	return rhashtable_init(&tlsbind_sock_table, &tlsbind_sock_params);
}

static void tlsbind_sock_free_rcu(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct tlsbind_sock, rcu));
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
	tlsbind_evidence_forget(ts);
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
	rhashtable_free_and_destroy(&tlsbind_sock_table,
				    tlsbind_sock_retire_entry, NULL);
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
	ts = rhashtable_lookup_fast(&tlsbind_sock_table, &sk,
				    tlsbind_sock_params);
	if (ts && !refcount_inc_not_zero(&ts->ref))
		ts = NULL;
	rcu_read_unlock();
	return ts;
}

static struct tlsbind_sock *tlsbind_sock_new(struct sock *sk)
{
	struct tlsbind_sock *ts = kzalloc(sizeof(*ts), GFP_KERNEL_ACCOUNT);

	if (!ts)
		return NULL;
	ts->sk = sk;
	refcount_set(&ts->ref, 1);
	spin_lock_init(&ts->lock);
	init_waitqueue_head(&ts->wait);
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
				    tlsbind_sock_params))
		tlsbind_sock_retire(ts);
	tlsbind_sock_put(ts);
}

/* What a key installation changes, computed before it is made visible. */
struct tlsbind_sock_change {
	int error;
	u16 tls_version;
	u16 cipher_suite;
	bool nic;
	u8 commitment[TLSBIND_COMMITMENT_SIZE];
	u8 mirror[TLSBIND_COMMITMENT_SIZE];
};

static void tlsbind_sock_read(struct sock *sk, bool tx,
			      struct tlsbind_sock_change *change)
{
	const struct tls_context *ctx = tls_get_ctx(sk);
	struct tlsbind_key_material key;
	int ret;

	sock_owned_by_me(sk);
	change->nic = (tx ? ctx->tx_conf : ctx->rx_conf) == TLS_HW;
	ret = tlsbind_key_read(tx ? &ctx->crypto_send : &ctx->crypto_recv, &key);
	change->tls_version = key.tls_version;
	change->cipher_suite = key.cipher_suite;
	if (!ret)
		ret = tlsbind_binding_commit(&key, tx ? TLSBIND_DIRECTION_TX :
							TLSBIND_DIRECTION_RX,
					     change->commitment);
	if (!ret)
		ret = tlsbind_binding_commit(&key, tx ? TLSBIND_DIRECTION_RX :
							TLSBIND_DIRECTION_TX,
					     change->mirror);
	memzero_explicit(&key, sizeof(key));
	change->error = ret;
}

static void tlsbind_sock_apply(struct tlsbind_sock *ts, bool tx,
			       const struct tlsbind_sock_change *change,
			       const struct tlsbind_caller *caller)
{
	struct tlsbind_sock_key *key = tx ? &ts->tx : &ts->rx;

	ts->tls_version = change->tls_version;
	ts->cipher_suite = change->cipher_suite;
	if (change->nic)
		ts->flags |= TLSBIND_F_NIC;
	if (change->error && change->error != -EPROTONOSUPPORT && !ts->error)
		ts->error = -EKEYREJECTED;

	memcpy(key->commitment, change->commitment, sizeof(key->commitment));
	memcpy(key->mirror, change->mirror, sizeof(key->mirror));
	if (key->present) {
		key->generation++;
	} else {
		memcpy(key->first, change->commitment, sizeof(key->first));
		memcpy(key->first_mirror, change->mirror,
		       sizeof(key->first_mirror));
	}
	key->present = true;

	if (tx || !ts->tx.present) {
		ts->caller = *caller;
		ts->installed_ns = ktime_get_boottime_ns();
	}
}

/*
 * Name the connection as soon as both directions are there. The commitments
 * of generation 0 do not change any more then, so they can be read unlocked
 * by the one who holds the socket lock.
 */
static void tlsbind_sock_name(struct tlsbind_sock *ts)
{
	u8 id[TLSBIND_CONNECTION_ID_SIZE], mirror_id[TLSBIND_CONNECTION_ID_SIZE];
	int ret;

	ret = tlsbind_binding_connection_id(ts->tx.first, ts->rx.first, id);
	if (!ret)
		ret = tlsbind_binding_connection_id(ts->rx.first_mirror,
						    ts->tx.first_mirror,
						    mirror_id);
	spin_lock(&ts->lock);
	if (ret) {
		ts->error = -EKEYREJECTED;
	} else {
		memcpy(ts->id, id, sizeof(ts->id));
		memcpy(ts->mirror_id, mirror_id, sizeof(ts->mirror_id));
	}
	spin_unlock(&ts->lock);
}

/*
 * kTLS holds a key that was installed past us: before the module was loaded,
 * or by a task that was in kTLS when the hooks were armed. While somebody
 * else is installing, a key may be there before it is noted.
 */
static void tlsbind_sock_check_stale(struct tlsbind_sock *ts, struct sock *sk,
				     unsigned int installing)
{
	const struct tls_context *ctx = tls_get_ctx(sk);

	sock_owned_by_me(sk);
	lockdep_assert_held(&ts->lock);
	if (ts->installing != installing)
		return;
	if ((ctx->tx_conf != TLS_BASE && !ts->tx.present) ||
	    (ctx->rx_conf != TLS_BASE && !ts->rx.present))
		ts->error = -ESTALE;
}

/**
 * tlsbind_sock_install_begin() - kTLS is about to be given a key
 * @ts: the socket's state
 * @sk: the socket, not locked
 *
 * Until the matching tlsbind_sock_install_end() nothing is said about the
 * socket's keys.
 *
 * Context: process; takes the socket lock and sleeps.
 */
void tlsbind_sock_install_begin(struct tlsbind_sock *ts, struct sock *sk)
{
	lock_sock(sk);
	spin_lock(&ts->lock);
	tlsbind_sock_check_stale(ts, sk, 0);
	ts->installing++;
	spin_unlock(&ts->lock);
	release_sock(sk);
}

/**
 * tlsbind_sock_install_end() - kTLS has answered
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @tx: the sending direction
 * @installed: it took the key
 *
 * The key is read back from kTLS, never from the user's buffer, which may have
 * changed since. Another task may have installed the next key meanwhile: then
 * both calls read that one, and as each counts a generation, the last state is
 * the right one.
 *
 * Where a commitment cannot be made (no memory), no evidence is given for this
 * socket any more.
 *
 * Context: process, in the task that installed the key; takes the socket lock
 * and sleeps.
 */
void tlsbind_sock_install_end(struct tlsbind_sock *ts, struct sock *sk, bool tx,
			      bool installed)
{
	struct tlsbind_sock_change change = {};
	struct tlsbind_caller caller;
	bool nameless, complete;

	tlsbind_caller_get(&caller);

	lock_sock(sk);
	if (installed)
		tlsbind_sock_read(sk, tx, &change);
	spin_lock(&ts->lock);
	nameless = !(ts->tx.present && ts->rx.present);
	if (installed)
		tlsbind_sock_apply(ts, tx, &change, &caller);
	complete = ts->tx.present && ts->rx.present && !change.error;
	tlsbind_sock_check_stale(ts, sk, 1);
	spin_unlock(&ts->lock);
	if (nameless && complete)
		tlsbind_sock_name(ts);

	spin_lock(&ts->lock);
	ts->installing--;
	spin_unlock(&ts->lock);
	release_sock(sk);
}

static u32 tlsbind_sock_flags(const struct tlsbind_sock *ts)
{
	u32 flags = ts->flags | tlsbind_policy_flags();

	lockdep_assert_held(&ts->lock);
	if (!ts->tx.present || !ts->rx.present)
		flags |= TLSBIND_F_ONE_DIRECTION;
	return flags;
}

/**
 * tlsbind_sock_ready() - has the socket keys that can be spoken of?
 * @ts: its state
 *
 * Context: process.
 * Return: 0, TLS 1.2 included; -ENOKEY, -ESTALE or -EKEYREJECTED, see
 * tlsbind_sock_claims().
 */
int tlsbind_sock_ready(struct tlsbind_sock *ts)
{
	int ret;

	spin_lock(&ts->lock);
	ret = ts->error;
	if (!ret && !ts->tx.present && !ts->rx.present)
		ret = -ENOKEY;
	spin_unlock(&ts->lock);
	return ret;
}

static int tlsbind_sock_error(const struct tlsbind_sock *ts)
{
	lockdep_assert_held(&ts->lock);
	if (ts->error)
		return ts->error;
	if (!ts->tx.present && !ts->rx.present)
		return -ENOKEY;
	if (ts->installing)
		return -EBUSY;
	if (ts->tls_version != TLS_1_3_VERSION || !ts->cipher_suite)
		return -EPROTONOSUPPORT;
	return 0;
}

/**
 * tlsbind_sock_claims() - state what is true of the socket now
 * @ts: its state
 * @claims: everything but nonce and app_data is filled; those are left alone
 *
 * Context: process.
 * Return: 0; -ESTALE if the socket has keys that were not seen; -EKEYREJECTED
 * if a key could not be committed to; -ENOKEY if there is none; -EBUSY while
 * one is being installed; -EPROTONOSUPPORT for TLS 1.2.
 */
int tlsbind_sock_claims(struct tlsbind_sock *ts, struct tlsbind_claims *claims)
{
	int ret;

	claims->version = cpu_to_be16(TLSBIND_PROTOCOL_VERSION);
	claims->evidence_ns = cpu_to_be64(ktime_get_boottime_ns());

	spin_lock(&ts->lock);
	ret = tlsbind_sock_error(ts);
	claims->tls_version = cpu_to_be16(ts->tls_version);
	claims->cipher_suite = cpu_to_be16(ts->cipher_suite);
	claims->flags = cpu_to_be32(tlsbind_sock_flags(ts));
	claims->uid = cpu_to_be32(ts->caller.uid);
	claims->cgroup_id = cpu_to_be64(ts->caller.cgroup_id);
	claims->netns = cpu_to_be64(ts->caller.netns);
	claims->installed_ns = cpu_to_be64(ts->installed_ns);
	claims->tx_generation = cpu_to_be32(ts->tx.generation);
	claims->rx_generation = cpu_to_be32(ts->rx.generation);
	memcpy(claims->tx_commitment, ts->tx.commitment,
	       sizeof(claims->tx_commitment));
	memcpy(claims->rx_commitment, ts->rx.commitment,
	       sizeof(claims->rx_commitment));
	spin_unlock(&ts->lock);
	return ret;
}

/**
 * tlsbind_sock_info() - describe the socket to its owner
 * @ts: its state
 * @info: filled
 *
 * Context: process.
 */
void tlsbind_sock_info(struct tlsbind_sock *ts, struct tlsbind_info *info)
{
	spin_lock(&ts->lock);
	memcpy(info->connection_id, ts->id, sizeof(info->connection_id));
	info->flags = tlsbind_sock_flags(ts);
	info->tx_generation = ts->tx.generation;
	info->rx_generation = ts->rx.generation;
	info->tls_version = ts->tls_version;
	info->cipher_suite = ts->cipher_suite;
	spin_unlock(&ts->lock);
}

/**
 * tlsbind_sock_peer() - tell a relying party what its peer must present
 * @ts: state of the relying party's own socket
 * @peer: filled
 *
 * Context: process.
 * Return: 0; -ENODATA if a direction is not in the kernel; otherwise an errno
 * of tlsbind_sock_claims().
 */
int tlsbind_sock_peer(struct tlsbind_sock *ts, struct tlsbind_peer *peer)
{
	int ret;

	spin_lock(&ts->lock);
	ret = tlsbind_sock_error(ts);
	if (!ret && (!ts->tx.present || !ts->rx.present))
		ret = -ENODATA;
	memcpy(peer->connection_id, ts->mirror_id, sizeof(peer->connection_id));
	memcpy(peer->tx_commitment, ts->rx.mirror, sizeof(peer->tx_commitment));
	memcpy(peer->rx_commitment, ts->tx.mirror, sizeof(peer->rx_commitment));
	peer->tx_generation = ts->rx.generation;
	peer->rx_generation = ts->tx.generation;
	spin_unlock(&ts->lock);
	return ret;
}
