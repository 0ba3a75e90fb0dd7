/* SPDX-License-Identifier: MIT */
/* From a hold that is known to its verdict: asking its responder, again, and in time. */
#ifndef TLSBIND_JUDGE_INQUIRY_H
#define TLSBIND_JUDGE_INQUIRY_H

#include "court.h"

/** judge_inquiry_open() - @hold, which was just added, is to have a verdict */
void judge_inquiry_open(struct judge_court *court, struct judge_hold *hold);

/** judge_inquiry_dispatch() - ask as many as may be asked now */
void judge_inquiry_dispatch(struct judge_court *court);

/** judge_inquiry_schedule() - deadlines have changed */
void judge_inquiry_schedule(struct judge_court *court);

/** judge_inquiry_expire() - of the court's timer: no time is left for the first, perhaps */
void judge_inquiry_expire(void *arg);

/** judge_inquiry_answer() - of the court's asker: what came of a question about a hold */
void judge_inquiry_answer(void *arg, const struct judge_answer *answer);

#endif /* TLSBIND_JUDGE_INQUIRY_H */
