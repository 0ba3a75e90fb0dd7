/* SPDX-License-Identifier: MIT */
/*
 * Questions: which connection, which nonce; and what becomes of them.
 *
 *	START -> ASKED                   the kernel has it (asker.c)
 *	      -> WAITS -> ASKED          nobody has such a connection, or a key is being
 *	                                 installed: until the next key event of that id (ears.c),
 *	                                 or the end of the wait, when it is asked once more
 *	ASKED -> ASKED                   answers of the kernel were lost: asked again
 *	any   -> DONE                    evidence, or an error; told of from the loop
 *
 * Whoever starts a question is told of its end exactly once, never from within the call,
 * unless he cancels it. So no function here has to expect that a question vanishes under it.
 */
#ifndef TLSBINDD_QUESTION_H
#define TLSBINDD_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include "asker.h"
#include "ears.h"
#include "family.h"
#include "loop.h"
#include "options.h"
#include "tlsbind.h"

enum question_state {
	QUESTION_NONE,		/* not started, or told of */
	QUESTION_WAITS,
	QUESTION_ASKED,
	QUESTION_DONE,
};

/**
 * struct question - one of them; belongs to who starts it
 * @node: among those that were started
 * @questions: those
 * @state: how far it is
 * @id: connection
 * @nonce: of the relying party
 * @slot: where its answer is expected; NULL unless it was asked
 * @timer: end of the wait for a key, or for the answer
 * @key_until: end of the wait for a key
 * @answer_until: end of the wait for the answer
 * @error: negative errno when it is done; 0: there is evidence
 * @evidence: TLVs, freed with free() by the owner
 * @len: its size
 * @ended: called when it is done
 * @arg: for @ended
 */
struct question {
	TAILQ_ENTRY(question) node;
	struct questions *questions;
	enum question_state state;
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct asker_slot *slot;
	struct loop_timer timer;
	int64_t key_until;
	int64_t answer_until;
	int error;
	uint8_t *evidence;
	size_t len;
	void (*ended)(void *arg);
	void *arg;
};

/**
 * struct questions - all that were started, and the ways to the kernel
 * @loop: the loop
 * @limits: of the command line
 * @all: in the order in which they were started
 * @count: of @all
 * @waits: how many of them wait for a key
 * @number: of the family that is connected to; 0 while the module is not there
 * @deliver: when one is done
 * @retry: when to look for the module again, if it was there and could not be connected to
 * @askers: who asks
 * @ears: who listens for keys while a question waits
 * @family: who notices that the module goes and comes
 */
struct questions {
	struct loop *loop;
	const struct options_limits *limits;
	TAILQ_HEAD(question_list, question) all;
	unsigned int count;
	unsigned int waits;
	int number;
	struct loop_timer deliver;
	struct loop_timer retry;
	struct askers askers;
	struct ears ears;
	struct family family;
};

/**
 * questions_init() - connect to the kernel
 * @questions: filled; questions_exit() even after an error
 * @loop: the loop
 * @limits: kept
 *
 * Return: 0; -ENODEV if the module is not there; -EPERM without CAP_NET_ADMIN; another
 * negative errno.
 */
int questions_init(struct questions *questions, struct loop *loop,
		   const struct options_limits *limits);

/** questions_exit() - every question is done, and was told of */
void questions_exit(struct questions *questions);

/**
 * question_start() - find the answer
 * @questions: all of them
 * @question: id, nonce, ended and arg are filled, the rest is zero
 *
 * Its @ended is called once, later; what keeps it from being asked is its error: what the
 * kernel says, netlink.rst; -ETIMEDOUT; -EAGAIN: too many wait; -ESHUTDOWN: the module is
 * not there.
 */
void question_start(struct questions *questions, struct question *question);

/** question_cancel() - nobody wants to know any more; @ended is not called. Any state will do */
void question_cancel(struct question *question);

/** questions_end() - with this error, all that are not done; they are told of later */
void questions_end(struct questions *questions, int error);

/**
 * question_answered() - the kernel's answer, or that it will not come
 * @question: that was asked
 * @error: negative errno; 0: there is evidence
 * @evidence: taken over
 * @len: its size
 */
void question_answered(struct question *question, int error, uint8_t *evidence, size_t len);

/** question_lost() - its answer may have been lost: ask again */
void question_lost(struct question *question);

#endif /* TLSBINDD_QUESTION_H */
