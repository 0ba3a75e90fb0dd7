// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table of the keys that sockets hold now, by fingerprint. Connections have
 * keys of their own, so two sockets with the same one in the same direction
 * mean that a key came from elsewhere. The two ends of a connection within
 * this machine do not: the direction is part of the fingerprint.
 *
 * A newcomer marks itself and one of those who hold its key. Whoever holds it beside
 * another was a newcomer, or met one, so all are marked if there is more than one.
 */
#include "share.h"

#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "fingerprint.h"
#include "sock.h"

static struct tlsbind_twins tlsbind_shares;

/* Of fingerprints. */
static siphash_key_t tlsbind_share_secret;

/**
 * tlsbind_share_init() - make the table
 *
 * Context: process, may sleep until there is enough randomness; module init.
 * Return: 0; -ERESTARTSYS after a signal.
 */
int tlsbind_share_init(void)
{
	tlsbind_twins_init(&tlsbind_shares);
	return get_random_bytes_wait(&tlsbind_share_secret,
				     sizeof(tlsbind_share_secret));
}

/**
 * tlsbind_share_exit() - forget what fingerprints are made with
 *
 * Context: any; nothing is held any more.
 */
void tlsbind_share_exit(void)
{
	tlsbind_twins_exit(&tlsbind_shares);
	memzero_explicit(&tlsbind_share_secret, sizeof(tlsbind_share_secret));
}

static void tlsbind_share_mark(struct tlsbind_sock *ts)
{
	spin_lock(&ts->lock);
	ts->flags |= TLSBIND_F_KEY_SHARED;
	spin_unlock(&ts->lock);
}

/* All with the same fingerprint are keys of the same direction. */
static void tlsbind_share_meet_tx(struct tlsbind_twin *newcomer,
				  struct tlsbind_twin *other)
{
	tlsbind_share_mark(container_of(other, struct tlsbind_sock, tx.share));
	tlsbind_share_mark(container_of(newcomer, struct tlsbind_sock, tx.share));
}

static void tlsbind_share_meet_rx(struct tlsbind_twin *newcomer,
				  struct tlsbind_twin *other)
{
	tlsbind_share_mark(container_of(other, struct tlsbind_sock, rx.share));
	tlsbind_share_mark(container_of(newcomer, struct tlsbind_sock, rx.share));
}

static void tlsbind_share_print(const struct tlsbind_key_material *material,
				u8 direction, struct tlsbind_twin *share)
{
	struct tlsbind_fingerprint print;

	BUILD_BUG_ON(sizeof(print) != TLSBIND_TWIN_KEY_SIZE);
	tlsbind_fingerprint(material, direction, &tlsbind_share_secret, &print);
	memcpy(share->key, &print, sizeof(print));
}

/**
 * tlsbind_share_hold() - a socket holds a key from now on
 * @key: direction of the socket's state; a key that was held in it is released
 * @material: as tlsbind_key_read() has read it
 * @direction: TLSBIND_DIRECTION_*
 *
 * If another living socket holds the key in the same direction, both states
 * get TLSBIND_F_KEY_SHARED, for good.
 *
 * Context: process; with the socket lock, without that of the state.
 * Return: true if another socket holds it.
 */
bool tlsbind_share_hold(struct tlsbind_sock_key *key,
			const struct tlsbind_key_material *material,
			u8 direction)
{
	tlsbind_share_release(key);
	tlsbind_share_print(material, direction, &key->share);
	return tlsbind_twin_add(&tlsbind_shares, &key->share,
				direction == TLSBIND_DIRECTION_TX ?
					tlsbind_share_meet_tx :
					tlsbind_share_meet_rx);
}

/**
 * tlsbind_share_is() - is this the key that a socket was last said to hold?
 * @key: direction of the socket's state
 * @material: as tlsbind_key_read() has read it; perhaps while somebody wrote
 * @direction: TLSBIND_DIRECTION_*
 *
 * Context: any, while nobody changes what is held.
 * Return: true if so; for another key with a chance of 1 in 2^128.
 */
bool tlsbind_share_is(const struct tlsbind_sock_key *key,
		      const struct tlsbind_key_material *material, u8 direction)
{
	struct tlsbind_twin twin;

	tlsbind_share_print(material, direction, &twin);
	return !memcmp(twin.key, key->share.key, sizeof(twin.key));
}

/**
 * tlsbind_share_release() - a socket does not hold a key any more
 * @key: direction of the socket's state; nothing happens if it holds none
 *
 * Context: process; with the socket lock, or when nobody else uses the socket.
 */
void tlsbind_share_release(struct tlsbind_sock_key *key)
{
	tlsbind_twin_remove(&tlsbind_shares, &key->share);
}
