/* SPDX-License-Identifier: MIT */
/*
 * tlsbindd --judge with time, with losses, and with many: asking again, verdicts that come
 * too late, messages that are lost, policies that change, responders that hang.
 */
#include "session.h"

static void what_is_not_there_yet_is_asked_for_again(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.first = 3;
	session.answerer.status = 404;
	session.answerer.text = "{\"error\":\"not yet\"}";
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_ADMITTED, "");
	assert_int_equal(session.answerer.asked, 4);
	assert_int_equal(session.court.tally.questions, 4);
	assert_int_equal(session.court.tally.retries, 3);
	/* A nonce serves once, the name is the same. */
	for (unsigned int i = 0; i < 4; i++) {
		assert_memory_equal(session.answerer.ids[i], t.connection.connection_id, 16);
		for (unsigned int j = 0; j < i; j++)
			assert_memory_not_equal(session.answerer.nonces[i],
						session.answerer.nonces[j], 32);
	}
	session_end();
}

static void a_busy_responder_is_given_the_time_it_wants(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.first = 1;
	session.answerer.status = 503;
	session.answerer.text = "{\"error\":\"busy\"}";
	session.answerer.retry_after = "1";
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_ADMITTED, "");
	assert_false(WITHIN(1000));
	assert_int_equal(session.answerer.asked, 2);
	session_end();
}

/* There is no use in waiting for what comes too late. */
static void a_time_beyond_the_deadline_rejects_at_once(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_STATUS;
	session.answerer.status = 503;
	session.answerer.text = "{\"error\":\"busy\"}";
	session.answerer.retry_after = "3600";
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_NO_ANSWER, "503: busy");
	assert_true(WITHIN(8000));
	assert_int_equal(session.answerer.asked, 1);
	session_end();
}

/* The peer takes a KeyUpdate only when it reads. */
static void behind_at_first(struct synth_case *c, unsigned int number)
{
	if (number >= 2)
		return;
	c->claims.tx_generation = htobe32(1);
	c->claims.tx_commitment[5] ^= 1;
}

static void behind_in_both(struct synth_case *c, unsigned int number)
{
	(void)number;
	c->claims.tx_generation = htobe32(1);
	c->claims.tx_commitment[5] ^= 1;
	c->claims.rx_generation = htobe32(0);
	c->claims.rx_commitment[5] ^= 1;
}

static void a_step_behind_may_be_made_good(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.change = behind_at_first;
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_ADMITTED, "");
	assert_int_equal(session.answerer.asked, 3);
	session_end();
}

static void a_step_behind_for_ever_rejects(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.change = behind_in_both;
	t = told(1);
	t.timeout = 1500;
	judge_one(&t);
	session_was(1, JUDGE_BEHIND, "behind: claims.generation binding.tx binding.rx");
	assert_true(session.answerer.asked >= 3);
	assert_true(WITHIN(1500 + SESSION_SLACK));
	session_end();
}

static void a_late_verdict_is_counted(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.error = -ENOENT;
	t = told(1);
	judge_one(&t);
	session_was(1, JUDGE_ADMITTED, "");
	assert_int_equal(session.court.tally.late, 1);
	assert_false(session.court.dismissed);
	assert_int_equal(session.court.docket.count, 0);
	session_end();
}

static void a_judge_that_is_none_ends(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.error = -EPERM;
	t = told(1);
	session_open();
	session_tell(&t);
	session_run(2);
	assert_int_equal(session.count, 1);
	assert_true(session.court.dismissed);
	session_end();
}

static void a_verdict_that_fails_is_told(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.error = -ENOMEM;
	t = told(1);
	judge_one(&t);
	assert_non_null(strstr(session_log, "fault: Cannot allocate memory"));
	session_end();
}

/* Known, lost and gone: 1 is known, 2 was lost, 3 is not held any more. */
static void lost_messages_are_made_good(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	t = told(1);
	session_tell(&t);
	t = told(3);
	session_tell(&t);
	session.dump[0] = 1;
	session.dump[1] = 2;
	session.dumps = 2;
	assert_int_equal(judge_court_dump(&session.court), 0);
	assert_int_equal(session.court.docket.count, 2);
	assert_int_equal(session.court.tally.holds, 3);
	assert_int_equal(session.court.tally.gone, 1);
	/* Nobody was judged for it, and what is told twice is one. */
	session_tell(&(struct told){ .handle = 1 });
	assert_int_equal(session.court.docket.count, 2);
	assert_int_equal(session.count, 0);
	session_end();
}

/* Whoever is missing in a list that is not complete may be held all the same. */
static void a_list_that_fails_makes_nobody_gone(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	t = told(1);
	session_tell(&t);
	session.dump[0] = 2;
	session.dumps = 1;
	session.dump_error = -EAGAIN;
	assert_int_equal(judge_court_dump(&session.court), -EAGAIN);
	assert_int_equal(session.court.docket.count, 2);
	assert_int_equal(session.court.tally.gone, 0);
	session_end();
}

static void policies_are_read_anew_or_stay(void **state)
{
	json_t *policy = guest_policy();
	struct told t;
	FILE *file;

	(void)state;
	session_begin();
	session_open();
	file = fopen(session.policy, "w");
	fputs("{}", file);
	fclose(file);
	judge_court_reload(&session.court);
	assert_non_null(strstr(session_log, "the policies stay what they were"));
	t = told(1);
	session_tell(&t);
	session_run(1);
	session_was(1, JUDGE_ADMITTED, "");
	guest_set(policy, "snp", "measurement", guest_hex(0x56, 48, 0));
	session_write_policy(policy);
	judge_court_reload(&session.court);
	assert_int_equal(session.court.tally.reloads, 1);
	t = told(2);
	session_tell(&t);
	session_run(2);
	session_was(2, JUDGE_APPRAISAL, "appraisal.measurement");
	session_end();
}

/* Two policies, the rule chooses. */
static void the_number_chooses_the_policy(void **state)
{
	json_t *policy = guest_policy();
	char other[] = "/tmp/tlsbind-court-other-XXXXXX";
	struct told t;

	(void)state;
	session_begin();
	close(mkstemp(other));
	guest_set(policy, "snp", "measurement", guest_hex(0x56, 48, 0));
	assert_int_equal(json_dump_file(policy, other, 0), 0);
	json_decref(policy);
	session.rules.sources.policy[1] = (struct judge_numbered){ true, 300, other };
	session.rules.sources.policies = 2;
	session_open();
	t = told(1);
	t.policy = 300;
	session_tell(&t);
	session_run(1);
	session_was(1, JUDGE_APPRAISAL, "policy 300 uid 33: appraisal: appraisal.measurement");
	t = told(2);
	session_tell(&t);
	session_run(2);
	session_was(2, JUDGE_ADMITTED, "");
	session_end();
	unlink(other);
}

/* 127.0.0.2 has a responder of its own; that of the others never answers. */
static void the_number_chooses_the_responder(void **state)
{
	struct answerer hanging = { .does = ANSWERER_HANGS };
	char pattern[64];
	struct told t;

	(void)state;
	session_begin();
	answerer_start(&hanging);
	session.rules.sources.policy[1] = (struct judge_numbered){ true, 5, session.policy };
	session.rules.sources.policies = 2;
	session.rules.responder[1] = (struct judge_numbered){ true, 5, pattern };
	session.rules.responders = 2;
	snprintf(pattern, sizeof(pattern), "http://127.0.0.1:%u", hanging.port);
	session_open();
	t = told(1);
	t.policy = 5;
	t.timeout = 1500;
	session_tell(&t);
	session_run(1);
	session_was(1, JUDGE_NO_ANSWER, "no-answer");
	assert_int_equal(hanging.asked, 1);
	assert_int_equal(session.answerer.asked, 0);
	session_end();
	answerer_stop(&hanging);
}

/* Questions to one that hangs take none of the turns of others. */
static void a_peer_that_hangs_keeps_no_other_waiting(void **state)
{
	struct answerer hanging = { .does = ANSWERER_HANGS };
	char pattern[64];
	struct told t;

	(void)state;
	session_begin();
	answerer_start(&hanging);
	session.rules.questions = 8;
	session.rules.peer_questions = 4;
	session.rules.sources.policy[1] = (struct judge_numbered){ true, 5, session.policy };
	session.rules.sources.policies = 2;
	session.rules.responder[1] = (struct judge_numbered){ true, 5, pattern };
	session.rules.responders = 2;
	snprintf(pattern, sizeof(pattern), "http://{address}:%u", hanging.port);
	session_open();
	for (uint64_t handle = 1; handle <= 100; handle++) {
		t = told(handle);
		t.policy = 5;
		session_tell(&t);
	}
	assert_int_equal(session.court.asker.count, 4);
	begun = loop_now();
	for (uint64_t handle = 101; handle <= 120; handle++) {
		t = told(handle);
		session_tell(&t);
	}
	session_run(20);
	assert_true(WITHIN(8000));
	assert_int_equal(session.court.tally.verdicts[JUDGE_ADMITTED], 20);
	assert_int_equal(session.court.docket.count, 100);
	session_end();
	answerer_stop(&hanging);
}

static long memory(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			kib = strtol(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

/*
 * A thousand connections to sixteen peers that never answer: what they take is bounded, and
 * each is rejected in time.
 */
static void a_thousand_waiting_take_little_and_end_in_time(void **state)
{
	long before, waiting, peak;
	struct told t;

	(void)state;
	session_begin();
	session.answerer.does = ANSWERER_HANGS;
	session_open();
	before = memory("VmRSS:");
	begun = loop_now();
	for (uint64_t handle = 1; handle <= 1000; handle++) {
		t = told(handle);
		t.timeout = 6000;
		t.host = (uint8_t)(1 + handle % 16);
		session_tell(&t);
	}
	assert_int_equal(session.court.docket.count, 1000);
	assert_int_equal(session.court.asker.count, 256);
	session_run(1);
	waiting = memory("VmRSS:");
	session_run(1000);
	peak = memory("VmHWM:");
	print_message("# 1000 waiting: VmRSS %ld KiB before, %ld KiB waiting, VmHWM %ld KiB\n",
		      before, waiting, peak);
	assert_int_equal(session.court.tally.verdicts[JUDGE_NO_ANSWER], 1000);
	assert_int_equal(session.court.docket.count, 0);
	assert_true(WITHIN(6000 + SESSION_SLACK));
	assert_true(before > 0 && peak - before < 64 * 1024);
	/* And the log was not filled. */
	session_log[0] = '\0';
	judge_court_report(&session.court);
	assert_non_null(strstr(session_log, "holds 1000 admitted 0 rejected 1000 late 0"));
	assert_non_null(strstr(session_log, " no-answer 1000 "));
	session_end();
}

/* A thousand that are answered: all are admitted, with few connections. */
static void a_thousand_are_admitted(void **state)
{
	struct told t;

	(void)state;
	session_begin();
	session_open();
	begun = loop_now();
	for (uint64_t handle = 1; handle <= 1000; handle++) {
		t = told(handle);
		t.timeout = 25000;
		session_tell(&t);
	}
	assert_int_equal(session.court.asker.count, 64);
	session_run(1000);
	print_message("# 1000 admitted within %ld ms\n", (long)(loop_now() - begun));
	assert_int_equal(session.court.tally.verdicts[JUDGE_ADMITTED], 1000);
	assert_int_equal(session.answerer.asked, 1000);
	session_end();
}

/* It may stand still for as long without being late for any. */
static void the_margin_grows_with_the_time_there_is(void **state)
{
	static const struct { uint32_t left; int64_t margin; } cases[] = {
		{ 400, 100 }, { 1000, 200 }, { 4000, 200 }, { 10000, 500 }, { 30000, 1500 },
		{ 3600000, 2000 },
	};
	static const struct tlsbind_handshake full = { true, true, true, NULL };

	(void)state;
	session_begin();
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct judge_hold hold = { 0 };
		struct nl_msg *message;
		struct told t = told(1);

		t.timeout = cases[i].left;
		message = told_message(&t, TLSBIND_CMD_GATE_NTF);
		assert_int_equal(judge_hold_parse(nlmsg_hdr(message), &full, 7, &hold), 0);
		assert_int_equal(hold.margin, cases[i].margin);
		assert_int_equal(hold.deadline, 7 + cases[i].left - cases[i].margin);
		nlmsg_free(message);
	}
	session_end();
}

static void the_log_is_not_filled(void **state)
{
	struct judge_tally tally = { 0 };
	unsigned int skipped, lines = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		lines += judge_tally_line(&tally, JUDGE_REFUSED, 5000, &skipped);
	assert_int_equal(lines, JUDGE_TALLY_LINES);
	/* Another reason is not kept silent by it. */
	assert_true(judge_tally_line(&tally, JUDGE_BINDING, 5000, &skipped));
	assert_int_equal(skipped, 0);
	assert_false(judge_tally_line(&tally, JUDGE_REFUSED, 14999, &skipped));
	assert_true(judge_tally_line(&tally, JUDGE_REFUSED, 15000, &skipped));
	assert_int_equal(skipped, 1001 - JUDGE_TALLY_LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_yet_is_asked_for_again),
		cmocka_unit_test(a_busy_responder_is_given_the_time_it_wants),
		cmocka_unit_test(a_time_beyond_the_deadline_rejects_at_once),
		cmocka_unit_test(a_step_behind_may_be_made_good),
		cmocka_unit_test(a_step_behind_for_ever_rejects),
		cmocka_unit_test(a_late_verdict_is_counted),
		cmocka_unit_test(a_judge_that_is_none_ends),
		cmocka_unit_test(a_verdict_that_fails_is_told),
		cmocka_unit_test(lost_messages_are_made_good),
		cmocka_unit_test(a_list_that_fails_makes_nobody_gone),
		cmocka_unit_test(policies_are_read_anew_or_stay),
		cmocka_unit_test(the_number_chooses_the_policy),
		cmocka_unit_test(the_number_chooses_the_responder),
		cmocka_unit_test(a_peer_that_hangs_keeps_no_other_waiting),
		cmocka_unit_test(a_thousand_waiting_take_little_and_end_in_time),
		cmocka_unit_test(a_thousand_are_admitted),
		cmocka_unit_test(the_margin_grows_with_the_time_there_is),
		cmocka_unit_test(the_log_is_not_filled),
	};

	return cmocka_run_group_tests_name("docket", tests, guest_setup, guest_teardown);
}
