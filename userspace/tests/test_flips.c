/* SPDX-License-Identifier: MIT */
/*
 * Every field of a report that the verifier looks at, wrong by itself and signed
 * all the same: only the look at this field can find it.
 */
#include "both.h"

#define CERTIFICATES	"report.chain report.signature report.certificate"
#define MALFORMED	"evidence.format report.data " CERTIFICATES \
			" report.debug report.vmpl appraisal.measurement"
#define BAD_TABLE	"evidence.format " CERTIFICATES

struct one {
	struct synth_flip flip;
	const char *failures;
};

static const struct one snp[] = {
	/* Version 3 becomes 4, 6, 7, 1; 2 has no CPUID, which then is not reserved. */
	{ { SYNTH_SIGNED, 0x00, 3 ^ 4 }, MALFORMED }, { { SYNTH_SIGNED, 0x00, 3 ^ 6 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x00, 3 ^ 7 }, MALFORMED }, { { SYNTH_SIGNED, 0x00, 3 ^ 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x00, 3 ^ 2 }, MALFORMED }, { { SYNTH_SIGNED, 0x03, 1 }, MALFORMED },
	/* Policy: bit 17 must be one, those from 26 on zero. */
	{ { SYNTH_SIGNED, 0x0a, 0x02 }, MALFORMED }, { { SYNTH_SIGNED, 0x0b, 0x04 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x0f, 0x80 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x30, 0x01 }, "report.vmpl" },
	{ { SYNTH_SIGNED, 0x33, 0x80 }, "report.vmpl" },
	{ { SYNTH_SIGNED, 0x34, 1 ^ 2 }, MALFORMED }, { { SYNTH_SIGNED, 0x37, 1 }, MALFORMED },
	/* Signer: none, reserved, bits behind it. A VLEK's certificate is not in the table. */
	{ { SYNTH_SIGNED, 0x48, 7 << 2 }, MALFORMED }, { { SYNTH_SIGNED, 0x48, 2 << 2 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x48, 0x20 }, MALFORMED }, { { SYNTH_SIGNED, 0x4b, 0x80 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x48, 1 << 2 }, CERTIFICATES },
	{ { SYNTH_SIGNED, 0x4c, 1 }, MALFORMED }, { { SYNTH_SIGNED, 0x4f, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x50, 1 }, "report.data" }, { { SYNTH_SIGNED, 0x8f, 1 }, "report.data" },
	{ { SYNTH_SIGNED, 0x99, 1 }, "appraisal.measurement" },
	{ { SYNTH_SIGNED, 0xbf, 1 }, "appraisal.measurement" },
	/* The reported TCB, more and less than in the certificate. */
	{ { SYNTH_SIGNED, 0x180, 3 ^ 2 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x180, 3 ^ 4 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x181, 1 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x186, 8 ^ 7 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x186, 8 ^ 9 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x187, 0xdb ^ 0xda }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x187, 0xdb ^ 0xdc }, "report.certificate" },
	/* CPUID of Genoa, Turin, nothing known. */
	{ { SYNTH_SIGNED, 0x189, 0x01 ^ 0x11 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x189, 0x01 ^ 0xa1 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x188, 0x19 ^ 0x1a }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x189, 0x01 ^ 0x51 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x18b, 1 }, MALFORMED }, { { SYNTH_SIGNED, 0x19f, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x1a0, 1 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x1a8, 1 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x1df, 1 }, "report.certificate" },
	{ { SYNTH_SIGNED, 0x1eb, 1 }, MALFORMED }, { { SYNTH_SIGNED, 0x1ef, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x1f8, 1 }, MALFORMED }, { { SYNTH_SIGNED, 0x208, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 0x29f, 1 }, MALFORMED },
	/* Signature: what lies beyond 48 bytes of r and s, and behind them. */
	{ { SYNTH_LATE, 0x2a0 + 48, 1 }, MALFORMED }, { { SYNTH_LATE, 0x2a0 + 71, 1 }, MALFORMED },
	{ { SYNTH_LATE, 0x2e8 + 48, 1 }, MALFORMED }, { { SYNTH_LATE, 0x2e8 + 71, 1 }, MALFORMED },
	{ { SYNTH_LATE, 0x330, 1 }, MALFORMED }, { { SYNTH_LATE, 0x49f, 1 }, MALFORMED },
	{ { SYNTH_LATE, 0x2e8, 1 }, "report.signature" },
	/* Table: first entry in the header, behind the end, empty; no VCEK any more. */
	{ { SYNTH_AUX, 16, 72 ^ 40 }, BAD_TABLE }, { { SYNTH_AUX, 19, 0x80 }, BAD_TABLE },
	{ { SYNTH_AUX, 22, 0x80 }, BAD_TABLE }, { { SYNTH_AUX, 0, 1 }, CERTIFICATES },
	/* No intermediate any more. */
	{ { SYNTH_AUX, 24, 1 }, "report.chain" },
};

static const struct one tdx[] = {
	{ { SYNTH_SIGNED, 0, 4 ^ 5 }, MALFORMED }, { { SYNTH_SIGNED, 0, 4 ^ 3 }, MALFORMED },
	{ { SYNTH_SIGNED, 1, 1 }, MALFORMED }, { { SYNTH_SIGNED, 2, 0x2 ^ 3 }, MALFORMED },
	{ { SYNTH_SIGNED, 4, 1 }, MALFORMED }, { { SYNTH_SIGNED, 7, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 8, 1 }, MALFORMED }, { { SYNTH_SIGNED, 11, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 12, 1 }, MALFORMED }, { { SYNTH_SIGNED, 27, 1 }, MALFORMED },
	/* A SEAM module that is not Intel's, and its attributes. */
	{ { SYNTH_SIGNED, 48 + 64, 1 }, MALFORMED }, { { SYNTH_SIGNED, 48 + 111, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 48 + 112, 1 }, MALFORMED }, { { SYNTH_SIGNED, 48 + 119, 1 }, MALFORMED },
	{ { SYNTH_SIGNED, 48 + 120, 0x02 }, "report.debug" },
	{ { SYNTH_SIGNED, 48 + 120, 0x80 }, "report.debug" },
	{ { SYNTH_SIGNED, 48 + 136 + 9, 1 }, "appraisal.measurement" },
	{ { SYNTH_SIGNED, 48 + 136 + 47, 1 }, "appraisal.measurement" },
	{ { SYNTH_SIGNED, 48 + 520, 1 }, "report.data" },
	{ { SYNTH_SIGNED, 48 + 583, 1 }, "report.data" },
	/* Quoting enclave: debug, other signer, other product. */
	{ { SYNTH_QE, 48, 2 }, "report.certificate" }, { { SYNTH_QE, 128, 1 }, "report.certificate" },
	{ { SYNTH_QE, 159, 1 }, "report.certificate" },
	{ { SYNTH_QE, 256, 0x2 ^ 1 }, "report.certificate" },
	{ { SYNTH_QE, 257, 1 }, "report.certificate" },
	/* Its hash of the attestation key, all 64 bytes. */
	{ { SYNTH_QE, 320, 1 }, "report.signature" }, { { SYNTH_QE, 336, 1 }, "report.signature" },
	{ { SYNTH_QE, 351, 1 }, "report.signature" }, { { SYNTH_QE, 352, 1 }, "report.signature" },
	{ { SYNTH_QE, 383, 1 }, "report.signature" },
	/* Attestation key, its authentication data, the two signatures. */
	{ { SYNTH_LATE, 636 + 64, 1 }, "report.signature" },
	{ { SYNTH_LATE, 636 + 584, 1 }, "report.signature" },
	{ { SYNTH_LATE, 636 + 63, 1 }, "report.signature" },
	{ { SYNTH_LATE, 636 + 518, 1 }, "report.signature" },
	/* Types of certification data, outer and inner. */
	{ { SYNTH_LATE, 636 + 128, 6 ^ 5 }, MALFORMED }, { { SYNTH_LATE, 636 + 616, 5 ^ 1 }, MALFORMED },
	{ { SYNTH_LATE, 636 + 616, 5 ^ 4 }, MALFORMED },
	/* Lengths that do not agree. */
	{ { SYNTH_LATE, 636 + 130, 1 }, MALFORMED }, { { SYNTH_LATE, 636 + 582, 1 }, MALFORMED },
	{ { SYNTH_LATE, 632, 1 }, MALFORMED }, { { SYNTH_LATE, 636 + 618, 1 }, MALFORMED },
};

static void expect(struct synth_case *c, const char *failures, size_t number)
{
	struct tlsbind_result *result = synth_verify(c);

	if (strcmp(test_failures(result), failures))
		fail_msg("%s, number %zu: fails \"%s\" instead of \"%s\"", c->provider, number,
			 test_failures(result), failures);
	tlsbind_result_free(result);
	synth_clear(c);
}

static void flip_all(const struct one *list, size_t count, bool is_tdx)
{
	for (size_t i = 0; i < count; i++) {
		struct synth_case c;

		synth_default(&c, pki[is_tdx], is_tdx);
		c.flips = &list[i].flip;
		c.flip_count = 1;
		expect(&c, list[i].failures, i);
	}
}

static void test_snp(void **state)
{
	(void)state;
	flip_all(snp, sizeof(snp) / sizeof(snp[0]), false);
}

static void test_tdx(void **state)
{
	(void)state;
	flip_all(tdx, sizeof(tdx) / sizeof(tdx[0]), true);
}

/* A report that says VLEK, the VCEK's certificate in the VLEK's place: it is still no VLEK's. */
static void test_vcek_as_vlek(void **state)
{
	static const uint8_t vcek[] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
					0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };
	static const uint8_t vlek[] = { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
					0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1 };
	struct synth_flip flips[17] = { { SYNTH_SIGNED, 0x48, 1 << 2 } };
	struct synth_case c;

	(void)state;
	for (size_t i = 0; i < 16; i++)
		flips[i + 1] = (struct synth_flip){ SYNTH_AUX, i, vcek[i] ^ vlek[i] };
	synth_default(&c, pki[0], false);
	c.flips = flips;
	c.flip_count = 17;
	expect(&c, "report.certificate", 0);
}

static void test_leaves(void **state)
{
	static const struct {
		enum synth_leaf leaf;
		const char *snp, *tdx;
	} leaves[] = {
		{ SYNTH_LEAF_EXPIRED, "report.chain", "report.chain" },
		{ SYNTH_LEAF_UNDER_ROOT, "report.chain report.certificate", "report.chain" },
		{ SYNTH_LEAF_CA, "report.chain report.certificate",
		  "report.chain report.certificate" },
		{ SYNTH_LEAF_SHA1, "report.chain", "report.chain" },
		{ SYNTH_LEAF_CSP, "report.certificate", "" },
		{ SYNTH_LEAF_NAME, "report.certificate", "" },
		{ SYNTH_LEAF_SUBJECT, "", "report.certificate" },
		{ SYNTH_LEAF_GOOD, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		for (int is_tdx = 0; is_tdx < 2; is_tdx++) {
			struct synth_case c;

			synth_pki_leaf(pki[is_tdx], is_tdx, leaves[i].leaf);
			synth_default(&c, pki[is_tdx], is_tdx);
			expect(&c, is_tdx ? leaves[i].tdx : leaves[i].snp, i);
		}
	}
}

/* Certificates that come with evidence and have nothing to do with it. */
static void test_stray_certificate(void **state)
{
	X509 *own = pki[0]->ca;
	char path[] = "/tmp/tlsbind-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct synth_case c;

	(void)state;
	assert_non_null(file);
	assert_true(i2d_X509_fp(file, own));
	fclose(file);
	/* The intermediate comes from a file; in the table lies somebody's root instead. */
	for (int i = 0; i < 2; i++) {
		synth_default(&c, pki[0], false);
		assert_int_equal(tlsbind_appraisal_add_certificate(c.appraisal, path), 0);
		pki[0]->ca = i ? pki[1]->root : pki[0]->root;
		expect(&c, i ? "report.chain" : "", (size_t)i);
		pki[0]->ca = own;
	}
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snp), cmocka_unit_test(test_tdx),
		cmocka_unit_test(test_vcek_as_vlek), cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_stray_certificate),
	};

	return cmocka_run_group_tests_name("flips", tests, setup, teardown);
}
