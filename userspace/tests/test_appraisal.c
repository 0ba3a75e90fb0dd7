/* SPDX-License-Identifier: MIT */
/* Hardware reports without a connection, and what a policy may hold. */
#include "synth.h"

static struct synth_pki *pki;

static int setup(void **state)
{
	(void)state;
	pki = synth_pki_new(false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki);
	return 0;
}

static void test_report_alone(void **state)
{
	uint8_t want[TLSBIND_REPORT_DATA_SIZE];
	struct tlsbind_evidence evidence;
	struct tlsbind_report_info info;
	struct tlsbind_result *result;
	struct test_bytes bytes;
	struct synth_case c;

	(void)state;
	synth_default(&c, pki, false);
	c.vmpl = 3;
	c.policy |= 1 << 19;
	bytes = synth_encode(&c);
	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
	/* Without an expectation it is not accepted, but can be looked at. */
	assert_int_equal(tlsbind_report_verify(evidence.provider, evidence.report.data,
					       evidence.report.len, evidence.aux.data,
					       evidence.aux.len, NULL, c.appraisal, &info,
					       &result), 0);
	assert_string_equal(test_failures(result), "report.data report.debug report.vmpl");
	assert_int_equal(tlsbind_result_count(result), 8);
	assert_memory_equal(info.measurement, c.measurement, sizeof(c.measurement));
	assert_string_equal(info.provider, "sev_guest");
	assert_int_equal(info.vmpl, 3);
	assert_true(info.debug);
	memcpy(want, info.report_data, sizeof(want));
	tlsbind_result_free(result);
	assert_int_equal(tlsbind_report_verify(evidence.provider, evidence.report.data,
					       evidence.report.len, evidence.aux.data,
					       evidence.aux.len, want, c.appraisal, NULL,
					       &result), 0);
	assert_string_equal(test_failures(result), "report.debug report.vmpl");
	tlsbind_result_free(result);
	want[0] ^= 1;
	assert_int_equal(tlsbind_report_verify(evidence.provider, evidence.report.data,
					       evidence.report.len, evidence.aux.data,
					       evidence.aux.len, want, c.appraisal, NULL,
					       &result), 0);
	assert_string_equal(test_failures(result), "report.data report.debug report.vmpl");
	tlsbind_result_free(result);
	free(bytes.data);
	synth_clear(&c);
}

/* A certificate that does not parse is malformed evidence, even if a file has a good one. */
static void test_malformed_certificate(void **state)
{
	struct tlsbind_evidence evidence;
	struct tlsbind_result *result;
	struct test_bytes bytes;
	struct synth_case c;

	(void)state;
	synth_default(&c, pki, false);
	bytes = synth_encode(&c);
	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
	/* The tag of the VCEK, right behind the table's header of 72 bytes. */
	bytes.data[bytes.len - evidence.aux.len + 72] ^= 1;
	assert_int_equal(tlsbind_verify(bytes.data, bytes.len, &c.connection, c.nonce,
					c.appraisal, &result), 0);
	assert_string_equal(test_failures(result), "evidence.format report.chain "
			    "report.signature report.certificate");
	tlsbind_result_free(result);
	free(bytes.data);
	synth_clear(&c);
}

static void test_appraisal_refuses(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	uint8_t zero[TLSBIND_MEASUREMENT_SIZE] = { 0 }, some[64] = { 1 };

	(void)state;
	assert_int_equal(tlsbind_appraisal_add_measurement(appraisal, zero, sizeof(zero)), -EINVAL);
	assert_int_equal(tlsbind_appraisal_add_measurement(appraisal, some, 0), -EINVAL);
	assert_int_equal(tlsbind_appraisal_add_measurement(appraisal, some, 47), -EINVAL);
	assert_int_equal(tlsbind_appraisal_add_measurement(appraisal, some, 49), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_vmpl(appraisal, 4), -EINVAL);
	assert_int_equal(tlsbind_appraisal_add_root(appraisal, "/nonexistent"), -ENOENT);
	assert_int_equal(tlsbind_appraisal_add_root(appraisal, "/dev/null"), -EBADMSG);
	tlsbind_appraisal_free(appraisal);
	tlsbind_appraisal_free(NULL);
}

static void test_flag_names(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (uint32_t bit = 1; bit; bit <<= 1) {
		const char *name = tlsbind_flag_name(bit);

		if (!name)
			continue;
		known++;
		assert_int_equal(tlsbind_flag_from_name(name), bit);
	}
	assert_int_equal(known, 8);
	assert_int_equal(tlsbind_flag_from_name("doors"), 0);
	assert_int_equal(tlsbind_flag_from_name(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report_alone),
		cmocka_unit_test(test_malformed_certificate),
		cmocka_unit_test(test_appraisal_refuses),
		cmocka_unit_test(test_flag_names),
	};

	return cmocka_run_group_tests_name("appraisal", tests, setup, teardown);
}
