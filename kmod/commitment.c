// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hashing is most of what the installation of a key would cost, and most
 * connections are never asked about. So a state keeps the key itself, as kTLS
 * does, until somebody wants its commitments: from then on those, and the key is
 * wiped. It is also wiped when another takes its place, and when the socket is closed.
 *
 * Whoever is about to read what depends on commitments takes the lock of the state
 * and calls tlsbind_commitment_make(); until he lets go of it, nothing is owed. So
 * what he reads is of one moment, and cannot be told from what it would be if all of it
 * had been made at installation.
 */
#include "commitment.h"

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "binding.h"
#include "sock.h"

static int tlsbind_commitment_compute(struct tlsbind_sock_key *key, bool tx)
{
	int ret;

	ret = tlsbind_binding_commit(&key->material,
				     tx ? TLSBIND_DIRECTION_TX :
					  TLSBIND_DIRECTION_RX,
				     key->commitment);
	return ret ?: tlsbind_binding_commit(&key->material,
					     tx ? TLSBIND_DIRECTION_RX :
						  TLSBIND_DIRECTION_TX,
					     key->mirror);
}

static void tlsbind_commitment_clear(struct tlsbind_sock_key *key)
{
	memset(key->commitment, 0, sizeof(key->commitment));
	memset(key->mirror, 0, sizeof(key->mirror));
}

static void tlsbind_commitment_wipe(struct tlsbind_sock_key *key)
{
	memzero_explicit(&key->material, sizeof(key->material));
	key->owed = false;
}

/* Both commitments, in place of the key. */
static int tlsbind_commitment_pay(struct tlsbind_sock_key *key, bool tx)
{
	int ret;

	if (!key->owed)
		return 0;
	ret = tlsbind_commitment_compute(key, tx);
	tlsbind_commitment_wipe(key);
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
 * fails, there is never evidence for this socket, and what is not there is zero; a
 * connection that was only to be attested goes on without, and one that is to be
 * judged is aborted.
 *
 * Context: process; does not sleep, allocates nothing.
 */
void tlsbind_commitment_make(struct tlsbind_sock *ts)
{
	int tx, rx;

	lockdep_assert_held(&ts->lock);
	if (!ts->tx.owed && !ts->rx.owed)
		return;
	tx = tlsbind_commitment_pay(&ts->tx, true);
	rx = tlsbind_commitment_pay(&ts->rx, false);
	if ((tx || rx || tlsbind_commitment_name(ts)) && !ts->error)
		ts->error = -EKEYREJECTED;
}

/*
 * Another key takes the place of one. If that was the first, it may still be needed
 * for the name of the connection.
 */
static void tlsbind_commitment_retire(struct tlsbind_sock *ts,
				      const struct tlsbind_sock_key *key)
{
	lockdep_assert_held(&ts->lock);
	if (key->owed && !key->generation)
		tlsbind_commitment_make(ts);
}

/**
 * tlsbind_commitment_owe() - a direction has a key, whose commitments are owed
 * @ts: the socket's state, with its lock
 * @key: the direction, with the generation of the key that it had before
 * @material: the key
 *
 * Context: process.
 */
void tlsbind_commitment_owe(struct tlsbind_sock *ts,
			    struct tlsbind_sock_key *key,
			    const struct tlsbind_key_material *material)
{
	tlsbind_commitment_retire(ts, key);
	key->material = *material;
	key->owed = true;
}

/**
 * tlsbind_commitment_waive() - a direction has a key that there is no commitment to
 * @ts: the socket's state, with its lock
 * @key: the direction, with the generation of the key that it had before
 *
 * Context: process.
 */
void tlsbind_commitment_waive(struct tlsbind_sock *ts,
			      struct tlsbind_sock_key *key)
{
	tlsbind_commitment_retire(ts, key);
	tlsbind_commitment_wipe(key);
	tlsbind_commitment_clear(key);
}

static bool tlsbind_commitment_drop(struct tlsbind_sock_key *key)
{
	bool owed = key->owed;

	if (owed) {
		tlsbind_commitment_wipe(key);
		tlsbind_commitment_clear(key);
	}
	return owed;
}

/**
 * tlsbind_commitment_forget() - the socket is closed
 * @ts: its state, which may be referred to for a while
 *
 * What is owed is not made any more. That is an error, or whoever still has the
 * state might take what is not there for what is.
 *
 * Context: process.
 */
void tlsbind_commitment_forget(struct tlsbind_sock *ts)
{
	bool tx, rx;

	spin_lock(&ts->lock);
	tx = tlsbind_commitment_drop(&ts->tx);
	rx = tlsbind_commitment_drop(&ts->rx);
	if ((tx || rx) && !ts->error)
		ts->error = -ECONNABORTED;
	spin_unlock(&ts->lock);
}
