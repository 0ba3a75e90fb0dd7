// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where each cipher's key lies. The layout is given here as user space fills
 * it in: four bytes of header, iv, key, salt, sequence number.
 */
#include "case.h"

#include "../key.h"
#include "vectors.h"

struct tlsbind_test_cipher {
	const char *name;
	u16 cipher_suite;
	u16 cipher_type;
	u8 key_len;
	u8 salt_len;
};

static const struct tlsbind_test_cipher tlsbind_test_ciphers[] = {
	{ "AES-128-GCM", 0x1301, TLS_CIPHER_AES_GCM_128, 16, 4 },
	{ "AES-256-GCM", 0x1302, TLS_CIPHER_AES_GCM_256, 32, 4 },
	{ "ChaCha20-Poly1305", 0x1303, TLS_CIPHER_CHACHA20_POLY1305, 32, 0 },
	{ "AES-128-CCM", 0x1304, TLS_CIPHER_AES_CCM_128, 16, 4 },
	{ "SM4-GCM", 0x00c6, TLS_CIPHER_SM4_GCM, 16, 4 },
	{ "SM4-CCM", 0x00c7, TLS_CIPHER_SM4_CCM, 16, 4 },
};

KUNIT_ARRAY_PARAM_DESC(ciphers, tlsbind_test_ciphers, name);
KUNIT_ARRAY_PARAM_DESC(connections, tlsbind_vectors_connections, name);

static void tlsbind_test_key_fill(union tls_crypto_context *crypto, u16 version,
				  const struct tlsbind_test_cipher *cipher,
				  const u8 *key, const u8 iv[TLSBIND_IV_SIZE])
{
	u8 *at = (u8 *)crypto + sizeof(crypto->info);
	u8 iv_len = TLSBIND_IV_SIZE - cipher->salt_len;

	memset(crypto, 0xee, sizeof(*crypto));
	crypto->info.version = version;
	crypto->info.cipher_type = cipher->cipher_type;
	memcpy(at, iv + cipher->salt_len, iv_len);
	memcpy(at + iv_len, key, cipher->key_len);
	memcpy(at + iv_len + cipher->key_len, iv, cipher->salt_len);
}

static void tlsbind_test_key_layout(struct kunit *test)
{
	const struct tlsbind_test_cipher *cipher = test->param_value;
	u8 key[TLSBIND_KEY_SIZE_MAX], iv[TLSBIND_IV_SIZE], zero[TLSBIND_KEY_SIZE_MAX] = {};
	union tls_crypto_context crypto;
	struct tlsbind_key_material got;
	int i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = 0x10 + i;
	for (i = 0; i < sizeof(iv); i++)
		iv[i] = 0x80 + i;
	tlsbind_test_key_fill(&crypto, TLS_1_3_VERSION, cipher, key, iv);
	memset(&got, 0xff, sizeof(got));

	KUNIT_ASSERT_EQ(test, tlsbind_key_read(&crypto, &got), 0);

	KUNIT_EXPECT_EQ(test, got.tls_version, 0x0304);
	KUNIT_EXPECT_EQ(test, got.cipher_suite, cipher->cipher_suite);
	KUNIT_ASSERT_EQ(test, got.key_len, cipher->key_len);
	KUNIT_EXPECT_MEMEQ(test, got.key, key, cipher->key_len);
	KUNIT_EXPECT_MEMEQ(test, got.key + got.key_len, zero, sizeof(zero) - got.key_len);
	KUNIT_EXPECT_MEMEQ(test, got.iv, iv, sizeof(iv));
}

static const struct tlsbind_test_cipher *tlsbind_test_cipher(struct kunit *test, u16 suite)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tlsbind_test_ciphers); i++)
		if (tlsbind_test_ciphers[i].cipher_suite == suite)
			return &tlsbind_test_ciphers[i];
	KUNIT_FAIL_AND_ABORT(test, "the vectors have a cipher suite 0x%04x", suite);
	return NULL;
}

static void tlsbind_test_key_vector(struct kunit *test)
{
	const struct tlsbind_vector_connection *v = test->param_value;
	union tls_crypto_context crypto;
	struct tlsbind_key_material got;

	tlsbind_test_key_fill(&crypto, TLS_1_3_VERSION,
			      tlsbind_test_cipher(test, v->tx.cipher_suite), v->tx.key, v->tx.iv);

	KUNIT_ASSERT_EQ(test, tlsbind_key_read(&crypto, &got), 0);

	KUNIT_EXPECT_MEMEQ(test, &got, &v->tx, sizeof(got));
}

/* Refused, with the version told and nothing of the key copied. */
static void tlsbind_test_key_refused(struct kunit *test, u16 version, u16 cipher_type)
{
	const struct tlsbind_test_cipher cipher = {
		.cipher_type = cipher_type, .key_len = 32, .salt_len = 4,
	};
	struct tlsbind_key_material got, want;
	u8 key[TLSBIND_KEY_SIZE_MAX], iv[TLSBIND_IV_SIZE];
	union tls_crypto_context crypto;

	memset(key, 0x55, sizeof(key));
	memset(iv, 0x66, sizeof(iv));
	memset(&got, 0xff, sizeof(got));
	memset(&want, 0, sizeof(want));
	want.tls_version = version;
	tlsbind_test_key_fill(&crypto, version, &cipher, key, iv);

	KUNIT_ASSERT_EQ(test, tlsbind_key_read(&crypto, &got), -EPROTONOSUPPORT);

	KUNIT_EXPECT_MEMEQ(test, &got, &want, sizeof(got));
}

static void tlsbind_test_key_tls12(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tlsbind_test_ciphers); i++)
		tlsbind_test_key_refused(test, TLS_1_2_VERSION,
					 tlsbind_test_ciphers[i].cipher_type);
}

static void tlsbind_test_key_unknown(struct kunit *test)
{
	tlsbind_test_key_refused(test, TLS_1_3_VERSION, TLS_CIPHER_ARIA_GCM_128);
	tlsbind_test_key_refused(test, TLS_1_3_VERSION, TLS_CIPHER_ARIA_GCM_256);
	tlsbind_test_key_refused(test, TLS_1_3_VERSION, 0);
	tlsbind_test_key_refused(test, TLS_1_3_VERSION, U16_MAX);
}

static void tlsbind_test_key_version(struct kunit *test)
{
	tlsbind_test_key_refused(test, 0, TLS_CIPHER_AES_GCM_128);
	tlsbind_test_key_refused(test, 0x0305, TLS_CIPHER_AES_GCM_128);
}

static struct kunit_case tlsbind_test_key_cases[] = {
	TLSBIND_CASE_EACH(tlsbind_test_key_layout, ciphers,
			  "key and iv are read from their places"),
	TLSBIND_CASE_EACH(tlsbind_test_key_vector, connections,
			  "keys of the vectors are read as they are"),
	TLSBIND_CASE(tlsbind_test_key_tls12, "a TLS 1.2 key is refused and not copied"),
	TLSBIND_CASE(tlsbind_test_key_unknown, "an unknown cipher is refused and not copied"),
	TLSBIND_CASE(tlsbind_test_key_version, "an unknown version is refused and not copied"),
	{}
};

static struct kunit_suite tlsbind_test_key_suite = {
	.name = "tlsbind_key",
	.test_cases = tlsbind_test_key_cases,
};

kunit_test_suite(tlsbind_test_key_suite);
