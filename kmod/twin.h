/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables in which several entries may have the same key.
 */
#ifndef _TLSBIND_TWIN_H
#define _TLSBIND_TWIN_H

#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define TLSBIND_TWINS_LOCKS	64
#define TLSBIND_TWIN_KEY_SIZE	16

/**
 * struct tlsbind_twin - an entry, part of what is kept in a table
 * @node: in the table, if no other had the same key
 * @key: TLSBIND_TWIN_KEY_SIZE bytes
 */
struct tlsbind_twin {
	struct rhash_head node;
	u8 key[TLSBIND_TWIN_KEY_SIZE] __aligned(8);
};

/**
 * enum tlsbind_twin_place - where an entry is
 * @TLSBIND_TWIN_OUT: nowhere
 * @TLSBIND_TWIN_ALONE: in the table
 * @TLSBIND_TWIN_CROWD: counted among those with the same key
 *
 * Kept in a byte beside the entry, which is zero at first. Except by who adds it, or
 * removes it, it is changed under the lock of the key.
 */
enum tlsbind_twin_place {
	TLSBIND_TWIN_OUT,
	TLSBIND_TWIN_ALONE,
	TLSBIND_TWIN_CROWD,
};

/**
 * struct tlsbind_twins - a table
 * @table: entries that are alone
 * @params: of @table
 * @crowds: the others, one &struct tlsbind_crowd for each key
 * @place: from an entry to its byte of enum tlsbind_twin_place
 * @locks: each is for the keys of one hash
 */
struct tlsbind_twins {
	struct rhashtable table;
	struct rhashtable_params params;
	struct rhashtable crowds;
	ptrdiff_t place;
	spinlock_t locks[TLSBIND_TWINS_LOCKS]; /* by hash of the key */
};

int tlsbind_twins_init(struct tlsbind_twins *twins, rht_hashfn_t hash,
		       ptrdiff_t place);
void tlsbind_twins_exit(struct tlsbind_twins *twins);
int tlsbind_twin_add(struct tlsbind_twins *twins, struct tlsbind_twin *twin,
		     void (*mark)(struct tlsbind_twin *twin));
void tlsbind_twin_remove(struct tlsbind_twins *twins, struct tlsbind_twin *twin);
struct tlsbind_twin *tlsbind_twin_find(struct tlsbind_twins *twins,
				       const u8 key[TLSBIND_TWIN_KEY_SIZE]);

#endif
