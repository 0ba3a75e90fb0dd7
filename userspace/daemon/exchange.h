/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer, as libmicrohttpd calls for them.
 *
 *	head -> refused, or its body is read -> refused, or a question is started and the
 *	connection suspended -> the question is done, or the other end has gone -> answered
 */
#ifndef TLSBINDD_EXCHANGE_H
#define TLSBINDD_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <microhttpd.h>
#include "client.h"
#include "question.h"

struct http_listener;

/**
 * struct exchange - a request
 * @node: among those that are suspended
 * @listener: where it came
 * @connection: the connection
 * @client: the same
 * @question: what it asks
 * @asked: the question was started
 * @suspended: it is among them
 * @gone: nobody waits for the answer
 * @too_large: it has more of a body than it may
 * @len: bytes of @body
 * @body: as far as it has come; so much as the limit allows
 */
struct exchange {
	TAILQ_ENTRY(exchange) node;
	struct http_listener *listener;
	struct MHD_Connection *connection;
	struct client *client;
	struct question question;
	bool asked;
	bool suspended;
	bool gone;
	bool too_large;
	size_t len;
	char body[];
};

/** exchange_handle() - of libmicrohttpd, MHD_AccessHandlerCallback; @cls is the listener */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *data,
				size_t *size, void **state);

/** exchange_completed() - of libmicrohttpd, MHD_RequestCompletedCallback; @cls as before */
void exchange_completed(void *cls, struct MHD_Connection *connection, void **state,
			enum MHD_RequestTerminationCode code);

/** exchange_abandon() - end one that is suspended, without an answer */
void exchange_abandon(struct exchange *exchange);

#endif /* TLSBINDD_EXCHANGE_H */
