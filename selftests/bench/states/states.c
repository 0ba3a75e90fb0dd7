// SPDX-License-Identifier: GPL-2.0-only
/*
 * A million connections that there are not: states as large as the real ones, with no socket,
 * in a table as the module's index by connection id: its twin.c, with the same key. How long a lookup takes while there are a few
 * of them, and while there are many, is in the parameter "result" once it is loaded, as JSON.
 * The states are there until it is unloaded, so that whoever loads it can see what memory
 * they take.
 */
#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "connection.h"
#include "sock.h"
#include "twin.h"

#define STATES_LOOKUPS	1000
#define STATES_ROUNDS	9

static unsigned int count = 1000000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "how many (default: 1000000)");

static char states_text[1024];
static char *result = states_text;
module_param(result, charp, 0444);
MODULE_PARM_DESC(result, "lookups: connections, and nanoseconds for one that is there and one that is not");

static struct tlsbind_twins states_table;
static struct tlsbind_sock **states;
static unsigned int states_made;

/* The i-th: as good as random, and known again. */
static void states_key(u64 i, u64 key[2])
{
	BUILD_BUG_ON(TLSBIND_TWIN_KEY_SIZE != 2 * sizeof(u64));
	/* The highest bits of a product depend on all of both, and the shard on the lowest. */
	key[0] = i * GOLDEN_RATIO_64 >> 20;
	key[1] = ~i * 0xc2b2ae3d27d4eb4fULL;
}

static int states_add(unsigned int i)
{
	struct tlsbind_sock *ts = kzalloc(sizeof(*ts), GFP_KERNEL_ACCOUNT);

	if (!ts)
		return -ENOMEM;
	refcount_set(&ts->ref, 1);
	states_key(i, ts->connection.twin.key);
	tlsbind_twin_add(&states_table, &ts->connection.twin, NULL);
	states[i] = ts;
	return 0;
}

static int states_fill(unsigned int to)
{
	int ret;

	for (; states_made < to; states_made++) {
		ret = states_add(states_made);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/* As tlsbind_connection_get(), and the reference is dropped. */
static bool states_find(const u64 key[2])
{
	struct tlsbind_twin *twin;
	struct tlsbind_sock *ts;
	bool found = false;

	rcu_read_lock();
	twin = tlsbind_twin_find(&states_table, key);
	if (!IS_ERR_OR_NULL(twin)) {
		ts = container_of(twin, struct tlsbind_sock, connection.twin);
		found = refcount_inc_not_zero(&ts->ref);
	}
	rcu_read_unlock();
	if (found)
		refcount_dec(&ts->ref);
	return found;
}

/* Look for those from @from on, of which @there are. Return: nanoseconds for each, or an errno. */
static s64 states_look(u64 from, unsigned int there)
{
	u64 key[2];
	u64 start = ktime_get_ns();
	unsigned int i, found = 0;

	for (i = 0; i < STATES_LOOKUPS; i++) {
		states_key(from + (u64)i * 2654435761U % states_made, key);
		found += states_find(key);
	}
	start = ktime_get_ns() - start;
	return found == there ? div_u64(start, STATES_LOOKUPS) : -ENOENT;
}

static s64 states_least(u64 from, unsigned int there)
{
	s64 least = S64_MAX, ns;
	int i;

	for (i = 0; i < STATES_ROUNDS; i++) {
		ns = states_look(from, there);
		if (ns < 0)
			return ns;
		least = min(least, ns);
	}
	return least;
}

/* A line of the result. */
static int states_measure(void)
{
	size_t used = strlen(states_text);
	s64 hit, miss;

	hit = states_least(0, STATES_LOOKUPS);
	miss = states_least(1ULL << 40, 0);
	if (hit < 0 || miss < 0)
		return -EIO;
	scnprintf(states_text + used, sizeof(states_text) - used,
		  "%s{\"states\":%u,\"hit\":%lld,\"miss\":%lld}", used ? "," : "", states_made, hit,
		  miss);
	return 0;
}

static void states_drop(void)
{
	while (states_made--)
		tlsbind_twin_remove(&states_table,
				    &states[states_made]->connection.twin);
	tlsbind_twins_exit(&states_table);
	synchronize_rcu();
}

static void states_free(unsigned int made)
{
	while (made--)
		kfree(states[made]);
	kvfree(states);
}

static int states_run(void)
{
	unsigned int stop = 1000;
	int ret;

	do {
		stop = min(stop, count);
		ret = states_fill(stop);
		if (!ret)
			ret = states_measure();
		stop *= 10;
	} while (!ret && states_made < count);
	return ret;
}

static void states_end(void)
{
	unsigned int made = states_made;

	states_drop();
	states_free(made);
}

static int __init states_init(void)
{
	int ret;

	states = kvcalloc(count, sizeof(*states), GFP_KERNEL);
	if (!states)
		return -ENOMEM;
	tlsbind_twins_init(&states_table);
	ret = states_run();
	if (ret)
		states_end();
	return ret;
}

static void __exit states_exit(void)
{
	states_end();
}

module_init(states_init);
module_exit(states_exit);

MODULE_DESCRIPTION("Many states of tlsbind, to see what they cost");
MODULE_AUTHOR("The tlsbind authors");
MODULE_LICENSE("GPL");
