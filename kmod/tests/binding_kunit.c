// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commitments, connection id, leaf, tree and REPORT_DATA against the vectors,
 * and what the vectors do not reach.
 */
#include "case.h"

#include <linux/unaligned.h>

#include "../compat/sha384.h"
#include "rfc9162.h"
#include "vectors.h"

KUNIT_ARRAY_PARAM_DESC(commitments, tlsbind_vectors_commitments, name);
KUNIT_ARRAY_PARAM_DESC(connections, tlsbind_vectors_connections, name);
KUNIT_ARRAY_PARAM_DESC(claims, tlsbind_vectors_claims, name);
KUNIT_ARRAY_PARAM_DESC(trees, tlsbind_vectors_trees, name);
KUNIT_ARRAY_PARAM_DESC(report_data, tlsbind_vectors_report_data, name);

static void tlsbind_test_commitment(struct kunit *test)
{
	const struct tlsbind_vector_commitment *v = test->param_value;
	u8 got[TLSBIND_COMMITMENT_SIZE];

	KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&v->key, v->direction, got), 0);

	KUNIT_EXPECT_MEMEQ(test, got, v->commitment, sizeof(got));
}

/* A member that is not hashed could be changed without anybody noticing. */
static void tlsbind_test_commitment_members(struct kunit *test)
{
	const struct tlsbind_vector_commitment *v = &tlsbind_vectors_commitments[0];
	struct tlsbind_key_material key[5];
	u8 got[TLSBIND_COMMITMENT_SIZE];
	int i;

	for (i = 0; i < ARRAY_SIZE(key); i++)
		key[i] = v->key;
	key[0].key[v->key.key_len - 1] ^= 1;
	key[1].iv[0] ^= 1;
	key[2].iv[TLSBIND_IV_SIZE - 1] ^= 1;
	key[3].cipher_suite ^= 1;
	key[4].tls_version ^= 1;

	for (i = 0; i < ARRAY_SIZE(key); i++) {
		KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&key[i], v->direction, got), 0);
		KUNIT_EXPECT_MEMNEQ(test, got, v->commitment, sizeof(got));
	}
}

static void tlsbind_test_commitment_unused(struct kunit *test)
{
	const struct tlsbind_vector_commitment *v = &tlsbind_vectors_commitments[0];
	struct tlsbind_key_material key = v->key;
	u8 got[TLSBIND_COMMITMENT_SIZE];

	memset(key.key + key.key_len, 0xff, sizeof(key.key) - key.key_len);
	KUNIT_ASSERT_LT(test, key.key_len, sizeof(key.key));
	KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&key, v->direction, got), 0);

	KUNIT_EXPECT_MEMEQ(test, got, v->commitment, sizeof(got));
}

static void tlsbind_test_connection(struct kunit *test)
{
	const struct tlsbind_vector_connection *v = test->param_value;
	u8 tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	u8 id[TLSBIND_CONNECTION_ID_SIZE];

	KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&v->tx, TLSBIND_DIRECTION_TX, tx), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&v->rx, TLSBIND_DIRECTION_RX, rx), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_binding_connection_id(tx, rx, id), 0);

	KUNIT_EXPECT_MEMEQ(test, tx, v->tx_commitment, sizeof(tx));
	KUNIT_EXPECT_MEMEQ(test, rx, v->rx_commitment, sizeof(rx));
	KUNIT_EXPECT_MEMEQ(test, id, v->connection_id, sizeof(id));
}

static void tlsbind_test_connection_peer(struct kunit *test)
{
	const struct tlsbind_vector_connection *v = test->param_value;
	u8 tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	u8 id[TLSBIND_CONNECTION_ID_SIZE];

	KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&v->rx, TLSBIND_DIRECTION_TX, tx), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_binding_commit(&v->tx, TLSBIND_DIRECTION_RX, rx), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_binding_connection_id(tx, rx, id), 0);

	KUNIT_EXPECT_MEMEQ(test, tx, v->peer_tx_commitment, sizeof(tx));
	KUNIT_EXPECT_MEMEQ(test, rx, v->peer_rx_commitment, sizeof(rx));
	KUNIT_EXPECT_MEMEQ(test, id, v->peer_connection_id, sizeof(id));
}

static void tlsbind_test_leaf(struct kunit *test)
{
	const struct tlsbind_vector_claims *v = test->param_value;
	struct tlsbind_claims claims;
	struct tlsbind_hash leaf;

	memcpy(&claims, v->encoded, sizeof(claims));
	KUNIT_ASSERT_EQ(test, tlsbind_binding_leaf(&claims, &leaf), 0);

	KUNIT_EXPECT_MEMEQ(test, leaf.bytes, v->leaf.bytes, sizeof(leaf.bytes));
}

/* The tree of a vector, in exactly as much memory as is asked for. */
static struct tlsbind_hash *tlsbind_test_grow(struct kunit *test,
					      const struct tlsbind_vector_tree *v,
					      u32 size, const struct tlsbind_hash **root)
{
	size_t bytes = TLSBIND_BINDING_NODES(size) * sizeof(struct tlsbind_hash);
	struct tlsbind_hash *nodes = kunit_kzalloc(test, bytes, GFP_KERNEL);
	u8 input[sizeof(v->leaf_prefix) + sizeof(__be32)];
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, nodes);
	memcpy(input, v->leaf_prefix, v->leaf_prefix_len);
	for (i = 0; i < size; i++) {
		put_unaligned_be32(i, input + v->leaf_prefix_len);
		KUNIT_ASSERT_EQ(test, tlsbind_sha384(input, v->leaf_prefix_len + sizeof(__be32),
						     nodes[i].bytes), 0);
	}
	KUNIT_ASSERT_EQ(test, tlsbind_binding_tree(nodes, size, root), 0);
	return nodes;
}

static void tlsbind_test_tree(struct kunit *test)
{
	const struct tlsbind_vector_tree *v = test->param_value;
	const struct tlsbind_hash *root;
	struct tlsbind_hash *nodes;

	nodes = tlsbind_test_grow(test, v, v->size, &root);

	KUNIT_EXPECT_MEMEQ(test, root->bytes, v->root.bytes, sizeof(root->bytes));
	KUNIT_EXPECT_TRUE(test, root >= nodes && root < nodes + TLSBIND_BINDING_NODES(v->size));
}

static void tlsbind_test_path(struct kunit *test)
{
	const struct tlsbind_vector_tree *v = test->param_value;
	struct tlsbind_hash path[TLSBIND_PATH_MAX];
	const struct tlsbind_hash *root;
	struct tlsbind_hash *nodes;
	u32 i;
	u8 len;

	nodes = tlsbind_test_grow(test, v, v->size, &root);

	for (i = 0; i < v->paths; i++) {
		const struct tlsbind_vector_path *want = &v->path[i];

		len = tlsbind_binding_path(nodes, v->size, want->index, path);
		KUNIT_ASSERT_EQ(test, len, want->len);
		KUNIT_EXPECT_MEMEQ(test, path, want->nodes, len * sizeof(*path));
	}
}

#define TLSBIND_TEST_EVERY_SIZE	70

static void tlsbind_test_every_path(struct kunit *test)
{
	struct tlsbind_hash path[TLSBIND_PATH_MAX], got;
	const struct tlsbind_hash *root;
	struct tlsbind_hash *nodes;
	u32 size, i;
	u8 len;

	for (size = 1; size <= TLSBIND_TEST_EVERY_SIZE; size++) {
		nodes = tlsbind_test_grow(test, &tlsbind_vectors_trees[0], size, &root);
		for (i = 0; i < size; i++) {
			len = tlsbind_binding_path(nodes, size, i, path);
			KUNIT_ASSERT_LE(test, len, TLSBIND_PATH_MAX);
			KUNIT_ASSERT_TRUE(test, tlsbind_test_root(&nodes[i], i, size, path, len,
								  &got));
			KUNIT_ASSERT_MEMEQ(test, got.bytes, root->bytes, sizeof(got.bytes));
		}
	}
}

static void tlsbind_test_tree_size(struct kunit *test)
{
	static const u32 sizes[] = { 0, TLSBIND_TREE_SIZE_MAX + 1, U32_MAX };
	const struct tlsbind_hash *root = NULL;
	struct tlsbind_hash node = {}, before = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ(test, tlsbind_binding_tree(&node, sizes[i], &root), -EINVAL);

	KUNIT_EXPECT_NULL(test, root);
	KUNIT_EXPECT_MEMEQ(test, node.bytes, before.bytes, sizeof(node.bytes));
}

static void tlsbind_test_single_leaf(struct kunit *test)
{
	struct tlsbind_hash node = { { 1, 2, 3 } }, path[TLSBIND_PATH_MAX];
	const struct tlsbind_hash *root = NULL;

	KUNIT_ASSERT_EQ(test, tlsbind_binding_tree(&node, 1, &root), 0);

	KUNIT_EXPECT_PTR_EQ(test, root, &node);
	KUNIT_EXPECT_EQ(test, tlsbind_binding_path(&node, 1, 0, path), 0);
	KUNIT_EXPECT_EQ(test, node.bytes[2], 3);
}

static void tlsbind_test_report_data(struct kunit *test)
{
	const struct tlsbind_vector_report_data *v = test->param_value;
	u8 got[TLSBIND_REPORT_DATA_SIZE];

	KUNIT_ASSERT_EQ(test, tlsbind_binding_report_data(&v->root, v->tree_size, v->boot_nonce,
							  got), 0);

	KUNIT_EXPECT_MEMEQ(test, got, v->report_data, sizeof(got));
}

static int tlsbind_test_binding_init(struct kunit_suite *suite)
{
	return tlsbind_sha384_init();
}

static void tlsbind_test_binding_exit(struct kunit_suite *suite)
{
	tlsbind_sha384_exit();
}

/* Nothing that is too long is cut. */
static void tlsbind_test_hmac_limits(struct kunit *test)
{
	static const u8 key[SHA384_BLOCK_SIZE + 1], data[TLSBIND_HMAC_DATA_MAX + 1];
	size_t most = sizeof(key) - 1, len = sizeof(data) - 1;
	u8 out[SHA384_DIGEST_SIZE];

	KUNIT_EXPECT_EQ(test, tlsbind_hmac_sha384(key, most, data, len, out), 0);
	KUNIT_EXPECT_EQ(test, tlsbind_hmac_sha384(key, most + 1, data, len, out), -EINVAL);
	KUNIT_EXPECT_EQ(test, tlsbind_hmac_sha384(key, most, data, len + 1, out), -EINVAL);
}

static struct kunit_case tlsbind_test_binding_cases[] = {
	TLSBIND_CASE_EACH(tlsbind_test_commitment, commitments,
			  "a commitment is that of the vectors"),
	TLSBIND_CASE(tlsbind_test_commitment_members,
		     "a commitment depends on key, iv, cipher suite and version"),
	TLSBIND_CASE(tlsbind_test_commitment_unused,
		     "a commitment does not depend on bytes beyond a short key"),
	TLSBIND_CASE(tlsbind_test_hmac_limits, "an HMAC of too much is refused"),
	TLSBIND_CASE_EACH(tlsbind_test_connection, connections,
			  "a connection is named as in the vectors"),
	TLSBIND_CASE_EACH(tlsbind_test_connection_peer, connections,
			  "its other end is named as in the vectors"),
	TLSBIND_CASE_EACH(tlsbind_test_leaf, claims, "a leaf is that of the vectors"),
	TLSBIND_CASE_EACH(tlsbind_test_tree, trees, "a root is that of the vectors"),
	TLSBIND_CASE_EACH(tlsbind_test_path, trees, "a path is that of the vectors"),
	TLSBIND_CASE(tlsbind_test_every_path, "every path of every small tree leads to its root"),
	TLSBIND_CASE(tlsbind_test_tree_size, "an impossible tree is refused and nothing written"),
	TLSBIND_CASE(tlsbind_test_single_leaf, "a single leaf is its own root and has no path"),
	TLSBIND_CASE_EACH(tlsbind_test_report_data, report_data,
			  "REPORT_DATA is that of the vectors"),
	{}
};

static struct kunit_suite tlsbind_test_binding_suite = {
	.name = "tlsbind_binding",
	.suite_init = tlsbind_test_binding_init,
	.suite_exit = tlsbind_test_binding_exit,
	.test_cases = tlsbind_test_binding_cases,
};

kunit_test_suite(tlsbind_test_binding_suite);

MODULE_DESCRIPTION("Tests of the parts of tlsbind that need no socket");
MODULE_AUTHOR("The tlsbind authors");
MODULE_LICENSE("GPL");
