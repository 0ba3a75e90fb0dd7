/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "question.h"

/* For memory, or descriptors, that were missing when the module came. */
#define QUESTION_RETRY_MS	1000

static struct log_limit question_log;

static void question_state(struct question *question, enum question_state state)
{
	struct questions *questions = question->questions;

	questions->waits -= question->state == QUESTION_WAITS;
	questions->waits += state == QUESTION_WAITS;
	question->state = state;
}

/* Told of from the loop, so that whoever is told may start another, or forget this one. */
static void question_end(struct question *question, int error)
{
	asker_forget(question->slot);
	question->slot = NULL;
	question->error = error;
	question_state(question, QUESTION_DONE);
	loop_timer_clear(question->questions->loop, &question->timer);
	if (!question->questions->deliver.set)
		loop_timer_set(question->questions->loop, &question->questions->deliver, loop_now());
}

static void question_wait(struct question *question)
{
	question_state(question, QUESTION_WAITS);
	loop_timer_set(question->questions->loop, &question->timer, question->key_until);
}

static bool question_early(int error)
{
	return error == -ENOENT || error == -EBUSY;
}

/* Return: 0, or why the kernel does not take it. */
static int question_put(struct question *question)
{
	struct questions *questions = question->questions;
	int ret;

	/* Before the kernel is asked: the answer may be there as soon as it was. */
	question_state(question, QUESTION_ASKED);
	loop_timer_set(questions->loop, &question->timer, question->answer_until);
	ret = asker_ask(&questions->askers, question);
	if (ret == -EPERM)
		log_trouble(&question_log, "not permitted to ask: CAP_NET_ADMIN is missing");
	return ret;
}

/*
 * Who is told that there is no such connection has to listen before he can rely on
 * being told of it: so after the ears were opened he asks again.
 */
static void question_ask(struct question *question)
{
	struct questions *questions = question->questions;
	bool wait = loop_now() < question->key_until;
	int ret = question_put(question), heard;

	if (question_early(ret) && wait) {
		heard = ears_open(&questions->ears);
		if (heard > 0)
			ret = question_put(question);
		else if (heard < 0)
			ret = heard == -ENODEV ? -ESHUTDOWN : heard;
	}
	if (question_early(ret) && wait)
		question_wait(question);
	else if (ret)
		question_end(question, ret);
}

static void question_due(void *arg)
{
	struct question *question = arg;

	if (question->state == QUESTION_WAITS)
		question_ask(question);
	else
		question_end(question, -ETIMEDOUT);
}

static void questions_heard(void *arg, const uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct questions *questions = arg;
	struct question *question;

	TAILQ_FOREACH(question, &questions->all, node)
		if (question->state == QUESTION_WAITS &&
		    !memcmp(question->id, id, sizeof(question->id)))
			question_ask(question);
}

/* Each once, and none twice: one that waits on stays where it is. */
static void questions_lost(void *arg)
{
	struct questions *questions = arg;
	struct question *question;

	log_trouble(&question_log, "events of the kernel were lost; asking again");
	TAILQ_FOREACH(question, &questions->all, node)
		if (question->state == QUESTION_WAITS)
			question_ask(question);
}

static struct question *questions_done(const struct questions *questions)
{
	struct question *question;

	TAILQ_FOREACH(question, &questions->all, node)
		if (question->state == QUESTION_DONE)
			break;
	return question;
}

static void question_remove(struct question *question)
{
	struct questions *questions = question->questions;

	question_state(question, QUESTION_NONE);
	TAILQ_REMOVE(&questions->all, question, node);
	questions->count--;
	if (!questions->waits)
		ears_close(&questions->ears);
}

static void questions_deliver(void *arg)
{
	struct questions *questions = arg;
	struct question *question;

	while ((question = questions_done(questions))) {
		question_remove(question);
		question->ended(question->arg);
	}
	if (!questions->waits)
		ears_close(&questions->ears);
}

/* The same family under another number is another. */
static void questions_family(void *arg)
{
	struct questions *questions = arg;
	int number = family_number();

	if (questions->number && number == questions->number)
		return;
	if (questions->number) {
		log_line(LOG_LEVEL_WARNING, "the kernel module is gone");
		questions->number = 0;
		ears_close(&questions->ears);
		questions_end(questions, -ESHUTDOWN);
		askers_disconnect(&questions->askers);
	}
	if (!number)
		return;
	if (askers_connect(&questions->askers)) {
		loop_timer_set(questions->loop, &questions->retry, loop_now() + QUESTION_RETRY_MS);
		return;
	}
	questions->number = number;
	log_line(LOG_LEVEL_INFO, "the kernel module is there again");
}

int questions_init(struct questions *questions, struct loop *loop,
		   const struct options_limits *limits)
{
	int ret;

	memset(questions, 0, sizeof(*questions));
	questions->loop = loop;
	questions->limits = limits;
	TAILQ_INIT(&questions->all);
	questions->deliver = (struct loop_timer){ .due = questions_deliver, .arg = questions };
	questions->retry = (struct loop_timer){ .due = questions_family, .arg = questions };
	questions->ears = (struct ears){ .loop = loop, .heard = questions_heard,
					 .lost = questions_lost, .arg = questions };
	ears_init(&questions->ears);
	questions->family = (struct family){ .loop = loop, .changed = questions_family,
					     .arg = questions };
	ret = askers_init(&questions->askers, loop, limits->requests, limits->receive_buffer);
	/* Before it is looked for, so that it cannot go unnoticed. */
	if (!ret)
		ret = family_open(&questions->family);
	if (!ret) {
		questions->number = family_number();
		ret = askers_connect(&questions->askers);
	}
	return ret ? ret : askers_permitted(&questions->askers);
}

void questions_exit(struct questions *questions)
{
	if (!questions->loop)
		return;
	loop_timer_clear(questions->loop, &questions->deliver);
	loop_timer_clear(questions->loop, &questions->retry);
	ears_close(&questions->ears);
	family_close(&questions->family);
	askers_exit(&questions->askers);
}

void question_start(struct questions *questions, struct question *question)
{
	int64_t now = loop_now();

	question->questions = questions;
	question->timer.due = question_due;
	question->timer.arg = question;
	question->key_until = now + (int64_t)questions->limits->key_wait * 1000;
	question->answer_until = now + (int64_t)questions->limits->answer_time * 1000;
	TAILQ_INSERT_TAIL(&questions->all, question, node);
	questions->count++;
	if (!questions->number)
		question_end(question, -ESHUTDOWN);
	else if (questions->count > questions->limits->requests)
		question_end(question, -EAGAIN);
	else
		question_ask(question);
}

void question_cancel(struct question *question)
{
	if (question->state == QUESTION_NONE)
		return;
	asker_forget(question->slot);
	question->slot = NULL;
	loop_timer_clear(question->questions->loop, &question->timer);
	question_remove(question);
}

void questions_end(struct questions *questions, int error)
{
	struct question *question;

	TAILQ_FOREACH(question, &questions->all, node)
		if (question->state != QUESTION_DONE)
			question_end(question, error);
}

void question_answered(struct question *question, int error, uint8_t *evidence, size_t len)
{
	question->slot = NULL;
	question->evidence = evidence;
	question->len = len;
	question_end(question, error);
}

void question_lost(struct question *question)
{
	question->slot = NULL;
	question_ask(question);
}
