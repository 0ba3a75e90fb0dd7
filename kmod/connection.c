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
 * not wait for long, a work item names those who came first if there are many.
 *
 * A socket is added by the task that installs its second key, and removed when
 * it is closed, by its last user: never both at once. But it may be named meanwhile;
 * its state says who is to take it out.
 */
#include "connection.h"

#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "commitment.h"
#include "net.h"
#include "sock.h"

/* More of a network namespace are named without being asked for, down to the half. */
#define TLSBIND_UNNAMED_MAX	1024
#define TLSBIND_UNNAMED_STEP	64

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
	int ret;

	BUILD_BUG_ON(sizeof(struct tlsbind_connection_key) !=
		     sizeof(void *) + TLSBIND_CONNECTION_ID_SIZE);
	tlsbind_connection_wq = alloc_workqueue("tlsbind_name", WQ_UNBOUND, 0);
	if (!tlsbind_connection_wq)
		return -ENOMEM;
	ret = tlsbind_twins_init(&tlsbind_connections,
				 offsetof(struct tlsbind_connection, key) -
				 offsetof(struct tlsbind_connection, twin),
				 sizeof(struct tlsbind_connection_key), jhash);
	if (ret)
		destroy_workqueue(tlsbind_connection_wq);
	return ret;
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
 * Context: process, may sleep; after tlsbind_connection_stop(), and everything was
 * removed from it.
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
 * tlsbind_connection_add() - let a socket be found
 * @ts: its state, with the keys of both directions; once only
 *
 * Context: process.
 */
void tlsbind_connection_add(struct tlsbind_sock *ts)
{
	struct tlsbind_unnamed *unnamed = tlsbind_connection_unnamed(ts->net);

	spin_lock(&unnamed->lock);
	ts->connection.state = TLSBIND_CONNECTION_UNNAMED;
	list_add_tail(&ts->connection.node, &unnamed->list);
	WRITE_ONCE(unnamed->count, unnamed->count + 1);
	if (unnamed->count > TLSBIND_UNNAMED_MAX)
		queue_work(tlsbind_connection_wq, &unnamed->work);
	spin_unlock(&unnamed->lock);
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
	struct tlsbind_unnamed *unnamed = tlsbind_connection_unnamed(ts->net);
	enum tlsbind_connection_state state;

	spin_lock(&unnamed->lock);
	state = ts->connection.state;
	ts->connection.state = TLSBIND_CONNECTION_GONE;
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
		ts->connection.state = TLSBIND_CONNECTION_NAMING;
		/* It leaves the list before the table drops its reference. */
		tlsbind_sock_hold(ts);
	}
	spin_unlock(&unnamed->lock);
	return ts;
}

/* Into the index, if it has a name. */
static int tlsbind_connection_enter(struct tlsbind_sock *ts)
{
	struct tlsbind_connection *connection = &ts->connection;
	bool named;
	int ret;

	spin_lock(&ts->lock);
	tlsbind_commitment_make(ts);
	named = ts->named;
	memcpy(connection->key.id, ts->id, sizeof(connection->key.id));
	spin_unlock(&ts->lock);
	if (!named)
		return -EKEYREJECTED;
	connection->key.net = ts->net;
	ret = tlsbind_twin_add(&tlsbind_connections, &connection->twin, NULL);
	return min(ret, 0);
}

/* Nobody could ask about it. */
static void tlsbind_connection_spoil(struct tlsbind_sock *ts)
{
	spin_lock(&ts->lock);
	ts->error = -EKEYREJECTED;
	spin_unlock(&ts->lock);
}

/*
 * Whoever closes the socket meanwhile finds it neither in the list nor in the
 * index, and leaves it to us to take it out again.
 */
static void tlsbind_connection_name(struct tlsbind_unnamed *unnamed,
				    struct tlsbind_sock *ts)
{
	int ret = tlsbind_connection_enter(ts);
	bool gone;

	if (ret)
		tlsbind_connection_spoil(ts);
	spin_lock(&unnamed->lock);
	gone = ts->connection.state == TLSBIND_CONNECTION_GONE;
	if (!gone)
		ts->connection.state = ret ? TLSBIND_CONNECTION_NONE :
					     TLSBIND_CONNECTION_FOUND;
	tlsbind_connection_uncount(unnamed);
	spin_unlock(&unnamed->lock);
	if (gone)
		tlsbind_twin_remove(&tlsbind_connections,
				    &ts->connection.twin);
}

/* Name so many, those who came first. */
static void tlsbind_connection_name_some(struct tlsbind_unnamed *unnamed,
					 unsigned int many)
{
	struct tlsbind_sock *ts;

	lockdep_assert_held(&unnamed->naming);
	while (many-- && (ts = tlsbind_connection_next(unnamed))) {
		tlsbind_connection_name(unnamed, ts);
		tlsbind_sock_put(ts);
		cond_resched();
	}
}

/*
 * Afterwards all that were added before are in the index. The count includes the
 * one that somebody is naming now, for whom the mutex waits. Those that come
 * meanwhile are not waited for.
 */
static void tlsbind_connection_name_all(const struct net *net)
{
	struct tlsbind_unnamed *unnamed = tlsbind_connection_unnamed(net);

	/* Pairs with tlsbind_connection_uncount(): what is not counted is found. */
	if (!smp_load_acquire(&unnamed->count))
		return;
	mutex_lock(&unnamed->naming);
	tlsbind_connection_name_some(unnamed, READ_ONCE(unnamed->count));
	mutex_unlock(&unnamed->naming);
}

/* In steps, so that whoever looks somebody up gets his turn. */
static void tlsbind_connection_work(struct work_struct *work)
{
	struct tlsbind_unnamed *unnamed = container_of(work,
						       struct tlsbind_unnamed,
						       work);

	while (READ_ONCE(unnamed->count) > TLSBIND_UNNAMED_MAX / 2) {
		mutex_lock(&unnamed->naming);
		tlsbind_connection_name_some(unnamed, TLSBIND_UNNAMED_STEP);
		mutex_unlock(&unnamed->naming);
	}
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
}

static struct tlsbind_sock *tlsbind_connection_only(struct tlsbind_twin *twin)
{
	struct tlsbind_sock *ts;

	if (!twin)
		return ERR_PTR(-ENOENT);
	if (!tlsbind_twin_alone(twin))
		return ERR_PTR(-ENOTUNIQ);
	ts = container_of(twin, struct tlsbind_sock, connection.twin);
	return refcount_inc_not_zero(&ts->ref) ? ts : ERR_PTR(-ENOENT);
}

/**
 * tlsbind_connection_get() - look up a socket's state
 * @net: in this network namespace
 * @id: connection id
 *
 * Context: process, may sleep.
 * Return: the state with a reference for the caller; or an ERR_PTR(): -ENOENT;
 * -ENOTUNIQ if several sockets were given the same keys.
 */
struct tlsbind_sock *
tlsbind_connection_get(const struct net *net,
		       const u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct tlsbind_connection_key key = { .net = net };
	struct tlsbind_sock *ts;

	tlsbind_connection_name_all(net);
	memcpy(key.id, id, sizeof(key.id));
	rcu_read_lock();
	ts = tlsbind_connection_only(tlsbind_twin_find(&tlsbind_connections,
						       &key));
	rcu_read_unlock();
	return ts;
}
