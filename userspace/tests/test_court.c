/* SPDX-License-Identifier: MIT */
/*
 * tlsbindd --judge, from the kernel's message to the verdict: what is admitted, and each
 * way in which a connection is not.
 */
#include "session.h"

static void evidence_admits(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	t = told(7);
	judge_one(&t);
	session_was(7, JUDGE_ADMITTED, "");
	assert_string_equal(session_log, "");
	assert_int_equal(session.answerer.asked, 1);
	assert_memory_equal(session.answerer.ids[0], t.connection.connection_id, 16);
	assert_int_equal(session.court.tally.late, 0);
	session_end();
}

/* What is wrong with the evidence, and what the log says of it. */
static void another_tx(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.tx_commitment[5] ^= 1;
}

static void another_rx(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.rx_commitment[5] ^= 1;
}

/* A peer that sees itself as the other end. */
static void reflected(struct synth_case *c, unsigned int number)
{
	(void)number;
	memset(c->claims.tx_commitment, 0x22, TLSBIND_COMMITMENT_SIZE);
	memset(c->claims.rx_commitment, 0x11, TLSBIND_COMMITMENT_SIZE);
}

static void another_suite(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.cipher_suite = htobe16(0x1301);
}

static void another_measurement(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->measurement[0] ^= 1;
}

static void another_user(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.uid = htobe32(0);
}

static void a_flag(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.flags = htobe32(TLSBIND_F_DOORS_OPEN);
}

static void wrong_signature(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->signature_flip = 1;
}

static void wrong_report_data(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->report_data_flip = 1;
}

static void wrong_path(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->nodes = 2;
}

static void no_provider(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->provider = "nobody";
}

static void rx_ahead(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.rx_generation = htobe32(2);
	c->claims.rx_commitment[5] ^= 1;
}

static void tx_behind(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.tx_generation = htobe32(1);
	c->claims.tx_commitment[5] ^= 1;
}

static void two_behind(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.tx_generation = htobe32(0);
	c->claims.tx_commitment[5] ^= 1;
}

/* The other direction is another connection's. */
static void tx_behind_another_rx(struct synth_case *c, unsigned int number)
{
	tx_behind(c, number);
	c->claims.rx_commitment[5] ^= 1;
}

static void tx_behind_another_user(struct synth_case *c, unsigned int number)
{
	tx_behind(c, number);
	c->claims.uid = htobe32(0);
}

static void tx_behind_wrong_signature(struct synth_case *c, unsigned int number)
{
	tx_behind(c, number);
	c->signature_flip = 1;
}

static const struct {
	void (*change)(struct synth_case *c, unsigned int number);
	enum judge_reason reason;
	const char *text;
} wrong_evidence[] = {
	{ another_tx, JUDGE_BINDING, "binding: binding.tx (binding.tx: expected" },
	{ another_rx, JUDGE_BINDING, "binding: binding.rx (" },
	{ reflected, JUDGE_BINDING, "binding: binding.tx binding.rx (" },
	{ another_suite, JUDGE_BINDING, "binding: claims.suite (" },
	{ another_measurement, JUDGE_APPRAISAL, "appraisal: appraisal.measurement (" },
	{ another_user, JUDGE_APPRAISAL, "appraisal: appraisal.uid (" },
	{ a_flag, JUDGE_APPRAISAL, "appraisal: claims.flags (" },
	{ wrong_signature, JUDGE_SIGNATURE, "signature: report.signature (" },
	{ wrong_report_data, JUDGE_BINDING, "binding: report.data (" },
	{ wrong_path, JUDGE_BINDING, "tree.inclusion" },
	{ no_provider, JUDGE_MALFORMED, "malformed: " },
	{ rx_ahead, JUDGE_BINDING, "binding: claims.generation binding.rx" },
	{ two_behind, JUDGE_BINDING, "binding: claims.generation binding.tx" },
	{ tx_behind_another_rx, JUDGE_BINDING, "claims.generation binding.tx binding.rx" },
	{ tx_behind_another_user, JUDGE_BINDING, "appraisal.uid" },
	{ tx_behind_wrong_signature, JUDGE_SIGNATURE, "report.signature" },
};

/* A verification that fails is final: asked once, and the verdict is there at once. */
static void wrong_evidence_is_final(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_evidence) / sizeof(wrong_evidence[0]); i++) {
		struct told t;

		session_begin();
		session.answerer.change = wrong_evidence[i].change;
		t = told(i + 1);
		judge_one(&t);
		session_was(i + 1, wrong_evidence[i].reason, wrong_evidence[i].text);
		assert_int_equal(session.answerer.asked, 1);
		assert_true(WITHIN(8000));
		session_end();
	}
}

static void an_old_answer_rejects(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_OLD;
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_BINDING, "binding: claims.nonce (");
	assert_int_equal(session.answerer.asked, 1);
	session_end();
}

/* What the responder does instead, and what becomes of it. */
static const struct {
	enum answerer_does does;
	unsigned int status;
	const char *body;
	enum judge_reason reason;
	const char *text;
	bool again;
} wrong_answers[] = {
	{ ANSWERER_STATUS, 403, "{\"error\":\"no rule\"}", JUDGE_REFUSED, "no rule", false },
	{ ANSWERER_STATUS, 400, "{\"error\":\"bad\"}", JUDGE_REFUSED, "bad", false },
	{ ANSWERER_STATUS, 410, "{\"error\":\"gone\"}", JUDGE_REFUSED, "gone", false },
	{ ANSWERER_STATUS, 302, "elsewhere", JUDGE_NOT_EVIDENCE, "302", false },
	{ ANSWERER_STATUS, 404, "<html>", JUDGE_NOT_EVIDENCE, "404", false },
	{ ANSWERER_STATUS, 200, "", JUDGE_NOT_EVIDENCE, "not evidence", false },
	{ ANSWERER_STATUS, 200, "{}", JUDGE_NOT_EVIDENCE, "not evidence", false },
	{ ANSWERER_STATUS, 200, "[\"" TLSBIND_MEDIA_TYPE "\",\"AAAA\"]", JUDGE_MALFORMED,
	  "malformed", false },
	{ ANSWERER_ENDLESS, 0, NULL, JUDGE_NOT_EVIDENCE, "large", false },
	{ ANSWERER_STATUS, 404, "{\"error\":\"none\"}", JUDGE_NO_ANSWER, "404: none", true },
	{ ANSWERER_STATUS, 429, "{\"error\":\"rate\"}", JUDGE_NO_ANSWER, "429: rate", true },
	{ ANSWERER_STATUS, 503, "{\"error\":\"busy\"}", JUDGE_NO_ANSWER, "503: busy", true },
	{ ANSWERER_CUTS, 0, NULL, JUDGE_NO_ANSWER, "no-answer: ", true },
	{ ANSWERER_HANGS, 0, NULL, JUDGE_NO_ANSWER, "no-answer: ", false },
};

static void wrong_answers_reject(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_answers) / sizeof(wrong_answers[0]); i++) {
		struct told t;

		session_begin();
		session.answerer.does = wrong_answers[i].does;
		session.answerer.status = wrong_answers[i].status;
		session.answerer.text = wrong_answers[i].body;
		t = told(1);
		t.timeout = 1500;
		judge_one(&t);
		session_was(1, wrong_answers[i].reason, wrong_answers[i].text);
		assert_true(WITHIN(1500 + SESSION_SLACK));
		if (wrong_answers[i].again)
			assert_true(session.answerer.asked >= 3);
		else
			assert_int_equal(session.answerer.asked, 1);
		session_end();
	}
}

static void nobody_there_rejects(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	/* Nobody listens on the port of a responder that was stopped. */
	answerer_start(&session.answerer);
	snprintf(session.pattern, sizeof(session.pattern), "http://{address}:%u",
		 session.answerer.port);
	answerer_stop(&session.answerer);
	t = told(1);
	t.timeout = 1500;
	judge_one(&t);
	session_was(1, JUDGE_NO_ANSWER, "no-answer: ");
	assert_true(session.court.tally.retries >= 2);
	assert_true(WITHIN(1500 + SESSION_SLACK));
	session_end();
}

static void no_policy_rejects_without_asking(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	t = told(1);
	t.policy = 1;
	judge_one(&t);
	session_was(1, JUDGE_NO_POLICY, "policy 1 uid 33: no-policy");
	assert_int_equal(session.answerer.asked, 0);
	session_end();
}

static void keys_that_no_evidence_is_about_reject(void **state)
{
	struct told bad[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		session_begin();
		bad[i] = told(1);
		if (i == 0)
			bad[i].connection.tls_version = 0x0303;
		else if (i == 1)
			bad[i].connection.cipher_suite = 0;
		else if (i == 2)
			memset(bad[i].connection.tx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
		else
			memset(bad[i].connection.connection_id, 0, TLSBIND_CONNECTION_ID_SIZE);
		judge_one(&bad[i]);
		session_was(1, JUDGE_KEYS, "keys: ");
		assert_int_equal(session.answerer.asked, 0);
		session_end();
	}
}

static const int needed[] = {
	TLSBIND_A_HOLD_POLICY, TLSBIND_A_HOLD_TIMEOUT, TLSBIND_A_HOLD_PEER_ID,
	TLSBIND_A_HOLD_PEER_TX_COMMITMENT, TLSBIND_A_HOLD_PEER_RX_COMMITMENT,
	TLSBIND_A_HOLD_PEER_TX_GENERATION, TLSBIND_A_HOLD_PEER_RX_GENERATION,
	TOLD_SOCK + TLSBIND_A_SOCK_REMOTE_ADDRESS, TOLD_SOCK + TLSBIND_A_SOCK_REMOTE_PORT,
	TOLD_SOCK + TLSBIND_A_SOCK_TLS_VERSION, TOLD_SOCK + TLSBIND_A_SOCK_CIPHER_SUITE,
	TLSBIND_A_HOLD_SOCK,
};

static void a_message_that_lacks_something_rejects(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(needed) / sizeof(needed[0]); i++) {
		struct told t;

		session_begin();
		t = told(9);
		if (i % 2)
			t.short_one = needed[i / 2];
		else
			t.without = needed[i / 2];
		/* A nest has no size that could be wrong. */
		if (i % 2 && needed[i / 2] == TLSBIND_A_HOLD_SOCK)
			t.without = TLSBIND_A_HOLD_SOCK;
		judge_one(&t);
		session_was(9, JUDGE_MESSAGE, "message: ");
		assert_int_equal(session.answerer.asked, 0);
		session_end();
	}
}

static void a_message_without_handle_has_no_verdict(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session_open();
	t = told(9);
	t.without = TLSBIND_A_HOLD_HANDLE;
	session_tell(&t);
	assert_int_equal(session.count, 0);
	assert_int_equal(session.court.docket.count, 0);
	assert_non_null(strstr(session_log, "message: "));
	session_end();
}

static void other_messages_are_left_alone(void **state)
{
	struct told t;
	struct nl_msg *message;

	(void)state;
	session_begin();
	session_open();
	t = told(9);
	message = told_message(&t, TLSBIND_CMD_EVENT_NTF);
	assert_int_equal(judge_court_hear(nlmsg_hdr(message), &session.court), 0);
	nlmsg_free(message);
	assert_int_equal(session.court.tally.holds, 0);
	assert_string_equal(session_log, "");
	session_end();
}

static void too_many_reject(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.rules.holds = 2;
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	for (uint64_t handle = 1; handle <= 3; handle++) {
		t = told(handle);
		session_tell(&t);
	}
	session_was(3, JUDGE_OVERLOAD, "overload");
	assert_int_equal(session.court.docket.count, 2);
	session_end();
}

/* What was vouched for is what is verified, and no more. */
static void a_resumed_connection_must_be_welcome(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.rules.handshake.full_handshake = false;
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_BINDING, "tls.resumption");
	session_end();

	session_begin();
	session.rules.handshake.full_handshake = false;
	session.rules.sources.psk_dhe = true;
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_ADMITTED, "");
	session_end();
}

static void without_a_word_for_the_handshake_nothing_is_admitted(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	memset(&session.rules.handshake, 0, sizeof(session.rules.handshake));
	session.rules.sources.psk_dhe = true;
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_BINDING, "tls.key-exchange tls.resumption tls.early-data");
	session_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_admits),
		cmocka_unit_test(wrong_evidence_is_final),
		cmocka_unit_test(an_old_answer_rejects),
		cmocka_unit_test(wrong_answers_reject),
		cmocka_unit_test(nobody_there_rejects),
		cmocka_unit_test(no_policy_rejects_without_asking),
		cmocka_unit_test(keys_that_no_evidence_is_about_reject),
		cmocka_unit_test(a_message_that_lacks_something_rejects),
		cmocka_unit_test(a_message_without_handle_has_no_verdict),
		cmocka_unit_test(other_messages_are_left_alone),
		cmocka_unit_test(too_many_reject),
		cmocka_unit_test(a_resumed_connection_must_be_welcome),
		cmocka_unit_test(without_a_word_for_the_handshake_nothing_is_admitted),
	};

	return cmocka_run_group_tests_name("court", tests, guest_setup, guest_teardown);
}
