/* SPDX-License-Identifier: MIT */
/* A suggested policy accepts the evidence that it is from, and nothing bad for its sake. */
#include <endian.h>
#include "guest.h"

static char *suggest(struct guest *g, bool claims, bool platform)
{
	struct test_bytes bytes = synth_encode(&g->c);
	struct tlsbind_evidence evidence;
	char *text;

	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
	text = tlsbind_policy_suggest(evidence.provider, evidence.report.data,
				      evidence.report.len, evidence.aux.data, evidence.aux.len,
				      claims ? evidence.claims.data : NULL, platform);
	free(bytes.data);
	return text;
}

static char *suggest_claims(struct guest *g, const uint8_t *claims)
{
	struct tlsbind_claims good = g->c.claims;
	struct tlsbind_evidence evidence;
	struct test_bytes bytes;
	char *text;

	memset(&g->c.claims.exe_digest_kind, 0, 2);
	memset(g->c.claims.exe_digest, 0, sizeof(g->c.claims.exe_digest));
	bytes = synth_encode(&g->c);
	g->c.claims = good;
	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
	text = tlsbind_policy_suggest(evidence.provider, evidence.report.data,
				      evidence.report.len, NULL, 0, claims, false);
	free(bytes.data);
	return text;
}

/* What is suggested accepts that evidence, and pins every field of it. */
static void test_suggestion(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool tdx = i & 1, platform = i & 2;
		struct guest g;
		json_t *policy;
		char *text;

		guest_new(&g, tdx);
		g.c.claims.flags = htobe32(TLSBIND_F_LOCKED | TLSBIND_F_NO_EXPORT);
		text = suggest(&g, true, platform);
		policy = guest_json(text);
		json_object_set_new(policy, "tcb", json_string("any"));
		for (size_t j = 0; j < guest_row_count; j++) {
			const struct row *row = &guest_rows[j];
			json_t *section = json_object_get(policy, row->section), *want;

			if (!section || row->wrong || row->where == NOWHERE)
				continue;
			want = guest_right(row);
			if (!platform && (!strcmp(row->key, "chip-id") || !strcmp(row->key, "ppid") ||
					  !strcmp(row->key, "platform-instance-id") ||
					  !strcmp(row->key, "mr-seam"))) {
				json_decref(want);
				want = json_string("any");
			}
			if (!json_equal(want, json_object_get(section, row->key)))
				fail_msg("%s is not suggested", row->key);
			json_decref(want);
		}
		guest_expect(&g, policy, "", "suggestion");
		free(text);
	}
}

/* The TCB that the report just reaches; nothing if that is zero. */
static void test_suggested_minimum(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} flips[] = { { 0x1e0, 2 }, { 0x1e6, 8 }, { 0x1e7, 0xff }, { 0x1f0, 3 }, { 0x1f6, 7 },
		      { 0x1f7, 0xdb } };
	struct guest g;
	json_t *policy, *want;
	char *text;

	(void)state;
	guest_new(&g, false);
	for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++)
		guest_flip(&g, flips[i].offset, flips[i].value);
	text = suggest(&g, true, false);
	policy = guest_json(text);
	want = guest_json("{\"Milan\": {\"bl\": 2, \"tee\": 0, \"snp\": 7, "
			  "\"ucode\": 219}}");
	assert_true(json_equal(want, json_object_get(json_object_get(policy, "snp"),
						     "minimum-tcb")));
	json_object_set_new(policy, "tcb", json_string("any"));
	guest_expect(&g, policy, "", "minimum");
	json_decref(want);
	free(text);
	guest_new(&g, false);
	text = suggest(&g, true, false);
	assert_non_null(strstr(text, "\"minimum-tcb\": \"any\""));
	free(text);
	synth_clear(&g.c);
}

/* The worse is never suggested. */
static void test_suggestion_of_a_debugger(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct guest g;
		json_t *policy;
		char *text;

		guest_new(&g, tdx);
		g.c.policy |= tdx ? 1 : 1 << 19;
		g.c.claims.flags = htobe32(TLSBIND_F_DOORS_OPEN | TLSBIND_F_NIC);
		text = suggest(&g, true, false);
		policy = guest_json(text);
		json_object_set_new(policy, "tcb", json_string("any"));
		guest_expect(&g, policy, tdx ? "claims.flags report.debug appraisal.attributes" :
			     "claims.flags report.debug appraisal.guest-policy", "debugger");
		free(text);
	}
}

static void test_suggestion_of_nothing(void **state)
{
	struct tlsbind_result *result;
	struct guest g;
	json_t *policy;
	char *text;

	(void)state;
	assert_null(tlsbind_policy_suggest("sev_guest", "x", 1, NULL, 0, NULL, false));
	assert_null(tlsbind_policy_suggest("other", "x", 1, NULL, 0, NULL, false));
	assert_null(tlsbind_policy_suggest(NULL, "x", 1, NULL, 0, NULL, false));
	assert_null(tlsbind_policy_suggest("sev_guest", NULL, 0, NULL, 0, NULL, false));
	/* Claims that no parser has seen: a digest longer than there is room for. */
	guest_new(&g, false);
	g.c.claims.exe_digest_len = 255;
	text = suggest_claims(&g, (const uint8_t *)&g.c.claims);
	assert_non_null(strstr(text, "\"executable\": \"any\""));
	free(text);
	synth_clear(&g.c);
	/* Without claims it is a policy about reports. */
	guest_new(&g, false);
	text = suggest(&g, false, false);
	policy = guest_json(text);
	assert_null(json_object_get(policy, "claims"));
	assert_int_equal(guest_load(g.c.appraisal, policy), 0);
	result = synth_verify(&g.c);
	assert_int_equal(result->checks[TLSBIND_CHECK_APPRAISAL_UID].verdict, TLSBIND_FAIL);
	assert_false(tlsbind_result_accepted(result));
	tlsbind_result_free(result);
	synth_clear(&g.c);
	json_decref(policy);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suggestion),
		cmocka_unit_test(test_suggested_minimum),
		cmocka_unit_test(test_suggestion_of_a_debugger),
		cmocka_unit_test(test_suggestion_of_nothing),
	};

	return cmocka_run_group_tests_name("policy suggestion", tests, guest_setup, guest_teardown);
}
