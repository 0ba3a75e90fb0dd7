/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "court.h"
#include "roll.h"

static int judge_roll_compare(const void *a, const void *b)
{
	uint64_t x = ((const struct judge_hold *)a)->handle;
	uint64_t y = ((const struct judge_hold *)b)->handle;

	return x < y ? -1 : x > y;
}

static int judge_roll_compare_names(const void *a, const void *b)
{
	return memcmp(((const struct judge_hold *)a)->connection.connection_id,
		      ((const struct judge_hold *)b)->connection.connection_id,
		      TLSBIND_CONNECTION_ID_SIZE);
}

struct judge_hold *judge_roll_find(const struct judge_court *court, uint64_t handle)
{
	struct judge_hold key = { .handle = handle }, **found;

	found = (struct judge_hold **)tfind(&key, &court->holds, judge_roll_compare);
	return found ? *found : NULL;
}

struct judge_hold *judge_roll_namesake(const struct judge_court *court,
				       const struct judge_hold *heard)
{
	struct judge_hold **found;

	found = (struct judge_hold **)tfind(heard, &court->names, judge_roll_compare_names);
	return found ? *found : NULL;
}

/* The pattern for this number, or else the one for all. */
static const char *judge_roll_responder(const struct judge_rules *rules, uint16_t policy)
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

/* Known by its handle and its name. Return: whether memory sufficed. */
static bool judge_roll_know(struct judge_court *court, struct judge_hold *hold)
{
	if (judge_sites_enter(&court->sites, hold,
			      judge_roll_responder(court->rules, hold->policy)))
		return false;
	if (tsearch(hold, &court->holds, judge_roll_compare)) {
		if (tsearch(hold, &court->names, judge_roll_compare_names))
			return true;
		tdelete(hold, &court->holds, judge_roll_compare);
	}
	judge_sites_leave(&court->sites, hold);
	return false;
}

struct judge_hold *judge_roll_add(struct judge_court *court, const struct judge_hold *heard)
{
	struct judge_hold *hold = malloc(sizeof(*hold));

	if (!hold)
		return NULL;
	*hold = *heard;
	hold->court = court;
	if (!judge_roll_know(court, hold)) {
		free(hold);
		return NULL;
	}
	judge_docket_enter(&court->docket, hold);
	court->renewals += hold->renewal;
	return hold;
}

void judge_roll_relist(struct judge_court *court, int64_t at)
{
	if (court->relist && (!court->relist->set || court->relist->at > at))
		loop_timer_set(court->loop, court->relist, at);
}

static void judge_roll_room(struct judge_court *court)
{
	if (!court->left_out || court->renewals > court->rules->holds / 2)
		return;
	court->left_out = false;
	judge_roll_relist(court, loop_now());
}

void judge_roll_forget(struct judge_court *court, struct judge_hold *hold)
{
	loop_timer_clear(court->loop, &hold->timer);
	judge_sites_unqueue(&court->sites, hold);
	if (hold->question) {
		judge_question_drop(hold->question);
		judge_sites_asked(&court->sites, hold);
	}
	judge_sites_leave(&court->sites, hold);
	tdelete(hold, &court->holds, judge_roll_compare);
	tdelete(hold, &court->names, judge_roll_compare_names);
	judge_docket_leave(&court->docket, hold);
	court->renewals -= hold->renewal;
	free(hold);
	judge_roll_room(court);
}

void judge_roll_gone(struct judge_court *court, struct judge_hold *hold)
{
	if (hold->renewal)
		court->tally.renewals.gone++;
	else
		court->tally.gone++;
	judge_roll_forget(court, hold);
}
