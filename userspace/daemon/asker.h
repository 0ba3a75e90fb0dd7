/* SPDX-License-Identifier: MIT */
/*
 * Netlink sockets that ask the kernel for evidence.
 *
 * The kernel takes 256 questions of a socket that it has not answered, so there are as many
 * sockets as the limit of questions needs. A question that nobody waits for any more keeps
 * its place until the kernel has answered it: so the kernel never has to refuse one.
 */
#ifndef TLSBINDD_ASKER_H
#define TLSBINDD_ASKER_H

#include <stdbool.h>
#include <stdint.h>
#include "loop.h"
#include "nl.h"

#define ASKER_SLOTS	256	/* of the kernel: questions of a socket that are not answered */
#define ASKERS_MAX	4	/* 1024 of a network namespace */

struct question;

/**
 * struct asker_slot - a question that the kernel has
 * @asker: by which socket
 * @question: whose answer it is; NULL if nobody waits for it
 * @seq: of the request
 * @used: the kernel has not answered
 */
struct asker_slot {
	struct asker *asker;
	struct question *question;
	uint32_t seq;
	bool used;
};

/**
 * struct asker - a socket
 * @loop: the loop
 * @nl: the socket
 * @receive_buffer: KiB
 * @watch: for answers
 * @again: when it is to be opened anew, because answers were lost
 * @again_after: not earlier, so that losing answers costs no more than ten times a second
 * @pending: slot of the question that is being asked; its seq is that of @nl
 * @slots: what the kernel has
 * @used: how many are used
 */
struct asker {
	struct loop *loop;
	struct tool_nl nl;
	unsigned int receive_buffer;
	struct loop_watch watch;
	struct loop_timer again;
	int64_t again_after;
	struct asker_slot *pending;
	struct asker_slot slots[ASKER_SLOTS];
	unsigned int used;
};

/**
 * struct askers - all of them
 * @asker: the sockets
 * @count: how many of them there are
 */
struct askers {
	struct asker *asker[ASKERS_MAX];
	unsigned int count;
};

/**
 * askers_init() - sockets that are not connected
 * @askers: filled; askers_exit() even after an error
 * @loop: the loop
 * @questions: that may wait at once
 * @receive_buffer: KiB for answers, of each
 *
 * Return: 0 or -ENOMEM.
 */
int askers_init(struct askers *askers, struct loop *loop, unsigned int questions,
		unsigned int receive_buffer);

/** askers_exit() - disconnected or not */
void askers_exit(struct askers *askers);

/**
 * askers_connect() - to the family as it is now
 *
 * Return: 0; -ENODEV if it is not there; -EIO if there is no netlink. None is connected then.
 */
int askers_connect(struct askers *askers);

/** askers_disconnect() - no question is asked any more */
void askers_disconnect(struct askers *askers);

/** askers_used() - questions that the kernel has not answered, wanted or not */
unsigned int askers_used(const struct askers *askers);

/**
 * askers_permitted() - may this process ask?
 *
 * Return: 0; -EPERM if not; another errno that the kernel has for a question about no
 * connection, but -ENOENT.
 */
int askers_permitted(struct askers *askers);

/**
 * asker_ask() - a question
 * @askers: connected
 * @question: its slot is set; its answer comes by question_answered(), which may be before
 *	this returns, or question_lost() is called
 *
 * Return: 0; -EAGAIN if there is no room for it, also in the kernel; the kernel's errno.
 */
int asker_ask(struct askers *askers, struct question *question);

/** asker_forget() - nobody waits for what comes there; @slot may be NULL */
void asker_forget(struct asker_slot *slot);

#endif /* TLSBINDD_ASKER_H */
