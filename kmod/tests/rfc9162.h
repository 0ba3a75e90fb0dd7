/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The relying party's half of the tree, written from RFC 9162 section 2.1.3.2:
 * what the module's tree and paths are checked with.
 */
#ifndef _TLSBIND_TESTS_RFC9162_H
#define _TLSBIND_TESTS_RFC9162_H

#include "../binding.h"

bool tlsbind_test_root(const struct tlsbind_hash *leaf, u32 index, u32 size,
		       const struct tlsbind_hash *path, u8 len,
		       struct tlsbind_hash *root);

#endif
