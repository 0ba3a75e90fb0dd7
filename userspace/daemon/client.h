/* SPDX-License-Identifier: MIT */
/*
 * A connection to the daemon: whose it is, and how long it may keep us waiting.
 *
 * A time runs whenever the other end has to do something: send a request, take an answer.
 * While a question waits it is looked whether the other end is still there; who ends its
 * sending direction is taken to have gone.
 */
#ifndef TLSBINDD_CLIENT_H
#define TLSBINDD_CLIENT_H

#include "loop.h"
#include "options.h"
#include "quota.h"

/**
 * struct client - a connection
 * @loop: the loop
 * @quotas: of all peers
 * @quota: of whose connection it is; NULL if it is nobody's
 * @limits: of the command line
 * @fd: the socket, libmicrohttpd's
 * @timer: when time is over
 * @hangup: for the other end going away
 * @gone: called when it has, once
 * @arg: for @gone
 */
struct client {
	struct loop *loop;
	struct quotas *quotas;
	struct quota *quota;
	const struct options_limits *limits;
	int fd;
	struct loop_timer timer;
	struct loop_watch hangup;
	void (*gone)(void *arg);
	void *arg;
};

/**
 * client_new() - a connection was accepted
 * @loop: the loop
 * @quotas: of all peers
 * @limits: kept
 * @fd: the socket; kept, not owned
 * @address: of the other end
 *
 * Return: its time runs; NULL if memory ran out.
 */
struct client *client_new(struct loop *loop, struct quotas *quotas,
			  const struct options_limits *limits, int fd,
			  const struct sockaddr *address);

/** client_free() - it is being closed; @client may be NULL */
void client_free(struct client *client);

/** client_expect() - it has to do something: its time runs from now on */
void client_expect(struct client *client);

/** client_wait() - it waits for us: @gone is called if it goes away; until client_expect() */
void client_wait(struct client *client, void (*gone)(void *arg), void *arg);

#endif /* TLSBINDD_CLIENT_H */
