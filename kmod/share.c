// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table of the keys that sockets hold now, by fingerprint. Connections have
 * keys of their own, so two sockets with the same one in the same direction
 * mean that a key came from elsewhere. The two ends of a connection within
 * this machine do not: the direction is part of the fingerprint.
 *
 * A newcomer marks itself and the first of those who hold its key. Whoever
 * becomes the first later was a newcomer once. So all are marked if there is
 * more than one.
 */
#include "share.h"

#include <linux/container_of.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "sock.h"

static struct tlsbind_twins tlsbind_shares;

/* Of fingerprints. */
static siphash_key_t tlsbind_share_secret;

/**
 * tlsbind_share_init() - make the table
 *
 * Context: process, may sleep until there is enough randomness; module init.
 * Return: 0; -ENOMEM; -ERESTARTSYS after a signal.
 */
int tlsbind_share_init(void)
{
	int ret = get_random_bytes_wait(&tlsbind_share_secret,
					sizeof(tlsbind_share_secret));

	return ret ?: tlsbind_twins_init(&tlsbind_shares,
					 offsetof(struct tlsbind_share, print) -
					 offsetof(struct tlsbind_share, twin),
					 sizeof(struct tlsbind_fingerprint),
					 tlsbind_fingerprint_hash);
}

/**
 * tlsbind_share_exit() - drop the table
 *
 * Context: process, may sleep; nothing is held any more.
 */
void tlsbind_share_exit(void)
{
	tlsbind_twins_exit(&tlsbind_shares);
	memzero_explicit(&tlsbind_share_secret, sizeof(tlsbind_share_secret));
}

static void tlsbind_share_mark(struct tlsbind_twin *twin)
{
	struct tlsbind_sock *ts = container_of(twin, struct tlsbind_share,
					       twin)->ts;

	spin_lock(&ts->lock);
	ts->flags |= TLSBIND_F_KEY_SHARED;
	spin_unlock(&ts->lock);
}

static void tlsbind_share_meet(struct tlsbind_twin *newcomer,
			       struct tlsbind_twin *first)
{
	tlsbind_share_mark(first);
	tlsbind_share_mark(newcomer);
}

/**
 * tlsbind_share_hold() - a socket holds a key from now on
 * @share: of the socket and direction; a key that it was for is released
 * @ts: the socket's state
 * @key: as tlsbind_key_read() has read it
 * @direction: TLSBIND_DIRECTION_*
 *
 * If another living socket holds the key in the same direction, both states
 * get TLSBIND_F_KEY_SHARED, for good.
 *
 * Context: process, may sleep; with the socket lock, without that of the state.
 * Return: 0; 1 if another socket holds it; or a negative errno of
 * tlsbind_twin_add(): then it is not held.
 */
int tlsbind_share_hold(struct tlsbind_share *share, struct tlsbind_sock *ts,
		       const struct tlsbind_key_material *key, u8 direction)
{
	tlsbind_share_release(share);
	share->ts = ts;
	tlsbind_fingerprint(key, direction, &tlsbind_share_secret,
			    &share->print);
	return tlsbind_twin_add(&tlsbind_shares, &share->twin,
				tlsbind_share_meet);
}

/**
 * tlsbind_share_is() - is this the key that a socket was last said to hold?
 * @share: of the socket and direction
 * @key: as tlsbind_key_read() has read it; perhaps while somebody wrote
 * @direction: TLSBIND_DIRECTION_*
 *
 * Context: any, while nobody changes @share.
 * Return: true if so; for another key with a chance of 1 in 2^128.
 */
bool tlsbind_share_is(const struct tlsbind_share *share,
		      const struct tlsbind_key_material *key, u8 direction)
{
	struct tlsbind_fingerprint print;

	tlsbind_fingerprint(key, direction, &tlsbind_share_secret, &print);
	return print.words[0] == share->print.words[0] &&
	       print.words[1] == share->print.words[1];
}

/**
 * tlsbind_share_release() - a socket does not hold a key any more
 * @share: of the socket and direction; nothing happens if it holds none
 *
 * Context: process; with the socket lock, or when nobody else uses the socket.
 */
void tlsbind_share_release(struct tlsbind_share *share)
{
	tlsbind_twin_remove(&tlsbind_shares, &share->twin);
}
