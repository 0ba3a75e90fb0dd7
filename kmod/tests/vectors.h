/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The known answers of selftests/vectors/v1.json, which an independent script
 * computed. vectors_data.h is made from that file when the tests are built.
 */
#ifndef _TLSBIND_TESTS_VECTORS_H
#define _TLSBIND_TESTS_VECTORS_H

#include "../binding.h"

struct tlsbind_vector_commitment {
	const char *name;
	struct tlsbind_key_material key;
	u8 direction;
	u8 commitment[TLSBIND_COMMITMENT_SIZE];
};

struct tlsbind_vector_connection {
	const char *name;
	struct tlsbind_key_material tx;
	struct tlsbind_key_material rx;
	u8 tx_commitment[TLSBIND_COMMITMENT_SIZE];
	u8 rx_commitment[TLSBIND_COMMITMENT_SIZE];
	u8 connection_id[TLSBIND_CONNECTION_ID_SIZE];
	u8 peer_tx_commitment[TLSBIND_COMMITMENT_SIZE];
	u8 peer_rx_commitment[TLSBIND_COMMITMENT_SIZE];
	u8 peer_connection_id[TLSBIND_CONNECTION_ID_SIZE];
};

struct tlsbind_vector_claims {
	const char *name;
	u8 encoded[TLSBIND_CLAIMS_SIZE];
	struct tlsbind_hash leaf;
};

struct tlsbind_vector_path {
	u32 index;
	u8 len;
	struct tlsbind_hash nodes[TLSBIND_PATH_MAX];
};

/* Leaf i is SHA-384(leaf_prefix || i as big-endian u32). */
struct tlsbind_vector_tree {
	const char *name;
	u32 size;
	u8 leaf_prefix[32];
	u8 leaf_prefix_len;
	struct tlsbind_hash root;
	u32 paths;
	const struct tlsbind_vector_path *path;
};

struct tlsbind_vector_report_data {
	const char *name;
	struct tlsbind_hash root;
	u32 tree_size;
	u8 boot_nonce[TLSBIND_BOOT_NONCE_SIZE];
	u8 report_data[TLSBIND_REPORT_DATA_SIZE];
};

struct tlsbind_vector_evidence {
	const char *name;
	u8 claims[TLSBIND_CLAIMS_SIZE];
	u32 leaf_index;
	u32 tree_size;
	u8 path_len;
	struct tlsbind_hash path[TLSBIND_PATH_MAX];
	u8 boot_nonce[TLSBIND_BOOT_NONCE_SIZE];
	const char *provider;
	const u8 *report;
	size_t report_len;
	const u8 *aux;
	size_t aux_len;
	const u8 *encoded;
	size_t encoded_len;
};

#include "vectors_data.h"

#endif
