/* SPDX-License-Identifier: MIT */
/*
 * The one thread of the daemon: it waits for descriptors and for times, and calls whoever
 * wanted them.
 *
 * Nothing that is called may block. Everything happens in this thread, so nothing needs a
 * lock, and nothing changes but by a call that one can see.
 */
#ifndef TLSBINDD_LOOP_H
#define TLSBINDD_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/queue.h>

/**
 * struct loop_watch - a descriptor that is waited for; belongs to who adds it
 * @fd: the descriptor, -1 while it is not added
 * @ready: called with EPOLL* that hold; may remove any watch, this one, too
 * @arg: for @ready
 */
struct loop_watch {
	int fd;
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

/**
 * struct loop_timer - a time that is waited for; belongs to who sets it
 * @node: among those that are set
 * @at: when, as loop_now()
 * @set: it is waited for
 * @due: called once; may set or clear any timer, this one, too
 * @arg: for @due
 */
struct loop_timer {
	TAILQ_ENTRY(loop_timer) node;
	int64_t at;
	bool set;
	void (*due)(void *arg);
	void *arg;
};

TAILQ_HEAD(loop_timers, loop_timer);

/**
 * struct loop - what is waited for
 * @epoll: descriptor
 * @timers: the earliest first
 * @idle: when it last had nothing to do, ms: what is ready now has been so for no longer
 * @ended: loop_end() was called
 */
struct loop {
	int epoll;
	struct loop_timers timers;
	int64_t idle;
	bool ended;
};

/** loop_now() - milliseconds of the monotonic clock */
int64_t loop_now(void);

/** loop_init() - Return: 0 or a negative errno */
int loop_init(struct loop *loop);

/** loop_exit() - every watch was removed, and every timer cleared */
void loop_exit(struct loop *loop);

/**
 * loop_add() - wait for a descriptor
 * @loop: the loop
 * @watch: filled
 * @events: EPOLLIN and the like, level-triggered
 *
 * Return: 0 or a negative errno; @watch->fd is -1 then.
 */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events);

/** loop_change() - wait for other events of it; Return: 0 or a negative errno */
int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events);

/** loop_remove() - not any more; before the descriptor is closed. Does nothing if fd is -1 */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/** loop_timer_set() - call @timer->due at @at, and not at the time that was set before */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at);

/** loop_timer_clear() - or not at all */
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/** loop_run() - until loop_end(); Return: 0 or a negative errno of epoll_wait() */
int loop_run(struct loop *loop);

/** loop_end() - let loop_run() return */
void loop_end(struct loop *loop);

#endif /* TLSBINDD_LOOP_H */
