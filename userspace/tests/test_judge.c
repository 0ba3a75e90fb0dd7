/* SPDX-License-Identifier: MIT */
/*
 * A TD whose collateral is signed below the root of the tests: accepted, and each way
 * in which quote, collateral, its signer or what is wanted can be otherwise.
 */
#include "intel.h"
#include "intel_collateral.h"
#include "lists.h"

#define STATEMENTS	"tcb.qe tcb.module tcb.status"

static struct synth_pki *pki, *other;

/* Everything that a verification takes. */
struct td {
	struct synth_case c;
	struct signer signer;
	char *info, *identity;
};

static int setup(void **state)
{
	(void)state;
	pki = synth_pki_new(true);
	other = synth_pki_new(true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki);
	synth_pki_free(other);
	return 0;
}

/* TEE_TCB_SVN 6,1,2, ISVSVN 4. */
static const struct synth_flip newest[] = {
	{ SYNTH_SIGNED, 48, 6 }, { SYNTH_SIGNED, 49, 1 }, { SYNTH_SIGNED, 50, 2 },
	{ SYNTH_QE, 258, 4 },
};

static void td_init(struct td *td)
{
	synth_default(&td->c, pki, true);
	tlsbind_appraisal_free(td->c.appraisal);
	td->c.appraisal = tlsbind_appraisal_new();
	assert_int_equal(tlsbind_appraisal_add_root(td->c.appraisal, pki->root_file), 0);
	tlsbind_appraisal_any_measurement(td->c.appraisal);
	td->c.flips = newest;
	td->c.flip_count = 4;
	td->signer = collateral_signer(pki, SIGNER_GOOD);
	td->info = collateral_tcbinfo(NULL);
	td->identity = collateral_qeidentity(NULL);
}

static void td_clear(struct td *td)
{
	synth_clear(&td->c);
	collateral_signer_clear(&td->signer);
	free(td->info);
	free(td->identity);
}

static void td_add(struct td *td, const char *change)
{
	char *text = collateral_dcap(pki, &td->signer, td->info, td->identity, change);

	assert_int_equal(collateral_add(td->c.appraisal, text), 0);
	free(text);
}

/* Verify; exactly these checks must fail, and the result be of this class. */
static struct tlsbind_result *td_result(struct td *td, const char *failures,
					enum tlsbind_class class_)
{
	struct tlsbind_result *result;
	uint8_t nonce[TLSBIND_NONCE_SIZE];

	memcpy(nonce, td->c.nonce, sizeof(nonce));
	result = synth_verify(&td->c);
	memcpy(td->c.nonce, nonce, sizeof(nonce));
	if (strcmp(test_failures(result), failures)) {
		tlsbind_result_print(result, stderr);
		fail_msg("fails \"%s\" instead of \"%s\"", test_failures(result), failures);
	}
	assert_int_equal(tlsbind_result_class(result), class_);
	return result;
}

static void td_expect(struct td *td, const char *failures, enum tlsbind_class class_)
{
	tlsbind_result_free(td_result(td, failures, class_));
}

static void test_accepted(void **state)
{
	struct tlsbind_result *result;
	struct td td;

	(void)state;
	td_init(&td);
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
	td_init(&td);
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
	td_init(&td);
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

		td_init(&td);
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

		td_init(&td);
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

/* Every kind of signer that is none. */
static void test_signers(void **state)
{
	static const enum signer_flaw flaws[] = {
		SIGNER_EXPIRED, SIGNER_NAME, SIGNER_CA, SIGNER_UNDER_CA, SIGNER_SHA1,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		struct td td;

		td_init(&td);
		collateral_signer_clear(&td.signer);
		td.signer = collateral_signer(pki, flaws[i]);
		td_add(&td, NULL);
		td_expect(&td, "tcb.collateral " STATEMENTS, TLSBIND_CLASS_SIGNATURE);
		td_clear(&td);
	}
}

/* Below another root, which is trusted as well. */
static void test_other_root(void **state)
{
	(void)state;
	for (int trusted = 0; trusted < 2; trusted++) {
		struct td td;
		char *text;

		td_init(&td);
		tlsbind_appraisal_free(td.c.appraisal);
		td.c.appraisal = tlsbind_appraisal_new();
		assert_int_equal(tlsbind_appraisal_add_root(td.c.appraisal, pki->root_file), 0);
		if (trusted)
			assert_int_equal(tlsbind_appraisal_add_root(td.c.appraisal,
								    other->root_file), 0);
		tlsbind_appraisal_any_measurement(td.c.appraisal);
		list_add(td.c.appraisal, list_new(pki->root, pki->root_key, NULL, LIST_GOOD),
			 false);
		list_add(td.c.appraisal, list_new(pki->ca, pki->ca_key, NULL, LIST_GOOD), false);
		collateral_signer_clear(&td.signer);
		td.signer = collateral_signer(other, SIGNER_GOOD);
		text = collateral_dcap(other, &td.signer, td.info, td.identity, NULL);
		assert_int_equal(collateral_add(td.c.appraisal, text), 0);
		free(text);
		td_expect(&td, "tcb.collateral " STATEMENTS, TLSBIND_CLASS_SIGNATURE);
		td_clear(&td);
	}
}

/* Signed by somebody else, or something else. */
static void test_signatures(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct td td;
		char *signature, *change;

		td_init(&td);
		signature = collateral_sign(i < 2 ? pki->key : td.signer.key,
					    i < 2 ? i ? td.identity : td.info : "{}");
		assert_true(asprintf(&change, "%s_signature \"%s\"",
				     i % 2 ? "qe_identity" : "tcb_info", signature) > 0);
		td_add(&td, change);
		td_expect(&td, i % 2 ? "tcb.collateral tcb.qe tcb.status" :
				       "tcb.collateral tcb.module tcb.status",
			  TLSBIND_CLASS_SIGNATURE);
		free(change);
		free(signature);
		td_clear(&td);
	}
}

/* Each byte of a signed text changed so that it still can be read: the signature finds it. */
static void test_every_byte(void **state)
{
	struct td td;
	char *signature, *text;
	size_t i, read = 0;

	(void)state;
	td_init(&td);
	td_add(&td, NULL);
	signature = collateral_sign(td.signer.key, td.info);
	for (i = 0; i < strlen(td.info); i += getenv("TLSBIND_THOROUGH") ? 1 : 7) {
		struct tlsbind_appraisal *own = td.c.appraisal;
		struct tlsbind_result *result;
		uint8_t nonce[TLSBIND_NONCE_SIZE];

		td.info[i] ^= 1;
		text = collateral_pcs("tcbInfo", td.info, signature);
		td.c.appraisal = tlsbind_appraisal_new();
		tlsbind_appraisal_add_root(td.c.appraisal, pki->root_file);
		tlsbind_appraisal_any_measurement(td.c.appraisal);
		collateral_add_cert(td.c.appraisal, td.signer.cert);
		if (!collateral_add(td.c.appraisal, text)) {
			memcpy(nonce, td.c.nonce, sizeof(nonce));
			result = synth_verify(&td.c);
			memcpy(td.c.nonce, nonce, sizeof(nonce));
			assert_non_null(strstr(test_failures(result), "tcb.collateral"));
			assert_non_null(strstr(test_failures(result), "tcb.status"));
			assert_non_null(strstr(test_failures(result), "tcb.module"));
			tlsbind_result_free(result);
			read++;
		}
		td.info[i] ^= 1;
		free(text);
		tlsbind_appraisal_free(td.c.appraisal);
		td.c.appraisal = own;
	}
	assert_true(read > 20);
	free(signature);
	td_clear(&td);
}

/* As the PCS answers: signer and lists in files of their own, spaces within what is signed. */
static void test_pcs(void **state)
{
	static const struct edit spaces[] = { { "{\"id\"", "{ \"id\"" }, { NULL, NULL } };
	char *text, *signature;
	struct td td;

	(void)state;
	td_init(&td);
	free(td.info);
	td.info = collateral_tcbinfo(spaces);
	signature = collateral_sign(td.signer.key, td.info);
	text = collateral_pcs("tcbInfo", td.info, signature);
	assert_int_equal(collateral_add(td.c.appraisal, text), 0);
	free(text);
	free(signature);
	signature = collateral_sign(td.signer.key, td.identity);
	text = collateral_pcs("enclaveIdentity", td.identity, signature);
	assert_int_equal(collateral_add(td.c.appraisal, text), 0);
	free(text);
	free(signature);
	td_expect(&td, "tcb.revocation tcb.collateral " STATEMENTS, TLSBIND_CLASS_SIGNATURE);
	collateral_add_cert(td.c.appraisal, td.signer.cert);
	td_expect(&td, "tcb.revocation", TLSBIND_CLASS_TCB);
	list_add(td.c.appraisal, list_new(pki->ca, pki->ca_key, NULL, LIST_GOOD), false);
	td_expect(&td, "tcb.revocation", TLSBIND_CLASS_TCB);
	list_add(td.c.appraisal, list_new(pki->root, pki->root_key, NULL, LIST_GOOD), false);
	td_expect(&td, "", TLSBIND_CLASS_NONE);
	td_clear(&td);
}

static void test_revoked(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct td td;

		td_init(&td);
		td_add(&td, NULL);
		list_add(td.c.appraisal, i == 0 ? list_new(pki->ca, pki->ca_key, pki->leaf, LIST_GOOD) :
			 list_new(pki->root, pki->root_key, i == 1 ? pki->ca : td.signer.cert,
				  LIST_GOOD), true);
		td_expect(&td, i < 2 ? "tcb.revocation" : "tcb.collateral " STATEMENTS,
			  i < 2 ? TLSBIND_CLASS_TCB : TLSBIND_CLASS_SIGNATURE);
		td_clear(&td);
	}
}

/* The newest statement counts, also if it holds no more, or never was Intel's. */
static void test_newest(void **state)
{
	static const struct edit old[] = {
		{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":16" },
		{ "@[5,0,2]", "@[9,9,9]" }, { "@[5,0,2]", "@[9,9,9]" }, { NULL, NULL },
	};
	static const struct edit new[] = {
		{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":18" },
		{ "@NEXT@", "@ISSUE@" }, { NULL, NULL },
	};

	(void)state;
	for (int i = 0; i < 6; i++) {
		bool first = i % 2;
		char *more, *signature, *text;
		struct td td;

		td_init(&td);
		if (first)
			td_add(&td, NULL);
		more = collateral_tcbinfo(i < 2 ? old : new);
		signature = collateral_sign(i < 4 ? td.signer.key : pki->key, more);
		text = collateral_pcs("tcbInfo", more, signature);
		collateral_add_cert(td.c.appraisal, td.signer.cert);
		assert_int_equal(collateral_add(td.c.appraisal, text), 0);
		if (!first)
			td_add(&td, NULL);
		if (i < 2)
			td_expect(&td, "", TLSBIND_CLASS_NONE);
		else if (i < 4)
			td_expect(&td, "tcb.collateral", TLSBIND_CLASS_TCB);
		else
			td_expect(&td, "tcb.collateral tcb.module tcb.status",
				  TLSBIND_CLASS_SIGNATURE);
		free(text);
		free(signature);
		free(more);
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
	td_init(&td);
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
	td_init(&td);
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
	td_init(&td);
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
		cmocka_unit_test(test_statements), cmocka_unit_test(test_signers),
		cmocka_unit_test(test_other_root), cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_every_byte), cmocka_unit_test(test_pcs),
		cmocka_unit_test(test_revoked), cmocka_unit_test(test_newest),
		cmocka_unit_test(test_evaluation), cmocka_unit_test(test_policy),
		cmocka_unit_test(test_many_advisories),
	};

	return cmocka_run_group_tests_name("judge", tests, setup, teardown);
}
