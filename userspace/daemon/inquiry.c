/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>
#include "appraise.h"
#include "court.h"
#include "inquiry.h"
#include "verdict.h"

/* What an answer may have: evidence of known hardware is a tenth of it. */
#define JUDGE_ANSWER_SIZE	(256 * 1024)

/* There is no time left: what the last answer was is the reason. */
static void judge_inquiry_give_up(struct judge_court *court, struct judge_hold *hold)
{
	judge_verdict_decide(court, hold, hold->reason,
			     *hold->why ? hold->why : "none within the time allowed");
}

void judge_inquiry_schedule(struct judge_court *court)
{
	if (!TAILQ_EMPTY(&court->docket.list))
		loop_timer_set(court->loop, &court->expire, judge_docket_due(&court->docket));
}

static int64_t judge_inquiry_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool judge_inquiry_over(const struct judge_court *court)
{
	return !TAILQ_EMPTY(&court->docket.list) &&
	       judge_docket_due(&court->docket) <= loop_now();
}

/*
 * One at a time, so that answers that are there are taken meanwhile: what that takes is a
 * part of what a verdict costs. No question is asked that would be given up at once.
 */
void judge_inquiry_expire(void *arg)
{
	struct judge_court *court = arg;
	int64_t begun = court->swept ? court->swept : judge_inquiry_clock(), now;

	court->swept = 0;
	if (judge_inquiry_over(court)) {
		judge_inquiry_give_up(court, TAILQ_FIRST(&court->docket.list));
		now = judge_inquiry_clock();
		judge_docket_took(&court->docket, now - begun);
		if (judge_inquiry_over(court))
			court->swept = now;
		else
			judge_inquiry_dispatch(court);
	}
	judge_inquiry_schedule(court);
}

/* A lease has time until it is urgent; once it is, the log says why it was not renewed yet. */
static void judge_inquiry_queue(struct judge_court *court, struct judge_hold *hold)
{
	char name[JUDGE_HOLD_NAME];

	if (hold->renewal && loop_now() < hold->urgent) {
		judge_sites_queue(&court->sites, hold, JUDGE_TURN_RENEWAL);
		loop_timer_set(court->loop, &hold->timer, hold->urgent);
		return;
	}
	if (hold->renewal && *hold->why && !hold->told) {
		judge_hold_name(hold, name);
		judge_tally_tell(&court->tally, "not renewed yet", hold->reason, name, hold->why);
		hold->told = true;
	}
	judge_sites_queue(&court->sites, hold, JUDGE_TURN_HOLD);
}

/* Time to ask again; or it waits for its turn, and is urgent now. */
static void judge_inquiry_due(void *arg)
{
	struct judge_hold *hold = arg;
	struct judge_court *court = hold->court;

	judge_sites_unqueue(&court->sites, hold);
	judge_inquiry_queue(court, hold);
	judge_inquiry_dispatch(court);
}

/* Ms until it is asked again. */
static int64_t judge_inquiry_delay(const struct judge_hold *hold, int64_t left)
{
	int64_t most = JUDGE_RETRY_MAX, delay;

	if (hold->renewal)
		most = left / 8 < JUDGE_RENEWAL_MAX ? left / 8 : JUDGE_RENEWAL_MAX;
	if (most < JUDGE_RETRY_MIN)
		most = JUDGE_RETRY_MIN;
	delay = (int64_t)JUDGE_RETRY_MIN << (hold->tries < 10 ? hold->tries : 10);
	delay /= 2;
	return delay < most ? delay : most;
}

/*
 * Later, if there is a later; the responder may want it to be later still. If that is too
 * late, nobody is held in vain; a lease goes on to its end, and is asked about shortly before.
 */
static void judge_inquiry_again(struct judge_court *court, struct judge_hold *hold,
				unsigned int seconds)
{
	int64_t now = loop_now(), left = hold->deadline - now;
	int64_t delay = judge_inquiry_delay(hold, left), wait = (int64_t)seconds * 1000;

	if (wait < delay)
		wait = delay;
	if (hold->renewal && wait >= left && delay < left)
		wait = left > delay + JUDGE_RENEWAL_LAST ? left - JUDGE_RENEWAL_LAST : delay;
	if (wait < left)
		loop_timer_set(court->loop, &hold->timer, now + wait);
	else if (!hold->renewal)
		judge_inquiry_give_up(court, hold);
}

/* Not yet. */
static void judge_inquiry_put_off(struct judge_court *court, struct judge_hold *hold,
				  enum judge_reason reason, const char *why, unsigned int seconds)
{
	hold->reason = reason;
	snprintf(hold->why, sizeof(hold->why), "%.120s", why);
	judge_inquiry_again(court, hold, seconds);
}

static void judge_inquiry_evidence(struct judge_court *court, struct judge_hold *hold,
				   const struct judge_answer *answer)
{
	const struct tlsbind_appraisal *appraisal =
		judge_policies_find(court->policies, hold->policy);
	char checks[JUDGE_CHECKS];
	enum judge_reason reason;

	/* Policies may have been read anew since it was heard. */
	if (!appraisal) {
		judge_verdict_decide(court, hold, JUDGE_NO_POLICY, "");
		return;
	}
	reason = judge_appraise(court->cache, appraisal, &hold->connection, answer->evidence,
				answer->len, hold->renewal, answer->nonce, checks);
	if (reason == JUDGE_BEHIND || (hold->renewal && reason == JUDGE_FAULT))
		judge_inquiry_put_off(court, hold, reason, checks, 0);
	else
		judge_verdict_decide(court, hold, reason, checks);
}

/* What is not evidence is final about who is held, and nothing about a lease. */
static void judge_inquiry_denied(struct judge_court *court, struct judge_hold *hold,
				 enum judge_reason reason, const char *why)
{
	if (hold->renewal)
		judge_inquiry_put_off(court, hold, reason, why, 0);
	else
		judge_verdict_decide(court, hold, reason, why);
}

void judge_inquiry_answer(void *arg, const struct judge_answer *answer)
{
	struct judge_hold *hold = arg;
	struct judge_court *court = hold->court;

	hold->question = NULL;
	judge_sites_asked(&court->sites, hold);
	switch (answer->kind) {
	case TOOL_ANSWER_EVIDENCE:
		judge_inquiry_evidence(court, hold, answer);
		break;
	case TOOL_ANSWER_AGAIN:
		judge_inquiry_put_off(court, hold, JUDGE_NO_ANSWER, answer->why, answer->wait);
		break;
	case TOOL_ANSWER_REFUSED:
		judge_inquiry_denied(court, hold, JUDGE_REFUSED, answer->why);
		break;
	case TOOL_ANSWER_MALFORMED:
		judge_inquiry_denied(court, hold, JUDGE_NOT_EVIDENCE, answer->why);
		break;
	}
	judge_inquiry_dispatch(court);
}

/* About a hold that is out of the queue already. */
static void judge_inquiry_ask(struct judge_court *court, struct judge_hold *hold)
{
	struct tool_responder responder = {
		.url = hold->site->url,
		.cafile = court->rules->cafile,
		.size_max = JUDGE_ANSWER_SIZE,
	};
	int64_t left = hold->deadline - loop_now();

	loop_timer_clear(court->loop, &hold->timer);
	if (left > 0)
		hold->question = judge_ask(&court->asker, &responder,
					   hold->connection.connection_id,
					   left < JUDGE_ASK_TIME ? (long)left : JUDGE_ASK_TIME,
					   hold);
	if (hold->question) {
		court->tally.questions++;
		court->tally.retries += hold->tries++ > 0;
		return;
	}
	judge_sites_asked(&court->sites, hold);
	if (left <= 0)
		judge_inquiry_give_up(court, hold);
	else
		judge_inquiry_denied(court, hold, JUDGE_FAULT, "cannot ask its responder");
}

/* A fourth of the questions is left for connections that are held. */
void judge_inquiry_dispatch(struct judge_court *court)
{
	size_t questions = court->rules->questions;
	struct judge_hold *hold;

	while (court->asker.count < questions &&
	       (hold = judge_sites_next(&court->sites, JUDGE_TURN_HOLD)))
		judge_inquiry_ask(court, hold);
	while (court->asker.count < questions - questions / 4 &&
	       (hold = judge_sites_next(&court->sites, JUDGE_TURN_RENEWAL)))
		judge_inquiry_ask(court, hold);
}

void judge_inquiry_open(struct judge_court *court, struct judge_hold *hold)
{
	hold->timer = (struct loop_timer){ .due = judge_inquiry_due, .arg = hold };
	judge_inquiry_queue(court, hold);
	judge_inquiry_schedule(court);
	judge_inquiry_dispatch(court);
}
