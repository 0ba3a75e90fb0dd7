/* SPDX-License-Identifier: MIT */
/*
 * tlsbind connect against a server that makes genuine evidence about its own
 * connection, without kernel and guest, and then misbehaves.
 */
#include <unistd.h>
#include "peer.h"

static char *const no_options[] = { NULL };

static void test_accepted(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, no_options);
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), PEER_INPUT);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	assert_int_equal(peer_end(&p, true), 0);
	assert_true(peer_said(&p, "evidence ACCEPTED"));
	assert_true(peer_said(&p, "answer"));
	fclose(p.out);
}

/* The policy that the evidence of peer_evidence() suggests, but for this user. */
static void policy_write(const char *path, int uid)
{
	struct tlsbind_evidence parts;
	struct test_bytes bytes;
	struct synth_case c;
	json_t *policy;
	char *text;

	synth_default(&c, peer_pki, false);
	bytes = synth_encode(&c);
	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &parts), 0);
	text = tlsbind_policy_suggest(parts.provider, parts.report.data, parts.report.len,
				      parts.aux.data, parts.aux.len, parts.claims.data, true);
	policy = json_loads(text, 0, NULL);
	json_object_set_new(policy, "tcb", json_string("any"));
	json_object_set_new(json_object_get(policy, "claims"), "uid", json_pack("[i]", uid));
	assert_int_equal(json_dump_file(policy, path, 0), 0);
	json_decref(policy);
	free(text);
	free(bytes.data);
	synth_clear(&c);
}

static void test_policy(void **state)
{
	char path[] = "/tmp/tlsbind-policy-XXXXXX";
	char *const options[] = { "--policy", path, NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	close(mkstemp(path));
	for (int uid = 0; uid < 2; uid++) {
		policy_write(path, uid);
		peer_start(&p, options);
		peer_challenged(&p, nonce);
		peer_evidence(&p, nonce, 0, 0);
		assert_string_equal(peer_read(&p), uid ? "" : PEER_INPUT);
		assert_int_equal(peer_end(&p, true), uid ? 5 : 0);
		assert_int_equal(peer_said(&p, "FAIL  appraisal.uid"), uid);
		fclose(p.out);
	}
	unlink(path);
}

static void test_truncated_connection(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, no_options);
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), PEER_INPUT);
	assert_int_equal(peer_end(&p, false), 2);
	fclose(p.out);
}

static void test_rejected(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, no_options);
	peer_challenged(&p, nonce);
	nonce[0] ^= 1;
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 6);
	assert_true(peer_said(&p, "evidence REJECTED: claims.nonce\n"));
	fclose(p.out);
}

/* There are no revocation lists, and nobody said that none are wanted. */
static void test_tcb(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_any_tcb = false;
	peer_start(&p, no_options);
	peer_any_tcb = true;
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 11);
	assert_true(peer_said(&p, "evidence REJECTED: tcb.revocation\n"));
	fclose(p.out);
}

static void test_no_evidence(void **state)
{
	static const struct {
		const char *body;
		int code;
	} answers[] = {
		{ "{\"error\":\"not \\u001b[31mtoday\"}", 2 }, { "<html>", 2 }, { "[]", 3 },
		{ "[\"" TLSBIND_MEDIA_TYPE "\",\"AAAA\"]", 3 },
	};
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		peer_start(&p, no_options);
		peer_challenged(&p, nonce);
		peer_answer(&p, answers[i].body);
		assert_string_equal(peer_read(&p), "");
		assert_int_equal(peer_end(&p, true), answers[i].code);
		assert_false(peer_said(&p, "\033"));
		assert_true(i || peer_said(&p, "gives no evidence: not ?[31mtoday\n"));
		fclose(p.out);
	}
}

static void test_silence(void **state)
{
	char *const options[] = { "--timeout", "1", NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, options);
	peer_challenged(&p, nonce);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 2);
	assert_true(peer_said(&p, "no evidence within the time allowed"));
	fclose(p.out);
}

/*
 * A KeyUpdate that asks for another comes with the evidence. The client answers it
 * before it looks, finds the evidence outdated, and asks again: once.
 */
static void test_key_update_in_between(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], again[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	for (int good = 0; good < 2; good++) {
		peer_start(&p, no_options);
		peer_challenged(&p, nonce);
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		peer_evidence(&p, nonce, 1, 0);
		peer_challenged(&p, again);
		assert_memory_not_equal(nonce, again, sizeof(nonce));
		peer_evidence(&p, again, 1, good);
		assert_string_equal(peer_read(&p), good ? PEER_INPUT : "");
		assert_int_equal(peer_end(&p, true), good ? 0 : 6);
		fclose(p.out);
	}
}

/* The keys change after the verdict: what is attested is not what is in use. */
static void test_key_update_later(void **state)
{
	char *const allow[] = { "--allow-rekey", NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		peer_start(&p, allowed ? allow : no_options);
		peer_challenged(&p, nonce);
		peer_evidence(&p, nonce, 0, 0);
		assert_string_equal(peer_read(&p), PEER_INPUT);
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
		if (!allowed)
			assert_string_equal(peer_read(&p), "");
		assert_int_equal(peer_end(&p, true), allowed ? 0 : 6);
		assert_int_equal(peer_said(&p, "answer"), allowed);
		fclose(p.out);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_policy),
		cmocka_unit_test(test_truncated_connection),
		cmocka_unit_test(test_rejected), cmocka_unit_test(test_tcb),
		cmocka_unit_test(test_no_evidence),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_key_update_in_between),
		cmocka_unit_test(test_key_update_later),
	};

	return peer_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
