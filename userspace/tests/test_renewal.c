/* SPDX-License-Identifier: MIT */
/*
 * tlsbindd --judge and leases: they are asked about again and again until their time is up,
 * only evidence decides, and whoever is held comes first.
 */
#include "session.h"

static struct told renewal(uint64_t handle, uint32_t timeout)
{
	struct told t = told(handle);

	t.renewal = true;
	t.timeout = timeout;
	return t;
}

/* So many were told of, and this became of them. */
static void renewals_were(uint64_t told, uint64_t renewed, uint64_t rejected, uint64_t late,
			  uint64_t gone)
{
	const struct judge_renewals *r = &session.court.tally.renewals;

	if (r->told != told || r->renewed != renewed || r->rejected != rejected ||
	    r->late != late || r->gone != gone)
		fail_msg("told %u renewed %u rejected %u late %u gone %u: %s", (unsigned int)r->told,
			 (unsigned int)r->renewed, (unsigned int)r->rejected,
			 (unsigned int)r->late, (unsigned int)r->gone, session_log);
	assert_int_equal(session.court.tally.holds, 0);
	assert_int_equal(session.court.tally.verdicts[JUDGE_ADMITTED], 0);
}

static void evidence_renews(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	t = renewal(7, 10000);
	judge_one(&t);
	renewals_were(1, 1, 0, 0, 0);
	assert_int_equal(session.handle[0], 7);
	assert_true(session.admit[0]);
	/* Once more: another handle, the same name, and another nonce. */
	t.handle = 8;
	session_tell(&t);
	session_run(2);
	renewals_were(2, 2, 0, 0, 0);
	assert_memory_equal(session.answerer.ids[0], session.answerer.ids[1], 16);
	assert_memory_not_equal(session.answerer.nonces[0], session.answerer.nonces[1], 32);
	assert_string_equal(session_log, "");
	judge_court_report(&session.court);
	assert_non_null(strstr(session_log, "holds 0 admitted 0 rejected 0 late 0 gone 0"));
	assert_non_null(strstr(session_log, "renewals 2 renewed 2 not-renewed 0 late 0 gone 0 waiting 0\n"));
	session_end();
}

/* Final for whoever is held, see test_court.c. */
static const struct {
	unsigned int status;
	const char *body;
	enum judge_reason reason;
	const char *text;
} denials[] = {
	{ 403, "{\"error\":\"no rule\"}", JUDGE_REFUSED, "refused: status 403: no rule" },
	{ 410, "{\"error\":\"gone\"}", JUDGE_REFUSED, "refused: status 410: gone" },
	{ 404, "{\"error\":\"none\"}", JUDGE_NO_ANSWER, "no-answer: status 404: none" },
	{ 503, "{\"error\":\"busy\"}", JUDGE_NO_ANSWER, "no-answer: status 503: busy" },
	{ 302, "elsewhere", JUDGE_NOT_EVIDENCE, "not-evidence: " },
	{ 404, "<html>", JUDGE_NOT_EVIDENCE, "not-evidence: " },
	{ 200, "{}", JUDGE_NOT_EVIDENCE, "not-evidence: " },
};

static void what_is_not_evidence_is_asked_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		struct told t;

		session_begin();
		session.answerer.first = 2;
		session.answerer.status = denials[i].status;
		session.answerer.text = denials[i].body;
		t = renewal(1, 10000);
		judge_one(&t);
		renewals_were(1, 1, 0, 0, 0);
		assert_int_equal(session.answerer.asked, 3);
		session_end();
	}
}

/* And if there is nothing else until the end: why it is, not before, and the log says it early. */
static void what_is_never_evidence_ends_the_lease_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		struct told t;

		session_begin();
		session.answerer.does = ANSWERER_STATUS;
		session.answerer.status = denials[i].status;
		session.answerer.text = denials[i].body;
		t = renewal(1, 1200);
		judge_one(&t);
		renewals_were(1, 0, 1, 0, 0);
		assert_false(session.admit[0]);
		assert_false(WITHIN(900));
		assert_true(session.at[0] <= begun + 1200);
		assert_int_equal(session.court.tally.verdicts[denials[i].reason], 1);
		if (!strstr(session_log, denials[i].text))
			fail_msg("not %s: %s", denials[i].text, session_log);
		assert_non_null(strstr(session_log, "not renewed yet 127.0.0.1 port 443 id "));
		assert_non_null(strstr(session_log, "\nnot renewed 127.0.0.1 port 443 id "));
		session_end();
	}
}

static void another_measurement(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->measurement[0] ^= 1;
}

static void another_connection(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.tx_commitment[5] ^= 1;
}

static void wrong_signature(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->signature_flip = 1;
}

/* Other keys, and what no KeyUpdate changes. */
static void ahead_and_another_user(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.rx_generation = htobe32(2);
	c->claims.rx_commitment[5] ^= 1;
	c->claims.uid = htobe32(0);
}

static const struct {
	void (*change)(struct synth_case *c, unsigned int number);
	enum judge_reason reason;
	const char *text;
} failures[] = {
	{ another_measurement, JUDGE_APPRAISAL, "appraisal: appraisal.measurement (" },
	{ another_connection, JUDGE_BINDING, "binding: binding.tx (" },
	{ wrong_signature, JUDGE_SIGNATURE, "signature: report.signature (" },
	{ ahead_and_another_user, JUDGE_BINDING, "appraisal.uid" },
};

static void evidence_that_fails_ends_it_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct told t;

		session_begin();
		session.answerer.change = failures[i].change;
		t = renewal(1, 3600000);
		judge_one(&t);
		renewals_were(1, 0, 1, 0, 0);
		assert_false(session.admit[0]);
		assert_int_equal(session.answerer.asked, 1);
		assert_int_equal(session.court.tally.verdicts[failures[i].reason], 1);
		assert_non_null(strstr(session_log, "not renewed 127.0.0.1 port 443 id "));
		assert_non_null(strstr(session_log, failures[i].text));
		session_end();
	}
}

static void an_old_answer_ends_it_at_once(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_OLD;
	t = renewal(1, 3600000);
	judge_one(&t);
	renewals_were(1, 0, 1, 0, 0);
	assert_non_null(strstr(session_log, "binding: claims.nonce ("));
	session_end();
}

/* The policy was taken away: nobody says any more that the peer is welcome. */
static void no_policy_ends_it_at_once(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	t = renewal(1, 3600000);
	t.policy = 1;
	judge_one(&t);
	renewals_were(1, 0, 1, 0, 0);
	assert_int_equal(session.answerer.asked, 0);
	session_end();
}

/* Keys go on while it is asked: evidence about others says nothing yet. */
static void ahead_at_first(struct synth_case *c, unsigned int number)
{
	if (number >= 2)
		return;
	c->claims.rx_generation = htobe32(be32toh(c->claims.rx_generation) + 1);
	c->claims.rx_commitment[5] ^= 1;
}

static void two_behind_at_first(struct synth_case *c, unsigned int number)
{
	if (number >= 2)
		return;
	c->claims.tx_generation = htobe32(0);
	c->claims.tx_commitment[5] ^= 1;
}

static void other_keys_are_asked_about_again(void **state)
{
	static void (*const changes[])(struct synth_case *c, unsigned int number) = {
		ahead_at_first, two_behind_at_first,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct told t;

		session_begin();
		session.answerer.change = changes[i];
		t = renewal(1, 10000);
		judge_one(&t);
		renewals_were(1, 1, 0, 0, 0);
		assert_int_equal(session.answerer.asked, 3);
		session_end();
	}
}

/* A responder that wants to be asked when it is over is asked before. */
static void a_time_beyond_the_end_is_not_waited_for(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.first = 1;
	session.answerer.status = 503;
	session.answerer.text = "{\"error\":\"busy\"}";
	session.answerer.retry_after = "3600";
	t = renewal(1, 4000);
	judge_one(&t);
	renewals_were(1, 1, 0, 0, 0);
	assert_int_equal(session.answerer.asked, 2);
	session_end();
}

/* The connection has ended, or the kernel asks with other keys already. */
static void a_late_verdict_is_no_rejection(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.error = -ENOENT;
	session.answerer.change = another_connection;
	t = renewal(1, 10000);
	judge_one(&t);
	renewals_were(1, 0, 0, 1, 0);
	assert_string_equal(session_log, "");
	session_end();
}

/* The lease goes on: the kernel will be asked whether it is still to be renewed. */
static void a_verdict_that_fails_is_given_again(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.error = -ENOMEM;
	t = renewal(1, 10000);
	judge_one(&t);
	assert_non_null(strstr(session_log, "fault: Cannot allocate memory"));
	assert_true(session.relist.set && session.relist.at <= loop_now() + JUDGE_RETRY_MAX);
	session.error = 0;
	session.dump[0] = 1;
	session.dumps = 1;
	session.dump_renewals = true;
	session_run(2);
	renewals_were(2, 1, 0, 0, 0);
	session_end();
}

/* With new keys it is another one, and the one before is not asked about any more. */
static void the_newest_counts(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	t = renewal(5, 10000);
	session_tell(&t);
	t.handle = 6;
	session_tell(&t);
	assert_int_equal(session.court.docket.count, 1);
	assert_int_equal(session.court.asker.count, 1);
	renewals_were(2, 0, 0, 0, 1);
	/* Told late, after it was found in a list. */
	t.handle = 5;
	session_tell(&t);
	assert_int_equal(session.court.docket.count, 1);
	renewals_were(2, 0, 0, 0, 1);
	/* It is held now: its verdict begins the lease anew. */
	t.handle = 7;
	t.renewal = false;
	session_tell(&t);
	assert_int_equal(session.court.docket.count, 1);
	assert_int_equal(session.court.renewals, 0);
	assert_int_equal(session.count, 0);
	session_end();
}

/* More than there is room for stay with the kernel; whoever is held has room of his own. */
static void too_many_are_left_with_the_kernel(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.rules.holds = 2;
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	for (uint64_t handle = 1; handle <= 3; handle++) {
		t = renewal(handle, 3600000);
		session_tell(&t);
	}
	assert_int_equal(session.court.renewals, 2);
	assert_int_equal(session.count, 0);
	t = told(4);
	session_tell(&t);
	assert_int_equal(session.court.docket.count, 3);
	assert_true(session.relist.at > loop_now() + JUDGE_RELIST / 2);
	/* Now there is. */
	session.dump[0] = 2;
	session.dump[1] = 3;
	session.dumps = 2;
	session.dump_renewals = true;
	assert_int_equal(judge_court_dump(&session.court), 0);
	assert_true(session.relist.set && session.relist.at <= loop_now());
	assert_int_equal(judge_court_dump(&session.court), 0);
	assert_int_equal(session.court.renewals, 2);
	assert_int_equal(session.court.tally.renewals.gone, 1);
	assert_int_equal(session.count, 0);
	session_end();
}

/* Half of the questions are for whoever is held, until leases are urgent. */
static void whoever_is_held_comes_first(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.rules.peer_questions = 4;
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	for (uint64_t handle = 1; handle <= 4; handle++) {
		t = renewal(handle, 2000);
		session_tell(&t);
	}
	assert_int_equal(session.court.asker.count, 2);
	t = told(5);
	session_tell(&t);
	assert_int_equal(session.court.asker.count, 3);
	begun = loop_now();
	session_run(1);
	/*
	 * One of the two that waited had its turn when half of the time was over, the other
	 * may have had it since the first verdict.
	 */
	assert_in_range(session.court.tally.questions, 4, 5);
	assert_false(WITHIN(1400));
	session_run(4);
	assert_int_equal(session.court.tally.renewals.rejected, 4);
	session_end();
}

/* Ended connections are found by asking for all, a minute later at the latest. */
static void what_is_not_wanted_any_more_is_forgotten(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	t = renewal(1, 3600000);
	session_tell(&t);
	assert_true(session.relist.set && session.relist.at <= loop_now() + JUDGE_RELIST);
	session.dump_empty = true;
	assert_int_equal(judge_court_dump(&session.court), 0);
	renewals_were(1, 0, 0, 0, 1);
	assert_int_equal(session.count, 0);
	session_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_renews),
		cmocka_unit_test(what_is_not_evidence_is_asked_again),
		cmocka_unit_test(what_is_never_evidence_ends_the_lease_in_time),
		cmocka_unit_test(evidence_that_fails_ends_it_at_once),
		cmocka_unit_test(an_old_answer_ends_it_at_once),
		cmocka_unit_test(no_policy_ends_it_at_once),
		cmocka_unit_test(other_keys_are_asked_about_again),
		cmocka_unit_test(a_time_beyond_the_end_is_not_waited_for),
		cmocka_unit_test(a_late_verdict_is_no_rejection),
		cmocka_unit_test(a_verdict_that_fails_is_given_again),
		cmocka_unit_test(the_newest_counts),
		cmocka_unit_test(too_many_are_left_with_the_kernel),
		cmocka_unit_test(whoever_is_held_comes_first),
		cmocka_unit_test(what_is_not_wanted_any_more_is_forgotten),
	};

	return cmocka_run_group_tests_name("renewal", tests, guest_setup, guest_teardown);
}
