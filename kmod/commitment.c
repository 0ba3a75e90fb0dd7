// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hashing is most of what the installation of a key would cost, and most
 * connections are never asked about. So commitments are made when somebody wants
 * them, from the copy of the key that kTLS keeps as long as it uses the key. No other is
 * kept here. That this is the key that was noted at its installation:
 *
 * A. The memory that is read is there. The state holds the socket. kTLS's context is
 *    found under RCU, as the socket's diagnosis by netlink finds it: when the socket
 *    is closed kTLS takes the pointer away and frees the context after a grace period;
 *    if a network card has a key, it leaves the pointer and frees the context
 *    when the socket is freed. Nothing else takes the context away: the ULP has no
 *    release, and a socket that has it refuses to be disconnected, and to be put into a
 *    sockmap. Whether our hooks are armed does not matter, nor that the module goes.
 *
 * B. Nobody writes to it meanwhile, as a rule. The two places that write are the
 *    installation of a key in the same direction, which we enclose: from
 *    tlsbind_commitment_retire() until it is noted what became of it nothing is read; and
 *    closing, before which tlsbind_commitment_forget() ends all reading. An
 *    installation that kTLS refuses writes only where there was no key (and one that takes
 *    the place of another is complete in one go). Reading a key back writes the
 *    initial vector over itself, which does not change in TLS 1.3. Sending
 *    and receiving count elsewhere.
 *
 * C. If something does write, be it a task that was in kTLS when the hooks were armed, closing
 *    after they were disarmed, or a kernel to come, it shows: what was read is not
 *    the key whose fingerprint was taken when its installation was noted. Then there is never
 *    evidence for the socket.
 *
 * Of the name of a connection, which the first keys make, this means: it is made, if
 * possible, before the first key of either direction is replaced; before the second
 * direction has a key its part is kept.
 *
 * Whoever is about to read what depends on commitments takes the lock of the state
 * and calls tlsbind_commitment_make(); until he lets go of it, nothing is owed but for a
 * key that is being replaced. So what he reads is of one moment, and cannot be told from what it
 * would be if all of it had been made at installation.
 */
#include "commitment.h"

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <net/inet_connection_sock.h>

#include "binding.h"
#include "key.h"
#include "sock.h"

static u8 tlsbind_commitment_direction(bool tx)
{
	return tx ? TLSBIND_DIRECTION_TX : TLSBIND_DIRECTION_RX;
}

/* Copy the key that was noted; the caller wipes it. -ESTALE: kTLS has it no more. */
static int tlsbind_commitment_read(const struct tlsbind_sock *ts,
				   const struct tlsbind_sock_key *key, bool tx,
				   struct tlsbind_key_material *material)
{
	const struct tls_context *ctx;
	int ret = -ESTALE;

	lockdep_assert_held(&ts->lock);
	rcu_read_lock();
	ctx = rcu_dereference(inet_csk(ts->sk)->icsk_ulp_data);
	if (ctx)
		ret = tlsbind_key_read(tx ? &ctx->crypto_send :
					    &ctx->crypto_recv, material);
	rcu_read_unlock();
	if (!ret && !tlsbind_share_is(&key->share, material,
				      tlsbind_commitment_direction(tx)))
		ret = -ESTALE;
	return ret;
}

static int tlsbind_commitment_compute(const struct tlsbind_sock *ts,
				      struct tlsbind_sock_key *key, bool tx)
{
	struct tlsbind_key_material material = {};
	int ret = tlsbind_commitment_read(ts, key, tx, &material);

	if (!ret)
		ret = tlsbind_binding_commit(&material,
					     tlsbind_commitment_direction(tx),
					     key->commitment);
	if (!ret)
		ret = tlsbind_binding_commit(&material,
					     tlsbind_commitment_direction(!tx),
					     key->mirror);
	memzero_explicit(&material, sizeof(material));
	return ret;
}

static void tlsbind_commitment_clear(struct tlsbind_sock_key *key)
{
	memset(key->commitment, 0, sizeof(key->commitment));
	memset(key->mirror, 0, sizeof(key->mirror));
}

/* Both commitments of a key. */
static int tlsbind_commitment_pay(const struct tlsbind_sock *ts,
				  struct tlsbind_sock_key *key, bool tx)
{
	int ret;

	if (!key->owed || key->replacing)
		return 0;
	ret = tlsbind_commitment_compute(ts, key, tx);
	key->owed = false;
	if (ret) {
		tlsbind_commitment_clear(key);
	} else if (!key->generation) {
		memcpy(key->first, key->commitment, sizeof(key->first));
		memcpy(key->first_mirror, key->mirror,
		       sizeof(key->first_mirror));
		key->committed = true;
	}
	return ret;
}

/* The name of a connection is made of the first keys of both directions. */
static int tlsbind_commitment_name(struct tlsbind_sock *ts)
{
	int ret;

	if (ts->named || !ts->tx.committed || !ts->rx.committed)
		return 0;
	ret = tlsbind_binding_connection_id(ts->tx.first, ts->rx.first, ts->id);
	if (!ret)
		ret = tlsbind_binding_connection_id(ts->rx.first_mirror,
						    ts->tx.first_mirror,
						    ts->mirror_id);
	ts->named = !ret;
	if (ret)
		memset(ts->id, 0, sizeof(ts->id));
	return ret;
}

/**
 * tlsbind_commitment_make() - make the commitments that are owed
 * @ts: the socket's state, with its lock
 *
 * Afterwards @commitment and @mirror of each direction are those of its key, and
 * @id and @mirror_id are there if both directions are. If the kernel's SHA-384
 * fails, or kTLS has another key, there is never evidence for this socket, and what is
 * not there is zero; a connection that was only to be attested goes on without, and one
 * that is to be judged is aborted. Of a key that is being replaced they are zero, too; it
 * is not the first then.
 *
 * Context: process; does not sleep, allocates nothing.
 */
void tlsbind_commitment_make(struct tlsbind_sock *ts)
{
	int tx, rx;

	lockdep_assert_held(&ts->lock);
	if (!ts->tx.owed && !ts->rx.owed)
		return;
	tx = tlsbind_commitment_pay(ts, &ts->tx, true);
	rx = tlsbind_commitment_pay(ts, &ts->rx, false);
	if ((tx || rx || tlsbind_commitment_name(ts)) && !ts->error)
		ts->error = -EKEYREJECTED;
}

/**
 * tlsbind_commitment_retire() - kTLS is about to be given a key
 * @ts: the socket's state, with its lock
 * @key: the direction, where nobody else installs one
 *
 * If that takes the place of the first, the first may still be needed for the name of
 * the connection. Until @replacing is taken away, nothing is read.
 *
 * Context: process.
 */
void tlsbind_commitment_retire(struct tlsbind_sock *ts,
			       struct tlsbind_sock_key *key)
{
	lockdep_assert_held(&ts->lock);
	if (key->owed && !key->generation)
		tlsbind_commitment_make(ts);
	key->replacing = true;
}

/**
 * tlsbind_commitment_owe() - a direction has another key than before
 * @key: the direction, with the lock of the state
 * @readable: there are commitments to it, which are owed
 *
 * Context: process.
 */
void tlsbind_commitment_owe(struct tlsbind_sock_key *key, bool readable)
{
	tlsbind_commitment_clear(key);
	key->owed = readable;
}

/**
 * tlsbind_commitment_forget() - the socket is about to be closed
 * @ts: its state, which may be referred to for a while
 *
 * What is owed is not made any more. That is an error, or whoever still has the
 * state might take what is not there for what is.
 *
 * Context: process.
 */
void tlsbind_commitment_forget(struct tlsbind_sock *ts)
{
	spin_lock(&ts->lock);
	if ((ts->tx.owed || ts->rx.owed) && !ts->error)
		ts->error = -ECONNABORTED;
	ts->tx.owed = false;
	ts->rx.owed = false;
	spin_unlock(&ts->lock);
}
