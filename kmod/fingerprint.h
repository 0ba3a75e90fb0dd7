/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A short stand-in for a key, to find equal ones by.
 */
#ifndef _TLSBIND_FINGERPRINT_H
#define _TLSBIND_FINGERPRINT_H

#include <linux/siphash.h>
#include <linux/types.h>

struct tlsbind_key_material;

/**
 * struct tlsbind_fingerprint - stands for a key and its direction
 * @words: SipHash-2-4-128
 */
struct tlsbind_fingerprint {
	u64 words[2];
};

void tlsbind_fingerprint(const struct tlsbind_key_material *key, u8 direction,
			 const siphash_key_t *secret,
			 struct tlsbind_fingerprint *print);

#endif
