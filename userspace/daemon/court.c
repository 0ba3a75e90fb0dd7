/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "appraise.h"
#include "court.h"
#include "log.h"

/* One takes some ten thousand bytes. */
#define JUDGE_CACHE_REPORTS	256
#define JUDGE_CACHE_SECONDS	3600

/* What an answer may have: evidence of known hardware is a tenth of it. */
#define JUDGE_ANSWER_SIZE	(256 * 1024)

static void judge_court_dispatch(struct judge_court *court);

static int judge_court_compare(const void *a, const void *b)
{
	uint64_t x = ((const struct judge_hold *)a)->handle;
	uint64_t y = ((const struct judge_hold *)b)->handle;

	return x < y ? -1 : x > y;
}

static struct judge_hold *judge_court_find(const struct judge_court *court, uint64_t handle)
{
	struct judge_hold key = { .handle = handle }, **found;

	found = (struct judge_hold **)tfind(&key, &court->holds, judge_court_compare);
	return found ? *found : NULL;
}

/* Out of everything that knows it. */
static void judge_court_forget(struct judge_court *court, struct judge_hold *hold)
{
	loop_timer_clear(court->loop, &hold->timer);
	judge_sites_unqueue(&court->sites, hold);
	if (hold->question) {
		judge_question_drop(hold->question);
		judge_sites_asked(&court->sites, hold);
	}
	judge_sites_leave(&court->sites, hold);
	tdelete(hold, &court->holds, judge_court_compare);
	court->count--;
	free(hold);
}

/* To the kernel and into the books. Whatever is not JUDGE_ADMITTED is a rejection. */
static void judge_court_verdict(struct judge_court *court, const struct judge_hold *hold,
				enum judge_reason reason, const char *text)
{
	char name[JUDGE_HOLD_NAME];
	int ret;

	ret = court->kernel.verdict(court->kernel.arg, hold->handle, reason == JUDGE_ADMITTED);
	court->tally.verdicts[reason]++;
	judge_hold_name(hold, name);
	if (reason != JUDGE_ADMITTED)
		judge_tally_reject(&court->tally, reason, name, text);
	if (ret == -ENOENT)
		court->tally.late++;
	else if (ret == -EPERM)
		court->dismissed = true;
	else if (ret)
		judge_tally_reject(&court->tally, JUDGE_FAULT, name, strerror(-ret));
	if (court->dismissed)
		loop_end(court->loop);
}

static void judge_court_decide(struct judge_court *court, struct judge_hold *hold,
			       enum judge_reason reason, const char *text)
{
	judge_court_verdict(court, hold, reason, text);
	judge_court_forget(court, hold);
}

/* There is no time left: what the last answer was is the reason. */
static void judge_court_give_up(struct judge_court *court, struct judge_hold *hold)
{
	judge_court_decide(court, hold, hold->behind ? JUDGE_BEHIND : JUDGE_NO_ANSWER,
			   *hold->why ? hold->why : "none within the time allowed");
}

/* Its deadline, while it waits for its turn; otherwise it is time to ask again. */
static void judge_court_due(void *arg)
{
	struct judge_hold *hold = arg;
	struct judge_court *court = hold->court;

	if (hold->queued) {
		judge_court_give_up(court, hold);
		return;
	}
	loop_timer_set(court->loop, &hold->timer, hold->deadline);
	judge_sites_queue(&court->sites, hold);
	judge_court_dispatch(court);
}

/* Later, if there is a later; the responder may want it to be later still. */
static void judge_court_again(struct judge_court *court, struct judge_hold *hold,
			      unsigned int seconds)
{
	int64_t delay = JUDGE_RETRY_MAX, at;

	if (hold->tries < 6)
		delay = JUDGE_RETRY_MIN << (hold->tries - 1);
	if (delay < (int64_t)seconds * 1000)
		delay = (int64_t)seconds * 1000;
	at = loop_now() + delay;
	if (at < hold->deadline)
		loop_timer_set(court->loop, &hold->timer, at);
	else
		judge_court_give_up(court, hold);
}

static void judge_court_evidence(struct judge_court *court, struct judge_hold *hold,
				 const struct judge_answer *answer)
{
	const struct tlsbind_appraisal *appraisal =
		judge_policies_find(court->policies, hold->policy);
	char checks[JUDGE_CHECKS];
	enum judge_reason reason;

	/* Policies may have been read anew since it was heard. */
	if (!appraisal) {
		judge_court_decide(court, hold, JUDGE_NO_POLICY, "");
		return;
	}
	reason = judge_appraise(court->cache, appraisal, &hold->connection, answer->evidence,
				answer->len, answer->nonce, checks);
	hold->behind = reason == JUDGE_BEHIND;
	if (hold->behind) {
		snprintf(hold->why, sizeof(hold->why), "%.120s", checks);
		judge_court_again(court, hold, 0);
	} else {
		judge_court_decide(court, hold, reason, checks);
	}
}

static void judge_court_answer(void *arg, const struct judge_answer *answer)
{
	struct judge_hold *hold = arg;
	struct judge_court *court = hold->court;

	hold->question = NULL;
	judge_sites_asked(&court->sites, hold);
	switch (answer->kind) {
	case TOOL_ANSWER_EVIDENCE:
		judge_court_evidence(court, hold, answer);
		break;
	case TOOL_ANSWER_AGAIN:
		hold->behind = false;
		snprintf(hold->why, sizeof(hold->why), "%s", answer->why);
		judge_court_again(court, hold, answer->wait);
		break;
	case TOOL_ANSWER_REFUSED:
		judge_court_decide(court, hold, JUDGE_REFUSED, answer->why);
		break;
	case TOOL_ANSWER_MALFORMED:
		judge_court_decide(court, hold, JUDGE_NOT_EVIDENCE, answer->why);
		break;
	}
	judge_court_dispatch(court);
}

/* About a hold that is out of the queue already. */
static void judge_court_ask(struct judge_court *court, struct judge_hold *hold)
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
	if (left > 0)
		judge_court_decide(court, hold, JUDGE_FAULT, "cannot ask its responder");
	else
		judge_court_give_up(court, hold);
}

static void judge_court_dispatch(struct judge_court *court)
{
	struct judge_hold *hold;

	while (court->asker.count < court->rules->questions &&
	       (hold = judge_sites_next(&court->sites)))
		judge_court_ask(court, hold);
}

/* The pattern for this number, or else the one for all. */
static const char *judge_court_responder(const struct judge_rules *rules, uint16_t policy)
{
	const char *pattern = JUDGE_SITE_DEFAULT;
	size_t i;

	for (i = 0; i < rules->responders; i++) {
		if (!rules->responder[i].has_number)
			pattern = rules->responder[i].text;
		else if (rules->responder[i].number == policy)
			return rules->responder[i].text;
	}
	return pattern;
}

/* A copy of @heard, known by its handle. Return: NULL if memory ran out. */
static struct judge_hold *judge_court_add(struct judge_court *court, const struct judge_hold *heard)
{
	struct judge_hold *hold = malloc(sizeof(*hold));

	if (!hold)
		return NULL;
	*hold = *heard;
	hold->court = court;
	hold->timer = (struct loop_timer){ .due = judge_court_due, .arg = hold };
	if (judge_sites_enter(&court->sites, hold, judge_court_responder(court->rules,
									 hold->policy))) {
		free(hold);
		return NULL;
	}
	if (tsearch(hold, &court->holds, judge_court_compare)) {
		court->count++;
		return hold;
	}
	judge_sites_leave(&court->sites, hold);
	free(hold);
	return NULL;
}

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
	return court->count >= court->rules->holds ? JUDGE_OVERLOAD : JUDGE_ADMITTED;
}

/* The margin is a fourth of what time there is, if that is little. */
static void judge_court_margin(struct judge_hold *hold, int64_t now)
{
	int64_t left = hold->deadline - now;

	hold->deadline -= left < 4 * (int64_t)JUDGE_MARGIN ? left / 4 : JUDGE_MARGIN;
}

static void judge_court_case(struct judge_court *court, int error, struct judge_hold *heard)
{
	enum judge_reason reason = judge_court_at_once(court, error, heard);
	struct judge_hold *hold;

	court->tally.holds++;
	if (reason != JUDGE_ADMITTED) {
		judge_court_verdict(court, heard, reason, error ? strerror(-error) : "");
		return;
	}
	judge_court_margin(heard, loop_now());
	hold = judge_court_add(court, heard);
	if (!hold) {
		judge_court_verdict(court, heard, JUDGE_FAULT, strerror(ENOMEM));
		return;
	}
	loop_timer_set(court->loop, &hold->timer, hold->deadline);
	judge_sites_queue(&court->sites, hold);
	judge_court_dispatch(court);
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
		judge_tally_reject(&court->tally, JUDGE_MESSAGE, "nobody knows what", strerror(-ret));
		return 0;
	}
	known = judge_court_find(court, heard.handle);
	if (known)
		known->seen = true;
	else
		judge_court_case(court, ret, &heard);
	known = judge_court_find(court, heard.handle);
	if (known)
		known->seen = true;
	return 0;
}

/** struct judge_walk - what a walk over the holds is for */
struct judge_walk {
	struct judge_hold *unseen;
};

static void judge_court_unsee(const void *node, VISIT visit, void *arg)
{
	(void)arg;
	if (visit == postorder || visit == leaf)
		(*(struct judge_hold *const *)node)->seen = false;
}

static void judge_court_unseen(const void *node, VISIT visit, void *arg)
{
	struct judge_hold *hold = *(struct judge_hold *const *)node;
	struct judge_walk *walk = arg;

	if ((visit == postorder || visit == leaf) && !hold->seen)
		walk->unseen = hold;
}

/* A walk for each: the tree must not change during one, and it is seldom that any is gone. */
static void judge_court_forget_unseen(struct judge_court *court)
{
	struct judge_walk walk;

	do {
		walk.unseen = NULL;
		twalk_r(court->holds, judge_court_unseen, &walk);
		if (!walk.unseen)
			break;
		court->tally.gone++;
		judge_court_forget(court, walk.unseen);
	} while (true);
}

int judge_court_dump(struct judge_court *court)
{
	int ret;

	twalk_r(court->holds, judge_court_unsee, NULL);
	ret = court->kernel.dump(court->kernel.arg, judge_court_hear, court);
	if (ret)
		return ret;
	judge_court_forget_unseen(court);
	judge_court_dispatch(court);
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
	judge_sites_init(&court->sites, rules->peer_questions);
	ret = judge_asker_init(&court->asker, loop, rules->questions, judge_court_answer);
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
	while (court->holds)
		judge_court_forget(court, *(struct judge_hold **)court->holds);
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
	judge_tally_print(&court->tally, court->count, court->asker.count);
}
