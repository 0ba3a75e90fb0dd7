/* SPDX-License-Identifier: MIT */
/* Who signs collateral: every signer, root and signature that does not count, and which one does. */
#include <unistd.h>
#include <openssl/pem.h>
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

/* Every kind of signer that is none. */
static void test_signers(void **state)
{
	static const enum signer_flaw flaws[] = {
		SIGNER_EXPIRED, SIGNER_NAME, SIGNER_CA, SIGNER_UNDER_CA, SIGNER_SHA1,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		struct td td;

		td_init(&td, pki);
		collateral_signer_clear(&td.signer);
		td.signer = collateral_signer(pki, flaws[i]);
		td_add(&td, NULL);
		td_expect(&td, "tcb.collateral " STATEMENTS, TLSBIND_CLASS_SIGNATURE);
		td_clear(&td);
	}
}

/* A root of another name, and a file with it. */
static struct synth_pki another_root(void)
{
	struct synth_pki another = { .root_key = EVP_EC_gen("P-256"), .root = X509_dup(pki->root),
				     .ca = pki->ca, .ca_key = pki->ca_key };
	X509_NAME *name = X509_get_subject_name(another.root);
	FILE *file;

	X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, (const unsigned char *)"another", -1,
				   -1, 0);
	X509_set_issuer_name(another.root, name);
	X509_set_pubkey(another.root, another.root_key);
	assert_true(X509_sign(another.root, another.root_key, EVP_sha384()));
	strcpy(another.root_file, "/tmp/tlsbind-test-XXXXXX");
	file = fdopen(mkstemp(another.root_file), "w");
	PEM_write_X509(file, another.root);
	fclose(file);
	return another;
}

/* Collateral below another root, which is trusted as well in the end. */
static void test_other_root(void **state)
{
	struct synth_pki another = another_root();
	struct tlsbind_result *result;
	struct td td;
	char *text;

	(void)state;
	td_init(&td, pki);
	collateral_signer_clear(&td.signer);
	td.signer = collateral_signer(&another, SIGNER_GOOD);
	text = collateral_dcap(&another, &td.signer, td.info, td.identity, NULL);
	assert_int_equal(collateral_add(td.c.appraisal, text), 0);
	free(text);
	list_add(td.c.appraisal, list_new(pki->root, pki->root_key, NULL, LIST_GOOD), false);
	td_expect(&td, "tcb.collateral " STATEMENTS, TLSBIND_CLASS_SIGNATURE);
	assert_int_equal(tlsbind_appraisal_add_root(td.c.appraisal, another.root_file), 0);
	result = td_result(&td, "tcb.collateral " STATEMENTS, TLSBIND_CLASS_SIGNATURE);
	assert_string_equal(tlsbind_result_find(result, "tcb.collateral")->got,
			    "TCB info: its signer has another root than the PCK certificate, "
			    "QE identity: its signer has another root than the PCK certificate");
	tlsbind_result_free(result);
	td_clear(&td);
	unlink(another.root_file);
	X509_free(another.root);
	EVP_PKEY_free(another.root_key);
}

/* Signed by somebody else, or something else. */
static void test_signatures(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct td td;
		char *signature, *change;

		td_init(&td, pki);
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
	td_init(&td, pki);
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
	td_init(&td, pki);
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

		td_init(&td, pki);
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

		td_init(&td, pki);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signers), cmocka_unit_test(test_other_root),
		cmocka_unit_test(test_signatures), cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_pcs), cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_newest),
	};

	return cmocka_run_group_tests_name("signer", tests, setup, teardown);
}
