/* SPDX-License-Identifier: MIT */
/* Lowest SNP TCB: a vector for each product, for three TCBs of a report. */
#include "amd.h"
#include "both.h"
#include "minimum.h"

static const struct tlsbind_snp_tcb milan = { 0, 4, 0, 24, 219 };
static const struct tlsbind_snp_tcb turin = { 1, 2, 3, 4, 81 };

static int minimum(const struct amd_case *c, const struct tlsbind_appraisal *appraisal)
{
	struct tlsbind_span report = { c->report, sizeof(c->report) };
	X509 *cert = amd_certificate(c);
	char want[160] = "", got[160] = "";
	struct tlsbind_snp snp;
	int ret;

	assert_int_equal(tlsbind_snp_parse(report, &snp), 0);
	ret = tlsbind_minimum_check(&snp, cert, appraisal, want, sizeof(want), got, sizeof(got));
	assert_true(want[0] && got[0]);
	X509_free(cert);
	return ret;
}

static struct tlsbind_appraisal *both(void)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	assert_false(tlsbind_minimum_is_set(appraisal));
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Milan", &milan), 0);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Turin", &turin), 0);
	assert_true(tlsbind_minimum_is_set(appraisal));
	return appraisal;
}

static void test_setter(void **state)
{
	struct tlsbind_snp_tcb none = { 0 }, fmc = { 1, 0, 0, 0, 0 };
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	(void)state;
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Rome", &milan), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "milan", &milan), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Milan-B0", &milan), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "unknown", &milan), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "", &milan), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Milan", &none), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Milan", &fmc), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Genoa", &turin), -EINVAL);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Turin", &fmc), 0);
	assert_int_equal(tlsbind_appraisal_set_snp_tcb(appraisal, "Turin", &turin), -EEXIST);
	tlsbind_appraisal_free(appraisal);
}

/* Equal is enough; each component one less is not, however high the others are. */
static void test_components(void **state)
{
	static const struct {
		enum amd_kind kind;
		size_t bytes[5];
		size_t count;
	} kinds[] = {
		{ AMD_MILAN, { 0, 6, 7 }, 3 }, { AMD_MILAN_VLEK, { 0, 6 }, 2 },
		{ AMD_TURIN, { 0, 1, 2, 3, 7 }, 5 }, { AMD_TURIN_VLEK, { 0, 1, 2, 3, 7 }, 5 },
	};
	static const size_t tcbs[] = { 0x180, 0x1e0, 0x1f0 };
	struct tlsbind_appraisal *appraisal = both();
	struct amd_case c;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		amd_default(&c, kinds[i].kind);
		/* The VLEK's platform has older microcode than Milan's minimum. */
		if (kinds[i].kind == AMD_MILAN_VLEK)
			for (size_t t = 0; t < 3; t++)
				c.report[tcbs[t] + 7] = 220;
		assert_int_equal(minimum(&c, appraisal), 0);
		for (size_t t = 0; t < 3; t++) {
			for (size_t b = 0; b < kinds[i].count; b++) {
				uint8_t *tcb = c.report + tcbs[t], old[8];

				memcpy(old, tcb, 8);
				for (size_t o = 0; o < kinds[i].count; o++)
					tcb[kinds[i].bytes[o]] = 0xff;
				assert_int_equal(minimum(&c, appraisal), 0);
				tcb[kinds[i].bytes[b]] = old[kinds[i].bytes[b]] - 1;
				assert_int_equal(minimum(&c, appraisal), -EKEYREJECTED);
				memcpy(tcb, old, 8);
			}
		}
	}
	tlsbind_appraisal_free(appraisal);
}

/* Neither a product without a minimum nor one that is not known. */
static void test_other_product(void **state)
{
	struct tlsbind_appraisal *appraisal = both();
	struct amd_case c;

	(void)state;
	amd_default(&c, AMD_GENOA);
	memset(c.report + 0x180, 0xff, 8);
	memset(c.report + 0x1e0, 0xff, 8);
	memset(c.report + 0x1f0, 0xff, 8);
	assert_int_equal(minimum(&c, appraisal), -EKEYREJECTED);
	amd_set(&c, AMD_OID("2"), "\x16\x04Rome", 6);
	assert_int_equal(minimum(&c, appraisal), -EKEYREJECTED);
	amd_drop(&c, AMD_OID("2"));
	assert_int_equal(minimum(&c, appraisal), -EKEYREJECTED);
	amd_set(&c, AMD_OID("2"), "\x16\x05Turin", 7);
	assert_int_equal(minimum(&c, appraisal), 0);
	tlsbind_appraisal_free(appraisal);
}

static void set_low(struct synth_case *c)
{
	const struct tlsbind_snp_tcb low = { 0, 3, 0, 8, 219 };

	assert_int_equal(tlsbind_appraisal_set_snp_tcb(c->appraisal, "Milan", &low), 0);
}

/* As part of a verification: only SNP, only if asked for, and then in any case. */
static void test_verify(void **state)
{
	/* Committed and launch TCB are zero there but for these bytes. */
	static const struct synth_flip flips[] = {
		{ SYNTH_SIGNED, 0x1e0, 3 }, { SYNTH_SIGNED, 0x1e6, 8 },
		{ SYNTH_SIGNED, 0x1e7, 0xdb }, { SYNTH_SIGNED, 0x1f0, 3 },
		{ SYNTH_SIGNED, 0x1f6, 8 }, { SYNTH_SIGNED, 0x1f7, 0xdb },
	};

	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		for (size_t count = 5; count <= 6; count++) {
			struct tlsbind_result *result;
			struct synth_case c;
			bool low = count < 6 && !tdx;

			synth_default(&c, pki[tdx], tdx);
			set_low(&c);
			c.flips = flips;
			c.flip_count = tdx ? 0 : count;
			result = synth_verify(&c);
			assert_string_equal(test_failures(result), low ? "tcb.minimum" : "");
			assert_int_equal(!tlsbind_result_find(result, "tcb.minimum"), tdx);
			if (low)
				assert_int_equal(tlsbind_result_class(result), TLSBIND_CLASS_TCB);
			tlsbind_result_free(result);
			synth_clear(&c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setter), cmocka_unit_test(test_components),
		cmocka_unit_test(test_other_product), cmocka_unit_test(test_verify),
	};

	return cmocka_run_group_tests_name("minimum", tests, setup, teardown);
}
