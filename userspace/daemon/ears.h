/* SPDX-License-Identifier: MIT */
/*
 * A netlink socket that hears of keys, while somebody waits for one.
 *
 * It exists only then: for events that nobody hears the kernel makes no messages, and a
 * busy server installs two keys for each of its connections.
 */
#ifndef TLSBINDD_EARS_H
#define TLSBINDD_EARS_H

#include <stdbool.h>
#include <stdint.h>
#include "loop.h"
#include "nl.h"
#include "tlsbind.h"

/**
 * struct ears - the socket
 * @loop: the loop
 * @nl: the socket
 * @watch: for events
 * @again: when to say that events were lost
 * @again_after: not earlier, so that losing events costs no more than ten times a second
 * @heard: something became of a key of the connection with this id
 * @lost: something may have become of a key of any
 * @arg: for @heard and @lost, which must not close the ears
 */
struct ears {
	struct loop *loop;
	struct tool_nl nl;
	struct loop_watch watch;
	struct loop_timer again;
	int64_t again_after;
	void (*heard)(void *arg, const uint8_t id[TLSBIND_CONNECTION_ID_SIZE]);
	void (*lost)(void *arg);
	void *arg;
};

/** ears_init() - loop, heard, lost and arg are filled */
void ears_init(struct ears *ears);

/**
 * ears_open() - listen from now on
 *
 * Return: 1; 0 if they were open before; -ENODEV if the family is gone, another negative
 * errno.
 */
int ears_open(struct ears *ears);

/** ears_close() - not any more; open or not */
void ears_close(struct ears *ears);

#endif /* TLSBINDD_EARS_H */
