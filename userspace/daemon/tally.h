/* SPDX-License-Identifier: MIT */
/* What became of held connections: counters, and lines in the log. */
#ifndef TLSBIND_JUDGE_TALLY_H
#define TLSBIND_JUDGE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum judge_reason - why a verdict is what it is; tlsbindd(8) lists them by name
 * @JUDGE_ADMITTED: evidence was accepted; the only one that admits
 * @JUDGE_MESSAGE: the kernel's message cannot be understood
 * @JUDGE_KEYS: no evidence could be about such a connection: not TLS 1.3, or without name
 * @JUDGE_NO_POLICY: no appraisal policy has the number
 * @JUDGE_OVERLOAD: too many are held already
 * @JUDGE_NO_ANSWER: no evidence in time: not reachable, not yet known, busy
 * @JUDGE_REFUSED: the responder will not answer
 * @JUDGE_NOT_EVIDENCE: the answer is not evidence, or too large
 * @JUDGE_BEHIND: until the end, evidence was about the keys before a rekey
 * @JUDGE_MALFORMED: evidence cannot be understood, enum tlsbind_class
 * @JUDGE_SIGNATURE: not signed by a trusted vendor's key, likewise
 * @JUDGE_TCB: revoked, or from firmware that is not new enough, likewise
 * @JUDGE_BINDING: about another connection, likewise
 * @JUDGE_APPRAISAL: genuine, but not what the policy accepts, likewise
 * @JUDGE_FAULT: the judge's own: memory, random numbers, libcurl
 * @JUDGE_REASONS: number of reasons
 */
enum judge_reason {
	JUDGE_ADMITTED,
	JUDGE_MESSAGE,
	JUDGE_KEYS,
	JUDGE_NO_POLICY,
	JUDGE_OVERLOAD,
	JUDGE_NO_ANSWER,
	JUDGE_REFUSED,
	JUDGE_NOT_EVIDENCE,
	JUDGE_BEHIND,
	JUDGE_MALFORMED,
	JUDGE_SIGNATURE,
	JUDGE_TCB,
	JUDGE_BINDING,
	JUDGE_APPRAISAL,
	JUDGE_FAULT,
	JUDGE_REASONS,
};

/**
 * struct judge_renewals - of leases, since the start
 * @told: that the kernel asked for; those with new keys are another one each
 * @renewed: of these, those that were admitted
 * @rejected: or were not
 * @late: verdicts that the kernel did not wait for any more
 * @gone: renewals that were not asked for any more before their verdict
 */
struct judge_renewals {
	uint64_t told;
	uint64_t renewed;
	uint64_t rejected;
	uint64_t late;
	uint64_t gone;
};

/* Lines of one reason in ten seconds; those beyond are counted, and told of later. */
#define JUDGE_TALLY_LINES	10

/**
 * struct judge_tally - since the start
 * @holds: connections that the kernel told of
 * @verdicts: by reason; rejections of renewals, too, but not their admissions
 * @late: of these, those that the kernel did not wait for any more
 * @gone: connections that ended before their verdict
 * @renewals: the same of leases
 * @lost: how often messages of the kernel were lost, and it was asked for all holds
 * @questions: that responders were asked
 * @retries: of these, those that were not the first about their connection
 * @reloads: of the policies, that succeeded
 * @window: when lines of each reason may be written again, ms
 * @lines: written since then
 * @skipped: not written since then
 */
struct judge_tally {
	uint64_t holds;
	uint64_t verdicts[JUDGE_REASONS];
	uint64_t late;
	uint64_t gone;
	struct judge_renewals renewals;
	uint64_t lost;
	uint64_t questions;
	uint64_t retries;
	uint64_t reloads;
	int64_t window[JUDGE_REASONS];
	unsigned int lines[JUDGE_REASONS];
	unsigned int skipped[JUDGE_REASONS];
};

/** judge_reason_name() - as logs and tlsbindd(8) have it */
const char *judge_reason_name(enum judge_reason reason);

/**
 * judge_tally_line() - may a line with this reason be written?
 * @tally: counters
 * @reason: the reason
 * @now: ms
 * @skipped: how many were not written, to be told of before this one
 *
 * Return: false for those that are too many; they are counted.
 */
bool judge_tally_line(struct judge_tally *tally, enum judge_reason reason, int64_t now,
		      unsigned int *skipped);

/**
 * judge_tally_tell() - a line in the log about a connection that is not admitted
 * @tally: counters
 * @what: what is said of it, such as "rejected"
 * @reason: why
 * @name: which connection
 * @text: more
 */
void judge_tally_tell(struct judge_tally *tally, const char *what, enum judge_reason reason,
		      const char *name, const char *text);

/**
 * judge_tally_print() - everything, to the log
 * @tally: counters
 * @waiting: connections that are held now
 * @renewing: leases that are to be renewed now
 * @asking: of both, those whose responder is being asked
 */
void judge_tally_print(const struct judge_tally *tally, size_t waiting, size_t renewing,
		       size_t asking);

#endif /* TLSBIND_JUDGE_TALLY_H */
