/* SPDX-License-Identifier: MIT */
/*
 * The binding of protocol version 1, as the relying party computes it. The
 * kernel has its own implementation; the two share test vectors only.
 */
#include <errno.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include "cursor.h"
#include "internal.h"

static const struct {
	uint16_t suite;
	uint16_t key_size;
} tlsbind_suites[] = {
	{ 0x1301, 16 },	/* TLS_AES_128_GCM_SHA256 */
	{ 0x1302, 32 },	/* TLS_AES_256_GCM_SHA384 */
	{ 0x1303, 32 },	/* TLS_CHACHA20_POLY1305_SHA256 */
	{ 0x1304, 16 },	/* TLS_AES_128_CCM_SHA256 */
	{ 0x00c6, 16 },	/* TLS_SM4_GCM_SM3 */
	{ 0x00c7, 16 },	/* TLS_SM4_CCM_SM3 */
};

size_t tlsbind_suite_key_size(uint16_t cipher_suite)
{
	size_t i;

	for (i = 0; i < sizeof(tlsbind_suites) / sizeof(tlsbind_suites[0]); i++)
		if (tlsbind_suites[i].suite == cipher_suite)
			return tlsbind_suites[i].key_size;
	return 0;
}

/* One chunk of what is hashed; a list ends with a NULL @data. */
struct tlsbind_chunk {
	const void *data;
	size_t len;
};

static int tlsbind_hash(const struct tlsbind_chunk *chunks, uint8_t out[TLSBIND_HASH_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ret = -EIO;

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha384(), NULL))
		goto out;
	for (; chunks->data; chunks++)
		if (!EVP_DigestUpdate(ctx, chunks->data, chunks->len))
			goto out;
	if (EVP_DigestFinal_ex(ctx, out, NULL))
		ret = 0;
out:
	if (ret)
		memset(out, 0, TLSBIND_HASH_SIZE);
	EVP_MD_CTX_free(ctx);
	return ret;
}

static int tlsbind_hmac(const uint8_t *key, size_t key_len, const struct tlsbind_chunk *chunks,
			uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	char digest[] = "SHA384";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	int ret = -EIO;
	size_t len = 0;

	if (!ctx || !EVP_MAC_init(ctx, key, key_len, params))
		goto out;
	for (; chunks->data; chunks++)
		if (!EVP_MAC_update(ctx, chunks->data, chunks->len))
			goto out;
	if (EVP_MAC_final(ctx, out, &len, TLSBIND_COMMITMENT_SIZE) &&
	    len == TLSBIND_COMMITMENT_SIZE)
		ret = 0;
out:
	if (ret)
		memset(out, 0, TLSBIND_COMMITMENT_SIZE);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return ret;
}

int tlsbind_commitment(const struct tlsbind_key *key, unsigned int direction,
		       uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	size_t key_len = tlsbind_suite_key_size(key->cipher_suite);
	uint8_t head[] = {
		(uint8_t)direction,
		(uint8_t)(key->tls_version >> 8), (uint8_t)key->tls_version,
		(uint8_t)(key->cipher_suite >> 8), (uint8_t)key->cipher_suite,
		(uint8_t)(key_len >> 8), (uint8_t)key_len,
		TLSBIND_IV_SIZE,
	};
	const struct tlsbind_chunk chunks[] = {
		{ TLSBIND_LABEL_KEY, sizeof(TLSBIND_LABEL_KEY) },
		{ head, sizeof(head) },
		{ key->iv, sizeof(key->iv) },
		{ NULL, 0 },
	};

	memset(out, 0, TLSBIND_COMMITMENT_SIZE);
	if (direction != TLSBIND_DIRECTION_TX && direction != TLSBIND_DIRECTION_RX)
		return -EINVAL;
	if (key->tls_version != TLS1_3_VERSION || !key_len)
		return -ENOTSUP;
	return tlsbind_hmac(key->key, key_len, chunks, out);
}

int tlsbind_connection_id(const uint8_t tx_commitment[TLSBIND_COMMITMENT_SIZE],
			  const uint8_t rx_commitment[TLSBIND_COMMITMENT_SIZE],
			  uint8_t out[TLSBIND_CONNECTION_ID_SIZE])
{
	const struct tlsbind_chunk chunks[] = {
		{ TLSBIND_LABEL_CONNECTION, sizeof(TLSBIND_LABEL_CONNECTION) },
		{ tx_commitment, TLSBIND_COMMITMENT_SIZE },
		{ rx_commitment, TLSBIND_COMMITMENT_SIZE },
		{ NULL, 0 },
	};
	uint8_t hash[TLSBIND_HASH_SIZE];
	int ret = tlsbind_hash(chunks, hash);

	memcpy(out, hash, TLSBIND_CONNECTION_ID_SIZE);
	return ret;
}

int tlsbind_leaf(const uint8_t claims[TLSBIND_CLAIMS_SIZE], uint8_t out[TLSBIND_HASH_SIZE])
{
	static const uint8_t prefix = TLSBIND_PREFIX_LEAF;
	const struct tlsbind_chunk chunks[] = {
		{ &prefix, 1 },
		{ claims, TLSBIND_CLAIMS_SIZE },
		{ NULL, 0 },
	};

	return tlsbind_hash(chunks, out);
}

static int tlsbind_node(const uint8_t left[TLSBIND_HASH_SIZE],
			const uint8_t right[TLSBIND_HASH_SIZE], uint8_t out[TLSBIND_HASH_SIZE])
{
	static const uint8_t prefix = TLSBIND_PREFIX_NODE;
	const struct tlsbind_chunk chunks[] = {
		{ &prefix, 1 },
		{ left, TLSBIND_HASH_SIZE },
		{ right, TLSBIND_HASH_SIZE },
		{ NULL, 0 },
	};

	return tlsbind_hash(chunks, out);
}

/* RFC 9162 section 2.1.3.2; fn and sn are the names used there. */
int tlsbind_path_root(const uint8_t leaf[TLSBIND_HASH_SIZE], uint32_t leaf_index,
		      uint32_t tree_size, const uint8_t *path, size_t path_nodes,
		      uint8_t root[TLSBIND_HASH_SIZE])
{
	uint8_t r[TLSBIND_HASH_SIZE];
	uint32_t fn = leaf_index, sn = tree_size - 1;
	struct tlsbind_cursor cursor;
	int ret = -EBADMSG;

	memset(root, 0, TLSBIND_HASH_SIZE);
	if (!tree_size || tree_size > TLSBIND_TREE_SIZE_MAX || leaf_index >= tree_size ||
	    path_nodes > TLSBIND_PATH_MAX)
		return -EBADMSG;
	memcpy(r, leaf, sizeof(r));
	tlsbind_cursor_init(&cursor, path, path_nodes * TLSBIND_HASH_SIZE);
	while (cursor.left && !cursor.bad) {
		struct tlsbind_span p = tlsbind_cursor_take(&cursor, TLSBIND_HASH_SIZE);

		if (!sn)
			return -EBADMSG;	/* a node too many */
		if (fn & 1 || fn == sn) {
			ret = tlsbind_node(p.data, r, r);
			while (fn && !(fn & 1)) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			ret = tlsbind_node(r, p.data, r);
		}
		if (ret)
			return ret;
		fn >>= 1;
		sn >>= 1;
	}
	if (cursor.bad || sn)
		return -EBADMSG;
	memcpy(root, r, sizeof(r));
	return 0;
}

int tlsbind_report_data(uint32_t tree_size, const uint8_t root[TLSBIND_HASH_SIZE],
			const uint8_t boot_nonce[TLSBIND_BOOT_NONCE_SIZE],
			uint8_t out[TLSBIND_REPORT_DATA_SIZE])
{
	uint8_t size[4] = {
		(uint8_t)(tree_size >> 24), (uint8_t)(tree_size >> 16),
		(uint8_t)(tree_size >> 8), (uint8_t)tree_size,
	};
	struct tlsbind_tag tag = {
		.magic = TLSBIND_TAG_MAGIC,
		.version = TLSBIND_PROTOCOL_VERSION,
		.kind = TLSBIND_KIND_TREE,
	};
	const struct tlsbind_chunk chunks[] = {
		{ TLSBIND_LABEL_REPORT, sizeof(TLSBIND_LABEL_REPORT) },
		{ &tag, sizeof(tag) },
		{ size, sizeof(size) },
		{ root, TLSBIND_HASH_SIZE },
		{ boot_nonce, TLSBIND_BOOT_NONCE_SIZE },
		{ NULL, 0 },
	};
	uint8_t hash[TLSBIND_HASH_SIZE];
	int ret;

	_Static_assert(sizeof(tag) == TLSBIND_TAG_SIZE, "tag");
	_Static_assert(TLSBIND_TAG_SIZE + TLSBIND_HASH_SIZE == TLSBIND_REPORT_DATA_SIZE, "sizes");
	_Static_assert(sizeof(struct tlsbind_claims) == TLSBIND_CLAIMS_SIZE, "claims");
	ret = tlsbind_hash(chunks, hash);
	memset(out, 0, TLSBIND_REPORT_DATA_SIZE);
	if (ret)
		return ret;
	memcpy(out, &tag, sizeof(tag));
	memcpy(out + sizeof(tag), hash, sizeof(hash));
	return 0;
}
