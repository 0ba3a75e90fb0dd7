/* SPDX-License-Identifier: MIT */
/* From traffic secrets to record keys: RFC 8446 sections 7.1 to 7.3. */
#include <errno.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include "internal.h"

/*
 * Hash of a suite. The SM4 suites are missing on purpose: OpenSSL negotiates
 * no such suite, so there is no secret to derive from.
 */
static const char *tlsbind_suite_hash(uint16_t cipher_suite, size_t *len)
{
	switch (cipher_suite) {
	case 0x1301:
	case 0x1303:
	case 0x1304:
		*len = 32;
		return "SHA256";
	case 0x1302:
		*len = 48;
		return "SHA384";
	default:
		*len = 0;
		return NULL;
	}
}

/* HKDF-Expand-Label(secret, label, "", len). */
static int tlsbind_expand_label(const char *hash, const uint8_t *secret, size_t secret_len,
				const char *label, uint8_t *out, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)hash, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (void *)"tls13 ", 6),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (void *)label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ret = -EIO;

	if (ctx && EVP_KDF_derive(ctx, out, len, params) > 0)
		ret = 0;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ret;
}

int tlsbind_traffic_key(uint16_t cipher_suite, const uint8_t *secret, size_t secret_len,
			struct tlsbind_key *out)
{
	size_t hash_len, key_len = tlsbind_suite_key_size(cipher_suite);
	const char *hash = tlsbind_suite_hash(cipher_suite, &hash_len);
	int ret;

	memset(out, 0, sizeof(*out));
	if (!hash || !key_len)
		return -ENOTSUP;
	if (secret_len != hash_len)
		return -EINVAL;
	ret = tlsbind_expand_label(hash, secret, secret_len, "key", out->key, key_len);
	if (!ret)
		ret = tlsbind_expand_label(hash, secret, secret_len, "iv", out->iv,
					   sizeof(out->iv));
	if (ret) {
		OPENSSL_cleanse(out, sizeof(*out));
		return ret;
	}
	out->tls_version = TLS1_3_VERSION;
	out->cipher_suite = cipher_suite;
	return 0;
}

int tlsbind_traffic_update(uint16_t cipher_suite, uint8_t *secret, size_t secret_len)
{
	uint8_t next[TLSBIND_TRAFFIC_SECRET_MAX];
	size_t hash_len;
	const char *hash = tlsbind_suite_hash(cipher_suite, &hash_len);
	int ret;

	if (!hash)
		return -ENOTSUP;
	if (secret_len != hash_len)
		return -EINVAL;
	ret = tlsbind_expand_label(hash, secret, secret_len, "traffic upd", next, secret_len);
	if (!ret)
		memcpy(secret, next, secret_len);
	OPENSSL_cleanse(next, sizeof(next));
	return ret;
}
