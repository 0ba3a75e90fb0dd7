/* SPDX-License-Identifier: MIT */
/* Policies as documents: strict, complete, all or nothing. */
#include <endian.h>
#include <unistd.h>
#include "guest.h"

static char path[] = "/tmp/tlsbind-policy-XXXXXX";

static void write_file(const char *text, size_t len)
{
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 7);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

/* This text is no policy, and an appraisal that was to have it accepts nothing. */
static void refuse_text(const char *text, size_t len, const char *message)
{
	struct guest g;

	guest_new(&g, false);
	write_file(text, len);
	assert_int_equal(tlsbind_appraisal_load(g.c.appraisal, path, guest_error,
						sizeof(guest_error)), -EBADMSG);
	unlink(path);
	if (!strstr(guest_error, message))
		fail_msg("\"%s\" instead of \"%s\"", guest_error, message);
	guest_nothing(&g, message);
}

static void test_no_policies(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "", "line 1" },
		{ " \n", "line 2" },
		{ "{", "line 1" },
		{ "null", "" },
		{ "[]", "no member \"tlsbind-policy\"" },
		{ "{}", "no member \"tlsbind-policy\"" },
		{ "{\"snp\": {}}", "no member \"tlsbind-policy\"" },
		{ "{\"tlsbind-policy\": 1}", "\"snp\" or \"tdx\" is required" },
		{ "{\"tlsbind-policy\": 1, \"claims\": {}}", "\"snp\" or \"tdx\" is required" },
		{ "{\"tlsbind-policy\": 1, \"snp\": {}}", "snp.measurement must be stated" },
		{ "{\"tlsbind-policy\": 1, \"snp\": \"any\"}", "snp: an object is required" },
		{ "{\"tlsbind-policy\": 1, \"snp\": null}", "snp: an object is required" },
		{ "{\"tlsbind-policy\": 1, \"tdx\": []}", "tdx: an object is required" },
		{ "{\"tlsbind-policy\": 2, \"snp\": {}}", "only version 1" },
		{ "{\"tlsbind-policy\": \"1\", \"snp\": {}}", "only version 1" },
		{ "{\"tlsbind-policy\": 1.0, \"snp\": {}}", "only version 1" },
		{ "{\"tlsbind-policy\": 1, \"tlsbind-policy\": 1, \"snp\": {}}", "duplicate" },
		{ "{\"tlsbind-policy\": 1, \"snp\": {\"policy\": {\"debug\": 0, \"debug\": 1}}}",
		  "duplicate" },
		{ "{\"tlsbind-policy\": 1, \"snp\": {}, \"SNP\": {}}", "no such member: \"SNP\"" },
		{ "{\"tlsbind-policy\": 1, \"snp\": {}, \"\\u001b[31m\": {}}",
		  "no such member: \"?[31m\"" },
		{ "{\"tlsbind-policy\": 1, \"snp\": {\"mrtd\": \"any\"}}",
		  "snp: no such member: \"mrtd\"" },
		{ "{\"tlsbind-policy\": 1, \"tdx\": {\"minimum-tcb\": \"any\"}}",
		  "tdx: no such member: \"minimum-tcb\"" },
		{ "{\"tlsbind-policy\": 1, \"comment\": 1, \"snp\": {}}",
		  "comment: a string is required" },
		{ "{\"tlsbind-policy\": 1, \"snp\": {\"measurement\": [\"\\u0000\"]}}", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse_text(bad[i].text, strlen(bad[i].text), bad[i].message);
}

/* No part of a good policy is a policy, and nothing may be behind it. */
static void test_truncated(void **state)
{
	json_t *policy = guest_policy();
	char *text = json_dumps(policy, JSON_COMPACT), *longer;
	size_t len = strlen(text);

	(void)state;
	for (size_t i = 0; i < len; i += i < 64 || i > len - 64 ? 1 : 61)
		refuse_text(text, i, "");
	assert_true(asprintf(&longer, "%s{}", text) > 0);
	refuse_text(longer, len + 2, "end of file");
	longer[len] = '\0';
	refuse_text(longer, len + 1, "end of file");
	free(longer);
	free(text);
	json_decref(policy);
}

static void test_unknown_members(void **state)
{
	static const char *const sections[] = { "snp", "tdx", "claims" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *policy = guest_policy();

		guest_set(policy, sections[i], "nonsense", json_string("any"));
		guest_refused(policy, i == 1, "no such member: \"nonsense\"");
	}
}

static void test_files(void **state)
{
	struct guest g;

	(void)state;
	guest_new(&g, false);
	assert_int_equal(tlsbind_appraisal_load(g.c.appraisal, "/nonexistent", guest_error,
						sizeof(guest_error)), -ENOENT);
	assert_string_equal(guest_error, "No such file or directory");
	tlsbind_appraisal_any_measurement(g.c.appraisal);
	guest_nothing(&g, "no file");
	guest_new(&g, false);
	assert_int_equal(tlsbind_appraisal_load(g.c.appraisal, "/dev/zero", guest_error,
						sizeof(guest_error)), -EFBIG);
	guest_nothing(&g, "an endless file");
}

/* What one asks for besides a policy does not get lost: it is refused. */
static void test_no_mixture(void **state)
{
	static const uint8_t bytes[TLSBIND_MEASUREMENT_SIZE] = { 1 };
	static const struct tlsbind_snp_tcb tcb = { .snp = 1 };

	(void)state;
	for (int i = 0; i < 9; i++) {
		json_t *policy = guest_policy();
		struct guest g;

		guest_new(&g, false);
		switch (i) {
		case 0:
			tlsbind_appraisal_add_measurement(g.c.appraisal, bytes, sizeof(bytes));
			break;
		case 1:
			tlsbind_appraisal_any_measurement(g.c.appraisal);
			break;
		case 2:
			tlsbind_appraisal_allow_flags(g.c.appraisal, TLSBIND_F_NIC);
			break;
		case 3:
			tlsbind_appraisal_set_vmpl(g.c.appraisal, 0);
			break;
		case 4:
			tlsbind_appraisal_any_tcb(g.c.appraisal);
			break;
		case 5:
			tlsbind_appraisal_accept_tcb(g.c.appraisal, TLSBIND_TCB_OUT_OF_DATE);
			break;
		case 6:
			tlsbind_appraisal_set_grace(g.c.appraisal, 1);
			break;
		case 7:
			tlsbind_appraisal_set_snp_tcb(g.c.appraisal, "Milan", &tcb);
			break;
		default:
			/* A policy that leaves nothing else behind. */
			json_object_del(policy, "tcb");
			assert_int_equal(guest_load(g.c.appraisal, policy), 0);
			break;
		}
		assert_int_equal(guest_load(g.c.appraisal, policy), -EBUSY);
		guest_nothing(&g, guest_error);
		json_decref(policy);
	}
}

static void test_setters_afterwards(void **state)
{
	static const uint8_t bytes[TLSBIND_MEASUREMENT_SIZE] = { 1 };
	json_t *policy = guest_policy();
	struct tlsbind_result *result;
	struct guest g;

	(void)state;
	json_object_del(policy, "tcb");
	guest_new(&g, false);
	assert_int_equal(guest_load(g.c.appraisal, policy), 0);
	assert_int_equal(tlsbind_appraisal_add_measurement(g.c.appraisal, bytes, sizeof(bytes)),
			 -EBUSY);
	assert_int_equal(tlsbind_appraisal_set_vmpl(g.c.appraisal, 1), -EBUSY);
	assert_int_equal(tlsbind_appraisal_accept_tcb(g.c.appraisal, TLSBIND_TCB_OUT_OF_DATE),
			 -EBUSY);
	/* These would accept more. */
	tlsbind_appraisal_any_measurement(g.c.appraisal);
	tlsbind_appraisal_allow_flags(g.c.appraisal, UINT32_MAX);
	tlsbind_appraisal_any_tcb(g.c.appraisal);
	tlsbind_appraisal_set_grace(g.c.appraisal, 36500);
	assert_int_equal(g.c.appraisal->grace_days, 0);
	memset(g.c.measurement, 0x56, sizeof(g.c.measurement));
	g.c.claims.flags = htobe32(TLSBIND_F_NIC);
	result = synth_verify(&g.c);
	assert_string_equal(test_failures(result),
			    "claims.flags tcb.revocation appraisal.measurement");
	tlsbind_result_free(result);
	json_decref(policy);
	synth_clear(&g.c);
}

/* A policy for one kind of hardware accepts no other, and without claims no connection. */
static void test_missing_sections(void **state)
{
	static const char *const sections[] = { "snp", "tdx", "claims" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *policy = guest_policy();
		struct tlsbind_result *result;
		size_t failed = 0, want = 0;
		struct guest g;

		json_object_del(policy, sections[i]);
		guest_new(&g, i == 1);
		assert_int_equal(guest_load(g.c.appraisal, policy), 0);
		result = synth_verify(&g.c);
		for (size_t j = 0; j < TLSBIND_FIELD_COUNT; j++) {
			const struct tlsbind_field *field = &tlsbind_fields[j];
			bool missing = field->section == i;

			want += missing;
			if (field->section == (i == 1 ? TLSBIND_SECTION_SNP : TLSBIND_SECTION_TDX))
				continue;
			assert_int_equal(result->checks[field->check].verdict,
					 missing ? TLSBIND_FAIL : TLSBIND_PASS);
			failed += missing;
		}
		assert_int_equal(failed, want);
		assert_false(tlsbind_result_accepted(result));
		assert_int_equal(tlsbind_result_class(result), TLSBIND_CLASS_POLICY);
		tlsbind_result_free(result);
		json_decref(policy);
		synth_clear(&g.c);
	}
}

/* Evidence by itself, and a report by itself, under a policy. */
static void test_unbound(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct tlsbind_evidence evidence;
		json_t *policy = guest_policy();
		struct tlsbind_result *result;
		struct test_bytes bytes;
		struct guest g;

		guest_new(&g, tdx);
		bytes = synth_encode(&g.c);
		assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
		assert_int_equal(guest_load(g.c.appraisal, policy), 0);
		for (int i = 0; i < 3; i++) {
			static const char *const failures[] = { "", "", "claims.nonce" };
			uint8_t nonce[TLSBIND_NONCE_SIZE];

			memset(nonce, 0x33 + (i == 2), sizeof(nonce));
			assert_int_equal(tlsbind_evidence_verify(bytes.data, bytes.len,
								 i ? nonce : NULL, g.c.appraisal,
								 &result), 0);
			assert_string_equal(test_failures(result), failures[i]);
			assert_int_equal(!!tlsbind_result_find(result, "claims.nonce"), i > 0);
			assert_null(tlsbind_result_find(result, "binding.tx"));
			assert_non_null(tlsbind_result_find(result, "appraisal.uid"));
			tlsbind_result_free(result);
		}
		assert_int_equal(tlsbind_report_verify(evidence.provider, evidence.report.data,
						       evidence.report.len, evidence.aux.data,
						       evidence.aux.len, NULL, g.c.appraisal, NULL,
						       &result), 0);
		assert_string_equal(test_failures(result), "report.data");
		assert_null(tlsbind_result_find(result, "appraisal.uid"));
		assert_non_null(tlsbind_result_find(result, tdx ? "appraisal.rtmr3" :
						    "appraisal.host-data"));
		tlsbind_result_free(result);
		bytes.data[bytes.len - 1] ^= 1;
		assert_int_equal(tlsbind_evidence_verify(bytes.data, bytes.len - 1, NULL,
							 g.c.appraisal, &result), 0);
		assert_false(tlsbind_result_accepted(result));
		tlsbind_result_free(result);
		free(bytes.data);
		json_decref(policy);
		synth_clear(&g.c);
	}
}

static void test_unbound_arguments(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct tlsbind_result *result;

	(void)state;
	assert_int_equal(tlsbind_evidence_verify(NULL, 0, NULL, appraisal, &result), -EINVAL);
	assert_null(result);
	assert_int_equal(tlsbind_evidence_verify("", 0, NULL, NULL, &result), -EINVAL);
	assert_int_equal(tlsbind_evidence_verify("", 0, NULL, appraisal, NULL), -EINVAL);
	assert_int_equal(tlsbind_evidence_verify("", 0, NULL, appraisal, &result), 0);
	assert_false(tlsbind_result_accepted(result));
	tlsbind_result_free(result);
	tlsbind_appraisal_free(appraisal);
}

static void test_tcb(void **state)
{
	static const struct {
		const char *text;
		const char *message;	/* NULL: it is good */
		uint32_t statuses;
		unsigned int grace;
	} cases[] = {
		{ "{\"status\": [\"UpToDate\"]}", NULL, 1 << TLSBIND_TCB_UP_TO_DATE, 0 },
		{ "{\"status\": [\"SWHardeningNeeded\", \"OutOfDate\"], \"grace-days\": 30}", NULL,
		  1 << TLSBIND_TCB_SW_HARDENING_NEEDED | 1 << TLSBIND_TCB_OUT_OF_DATE, 30 },
		{ "\"any\"", NULL, 1 << TLSBIND_TCB_UP_TO_DATE, 0 },
		{ "\"none\"", "tcb: an object or \"any\"", 0, 0 },
		{ "null", "tcb: an object", 0, 0 },
		{ "{}", "tcb.status: a list", 0, 0 },
		{ "{\"grace-days\": 1}", "tcb.status: a list", 0, 0 },
		{ "{\"status\": []}", "tcb.status: a list", 0, 0 },
		{ "{\"status\": \"any\"}", "tcb.status: a list", 0, 0 },
		{ "{\"status\": [\"\"]}", "tcb.status[0]", 0, 0 },
		{ "{\"status\": [null]}", "tcb.status[0]", 0, 0 },
		{ "{\"status\": [\"UpToDate\", \"Revoked\"]}", "tcb.status[1]", 0, 0 },
		{ "{\"status\": [\"UPTODATE\"]}", "tcb.status[0]", 0, 0 },
		{ "{\"status\": [\"UpToDate\"], \"grace-days\": -1}", "tcb.grace-days", 0, 0 },
		{ "{\"status\": [\"UpToDate\"], \"grace-days\": null}", "tcb.grace-days", 0, 0 },
		{ "{\"status\": [\"UpToDate\"], \"evaluation-data-number\": \"17\"}",
		  "tcb.evaluation-data-number", 0, 0 },
		{ "{\"status\": [\"UpToDate\"], \"crl\": \"any\"}", "no such member", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *policy = guest_policy();
		struct guest g;

		json_object_set_new(policy, "tcb", guest_json(cases[i].text));
		if (cases[i].message) {
			guest_refused(policy, true, cases[i].message);
			continue;
		}
		guest_new(&g, true);
		assert_int_equal(guest_load(g.c.appraisal, policy), 0);
		assert_int_equal(g.c.appraisal->tcb_statuses, cases[i].statuses);
		assert_int_equal(g.c.appraisal->grace_days, cases[i].grace);
		assert_int_equal(g.c.appraisal->any_tcb, !strcmp(cases[i].text, "\"any\""));
		json_decref(policy);
		synth_clear(&g.c);
	}
}

/* A lower number than one that was asked for does not count. */
static void test_evaluation(void **state)
{
	(void)state;
	for (uint32_t before = 16; before < 19; before++) {
		json_t *policy = guest_policy();
		struct guest g;

		json_object_set_new(policy, "tcb", guest_json("{\"status\": [\"UpToDate\"], "
				    "\"evaluation-data-number\": 17}"));
		guest_new(&g, true);
		tlsbind_appraisal_set_evaluation(g.c.appraisal, before);
		assert_int_equal(guest_load(g.c.appraisal, policy), 0);
		assert_int_equal(g.c.appraisal->evaluation, before < 17 ? 17 : before);
		tlsbind_appraisal_set_evaluation(g.c.appraisal, 1);
		assert_int_equal(g.c.appraisal->evaluation, before < 17 ? 17 : before);
		tlsbind_appraisal_set_evaluation(g.c.appraisal, 20);
		assert_int_equal(g.c.appraisal->evaluation, 20);
		json_decref(policy);
		synth_clear(&g.c);
	}
}

/* The report says bl 3 tee 0 snp 8 ucode 219 of Milan. */
static void test_minimum(void **state)
{
	static const struct {
		const char *text;
		const char *message;	/* NULL: it is good */
		const char *failures;
	} cases[] = {
		{ "{\"Milan\": {\"bl\": 3, \"tee\": 0, \"snp\": 8, \"ucode\": 219}}", NULL, "" },
		{ "{\"Milan\": {\"bl\": 4, \"tee\": 0, \"snp\": 8, \"ucode\": 219}}", NULL,
		  "tcb.minimum" },
		{ "{\"Milan\": {\"bl\": 3, \"tee\": 1, \"snp\": 8, \"ucode\": 219}}", NULL,
		  "tcb.minimum" },
		{ "{\"Milan\": {\"bl\": 3, \"tee\": 0, \"snp\": 9, \"ucode\": 219}}", NULL,
		  "tcb.minimum" },
		{ "{\"Milan\": {\"bl\": 3, \"tee\": 0, \"snp\": 8, \"ucode\": 220}}", NULL,
		  "tcb.minimum" },
		{ "{\"Turin\": {\"fmc\": 0, \"bl\": 0, \"tee\": 0, \"snp\": 0, \"ucode\": 1}}",
		  NULL, "tcb.minimum" },
		{ "{\"Genoa\": {\"bl\": 0, \"tee\": 0, \"snp\": 0, \"ucode\": 1}, "
		  "\"Milan\": {\"bl\": 1, \"tee\": 0, \"snp\": 1, \"ucode\": 1}}", NULL, "" },
		{ "{}", "must be stated", NULL },
		{ "null", "must be stated", NULL },
		{ "[]", "must be stated", NULL },
		{ "\"\"", "must be stated", NULL },
		{ "{\"Milan\": \"any\"}", "Milan: an object", NULL },
		{ "{\"Milan\": {}}", "minimum-tcb.Milan.bl", NULL },
		{ "{\"Milan\": {\"bl\": 3, \"tee\": 0, \"snp\": 8}}", "Milan.ucode", NULL },
		{ "{\"Milan\": {\"bl\": 0, \"tee\": 0, \"snp\": 0, \"ucode\": 0}}",
		  "asks for nothing", NULL },
		{ "{\"Milan\": {\"bl\": 3, \"tee\": 0, \"snp\": 8, \"ucode\": 256}}",
		  "Milan.ucode", NULL },
		{ "{\"Milan\": {\"fmc\": 0, \"bl\": 3, \"tee\": 0, \"snp\": 8, \"ucode\": 1}}",
		  "no such member: \"fmc\"", NULL },
		{ "{\"milan\": {\"bl\": 3, \"tee\": 0, \"snp\": 8, \"ucode\": 219}}",
		  "no such product: \"milan\"", NULL },
		{ "{\"unknown\": {}}", "no such product", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *policy = guest_policy();
		struct guest g;

		guest_set(policy, "snp", "minimum-tcb", guest_json(cases[i].text));
		if (cases[i].message) {
			guest_refused(policy, false, cases[i].message);
			continue;
		}
		guest_new(&g, false);
		/* Committed and at launch: as reported. */
		for (size_t j = 0; j < 2; j++) {
			size_t at = j ? 0x1f0 : 0x1e0;

			guest_flip(&g, at, 3);
			guest_flip(&g, at + 6, 8);
			guest_flip(&g, at + 7, 0xdb);
		}
		guest_expect(&g, policy, cases[i].failures, cases[i].text);
	}
	json_t *policy = guest_policy();

	json_object_del(json_object_get(policy, "snp"), "minimum-tcb");
	guest_refused(policy, false, "snp.minimum-tcb must be stated");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_policies),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_unknown_members),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_mixture),
		cmocka_unit_test(test_setters_afterwards),
		cmocka_unit_test(test_missing_sections),
		cmocka_unit_test(test_unbound),
		cmocka_unit_test(test_unbound_arguments),
		cmocka_unit_test(test_tcb),
		cmocka_unit_test(test_evaluation),
		cmocka_unit_test(test_minimum),
	};

	return cmocka_run_group_tests_name("policy file", tests, guest_setup, guest_teardown);
}
