/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "court.h"
#include "inquiry.h"
#include "log.h"
#include "roll.h"
#include "verdict.h"

/* One takes some ten thousand bytes. */
#define JUDGE_CACHE_REPORTS	256
#define JUDGE_CACHE_SECONDS	3600

/* What is decided without asking anybody. Return: JUDGE_ADMITTED if nothing is. */
static enum judge_reason judge_court_at_once(const struct judge_court *court, int error,
					     const struct judge_hold *heard)
{
	if (error == -ENOTSUP || error == -ENOKEY)
		return JUDGE_KEYS;
	if (error)
		return JUDGE_MESSAGE;
	if (!judge_policies_find(court->policies, heard->policy))
		return JUDGE_NO_POLICY;
	return !heard->renewal &&
	       court->docket.count - court->renewals >= court->rules->holds ? JUDGE_OVERLOAD :
									      JUDGE_ADMITTED;
}

/*
 * There is one hold of a connection at a time, and handles grow: one with the name of another
 * takes its place, or is what the kernel told of before it. Return: whether it is to be judged.
 */
static bool judge_court_newest(struct judge_court *court, const struct judge_hold *heard)
{
	struct judge_hold *namesake = judge_roll_namesake(court, heard);

	if (namesake && namesake->handle > heard->handle)
		return false;
	if (namesake)
		judge_roll_gone(court, namesake);
	return true;
}

/* When the kernel is to be asked how much time there is, or whether it is still wanted. */
static void judge_court_late(struct judge_court *court, const struct judge_hold *hold)
{
	int64_t now = loop_now();

	if (!hold->listed && court->docket.count >= JUDGE_NEWS_CROWD &&
	    now - court->loop->idle > JUDGE_NEWS_LATE)
		judge_roll_relist(court, now + JUDGE_NEWS_LIST);
	if (hold->renewal)
		judge_roll_relist(court, now + JUDGE_RELIST);
}

static void judge_court_open(struct judge_court *court, const struct judge_hold *heard)
{
	struct judge_hold *hold = judge_roll_add(court, heard);

	if (hold) {
		judge_court_late(court, hold);
		judge_inquiry_open(court, hold);
	} else if (heard->renewal) {
		judge_roll_relist(court, loop_now() + JUDGE_RETRY_MAX);
	} else {
		judge_verdict_send(court, heard, JUDGE_FAULT, strerror(ENOMEM));
	}
}

static void judge_court_case(struct judge_court *court, int error, const struct judge_hold *heard)
{
	enum judge_reason reason = judge_court_at_once(court, error, heard);

	if (!error && !judge_court_newest(court, heard))
		return;
	if (heard->renewal && reason == JUDGE_ADMITTED && court->renewals >= court->rules->holds) {
		court->left_out = true;
		return;
	}
	if (heard->renewal)
		court->tally.renewals.told++;
	else
		court->tally.holds++;
	if (reason == JUDGE_ADMITTED)
		judge_court_open(court, heard);
	else
		judge_verdict_send(court, heard, reason, error ? strerror(-error) : "");
}

/*
 * How much time there is when a message is read is not known: it may have waited. What
 * is listed is of now, and corrects that.
 */
static void judge_court_correct(struct judge_court *court, struct judge_hold *hold,
				const struct judge_hold *heard)
{
	int64_t shift = heard->deadline + heard->margin - (hold->deadline + hold->margin);

	hold->seen = true;
	if (!heard->listed || !shift || !heard->deadline)
		return;
	judge_docket_leave(&court->docket, hold);
	hold->deadline += shift;
	hold->earliest += shift;
	hold->urgent += shift;
	judge_docket_enter(&court->docket, hold);
	judge_inquiry_schedule(court);
}

/* A hold that is known already comes again in a dump, or before one. */
int judge_court_hear(struct nlmsghdr *message, void *arg)
{
	struct judge_court *court = arg;
	struct judge_hold heard, *known;
	int ret = judge_hold_parse(message, &court->rules->handshake, loop_now(), &heard);

	if (ret == -ENOMSG)
		return 0;
	/* Nothing can be said about it: the kernel aborts it by itself. */
	if (!heard.handle) {
		judge_tally_tell(&court->tally, "rejected", JUDGE_MESSAGE, "nobody knows what",
				 strerror(-ret));
		return 0;
	}
	known = judge_roll_find(court, heard.handle);
	if (known) {
		judge_court_correct(court, known, &heard);
		return 0;
	}
	judge_court_case(court, ret, &heard);
	known = judge_roll_find(court, heard.handle);
	if (known)
		known->seen = true;
	return 0;
}

static void judge_court_forget_unseen(struct judge_court *court)
{
	struct judge_hold *hold, *next;

	for (hold = TAILQ_FIRST(&court->docket.list); hold; hold = next) {
		next = TAILQ_NEXT(hold, docket);
		if (!hold->seen)
			judge_roll_gone(court, hold);
	}
}

int judge_court_dump(struct judge_court *court)
{
	struct judge_hold *hold;
	int ret;

	for (hold = TAILQ_FIRST(&court->docket.list); hold; hold = TAILQ_NEXT(hold, docket))
		hold->seen = false;
	ret = court->kernel.dump(court->kernel.arg, judge_court_hear, court);
	if (ret)
		return ret;
	judge_court_forget_unseen(court);
	judge_inquiry_dispatch(court);
	if (court->renewals)
		judge_roll_relist(court, loop_now() + JUDGE_RELIST);
	return 0;
}

int judge_court_init(struct judge_court *court, const struct judge_rules *rules,
		     const struct judge_kernel *kernel, struct loop *loop)
{
	int ret;

	memset(court, 0, sizeof(*court));
	court->rules = rules;
	court->kernel = *kernel;
	court->loop = loop;
	court->expire = (struct loop_timer){ .due = judge_inquiry_expire, .arg = court };
	judge_docket_init(&court->docket);
	judge_sites_init(&court->sites, rules->peer_questions);
	ret = judge_asker_init(&court->asker, loop, rules->questions, judge_inquiry_answer);
	if (ret)
		return ret;
	court->cache = tlsbind_cache_new(JUDGE_CACHE_REPORTS, JUDGE_CACHE_SECONDS);
	if (!court->cache)
		return -ENOMEM;
	court->policies = judge_policies_new(&rules->sources);
	return court->policies ? 0 : -EINVAL;
}

void judge_court_exit(struct judge_court *court)
{
	struct judge_hold *hold;

	court->relist = NULL;
	while ((hold = TAILQ_FIRST(&court->docket.list)))
		judge_roll_forget(court, hold); /* NOLINT(clang-analyzer-unix.Malloc): not on the docket any more */
	if (court->loop)
		loop_timer_clear(court->loop, &court->expire);
	if (court->asker.multi)
		judge_asker_exit(&court->asker);
	tlsbind_cache_free(court->cache);
	judge_policies_free(court->policies);
}

void judge_court_reload(struct judge_court *court)
{
	struct judge_policies *policies = judge_policies_new(&court->rules->sources);

	if (!policies) {
		log_line(LOG_LEVEL_ERROR, "the policies stay what they were");
		return;
	}
	judge_policies_free(court->policies);
	court->policies = policies;
	tlsbind_cache_flush(court->cache);
	court->tally.reloads++;
	log_line(LOG_LEVEL_INFO, "policies were read anew");
}

void judge_court_report(const struct judge_court *court)
{
	judge_tally_print(&court->tally, court->docket.count - court->renewals, court->renewals,
			  court->asker.count);
}
