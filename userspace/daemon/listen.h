/* SPDX-License-Identifier: MIT */
/* Sockets to listen on: those of the command line, and those that systemd passes. */
#ifndef TLSBINDD_LISTEN_H
#define TLSBINDD_LISTEN_H

#include <stdbool.h>
#include "options.h"

#define LISTEN_MAX	(2 * OPTIONS_LISTEN_MAX)

/**
 * struct listen_socket - one of them
 * @fd: it listens; belongs to whoever takes it, who then sets -1
 * @https: TLS is spoken on it
 * @local: a Unix socket
 * @path: to be removed at the end; NULL if there is none
 */
struct listen_socket {
	int fd;
	bool https;
	bool local;
	const char *path;
};

/**
 * struct listen_sockets - all of them
 * @socket: the sockets
 * @count: how many
 */
struct listen_sockets {
	struct listen_socket socket[LISTEN_MAX];
	unsigned int count;
};

/**
 * listen_open() - make them, and take those that were passed
 * @sockets: zeroed; listen_close() even after an error
 * @options: of the command line
 *
 * A socket that systemd passes is called "http" or "https" (FileDescriptorName=).
 *
 * Return: OPTIONS_OK; OPTIONS_USAGE or OPTIONS_LISTEN after a message.
 */
int listen_open(struct listen_sockets *sockets, const struct options *options);

/** listen_close() - close those that nobody took, and remove Unix sockets made here */
void listen_close(struct listen_sockets *sockets);

#endif /* TLSBINDD_LISTEN_H */
