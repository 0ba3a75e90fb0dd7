/* SPDX-License-Identifier: MIT */
/* A responder that does what a test wants, on every address of loopback. */
#ifndef TLSBIND_TESTS_ANSWERER_H
#define TLSBIND_TESTS_ANSWERER_H

#include "guest.h"

/* Questions whose nonces are kept. */
#define ANSWERER_NONCES	64

/* Questions that hang at once. */
#define ANSWERER_HANGING	512

/* What is done with a question. */
enum answerer_does {
	ANSWERER_EVIDENCE,	/* for its nonce, of @guest, after @change */
	ANSWERER_OLD,		/* the same, for another nonce */
	ANSWERER_STATUS,	/* @status with @text */
	ANSWERER_HANGS,		/* no answer, ever */
	ANSWERER_CUTS,		/* half an answer, then the connection is closed */
	ANSWERER_ENDLESS,	/* more than any evidence */
};

struct MHD_Connection;
struct MHD_Daemon;

/**
 * struct answerer - what it does
 * @http: the server
 * @port: of loopback
 * @does: with every question
 * @status: of ANSWERER_STATUS
 * @text: of ANSWERER_STATUS
 * @retry_after: with @status 503 in front of it; NULL for no such header
 * @first: so many questions are answered with ANSWERER_STATUS before
 * @guest: whose evidence
 * @change: what is wrong with the evidence; NULL for nothing. @number is that of the question,
 *	from 0
 * @asked: questions so far
 * @malformed: of them, those that are not what tlsbindd takes
 * @nonces: of the first questions
 * @ids: connection ids of the first questions
 * @hang: questions that hang
 * @hanging: how many
 * @ends: it is being stopped
 */
struct answerer {
	struct MHD_Daemon *http;
	unsigned int port;
	enum answerer_does does;
	unsigned int status;
	const char *text;
	const char *retry_after;
	unsigned int first;
	struct guest *guest;
	void (*change)(struct synth_case *c, unsigned int number);
	unsigned int asked;
	unsigned int malformed;
	uint8_t nonces[ANSWERER_NONCES][TLSBIND_NONCE_SIZE];
	uint8_t ids[ANSWERER_NONCES][TLSBIND_CONNECTION_ID_SIZE];
	struct MHD_Connection *hang[ANSWERER_HANGING];
	unsigned int hanging;
	bool ends;
};

/** answerer_start() - a server with a thread of its own; everything else is set before */
void answerer_start(struct answerer *answerer);

/** answerer_stop() - end it */
void answerer_stop(struct answerer *answerer);

#endif /* TLSBIND_TESTS_ANSWERER_H */
