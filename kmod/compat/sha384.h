/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot SHA-384 and HMAC-SHA-384.
 *
 * Kernels from 6.17 have them as library functions that cannot fail (commits
 * "lib/crypto: sha512: ..."); before, SHA-384 is a transform of the crypto API.
 */
#ifndef _TLSBIND_COMPAT_SHA384_H
#define _TLSBIND_COMPAT_SHA384_H

#include <crypto/sha2.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <linux/version.h>

/* Data of an HMAC is not longer: a digest, or what a commitment is made of. */
#define TLSBIND_HMAC_DATA_MAX	48

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)

static inline int tlsbind_sha384_init(void)
{
	return 0;
}

static inline void tlsbind_sha384_exit(void)
{
}

static inline int tlsbind_sha384(const void *data, size_t len, u8 *out)
{
	sha384(data, len, out);
	return 0;
}

static inline int tlsbind_hmac_sha384(const u8 *key, size_t key_len,
				      const void *data, size_t len, u8 *out)
{
	if (key_len > SHA384_BLOCK_SIZE || len > TLSBIND_HMAC_DATA_MAX)
		return -EINVAL;
	hmac_sha384_usingrawkey(key, key_len, data, len, out);
	return 0;
}

#else

int tlsbind_sha384_init(void);
void tlsbind_sha384_exit(void);
int tlsbind_sha384(const void *data, size_t len, u8 *out);
int tlsbind_hmac_sha384(const u8 *key, size_t key_len,
			const void *data, size_t len, u8 *out);

#endif
#endif
