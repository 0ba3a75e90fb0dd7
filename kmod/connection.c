// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of sockets by connection id.
 *
 * An id is made of both keys. Two sockets of one namespace have the same only
 * if both were given the same keys, so whoever asks for such an id is told
 * that it names nobody.
 *
 * A socket is added by the task that installs its second key, and removed when
 * it is closed, by its last user: never both at once.
 */
#include "connection.h"

#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "sock.h"

static struct tlsbind_twins tlsbind_connections;

/**
 * tlsbind_connection_init() - make the index
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsbind_connection_init(void)
{
	BUILD_BUG_ON(sizeof(struct tlsbind_connection_key) !=
		     sizeof(void *) + TLSBIND_CONNECTION_ID_SIZE);
	return tlsbind_twins_init(&tlsbind_connections,
				  offsetof(struct tlsbind_connection, key) -
				  offsetof(struct tlsbind_connection, twin),
				  sizeof(struct tlsbind_connection_key), jhash);
}

/**
 * tlsbind_connection_exit() - drop the index
 *
 * Context: process, may sleep; everything was removed from it.
 */
void tlsbind_connection_exit(void)
{
	tlsbind_twins_exit(&tlsbind_connections);
}

/**
 * tlsbind_connection_add() - let a socket be found
 * @connection: of the socket, not in the index
 * @net: its network namespace
 * @id: its connection id
 *
 * Context: process, may sleep.
 * Return: 0, or a negative errno of tlsbind_twin_add().
 */
int tlsbind_connection_add(struct tlsbind_connection *connection,
			   const struct net *net,
			   const u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	int ret;

	connection->key.net = net;
	memcpy(connection->key.id, id, sizeof(connection->key.id));
	ret = tlsbind_twin_add(&tlsbind_connections, &connection->twin, NULL);
	return min(ret, 0);
}

/**
 * tlsbind_connection_remove() - let a socket not be found any more
 * @connection: of the socket, in the index or not
 *
 * Context: process. Who looks it up at the same time may still find it.
 */
void tlsbind_connection_remove(struct tlsbind_connection *connection)
{
	tlsbind_twin_remove(&tlsbind_connections, &connection->twin);
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
 * Context: any but hard interrupts.
 * Return: the state with a reference for the caller; or an ERR_PTR(): -ENOENT;
 * -ENOTUNIQ if several sockets were given the same keys.
 */
struct tlsbind_sock *
tlsbind_connection_get(const struct net *net,
		       const u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct tlsbind_connection_key key = { .net = net };
	struct tlsbind_sock *ts;

	memcpy(key.id, id, sizeof(key.id));
	rcu_read_lock();
	ts = tlsbind_connection_only(tlsbind_twin_find(&tlsbind_connections,
						       &key));
	rcu_read_unlock();
	return ts;
}
