/* SPDX-License-Identifier: MIT */
/*
 * Asking a responder: a program, such as tlsbindd(8), that answers challenges for
 * servers which know nothing of tlsbind.
 *
 * One question is one HTTP request. Whoever has nothing else to do takes
 * tool_responder_ask(). Whoever has an event loop makes a question, gives its handle to
 * a multi handle of libcurl, and takes the answer when libcurl says that it is done:
 *
 *	question = tool_question_new(&responder, id, nonce, timeout);
 *	curl_multi_add_handle(multi, tool_question_handle(question));
 *	...CURLMSG_DONE: curl_easy_getinfo(easy, CURLINFO_PRIVATE, &question);
 *	answer = tool_question_answer(question, message->data.result, &evidence, &len);
 *	curl_multi_remove_handle(multi, easy);
 *	tool_question_free(question);
 *
 * Nothing that a responder says is believed: what it gives is evidence, to be verified,
 * or a reason why there is none. So it does not matter how it is reached, either.
 */
#ifndef TLSBIND_RESPONDER_H
#define TLSBIND_RESPONDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <curl/curl.h>
#include "tlsbind.h"

/* What tlsbindd(8) listens on if it is not told another port. */
#define TOOL_RESPONDER_PORT	8634

/* Room for a reason, with its zero byte. */
#define TOOL_RESPONDER_WHY	256

/**
 * enum tool_answer - what came of a question
 * @TOOL_ANSWER_EVIDENCE: evidence
 * @TOOL_ANSWER_AGAIN: not now: the responder does not know the connection yet, is
 *	busy, could not be reached or did not answer in time. To ask again, with a new
 *	nonce, makes sense
 * @TOOL_ANSWER_REFUSED: it will not answer this, however often it is asked
 * @TOOL_ANSWER_MALFORMED: what answers is no responder, or does not speak as one
 */
enum tool_answer {
	TOOL_ANSWER_EVIDENCE,
	TOOL_ANSWER_AGAIN,
	TOOL_ANSWER_REFUSED,
	TOOL_ANSWER_MALFORMED,
};

/**
 * struct tool_responder - where to ask
 * @url: http://HOST[:PORT][/PATH], https://... or unix:PATH of a socket. The port is
 *	that of the scheme if none is given, the path TLSBIND_HTTP_PATH
 * @cafile: CA certificates for https, PEM; NULL for the system's
 * @no_pki: do not look at the responder's certificate
 * @size_max: bytes of an answer, so that many questions do not take all memory; 0 for
 *	what the largest evidence takes
 */
struct tool_responder {
	const char *url;
	const char *cafile;
	bool no_pki;
	size_t size_max;
};

struct tool_question;

/**
 * tool_responder_check() - can this responder be asked at all?
 * @responder: where
 * @why: what is wrong with @responder->url, TOOL_RESPONDER_WHY bytes
 *
 * Return: false if tool_question_new() would refuse it.
 */
bool tool_responder_check(const struct tool_responder *responder, char why[TOOL_RESPONDER_WHY]);

/**
 * tool_question_new() - a challenge, ready to be sent
 * @responder: whom to ask; not needed any more afterwards
 * @id: which connection, TLSBIND_CONNECTION_ID_SIZE bytes
 * @nonce: to be in the evidence
 * @timeout: milliseconds until the whole answer must be there, 1 at least
 *
 * Neither redirects nor proxies are followed, nothing but http and https is spoken, and
 * the environment has no say.
 *
 * Return: to be freed with tool_question_free(); NULL if @responder cannot be asked
 * (tool_responder_check()) or memory ran out.
 */
struct tool_question *tool_question_new(const struct tool_responder *responder,
					const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
					const uint8_t nonce[TLSBIND_NONCE_SIZE], long timeout);

/** tool_question_handle() - for libcurl; CURLOPT_PRIVATE is the question, do not change it */
CURL *tool_question_handle(const struct tool_question *question);

/**
 * tool_question_answer() - take the answer
 * @question: its transfer is over
 * @result: of the transfer
 * @evidence: to be freed with free(); NULL unless it is TOOL_ANSWER_EVIDENCE
 * @len: its size
 *
 * Return: what came of it.
 */
enum tool_answer tool_question_answer(struct tool_question *question, CURLcode result,
				      uint8_t **evidence, size_t *len);

/**
 * tool_question_why() - why there is no evidence, for people
 *
 * After tool_question_answer(). It may be the responder's words, and lives as long as
 * the question.
 */
const char *tool_question_why(const struct tool_question *question);

/** tool_question_wait() - seconds before which the responder does not want to be asked again */
unsigned int tool_question_wait(const struct tool_question *question);

/** tool_question_free() - after its handle was removed from whatever multi handle it was in */
void tool_question_free(struct tool_question *question);

/**
 * tool_responder_ask() - ask once, and wait for the answer
 * @responder: whom
 * @id: which connection
 * @nonce: to be in the evidence
 * @timeout: milliseconds, 1 at least
 * @evidence: to be freed with free(); NULL unless it is TOOL_ANSWER_EVIDENCE
 * @len: its size
 * @why: otherwise the reason
 * @wait: seconds before which not to ask again, for TOOL_ANSWER_AGAIN
 *
 * Return: what came of it.
 */
enum tool_answer tool_responder_ask(const struct tool_responder *responder,
				    const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
				    const uint8_t nonce[TLSBIND_NONCE_SIZE], long timeout,
				    uint8_t **evidence, size_t *len, char why[TOOL_RESPONDER_WHY],
				    unsigned int *wait);

#endif /* TLSBIND_RESPONDER_H */
