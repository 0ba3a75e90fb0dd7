// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-384 through the crypto API and HMAC-SHA-384 on top of it, for kernels that
 * do not have them as library functions.
 *
 * Not the crypto API's HMAC: its key lives in a transform, and to allocate one
 * for each key costs more than to hash, sleeps, and may fail.
 */
#include "sha384.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)

#include <crypto/hash.h>
#include <crypto/hmac.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/string.h>

static struct crypto_shash *tlsbind_sha384_tfm;

/*
 * A generic SHA-384 may be there already. The crypto API is content with it then, and does
 * not ask for the module that knows this processor's instructions; whether udev has loaded
 * that depends on the system. All modules that do SHA-384 have this alias. That none can be
 * loaded is no error: then the generic one does.
 */
static void tlsbind_sha384_load(void)
{
	request_module("crypto-sha384");
}

/**
 * tlsbind_sha384_init() - get the transform
 *
 * Context: process, may sleep (may load a module).
 * Return: 0, or a negative errno: -ENOENT without SHA-384, -ENOMEM.
 */
int tlsbind_sha384_init(void)
{
	tlsbind_sha384_load();
	tlsbind_sha384_tfm = crypto_alloc_shash("sha384", 0, 0);
	return PTR_ERR_OR_ZERO(tlsbind_sha384_tfm);
}

/**
 * tlsbind_sha384_exit() - drop the transform
 */
void tlsbind_sha384_exit(void)
{
	crypto_free_shash(tlsbind_sha384_tfm);
}

/**
 * tlsbind_sha384() - SHA-384 of @len bytes
 * @data: input
 * @len: its size in bytes
 * @out: 48 bytes
 *
 * The transform has no key, so it is shared without a lock. Nothing is allocated.
 *
 * Context: any but hard interrupts.
 * Return: 0 or a negative errno of the transform.
 */
int tlsbind_sha384(const void *data, size_t len, u8 *out)
{
	return crypto_shash_tfm_digest(tlsbind_sha384_tfm, data, len, out);
}

/* H((key ^ pad) || data), key and data being short. */
static int tlsbind_hmac_sha384_half(const u8 *key, size_t key_len, u8 pad,
				    const void *data, size_t len, u8 *out)
{
	u8 input[SHA384_BLOCK_SIZE + TLSBIND_HMAC_DATA_MAX];
	size_t i;
	int ret;

	memset(input, pad, SHA384_BLOCK_SIZE);
	for (i = 0; i < key_len; i++)
		input[i] ^= key[i];
	memcpy(input + SHA384_BLOCK_SIZE, data, len);
	ret = tlsbind_sha384(input, SHA384_BLOCK_SIZE + len, out);
	memzero_explicit(input, sizeof(input));
	return ret;
}

/**
 * tlsbind_hmac_sha384() - HMAC-SHA-384 (RFC 2104) of @len bytes
 * @key: the key
 * @key_len: its size in bytes, at most SHA384_BLOCK_SIZE
 * @data: input
 * @len: its size in bytes, at most TLSBIND_HMAC_DATA_MAX
 * @out: 48 bytes
 *
 * Nothing is allocated.
 *
 * Context: any but hard interrupts.
 * Return: 0; -EINVAL if @key or @data is too long; or a negative errno of the
 * transform.
 */
int tlsbind_hmac_sha384(const u8 *key, size_t key_len,
			const void *data, size_t len, u8 *out)
{
	u8 inner[SHA384_DIGEST_SIZE];
	int ret;

	BUILD_BUG_ON(sizeof(inner) > TLSBIND_HMAC_DATA_MAX);
	if (key_len > SHA384_BLOCK_SIZE || len > TLSBIND_HMAC_DATA_MAX)
		return -EINVAL;
	ret = tlsbind_hmac_sha384_half(key, key_len, HMAC_IPAD_VALUE, data, len,
				       inner);
	if (!ret)
		ret = tlsbind_hmac_sha384_half(key, key_len, HMAC_OPAD_VALUE,
					       inner, sizeof(inner), out);
	memzero_explicit(inner, sizeof(inner));
	return ret;
}

#endif
