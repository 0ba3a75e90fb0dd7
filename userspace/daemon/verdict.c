/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "court.h"
#include "roll.h"
#include "verdict.h"

/* Into the books. Of a lease that the kernel does not ask for any more nothing is said. */
static void judge_verdict_book(struct judge_court *court, const struct judge_hold *hold,
			       enum judge_reason reason, const char *text, bool late)
{
	bool admitted = reason == JUDGE_ADMITTED;
	char name[JUDGE_HOLD_NAME];

	judge_hold_name(hold, name);
	if (!hold->renewal) {
		court->tally.verdicts[reason]++;
		court->tally.late += late;
	} else if (late) {
		court->tally.renewals.late++;
		return;
	} else {
		court->tally.verdicts[reason] += !admitted;
		court->tally.renewals.rejected += !admitted;
		court->tally.renewals.renewed += admitted;
	}
	if (!admitted)
		judge_tally_tell(&court->tally, hold->renewal ? "not renewed" : "rejected", reason,
				 name, text);
}

/* It did not reach the kernel: about a lease, which has time, it is asked again. */
static void judge_verdict_fault(struct judge_court *court, const struct judge_hold *hold, int error)
{
	char name[JUDGE_HOLD_NAME];

	judge_hold_name(hold, name);
	judge_tally_tell(&court->tally, "no verdict on", JUDGE_FAULT, name, strerror(-error));
	if (hold->renewal)
		judge_roll_relist(court, loop_now() + JUDGE_RETRY_MAX);
	else
		court->tally.verdicts[JUDGE_FAULT]++;
}

/* To the kernel. Whatever is not JUDGE_ADMITTED is a rejection. */
void judge_verdict_send(struct judge_court *court, const struct judge_hold *hold,
			enum judge_reason reason, const char *text)
{
	int ret = court->kernel.verdict(court->kernel.arg, hold->handle, reason == JUDGE_ADMITTED);

	if (!ret || ret == -ENOENT)
		judge_verdict_book(court, hold, reason, text, ret);
	else if (ret == -EPERM)
		court->dismissed = true;
	else
		judge_verdict_fault(court, hold, ret);
	if (court->dismissed)
		loop_end(court->loop);
}

void judge_verdict_decide(struct judge_court *court, struct judge_hold *hold,
			  enum judge_reason reason, const char *text)
{
	judge_verdict_send(court, hold, reason, text);
	judge_roll_forget(court, hold);
}
