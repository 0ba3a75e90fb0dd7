/* SPDX-License-Identifier: MIT */
/* tlsbindd --judge: many deadlines at once, and no verdict too late. */
#include "session.h"

static struct judge_hold holds[1000];

/* @count deadlines, each @apart ms later than the one before; the cost of a verdict is @cost us. */
static void fill(struct judge_docket *docket, size_t count, int64_t apart, int64_t cost)
{
	judge_docket_init(docket);
	docket->cost = cost;
	for (size_t i = 0; i < count; i++) {
		holds[i] = (struct judge_hold){ .deadline = 100000 + (int64_t)i * apart };
		judge_docket_enter(docket, &holds[i]);
	}
}

static void one_alone_is_given_up_at_its_deadline(void **state)
{
	struct judge_docket docket;

	(void)state;
	fill(&docket, 1, 0, 0);
	assert_int_equal(judge_docket_due(&docket), 100000);
	/* But for twice the time that its own verdict takes. */
	docket.cost = 3000;
	assert_int_equal(judge_docket_due(&docket), 100000 - 6);
}

static void a_crowd_is_given_up_as_early_as_all_of_it_needs(void **state)
{
	struct judge_docket docket;

	(void)state;
	fill(&docket, 1000, 0, 1000);
	assert_int_equal(judge_docket_due(&docket), 100000 - 2000);
	/* Each comes 1 ms after the other: half of that is needed. */
	fill(&docket, 1000, 1, 1000);
	assert_int_equal(judge_docket_due(&docket), 100000 - 1001);
	/* So late after each other that none is in the way of another. */
	fill(&docket, 1000, 3, 1000);
	assert_int_equal(judge_docket_due(&docket), 100000 - 2);
}

static void nobody_is_given_up_with_a_fourth_of_his_time_left(void **state)
{
	struct judge_docket docket;

	(void)state;
	fill(&docket, 1000, 0, 100000);
	holds[0].earliest = 97000;
	assert_int_equal(judge_docket_due(&docket), 97000);
}

static void the_first_deadline_is_first(void **state)
{
	struct judge_docket docket;

	(void)state;
	fill(&docket, 3, -10, 0);
	assert_ptr_equal(TAILQ_FIRST(&docket.list), &holds[2]);
	judge_docket_leave(&docket, &holds[2]);
	assert_ptr_equal(TAILQ_FIRST(&docket.list), &holds[1]);
	assert_int_equal(docket.count, 2);
}

static void what_verdicts_take_is_learnt(void **state)
{
	struct judge_docket docket;

	(void)state;
	judge_docket_init(&docket);
	for (int i = 0; i < 20; i++)
		judge_docket_took(&docket, 8000);
	assert_in_range(docket.cost, 7900, 8000);
	/* Not so fast that it takes less, and never nothing. */
	for (int i = 0; i < 20; i++)
		judge_docket_took(&docket, 0);
	assert_in_range(docket.cost, 4000, 5000);
	for (int i = 0; i < 200; i++)
		judge_docket_took(&docket, 0);
	assert_int_equal(docket.cost, 1000);
}

/* Whatever the deadlines are: given up in this order from then on, nobody is late. */
static void nobody_is_late(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct judge_docket docket;
		int64_t now = 0;

		judge_docket_init(&docket);
		docket.cost = rand_r(&seed) % 5000;
		for (int i = 0; i < 300; i++) {
			holds[i] = (struct judge_hold){ .deadline = 100000 + rand_r(&seed) % 3000 };
			judge_docket_enter(&docket, &holds[i]);
		}
		while (docket.count) {
			struct judge_hold *first = TAILQ_FIRST(&docket.list);
			int64_t due = judge_docket_due(&docket) * 1000;

			now = (now > due ? now : due) + 2 * docket.cost;
			/* To the millisecond. */
			assert_true(now <= (first->deadline + 1) * 1000);
			judge_docket_leave(&docket, first);
		}
	}
}

/* A kernel that takes its time: 300 verdicts of 5 ms are more than the margin has. */
static void a_slow_kernel_has_all_verdicts_in_time(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session.slow = 5000;
	session_open();
	begun = loop_now();
	for (uint64_t handle = 1; handle <= 300; handle++) {
		t = told(handle);
		t.timeout = 12000;
		session_tell(&t);
	}
	session_run(300);
	assert_int_equal(session.court.tally.verdicts[JUDGE_NO_ANSWER], 300);
	assert_true(session.at[299] <= begun + 12000);
	print_message("# 300 verdicts from %ld to %ld ms\n", (long)(session.at[0] - begun),
		      (long)(session.at[299] - begun));
	session_end();
}

/* What is told of late has less time than it says; the list says how much. */
static void a_list_corrects_deadlines(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	begun = loop_now();
	t = told(1);
	session_tell(&t);
	session.dump[0] = 1;
	session.dumps = 1;
	session.dump_timeout = 1000;
	assert_int_equal(judge_court_dump(&session.court), 0);
	session_run(1);
	session_was(1, JUDGE_NO_ANSWER, "no-answer");
	assert_true(session.at[0] <= begun + 1000);
	session_end();
}

/* One alone that was read late is not: the margin is for it. */
static void a_crowd_that_is_heard_late_is_listed(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	session.loop.idle -= 1000;
	for (uint64_t handle = 1; handle < JUDGE_NEWS_CROWD; handle++) {
		t = told(handle);
		session_tell(&t);
	}
	assert_false(session.relist.set);
	t = told(JUDGE_NEWS_CROWD);
	session_tell(&t);
	assert_true(session.relist.set && session.relist.at <= loop_now() + JUDGE_NEWS_LIST);
	session_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_alone_is_given_up_at_its_deadline),
		cmocka_unit_test(a_crowd_is_given_up_as_early_as_all_of_it_needs),
		cmocka_unit_test(nobody_is_given_up_with_a_fourth_of_his_time_left),
		cmocka_unit_test(the_first_deadline_is_first),
		cmocka_unit_test(what_verdicts_take_is_learnt),
		cmocka_unit_test(nobody_is_late),
		cmocka_unit_test(a_slow_kernel_has_all_verdicts_in_time),
		cmocka_unit_test(a_list_corrects_deadlines),
		cmocka_unit_test(a_crowd_that_is_heard_late_is_listed),
	};

	return cmocka_run_group_tests_name("crowd", tests, guest_setup, guest_teardown);
}
