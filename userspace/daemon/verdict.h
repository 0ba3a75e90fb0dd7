/* SPDX-License-Identifier: MIT */
/* Verdicts: to the kernel, into the books, and into the log. */
#ifndef TLSBIND_JUDGE_VERDICT_H
#define TLSBIND_JUDGE_VERDICT_H

#include "court.h"

/**
 * judge_verdict_send() - a verdict
 * @court: the court
 * @hold: on what; it may be known, and stays so
 * @reason: JUDGE_ADMITTED admits, everything else is a rejection
 * @text: more about the reason, for the log
 *
 * Of a lease that the kernel does not ask for any more nothing is logged. A verdict on one
 * that does not reach the kernel leaves it to be found by the next judge_court_dump().
 */
void judge_verdict_send(struct judge_court *court, const struct judge_hold *hold,
			enum judge_reason reason, const char *text);

/** judge_verdict_decide() - likewise, and @hold is forgotten */
void judge_verdict_decide(struct judge_court *court, struct judge_hold *hold,
			  enum judge_reason reason, const char *text);

#endif /* TLSBIND_JUDGE_VERDICT_H */
