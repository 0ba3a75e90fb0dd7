/* SPDX-License-Identifier: MIT */
/* The cache of reports where TCB levels, collateral and policies decide. */
#include "both.h"
#include "clock.h"
#include "intel_collateral.h"
#include "lists.h"
#include "policy_file.h"

#define DAY	86400

/* A TD and the collateral for it, verified with one cache. */
struct td {
	struct synth_case c;
	struct signer signer;
	struct test_bytes evidence;
	struct tlsbind_cache *cache;
};

static void td_new(struct td *td, const struct synth_flip *flips, const struct edit *edits)
{
	char *info, *identity, *text;

	synth_default(&td->c, pki[1], true);
	td->c.flips = flips;
	td->c.flip_count = 4;
	td->evidence = synth_encode(&td->c);
	tlsbind_appraisal_free(td->c.appraisal);
	td->c.appraisal = tlsbind_appraisal_new();
	assert_int_equal(tlsbind_appraisal_add_root(td->c.appraisal, pki[1]->root_file), 0);
	tlsbind_appraisal_any_measurement(td->c.appraisal);
	td->signer = collateral_signer(pki[1], SIGNER_GOOD);
	info = collateral_tcbinfo(edits);
	identity = collateral_qeidentity(NULL);
	text = collateral_dcap(pki[1], &td->signer, info, identity, NULL);
	assert_int_equal(collateral_add(td->c.appraisal, text), 0);
	free(text);
	free(info);
	free(identity);
	td->cache = tlsbind_cache_new(8, 10 * DAY);
}

static void td_free(struct td *td)
{
	synth_clear(&td->c);
	collateral_signer_clear(&td->signer);
	free(td->evidence.data);
	tlsbind_cache_free(td->cache);
}

/* With the cache: exactly what it is without. Return: names of what failed. */
static const char *ask(const struct td *td)
{
	uint8_t nonce[2][TLSBIND_NONCE_SIZE];
	struct tlsbind_result *with, *without;
	char *text[2];
	const char *failures;

	memcpy(nonce[0], td->c.nonce, sizeof(nonce[0]));
	memcpy(nonce[1], td->c.nonce, sizeof(nonce[1]));
	assert_int_equal(tlsbind_verify_cached(td->cache, td->evidence.data, td->evidence.len,
					       &td->c.connection, nonce[0], td->c.appraisal,
					       &with), 0);
	assert_int_equal(tlsbind_verify(td->evidence.data, td->evidence.len, &td->c.connection,
					nonce[1], td->c.appraisal, &without), 0);
	text[0] = tlsbind_result_json(with);
	text[1] = tlsbind_result_json(without);
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
	failures = test_failures(with);
	tlsbind_result_free(with);
	tlsbind_result_free(without);
	return failures;
}

static void check_hits(const struct td *td, uint64_t hits)
{
	struct tlsbind_cache_info info;

	tlsbind_cache_info(td->cache, &info);
	assert_int_equal(info.hits, hits);
}

/* TEE_TCB_SVN 6,1,2, and 4,1,2: the module is out of date. ISVSVN 4. */
static const struct synth_flip newest[] = {
	{ SYNTH_SIGNED, 48, 6 }, { SYNTH_SIGNED, 49, 1 }, { SYNTH_SIGNED, 50, 2 },
	{ SYNTH_QE, 258, 4 },
};
static const struct synth_flip old[] = {
	{ SYNTH_SIGNED, 48, 4 }, { SYNTH_SIGNED, 49, 1 }, { SYNTH_SIGNED, 50, 2 },
	{ SYNTH_QE, 258, 4 },
};

/* Collateral is valid for half an hour before and after the present. */
static void test_collateral(void **state)
{
	struct td td;

	(void)state;
	td_new(&td, newest, NULL);
	assert_string_equal(ask(&td), "");
	wall = 1740;
	assert_string_equal(ask(&td), "");
	check_hits(&td, 1);
	wall = 1860;
	assert_non_null(strstr(ask(&td), "tcb.collateral"));
	check_hits(&td, 1);
	wall = -1860;
	assert_non_null(strstr(ask(&td), "tcb.collateral"));
	wall = 0;
	assert_string_equal(ask(&td), "");
	check_hits(&td, 1);
	td_free(&td);
}

/* A newer statement, in which the module is out of date, is heard at once. */
static void test_newer_collateral(void **state)
{
	static const struct edit edits[] = {
		{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":18" },
		{ "{\"isvsvn\":6},\"tcbDate\"", "{\"isvsvn\":7},\"tcbDate\"" }, { NULL, NULL },
	};
	char *info = collateral_tcbinfo(edits), *identity = collateral_qeidentity(NULL), *text;
	struct td td;

	(void)state;
	td_new(&td, newest, NULL);
	assert_string_equal(ask(&td), "");
	assert_string_equal(ask(&td), "");
	check_hits(&td, 1);
	text = collateral_dcap(pki[1], &td.signer, info, identity, NULL);
	assert_int_equal(collateral_add(td.c.appraisal, text), 0);
	assert_string_not_equal(ask(&td), "");
	check_hits(&td, 1);
	free(text);
	free(info);
	free(identity);
	td_free(&td);
}

/* Out of date since a day ago but ten minutes, and a day of grace. */
static void test_grace(void **state)
{
	time_t since = time(NULL) - DAY + 600;
	char text[128];
	const struct edit edits[] = {
		{ "{\"isvsvn\":6},\"tcbDate\":\"2024-11-13T00:00:00Z\"", text }, { NULL, NULL },
	};
	struct tm tm;
	struct td td;

	(void)state;
	assert_non_null(gmtime_r(&since, &tm));
	strftime(text, sizeof(text), "{\"isvsvn\":6},\"tcbDate\":\"%Y-%m-%dT%H:%M:%SZ\"", &tm);
	td_new(&td, old, edits);
	assert_string_equal(ask(&td), "tcb.status");
	tlsbind_appraisal_set_grace(td.c.appraisal, 1);
	assert_string_equal(ask(&td), "");
	wall = 540;
	assert_string_equal(ask(&td), "");
	check_hits(&td, 1);
	wall = 660;
	assert_string_equal(ask(&td), "tcb.status");
	check_hits(&td, 1);
	wall = 0;
	td_free(&td);
}

/* What a policy states about claims is asked each time; what about reports, is kept. */
static void test_policy(void **state)
{
	struct td td = { .cache = tlsbind_cache_new(8, DAY) };
	struct tlsbind_evidence parsed;
	char error[256], *text;
	uint8_t *claims;

	(void)state;
	synth_default(&td.c, pki[0], false);
	td.evidence = synth_encode(&td.c);
	assert_int_equal(tlsbind_evidence_parse(td.evidence.data, td.evidence.len, &parsed), 0);
	claims = (uint8_t *)parsed.claims.data;
	text = tlsbind_policy_suggest(parsed.provider, parsed.report.data, parsed.report.len,
				      parsed.aux.data, parsed.aux.len, claims, false);
	assert_non_null(text);
	tlsbind_appraisal_free(td.c.appraisal);
	td.c.appraisal = tlsbind_appraisal_new();
	assert_int_equal(tlsbind_appraisal_add_root(td.c.appraisal, pki[0]->root_file), 0);
	if (tlsbind_policy_parse(td.c.appraisal, text, strlen(text), error, sizeof(error)))
		fail_msg("%s\n%s", error, text);
	list_add(td.c.appraisal, list_new(pki[0]->root, pki[0]->root_key, NULL, LIST_GOOD), false);
	assert_string_equal(ask(&td), "");
	assert_string_equal(ask(&td), "");
	check_hits(&td, 1);
	/* The report is known; the uid is not that of the policy. */
	claims[offsetof(struct tlsbind_claims, uid) + 3] ^= 1;
	assert_string_equal(ask(&td), "appraisal.uid report.data");
	check_hits(&td, 2);
	claims[offsetof(struct tlsbind_claims, uid) + 3] ^= 1;
	/* A policy that could not be loaded accepts nothing, whatever is known. */
	assert_int_equal(tlsbind_policy_parse(td.c.appraisal, "{}", 2, error, sizeof(error)),
			 -EBUSY);
	assert_string_not_equal(ask(&td), "");
	check_hits(&td, 2);
	free(text);
	synth_clear(&td.c);
	free(td.evidence.data);
	tlsbind_cache_free(td.cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collateral), cmocka_unit_test(test_newer_collateral),
		cmocka_unit_test(test_grace), cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests_name("cache_tcb", tests, setup, teardown);
}
