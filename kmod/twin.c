// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries are in red-black trees, 1,024 at first. Where there are more than eight in a tree in
 * the mean, a shard's are spread over four times as many; if there is no memory for
 * that, trees become deeper instead. So nothing fails, and a lookup takes about as long
 * whatever the number. (An entry of rhashtable takes 21 to 43 bytes beside its node,
 * as its tables are just larger than a power of two.) Those with the same key
 * are neighbours in their tree, so to come and to go takes the same time however
 * many of them there are. Keys are hashes, so all trees are about as large, and one that is
 * not is a little deeper.
 */
#include "twin.h"

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

/* Entries for each tree, in the mean of a shard. */
#define TLSBIND_TWIN_ROOT_MAX	8U

static_assert(TLSBIND_TWIN_WORDS * sizeof(u64) == TLSBIND_TWIN_KEY_SIZE);

/**
 * tlsbind_twins_init() - make a table
 * @twins: filled
 *
 * It takes no memory but its own until there are some thousands in it.
 */
void tlsbind_twins_init(struct tlsbind_twins *twins)
{
	unsigned int i;

	for (i = 0; i < TLSBIND_TWIN_SHARDS; i++) {
		spin_lock_init(&twins->shards[i].lock);
		twins->shards[i].roots = &twins->shards[i].first;
		twins->shards[i].first = RB_ROOT;
	}
}

/**
 * tlsbind_twins_exit() - drop a table
 * @twins: the table; everything was removed from it
 *
 * Context: process.
 */
void tlsbind_twins_exit(struct tlsbind_twins *twins)
{
	unsigned int i;

	for (i = 0; i < TLSBIND_TWIN_SHARDS; i++)
		if (twins->shards[i].bits)
			kfree(twins->shards[i].roots);
}

/**
 * tlsbind_twin_init() - make an entry that is in no table
 * @twin: its key is left alone
 */
void tlsbind_twin_init(struct tlsbind_twin *twin)
{
	RB_CLEAR_NODE(&twin->node);
}

static struct tlsbind_twin_shard *tlsbind_twin_shard(struct tlsbind_twins *twins,
						     const u64 *key)
{
	return &twins->shards[key[0] % TLSBIND_TWIN_SHARDS];
}

/* The tree for a key; under the lock. */
static struct rb_root *tlsbind_twin_root(struct tlsbind_twin_shard *shard,
					 const u64 *key)
{
	lockdep_assert_held(&shard->lock);
	return &shard->roots[(key[0] / TLSBIND_TWIN_SHARDS) &
			     ((1UL << shard->bits) - 1)];
}

static struct tlsbind_twin *tlsbind_twin_of(const struct rb_node *node)
{
	return rb_entry(node, struct tlsbind_twin, node);
}

static int tlsbind_twin_compare(const void *key, const struct rb_node *node)
{
	const struct tlsbind_twin *twin = tlsbind_twin_of(node);
	const u64 *words = key;

	if (words[0] != twin->key[0])
		return words[0] < twin->key[0] ? -1 : 1;
	if (words[1] != twin->key[1])
		return words[1] < twin->key[1] ? -1 : 1;
	return 0;
}

static bool tlsbind_twin_less(struct rb_node *a, const struct rb_node *b)
{
	return tlsbind_twin_compare(tlsbind_twin_of(a)->key, b) < 0;
}

/* Spread what there is over four times as many trees, if there is memory. */
static void tlsbind_twin_grow(struct tlsbind_twin_shard *shard)
{
	struct rb_root *old = shard->roots, *roots;
	unsigned long i, many = 1UL << shard->bits;
	struct rb_node *node;

	lockdep_assert_held(&shard->lock);
	roots = kcalloc(4 * many, sizeof(*roots), GFP_ATOMIC | __GFP_NOWARN);
	if (!roots)
		return;
	shard->roots = roots;
	shard->bits += 2;
	for (i = 0; i < many; i++)
		while ((node = rb_first(&old[i]))) {
			rb_erase(node, &old[i]);
			rb_add(node, tlsbind_twin_root(shard, tlsbind_twin_of(node)->key),
			       tlsbind_twin_less);
		}
	if (old != &shard->first)
		kfree(old);
}

/* Another with the same key, a neighbour; or NULL. */
static struct tlsbind_twin *tlsbind_twin_other(const struct tlsbind_twin *twin)
{
	struct rb_node *before = rb_prev(&twin->node);
	struct rb_node *after = rb_next(&twin->node);

	if (before && !tlsbind_twin_compare(twin->key, before))
		return tlsbind_twin_of(before);
	if (after && !tlsbind_twin_compare(twin->key, after))
		return tlsbind_twin_of(after);
	return NULL;
}

/**
 * tlsbind_twin_add() - put an entry into a table
 * @twins: the table
 * @twin: with its key, in no table; nobody else adds or removes it
 * @meet: called if there are others, with one of them, with the lock of the shard; or NULL
 *
 * Context: process.
 * Return: true if there are others.
 */
bool tlsbind_twin_add(struct tlsbind_twins *twins, struct tlsbind_twin *twin,
		      void (*meet)(struct tlsbind_twin *newcomer,
				   struct tlsbind_twin *other))
{
	struct tlsbind_twin_shard *shard = tlsbind_twin_shard(twins, twin->key);
	struct tlsbind_twin *other;

	spin_lock(&shard->lock);
	if (++shard->count > TLSBIND_TWIN_ROOT_MAX << shard->bits)
		tlsbind_twin_grow(shard);
	rb_add(&twin->node, tlsbind_twin_root(shard, twin->key),
	       tlsbind_twin_less);
	other = tlsbind_twin_other(twin);
	if (other && meet)
		meet(twin, other);
	spin_unlock(&shard->lock);
	return other;
}

/**
 * tlsbind_twin_remove() - take an entry out of a table
 * @twins: the table
 * @twin: in the table or in none; nobody else adds or removes it
 *
 * Context: process.
 */
void tlsbind_twin_remove(struct tlsbind_twins *twins, struct tlsbind_twin *twin)
{
	struct tlsbind_twin_shard *shard = tlsbind_twin_shard(twins, twin->key);

	spin_lock(&shard->lock);
	if (!RB_EMPTY_NODE(&twin->node)) {
		shard->count--;
		rb_erase(&twin->node, tlsbind_twin_root(shard, twin->key));
		RB_CLEAR_NODE(&twin->node);
	}
	spin_unlock(&shard->lock);
}

/**
 * tlsbind_twin_find() - look up a key
 * @twins: the table
 * @key: the key
 *
 * Context: process, with the RCU read lock: what is found may be removed at any time, and is
 * freed after a grace period.
 * Return: the one that has it; NULL if none has; ERR_PTR(-ENOTUNIQ) if several have.
 */
struct tlsbind_twin *
tlsbind_twin_find(struct tlsbind_twins *twins,
		  const u64 key[TLSBIND_TWIN_WORDS])
{
	struct tlsbind_twin_shard *shard = tlsbind_twin_shard(twins, key);
	struct tlsbind_twin *twin = NULL;
	struct rb_node *node;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "what is found may be gone");
	spin_lock(&shard->lock);
	node = rb_find(key, tlsbind_twin_root(shard, key), tlsbind_twin_compare);
	if (node)
		twin = tlsbind_twin_of(node);
	if (twin && tlsbind_twin_other(twin))
		twin = ERR_PTR(-ENOTUNIQ);
	spin_unlock(&shard->lock);
	return twin;
}
