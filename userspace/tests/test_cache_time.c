/* SPDX-License-Identifier: MIT */
/* The cache of reports while time passes, or is set. */
#include "clock.h"
#include "lists.h"
#include "twins.h"
#include "window.h"

#define DAY	86400

/* Certificates are valid from an hour ago until a day from now. */
static void test_validity(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct tlsbind_cache *cache = tlsbind_cache_new(8, 10 * DAY);
		struct twins t;

		twins_new(&t, tdx);
		assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
		wall = DAY - 60;
		assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
		check_info(cache, 1, 1, 1);
		wall = DAY + 60;
		assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "report.chain");
		check_info(cache, 0, 1, 2);
		/* Forgotten for good. */
		wall = 0;
		assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
		check_info(cache, 1, 1, 3);
		/* Before they were valid. */
		wall = -2 * 3600;
		assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "report.chain");
		wall = 0;
		check_info(cache, 0, 1, 4);
		twins_free(&t);
		tlsbind_cache_free(cache);
	}
}

/* A revocation list is current for two hours; and a new one is heard at once. */
static void test_revocation(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 10 * DAY);
	struct synth_pki *p = pki[0];
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	tlsbind_appraisal_free(t.c.appraisal);
	t.c.appraisal = tlsbind_appraisal_new();
	tlsbind_appraisal_add_root(t.c.appraisal, p->root_file);
	tlsbind_appraisal_any_measurement(t.c.appraisal);
	list_add(t.c.appraisal, list_new(p->root, p->root_key, NULL, LIST_GOOD), false);
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	wall = 7200 - 60;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 1, 1, 1);
	wall = 7200 + 60;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "tcb.revocation");
	check_info(cache, 0, 1, 2);
	wall = 0;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	list_add(t.c.appraisal, list_new(p->root, p->root_key, p->ca, LIST_GOOD), false);
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "tcb.revocation");
	check_info(cache, 1, 1, 4);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

static void test_window(void **state)
{
	struct tlsbind_window window;

	(void)state;
	tlsbind_window_init(&window, 100);
	assert_true(tlsbind_window_holds(&window, -5) && tlsbind_window_holds(&window, 1 << 30));
	tlsbind_window_date(&window, 50);
	tlsbind_window_date(&window, 20);
	tlsbind_window_date(&window, 200);
	tlsbind_window_date(&window, 300);
	/* Nobody needs to know on which side of a date its own moment is. */
	assert_false(tlsbind_window_holds(&window, 50) || tlsbind_window_holds(&window, 200));
	assert_true(tlsbind_window_holds(&window, 51) && tlsbind_window_holds(&window, 199));
	assert_false(tlsbind_window_holds(&window, 0) || tlsbind_window_holds(&window, 400));
	tlsbind_window_date(&window, 100);
	assert_false(tlsbind_window_holds(&window, 100));
	assert_true(tlsbind_window_holds(&window, 101));
	window.bad = true;
	assert_false(tlsbind_window_holds(&window, 101));
}

/* A time that was set does not move; another one is another appraisal. */
static void test_set_time(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	tlsbind_appraisal_set_time(t.c.appraisal, time(NULL));
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	wall = 2 * DAY;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 1, 1, 1);
	tlsbind_appraisal_set_time(t.c.appraisal, time(NULL));
	wall = 0;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "report.chain");
	check_info(cache, 1, 1, 2);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

/* However the wall clock is set. */
static void test_age(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 100);
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	uptime = 90;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 1, 1, 1);
	uptime = 101;
	wall = -60;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 1, 1, 2);
	uptime = wall = 0;
	/* A clock that goes back is not believed. */
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 1, 1, 3);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_validity), cmocka_unit_test(test_revocation),
		cmocka_unit_test(test_window), cmocka_unit_test(test_set_time),
		cmocka_unit_test(test_age),
	};

	return cmocka_run_group_tests_name("cache_time", tests, setup, teardown);
}
