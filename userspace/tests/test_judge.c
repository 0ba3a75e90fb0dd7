/* SPDX-License-Identifier: MIT */
/*
 * A TD with collateral: accepted, and each way in which the quote, what the collateral
 * says, or what is wanted can be otherwise.
 */
#include "td.h"

static struct synth_pki *pki;

static int setup(void **state)
{
	(void)state;
	pki = synth_pki_new(true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki);
	return 0;
}

static const struct synth_flip newest[] = { TD_NEWEST };

static void test_accepted(void **state)
{
	struct tlsbind_result *result;
	struct td td;

	(void)state;
	td_init(&td, pki);
	td_add(&td, NULL);
	result = td_result(&td, "", TLSBIND_CLASS_NONE);
	assert_int_equal(tlsbind_result_count(result), 24);
	assert_null(tlsbind_result_find(result, "tcb.minimum"));
	tlsbind_result_free(result);
	td_clear(&td);
}

/* Version 5 too, with the same SVNs twice. */
static void test_accepted_v5(void **state)
{
	static const struct synth_flip flips[] = {
		{ SYNTH_SIGNED, 54, 6 }, { SYNTH_SIGNED, 55, 1 }, { SYNTH_SIGNED, 56, 2 },
		{ SYNTH_SIGNED, 54 + 584, 6 }, { SYNTH_SIGNED, 54 + 585, 1 },
		{ SYNTH_SIGNED, 54 + 586, 2 }, { SYNTH_QE, 258, 4 },
		{ SYNTH_SIGNED, 54 + 585, 1 ^ 0x2 },
	};
	struct td td;

	(void)state;
	td_init(&td, pki);
	td.c.v5 = true;
	td.c.flips = flips;
	td.c.flip_count = 7;
	td_add(&td, NULL);
	td_expect(&td, "", TLSBIND_CLASS_NONE);
	/* A module that Intel does not know runs now. */
	td.c.flip_count = 8;
	td_expect(&td, "tcb.module tcb.status", TLSBIND_CLASS_TCB);
	td_clear(&td);
}

static void test_nothing(void **state)
{
	struct td td;

	(void)state;
	td_init(&td, pki);
	td_expect(&td, "tcb.revocation tcb.collateral " STATEMENTS, TLSBIND_CLASS_TCB);
	tlsbind_appraisal_any_tcb(td.c.appraisal);
	td_expect(&td, "", TLSBIND_CLASS_NONE);
	td_clear(&td);
}

/* What is wrong with the quote, each byte signed all the same. */
static void test_quotes(void **state)
{
	static const struct {
		struct synth_flip flip;
		const char *failures;
	} quotes[] = {
		{ { SYNTH_SIGNED, 48, 6 ^ 5 }, "tcb.status" },		/* module out of date */
		{ { SYNTH_SIGNED, 48, 6 ^ 1 }, "tcb.module tcb.status" },	/* revoked */
		{ { SYNTH_SIGNED, 48, 6 ^ 0 }, "tcb.module tcb.status" },	/* unknown */
		{ { SYNTH_SIGNED, 49, 1 ^ 2 }, "tcb.module tcb.status" },
		{ { SYNTH_SIGNED, 50, 0x2 ^ 1 }, "tcb.status" },
		{ { SYNTH_QE, 258, 4 ^ 3 }, "tcb.status" },
		{ { SYNTH_QE, 258, 4 ^ 1 }, "tcb.qe tcb.status" },
		{ { SYNTH_QE, 258, 4 ^ 0 }, "tcb.qe tcb.status" },
		/* MISCSELECT, ATTRIBUTES; bits that are masked out do not count. */
		{ { SYNTH_QE, 16, 1 }, "tcb.qe" }, { { SYNTH_QE, 19, 0x80 }, "tcb.qe" },
		{ { SYNTH_QE, 48, 0x04 }, "" }, { { SYNTH_QE, 48, 0x10 }, "tcb.qe" },
		{ { SYNTH_QE, 48, 0x20 }, "tcb.qe" }, { { SYNTH_QE, 55, 0x80 }, "tcb.qe" },
		{ { SYNTH_QE, 56, 0xff }, "" },
		{ { SYNTH_QE, 48, 0x02 }, "report.certificate tcb.qe" },
		{ { SYNTH_QE, 128, 1 }, "report.certificate tcb.qe" },
		{ { SYNTH_QE, 256, 0x2 ^ 1 }, "report.certificate tcb.qe" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		struct synth_flip flips[5];
		struct td td;

		td_init(&td, pki);
		memcpy(flips, newest, sizeof(newest));
		flips[4] = quotes[i].flip;
		td.c.flips = flips;
		td.c.flip_count = 5;
		td_add(&td, NULL);
		td_expect(&td, quotes[i].failures, !*quotes[i].failures ? TLSBIND_CLASS_NONE :
			  quotes[i].failures[0] == 'r' ? TLSBIND_CLASS_SIGNATURE :
							 TLSBIND_CLASS_TCB);
		td_clear(&td);
	}
}

/* What the collateral says, signed as it is. */
static void test_statements(void **state)
{
	static const struct {
		struct edit info, identity;
		const char *failures;
	} statements[] = {
		/* Another platform. */
		{ { "00A06D080000", "00A06D080001" }, { NULL, NULL },
		  "tcb.collateral tcb.module tcb.status" },
		{ { "\"pceId\":\"0000\"", "\"pceId\":\"0001\"" }, { NULL, NULL },
		  "tcb.collateral tcb.module tcb.status" },
		/* Another module, of version 1, where the others do not matter. */
		{ { "\"TDX_01\",\"mrsigner\":\"00", "\"TDX_01\",\"mrsigner\":\"01" }, { NULL, NULL },
		  "tcb.module" },
		{ { "\"TDX_03\",\"mrsigner\":\"00", "\"TDX_03\",\"mrsigner\":\"01" }, { NULL, NULL }, "" },
		{ { "\"tdxModule\":{\"mrsigner\":\"00", "\"tdxModule\":{\"mrsigner\":\"01" },
		  { NULL, NULL }, "" },
		{ { "\"TDX_01\"", "\"TDX_02\"" }, { NULL, NULL }, "tcb.module tcb.status" },
		/* Dates. */
		{ { "@NEXT@", "@ISSUE@" }, { NULL, NULL }, "tcb.collateral" },
		{ { "@ISSUE@", "@NEXT@" }, { NULL, NULL }, "tcb.collateral" },
		{ { NULL, NULL }, { "@NEXT@", "@ISSUE@" }, "tcb.collateral" },
		{ { NULL, NULL }, { "@ISSUE@", "@NEXT@" }, "tcb.collateral" },
		/* Levels and the enclave. */
		{ { "@[5,0,2]", "@[5,0,3]" }, { NULL, NULL }, "tcb.status" },
		{ { "@[5,0,2]", "@[5,0,2,0,0,0,0,0,0,0,0,0,0,0,0,1]" }, { NULL, NULL }, "tcb.status" },
		{ { "@[3,3,2,2]", "@[3,3,2,2,0,0,0,0,0,0,0,0,0,0,0,1]" }, { NULL, NULL },
		  "tcb.status" },
		{ { "@[3,3,2,2]", "@[4,3,2,2]" }, { NULL, NULL }, "tcb.status" },
		{ { "\"pcesvn\":13", "\"pcesvn\":14" }, { NULL, NULL }, "tcb.status" },
		{ { NULL, NULL }, { "DC9E", "DD9E" }, "tcb.qe" },
		{ { NULL, NULL }, { "\"isvprodid\":2", "\"isvprodid\":1" }, "tcb.qe" },
		{ { NULL, NULL }, { "\"miscselect\":\"00", "\"miscselect\":\"01" }, "tcb.qe" },
		{ { NULL, NULL }, { "\"attributes\":\"11", "\"attributes\":\"15" }, "tcb.qe" },
		{ { NULL, NULL }, { "\"attributesMask\":\"FB", "\"attributesMask\":\"FF" }, "tcb.qe" },
		{ { NULL, NULL }, { "\"isvsvn\":4", "\"isvsvn\":5" }, "tcb.status" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		const struct edit info[] = { statements[i].info, { NULL, NULL } };
		const struct edit identity[] = { statements[i].identity, { NULL, NULL } };
		struct td td;

		td_init(&td, pki);
		free(td.info);
		free(td.identity);
		td.info = collateral_tcbinfo(info);
		td.identity = collateral_qeidentity(identity);
		td_add(&td, NULL);
		td_expect(&td, statements[i].failures,
			  *statements[i].failures ? TLSBIND_CLASS_TCB : TLSBIND_CLASS_NONE);
		td_clear(&td);
	}
}

static void test_evaluation(void **state)
{
	static const struct edit new[] = {
		{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":18" },
		{ NULL, NULL },
	};
	struct tlsbind_result *result;
	struct td td;

	(void)state;
	td_init(&td, pki);
	free(td.info);
	td.info = collateral_tcbinfo(new);
	td_add(&td, NULL);
	tlsbind_appraisal_set_evaluation(td.c.appraisal, 17);
	td_expect(&td, "", TLSBIND_CLASS_NONE);
	/* Both have to reach it. */
	tlsbind_appraisal_set_evaluation(td.c.appraisal, 18);
	result = td_result(&td, "tcb.collateral", TLSBIND_CLASS_TCB);
	assert_non_null(strstr(tlsbind_result_find(result, "tcb.collateral")->got,
			       "QE identity has evaluation number 17"));
	tlsbind_result_free(result);
	tlsbind_appraisal_set_evaluation(td.c.appraisal, UINT32_MAX);
	td_expect(&td, "tcb.collateral", TLSBIND_CLASS_TCB);
	td_clear(&td);
}

static void test_policy(void **state)
{
	static const struct synth_flip old[] = {
		{ SYNTH_SIGNED, 48, 5 }, { SYNTH_SIGNED, 49, 1 }, { SYNTH_SIGNED, 50, 2 },
		{ SYNTH_QE, 258, 4 },
	};
	const struct tlsbind_check *check;
	struct tlsbind_result *result;
	time_t since = 1731456000, now = time(NULL);
	unsigned int days = (unsigned int)((now - since) / 86400);
	struct td td;

	(void)state;
	td_init(&td, pki);
	td.c.flips = old;
	td_add(&td, NULL);
	result = td_result(&td, "tcb.status", TLSBIND_CLASS_TCB);
	check = tlsbind_result_find(result, "tcb.status");
	assert_string_equal(check->expected, "UpToDate");
	assert_string_equal(check->got, "OutOfDate since 2024-11-13 (platform UpToDate)");
	check = tlsbind_result_find(result, "tcb.module");
	assert_string_equal(check->got,
			    "SVN and version 0501: OutOfDate: INTEL-SA-01036,INTEL-SA-01099");
	tlsbind_result_free(result);
	tlsbind_appraisal_set_grace(td.c.appraisal, days);
	td_expect(&td, "tcb.status", TLSBIND_CLASS_TCB);
	tlsbind_appraisal_set_grace(td.c.appraisal, days + 1);
	td_expect(&td, "", TLSBIND_CLASS_NONE);
	tlsbind_appraisal_set_grace(td.c.appraisal, 0);
	assert_int_equal(tlsbind_appraisal_accept_tcb(td.c.appraisal, TLSBIND_TCB_REVOKED),
			 -EINVAL);
	assert_int_equal(tlsbind_appraisal_accept_tcb(td.c.appraisal, TLSBIND_TCB_UNKNOWN),
			 -EINVAL);
	assert_int_equal(tlsbind_appraisal_accept_tcb(td.c.appraisal,
						      TLSBIND_TCB_SW_HARDENING_NEEDED), 0);
	td_expect(&td, "tcb.status", TLSBIND_CLASS_TCB);
	assert_int_equal(tlsbind_appraisal_accept_tcb(td.c.appraisal, TLSBIND_TCB_OUT_OF_DATE), 0);
	td_expect(&td, "", TLSBIND_CLASS_NONE);
	td_clear(&td);
}

/* More advisories than there is room for are counted. */
static void test_many_advisories(void **state)
{
	char many[2048] = "\"advisoryIDs\":[\"INTEL-SA-01036\"";
	const struct edit edits[] = {
		{ "\"advisoryIDs\":[\"INTEL-SA-01036\"", many }, { NULL, NULL },
	};
	static const struct synth_flip old[] = {
		{ SYNTH_SIGNED, 48, 4 }, { SYNTH_SIGNED, 49, 1 }, { SYNTH_SIGNED, 50, 2 },
		{ SYNTH_QE, 258, 4 },
	};
	struct tlsbind_result *result;
	const char *got;
	struct td td;

	(void)state;
	for (int i = 0; i < 60; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), ",\"INTEL-SA-%05d\"", i);
	td_init(&td, pki);
	free(td.info);
	td.info = collateral_tcbinfo(edits);
	td.c.flips = old;
	td_add(&td, NULL);
	result = td_result(&td, "tcb.status", TLSBIND_CLASS_TCB);
	got = tlsbind_result_find(result, "tcb.module")->got;
	assert_non_null(strstr(got, ": INTEL-SA-01036,INTEL-SA-00000,"));
	assert_string_equal(strrchr(got, ','), ",55 more");
	tlsbind_result_free(result);
	td_clear(&td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_accepted_v5),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_statements), cmocka_unit_test(test_evaluation),
		cmocka_unit_test(test_policy), cmocka_unit_test(test_many_advisories),
	};

	return cmocka_run_group_tests_name("judge", tests, setup, teardown);
}
