/* SPDX-License-Identifier: MIT */
/* A responder in the hands of a test: it takes questions, and answers what the test wants. */
#ifndef TLSBIND_TESTS_ASKED_H
#define TLSBIND_TESTS_ASKED_H

#include "peer.h"

/**
 * struct asked - a responder
 * @listener: its socket
 * @url: how it is reached
 * @fd: of the question that is not answered yet
 * @nonce: of it
 * @id: of it
 */
struct asked {
	int listener;
	char url[64];
	int fd;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
};

/** asked_begin() - listen */
void asked_begin(struct asked *a);

/** asked_end() - nobody is there any more */
void asked_end(struct asked *a);

/** asked_take() - wait for a question, about the connection of @p */
void asked_take(struct asked *a, struct peer *p);

/** asked_answer() - answer it */
void asked_answer(struct asked *a, const char *status, const char *body);

/** asked_evidence() - answer it with evidence about the connection of @p */
void asked_evidence(struct asked *a, struct peer *p, unsigned int tx, unsigned int rx);

#endif /* TLSBIND_TESTS_ASKED_H */
