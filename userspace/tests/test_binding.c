/* SPDX-License-Identifier: MIT */
/* Commitments, connection ids, leaves, trees, REPORT_DATA: known answers. */
#include "common.h"

static struct tlsbind_key key_of(json_t *object, const char *key, const char *iv)
{
	struct tlsbind_key out = {
		.tls_version = (uint16_t)test_number(object, "tls_version"),
		.cipher_suite = (uint16_t)test_number(object, "cipher_suite"),
	};
	struct test_bytes bytes = test_bytes(object, key);

	assert_int_equal(bytes.len, tlsbind_suite_key_size(out.cipher_suite));
	memcpy(out.key, bytes.data, bytes.len);
	free(bytes.data);
	bytes = test_bytes(object, iv);
	assert_int_equal(bytes.len, sizeof(out.iv));
	memcpy(out.iv, bytes.data, bytes.len);
	free(bytes.data);
	return out;
}

static void test_commitments(void **state)
{
	json_t *root = test_known_answers(), *item;
	uint8_t out[TLSBIND_COMMITMENT_SIZE];
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "commitments"), i, item) {
		struct tlsbind_key key = key_of(item, "key", "iv");

		assert_int_equal(tlsbind_commitment(&key, (unsigned int)
						    test_number(item, "direction"), out), 0);
		test_equal(item, "commitment", out, sizeof(out));
	}
	json_decref(root);
}

static void test_commitment_refuses(void **state)
{
	struct tlsbind_key key = { .tls_version = 0x0304, .cipher_suite = 0x1301 };
	uint8_t out[TLSBIND_COMMITMENT_SIZE];

	(void)state;
	assert_int_equal(tlsbind_commitment(&key, 0, out), -EINVAL);
	assert_int_equal(tlsbind_commitment(&key, 3, out), -EINVAL);
	key.tls_version = 0x0303;
	assert_int_equal(tlsbind_commitment(&key, 1, out), -ENOTSUP);
	key.tls_version = 0x0304;
	key.cipher_suite = 0x1305;
	assert_int_equal(tlsbind_commitment(&key, 1, out), -ENOTSUP);
	key.cipher_suite = 0xc02f;
	assert_int_equal(tlsbind_commitment(&key, 1, out), -ENOTSUP);
}

static void test_connections(void **state)
{
	json_t *root = test_known_answers(), *item;
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "connections"), i, item) {
		struct tlsbind_key tx_key = key_of(item, "tx_key", "tx_iv");
		struct tlsbind_key rx_key = key_of(item, "rx_key", "rx_iv");

		assert_int_equal(tlsbind_commitment(&tx_key, TLSBIND_DIRECTION_TX, tx), 0);
		assert_int_equal(tlsbind_commitment(&rx_key, TLSBIND_DIRECTION_RX, rx), 0);
		test_equal(item, "tx_commitment", tx, sizeof(tx));
		test_equal(item, "rx_commitment", rx, sizeof(rx));
		assert_int_equal(tlsbind_connection_id(tx, rx, id), 0);
		test_equal(item, "connection_id", id, sizeof(id));
		/* The other end attests: it sends with our receiving key. */
		assert_int_equal(tlsbind_commitment(&rx_key, TLSBIND_DIRECTION_TX, tx), 0);
		assert_int_equal(tlsbind_commitment(&tx_key, TLSBIND_DIRECTION_RX, rx), 0);
		test_equal(item, "peer_tx_commitment", tx, sizeof(tx));
		test_equal(item, "peer_rx_commitment", rx, sizeof(rx));
		assert_int_equal(tlsbind_connection_id(tx, rx, id), 0);
		test_equal(item, "peer_connection_id", id, sizeof(id));
	}
	json_decref(root);
}

static void test_leaves(void **state)
{
	json_t *root = test_known_answers(), *item;
	uint8_t leaf[TLSBIND_HASH_SIZE];
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "claims"), i, item) {
		struct test_bytes claims = test_bytes(item, "encoded");

		assert_int_equal(claims.len, TLSBIND_CLAIMS_SIZE);
		assert_int_equal(tlsbind_leaf(claims.data, leaf), 0);
		test_equal(item, "leaf", leaf, sizeof(leaf));
		free(claims.data);
	}
	json_decref(root);
}

/* The layout of the header that both sides compile, against the script's. */
static void test_claims_layout(void **state)
{
	json_t *root = test_known_answers(), *item;
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "claims"), i, item) {
		struct test_bytes bytes = test_bytes(item, "encoded");
		struct tlsbind_claims claims;

		memcpy(&claims, bytes.data, sizeof(claims));
		assert_int_equal(be16toh(claims.version), test_number(item, "version"));
		assert_int_equal(be16toh(claims.cipher_suite), test_number(item, "cipher_suite"));
		assert_int_equal(be32toh(claims.flags), test_number(item, "flags"));
		assert_int_equal(be32toh(claims.uid), test_number(item, "uid"));
		assert_int_equal(be32toh(claims.tx_generation), test_number(item, "tx_generation"));
		assert_int_equal(be32toh(claims.rx_generation), test_number(item, "rx_generation"));
		assert_int_equal(be64toh(claims.netns), test_number(item, "netns"));
		assert_int_equal(be64toh(claims.rule), test_number(item, "rule"));
		test_equal(item, "nonce", claims.nonce, sizeof(claims.nonce));
		test_equal(item, "rx_commitment", claims.rx_commitment, 48);
		test_equal(item, "policy_digest", claims.policy_digest, 48);
		test_equal(item, "exe_digest", claims.exe_digest, sizeof(claims.exe_digest));
		test_equal(item, "app_data", claims.app_data, sizeof(claims.app_data));
		free(bytes.data);
	}
	json_decref(root);
}

static size_t path_of(json_t *list, uint8_t (*path)[TLSBIND_HASH_SIZE], size_t max)
{
	json_t *node;
	size_t i;

	json_array_foreach(list, i, node) {
		struct test_bytes bytes = test_hex(json_string_value(node));

		assert_true(i < max);
		assert_int_equal(bytes.len, TLSBIND_HASH_SIZE);
		memcpy(path[i], bytes.data, bytes.len);
		free(bytes.data);
	}
	return json_array_size(list);
}

static void tree_leaf(json_t *tree, uint32_t index, uint8_t out[TLSBIND_HASH_SIZE])
{
	struct test_bytes prefix = test_bytes(tree, "leaf_prefix");
	uint8_t number[4] = { (uint8_t)(index >> 24), (uint8_t)(index >> 16),
			      (uint8_t)(index >> 8), (uint8_t)index };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(EVP_DigestInit_ex(ctx, EVP_sha384(), NULL) &&
		    EVP_DigestUpdate(ctx, prefix.data, prefix.len) &&
		    EVP_DigestUpdate(ctx, number, sizeof(number)) &&
		    EVP_DigestFinal_ex(ctx, out, NULL));
	EVP_MD_CTX_free(ctx);
	free(prefix.data);
}

static void test_trees(void **state)
{
	json_t *root = test_known_answers(), *tree, *entry;
	uint8_t path[16][TLSBIND_HASH_SIZE];
	uint8_t leaf[TLSBIND_HASH_SIZE], out[TLSBIND_HASH_SIZE];
	size_t i, j, nodes, paths = 0;

	(void)state;
	json_array_foreach(test_array(root, "trees"), i, tree) {
		json_array_foreach(test_array(tree, "paths"), j, entry) {
			uint32_t index = (uint32_t)test_number(entry, "index");
			uint32_t size = (uint32_t)test_number(tree, "size");

			nodes = path_of(json_object_get(entry, "path"), path, 16);
			tree_leaf(tree, index, leaf);
			assert_int_equal(tlsbind_path_root(leaf, index, size, path[0], nodes, out),
					 0);
			test_equal(tree, "root", out, sizeof(out));
			paths++;
		}
	}
	assert_true(paths > 100);
	json_decref(root);
}

/* Either there is no such path, or it leads elsewhere. */
static void test_bad_paths(void **state)
{
	json_t *root = test_known_answers(), *item;
	uint8_t path[16][TLSBIND_HASH_SIZE], out[TLSBIND_HASH_SIZE];
	size_t i, nodes;

	(void)state;
	json_array_foreach(test_array(root, "bad_paths"), i, item) {
		struct test_bytes leaf = test_bytes(item, "leaf"), want = test_bytes(item, "root");
		int ret;

		nodes = path_of(json_object_get(item, "path"), path, 16);
		ret = tlsbind_path_root(leaf.data, (uint32_t)test_number(item, "index"),
					(uint32_t)test_number(item, "size"), path[0], nodes, out);
		if (!ret && !memcmp(out, want.data, sizeof(out)))
			fail_msg("accepted: %s", json_string_value(json_object_get(item, "name")));
		free(leaf.data);
		free(want.data);
	}
	json_decref(root);
}

static void test_report_data(void **state)
{
	json_t *root = test_known_answers(), *item;
	uint8_t out[TLSBIND_REPORT_DATA_SIZE];
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "report_data"), i, item) {
		struct test_bytes hash = test_bytes(item, "root");
		struct test_bytes boot = test_bytes(item, "boot_nonce");

		assert_int_equal(tlsbind_report_data((uint32_t)test_number(item, "tree_size"),
						     hash.data, boot.data, out), 0);
		test_equal(item, "report_data", out, sizeof(out));
		test_equal(item, "tag", out, TLSBIND_TAG_SIZE);
		free(hash.data);
		free(boot.data);
	}
	json_decref(root);
}

static void test_traffic_secrets(void **state)
{
	json_t *root = test_known_answers(), *item, *generation;
	size_t i, j, tested = 0;

	(void)state;
	json_array_foreach(test_array(root, "traffic_secrets"), i, item) {
		uint16_t suite = (uint16_t)test_number(item, "cipher_suite");
		struct test_bytes secret = test_bytes(json_array_get(
			test_array(item, "generations"), 0), "secret");
		struct tlsbind_key key;

		if (!strcmp(json_string_value(json_object_get(item, "hash")), "sm3")) {
			/* OpenSSL negotiates no such suite; see keys.c. */
			assert_int_equal(tlsbind_traffic_key(suite, secret.data, secret.len, &key),
					 -ENOTSUP);
			free(secret.data);
			continue;
		}
		json_array_foreach(test_array(item, "generations"), j, generation) {
			uint8_t out[TLSBIND_COMMITMENT_SIZE];

			if (j)
				assert_int_equal(tlsbind_traffic_update(suite, secret.data,
									secret.len), 0);
			test_equal(generation, "secret", secret.data, secret.len);
			assert_int_equal(tlsbind_traffic_key(suite, secret.data, secret.len, &key),
					 0);
			test_equal(generation, "key", key.key, tlsbind_suite_key_size(suite));
			test_equal(generation, "iv", key.iv, sizeof(key.iv));
			assert_int_equal(tlsbind_commitment(&key, 1, out), 0);
			test_equal(generation, "tx_commitment", out, sizeof(out));
			assert_int_equal(tlsbind_commitment(&key, 2, out), 0);
			test_equal(generation, "rx_commitment", out, sizeof(out));
			tested++;
		}
		free(secret.data);
	}
	assert_true(tested >= 20);
	json_decref(root);
}

static void test_traffic_secret_sizes(void **state)
{
	uint8_t secret[64] = { 0 };
	struct tlsbind_key key;

	(void)state;
	assert_int_equal(tlsbind_traffic_key(0x1301, secret, 48, &key), -EINVAL);
	assert_int_equal(tlsbind_traffic_key(0x1302, secret, 32, &key), -EINVAL);
	assert_int_equal(tlsbind_traffic_key(0x1301, secret, 31, &key), -EINVAL);
	assert_int_equal(tlsbind_traffic_key(0x1305, secret, 32, &key), -ENOTSUP);
	assert_int_equal(tlsbind_traffic_update(0x1302, secret, 64), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commitments),
		cmocka_unit_test(test_commitment_refuses),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_claims_layout),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_bad_paths),
		cmocka_unit_test(test_report_data),
		cmocka_unit_test(test_traffic_secrets),
		cmocka_unit_test(test_traffic_secret_sizes),
	};

	return cmocka_run_group_tests_name("binding", tests, NULL, NULL);
}
