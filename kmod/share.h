/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys that more than one socket holds.
 */
#ifndef _TLSBIND_SHARE_H
#define _TLSBIND_SHARE_H

#include <linux/types.h>

#include "twin.h"

struct tlsbind_key_material;
struct tlsbind_sock;
struct tlsbind_sock_key;

int tlsbind_share_init(void);
void tlsbind_share_exit(void);
bool tlsbind_share_hold(struct tlsbind_sock_key *key,
			const struct tlsbind_key_material *material,
			u8 direction);
bool tlsbind_share_is(const struct tlsbind_sock_key *key,
		      const struct tlsbind_key_material *material,
		      u8 direction);
void tlsbind_share_release(struct tlsbind_sock_key *key);

#endif
