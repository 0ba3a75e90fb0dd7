/* SPDX-License-Identifier: MIT */
/*
 * What waits for a verdict, and when to stop waiting.
 *
 * A verdict takes time, of the kernel above all, which aborts a connection in it. Where a
 * thousand have the same deadline, the last one would be late if each were given up at
 * its own. So they are given up in the order of their deadlines, the first as early as all
 * need that come after it.
 */
#ifndef TLSBIND_JUDGE_DOCKET_H
#define TLSBIND_JUDGE_DOCKET_H

#include <stddef.h>
#include <stdint.h>
#include "hold.h"

TAILQ_HEAD(judge_docket_list, judge_hold);

/**
 * struct judge_docket - all holds
 * @list: the earliest deadline first
 * @count: how many
 * @cost: microseconds that giving one up takes, of late; rather more than less
 */
struct judge_docket {
	struct judge_docket_list list;
	size_t count;
	int64_t cost;
};

/** judge_docket_init() - none yet */
void judge_docket_init(struct judge_docket *docket);

/** judge_docket_enter() - @hold waits until its deadline */
void judge_docket_enter(struct judge_docket *docket, struct judge_hold *hold);

/** judge_docket_leave() - and does not any more */
void judge_docket_leave(struct judge_docket *docket, struct judge_hold *hold);

/** judge_docket_took() - giving one up took so many microseconds */
void judge_docket_took(struct judge_docket *docket, int64_t took);

/**
 * judge_docket_due() - when the first is to be given up
 * @docket: not empty
 *
 * With twice the time that verdicts took of late, whoever is given up from then on in this
 * order has a verdict before the deadline. It is not before three fourths of the first
 * one's time are over, however many there are.
 *
 * Return: ms of loop_now(), at most the deadline of the first.
 */
int64_t judge_docket_due(const struct judge_docket *docket);

#endif /* TLSBIND_JUDGE_DOCKET_H */
