// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commitments, connection id, leaf, tree and REPORT_DATA of protocol version 1.
 *
 * Every hash input is a packed structure whose first member tells what it is
 * (a label with its zero byte, or the prefix of RFC 9162 section 2.1.1), so no
 * input of one kind can be taken for another.
 */
#include "binding.h"

#include <linux/build_bug.h>
#include <linux/string.h>

#include "compat/sha384.h"

static_assert(sizeof(struct tlsbind_claims) == TLSBIND_CLAIMS_SIZE);
static_assert(sizeof(struct tlsbind_tag) == TLSBIND_TAG_SIZE);
static_assert(TLSBIND_HASH_SIZE == SHA384_DIGEST_SIZE);
static_assert(1 << TLSBIND_PATH_MAX == TLSBIND_TREE_SIZE_MAX);

struct tlsbind_commit_input {
	char label[sizeof(TLSBIND_LABEL_KEY)];
	u8 direction;
	__be16 tls_version;
	__be16 cipher_suite;
	__be16 key_len;
	u8 iv_len;
	u8 iv[TLSBIND_IV_SIZE];
} __packed;

/* Before Linux 6.17 an HMAC takes no more. */
static_assert(sizeof(struct tlsbind_commit_input) <= TLSBIND_HMAC_DATA_MAX);

struct tlsbind_connection_input {
	char label[sizeof(TLSBIND_LABEL_CONNECTION)];
	u8 tx[TLSBIND_COMMITMENT_SIZE];
	u8 rx[TLSBIND_COMMITMENT_SIZE];
} __packed;

struct tlsbind_leaf_input {
	u8 prefix;
	struct tlsbind_claims claims;
} __packed;

struct tlsbind_node_input {
	u8 prefix;
	struct tlsbind_hash left;
	struct tlsbind_hash right;
} __packed;

struct tlsbind_report_input {
	char label[sizeof(TLSBIND_LABEL_REPORT)];
	struct tlsbind_tag tag;
	__be32 tree_size;
	struct tlsbind_hash root;
	u8 boot_nonce[TLSBIND_BOOT_NONCE_SIZE];
} __packed;

/**
 * tlsbind_binding_commit() - commit to a traffic key in one direction
 * @key: the key
 * @direction: TLSBIND_DIRECTION_*, as the attester sees it
 * @commitment: 48 bytes
 *
 * The direction is what stops evidence of one end from being reflected to it.
 * The record sequence number is left out: the other end cannot know it.
 *
 * Context: any but hard interrupts.
 * Return: 0, or a negative errno of the kernel's SHA-384; @commitment is
 * undefined then.
 */
int tlsbind_binding_commit(const struct tlsbind_key_material *key, u8 direction,
			   u8 commitment[TLSBIND_COMMITMENT_SIZE])
{
	struct tlsbind_commit_input input = {
		.label = TLSBIND_LABEL_KEY,
		.direction = direction,
		.tls_version = cpu_to_be16(key->tls_version),
		.cipher_suite = cpu_to_be16(key->cipher_suite),
		.key_len = cpu_to_be16(key->key_len),
		.iv_len = TLSBIND_IV_SIZE,
	};
	int ret;

	memcpy(input.iv, key->iv, sizeof(input.iv));
	ret = tlsbind_hmac_sha384(key->key, key->key_len, &input, sizeof(input),
				  commitment);
	memzero_explicit(&input, sizeof(input));
	return ret;
}

/**
 * tlsbind_binding_connection_id() - name a connection by its first keys
 * @tx: commitment to the attester's first sending key
 * @rx: commitment to the attester's first receiving key
 * @id: 16 bytes
 *
 * Context: any but hard interrupts.
 * Return: 0 or a negative errno of the kernel's SHA-384.
 */
int tlsbind_binding_connection_id(const u8 tx[TLSBIND_COMMITMENT_SIZE],
				  const u8 rx[TLSBIND_COMMITMENT_SIZE],
				  u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct tlsbind_connection_input input = {
		.label = TLSBIND_LABEL_CONNECTION,
	};
	u8 hash[TLSBIND_HASH_SIZE];
	int ret;

	memcpy(input.tx, tx, sizeof(input.tx));
	memcpy(input.rx, rx, sizeof(input.rx));
	ret = tlsbind_sha384(&input, sizeof(input), hash);
	if (!ret)
		memcpy(id, hash, TLSBIND_CONNECTION_ID_SIZE);
	return ret;
}

/**
 * tlsbind_binding_leaf() - hash of one connection's claims (RFC 9162, 2.1.1)
 * @claims: the claims
 * @leaf: result
 *
 * Context: any but hard interrupts.
 * Return: 0 or a negative errno of the kernel's SHA-384.
 */
int tlsbind_binding_leaf(const struct tlsbind_claims *claims,
			 struct tlsbind_hash *leaf)
{
	struct tlsbind_leaf_input input = {
		.prefix = TLSBIND_PREFIX_LEAF,
		.claims = *claims,
	};

	return tlsbind_sha384(&input, sizeof(input), leaf->bytes);
}

static int tlsbind_binding_node(const struct tlsbind_hash *left,
				const struct tlsbind_hash *right,
				struct tlsbind_hash *node)
{
	struct tlsbind_node_input input = {
		.prefix = TLSBIND_PREFIX_NODE,
		.left = *left,
		.right = *right,
	};

	return tlsbind_sha384(&input, sizeof(input), node->bytes);
}

/**
 * tlsbind_binding_tree() - build the tree over leaves
 * @nodes: in: @size leaves; out: all levels, one after the other, leaves
 *	first; room for TLSBIND_BINDING_NODES(@size)
 * @size: number of leaves, 1 to TLSBIND_TREE_SIZE_MAX
 * @root: where to point at the root, inside @nodes
 *
 * The tree is that of RFC 9162 section 2.1.1. Joining neighbours level by
 * level and moving an odd last node up unchanged splits each subtree at the
 * largest power of two below its size, which is the RFC's definition.
 *
 * Context: any but hard interrupts.
 * Return: 0, -EINVAL for an impossible @size, or a negative errno of the
 * kernel's SHA-384.
 */
int tlsbind_binding_tree(struct tlsbind_hash *nodes, u32 size,
			 const struct tlsbind_hash **root)
{
	struct tlsbind_hash *level = nodes, *above;
	u32 width, i;
	int ret;

	if (!size || size > TLSBIND_TREE_SIZE_MAX)
		return -EINVAL;

	for (width = size; width > 1; width = (width + 1) / 2, level = above) {
		above = level + width;
		for (i = 0; i + 1 < width; i += 2) {
			ret = tlsbind_binding_node(&level[i], &level[i + 1],
						   &above[i / 2]);
			if (ret)
				return ret;
		}
		if (width & 1)
			above[width / 2] = level[width - 1];
	}
	*root = level;
	return 0;
}

/**
 * tlsbind_binding_path() - inclusion path of a leaf (RFC 9162, 2.1.3.1)
 * @nodes: filled by tlsbind_binding_tree()
 * @size: number of leaves
 * @index: of the leaf, below @size
 * @path: filled, the leaf's sibling first
 *
 * A node without a sibling moved up as it is and adds nothing to the path.
 *
 * Return: number of nodes in @path.
 */
u8 tlsbind_binding_path(const struct tlsbind_hash *nodes, u32 size, u32 index,
			struct tlsbind_hash path[TLSBIND_PATH_MAX])
{
	const struct tlsbind_hash *level = nodes;
	u32 width, sibling;
	u8 len = 0;

	for (width = size; width > 1; width = (width + 1) / 2, index /= 2) {
		sibling = index ^ 1;
		if (sibling < width)
			path[len++] = level[sibling];
		level += width;
	}
	return len;
}

/**
 * tlsbind_binding_report_data() - what the hardware signs
 * @root: root of the tree
 * @tree_size: its number of leaves
 * @boot_nonce: drawn at module load
 * @report_data: 64 bytes: the clear tag, then the hash
 *
 * Context: any but hard interrupts.
 * Return: 0 or a negative errno of the kernel's SHA-384.
 */
int tlsbind_binding_report_data(const struct tlsbind_hash *root, u32 tree_size,
				const u8 boot_nonce[TLSBIND_BOOT_NONCE_SIZE],
				u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	struct tlsbind_report_input input = {
		.label = TLSBIND_LABEL_REPORT,
		.tag = {
			.magic = TLSBIND_TAG_MAGIC,
			.version = TLSBIND_PROTOCOL_VERSION,
			.kind = TLSBIND_KIND_TREE,
		},
		.tree_size = cpu_to_be32(tree_size),
		.root = *root,
	};

	memcpy(input.boot_nonce, boot_nonce, sizeof(input.boot_nonce));
	memcpy(report_data, &input.tag, TLSBIND_TAG_SIZE);
	return tlsbind_sha384(&input, sizeof(input),
			      report_data + TLSBIND_TAG_SIZE);
}
