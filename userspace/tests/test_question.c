/* SPDX-License-Identifier: MIT */
/*
 * tlsbindd: what becomes of questions, with a kernel that answers as it is told. Times are
 * short and real: nothing here waits for one but for the end of a wait.
 */
#include <unistd.h>
#include "common.h"
#include "question.h"

/* The kernel, and what it was asked. */
static struct {
	int answer[8];		/* to one question after the other */
	unsigned int asked;
	struct question *last;
	struct asker_slot slot;
	bool ears;
	unsigned int opened;
	int ears_error;
	int number;
	int connect_error;
	int permitted;
	struct ears *hears;
	struct family *family;
} kernel;

static struct loop loop;
static struct questions questions;
static struct options_limits limits;
static unsigned int ended;

int askers_init(struct askers *askers, struct loop *l, unsigned int count, unsigned int buffer)
{
	(void)askers, (void)l, (void)count, (void)buffer;
	return 0;
}

void askers_exit(struct askers *askers)
{
	(void)askers;
}

int askers_connect(struct askers *askers)
{
	(void)askers;
	return kernel.connect_error;
}

void askers_disconnect(struct askers *askers)
{
	(void)askers;
}

int askers_permitted(struct askers *askers)
{
	(void)askers;
	return kernel.permitted;
}

int asker_ask(struct askers *askers, struct question *question)
{
	int answer = kernel.answer[kernel.asked++];

	(void)askers;
	assert_in_range(kernel.asked, 1, 8);
	kernel.last = question;
	if (!answer) {
		kernel.slot.question = question;
		question->slot = &kernel.slot;
	}
	return answer;
}

void asker_forget(struct asker_slot *slot)
{
	if (slot)
		slot->question = NULL;
}

void ears_init(struct ears *ears)
{
	kernel.hears = ears;
}

int ears_open(struct ears *ears)
{
	(void)ears;
	if (kernel.ears_error)
		return kernel.ears_error;
	if (kernel.ears)
		return 0;
	kernel.ears = true;
	kernel.opened++;
	return 1;
}

void ears_close(struct ears *ears)
{
	(void)ears;
	kernel.ears = false;
}

int family_open(struct family *family)
{
	kernel.family = family;
	return 0;
}

void family_close(struct family *family)
{
	(void)family;
}

int family_number(void)
{
	return kernel.number;
}

static void note_end(void *arg)
{
	(void)arg;
	ended++;
}

/* Everything that is due is done. */
static void settle(void)
{
	struct loop_timer *timer;

	while ((timer = TAILQ_FIRST(&loop.timers)) && timer->at <= loop_now()) {
		loop_timer_clear(&loop, timer);
		timer->due(timer->arg);
	}
}

static int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.number = 30;
	ended = 0;
	limits = (struct options_limits){ .requests = 2, .key_wait = 60, .answer_time = 60 };
	return loop_init(&loop) || questions_init(&questions, &loop, &limits);
}

static int teardown(void **state)
{
	(void)state;
	questions_exit(&questions);
	assert_true(TAILQ_EMPTY(&loop.timers));
	assert_int_equal(questions.count, 0);
	assert_int_equal(questions.waits, 0);
	loop_exit(&loop);
	return 0;
}

static void start(struct question *question, uint8_t id)
{
	memset(question, 0, sizeof(*question));
	memset(question->id, id, sizeof(question->id));
	question->ended = note_end;
	question_start(&questions, question);
}

static void hear(uint8_t id)
{
	uint8_t bytes[TLSBIND_CONNECTION_ID_SIZE];

	memset(bytes, id, sizeof(bytes));
	kernel.hears->heard(kernel.hears->arg, bytes);
}

static void answer(int error)
{
	struct question *question = kernel.slot.question;

	assert_non_null(question);
	question_answered(question, error, NULL, 0);
}

static void test_is_asked_and_answered(void **state)
{
	struct question q;

	(void)state;
	start(&q, 1);
	assert_int_equal(kernel.asked, 1);
	assert_false(kernel.ears);
	answer(0);
	assert_int_equal(ended, 0);
	settle();
	assert_int_equal(ended, 1);
	assert_int_equal(q.error, 0);
	settle();
	assert_int_equal(ended, 1);
}

static void test_refused_is_told_later(void **state)
{
	struct question q;

	(void)state;
	kernel.answer[0] = -EACCES;
	start(&q, 1);
	assert_int_equal(ended, 0);
	settle();
	assert_int_equal(ended, 1);
	assert_int_equal(q.error, -EACCES);
	assert_int_equal(kernel.opened, 0);
}

/* Between the answer and the opening of the ears there may have been a key. */
static void test_asks_again_once_it_listens(void **state)
{
	struct question q;

	(void)state;
	kernel.answer[0] = -ENOENT;
	start(&q, 1);
	assert_int_equal(kernel.asked, 2);
	assert_int_equal(q.state, QUESTION_ASKED);
	answer(0);
	settle();
	assert_int_equal(ended, 1);
	assert_false(kernel.ears);
}

static void waits_for_key(int early)
{
	struct question q;

	kernel.answer[0] = kernel.answer[1] = early;
	start(&q, 1);
	assert_int_equal(kernel.asked, 2);
	assert_int_equal(q.state, QUESTION_WAITS);
	assert_true(kernel.ears);
	hear(2);
	assert_int_equal(kernel.asked, 2);
	hear(1);
	assert_int_equal(kernel.asked, 3);
	answer(0);
	settle();
	assert_int_equal(ended, 1);
	assert_int_equal(q.error, 0);
	assert_false(kernel.ears);
}

static void test_waits_for_a_connection(void **state)
{
	(void)state;
	waits_for_key(-ENOENT);
}

static void test_waits_for_a_key_that_is_being_installed(void **state)
{
	(void)state;
	waits_for_key(-EBUSY);
}

static void test_a_second_that_waits_does_not_ask_twice(void **state)
{
	struct question a, b;

	(void)state;
	kernel.answer[0] = kernel.answer[1] = kernel.answer[2] = -ENOENT;
	start(&a, 1);
	start(&b, 2);
	assert_int_equal(kernel.asked, 3);
	assert_int_equal(kernel.opened, 1);
	hear(2);
	assert_int_equal(b.state, QUESTION_ASKED);
	assert_int_equal(a.state, QUESTION_WAITS);
	answer(0);
	settle();
	assert_true(kernel.ears);
	question_cancel(&a);
	assert_false(kernel.ears);
	assert_int_equal(ended, 1);
}

static void test_waits_on_if_the_key_was_the_first(void **state)
{
	struct question q;

	(void)state;
	kernel.answer[0] = kernel.answer[1] = kernel.answer[2] = -ENOENT;
	start(&q, 1);
	hear(1);
	assert_int_equal(kernel.asked, 3);
	assert_int_equal(q.state, QUESTION_WAITS);
	hear(1);
	assert_int_equal(kernel.asked, 4);
	answer(-EIO);
	settle();
	assert_int_equal(q.error, -EIO);
}

static void test_is_asked_once_more_at_the_end_of_the_wait(void **state)
{
	struct question q;
	int i;

	(void)state;
	limits.key_wait = 1;
	for (i = 0; i < 3; i++)
		kernel.answer[i] = -ENOENT;
	start(&q, 1);
	settle();
	assert_int_equal(q.state, QUESTION_WAITS);
	while (loop_now() < q.key_until)
		usleep(10000);
	settle();
	assert_int_equal(kernel.asked, 3);
	assert_int_equal(ended, 1);
	assert_int_equal(q.error, -ENOENT);
	assert_false(kernel.ears);
}

static void test_without_a_wait_there_is_none(void **state)
{
	struct question q;

	(void)state;
	limits.key_wait = 0;
	kernel.answer[0] = -ENOENT;
	start(&q, 1);
	settle();
	assert_int_equal(kernel.asked, 1);
	assert_int_equal(kernel.opened, 0);
	assert_int_equal(q.error, -ENOENT);
}

static void test_no_answer_in_time(void **state)
{
	struct question q;

	(void)state;
	limits.answer_time = 1;
	start(&q, 1);
	while (loop_now() < q.answer_until)
		usleep(10000);
	settle();
	assert_int_equal(ended, 1);
	assert_int_equal(q.error, -ETIMEDOUT);
	/* What comes later is for nobody. */
	assert_null(kernel.slot.question);
	assert_null(q.slot);
}

static void test_too_many(void **state)
{
	struct question q[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		start(&q[i], 1);
	assert_int_equal(kernel.asked, 2);
	settle();
	assert_int_equal(ended, 1);
	assert_int_equal(q[2].error, -EAGAIN);
	question_cancel(&q[0]);
	start(&q[2], 1);
	assert_int_equal(kernel.asked, 3);
	question_cancel(&q[1]);
	question_cancel(&q[2]);
}

static void test_cancelled_is_not_told(void **state)
{
	struct question q;

	(void)state;
	start(&q, 1);
	question_cancel(&q);
	assert_null(kernel.slot.question);
	settle();
	assert_int_equal(ended, 0);
	question_cancel(&q);
	/* Done, and not told of yet. */
	start(&q, 1);
	answer(0);
	question_cancel(&q);
	settle();
	assert_int_equal(ended, 0);
}

static void test_lost_answer_is_asked_for_again(void **state)
{
	struct question q;

	(void)state;
	start(&q, 1);
	question_lost(&q);
	assert_int_equal(kernel.asked, 2);
	answer(0);
	settle();
	assert_int_equal(ended, 1);
	assert_int_equal(q.error, 0);
}

static void test_lost_events_make_all_ask(void **state)
{
	struct question a, b;

	(void)state;
	kernel.answer[0] = kernel.answer[1] = kernel.answer[2] = kernel.answer[3] = -ENOENT;
	start(&a, 1);
	start(&b, 2);
	assert_int_equal(kernel.asked, 3);
	kernel.hears->lost(kernel.hears->arg);
	assert_int_equal(kernel.asked, 5);
	assert_int_equal(a.state, QUESTION_WAITS);
	assert_int_equal(b.state, QUESTION_ASKED);
	question_cancel(&a);
	question_cancel(&b);
}

static void test_nothing_can_be_heard(void **state)
{
	struct question q;

	(void)state;
	kernel.answer[0] = -ENOENT;
	kernel.ears_error = -ENODEV;
	start(&q, 1);
	settle();
	assert_int_equal(q.error, -ESHUTDOWN);
	kernel.answer[1] = -ENOENT;
	kernel.ears_error = -ENOMEM;
	start(&q, 1);
	settle();
	assert_int_equal(q.error, -ENOMEM);
}

static void test_the_module_goes_and_comes(void **state)
{
	struct question a, b;

	(void)state;
	kernel.answer[1] = kernel.answer[2] = -ENOENT;
	start(&a, 1);
	start(&b, 2);
	kernel.number = 0;
	kernel.family->changed(kernel.family->arg);
	settle();
	assert_int_equal(ended, 2);
	assert_int_equal(a.error, -ESHUTDOWN);
	assert_int_equal(b.error, -ESHUTDOWN);
	start(&a, 1);
	settle();
	assert_int_equal(kernel.asked, 3);
	assert_int_equal(a.error, -ESHUTDOWN);
	kernel.number = 31;
	kernel.family->changed(kernel.family->arg);
	start(&a, 1);
	assert_int_equal(kernel.asked, 4);
	answer(0);
	settle();
	assert_int_equal(a.error, 0);
}

static void test_another_module_is_another(void **state)
{
	struct question q;

	(void)state;
	start(&q, 1);
	kernel.family->changed(kernel.family->arg);
	assert_int_equal(q.state, QUESTION_ASKED);
	kernel.number = 31;
	kernel.family->changed(kernel.family->arg);
	settle();
	assert_int_equal(q.error, -ESHUTDOWN);
	assert_int_equal(questions.number, 31);
}

static void test_a_module_that_cannot_be_connected_to_is_tried_again(void **state)
{
	(void)state;
	kernel.number = 31;
	kernel.connect_error = -EIO;
	kernel.family->changed(kernel.family->arg);
	assert_int_equal(questions.number, 0);
	assert_true(questions.retry.set);
	kernel.connect_error = 0;
	questions.retry.due(questions.retry.arg);
	assert_int_equal(questions.number, 31);
	loop_timer_clear(&loop, &questions.retry);
}

static void test_all_can_be_ended(void **state)
{
	struct question a, b;

	(void)state;
	kernel.answer[1] = kernel.answer[2] = -ENOENT;
	start(&a, 1);
	start(&b, 2);
	questions_end(&questions, -ECANCELED);
	settle();
	assert_int_equal(ended, 2);
	assert_int_equal(a.error, -ECANCELED);
	assert_int_equal(b.error, -ECANCELED);
	assert_false(kernel.ears);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_is_asked_and_answered),
		TEST(test_refused_is_told_later),
		TEST(test_asks_again_once_it_listens),
		TEST(test_waits_for_a_connection),
		TEST(test_waits_for_a_key_that_is_being_installed),
		TEST(test_a_second_that_waits_does_not_ask_twice),
		TEST(test_waits_on_if_the_key_was_the_first),
		TEST(test_is_asked_once_more_at_the_end_of_the_wait),
		TEST(test_without_a_wait_there_is_none),
		TEST(test_no_answer_in_time),
		TEST(test_too_many),
		TEST(test_cancelled_is_not_told),
		TEST(test_lost_answer_is_asked_for_again),
		TEST(test_lost_events_make_all_ask),
		TEST(test_nothing_can_be_heard),
		TEST(test_the_module_goes_and_comes),
		TEST(test_another_module_is_another),
		TEST(test_a_module_that_cannot_be_connected_to_is_tried_again),
		TEST(test_all_can_be_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
