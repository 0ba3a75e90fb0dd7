/* SPDX-License-Identifier: MIT */
/* libmicrohttpd in the loop: one instance of it for each socket that listens. */
#ifndef TLSBINDD_HTTP_H
#define TLSBINDD_HTTP_H

#include <stdbool.h>
#include <microhttpd.h>
#include "exchange.h"
#include "listen.h"
#include "loop.h"
#include "options.h"
#include "quota.h"
#include "question.h"

struct http;

/**
 * struct http_listener - an instance
 * @http: all of them
 * @mhd: the instance
 * @watch: for its descriptors
 * @timer: for its times
 */
struct http_listener {
	struct http *http;
	struct MHD_Daemon *mhd;
	struct loop_watch watch;
	struct loop_timer timer;
};

/**
 * struct http - all of them
 * @loop: the loop
 * @limits: of the command line
 * @questions: where questions go
 * @quotas: who has connections
 * @listener: the instances
 * @count: how many
 * @requests: begun, and not completed
 * @suspended: those that wait for their question
 * @certificate: PEM, for https
 * @key: PEM, for https; wiped as soon as it is loaded
 * @starting: what libmicrohttpd has to say is about the command line
 * @stopping: no request is accepted any more
 * @drained: called when the last one is completed, while stopping
 * @arg: for @drained
 */
struct http {
	struct loop *loop;
	const struct options_limits *limits;
	struct questions *questions;
	struct quotas quotas;
	struct http_listener listener[LISTEN_MAX];
	unsigned int count;
	unsigned int requests;
	TAILQ_HEAD(exchange_list, exchange) suspended;
	char *certificate;
	char *key;
	bool starting;
	bool stopping;
	void (*drained)(void *arg);
	void *arg;
};

/**
 * http_start() - answer on these sockets
 * @http: zeroed; http_exit() even after an error
 * @loop: the loop
 * @options: kept
 * @questions: where questions go
 * @sockets: those that are used are taken over
 *
 * Return: OPTIONS_OK; OPTIONS_USAGE or OPTIONS_SYSTEM after a message.
 */
int http_start(struct http *http, struct loop *loop, const struct options *options,
	       struct questions *questions, struct listen_sockets *sockets);

/**
 * http_stop() - accept no connection and no request any more, but answer those there are
 * @http: started
 * @drained: called, from within or later, when none is left
 * @arg: for @drained
 */
void http_stop(struct http *http, void (*drained)(void *arg), void *arg);

/** http_exit() - close all connections, whatever they wait for; started or not */
void http_exit(struct http *http);

/** http_wake() - there is something to do for an instance, though no descriptor says so */
void http_wake(struct http_listener *listener);

/** http_begun() - a request more */
void http_begun(struct http *http);

/** http_completed() - a request less */
void http_completed(struct http *http);

#endif /* TLSBINDD_HTTP_H */
