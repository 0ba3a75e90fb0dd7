/* SPDX-License-Identifier: MIT */
/* tlsbind connect --responder: the evidence about a connection comes from somewhere else. */
#include <unistd.h>
#include "asked.h"

/* The tool, its connection, and its first question. */
static void start(struct asked *a, struct peer *p, const char *timeout)
{
	char *options[] = { "--responder", a->url, "--timeout", (char *)timeout, NULL };

	peer_start(p, options);
	asked_take(a, p);
}

static void what_the_responder_proves_is_accepted(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "60");
	asked_evidence(&a, &p, 0, 0);
	/* The server itself is asked nothing. */
	assert_string_equal(peer_read(&p), PEER_INPUT);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	assert_int_equal(peer_end(&p, true), 0);
	assert_true(peer_said(&p, "evidence ACCEPTED"));
	assert_true(peer_said(&p, "answer"));
	fclose(p.out);
	asked_end(&a);
}

static void evidence_of_another_question_is_rejected(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "60");
	a.nonce[0] ^= 1;
	asked_evidence(&a, &p, 0, 0);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 6);
	assert_true(peer_said(&p, "evidence REJECTED: claims.nonce\n"));
	fclose(p.out);
	asked_end(&a);
}

/* Genuine, and with the right nonce: but about the keys of a connection before. */
static void evidence_of_another_connection_is_rejected(void **state)
{
	char *options[] = { "--responder", NULL, NULL };
	struct peer_keys keys;
	struct asked a;
	struct peer p[2];

	(void)state;
	asked_begin(&a);
	options[1] = a.url;
	start(&a, &p[0], "60");
	asked_evidence(&a, &p[0], 0, 0);
	assert_string_equal(peer_read(&p[0]), PEER_INPUT);
	keys = peer_keys;
	peer_start(&p[1], options);
	asked_take(&a, &p[1]);
	peer_keys = keys;
	asked_evidence(&a, &p[1], 0, 0);
	assert_string_equal(peer_read(&p[1]), "");
	assert_int_equal(peer_end(&p[1], true), 6);
	assert_true(peer_said(&p[1], "evidence REJECTED: binding.tx, binding.rx\n"));
	assert_int_equal(peer_end(&p[0], true), 0);
	fclose(p[0].out);
	fclose(p[1].out);
	asked_end(&a);
}

static void not_yet_is_asked_again_with_another_nonce(void **state)
{
	static const char *const later[] = { "404 Not Found", "429 Too Many", "503 Unavailable" };
	uint8_t last[TLSBIND_NONCE_SIZE];
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "60");
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		memcpy(last, a.nonce, sizeof(last));
		asked_answer(&a, later[i], "{\"error\":\"not yet\"}");
		asked_take(&a, &p);
		assert_memory_not_equal(last, a.nonce, sizeof(last));
	}
	asked_evidence(&a, &p, 0, 0);
	assert_string_equal(peer_read(&p), PEER_INPUT);
	assert_int_equal(peer_end(&p, true), 0);
	assert_true(peer_said(&p, ": status 429: not yet; asking again\n"));
	fclose(p.out);
	asked_end(&a);
}

static void never_ends_with_the_time_allowed(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "1");
	asked_answer(&a, "404 Not Found", "{\"error\":\"no such connection\"}");
	asked_end(&a);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 2);
	assert_true(peer_said(&p, "no evidence within the time allowed"));
	fclose(p.out);
}

static void a_refusal_is_final(void **state)
{
	static const struct {
		const char *status;
		const char *body;
		const char *said;
	} refusals[] = {
		{ "403 Forbidden", "{\"error\":\"the rules \\u001b refuse\"}", "the rules ? refuse" },
		{ "400 Bad", "{\"error\":\"malformed\"}", "status 400: malformed" },
		{ "404 Not Found", "<html>", "status 404: not an answer of a responder" },
		{ "200 OK", "<html>", "not evidence" },
		{ "200 OK", "[]", "not evidence" },
	};
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		start(&a, &p, "60");
		asked_answer(&a, refusals[i].status, refusals[i].body);
		assert_string_equal(peer_read(&p), "");
		assert_int_equal(peer_end(&p, true), 2);
		assert_true(peer_said(&p, "gives no evidence: "));
		assert_true(peer_said(&p, refusals[i].said));
		fclose(p.out);
	}
	asked_end(&a);
}

/* What cannot even be parsed has a verdict of its own, as on the connection itself. */
static void rubbish_in_a_wrapper_is_malformed(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "60");
	asked_answer(&a, "200 OK", "[\"" TLSBIND_MEDIA_TYPE "\",\"AAAA\"]");
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 3);
	fclose(p.out);
	asked_end(&a);
}

/* What the server says first is neither lost nor shown before the verdict. */
static void a_server_may_speak_first(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "60");
	assert_int_equal(SSL_write(p.ssl, "220 ready", 9), 9);
	asked_answer(&a, "404 Not Found", "{\"error\":\"not yet\"}");
	asked_take(&a, &p);
	assert_false(peer_said(&p, "220 ready"));
	asked_evidence(&a, &p, 0, 0);
	assert_string_equal(peer_read(&p), PEER_INPUT);
	assert_int_equal(peer_end(&p, true), 0);
	assert_true(peer_said(&p, "220 ready"));
	fclose(p.out);
	asked_end(&a);
}

/* The evidence is about keys that were replaced meanwhile: asked again, once. */
static void a_key_update_in_between_is_asked_about_again(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	for (int good = 0; good < 2; good++) {
		start(&a, &p, "60");
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(p.ssl), 1);
		asked_evidence(&a, &p, 0, 0);
		asked_take(&a, &p);
		asked_evidence(&a, &p, good, 0);
		assert_string_equal(peer_read(&p), good ? PEER_INPUT : "");
		assert_int_equal(peer_end(&p, true), good ? 0 : 6);
		fclose(p.out);
	}
	asked_end(&a);
}

static void a_server_that_goes_away_is_told(void **state)
{
	struct asked a;
	struct peer p;

	(void)state;
	asked_begin(&a);
	start(&a, &p, "60");
	peer_drop(&p, false);
	asked_answer(&a, "404 Not Found", "{\"error\":\"closed\"}");
	fclose(p.in);
	assert_int_equal(peer_wait(&p), 2);
	assert_true(peer_said(&p, "without saying so"));
	fclose(p.out);
	asked_end(&a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_responder_proves_is_accepted),
		cmocka_unit_test(evidence_of_another_question_is_rejected),
		cmocka_unit_test(evidence_of_another_connection_is_rejected),
		cmocka_unit_test(not_yet_is_asked_again_with_another_nonce),
		cmocka_unit_test(never_ends_with_the_time_allowed),
		cmocka_unit_test(a_refusal_is_final),
		cmocka_unit_test(rubbish_in_a_wrapper_is_malformed),
		cmocka_unit_test(a_server_may_speak_first),
		cmocka_unit_test(a_key_update_in_between_is_asked_about_again),
		cmocka_unit_test(a_server_that_goes_away_is_told),
	};

	return peer_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
