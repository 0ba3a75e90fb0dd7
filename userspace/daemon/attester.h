/* SPDX-License-Identifier: MIT */
/* The attester's side of the daemon: answers in the name of servers on this machine. */
#ifndef TLSBINDD_ATTESTER_H
#define TLSBINDD_ATTESTER_H

#include <stdbool.h>
#include "http.h"
#include "listen.h"
#include "loop.h"
#include "options.h"
#include "question.h"

/**
 * struct attester - its parts
 * @loop: the loop
 * @options: of the command line
 * @sockets: where it listens
 * @questions: what the kernel is asked
 * @http: what it is asked
 * @stop: when what still waits is ended
 * @stopped: called when nothing waits any more
 * @arg: for @stopped
 * @forced: what waited was ended
 */
struct attester {
	struct loop *loop;
	const struct options *options;
	struct listen_sockets sockets;
	struct questions questions;
	struct http http;
	struct loop_timer stop;
	void (*stopped)(void *arg);
	void *arg;
	bool forced;
};

/**
 * attester_start() - connect to the kernel, listen, answer
 * @attester: zeroed; attester_exit() even after an error
 * @loop: the loop
 * @options: kept
 *
 * Does nothing if there is no socket to listen on.
 *
 * Return: OPTIONS_OK or, after a message, another exit code.
 */
int attester_start(struct attester *attester, struct loop *loop, const struct options *options);

/** attester_listens() - is there a socket that it answers on? */
bool attester_listens(const struct attester *attester);

/**
 * attester_stop() - answer what waits, for a while, and nothing else
 * @attester: started
 * @stopped: called once, from within or later
 * @arg: for @stopped
 */
void attester_stop(struct attester *attester, void (*stopped)(void *arg), void *arg);

/** attester_exit() - close everything; started or not */
void attester_exit(struct attester *attester);

#endif /* TLSBINDD_ATTESTER_H */
