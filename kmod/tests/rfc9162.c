// SPDX-License-Identifier: GPL-2.0-only
#include "rfc9162.h"

#include <linux/string.h>

#include "../compat/sha384.h"

static void tlsbind_test_node(const struct tlsbind_hash *left,
			      const struct tlsbind_hash *right,
			      struct tlsbind_hash *node)
{
	u8 input[1 + 2 * TLSBIND_HASH_SIZE] = { TLSBIND_PREFIX_NODE };

	memcpy(input + 1, left, TLSBIND_HASH_SIZE);
	memcpy(input + 1 + TLSBIND_HASH_SIZE, right, TLSBIND_HASH_SIZE);
	tlsbind_sha384(input, sizeof(input), node->bytes);
}

/**
 * tlsbind_test_root() - the root that an inclusion path leads to
 * @leaf: hash of the leaf
 * @index: of the leaf
 * @size: number of leaves
 * @path: the leaf's sibling first
 * @len: nodes in @path
 * @root: filled
 *
 * Return: false if no tree has such a path.
 */
bool tlsbind_test_root(const struct tlsbind_hash *leaf, u32 index, u32 size,
		       const struct tlsbind_hash *path, u8 len,
		       struct tlsbind_hash *root)
{
	u32 fn = index, sn = size - 1;

	if (index >= size)
		return false;
	*root = *leaf;
	for (; len--; path++, fn >>= 1, sn >>= 1) {
		if (!sn)
			return false;
		if (!(fn & 1) && fn != sn) {
			tlsbind_test_node(root, path, root);
			continue;
		}
		tlsbind_test_node(path, root, root);
		while (fn && !(fn & 1)) {
			fn >>= 1;
			sn >>= 1;
		}
	}
	return !sn;
}
