// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fingerprints of keys, against OpenSSL's SipHash: openssl mac -macopt size:16 SIPHASH
 * over iv, cipher suite (little endian), direction, length of the key, key.
 */
#include "fingerprint.h"

#include "binding.h"
#include "case.h"

static const siphash_key_t tlsbind_test_secret = {
	{ 0x0706050403020100, 0x0f0e0d0c0b0a0908 }
};

struct tlsbind_test_print {
	const char *name;
	u16 cipher_suite;
	u8 key_len;
	u8 direction;
	u64 words[2];
};

static const struct tlsbind_test_print tlsbind_test_prints[] = {
	{ "AES-128-GCM tx", 0x1301, 16, 1, { 0x00f509ed4419e915, 0xf8e934b3ca195226 } },
	{ "AES-128-GCM rx", 0x1301, 16, 2, { 0x380b57a100445d4c, 0xd2ac59c6d8555a0f } },
	{ "AES-256-GCM tx", 0x1302, 32, 1, { 0xaf083ac330bb6d36, 0x5a3457c95fdafb6a } },
};

KUNIT_ARRAY_PARAM_DESC(prints, tlsbind_test_prints, name);

static struct tlsbind_key_material tlsbind_test_print_key(u16 cipher_suite, u8 key_len)
{
	struct tlsbind_key_material key = {
		.tls_version = 0x0304, .cipher_suite = cipher_suite, .key_len = key_len,
	};
	int i;

	for (i = 0; i < key_len; i++)
		key.key[i] = 0x10 + i;
	for (i = 0; i < sizeof(key.iv); i++)
		key.iv[i] = 0x80 + i;
	return key;
}

static void tlsbind_test_print_vector(struct kunit *test)
{
	const struct tlsbind_test_print *v = test->param_value;
	struct tlsbind_key_material key = tlsbind_test_print_key(v->cipher_suite, v->key_len);
	struct tlsbind_fingerprint print;

	tlsbind_fingerprint(&key, v->direction, &tlsbind_test_secret, &print);

	KUNIT_EXPECT_EQ(test, print.words[0], v->words[0]);
	KUNIT_EXPECT_EQ(test, print.words[1], v->words[1]);
}

static bool tlsbind_test_print_differs(const struct tlsbind_key_material *a,
				       const struct tlsbind_key_material *b,
				       const siphash_key_t *secret)
{
	struct tlsbind_fingerprint one, other;

	tlsbind_fingerprint(a, 1, &tlsbind_test_secret, &one);
	tlsbind_fingerprint(b, 1, secret, &other);
	return one.words[0] != other.words[0] && one.words[1] != other.words[1];
}

/* Whatever a commitment is made of is in it; padding is not. */
static void tlsbind_test_print_all(struct kunit *test)
{
	struct tlsbind_key_material key = tlsbind_test_print_key(0x1302, 32), other;
	siphash_key_t secret = tlsbind_test_secret;
	int i;

	for (i = 0; i < sizeof(key.key) + sizeof(key.iv); i++) {
		other = key;
		if (i < sizeof(key.key))
			other.key[i] ^= 0x80;
		else
			other.iv[i - sizeof(key.key)] ^= 0x01;
		KUNIT_EXPECT_TRUE_MSG(test, tlsbind_test_print_differs(&key, &other, &secret),
				      "byte %d", i);
	}
	other = key;
	other.cipher_suite++;
	KUNIT_EXPECT_TRUE(test, tlsbind_test_print_differs(&key, &other, &secret));
	secret.key[1]++;
	KUNIT_EXPECT_TRUE(test, tlsbind_test_print_differs(&key, &key, &secret));
}

/* A key with zeros at its end is not the shorter one. */
static void tlsbind_test_print_length(struct kunit *test)
{
	struct tlsbind_key_material key = tlsbind_test_print_key(0x1301, 16), longer = key;

	longer.key_len = 32;
	KUNIT_EXPECT_TRUE(test, tlsbind_test_print_differs(&key, &longer, &tlsbind_test_secret));
	longer = key;
	longer.key[16] = 1;
	KUNIT_EXPECT_FALSE(test, tlsbind_test_print_differs(&key, &longer, &tlsbind_test_secret));
}

static struct kunit_case tlsbind_test_print_cases[] = {
	TLSBIND_CASE_EACH(tlsbind_test_print_vector, prints,
			  "fingerprints are what OpenSSL's SipHash computes"),
	TLSBIND_CASE(tlsbind_test_print_all,
		     "a fingerprint changes with each byte of key, iv and secret"),
	TLSBIND_CASE(tlsbind_test_print_length,
		     "a longer key has another fingerprint, room beyond a key does not count"),
	{}
};

static struct kunit_suite tlsbind_test_print_suite = {
	.name = "tlsbind_fingerprint",
	.test_cases = tlsbind_test_print_cases,
};

kunit_test_suite(tlsbind_test_print_suite);
