/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables in which several entries may have the same key.
 */
#ifndef _TLSBIND_TWIN_H
#define _TLSBIND_TWIN_H

#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define TLSBIND_TWINS_LOCKS	64

/**
 * struct tlsbind_twin - an entry, part of what is kept in a table
 * @node: in the table; of one of those with the same key only
 * @same: ring of all with the same key
 * @added: it is in there
 * @first: @node is the one in the table
 *
 * All of it is protected by the lock of its key.
 */
struct tlsbind_twin {
	struct rhash_head node;
	struct list_head same;
	bool added;
	bool first;
};

/**
 * struct tlsbind_twins - a table
 * @table: the first of each ring
 * @params: of @table
 * @locks: each is for the keys of one hash
 */
struct tlsbind_twins {
	struct rhashtable table;
	struct rhashtable_params params;
	spinlock_t locks[TLSBIND_TWINS_LOCKS]; /* by hash of the key */
};

int tlsbind_twins_init(struct tlsbind_twins *twins, size_t key_offset,
		       size_t key_len, rht_hashfn_t hash);
void tlsbind_twins_exit(struct tlsbind_twins *twins);
int tlsbind_twin_add(struct tlsbind_twins *twins, struct tlsbind_twin *twin,
		     void (*meet)(struct tlsbind_twin *newcomer,
				  struct tlsbind_twin *first));
void tlsbind_twin_remove(struct tlsbind_twins *twins, struct tlsbind_twin *twin);
struct tlsbind_twin *tlsbind_twin_find(struct tlsbind_twins *twins,
				       const void *key);
bool tlsbind_twin_alone(const struct tlsbind_twin *twin);

#endif
