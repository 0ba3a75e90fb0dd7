/* SPDX-License-Identifier: MIT */
/* More ways to break the claims and the policy, beside test_verify.c. */
#include "flip.h"

/*
 * What a policy holds and claims say, in the combinations in which a careless
 * comparison would still be right.
 */
FLIP(other_flag, {
	tlsbind_appraisal_allow_flags(c->appraisal, TLSBIND_F_POLICY_CHANGED);
	c->claims.flags = htobe32(TLSBIND_F_POLICY_CHANGED | TLSBIND_F_DOORS_OPEN);
     }, "claims.flags", TLSBIND_CLASS_POLICY)
FLIP(generations, {
	c->claims.tx_generation = htobe32(1);
	c->claims.rx_generation = htobe32(2);
	c->connection.tx_generation = 1;
	c->connection.rx_generation = 2;
     }, "", TLSBIND_CLASS_NONE)
FLIP(generations_crossed, {
	c->claims.tx_generation = htobe32(2);
	c->claims.rx_generation = htobe32(1);
	c->connection.tx_generation = 1;
	c->connection.rx_generation = 2;
     }, "claims.generation", TLSBIND_CLASS_BINDING)
FLIP(second_measurement, {
	c->measurement[47] ^= 1;
	tlsbind_appraisal_add_measurement(c->appraisal, c->measurement, 48);
     }, "", TLSBIND_CLASS_NONE)
FLIP(first_measurement, {
	uint8_t other[48] = { 1 };
	tlsbind_appraisal_add_measurement(c->appraisal, other, 48);
     }, "", TLSBIND_CLASS_NONE)
FLIP(no_such_measurement, {
	uint8_t other[48] = { 1 };
	tlsbind_appraisal_add_measurement(c->appraisal, other, 48);
	c->measurement[47] ^= 1;
     }, "appraisal.measurement", TLSBIND_CLASS_POLICY)
FLIP_TDX(vmpl_wanted, { c->vmpl = 2; tlsbind_appraisal_set_vmpl(c->appraisal, 2); }, "", "",
	 TLSBIND_CLASS_NONE)
FLIP_TDX(vmpl_below, { c->vmpl = 0; tlsbind_appraisal_set_vmpl(c->appraisal, 2); },
	 "report.vmpl", "", TLSBIND_CLASS_POLICY)

#define NOTHING_ELSE \
	"evidence.format claims.version claims.nonce claims.suite claims.generation claims.flags " \
	"binding.tx binding.rx tree.inclusion report.data report.chain report.signature " \
	"report.certificate report.debug report.vmpl appraisal.measurement"

FLIP(reserved, c->claims.reserved = 1, NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(reserved_bytes, c->claims.reserved2[5] = 1, NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest_kind, { c->claims.exe_digest_kind = 3; c->claims.exe_digest_len = 32; },
     NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest_too_long, { c->claims.exe_digest_kind = 1; c->claims.exe_digest_len = 65; },
     NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest_far_too_long, { c->claims.exe_digest_kind = 1; c->claims.exe_digest_len = 255; },
     NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest_of_nothing, c->claims.exe_digest_len = 32, NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest_empty, c->claims.exe_digest_kind = 1, NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest_tail, {
	c->claims.exe_digest_kind = 1;
	c->claims.exe_digest_len = 32;
	c->claims.exe_digest[32] = 1;
     }, NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)
FLIP(digest, {
	c->claims.exe_digest_kind = 2;
	c->claims.exe_digest_len = 64;
	c->claims.exe_digest[63] = 1;
     }, "", TLSBIND_CLASS_NONE)
FLIP(tree_empty, { c->size = 0; c->index = 0; c->nodes = 0; }, NOTHING_ELSE,
     TLSBIND_CLASS_MALFORMED)
FLIP(tree_too_large, { c->size = TLSBIND_TREE_SIZE_MAX + 1; c->nodes = TLSBIND_PATH_MAX; },
     NOTHING_ELSE, TLSBIND_CLASS_MALFORMED)

/* A certificate table beside a quote, which brings its certificates itself. */
static void test_aux_with_quote(void **state)
{
	struct tlsbind_result *result;
	struct test_bytes evidence;
	struct synth_case c;

	(void)state;
	synth_default(&c, pki[1], true);
	evidence = synth_encode(&c);
	evidence.data = realloc(evidence.data, evidence.len + 7);
	memcpy(evidence.data + evidence.len, "\0\10\0\0\0\1\0", 7);
	assert_int_equal(tlsbind_verify(evidence.data, evidence.len + 7, &c.connection, c.nonce,
					c.appraisal, &result), 0);
	assert_string_equal(test_failures(result), "evidence.format report.chain "
			    "report.signature report.certificate");
	tlsbind_result_free(result);
	free(evidence.data);
	synth_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_flag),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_generations_crossed),
		cmocka_unit_test(test_second_measurement),
		cmocka_unit_test(test_first_measurement),
		cmocka_unit_test(test_no_such_measurement),
		cmocka_unit_test(test_vmpl_wanted),
		cmocka_unit_test(test_vmpl_below),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_reserved_bytes),
		cmocka_unit_test(test_digest_kind),
		cmocka_unit_test(test_digest_too_long),
		cmocka_unit_test(test_digest_far_too_long),
		cmocka_unit_test(test_digest_of_nothing),
		cmocka_unit_test(test_digest_empty),
		cmocka_unit_test(test_digest_tail),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_tree_empty),
		cmocka_unit_test(test_tree_too_large),
		cmocka_unit_test(test_aux_with_quote),
	};

	return cmocka_run_group_tests_name("claims", tests, setup, teardown);
}
