/* SPDX-License-Identifier: MIT */
/* The tree of the protocol built from its leaves, RFC 9162 section 2.1, for tests. */
#ifndef TLSBIND_TREE_H
#define TLSBIND_TREE_H

#include <stdint.h>
#include <string.h>

#include "evidence.h"

typedef uint8_t tree_hash[TLSBIND_HASH_SIZE];

/* Largest power of two smaller than @n. */
static inline uint32_t tree_split(uint32_t n)
{
	uint32_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

/** tree_root() - root of @n leaves. */
static inline void tree_root(const tree_hash *leaves, uint32_t n, tree_hash root)
{
	uint32_t k = tree_split(n);
	tree_hash left, right;

	if (n == 1) {
		memcpy(root, leaves[0], sizeof(tree_hash));
		return;
	}
	tree_root(leaves, k, left);
	tree_root(leaves + k, n - k, right);
	evidence_node(left, right, root);
}

/** tree_path() - path of leaf @i of @n, the leaf's sibling first. Return: its nodes. */
static inline uint32_t tree_path(const tree_hash *leaves, uint32_t n, uint32_t i, tree_hash *path)
{
	uint32_t k = tree_split(n), nodes;

	if (n == 1)
		return 0;
	if (i < k) {
		nodes = tree_path(leaves, k, i, path);
		tree_root(leaves + k, n - k, path[nodes]);
	} else {
		nodes = tree_path(leaves + k, n - k, i - k, path);
		tree_root(leaves, k, path[nodes]);
	}
	return nodes + 1;
}

#endif
