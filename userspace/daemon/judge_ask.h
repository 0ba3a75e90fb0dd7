/* SPDX-License-Identifier: MIT */
/*
 * Asking responders, many at once: libcurl's multi handle in the daemon's loop.
 *
 * libcurl names descriptors and a time; the loop waits for them and tells libcurl. Answers
 * are taken after libcurl has returned, never inside one of its callbacks, so whoever gets
 * one may ask, and give up, whatever he likes.
 */
#ifndef TLSBIND_JUDGE_ASK_H
#define TLSBIND_JUDGE_ASK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <curl/curl.h>
#include "loop.h"
#include "responder.h"

struct judge_question;

/**
 * struct judge_answer - what came of a question
 * @kind: as tool_question_answer()
 * @evidence: with TOOL_ANSWER_EVIDENCE; freed after the call
 * @len: its size
 * @nonce: of the question; may be wiped
 * @why: otherwise the reason
 * @wait: seconds before which the responder does not want to be asked again
 */
struct judge_answer {
	enum tool_answer kind;
	const uint8_t *evidence;
	size_t len;
	uint8_t *nonce;
	const char *why;
	unsigned int wait;
};

/** typedef judge_answered - takes an answer. The question is over, and must not be dropped */
typedef void judge_answered(void *arg, const struct judge_answer *answer);

/**
 * struct judge_asker - the questions that are open
 * @loop: the loop
 * @multi: of libcurl
 * @timer: when libcurl wants to be called
 * @open: questions
 * @count: how many
 * @answered: takes the answers
 */
struct judge_asker {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer timer;
	TAILQ_HEAD(judge_questions, judge_question) open;
	size_t count;
	judge_answered *answered;
};

/**
 * judge_asker_init() - ready to ask
 * @asker: filled
 * @loop: the loop
 * @connections: that are kept for further questions, at most
 * @answered: takes the answers
 *
 * Return: 0; -ENOMEM.
 */
int judge_asker_init(struct judge_asker *asker, struct loop *loop, unsigned int connections,
		     judge_answered *answered);

/** judge_asker_exit() - give up what is open */
void judge_asker_exit(struct judge_asker *asker);

/**
 * judge_ask() - a question with a new nonce
 * @asker: the asker
 * @responder: whom
 * @id: about which connection
 * @timeout: ms
 * @arg: for the answer
 *
 * Return: the question, open until it was answered or is dropped; NULL if memory or random
 * numbers ran out.
 */
struct judge_question *judge_ask(struct judge_asker *asker, const struct tool_responder *responder,
				 const uint8_t id[TLSBIND_CONNECTION_ID_SIZE], long timeout,
				 void *arg);

/** judge_question_drop() - give it up */
void judge_question_drop(struct judge_question *question);

#endif /* TLSBIND_JUDGE_ASK_H */
