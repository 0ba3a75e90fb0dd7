/* SPDX-License-Identifier: MIT */
/* Who has no verdict yet: found by handle, by name, and in order of deadlines. */
#ifndef TLSBIND_JUDGE_ROLL_H
#define TLSBIND_JUDGE_ROLL_H

#include "court.h"

/** judge_roll_find() - the hold with this handle; NULL if it is not known */
struct judge_hold *judge_roll_find(const struct judge_court *court, uint64_t handle);

/** judge_roll_namesake() - one of the same connection; NULL if none is known */
struct judge_hold *judge_roll_namesake(const struct judge_court *court,
				       const struct judge_hold *heard);

/**
 * judge_roll_add() - one more
 * @court: the court
 * @heard: what the kernel said of it; neither its handle nor its connection is known
 *
 * Return: a copy, the court's until judge_roll_forget(); NULL if memory ran out.
 */
struct judge_hold *judge_roll_add(struct judge_court *court, const struct judge_hold *heard);

/** judge_roll_forget() - out of everything that knows it, and freed */
void judge_roll_forget(struct judge_court *court, struct judge_hold *hold);

/** judge_roll_gone() - likewise, without a verdict: the kernel does not want one any more */
void judge_roll_gone(struct judge_court *court, struct judge_hold *hold);

/** judge_roll_relist() - the kernel is to be asked for all holds, at @at (ms) at the latest */
void judge_roll_relist(struct judge_court *court, int64_t at);

#endif /* TLSBIND_JUDGE_ROLL_H */
