/* SPDX-License-Identifier: MIT */
/*
 * "The relying party accepts only if": each condition is broken alone, and the
 * checks that fail are exactly those that must.
 */
#include "flip.h"

static void change_nothing(struct synth_case *c)
{
	(void)c;
}

static void test_accepted(void **state)
{
	const struct flip flip = { change_nothing, "", "", TLSBIND_CLASS_NONE };

	(void)state;
	flip_run(&flip);
}

static void test_check_names(void **state)
{
	static const char *const names[] = {
		"tls.version", "tls.key-exchange", "tls.resumption", "tls.early-data",
		"evidence.format", "claims.version", "claims.nonce", "claims.suite",
		"claims.generation", "claims.flags", "binding.tx", "binding.rx",
		"tree.inclusion", "report.data", "report.chain", "report.signature",
		"report.certificate", "report.debug", "report.vmpl", "appraisal.measurement",
	};
	struct tlsbind_result *result;
	struct synth_case c;
	size_t i;

	(void)state;
	synth_default(&c, pki[0], false);
	result = synth_verify(&c);
	assert_int_equal(tlsbind_result_count(result), 20);
	for (i = 0; i < 20; i++)
		assert_string_equal(tlsbind_result_check(result, i)->name, names[i]);
	assert_null(tlsbind_result_check(result, 20));
	tlsbind_result_free(result);
	synth_clear(&c);
	synth_default(&c, pki[1], true);
	result = synth_verify(&c);
	assert_int_equal(tlsbind_result_count(result), 19);
	assert_null(tlsbind_result_find(result, "report.vmpl"));
	tlsbind_result_free(result);
	synth_clear(&c);
}

FLIP(tls_version, { c->connection.tls_version = 0x0303; c->claims.tls_version = htobe16(0x0303); },
     "tls.version", TLSBIND_CLASS_BINDING)
FLIP(key_exchange, c->connection.dhe = false, "tls.key-exchange", TLSBIND_CLASS_BINDING)
FLIP(resumption, c->connection.full_handshake = false, "tls.resumption", TLSBIND_CLASS_BINDING)
FLIP(psk_dhe, {
	c->connection.full_handshake = false;
	tlsbind_appraisal_allow_psk_dhe(c->appraisal);
     }, "", TLSBIND_CLASS_NONE)
FLIP(psk_alone, {
	c->connection.full_handshake = false;
	c->connection.dhe = false;
	tlsbind_appraisal_allow_psk_dhe(c->appraisal);
     }, "tls.key-exchange tls.resumption", TLSBIND_CLASS_BINDING)
FLIP(psk_early_data, {
	c->connection.full_handshake = false;
	c->connection.no_early_data = false;
	tlsbind_appraisal_allow_psk_dhe(c->appraisal);
     }, "tls.early-data", TLSBIND_CLASS_BINDING)
FLIP(early_data, c->connection.no_early_data = false, "tls.early-data", TLSBIND_CLASS_BINDING)
FLIP(claims_version, c->claims.version = htobe16(2), "claims.version", TLSBIND_CLASS_MALFORMED)
FLIP(claims_nonce, c->claims.nonce[31] ^= 1, "claims.nonce", TLSBIND_CLASS_BINDING)
FLIP(claims_suite, c->claims.cipher_suite = htobe16(0x1301), "claims.suite",
     TLSBIND_CLASS_BINDING)
FLIP(claims_tls_version, c->claims.tls_version = htobe16(0x0303), "claims.suite",
     TLSBIND_CLASS_BINDING)
FLIP(unknown_suite,
     { c->claims.cipher_suite = htobe16(0xc030); c->connection.cipher_suite = 0xc030; },
     "claims.suite", TLSBIND_CLASS_BINDING)
FLIP(tx_generation, c->claims.tx_generation = htobe32(1), "claims.generation",
     TLSBIND_CLASS_BINDING)
FLIP(rx_generation, c->connection.rx_generation = 1, "claims.generation", TLSBIND_CLASS_BINDING)
FLIP(doors_open, c->claims.flags = htobe32(TLSBIND_F_DOORS_OPEN), "claims.flags",
     TLSBIND_CLASS_POLICY)
FLIP(unknown_flag, c->claims.flags = htobe32(1U << 31), "claims.flags", TLSBIND_CLASS_POLICY)
FLIP(binding_tx, c->claims.tx_commitment[0] ^= 0x80, "binding.tx", TLSBIND_CLASS_BINDING)
FLIP(binding_rx, c->claims.rx_commitment[47] ^= 1, "binding.rx", TLSBIND_CLASS_BINDING)
FLIP(other_connection,
     { c->claims.tx_commitment[0] ^= 1; c->claims.rx_commitment[0] ^= 1; },
     "binding.tx binding.rx", TLSBIND_CLASS_BINDING)
FLIP(tree_short, c->nodes = 2, "tree.inclusion report.data", TLSBIND_CLASS_BINDING)
FLIP(tree_index, c->index = 5, "tree.inclusion report.data", TLSBIND_CLASS_BINDING)
FLIP(report_data, c->report_data_flip = 1, "report.data", TLSBIND_CLASS_BINDING)
FLIP(signature, c->signature_flip = 1, "report.signature", TLSBIND_CLASS_SIGNATURE)
FLIP_TDX(certificate, { c->tcb = 4; c->qe_mrsigner = 0; }, "report.certificate",
	 "report.certificate", TLSBIND_CLASS_SIGNATURE)
FLIP_TDX(debug, c->policy |= c->tdx ? 1 : 1 << 19, "report.debug", NULL, TLSBIND_CLASS_POLICY)
FLIP_TDX(migratable, c->policy |= c->tdx ? 1 << 29 : 1 << 18, "report.debug", NULL,
	 TLSBIND_CLASS_POLICY)
FLIP_TDX(vmpl, c->vmpl = 1, "report.vmpl", "", TLSBIND_CLASS_POLICY)
FLIP(measurement, c->measurement[0] ^= 1, "appraisal.measurement", TLSBIND_CLASS_POLICY)
FLIP(past, tlsbind_appraisal_set_time(c->appraisal, 1), "report.chain", TLSBIND_CLASS_SIGNATURE)
FLIP(future, tlsbind_appraisal_set_time(c->appraisal, time(NULL) + 30 * 86400), "report.chain",
     TLSBIND_CLASS_SIGNATURE)

/* Reflection: the relying party's own evidence, directions exchanged. */
FLIP(reflection, {
	memcpy(c->claims.tx_commitment, c->connection.rx_commitment, TLSBIND_COMMITMENT_SIZE);
	memcpy(c->claims.rx_commitment, c->connection.tx_commitment, TLSBIND_COMMITMENT_SIZE);
     }, "binding.tx binding.rx", TLSBIND_CLASS_BINDING)

/* An absent expectation is a failure, also where the evidence has nothing either. */
FLIP(no_nonce, {
	memset(c->nonce, 0, sizeof(c->nonce));
	memset(c->claims.nonce, 0, sizeof(c->claims.nonce));
     }, "claims.nonce", TLSBIND_CLASS_BINDING)
FLIP(no_tx, {
	memset(c->connection.tx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
	memset(c->claims.tx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
     }, "binding.tx", TLSBIND_CLASS_BINDING)
FLIP(no_rx, {
	memset(c->connection.rx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
	memset(c->claims.rx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
     }, "binding.rx", TLSBIND_CLASS_BINDING)

static void replace_appraisal(struct synth_case *c)
{
	tlsbind_appraisal_free(c->appraisal);
	c->appraisal = tlsbind_appraisal_new();
}

FLIP_TDX(empty_appraisal, replace_appraisal(c), "report.chain tcb.revocation appraisal.measurement",
	 "report.chain tcb.revocation tcb.collateral tcb.qe tcb.module tcb.status "
	 "appraisal.measurement", TLSBIND_CLASS_SIGNATURE)

FLIP(other_root, {
	replace_appraisal(c);
	tlsbind_appraisal_add_root(c->appraisal, pki[!c->tdx]->root_file);
	tlsbind_appraisal_any_measurement(c->appraisal);
	tlsbind_appraisal_any_tcb(c->appraisal);
     }, "report.chain", TLSBIND_CLASS_SIGNATURE)

FLIP(any_measurement, {
	replace_appraisal(c);
	tlsbind_appraisal_add_root(c->appraisal, c->pki->root_file);
	tlsbind_appraisal_any_measurement(c->appraisal);
	tlsbind_appraisal_any_tcb(c->appraisal);
     }, "", TLSBIND_CLASS_NONE)

FLIP(allowed_flag, {
	c->claims.flags = htobe32(TLSBIND_F_DOORS_OPEN | TLSBIND_F_POLICY_CHANGED);
	tlsbind_appraisal_allow_flags(c->appraisal, TLSBIND_F_DOORS_OPEN | TLSBIND_F_POLICY_CHANGED);
     }, "", TLSBIND_CLASS_NONE)

FLIP(unknown_provider, c->provider = "arm_cca_guest",
     "evidence.format report.data report.chain report.signature report.certificate "
     "report.debug report.vmpl appraisal.measurement", TLSBIND_CLASS_MALFORMED)

/* A report of one kind under the name of the other. */
FLIP(wrong_provider, c->provider = c->tdx ? "sev_guest" : "tdx_guest",
     "evidence.format report.data report.chain report.signature report.certificate "
     "report.debug report.vmpl appraisal.measurement", TLSBIND_CLASS_MALFORMED)

static void test_nonce_serves_once(void **state)
{
	static const uint8_t zero[TLSBIND_NONCE_SIZE];
	struct tlsbind_result *result;
	struct test_bytes evidence;
	struct synth_case c;

	(void)state;
	synth_default(&c, pki[0], false);
	evidence = synth_encode(&c);
	assert_int_equal(tlsbind_verify(evidence.data, evidence.len, &c.connection, c.nonce,
					c.appraisal, &result), 0);
	assert_true(tlsbind_result_accepted(result));
	assert_memory_equal(c.nonce, zero, sizeof(zero));
	tlsbind_result_free(result);
	assert_int_equal(tlsbind_verify(evidence.data, evidence.len, &c.connection, c.nonce,
					c.appraisal, &result), 0);
	assert_string_equal(test_failures(result), "claims.nonce");
	tlsbind_result_free(result);
	free(evidence.data);
	synth_clear(&c);
}

static void test_missing_arguments(void **state)
{
	struct tlsbind_result *result = (void *)1;
	struct synth_case c;

	(void)state;
	synth_default(&c, pki[0], false);
	assert_int_equal(tlsbind_verify(NULL, 0, &c.connection, c.nonce, c.appraisal, &result),
			 -EINVAL);
	assert_null(result);
	assert_int_equal(tlsbind_verify("", 0, NULL, c.nonce, c.appraisal, &result), -EINVAL);
	assert_int_equal(tlsbind_verify("", 0, &c.connection, NULL, c.appraisal, &result), -EINVAL);
	assert_int_equal(tlsbind_verify("", 0, &c.connection, c.nonce, NULL, &result), -EINVAL);
	assert_int_equal(tlsbind_verify("", 0, &c.connection, c.nonce, c.appraisal, NULL), -EINVAL);
	assert_false(tlsbind_result_accepted(NULL));
	assert_int_equal(tlsbind_result_class(NULL), TLSBIND_CLASS_MALFORMED);
	synth_clear(&c);
}

/* An all-zero connection is one that nobody filled in. */
static void test_empty_connection(void **state)
{
	struct tlsbind_result *result;
	struct synth_case c;

	(void)state;
	synth_default(&c, pki[0], false);
	memset(&c.connection, 0, sizeof(c.connection));
	result = synth_verify(&c);
	assert_string_equal(test_failures(result), "tls.version tls.key-exchange tls.resumption "
			    "tls.early-data claims.suite binding.tx binding.rx");
	tlsbind_result_free(result);
	synth_clear(&c);
}

static void test_every_truncation(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct test_bytes evidence;
		struct synth_case c;

		synth_default(&c, pki[tdx], tdx);
		evidence = synth_encode(&c);
		for (size_t len = 0; len < evidence.len; len++) {
			uint8_t *copy = malloc(len ? len : 1), nonce[TLSBIND_NONCE_SIZE];
			struct tlsbind_result *result;

			memcpy(copy, evidence.data, len);
			memcpy(nonce, c.nonce, sizeof(nonce));
			assert_int_equal(tlsbind_verify(copy, len, &c.connection, nonce,
							c.appraisal, &result), 0);
			assert_false(tlsbind_result_accepted(result));
			tlsbind_result_free(result);
			free(copy);
		}
		free(evidence.data);
		synth_clear(&c);
	}
}

/*
 * Every single bit of evidence is either signed or must have its value. That is
 * a minute of signatures, so by default one bit of each byte is tried;
 * TLSBIND_THOROUGH=1 tries all.
 */
static void test_every_bit(void **state)
{
	bool thorough = getenv("TLSBIND_THOROUGH");

	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct test_bytes evidence;
		struct synth_case c;

		synth_default(&c, pki[tdx], tdx);
		evidence = synth_encode(&c);
		for (size_t bit = 0; bit < 8 * evidence.len; bit++) {
			uint8_t nonce[TLSBIND_NONCE_SIZE];
			struct tlsbind_result *result;

			if (!thorough && bit % 8 != bit / 8 * 5 % 8)
				continue;
			evidence.data[bit / 8] ^= 1 << bit % 8;
			memcpy(nonce, c.nonce, sizeof(nonce));
			assert_int_equal(tlsbind_verify(evidence.data, evidence.len, &c.connection,
							nonce, c.appraisal, &result), 0);
			if (tlsbind_result_accepted(result))
				fail_msg("%s: bit %zu of byte %zu of %zu does not matter",
					 c.provider, bit % 8, bit / 8, evidence.len);
			tlsbind_result_free(result);
			evidence.data[bit / 8] ^= 1 << bit % 8;
		}
		free(evidence.data);
		synth_clear(&c);
	}
}

static void test_json(void **state)
{
	struct tlsbind_result *result;
	struct synth_case c;
	json_t *root, *check;
	size_t i, failed = 0;
	char *text;

	(void)state;
	synth_default(&c, pki[0], false);
	c.claims.tx_commitment[0] ^= 1;
	result = synth_verify(&c);
	text = tlsbind_result_json(result);
	root = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(root, "verdict")), "rejected");
	assert_string_equal(json_string_value(json_object_get(root, "class")), "binding");
	json_array_foreach(test_array(root, "checks"), i, check)
		failed += !strcmp(json_string_value(json_object_get(check, "verdict")), "fail");
	assert_int_equal(i, 20);
	assert_int_equal(failed, 1);
	json_decref(root);
	free(text);
	tlsbind_result_free(result);
	synth_clear(&c);
}

static void test_text(void **state)
{
	struct tlsbind_result *result;
	struct synth_case c;
	char *text = NULL;
	size_t len;
	FILE *out;

	(void)state;
	synth_default(&c, pki[0], false);
	c.claims.flags = htobe32(TLSBIND_F_NIC | 1U << 20);
	result = synth_verify(&c);
	out = open_memstream(&text, &len);
	assert_int_equal(tlsbind_result_print(result, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "FAIL  claims.flags           expected at most none, "
			       "got nic,0x100000\n"));
	assert_non_null(strstr(text, "\nPASS  binding.tx "));
	assert_non_null(strstr(text, "\nevidence REJECTED: claims.flags\n"));
	free(text);
	tlsbind_result_free(result);
	synth_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_check_names),
		cmocka_unit_test(test_tls_version), cmocka_unit_test(test_key_exchange),
		cmocka_unit_test(test_resumption), cmocka_unit_test(test_early_data),
		cmocka_unit_test(test_psk_dhe), cmocka_unit_test(test_psk_alone),
		cmocka_unit_test(test_psk_early_data),
		cmocka_unit_test(test_claims_version), cmocka_unit_test(test_claims_nonce),
		cmocka_unit_test(test_claims_suite), cmocka_unit_test(test_claims_tls_version),
		cmocka_unit_test(test_unknown_suite),
		cmocka_unit_test(test_tx_generation), cmocka_unit_test(test_rx_generation),
		cmocka_unit_test(test_doors_open), cmocka_unit_test(test_unknown_flag),
		cmocka_unit_test(test_binding_tx), cmocka_unit_test(test_binding_rx),
		cmocka_unit_test(test_other_connection), cmocka_unit_test(test_reflection),
		cmocka_unit_test(test_tree_short), cmocka_unit_test(test_tree_index),
		cmocka_unit_test(test_report_data), cmocka_unit_test(test_signature),
		cmocka_unit_test(test_certificate), cmocka_unit_test(test_debug),
		cmocka_unit_test(test_migratable), cmocka_unit_test(test_vmpl),
		cmocka_unit_test(test_measurement), cmocka_unit_test(test_past),
		cmocka_unit_test(test_future), cmocka_unit_test(test_no_nonce),
		cmocka_unit_test(test_no_tx), cmocka_unit_test(test_no_rx),
		cmocka_unit_test(test_empty_appraisal), cmocka_unit_test(test_other_root),
		cmocka_unit_test(test_any_measurement), cmocka_unit_test(test_allowed_flag),
		cmocka_unit_test(test_unknown_provider), cmocka_unit_test(test_wrong_provider),
		cmocka_unit_test(test_nonce_serves_once),
		cmocka_unit_test(test_missing_arguments), cmocka_unit_test(test_empty_connection),
		cmocka_unit_test(test_every_truncation), cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_json), cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("verify", tests, setup, teardown);
}
