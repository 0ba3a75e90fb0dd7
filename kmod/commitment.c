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
 *    release, disconnecting leaves it alone (where that is not refused, as it is from Linux
 *    6.15 and 6.12.24 on), and a sockmap does not take a socket that has it. Whether our
 *    hooks are armed does not matter, nor that the module goes.
 *
 * B. Nobody writes to it meanwhile, as a rule. The two places that write are the
 *    installation of a key in the same direction, which we enclose: from
 *    tlsbind_commitment_retire() until it is noted what became of it nothing is read; and
 *    closing, before which tlsbind_commitment_forget() ends all reading. An
 *    installation that kTLS refuses writes only where there was no key (and one that takes
 *    the place of another is complete in one go). Reading a key back writes the
 *    initial vector over itself, which does not change in TLS 1.3, and the record
 *    number, which is not read here. Sending
 *    and receiving count elsewhere.
 *
 * C. If something does write, be it a task that was in kTLS when the hooks were armed, closing
 *    after they were disarmed, or a kernel to come, it shows: what was read is not
 *    the key whose fingerprint was taken when its installation was noted. Then there is never
 *    evidence for the socket.
 *
 * What is made is kept from the first on who calls tlsbind_commitment_keep(), which
 * whoever asks about one connection does; who only passes, such as a dump of all, makes it
 * for himself. If there is no memory to keep it, it is made each time: nobody is told of
 * that. But if the first key of a direction is replaced, its part of the name of the connection
 * must be kept, or there is never evidence for the socket.
 *
 * Whoever is about to read what depends on commitments takes the lock of the state
 * and calls tlsbind_commitment_make(). What he reads until he lets go of it is of one moment,
 * and cannot be told from what it would be if all of it had been made at installation; of
 * a key that is being replaced that is what was made before, or nothing, though kTLS may have the
 * next one already.
 */
#include "commitment.h"

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <net/inet_connection_sock.h>

#include "binding.h"
#include "compat/memcg.h"
#include "key.h"
#include "share.h"
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
	if (!ret && !tlsbind_share_is(key, material,
				      tlsbind_commitment_direction(tx)))
		ret = -ESTALE;
	return ret;
}

static int tlsbind_commitment_compute(const struct tlsbind_sock *ts, bool tx,
				      bool mirror, struct tlsbind_commitment *of)
{
	struct tlsbind_key_material material = {};
	int ret;

	ret = tlsbind_commitment_read(ts, tx ? &ts->tx : &ts->rx, tx, &material);
	if (!ret)
		ret = tlsbind_binding_commit(&material,
					     tlsbind_commitment_direction(tx),
					     of->own);
	if (!ret && mirror)
		ret = tlsbind_binding_commit(&material,
					     tlsbind_commitment_direction(!tx),
					     of->mirror);
	memzero_explicit(&material, sizeof(material));
	return ret;
}

/* To one key, if it is owed. */
static int tlsbind_commitment_pay(struct tlsbind_sock *ts, bool tx, bool mirror,
				  struct tlsbind_commitments *to)
{
	struct tlsbind_commitment *of = tx ? &to->tx : &to->rx;
	struct tlsbind_sock_key *key = tx ? &ts->tx : &ts->rx;
	int ret;

	if (!key->owed || key->replacing)
		return 0;
	ret = tlsbind_commitment_compute(ts, tx, mirror, of);
	of->made = !ret;
	if (ret)
		memset(of, 0, sizeof(*of));
	if (ret || to == ts->commitments)
		key->owed = false;
	return ret;
}

/* To the first key of a direction; NULL if that is not there. */
static const struct tlsbind_commitment *
tlsbind_commitment_first(const struct tlsbind_sock *ts, bool tx,
			 const struct tlsbind_commitments *of)
{
	const struct tlsbind_commitment *now = tx ? &of->tx : &of->rx;

	if (!(tx ? &ts->tx : &ts->rx)->generation && now->made)
		return now;
	return of->first.made && of->first_tx == tx ? &of->first : NULL;
}

/* The name of a connection is made of the first keys of both directions. */
static int tlsbind_commitment_name(const struct tlsbind_sock *ts, bool mirror,
				   struct tlsbind_commitments *to)
{
	const struct tlsbind_commitment *tx, *rx;
	int ret;

	tx = tlsbind_commitment_first(ts, true, to);
	rx = tlsbind_commitment_first(ts, false, to);
	if (to->named || !tx || !rx)
		return 0;
	ret = tlsbind_binding_connection_id(tx->own, rx->own, to->id);
	if (!ret && mirror)
		ret = tlsbind_binding_connection_id(rx->mirror, tx->mirror,
						    to->mirror_id);
	to->named = !ret;
	if (ret)
		memset(to->id, 0, sizeof(to->id));
	return ret;
}

static void tlsbind_commitment_fill(struct tlsbind_sock *ts, bool mirror,
				    struct tlsbind_commitments *to)
{
	int tx, rx;

	lockdep_assert_held(&ts->lock);
	if (!ts->tx.owed && !ts->rx.owed)
		return;
	tx = tlsbind_commitment_pay(ts, true, mirror, to);
	rx = tlsbind_commitment_pay(ts, false, mirror, to);
	if ((tx || rx || tlsbind_commitment_name(ts, mirror, to)) && !ts->error)
		ts->error = -EKEYREJECTED;
}

/* Is there something to keep, and nowhere to keep it? */
static bool tlsbind_commitment_wanted(struct tlsbind_sock *ts)
{
	bool wanted;

	if (READ_ONCE(ts->commitments))
		return false;
	spin_lock(&ts->lock);
	wanted = ts->tx.owed || ts->rx.owed;
	spin_unlock(&ts->lock);
	return wanted;
}

/**
 * tlsbind_commitment_keep() - keep what is made from now on
 * @ts: the socket's state
 *
 * Whoever asks about one connection calls this first. It is not kept if there is no memory.
 *
 * Context: process, may sleep.
 */
void tlsbind_commitment_keep(struct tlsbind_sock *ts)
{
	struct tlsbind_commitments *commitments;
	struct mem_cgroup *before;

	if (!tlsbind_commitment_wanted(ts))
		return;
	/* It is there as long as the socket is, so whose that is pays for it. */
	before = set_active_memcg(tlsbind_sock_memcg(ts->sk));
	commitments = kzalloc(sizeof(*commitments),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	set_active_memcg(before);
	spin_lock(&ts->lock);
	if (!ts->commitments && (ts->tx.owed || ts->rx.owed)) {
		WRITE_ONCE(ts->commitments, commitments);
		commitments = NULL;
	}
	spin_unlock(&ts->lock);
	kfree(commitments);
}

/**
 * tlsbind_commitment_make() - make what is owed
 * @ts: the socket's state, with its lock
 * @room: for what is not kept
 *
 * If the kernel's SHA-384 fails, or kTLS has another key, there is never evidence for this
 * socket, and what is not there is zero; a connection that was only to be attested goes
 * on without, and one that is to be judged is aborted. To a key that is being replaced it is
 * zero, too, if it was not made before; that is not the first then.
 *
 * Context: process; does not sleep, allocates nothing.
 * Return: commitments to the keys that the socket has, and its ids if both directions
 * are there; as long as the caller has the lock, or @room.
 */
const struct tlsbind_commitments *
tlsbind_commitment_make(struct tlsbind_sock *ts,
			struct tlsbind_commitments *room)
{
	struct tlsbind_commitments *to = ts->commitments;

	lockdep_assert_held(&ts->lock);
	if (!to) {
		memset(room, 0, sizeof(*room));
		to = room;
	}
	tlsbind_commitment_fill(ts, true, to);
	return to;
}

/**
 * tlsbind_commitment_id() - name a connection
 * @ts: the socket's state, with its lock
 * @id: set to its connection id, zero if there is none
 *
 * As tlsbind_commitment_make() does, but if nothing is kept, with half of the hashing.
 *
 * Context: process; does not sleep, allocates nothing.
 * Return: true if there is one.
 */
bool tlsbind_commitment_id(struct tlsbind_sock *ts,
			   u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct tlsbind_commitments room = {}, *to = ts->commitments ?: &room;

	lockdep_assert_held(&ts->lock);
	tlsbind_commitment_fill(ts, to != &room, to);
	memcpy(id, to->id, sizeof(to->id));
	return to->named;
}

/* The first key of a direction goes. */
static void tlsbind_commitment_save(struct tlsbind_sock *ts,
				    const struct tlsbind_sock_key *key)
{
	struct tlsbind_commitments *kept = ts->commitments;
	bool tx = key == &ts->tx;

	lockdep_assert_held(&ts->lock);
	if (!kept)
		return;
	tlsbind_commitment_fill(ts, true, kept);
	if (kept->named)
		return;
	kept->first = tx ? kept->tx : kept->rx;
	kept->first_tx = tx;
}

/**
 * tlsbind_commitment_retire() - kTLS is about to be given a key
 * @ts: the socket's state, with its lock; if there is a key in the same direction,
 *	after tlsbind_commitment_keep()
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
	if (key->present && !key->generation)
		tlsbind_commitment_save(ts, key);
	key->replacing = true;
}

/**
 * tlsbind_commitment_owe() - a direction has another key than before
 * @ts: the socket's state, with its lock
 * @key: the direction
 * @readable: there are commitments to it, which are owed
 *
 * Context: process.
 */
void tlsbind_commitment_owe(struct tlsbind_sock *ts,
			    struct tlsbind_sock_key *key, bool readable)
{
	struct tlsbind_commitments *kept = ts->commitments;

	lockdep_assert_held(&ts->lock);
	/* There was no memory to keep what the first key has to do with the name. */
	if (!kept && key->present && key->owed && !ts->error)
		ts->error = -EKEYREJECTED;
	if (kept)
		memset(key == &ts->tx ? &kept->tx : &kept->rx, 0,
		       sizeof(kept->tx));
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
	ts->closed = true;
	spin_unlock(&ts->lock);
}
