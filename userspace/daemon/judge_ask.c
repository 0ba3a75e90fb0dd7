/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <openssl/crypto.h>
#include "judge_ask.h"

/**
 * struct judge_question - one that is open
 * @asker: who asks
 * @question: the transfer
 * @nonce: drawn for it alone
 * @arg: for the answer
 * @link: among those that are open
 */
struct judge_question {
	struct judge_asker *asker;
	struct tool_question *question;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	void *arg;
	TAILQ_ENTRY(judge_question) link;
};

/**
 * struct judge_socket - a descriptor of libcurl's
 * @asker: whose
 * @watch: in the loop
 */
struct judge_socket {
	struct judge_asker *asker;
	struct loop_watch watch;
};

static struct judge_question *judge_question_find(const struct judge_asker *asker,
						  const CURL *easy)
{
	struct judge_question *question;

	TAILQ_FOREACH(question, &asker->open, link)
		if (tool_question_handle(question->question) == easy)
			break;
	return question;
}

/* Out of libcurl's hands and of the list; its memory is still there. */
static void judge_question_close(struct judge_question *question)
{
	struct judge_asker *asker = question->asker;

	curl_multi_remove_handle(asker->multi, tool_question_handle(question->question));
	TAILQ_REMOVE(&asker->open, question, link);
	asker->count--;
}

static void judge_question_free(struct judge_question *question)
{
	OPENSSL_cleanse(question->nonce, sizeof(question->nonce));
	tool_question_free(question->question);
	free(question);
}

void judge_question_drop(struct judge_question *question)
{
	judge_question_close(question);
	judge_question_free(question);
}

static void judge_question_answer(struct judge_question *question, CURLcode result)
{
	struct judge_answer answer = { .nonce = question->nonce };
	uint8_t *evidence;

	judge_question_close(question);
	answer.kind = tool_question_answer(question->question, result, &evidence, &answer.len);
	answer.evidence = evidence;
	answer.why = tool_question_why(question->question);
	answer.wait = tool_question_wait(question->question);
	question->asker->answered(question->arg, &answer);
	free(evidence);
	judge_question_free(question);
}

/* Whoever takes an answer may drop other questions: libcurl then forgets their messages. */
static void judge_asker_answers(struct judge_asker *asker)
{
	struct judge_question *question;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(asker->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		question = judge_question_find(asker, message->easy_handle);
		if (question)
			judge_question_answer(question, message->data.result);
	}
}

static void judge_asker_go(struct judge_asker *asker, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(asker->multi, fd, events, &running);
	judge_asker_answers(asker);
}

static void judge_asker_due(void *arg)
{
	judge_asker_go(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl may end the socket meanwhile, and with it this watch. */
static void judge_socket_ready(void *arg, uint32_t events)
{
	struct judge_socket *socket = arg;
	int what = 0;

	if (events & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	judge_asker_go(socket->asker, socket->watch.fd, what);
}

static int judge_socket_new(struct judge_asker *asker, curl_socket_t fd, uint32_t events)
{
	struct judge_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		return -1;
	socket->asker = asker;
	socket->watch = (struct loop_watch){ .fd = fd, .ready = judge_socket_ready, .arg = socket };
	if (loop_add(asker->loop, &socket->watch, events) ||
	    curl_multi_assign(asker->multi, fd, socket)) {
		loop_remove(asker->loop, &socket->watch);
		free(socket);
		return -1;
	}
	return 0;
}

/* libcurl wants other events of a descriptor; if it cannot have them, it gives up all. */
static int judge_asker_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *state)
{
	struct judge_asker *asker = arg;
	struct judge_socket *socket = state;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			loop_remove(asker->loop, &socket->watch);
		free(socket);
		return 0;
	}
	if (what != CURL_POLL_OUT)
		events |= EPOLLIN;
	if (what != CURL_POLL_IN)
		events |= EPOLLOUT;
	if (!socket)
		return judge_socket_new(asker, fd, events);
	return loop_change(asker->loop, &socket->watch, events) ? -1 : 0;
}

static int judge_asker_timer(CURLM *multi, long timeout, void *arg)
{
	struct judge_asker *asker = arg;

	(void)multi;
	if (timeout < 0)
		loop_timer_clear(asker->loop, &asker->timer);
	else
		loop_timer_set(asker->loop, &asker->timer, loop_now() + timeout);
	return 0;
}

int judge_asker_init(struct judge_asker *asker, struct loop *loop, unsigned int connections,
		     judge_answered *answered)
{
	asker->loop = loop;
	asker->timer = (struct loop_timer){ .due = judge_asker_due, .arg = asker };
	asker->answered = answered;
	asker->count = 0;
	TAILQ_INIT(&asker->open);
	asker->multi = curl_multi_init();
	if (asker->multi &&
	    !curl_multi_setopt(asker->multi, CURLMOPT_SOCKETFUNCTION, judge_asker_socket) &&
	    !curl_multi_setopt(asker->multi, CURLMOPT_SOCKETDATA, asker) &&
	    !curl_multi_setopt(asker->multi, CURLMOPT_TIMERFUNCTION, judge_asker_timer) &&
	    !curl_multi_setopt(asker->multi, CURLMOPT_TIMERDATA, asker) &&
	    !curl_multi_setopt(asker->multi, CURLMOPT_MAXCONNECTS, (long)connections))
		return 0;
	judge_asker_exit(asker);
	return -ENOMEM;
}

void judge_asker_exit(struct judge_asker *asker)
{
	struct judge_question *question;

	while ((question = TAILQ_FIRST(&asker->open)))
		judge_question_drop(question); /* NOLINT(clang-analyzer-unix.Malloc): not in the list any more */
	curl_multi_cleanup(asker->multi);
	asker->multi = NULL;
	loop_timer_clear(asker->loop, &asker->timer);
}

struct judge_question *judge_ask(struct judge_asker *asker, const struct tool_responder *responder,
				 const uint8_t id[TLSBIND_CONNECTION_ID_SIZE], long timeout,
				 void *arg)
{
	struct judge_question *question = calloc(1, sizeof(*question));

	if (!question)
		return NULL;
	question->asker = asker;
	question->arg = arg;
	if (!tlsbind_nonce_new(question->nonce))
		question->question = tool_question_new(responder, id, question->nonce, timeout);
	if (question->question &&
	    !curl_multi_add_handle(asker->multi, tool_question_handle(question->question))) {
		TAILQ_INSERT_TAIL(&asker->open, question, link);
		asker->count++;
		return question;
	}
	judge_question_free(question);
	return NULL;
}
