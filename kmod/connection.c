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

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/rhashtable.h>
#include <linux/string.h>

#include "sock.h"

static struct rhltable tlsbind_connection_table;

static const struct rhashtable_params tlsbind_connection_params = {
	.head_offset = offsetof(struct tlsbind_connection, node),
	.key_offset = offsetof(struct tlsbind_connection, key),
	.key_len = sizeof_field(struct tlsbind_connection, key),
	.automatic_shrinking = true,
};

/**
 * tlsbind_connection_init() - make the index
 *
 * Return: 0 or -ENOMEM.
 */
int tlsbind_connection_init(void)
{
	BUILD_BUG_ON(sizeof(struct tlsbind_connection_key) !=
		     sizeof(void *) + TLSBIND_CONNECTION_ID_SIZE);
	return rhltable_init(&tlsbind_connection_table,
			     &tlsbind_connection_params);
}

/**
 * tlsbind_connection_exit() - drop the index
 *
 * Context: process, may sleep; everything was removed from it.
 */
void tlsbind_connection_exit(void)
{
	rhltable_destroy(&tlsbind_connection_table);
}

/**
 * tlsbind_connection_add() - let a socket be found
 * @connection: of the socket, not in the index
 * @net: its network namespace
 * @id: its connection id
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM; -EBUSY or -E2BIG of a table that does not grow in time.
 */
int tlsbind_connection_add(struct tlsbind_connection *connection,
			   const struct net *net,
			   const u8 id[TLSBIND_CONNECTION_ID_SIZE])
{
	int ret, tries = 100;

	connection->key.net = net;
	memcpy(connection->key.id, id, sizeof(connection->key.id));
	/* The table is grown by a work item, which may need a moment. */
	while ((ret = rhltable_insert(&tlsbind_connection_table,
				      &connection->node,
				      tlsbind_connection_params)) == -EBUSY &&
	       --tries)
		usleep_range(100, 1000);
	connection->added = !ret;
	return ret;
}

/**
 * tlsbind_connection_remove() - let a socket not be found any more
 * @connection: of the socket, in the index or not
 *
 * Context: process. Who looks it up at the same time may still find it.
 */
void tlsbind_connection_remove(struct tlsbind_connection *connection)
{
	if (!connection->added)
		return;
	rhltable_remove(&tlsbind_connection_table, &connection->node,
			tlsbind_connection_params);
	connection->added = false;
}

static struct tlsbind_sock *tlsbind_connection_only(struct rhlist_head *list)
{
	struct tlsbind_connection *connection;
	struct tlsbind_sock *ts;

	if (!list)
		return ERR_PTR(-ENOENT);
	if (rcu_access_pointer(list->next))
		return ERR_PTR(-ENOTUNIQ);
	connection = container_of(list, struct tlsbind_connection, node);
	ts = container_of(connection, struct tlsbind_sock, connection);
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
	ts = tlsbind_connection_only(rhltable_lookup(&tlsbind_connection_table,
						     &key,
						     tlsbind_connection_params));
	rcu_read_unlock();
	return ts;
}
