/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>
#include "loop.h"

int64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int loop_init(struct loop *loop)
{
	TAILQ_INIT(&loop->timers);
	loop->ended = false;
	loop->idle = loop_now();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

void loop_exit(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	loop->epoll = -1;
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (!epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event))
		return 0;
	watch->fd = -1;
	return -errno;
}

int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) ? -errno : 0;
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
	if (watch->fd >= 0)
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
}

/* From the end: most times are later than all that are set. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at)
{
	struct loop_timer *before;

	loop_timer_clear(loop, timer);
	timer->at = at;
	timer->set = true;
	before = TAILQ_LAST(&loop->timers, loop_timers);
	while (before && before->at > at)
		before = TAILQ_PREV(before, loop_timers, node);
	if (before)
		TAILQ_INSERT_AFTER(&loop->timers, before, timer, node);
	else
		TAILQ_INSERT_HEAD(&loop->timers, timer, node);
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
	if (timer->set)
		TAILQ_REMOVE(&loop->timers, timer, node);
	timer->set = false;
}

/* One at a time: one that sets itself again for now does not keep descriptors waiting. */
static void loop_timer_call(struct loop *loop)
{
	struct loop_timer *timer = TAILQ_FIRST(&loop->timers);

	if (!timer || timer->at > loop_now() || loop->ended)
		return;
	loop_timer_clear(loop, timer);
	timer->due(timer->arg);
}

static int loop_timeout(const struct loop *loop)
{
	const struct loop_timer *first = TAILQ_FIRST(&loop->timers);
	int64_t left;

	if (!first)
		return -1;
	left = first->at - loop_now();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Return: as epoll_wait(), or a negative errno. */
static int loop_wait(struct loop *loop, struct epoll_event *event)
{
	int count = epoll_wait(loop->epoll, event, 1, 0);

	if (count < 0)
		return -errno;
	if (count || !loop_timeout(loop))
		return count;
	count = epoll_wait(loop->epoll, event, 1, loop_timeout(loop));
	if (count < 0)
		count = -errno;
	loop->idle = loop_now();
	return count;
}

/*
 * One event at a time: with several, one that is called could remove a watch, and free what
 * it belongs to, that the next of them is about.
 */
int loop_run(struct loop *loop)
{
	struct epoll_event event;
	struct loop_watch *watch;
	int count;

	while (!loop->ended) {
		count = loop_wait(loop, &event);
		if (count < 0 && count != -EINTR)
			return count;
		if (count > 0) {
			watch = event.data.ptr;
			watch->ready(watch->arg, event.events);
		}
		loop_timer_call(loop);
	}
	return 0;
}

void loop_end(struct loop *loop)
{
	loop->ended = true;
}
