// SPDX-License-Identifier: GPL-2.0-only
/*
 * A million connections that there are not: states as large as the real ones, with no socket,
 * in the module's own index by connection id. How long a lookup takes while there are a few
 * of them, and while there are many, is in the parameter "result" once it is loaded, as JSON.
 * The states are there until it is unloaded, so that whoever loads it can see what memory
 * they take.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "connection.h"
#include "sock.h"

#define STATES_LOOKUPS	1000
#define STATES_ROUNDS	9

static unsigned int count = 1000000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "how many (default: 1000000)");

static char states_text[1024];
static char *result = states_text;
module_param(result, charp, 0444);
MODULE_PARM_DESC(result, "lookups: connections, and nanoseconds for one that is there and one that is not");

static struct tlsbind_sock **states;
static unsigned int states_made;

/* The i-th: as good as random, and known again. */
static void states_id(u64 i, u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	u64 half[2] = { i * 0x9e3779b97f4a7c15ULL, ~i * 0xc2b2ae3d27d4eb4fULL };

	BUILD_BUG_ON(sizeof(half) != TLSBIND_CONNECTION_ID_SIZE);
	memcpy(id, half, sizeof(half));
}

static int states_add(unsigned int i)
{
	u8 id[TLSBIND_CONNECTION_ID_SIZE];
	int ret;

	states[i] = kzalloc(sizeof(*states[i]), GFP_KERNEL_ACCOUNT);
	if (!states[i])
		return -ENOMEM;
	refcount_set(&states[i]->ref, 1);
	states_id(i, id);
	ret = tlsbind_connection_add(&states[i]->connection, &init_net, id);
	if (ret)
		kfree(states[i]);
	return ret;
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

/* Look for those from @from on, of which @there are. Return: nanoseconds for each, or an errno. */
static s64 states_look(u64 from, unsigned int there)
{
	u8 id[TLSBIND_CONNECTION_ID_SIZE];
	struct tlsbind_sock *ts;
	u64 start = ktime_get_ns();
	unsigned int i, found = 0;

	for (i = 0; i < STATES_LOOKUPS; i++) {
		states_id(from + (u64)i * 2654435761U % states_made, id);
		ts = tlsbind_connection_get(&init_net, id);
		if (IS_ERR(ts))
			continue;
		refcount_dec(&ts->ref);
		found++;
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
		tlsbind_connection_remove(&states[states_made]->connection);
	synchronize_rcu();
	tlsbind_connection_exit();
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
	ret = tlsbind_connection_init();
	if (ret) {
		kvfree(states);
		return ret;
	}
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
