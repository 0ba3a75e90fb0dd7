/* SPDX-License-Identifier: MIT */
/*
 * Asking a responder again and again, beside a connection in use. How long evidence counts
 * and when to ask is tlsbind_lease_look()'s to say; nothing here waits but
 * tool_renewal_poll(), which is the caller's wait for everything.
 *
 * Only evidence counts. A responder that cannot be reached, refuses or talks nonsense is
 * not known to be the peer's: whoever sits on the way can say the same. So that ends
 * nothing, it is only no evidence, and the lease goes on to its end. Evidence that was
 * made about this connection and is rejected is the peer's word, and final.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "renewal.h"

/* What one question may take, if the lease allows for that. */
#define RENEWAL_QUESTION	30000U

/* Milliseconds between two questions, at first and at most. */
#define RENEWAL_PAUSE_FIRST	100U
#define RENEWAL_PAUSE_MAX	2000U

/**
 * struct tool_renewal - evidence, and the next one; times by tool_now()
 * @c: what the command line asks for
 * @ssl: the connection
 * @lease: of the evidence
 * @state: of @lease when it was looked at last
 * @now: when that was
 * @conn: the connection then
 * @known: @conn is; otherwise a KeyUpdate is being sent
 * @multi: libcurl's loop
 * @question: that is open; NULL for none
 * @nonce: of it
 * @asked: when it was drawn
 * @about: the connection then; at first, that of the first evidence
 * @again: before which not to ask
 * @pause: before the next question but one
 * @said: the reason for which there was no evidence, as it was told last
 */
struct tool_renewal {
	const struct connect *c;
	SSL *ssl;
	struct tlsbind_lease *lease;
	enum tlsbind_lease_state state;
	uint64_t now;
	struct tlsbind_connection conn;
	bool known;
	CURLM *multi;
	struct tool_question *question;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	uint64_t asked;
	struct tlsbind_connection about;
	uint64_t again;
	unsigned int pause;
	char said[TOOL_RESPONDER_WHY];
};

/* Without randomness it would be asked at half of the lease, like everybody else. */
static int renewal_begin(struct tool_renewal *renewal, const struct tlsbind_result *result,
			 const struct tlsbind_connection *conn, uint64_t asked)
{
	uint32_t random = 0;

	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		random = 0;
	return tlsbind_lease_begin(renewal->lease, result, conn, asked, tool_now(), random);
}

int tool_renewal_new(const struct connect *c, SSL *ssl, const struct connect_verdict *verdict,
		     struct tool_renewal **out)
{
	struct tool_renewal *renewal = calloc(1, sizeof(*renewal));
	uint64_t rekey = 1000 * (uint64_t)c->peer.timeout;

	*out = renewal;
	if (renewal) {
		renewal->c = c;
		renewal->ssl = ssl;
		renewal->asked = verdict->asked;
		renewal->about = verdict->conn;
		renewal->lease = tlsbind_lease_new(1000 * (uint64_t)c->lease,
						   rekey && !c->allow_rekey ? rekey : UINT64_MAX);
		renewal->multi = curl_multi_init();
	}
	if (!renewal || !renewal->lease || !renewal->multi) {
		tool_error("out of memory");
		tool_renewal_free(renewal);
		*out = NULL;
		return TOOL_USAGE;
	}
	if (!renewal_begin(renewal, verdict->result, &verdict->conn, verdict->asked))
		return TOOL_OK;
	tool_message("the first evidence came when its lease was over");
	tool_renewal_free(renewal);
	*out = NULL;
	return TOOL_LAPSED;
}

static void renewal_drop(struct tool_renewal *renewal)
{
	if (!renewal->question)
		return;
	curl_multi_remove_handle(renewal->multi, tool_question_handle(renewal->question));
	tool_question_free(renewal->question);
	renewal->question = NULL;
	OPENSSL_cleanse(renewal->nonce, sizeof(renewal->nonce));
}

void tool_renewal_free(struct tool_renewal *renewal)
{
	if (!renewal)
		return;
	renewal_drop(renewal);
	curl_multi_cleanup(renewal->multi);
	tlsbind_lease_free(renewal->lease);
	free(renewal);
}

/* Later; the first time is what happens to whoever asks at the wrong moment. */
static void renewal_later(struct tool_renewal *renewal, const char *why, unsigned int wait)
{
	unsigned int ms = renewal->pause ? renewal->pause : RENEWAL_PAUSE_FIRST;

	if (renewal->pause && strcmp(renewal->said, why) != 0) {
		tool_message("%s: %s; asking again", renewal->c->responder.url, why);
		snprintf(renewal->said, sizeof(renewal->said), "%s", why);
	}
	renewal->again = tool_now() + (wait ? 1000 * (uint64_t)wait : ms);
	renewal->pause = 2 * ms < RENEWAL_PAUSE_MAX ? 2 * ms : RENEWAL_PAUSE_MAX;
}

/*
 * All is as it should be but for the generation of a key, and what follows from it. We have not
 * read a KeyUpdate of the peer's yet, or the peer has not read ours: evidence that was made a
 * moment later may well fit. A relay's never will.
 */
static bool renewal_other_generation(const struct tlsbind_result *result)
{
	const struct tlsbind_check *check = tlsbind_result_find(result, "claims.generation");
	size_t i;

	if (!check || check->verdict != TLSBIND_FAIL)
		return false;
	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (check->verdict != TLSBIND_PASS && strcmp(check->name, "claims.generation") != 0 &&
		    strcmp(check->name, "binding.tx") != 0 && strcmp(check->name, "binding.rx") != 0)
			return false;
	return true;
}

/* Standard output is the server's, unless there is somebody else for that. */
static int renewal_rejected(struct tool_renewal *renewal, const struct tlsbind_result *result)
{
	const struct connect *c = renewal->c;

	tool_message("the evidence is not renewed");
	tool_connect_print(c, result, c->json && c->listen ? stdout : stderr);
	return (int)tlsbind_result_class(result);
}

static int renewal_evidence(struct tool_renewal *renewal, const uint8_t *evidence, size_t len)
{
	struct tlsbind_result *result;
	int code = TOOL_OK, ret;

	ret = tlsbind_verify(evidence, len, &renewal->conn, renewal->nonce,
			     renewal->c->appraisal, &result);
	if (ret) {
		renewal_later(renewal, strerror(-ret), 0);
	} else if (tlsbind_result_accepted(result)) {
		/* Evidence that came too late leaves the lease as it was: over. */
		(void)renewal_begin(renewal, result, &renewal->conn, renewal->asked);
		renewal->again = 0;
		renewal->pause = 0;
		*renewal->said = '\0';
	} else if (renewal_other_generation(result)) {
		renewal_later(renewal, "evidence about keys of another generation", 0);
	} else {
		code = renewal_rejected(renewal, result);
	}
	tlsbind_result_free(result);
	return code;
}

static int renewal_answer(struct tool_renewal *renewal, CURLcode result)
{
	struct tool_question *question = renewal->question;
	int code = TOOL_OK;
	uint8_t *evidence;
	size_t len;

	if (tool_question_answer(question, result, &evidence, &len) == TOOL_ANSWER_EVIDENCE)
		code = renewal_evidence(renewal, evidence, len);
	else
		renewal_later(renewal, tool_question_why(question), tool_question_wait(question));
	free(evidence);
	renewal_drop(renewal);
	return code;
}

/* The connection is the one that the question was about: renewal_look() sees to that. */
static int renewal_listen(struct tool_renewal *renewal)
{
	CURLMsg *message;
	int running, left;

	if (curl_multi_perform(renewal->multi, &running)) {
		renewal_later(renewal, "libcurl failed", 0);
		renewal_drop(renewal);
		return TOOL_OK;
	}
	message = curl_multi_info_read(renewal->multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return TOOL_OK;
	return renewal_answer(renewal, message->data.result);
}

static void renewal_ask(struct tool_renewal *renewal)
{
	uint64_t left = tlsbind_lease_next(renewal->lease, renewal->now);

	renewal->asked = renewal->now;
	renewal->about = renewal->conn;
	if (!tlsbind_nonce_new(renewal->nonce))
		renewal->question = tool_question_new(&renewal->c->responder,
						      renewal->conn.connection_id, renewal->nonce,
						      left < RENEWAL_QUESTION ? (long)left :
							(long)RENEWAL_QUESTION);
	if (!renewal->question ||
	    curl_multi_add_handle(renewal->multi, tool_question_handle(renewal->question))) {
		tool_question_free(renewal->question);
		renewal->question = NULL;
		renewal_later(renewal, "cannot make a question", 0);
	}
}

/*
 * An answer to a question about other keys than those in use is not worth waiting for, nor is the
 * pause before the next one. But a peer that changes keys all the time must not make us
 * ask all the time.
 */
static void renewal_rekeyed(struct tool_renewal *renewal)
{
	renewal_drop(renewal);
	renewal->again = renewal->asked + RENEWAL_PAUSE_FIRST;
	renewal->pause = 0;
}

static void renewal_look(struct tool_renewal *renewal)
{
	const struct tlsbind_connection *conn = &renewal->conn, *about = &renewal->about;

	renewal->known = !tlsbind_ssl_connection(renewal->ssl, &renewal->conn);
	renewal->now = tool_now();
	renewal->state = tlsbind_lease_look(renewal->lease, renewal->known ? conn : NULL,
					    renewal->now);
	if (!renewal->known || conn->tx_generation != about->tx_generation ||
	    conn->rx_generation != about->rx_generation)
		renewal_rekeyed(renewal);
}

/* Return: exit code; with an answer, whatever it was, the state is what it is after it. */
static int renewal_work(struct tool_renewal *renewal)
{
	int code = TOOL_OK;

	if (renewal->question) {
		code = renewal_listen(renewal);
		if (!code && !renewal->question)
			renewal_look(renewal);
	} else if (renewal->state >= TLSBIND_LEASE_DUE && renewal->known &&
		   renewal->now >= renewal->again) {
		renewal_ask(renewal);
	}
	return code;
}

int tool_renewal_turn(struct tool_renewal *renewal, bool *held)
{
	int code = TOOL_OK;

	*held = true;
	renewal_look(renewal);
	if (renewal->state != TLSBIND_LEASE_OVER)
		code = renewal_work(renewal);
	if (code)
		return code;
	if (renewal->state == TLSBIND_LEASE_OVER) {
		tool_message("no fresh evidence in time");
		return TOOL_LAPSED;
	}
	*held = renewal->state == TLSBIND_LEASE_STALE && !renewal->c->allow_rekey;
	return TOOL_OK;
}

/* Until the lease changes, or until it may be asked again. */
static int renewal_timeout(const struct tool_renewal *renewal)
{
	uint64_t now = tool_now(), left = tlsbind_lease_next(renewal->lease, now);

	if (!renewal->question && renewal->state >= TLSBIND_LEASE_DUE && renewal->again > now &&
	    left > renewal->again - now)
		left = renewal->again - now;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* libcurl says CURL_WAIT_POLLIN where poll() has POLLHUP or POLLERR. */
static int renewal_poll_both(struct tool_renewal *renewal, struct pollfd fds[TOOL_RENEWAL_FDS])
{
	struct curl_waitfd extra[TOOL_RENEWAL_FDS];
	unsigned int used = 0, i;
	int ready;

	for (i = 0; i < TOOL_RENEWAL_FDS; i++)
		if (fds[i].fd >= 0)
			extra[used++] = (struct curl_waitfd){
				.fd = fds[i].fd,
				.events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
						  (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
			};
	if (curl_multi_poll(renewal->multi, extra, used, renewal_timeout(renewal), &ready)) {
		errno = EIO;
		return -1;
	}
	for (i = 0, used = 0; i < TOOL_RENEWAL_FDS; i++)
		fds[i].revents = fds[i].fd >= 0 && extra[used++].revents ? POLLIN : 0;
	return ready;
}

int tool_renewal_poll(struct tool_renewal *renewal, struct pollfd fds[TOOL_RENEWAL_FDS])
{
	if (renewal->question)
		return renewal_poll_both(renewal, fds);
	return poll(fds, TOOL_RENEWAL_FDS, renewal_timeout(renewal));
}
