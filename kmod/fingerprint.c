// SPDX-License-Identifier: GPL-2.0-only
/*
 * SipHash-2-4 with 128 bits of output, which the kernel has with 64 only. With a
 * secret that nobody outside of the kernel knows it cannot be told from a random
 * function: equal keys have equal fingerprints, always; different ones have them
 * with a chance of 1 in 2^128 each time that two meet. Two that do would be taken
 * for one key, which is refused. A fingerprint does not lead back to the key.
 */
#include "fingerprint.h"

#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "binding.h"

struct tlsbind_sip {
	u64 v[4];
};

static __always_inline void tlsbind_sip_rounds(struct tlsbind_sip *sip, int n)
{
	while (n--)
		SIPHASH_PERMUTATION(sip->v[0], sip->v[1], sip->v[2], sip->v[3]);
}

static __always_inline void tlsbind_sip_word(struct tlsbind_sip *sip, u64 word)
{
	sip->v[3] ^= word;
	tlsbind_sip_rounds(sip, 2);
	sip->v[0] ^= word;
}

static __always_inline u64 tlsbind_sip_sum(const struct tlsbind_sip *sip)
{
	return sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}

/*
 * All that a commitment is made of, but for what is the same for all: whose
 * version is not that of TLS 1.3 has none.
 */
static __always_inline u64
tlsbind_fingerprint_tail(const struct tlsbind_key_material *key, u8 direction)
{
	return get_unaligned_le32(key->iv + 8) | (u64)key->cipher_suite << 32 |
	       (u64)direction << 48 | (u64)key->key_len << 56;
}

/**
 * tlsbind_fingerprint() - make the fingerprint of a key
 * @key: the key, as tlsbind_key_read() reads it
 * @direction: TLSBIND_DIRECTION_*
 * @secret: random
 * @print: result
 *
 * Context: any.
 */
void tlsbind_fingerprint(const struct tlsbind_key_material *key, u8 direction,
			 const siphash_key_t *secret,
			 struct tlsbind_fingerprint *print)
{
	struct tlsbind_sip sip = { .v = {
		SIPHASH_CONST_0 ^ secret->key[0],
		SIPHASH_CONST_1 ^ secret->key[1] ^ 0xee,
		SIPHASH_CONST_2 ^ secret->key[0],
		SIPHASH_CONST_3 ^ secret->key[1],
	} };
	u64 len = 2 * sizeof(u64);
	u8 at;

	BUILD_BUG_ON(TLSBIND_IV_SIZE != 12 || TLSBIND_KEY_SIZE_MAX % sizeof(u64));
	tlsbind_sip_word(&sip, get_unaligned_le64(key->iv));
	tlsbind_sip_word(&sip, tlsbind_fingerprint_tail(key, direction));
	/* The rest of @key is zero: a longer key differs in its length. */
	for (at = 0; at < key->key_len; at += sizeof(u64), len += sizeof(u64))
		tlsbind_sip_word(&sip, get_unaligned_le64(key->key + at));
	tlsbind_sip_word(&sip, len << 56);
	sip.v[2] ^= 0xee;
	tlsbind_sip_rounds(&sip, 4);
	print->words[0] = tlsbind_sip_sum(&sip);
	sip.v[1] ^= 0xdd;
	tlsbind_sip_rounds(&sip, 4);
	print->words[1] = tlsbind_sip_sum(&sip);
	memzero_explicit(&sip, sizeof(sip));
}
