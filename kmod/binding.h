/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is bound to what: commitments, connection id, leaf, tree, REPORT_DATA.
 * Pure: no sockets, no clock, no randomness, no locks. See
 * Documentation/protocol.rst.
 */
#ifndef _TLSBIND_BINDING_H
#define _TLSBIND_BINDING_H

#include <linux/tlsbind.h>
#include <linux/types.h>

/**
 * struct tlsbind_key_material - one direction's traffic key
 * @tls_version: 0x0304
 * @cipher_suite: IANA code point
 * @key_len: bytes used in @key: 16 or 32
 * @key: traffic key, RFC 8446 section 7.3
 * @iv: static IV, RFC 8446 section 7.3
 *
 * Secret. Whoever fills one wipes it with memzero_explicit().
 */
struct tlsbind_key_material {
	u16 tls_version;
	u16 cipher_suite;
	u8 key_len;
	u8 key[TLSBIND_KEY_SIZE_MAX];
	u8 iv[TLSBIND_IV_SIZE];
};

/**
 * struct tlsbind_hash - a node of the tree
 * @bytes: SHA-384
 */
struct tlsbind_hash {
	u8 bytes[TLSBIND_HASH_SIZE];
};

/* Nodes on all levels of a tree: each level has half of the one below, rounded up. */
#define TLSBIND_BINDING_NODES(size)	(2 * (size) + TLSBIND_PATH_MAX)

int tlsbind_binding_commit(const struct tlsbind_key_material *key, u8 direction,
			   u8 commitment[TLSBIND_COMMITMENT_SIZE]);
int tlsbind_binding_connection_id(const u8 tx[TLSBIND_COMMITMENT_SIZE],
				  const u8 rx[TLSBIND_COMMITMENT_SIZE],
				  u8 id[TLSBIND_CONNECTION_ID_SIZE]);
int tlsbind_binding_leaf(const struct tlsbind_claims *claims,
			 struct tlsbind_hash *leaf);
int tlsbind_binding_tree(struct tlsbind_hash *nodes, u32 size,
			 const struct tlsbind_hash **root);
u8 tlsbind_binding_path(const struct tlsbind_hash *nodes, u32 size, u32 index,
			struct tlsbind_hash path[TLSBIND_PATH_MAX]);
int tlsbind_binding_report_data(const struct tlsbind_hash *root, u32 tree_size,
				const u8 boot_nonce[TLSBIND_BOOT_NONCE_SIZE],
				u8 report_data[TLSBIND_REPORT_DATA_SIZE]);

#endif
