/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys that more than one socket holds.
 */
#ifndef _TLSBIND_SHARE_H
#define _TLSBIND_SHARE_H

#include <linux/types.h>

#include "fingerprint.h"
#include "twin.h"

struct tlsbind_key_material;
struct tlsbind_sock;

/**
 * struct tlsbind_share - that a socket holds a key in one direction
 * @twin: in the table, if it is held
 * @print: of the key, which the direction is part of; key of the table
 * @ts: the socket's state, which this is a part of
 *
 * Whoever changes it holds the socket lock, or is the last user of the socket. @print
 * stays what it is after the key is not held any more.
 */
struct tlsbind_share {
	struct tlsbind_twin twin;
	struct tlsbind_fingerprint print;
	struct tlsbind_sock *ts;
};

int tlsbind_share_init(void);
void tlsbind_share_exit(void);
int tlsbind_share_hold(struct tlsbind_share *share, struct tlsbind_sock *ts,
		       const struct tlsbind_key_material *key, u8 direction);
bool tlsbind_share_is(const struct tlsbind_share *share,
		      const struct tlsbind_key_material *key, u8 direction);
void tlsbind_share_release(struct tlsbind_share *share);

#endif
