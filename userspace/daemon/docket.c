/* SPDX-License-Identifier: MIT */
#include "docket.h"

/* Before any was given up, us; the machine may be an emulated one. */
#define JUDGE_DOCKET_COST	5000

/* What it is not taken for less than: one alone takes less than one of many. */
#define JUDGE_DOCKET_LEAST	1000

void judge_docket_init(struct judge_docket *docket)
{
	TAILQ_INIT(&docket->list);
	docket->count = 0;
	docket->cost = JUDGE_DOCKET_COST;
}

/* From the end: most deadlines are later than all before. */
void judge_docket_enter(struct judge_docket *docket, struct judge_hold *hold)
{
	struct judge_hold *before = TAILQ_LAST(&docket->list, judge_docket_list);

	while (before && before->deadline > hold->deadline)
		before = TAILQ_PREV(before, judge_docket_list, docket);
	if (before)
		TAILQ_INSERT_AFTER(&docket->list, before, hold, docket);
	else
		TAILQ_INSERT_HEAD(&docket->list, hold, docket);
	docket->count++;
}

void judge_docket_leave(struct judge_docket *docket, struct judge_hold *hold)
{
	TAILQ_REMOVE(&docket->list, hold, docket);
	docket->count--;
}

void judge_docket_took(struct judge_docket *docket, int64_t took)
{
	int64_t more = took - docket->cost;

	docket->cost += more > 0 ? more / 4 : more / 32;
	if (docket->cost < JUDGE_DOCKET_LEAST)
		docket->cost = JUDGE_DOCKET_LEAST;
}

/*
 * The k-th in this order has its verdict k times the cost after the beginning, and may have
 * it as late as its deadline: so the beginning is at the least of deadline - k * cost.
 * Who is later than the first by as long as all together take, needs nothing of the first.
 */
int64_t judge_docket_due(const struct judge_docket *docket)
{
	const struct judge_hold *first = TAILQ_FIRST(&docket->list), *hold = first;
	int64_t each = 2 * docket->cost, all = each * (int64_t)docket->count;
	int64_t need = 0, taken = 0, later, due;

	for (; hold; hold = TAILQ_NEXT(hold, docket)) {
		later = (hold->deadline - first->deadline) * 1000;
		if (later >= all)
			break;
		taken += each;
		if (taken - later > need)
			need = taken - later;
	}
	due = first->deadline - need / 1000;
	return due > first->earliest ? due : first->earliest;
}
