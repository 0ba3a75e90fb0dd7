/* SPDX-License-Identifier: MIT */
/* Evidence about a connection: from the peer, on the connection itself, or from a responder. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "connect.h"

/* What one question may take; the time allowed for everything may be less. */
#define CONNECT_QUESTION	30000L

/* Milliseconds between two questions, at first and at most. */
#define CONNECT_PAUSE_FIRST	100U
#define CONNECT_PAUSE_MAX	2000U

/**
 * struct connect_question - asking a responder, again and again
 * @asked: how often
 * @pause: milliseconds before the next time
 * @said: the last reason that was told
 */
struct connect_question {
	unsigned int asked;
	unsigned int pause;
	char said[TOOL_RESPONDER_WHY];
};

uint64_t tool_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * Session tickets and KeyUpdates that have come must be seen before the keys are looked
 * at, and what an application sends first must stay. Return: false after a message.
 */
static bool connect_settle(SSL *ssl)
{
	int fd = SSL_get_fd(ssl), flags = fcntl(fd, F_GETFL), ret;
	size_t n;
	char c;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	ret = SSL_peek_ex(ssl, &c, 1, &n);
	ret = SSL_get_error(ssl, ret);
	fcntl(fd, F_SETFL, flags);
	if (ret == SSL_ERROR_NONE || ret == SSL_ERROR_WANT_READ || ret == SSL_ERROR_ZERO_RETURN)
		return true;
	tool_error("the peer ended the connection without saying so");
	return false;
}

/* Once is what happens when a question overtakes the keys that it is about. */
static void connect_again(struct connect_question *question, const char *url, const char *why)
{
	if (question->asked > 1 && strcmp(question->said, why) != 0) {
		tool_message("%s: %s; asking again", url, why);
		snprintf(question->said, sizeof(question->said), "%s", why);
	}
}

static void connect_pause(struct connect_question *question, unsigned int wait)
{
	unsigned int ms = question->pause ? question->pause : CONNECT_PAUSE_FIRST;
	struct timespec pause;

	question->pause = 2 * ms < CONNECT_PAUSE_MAX ? 2 * ms : CONNECT_PAUSE_MAX;
	pause.tv_sec = wait ? wait : ms / 1000;
	pause.tv_nsec = wait ? 0 : (long)(ms % 1000) * 1000000;
	nanosleep(&pause, NULL);
}

/* Return: 0 with evidence; -EAGAIN to ask again; -1 after a message. */
static int connect_ask(const struct connect *c, struct connect_question *question,
		       const struct tlsbind_connection *conn,
		       const uint8_t nonce[TLSBIND_NONCE_SIZE], uint8_t **evidence, size_t *len)
{
	char why[TOOL_RESPONDER_WHY];
	unsigned int wait;

	if (!conn->has_id) {
		tool_error("the connection has no id that a responder would know");
		return -1;
	}
	question->asked++;
	switch (tool_responder_ask(&c->responder, conn->connection_id, nonce, CONNECT_QUESTION,
				   evidence, len, why, &wait)) {
	case TOOL_ANSWER_EVIDENCE:
		return 0;
	case TOOL_ANSWER_AGAIN:
		connect_again(question, c->responder.url, why);
		connect_pause(question, wait);
		return -EAGAIN;
	default:
		tool_error("%s gives no evidence: %s", c->responder.url, why);
		return -1;
	}
}

static int connect_challenge(const struct connect *c, SSL *ssl, struct connect_question *question,
			     const struct tlsbind_connection *before,
			     const uint8_t nonce[TLSBIND_NONCE_SIZE], uint8_t **evidence,
			     size_t *len)
{
	*evidence = NULL;
	*len = 0;
	if (c->responder.url)
		return connect_ask(c, question, before, nonce, evidence, len);
	return tool_challenge(ssl, &c->peer, nonce, evidence, len);
}

/* Return: 0; -1 after a message. */
static int connect_describe(const struct connect *c, SSL *ssl, struct tlsbind_connection *out)
{
	if (c->responder.url && !connect_settle(ssl))
		return -1;
	return tool_tls_describe(ssl, out);
}

/*
 * Challenge and verify once. *@rekeyed: a KeyUpdate came in between, so that the
 * evidence may be about keys that were replaced. Return: 0; -EAGAIN to do it again, with
 * another nonce; -1 after a message.
 */
static int connect_attest_once(const struct connect *c, SSL *ssl,
			       struct connect_question *question, struct connect_verdict *verdict,
			       bool *rekeyed)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], *evidence;
	struct tlsbind_connection *conn = &verdict->conn, before;
	size_t len;
	int ret;

	verdict->asked = tool_now();
	if (tlsbind_nonce_new(nonce)) {
		tool_error("no random numbers");
		return -1;
	}
	if (connect_describe(c, ssl, &before))
		return -1;
	ret = connect_challenge(c, ssl, question, &before, nonce, &evidence, &len);
	if (ret)
		return ret;
	ret = connect_describe(c, ssl, conn);
	if (!ret) {
		ret = tlsbind_verify(evidence ? evidence : (uint8_t *)"", len, conn, nonce,
				     c->appraisal, &verdict->result);
		if (ret)
			tool_error("cannot verify: %s", strerror(-ret));
	}
	*rekeyed = before.tx_generation != conn->tx_generation ||
		   before.rx_generation != conn->rx_generation;
	free(evidence);
	return ret ? -1 : 0;
}

/* Until there is evidence; the time allowed for everything ends it otherwise. */
static int connect_attest_until(const struct connect *c, SSL *ssl,
				struct connect_verdict *verdict, bool *rekeyed)
{
	struct connect_question question = { 0 };
	int ret;

	do
		ret = connect_attest_once(c, ssl, &question, verdict, rekeyed);
	while (ret == -EAGAIN);
	return ret;
}

int tool_connect_attest(const struct connect *c, SSL *ssl, struct connect_verdict *verdict)
{
	bool rekeyed;
	int ret;

	verdict->result = NULL;
	ret = connect_attest_until(c, ssl, verdict, &rekeyed);
	if (!ret && rekeyed && !tlsbind_result_accepted(verdict->result)) {
		tlsbind_result_free(verdict->result);
		verdict->result = NULL;
		ret = connect_attest_until(c, ssl, verdict, &rekeyed);
	}
	return ret;
}
