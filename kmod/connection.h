/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a socket by the connection id that its two ends compute.
 */
#ifndef _TLSBIND_CONNECTION_H
#define _TLSBIND_CONNECTION_H

#include <linux/tlsbind.h>
#include <linux/types.h>

#include "twin.h"

struct net;
struct tlsbind_sock;

/**
 * struct tlsbind_connection_key - what is searched for
 * @net: the network namespace; compared, never followed
 * @id: connection id
 */
struct tlsbind_connection_key {
	const struct net *net;
	u8 id[TLSBIND_CONNECTION_ID_SIZE];
};

/**
 * struct tlsbind_connection - a socket's place in the index
 * @twin: beside others of the same id
 * @key: does not change while it is in there
 */
struct tlsbind_connection {
	struct tlsbind_twin twin;
	struct tlsbind_connection_key key;
};

int tlsbind_connection_init(void);
void tlsbind_connection_exit(void);
int tlsbind_connection_add(struct tlsbind_connection *connection,
			   const struct net *net,
			   const u8 id[TLSBIND_CONNECTION_ID_SIZE]);
void tlsbind_connection_remove(struct tlsbind_connection *connection);
struct tlsbind_sock *
tlsbind_connection_get(const struct net *net,
		       const u8 id[TLSBIND_CONNECTION_ID_SIZE]);

#endif
