/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a socket by the connection id that its two ends compute.
 */
#ifndef _TLSBIND_CONNECTION_H
#define _TLSBIND_CONNECTION_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/tlsbind.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "twin.h"

struct net;
struct tlsbind_sock;

/**
 * enum tlsbind_connection_state - where a socket is
 * @TLSBIND_CONNECTION_NONE: nowhere: a key is missing, or it cannot be found
 * @TLSBIND_CONNECTION_UNNAMED: in the list of those that have no name yet
 * @TLSBIND_CONNECTION_NAMING: with the one who names it
 * @TLSBIND_CONNECTION_FOUND: in the index
 * @TLSBIND_CONNECTION_GONE: it is closed
 */
enum tlsbind_connection_state {
	TLSBIND_CONNECTION_NONE,
	TLSBIND_CONNECTION_UNNAMED,
	TLSBIND_CONNECTION_NAMING,
	TLSBIND_CONNECTION_FOUND,
	TLSBIND_CONNECTION_GONE,
};

/**
 * struct tlsbind_connection - a socket's place in the index
 * @node: in the list of those that have no name yet
 * @twin: in the index, under its name
 *
 * @node and where it is are protected by @lock of &struct tlsbind_unnamed; @twin
 * belongs to the one who names it, then to the one who removes it.
 */
struct tlsbind_connection {
	union {
		struct list_head node;
		struct tlsbind_twin twin;
	};
};

/**
 * struct tlsbind_unnamed - the sockets of a network namespace without a name
 * @naming: held by the one who names them
 * @lock: protects @list, @count and where each of them is
 * @list: in the order in which they came
 * @count: those in the list, and the one that is being named; read without the lock
 * @work: names some, if there are many
 * @secret: random; what ids are mixed with in the index, which all namespaces share
 */
struct tlsbind_unnamed {
	struct mutex naming; /* outside of @lock and of those of states */
	spinlock_t lock; /* list, count, and where each of them is */
	struct list_head list;
	unsigned int count;
	struct work_struct work;
	u64 secret[TLSBIND_TWIN_WORDS];
};

int tlsbind_connection_init(void);
void tlsbind_connection_stop(void);
void tlsbind_connection_exit(void);
void tlsbind_connection_key(const struct net *net, const void *id, void *key);
void tlsbind_connection_init_net(struct tlsbind_unnamed *unnamed);
void tlsbind_connection_exit_net(struct tlsbind_unnamed *unnamed);
void tlsbind_connection_add(struct tlsbind_sock *ts);
void tlsbind_connection_remove(struct tlsbind_sock *ts);
struct tlsbind_sock *
tlsbind_connection_get(const struct net *net,
		       const u8 id[TLSBIND_CONNECTION_ID_SIZE]);

#endif
