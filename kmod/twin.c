// SPDX-License-Identifier: GPL-2.0-only
/*
 * An entry that is alone is in the table itself. As soon as another comes with the same
 * key both leave it for a crowd, which has memory of its own, and whoever comes later joins
 * that; it is there until the last of them has gone. A crowd knows how many they are, and the
 * sum (by exclusive or) of their addresses: if one is left, this is its. So to come
 * and to go takes the same time however many there are, and who is alone, as nearly all
 * are, needs a pointer and the key. rhltable would walk a list to remove an entry.
 */
#include "twin.h"

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

/**
 * struct tlsbind_crowd - entries with the same key
 * @node: in the table of crowds
 * @key: what they have in common
 * @count: how many there are, at least one
 * @sum: of their addresses, by exclusive or
 * @rcu: lookups do not take a lock
 *
 * Protected by the lock of the key.
 */
struct tlsbind_crowd {
	struct rhash_head node;
	u8 key[TLSBIND_TWIN_KEY_SIZE] __aligned(8);
	unsigned int count;
	uintptr_t sum;
	struct rcu_head rcu;
};

static struct rhashtable_params tlsbind_twins_params(rht_hashfn_t hash,
						     size_t head, size_t key)
{
	return (struct rhashtable_params) {
		.head_offset = head,
		.key_offset = key,
		.key_len = TLSBIND_TWIN_KEY_SIZE,
		.hashfn = hash,
		.automatic_shrinking = true,
	};
}

static spinlock_t *tlsbind_twin_lock(struct tlsbind_twins *twins,
				     const u8 key[TLSBIND_TWIN_KEY_SIZE])
{
	u32 hash = twins->params.hashfn(key, TLSBIND_TWIN_KEY_SIZE, 0);

	return &twins->locks[hash % TLSBIND_TWINS_LOCKS];
}

static u8 *tlsbind_twin_place(const struct tlsbind_twins *twins,
			      struct tlsbind_twin *twin)
{
	return (u8 *)twin + twins->place;
}

/**
 * tlsbind_twins_init() - make a table
 * @twins: filled
 * @hash: hash function of a key, its bytes and a seed; e.g. jhash()
 * @place: from an entry to its byte of enum tlsbind_twin_place
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_twins_init(struct tlsbind_twins *twins, rht_hashfn_t hash,
		       ptrdiff_t place)
{
	struct rhashtable_params crowds =
		tlsbind_twins_params(hash, offsetof(struct tlsbind_crowd, node),
				     offsetof(struct tlsbind_crowd, key));
	unsigned int i;
	int ret;

	for (i = 0; i < TLSBIND_TWINS_LOCKS; i++)
		spin_lock_init(&twins->locks[i]);
	twins->place = place;
	twins->params = tlsbind_twins_params(hash,
					     offsetof(struct tlsbind_twin, node),
					     offsetof(struct tlsbind_twin, key));
	ret = rhashtable_init(&twins->table, &twins->params);
	if (ret)
		return ret;
	ret = rhashtable_init(&twins->crowds, &crowds);
	if (ret)
		rhashtable_destroy(&twins->table);
	return ret;
}

/**
 * tlsbind_twins_exit() - drop a table
 * @twins: the table; everything was removed from it
 *
 * Context: process, may sleep.
 */
void tlsbind_twins_exit(struct tlsbind_twins *twins)
{
	rhashtable_destroy(&twins->crowds);
	rhashtable_destroy(&twins->table);
}

/* Under the lock of the key. */
static struct tlsbind_crowd *
tlsbind_twin_crowd(struct tlsbind_twins *twins,
		   const u8 key[TLSBIND_TWIN_KEY_SIZE])
{
	return rhashtable_lookup_fast(&twins->crowds, key, twins->crowds.p);
}

static void tlsbind_crowd_enter(struct tlsbind_twins *twins,
				struct tlsbind_crowd *crowd,
				struct tlsbind_twin *twin)
{
	crowd->count++;
	crowd->sum ^= (uintptr_t)twin;
	*tlsbind_twin_place(twins, twin) = TLSBIND_TWIN_CROWD;
}

/* The one that was alone is the first of a crowd. */
static int tlsbind_crowd_begin(struct tlsbind_twins *twins,
			       struct tlsbind_crowd *crowd,
			       struct tlsbind_twin *first)
{
	int ret;

	memcpy(crowd->key, first->key, sizeof(crowd->key));
	ret = rhashtable_insert_fast(&twins->crowds, &crowd->node,
				     twins->crowds.p);
	if (ret)
		return ret;
	rhashtable_remove_fast(&twins->table, &first->node, twins->params);
	tlsbind_crowd_enter(twins, crowd, first);
	return 0;
}

/*
 * Under the lock of the key. Return: 0: it is the only one; 1: there are others; -EAGAIN
 * if memory for a crowd is needed; or an errno of the tables.
 */
static int tlsbind_twin_join(struct tlsbind_twins *twins,
			     struct tlsbind_twin *twin,
			     struct tlsbind_crowd **spare,
			     void (*mark)(struct tlsbind_twin *twin))
{
	struct tlsbind_crowd *crowd = tlsbind_twin_crowd(twins, twin->key);
	struct tlsbind_twin *first;
	int ret;

	if (!crowd) {
		first = rhashtable_lookup_get_insert_fast(&twins->table,
							  &twin->node,
							  twins->params);
		if (IS_ERR(first))
			return PTR_ERR(first);
		if (!first) {
			*tlsbind_twin_place(twins, twin) = TLSBIND_TWIN_ALONE;
			return 0;
		}
		if (!*spare)
			return -EAGAIN;
		ret = tlsbind_crowd_begin(twins, *spare, first);
		if (ret)
			return ret;
		swap(crowd, *spare);
		if (mark)
			mark(first);
	}
	tlsbind_crowd_enter(twins, crowd, twin);
	if (mark)
		mark(twin);
	return 1;
}

/* Is it worth trying again? */
static bool tlsbind_twin_prepare(int error, struct tlsbind_crowd **spare,
				 int *tries)
{
	if (error == -EAGAIN) {
		*spare = kzalloc(sizeof(**spare), GFP_KERNEL_ACCOUNT);
		return *spare;
	}
	if (error != -EBUSY || !--*tries)
		return false;
	/* The table is grown by a work item, which may need a moment. */
	usleep_range(100, 1000);
	return true;
}

/**
 * tlsbind_twin_add() - put an entry into a table
 * @twins: the table
 * @twin: with its key, not in the table; nobody else adds or removes it
 * @mark: called with the lock of the key for each that has, or had, others beside it, for
 *	the first time since it was added; or NULL
 *
 * Context: process, may sleep.
 * Return: 0: it is the only one; 1: there are others; -ENOMEM; -EBUSY or
 * -E2BIG of a table that does not grow in time. After an error it is not in the
 * table.
 */
int tlsbind_twin_add(struct tlsbind_twins *twins, struct tlsbind_twin *twin,
		     void (*mark)(struct tlsbind_twin *twin))
{
	spinlock_t *lock = tlsbind_twin_lock(twins, twin->key);
	struct tlsbind_crowd *spare = NULL;
	int tries = 100, ret;

	do {
		spin_lock(lock);
		ret = tlsbind_twin_join(twins, twin, &spare, mark);
		spin_unlock(lock);
	} while (ret < 0 && tlsbind_twin_prepare(ret, &spare, &tries));
	kfree(spare);
	return ret == -EAGAIN ? -ENOMEM : ret;
}

/**
 * tlsbind_twin_remove() - take an entry out of a table
 * @twins: the table
 * @twin: in the table or not; nobody else adds or removes it. Who looks it up at
 *	the same time may still find it: it is freed after a grace period
 *
 * Context: process.
 */
void tlsbind_twin_remove(struct tlsbind_twins *twins, struct tlsbind_twin *twin)
{
	u8 *place = tlsbind_twin_place(twins, twin);
	struct tlsbind_crowd *crowd;
	spinlock_t *lock; /* of its key, which it has if it was added */

	if (READ_ONCE(*place) == TLSBIND_TWIN_OUT)
		return;
	lock = tlsbind_twin_lock(twins, twin->key);
	spin_lock(lock);
	if (*place == TLSBIND_TWIN_ALONE) {
		rhashtable_remove_fast(&twins->table, &twin->node,
				       twins->params);
	} else {
		crowd = tlsbind_twin_crowd(twins, twin->key);
		crowd->sum ^= (uintptr_t)twin;
		if (!--crowd->count) {
			rhashtable_remove_fast(&twins->crowds, &crowd->node,
					       twins->crowds.p);
			kfree_rcu(crowd, rcu);
		}
	}
	WRITE_ONCE(*place, TLSBIND_TWIN_OUT);
	spin_unlock(lock);
}

/* The only one of a crowd. */
static struct tlsbind_twin *
tlsbind_crowd_find(struct tlsbind_twins *twins,
		   const u8 key[TLSBIND_TWIN_KEY_SIZE])
{
	spinlock_t *lock = tlsbind_twin_lock(twins, key);
	struct tlsbind_twin *twin = NULL;
	struct tlsbind_crowd *crowd;

	spin_lock(lock);
	crowd = tlsbind_twin_crowd(twins, key);
	if (crowd)
		twin = crowd->count > 1 ? ERR_PTR(-ENOTUNIQ) :
					  (struct tlsbind_twin *)crowd->sum;
	spin_unlock(lock);
	return twin;
}

/**
 * tlsbind_twin_find() - look up a key
 * @twins: the table
 * @key: the key
 *
 * Context: process, with the RCU read lock.
 * Return: the one that has it; NULL if none has; ERR_PTR(-ENOTUNIQ) if several have.
 */
struct tlsbind_twin *tlsbind_twin_find(struct tlsbind_twins *twins,
				       const u8 key[TLSBIND_TWIN_KEY_SIZE])
{
	struct tlsbind_twin *twin;

	twin = rhashtable_lookup(&twins->table, key, twins->params);
	return twin ?: tlsbind_crowd_find(twins, key);
}
