// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of sockets by connection id.
 *
 * An id is made of both keys. Two sockets of one namespace have the same only
 * if both were given the same keys, so whoever asks for such an id is told
 * that it names nobody.
 *
 * A name takes hashing, and few connections are ever asked for. So a socket with
 * both keys is first put into a list of its network namespace, and named by the first
 * who looks anybody up there: each is named once, if at all, and whoever looks
 * up finds all that were there before, as if they had been named at once. So that he does
 * not wait for long, a work item names those who came first if there are many; and if it
 * does not keep up, whoever installs a key names two.
 *
 * A socket is added by the task that installs its second key, and removed when
 * it is closed, by its last user: never both at once. But it may be named meanwhile;
 * its state says who is to take it out.
 */
#include "connection.h"

#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "commitment.h"
#include "net.h"
#include "sock.h"

/* More of a network namespace are named without being asked for, down to the half. */
#define TLSBIND_UNNAMED_MAX	1024
#define TLSBIND_UNNAMED_STEP	64U

static struct tlsbind_twins tlsbind_connections;

static struct workqueue_struct *tlsbind_connection_wq;

/**
 * tlsbind_connection_init() - make the index
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_connection_init(void)
{
	BUILD_BUG_ON(TLSBIND_TWIN_KEY_SIZE != TLSBIND_CONNECTION_ID_SIZE);
	tlsbind_twins_init(&tlsbind_connections);
	tlsbind_connection_wq = alloc_workqueue("tlsbind_name", WQ_UNBOUND, 0);
	return tlsbind_connection_wq ? 0 : -ENOMEM;
}

/**
 * tlsbind_connection_stop() - name nobody any more
 *
 * Context: process, may sleep; nothing is added any more.
 */
void tlsbind_connection_stop(void)
{
	destroy_workqueue(tlsbind_connection_wq);
}

/**
 * tlsbind_connection_exit() - drop the index
 *
 * Context: process; after tlsbind_connection_stop(), and everything was removed from it.
 */
void tlsbind_connection_exit(void)
{
	tlsbind_twins_exit(&tlsbind_connections);
}

static struct tlsbind_unnamed *tlsbind_connection_unnamed(const struct net *net)
{
	return &tlsbind_net(net)->unnamed;
}

/**
 * tlsbind_connection_key() - what the index searches for, or the id that is meant by it
 * @net: network namespace
 * @id: connection id, or what @key was set to
 * @key: set to the key, or the id
 *
 * Each network namespace has its own secret, so nobody can ask for what is a key in another
 * one. That one is by chance is as likely as that two ids are the same.
 */
void tlsbind_connection_key(const struct net *net, const void *id, void *key)
{
	const u64 *secret = tlsbind_connection_unnamed(net)->secret;
	u64 words[TLSBIND_TWIN_WORDS];
	unsigned int i;

	memcpy(words, id, sizeof(words));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] ^= secret[i];
	memcpy(key, words, sizeof(words));
}

static int tlsbind_connection_name_some(struct tlsbind_unnamed *unnamed,
					unsigned int many);

/**
 * tlsbind_connection_add() - let a socket be found
 * @ts: its state, with the keys of both directions; once only
 *
 * Context: process.
 */
void tlsbind_connection_add(struct tlsbind_sock *ts)
{
	struct tlsbind_unnamed *unnamed = tlsbind_connection_unnamed(tlsbind_sock_net(ts));
	unsigned int count;

	if (WARN_ON_ONCE(ts->indexed != TLSBIND_CONNECTION_NONE))
		return;
	spin_lock(&unnamed->lock);
	ts->indexed = TLSBIND_CONNECTION_UNNAMED;
	list_add_tail(&ts->connection.node, &unnamed->list);
	count = unnamed->count + 1;
	WRITE_ONCE(unnamed->count, count);
	spin_unlock(&unnamed->lock);
	if (count > TLSBIND_UNNAMED_MAX)
		queue_work(tlsbind_connection_wq, &unnamed->work);
	/* Whoever adds faster than one work item hashes does his part himself. */
	if (count > 2 * TLSBIND_UNNAMED_MAX)
		tlsbind_connection_name_some(unnamed, 2);
}

static void tlsbind_connection_uncount(struct tlsbind_unnamed *unnamed)
{
	lockdep_assert_held(&unnamed->lock);
	/* Pairs with tlsbind_connection_name_all(). */
	smp_store_release(&unnamed->count, unnamed->count - 1);
}

/**
 * tlsbind_connection_remove() - let a socket not be found any more
 * @ts: its state, which the table of sockets still has a reference on; added or not
 *
 * Context: process. Who looks it up at the same time may still find it.
 */
void tlsbind_connection_remove(struct tlsbind_sock *ts)
{
	struct tlsbind_unnamed *unnamed = tlsbind_connection_unnamed(tlsbind_sock_net(ts));
	enum tlsbind_connection_state state;

	spin_lock(&unnamed->lock);
	state = ts->indexed;
	ts->indexed = TLSBIND_CONNECTION_GONE;
	if (state == TLSBIND_CONNECTION_UNNAMED) {
		list_del(&ts->connection.node);
		tlsbind_connection_uncount(unnamed);
	}
	spin_unlock(&unnamed->lock);
	if (state == TLSBIND_CONNECTION_FOUND)
		tlsbind_twin_remove(&tlsbind_connections,
				    &ts->connection.twin);
}

/* The next to be named, with a reference; NULL if there is none. */
static struct tlsbind_sock *
tlsbind_connection_next(struct tlsbind_unnamed *unnamed)
{
	struct tlsbind_sock *ts;

	spin_lock(&unnamed->lock);
	ts = list_first_entry_or_null(&unnamed->list, struct tlsbind_sock,
				      connection.node);
	if (ts) {
		list_del(&ts->connection.node);
		tlsbind_twin_init(&ts->connection.twin);
		ts->indexed = TLSBIND_CONNECTION_NAMING;
		/* It leaves the list before the table drops its reference. */
		tlsbind_sock_hold(ts);
	}
	spin_unlock(&unnamed->lock);
	return ts;
}

/* Its name. If it has none, there is never evidence for it, and nobody could ask. */
static bool tlsbind_connection_christen(struct tlsbind_sock *ts)
{
	u8 id[TLSBIND_CONNECTION_ID_SIZE];
	bool named;

	spin_lock(&ts->lock);
	named = tlsbind_commitment_id(ts, id);
	if (!named && !ts->error)
		ts->error = -EKEYREJECTED;
	spin_unlock(&ts->lock);
	tlsbind_connection_key(tlsbind_sock_net(ts), id, ts->connection.twin.key);
	return named;
}

/* The one who names it is done. */
static void tlsbind_connection_settle(struct tlsbind_unnamed *unnamed,
				      struct tlsbind_sock *ts, bool named)
{
	bool gone;

	spin_lock(&unnamed->lock);
	gone = ts->indexed == TLSBIND_CONNECTION_GONE;
	if (!gone) {
		ts->indexed = named ? TLSBIND_CONNECTION_FOUND :
				      TLSBIND_CONNECTION_NONE;
		tlsbind_connection_uncount(unnamed);
	}
	spin_unlock(&unnamed->lock);
	if (!gone)
		return;
	/*
	 * Whoever closed it found it neither in the list nor in the index, and left
	 * it to us. As long as it is counted, who looks it up waits for us.
	 */
	tlsbind_twin_remove(&tlsbind_connections, &ts->connection.twin);
	spin_lock(&unnamed->lock);
	tlsbind_connection_uncount(unnamed);
	spin_unlock(&unnamed->lock);
}

static void tlsbind_connection_name(struct tlsbind_unnamed *unnamed,
				    struct tlsbind_sock *ts)
{
	bool named = tlsbind_connection_christen(ts);

	if (named)
		tlsbind_twin_add(&tlsbind_connections, &ts->connection.twin,
				 NULL);
	tlsbind_connection_settle(unnamed, ts, named);
}

/* Name those who came first, so many or as many as there are. */
static int tlsbind_connection_name_some(struct tlsbind_unnamed *unnamed,
					unsigned int many)
{
	struct tlsbind_sock *ts;
	int ret;

	ret = mutex_lock_killable(&unnamed->naming);
	if (ret)
		return ret;
	while (many-- && (ts = tlsbind_connection_next(unnamed))) {
		tlsbind_connection_name(unnamed, ts);
		tlsbind_sock_put(ts);
		cond_resched();
	}
	mutex_unlock(&unnamed->naming);
	return 0;
}

/*
 * Afterwards all that were added before are in the index. They are the first @left of
 * the list, less those that others name: when the last step is done, nobody is
 * at one of them, since that takes the mutex. Those that come meanwhile are not waited
 * for.
 */
static int tlsbind_connection_name_all(const struct net *net)
{
	struct tlsbind_unnamed *unnamed = tlsbind_connection_unnamed(net);
	unsigned int left, step;
	int ret = 0;

	/*
	 * Pairs with tlsbind_connection_uncount(): what is not counted is found. The
	 * one that somebody is naming now is counted.
	 */
	left = smp_load_acquire(&unnamed->count);
	for (; !ret && left; left -= step) {
		step = min(left, TLSBIND_UNNAMED_STEP);
		ret = tlsbind_connection_name_some(unnamed, step);
		if (fatal_signal_pending(current))
			ret = -EINTR;
	}
	return ret;
}

static void tlsbind_connection_work(struct work_struct *work)
{
	struct tlsbind_unnamed *unnamed = container_of(work,
						       struct tlsbind_unnamed,
						       work);

	while (READ_ONCE(unnamed->count) > TLSBIND_UNNAMED_MAX / 2)
		tlsbind_connection_name_some(unnamed, TLSBIND_UNNAMED_STEP);
}

/**
 * tlsbind_connection_init_net() - make the list of those without a name
 * @unnamed: of a network namespace
 */
void tlsbind_connection_init_net(struct tlsbind_unnamed *unnamed)
{
	mutex_init(&unnamed->naming);
	spin_lock_init(&unnamed->lock);
	INIT_LIST_HEAD(&unnamed->list);
	INIT_WORK(&unnamed->work, tlsbind_connection_work);
	get_random_bytes(unnamed->secret, sizeof(unnamed->secret));
}

/**
 * tlsbind_connection_exit_net() - a network namespace goes away
 * @unnamed: its list; nothing is added any more
 *
 * Context: process, may sleep.
 */
void tlsbind_connection_exit_net(struct tlsbind_unnamed *unnamed)
{
	cancel_work_sync(&unnamed->work);
	mutex_destroy(&unnamed->naming);
}

static struct tlsbind_sock *tlsbind_connection_only(const struct net *net,
						    struct tlsbind_twin *twin)
{
	struct tlsbind_sock *ts;

	if (!twin)
		return ERR_PTR(-ENOENT);
	if (IS_ERR(twin))
		return ERR_CAST(twin);
	ts = container_of(twin, struct tlsbind_sock, connection.twin);
	if (!net_eq(tlsbind_sock_net(ts), net) ||
	    !refcount_inc_not_zero(&ts->ref))
		return ERR_PTR(-ENOENT);
	return ts;
}

/**
 * tlsbind_connection_get() - look up a socket's state
 * @net: in this network namespace
 * @id: connection id
 *
 * Context: process, may sleep.
 * Return: the state with a reference for the caller; or an ERR_PTR(): -ENOENT;
 * -ENOTUNIQ if several sockets were given the same keys; -EINTR if the task is
 * being killed.
 */
struct tlsbind_sock *
tlsbind_connection_get(const struct net *net,
		       const u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	u64 name[TLSBIND_TWIN_WORDS];
	struct tlsbind_twin *twin;
	struct tlsbind_sock *ts;
	int ret;

	ret = tlsbind_connection_name_all(net);
	if (ret)
		return ERR_PTR(ret);
	tlsbind_connection_key(net, id, name);
	rcu_read_lock();
	twin = tlsbind_twin_find(&tlsbind_connections, name);
	ts = tlsbind_connection_only(net, twin);
	rcu_read_unlock();
	return ts;
}
