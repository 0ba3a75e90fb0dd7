/* SPDX-License-Identifier: MIT */
/* tlsbindd: descriptors and times. */
#include <unistd.h>
#include "common.h"
#include "loop.h"

static struct loop loop;
static char order[16];
static size_t count;

struct thing {
	struct loop_timer timer;
	struct loop_watch watch;
	struct thing *other;
	char name;
	int pipe[2];
};

static void note(void *arg)
{
	const struct thing *thing = arg;

	order[count++] = thing->name;
	if (thing->name == 'z')
		loop_end(&loop);
}

static void thing_init(struct thing *thing, char name, void (*due)(void *arg))
{
	memset(thing, 0, sizeof(*thing));
	thing->name = name;
	thing->timer.due = due;
	thing->timer.arg = thing;
}

static int setup(void **state)
{
	(void)state;
	memset(order, 0, sizeof(order));
	count = 0;
	return loop_init(&loop);
}

static int teardown(void **state)
{
	(void)state;
	assert_true(TAILQ_EMPTY(&loop.timers));
	loop_exit(&loop);
	return 0;
}

static void test_times_are_in_order(void **state)
{
	static const int at[] = { 3, 1, 2, 1, 0 };
	struct thing things[6];
	int64_t now = loop_now();
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		thing_init(&things[i], (char)('a' + i), note);
		loop_timer_set(&loop, &things[i].timer, now + at[i]);
	}
	thing_init(&things[5], 'z', note);
	loop_timer_set(&loop, &things[5].timer, now + 4);
	assert_int_equal(loop_run(&loop), 0);
	assert_string_equal(order, "ebdcaz");
}

static void test_a_time_can_be_changed_and_cleared(void **state)
{
	struct thing a, b, z;
	int64_t now = loop_now();

	(void)state;
	thing_init(&a, 'a', note);
	thing_init(&b, 'b', note);
	thing_init(&z, 'z', note);
	loop_timer_set(&loop, &a.timer, now);
	loop_timer_set(&loop, &b.timer, now + 1);
	loop_timer_set(&loop, &z.timer, now + 3);
	loop_timer_set(&loop, &a.timer, now + 2);
	loop_timer_clear(&loop, &b.timer);
	loop_timer_clear(&loop, &b.timer);
	assert_int_equal(loop_run(&loop), 0);
	assert_string_equal(order, "az");
}

static void again(void *arg)
{
	struct thing *thing = arg;

	loop_timer_set(&loop, &thing->timer, loop_now());
}

static void ready(void *arg, uint32_t events)
{
	struct thing *thing = arg;

	assert_true(events & EPOLLIN);
	order[count++] = thing->name;
	loop_end(&loop);
}

/* One that is always due does not keep a descriptor waiting. */
static void test_descriptors_get_their_turn(void **state)
{
	struct thing a, b;

	(void)state;
	thing_init(&a, 'a', again);
	thing_init(&b, 'b', NULL);
	assert_int_equal(pipe(b.pipe), 0);
	b.watch = (struct loop_watch){ .fd = b.pipe[0], .ready = ready, .arg = &b };
	assert_int_equal(loop_add(&loop, &b.watch, EPOLLIN), 0);
	assert_int_equal(write(b.pipe[1], "x", 1), 1);
	loop_timer_set(&loop, &a.timer, loop_now());
	assert_int_equal(loop_run(&loop), 0);
	assert_string_equal(order, "b");
	loop_timer_clear(&loop, &a.timer);
	loop_remove(&loop, &b.watch);
	close(b.pipe[0]);
	close(b.pipe[1]);
}

static void remove_other(void *arg, uint32_t events)
{
	struct thing *thing = arg;

	(void)events;
	order[count++] = 'x';
	loop_remove(&loop, &thing->other->watch);
	loop_remove(&loop, &thing->watch);
	loop_timer_set(&loop, &thing->timer, loop_now() + 20);
}

/* Both are ready; whoever comes first removes the other, who is not called then. */
static void test_what_was_removed_is_not_called(void **state)
{
	struct thing a, b;

	(void)state;
	thing_init(&a, 'z', note);
	thing_init(&b, 'z', note);
	a.other = &b;
	b.other = &a;
	assert_int_equal(pipe(a.pipe), 0);
	assert_int_equal(pipe(b.pipe), 0);
	a.watch = (struct loop_watch){ .fd = a.pipe[0], .ready = remove_other, .arg = &a };
	b.watch = (struct loop_watch){ .fd = b.pipe[0], .ready = remove_other, .arg = &b };
	assert_int_equal(loop_add(&loop, &a.watch, EPOLLIN), 0);
	assert_int_equal(loop_add(&loop, &b.watch, EPOLLIN), 0);
	assert_int_equal(write(a.pipe[1], "x", 1), 1);
	assert_int_equal(write(b.pipe[1], "x", 1), 1);
	assert_int_equal(loop_run(&loop), 0);
	assert_string_equal(order, "xz");
	assert_int_equal(a.watch.fd, -1);
	assert_int_equal(b.watch.fd, -1);
	close(a.pipe[0]);
	close(a.pipe[1]);
	close(b.pipe[0]);
	close(b.pipe[1]);
}

static void test_no_descriptor_is_an_error(void **state)
{
	struct loop_watch watch = { .fd = 1000000, .ready = ready };

	(void)state;
	assert_int_equal(loop_add(&loop, &watch, EPOLLIN), -EBADF);
	assert_int_equal(watch.fd, -1);
	loop_remove(&loop, &watch);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_times_are_in_order),
		TEST(test_a_time_can_be_changed_and_cleared),
		TEST(test_descriptors_get_their_turn),
		TEST(test_what_was_removed_is_not_called),
		TEST(test_no_descriptor_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
