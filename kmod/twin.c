// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those with the same key form a ring, of which one is in the table. To come
 * and to go takes the same time however many there are: a newcomer meets no
 * more than the one that is in the table, and if that one goes, any other of
 * the ring takes its place. rhltable would walk the list to remove an entry.
 */
#include "twin.h"

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/rhashtable.h>

static const void *tlsbind_twin_key(const struct tlsbind_twins *twins,
				    const struct tlsbind_twin *twin)
{
	return (const u8 *)twin + twins->params.key_offset;
}

static spinlock_t *tlsbind_twin_lock(struct tlsbind_twins *twins,
				     const struct tlsbind_twin *twin)
{
	u32 hash = twins->params.hashfn(tlsbind_twin_key(twins, twin),
					twins->params.key_len, 0);

	return &twins->locks[hash % TLSBIND_TWINS_LOCKS];
}

/**
 * tlsbind_twins_init() - make a table
 * @twins: filled
 * @key_offset: from an entry to its key, in bytes
 * @key_len: bytes of a key
 * @hash: hash function of a key, its bytes and a seed; e.g. jhash()
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_twins_init(struct tlsbind_twins *twins, size_t key_offset,
		       size_t key_len, rht_hashfn_t hash)
{
	unsigned int i;

	for (i = 0; i < TLSBIND_TWINS_LOCKS; i++)
		spin_lock_init(&twins->locks[i]);
	twins->params = (struct rhashtable_params) {
		.head_offset = offsetof(struct tlsbind_twin, node),
		.key_offset = key_offset,
		.key_len = key_len,
		.hashfn = hash,
		.automatic_shrinking = true,
	};
	return rhashtable_init(&twins->table, &twins->params);
}

/**
 * tlsbind_twins_exit() - drop a table
 * @twins: the table; everything was removed from it
 *
 * Context: process, may sleep.
 */
void tlsbind_twins_exit(struct tlsbind_twins *twins)
{
	rhashtable_destroy(&twins->table);
}

/* Return: the first with the same key, NULL if this is it, or an ERR_PTR(). */
static struct tlsbind_twin *tlsbind_twin_join(struct tlsbind_twins *twins,
					      struct tlsbind_twin *twin)
{
	struct tlsbind_twin *first;

	INIT_LIST_HEAD(&twin->same);
	first = rhashtable_lookup_get_insert_fast(&twins->table, &twin->node,
						  twins->params);
	if (IS_ERR(first))
		return first;
	if (first)
		list_add(&twin->same, &first->same);
	twin->first = !first;
	twin->added = true;
	return first;
}

/**
 * tlsbind_twin_add() - put an entry into a table
 * @twins: the table
 * @twin: with its key, not in the table; nobody else adds or removes it
 * @meet: called if there are others, with the lock of the key; or NULL
 *
 * Context: process, may sleep.
 * Return: 0: it is the only one; 1: there are others; -ENOMEM; -EBUSY or
 * -E2BIG of a table that does not grow in time. After an error it is not in the
 * table.
 */
int tlsbind_twin_add(struct tlsbind_twins *twins, struct tlsbind_twin *twin,
		     void (*meet)(struct tlsbind_twin *newcomer,
				  struct tlsbind_twin *first))
{
	spinlock_t *lock = tlsbind_twin_lock(twins, twin);
	struct tlsbind_twin *first;
	int tries = 100;

	for (;;) {
		spin_lock(lock);
		first = tlsbind_twin_join(twins, twin);
		if (!IS_ERR_OR_NULL(first) && meet)
			meet(twin, first);
		spin_unlock(lock);
		if (first != ERR_PTR(-EBUSY) || !--tries)
			break;
		/* The table is grown by a work item, which may need a moment. */
		usleep_range(100, 1000);
	}
	return IS_ERR(first) ? PTR_ERR(first) : !!first;
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
	spinlock_t *lock; /* of its key, which it has if it was added */

	if (!twin->added)
		return;
	lock = tlsbind_twin_lock(twins, twin);
	spin_lock(lock);
	if (twin->first && !list_empty(&twin->same)) {
		struct tlsbind_twin *next = list_first_entry(&twin->same,
							     struct tlsbind_twin,
							     same);

		rhashtable_replace_fast(&twins->table, &twin->node,
					&next->node, twins->params);
		next->first = true;
	} else if (twin->first) {
		rhashtable_remove_fast(&twins->table, &twin->node,
				       twins->params);
	}
	list_del_init(&twin->same);
	twin->added = false;
	spin_unlock(lock);
}

/**
 * tlsbind_twin_find() - look up a key
 * @twins: the table
 * @key: the key
 *
 * Context: any but hard interrupts, with the RCU read lock.
 * Return: one of those that have it, or NULL.
 */
struct tlsbind_twin *tlsbind_twin_find(struct tlsbind_twins *twins,
				       const void *key)
{
	return rhashtable_lookup(&twins->table, key, twins->params);
}

/**
 * tlsbind_twin_alone() - has no other the same key at this moment?
 * @twin: in a table
 *
 * Context: any.
 * Return: true if so.
 */
bool tlsbind_twin_alone(const struct tlsbind_twin *twin)
{
	return list_empty(&twin->same);
}
