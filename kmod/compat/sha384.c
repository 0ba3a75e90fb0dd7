// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-384 and HMAC-SHA-384 through the crypto API, for kernels that do not have
 * them as library functions.
 */
#include "sha384.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)

#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/kmod.h>

static struct crypto_shash *tlsbind_sha384_tfm;

/* Never given a key: it keeps the algorithm loaded for those that are. */
static struct crypto_shash *tlsbind_sha384_hmac;

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
 * tlsbind_sha384_init() - get the transforms
 *
 * Context: process, may sleep (may load a module).
 * Return: 0, or a negative errno: -ENOENT without SHA-384 or HMAC, -ENOMEM.
 */
int tlsbind_sha384_init(void)
{
	tlsbind_sha384_load();
	tlsbind_sha384_tfm = crypto_alloc_shash("sha384", 0, 0);
	if (IS_ERR(tlsbind_sha384_tfm))
		return PTR_ERR(tlsbind_sha384_tfm);
	tlsbind_sha384_hmac = crypto_alloc_shash("hmac(sha384)", 0, 0);
	if (IS_ERR(tlsbind_sha384_hmac)) {
		crypto_free_shash(tlsbind_sha384_tfm);
		return PTR_ERR(tlsbind_sha384_hmac);
	}
	return 0;
}

/**
 * tlsbind_sha384_exit() - drop the transforms
 */
void tlsbind_sha384_exit(void)
{
	crypto_free_shash(tlsbind_sha384_hmac);
	crypto_free_shash(tlsbind_sha384_tfm);
}

/**
 * tlsbind_sha384() - SHA-384 of @len bytes
 * @data: input
 * @len: its size in bytes
 * @out: 48 bytes
 *
 * The transform has no key, so it is shared without a lock.
 *
 * Return: 0 or a negative errno of the transform.
 */
int tlsbind_sha384(const void *data, size_t len, u8 *out)
{
	return crypto_shash_tfm_digest(tlsbind_sha384_tfm, data, len, out);
}

/**
 * tlsbind_hmac_sha384() - HMAC-SHA-384 (RFC 2104) of @len bytes
 * @key: the key
 * @key_len: its size in bytes
 * @data: input
 * @len: its size in bytes
 * @out: 48 bytes
 *
 * The key lives in a transform of its own, which the crypto API wipes when it
 * is freed.
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, or another negative errno of the transform.
 */
int tlsbind_hmac_sha384(const u8 *key, size_t key_len,
			const void *data, size_t len, u8 *out)
{
	struct crypto_shash *tfm = crypto_alloc_shash("hmac(sha384)", 0, 0);
	int ret;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	ret = crypto_shash_setkey(tfm, key, key_len);
	if (!ret)
		ret = crypto_shash_tfm_digest(tfm, data, len, out);
	crypto_free_shash(tfm);
	return ret;
}

#endif
