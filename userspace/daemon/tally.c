/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "log.h"
#include "loop.h"
#include "tally.h"

#define JUDGE_TALLY_WINDOW	10000	/* ms */

static const char *const judge_reason_names[JUDGE_REASONS] = {
	[JUDGE_ADMITTED] = "admitted",
	[JUDGE_MESSAGE] = "message",
	[JUDGE_KEYS] = "keys",
	[JUDGE_NO_POLICY] = "no-policy",
	[JUDGE_OVERLOAD] = "overload",
	[JUDGE_NO_ANSWER] = "no-answer",
	[JUDGE_REFUSED] = "refused",
	[JUDGE_NOT_EVIDENCE] = "not-evidence",
	[JUDGE_BEHIND] = "behind",
	[JUDGE_MALFORMED] = "malformed",
	[JUDGE_SIGNATURE] = "signature",
	[JUDGE_TCB] = "tcb",
	[JUDGE_BINDING] = "binding",
	[JUDGE_APPRAISAL] = "appraisal",
	[JUDGE_FAULT] = "fault",
};

const char *judge_reason_name(enum judge_reason reason)
{
	return judge_reason_names[reason];
}

bool judge_tally_line(struct judge_tally *tally, enum judge_reason reason, int64_t now,
		      unsigned int *skipped)
{
	*skipped = 0;
	if (now >= tally->window[reason]) {
		tally->window[reason] = now + JUDGE_TALLY_WINDOW;
		tally->lines[reason] = 0;
		*skipped = tally->skipped[reason];
		tally->skipped[reason] = 0;
	}
	if (tally->lines[reason] < JUDGE_TALLY_LINES) {
		tally->lines[reason]++;
		return true;
	}
	tally->skipped[reason]++;
	return false;
}

void judge_tally_tell(struct judge_tally *tally, const char *what, enum judge_reason reason,
		      const char *name, const char *text)
{
	const char *why = judge_reason_name(reason);
	unsigned int skipped;

	if (!judge_tally_line(tally, reason, loop_now(), &skipped))
		return;
	if (skipped)
		log_line(LOG_LEVEL_WARNING, "%u rejections (%s) were not told of", skipped, why);
	log_line(LOG_LEVEL_WARNING, "%s %s: %s%s%s", what, name, why, *text ? ": " : "", text);
}

void judge_tally_print(const struct judge_tally *tally, size_t waiting, size_t renewing,
		       size_t asking)
{
	const struct judge_renewals *renewals = &tally->renewals;
	uint64_t rejected = 0;
	char text[384] = "";
	size_t i, used = 0;

	for (i = JUDGE_ADMITTED + 1; i < JUDGE_REASONS; i++) {
		rejected += tally->verdicts[i];
		used += (size_t)snprintf(text + used, sizeof(text) - used, " %s %" PRIu64,
					 judge_reason_names[i], tally->verdicts[i]);
	}
	log_line(LOG_LEVEL_INFO, "holds %" PRIu64 " admitted %" PRIu64 " rejected %" PRIu64
		 " late %" PRIu64 " gone %" PRIu64 " lost %" PRIu64 " questions %" PRIu64
		 " retries %" PRIu64 " reloads %" PRIu64 " waiting %zu asking %zu", tally->holds,
		 tally->verdicts[JUDGE_ADMITTED], rejected - renewals->rejected, tally->late,
		 tally->gone, tally->lost, tally->questions, tally->retries, tally->reloads, waiting,
		 asking);
	log_line(LOG_LEVEL_INFO, "renewals %" PRIu64 " renewed %" PRIu64 " not-renewed %" PRIu64
		 " late %" PRIu64 " gone %" PRIu64 " waiting %zu", renewals->told,
		 renewals->renewed, renewals->rejected, renewals->late, renewals->gone, renewing);
	log_line(LOG_LEVEL_INFO, "rejected:%s", text);
}
