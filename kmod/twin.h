/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables in which several entries may have the same key.
 */
#ifndef _TLSBIND_TWIN_H
#define _TLSBIND_TWIN_H

#include <linux/rbtree_types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define TLSBIND_TWIN_SHARDS	1024
#define TLSBIND_TWIN_KEY_SIZE	16
#define TLSBIND_TWIN_WORDS	2

/**
 * struct tlsbind_twin - an entry, part of what is kept in a table
 * @node: in the tree of a shard; empty if it is in none
 * @key: as good as random
 *
 * @node is protected by the lock of the shard.
 */
struct tlsbind_twin {
	struct rb_node node;
	u64 key[TLSBIND_TWIN_WORDS];
};

/**
 * struct tlsbind_twin_shard - those entries whose keys begin alike
 * @lock: protects the rest
 * @bits: binary logarithm of the number of @roots
 * @count: how many entries there are
 * @roots: trees by key, each of those whose keys go on alike
 * @first: @roots as long as there are few entries
 */
struct tlsbind_twin_shard {
	spinlock_t lock; /* all that follows */
	unsigned int bits;
	unsigned int count;
	struct rb_root *roots;
	struct rb_root first;
};

/**
 * struct tlsbind_twins - a table
 * @shards: by the first bits of the key
 */
struct tlsbind_twins {
	struct tlsbind_twin_shard shards[TLSBIND_TWIN_SHARDS];
};

void tlsbind_twins_init(struct tlsbind_twins *twins);
void tlsbind_twins_exit(struct tlsbind_twins *twins);
void tlsbind_twin_init(struct tlsbind_twin *twin);
bool tlsbind_twin_add(struct tlsbind_twins *twins, struct tlsbind_twin *twin,
		      void (*meet)(struct tlsbind_twin *newcomer,
				   struct tlsbind_twin *other));
void tlsbind_twin_remove(struct tlsbind_twins *twins, struct tlsbind_twin *twin);
struct tlsbind_twin *
tlsbind_twin_find(struct tlsbind_twins *twins,
		  const u64 key[TLSBIND_TWIN_WORDS]);

#endif
