/* SPDX-License-Identifier: MIT */
/* Published evidence of real hardware, good and corrupted, against the vendors' roots. */
#include <openssl/pem.h>
#include "common.h"

#define MILAN		"snp/roots/ask_ark_milan.pem"
#define MILAN_VLEK	"snp/roots/ask_ark_milan_vlek.pem"
#define GENOA		"snp/roots/ask_ark_genoa.pem"
#define TURIN		"snp/roots/ask_ark_turin_vcek.pem"
#define INTEL		"tdx/roots/intel-sgx-root-ca.pem"

/* One piece of evidence, and the checks that it fails by itself. */
struct real {
	const char *provider;
	const char *report;
	const char *certificate;	/* or NULL */
	const char *aux;		/* or NULL */
	const char *root;
	long when;			/* within all validities */
	uint32_t vmpl;
	const char *failures;		/* beside report.data, which nobody expects here */
};

#define NONE		""
#define ALL_SNP		"report.chain report.signature report.certificate report.debug " \
			"report.vmpl appraisal.measurement"
#define MALFORMED	"evidence.format report.data " ALL_SNP

#define T2023		1690000000L
#define T2024		1720000000L
#define T2025		1760000000L
#define T2026		1795000000L

static const struct real reals[] = {
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  MILAN, T2024, 0, NONE },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", NULL,
	  "snp/milan-v2-virtee/auxblob-assembled.bin", MILAN, T2024, 0, NONE },
	{ "sev_guest", "snp/milan-v2-debug-gosevguest/report.bin",
	  "snp/milan-v2-debug-gosevguest/vcek.der", NULL, MILAN, T2024, 0, "report.debug" },
	{ "sev_guest", "snp/milan-v2-azure-trustee/report.bin",
	  "snp/milan-v2-azure-trustee/vcek.der", NULL, MILAN, T2024, 0, NONE },
	{ "sev_guest", "snp/milan-v3-dstack/report.bin", "snp/milan-v3-dstack/vcek.pem", NULL,
	  MILAN, T2026, 0, NONE },
	{ "sev_guest", "snp/milan-v3-ms/report.bin", "snp/milan-v3-ms/vcek.pem", NULL, MILAN,
	  T2026, 0, NONE },
	{ "sev_guest", "snp/milan-v5-gcp-vmpl0-teekit/report.bin",
	  "snp/milan-v5-gcp-vmpl0-teekit/vcek.pem", NULL, MILAN, T2026, 0, NONE },
	{ "sev_guest", "snp/milan-v5-gcp-vmpl1-teekit/report.bin",
	  "snp/milan-v5-gcp-vmpl1-teekit/vcek.pem", NULL, MILAN, T2026, 1, NONE },
	{ "sev_guest", "snp/milan-v5-gcp-vmpl1-teekit/report.bin",
	  "snp/milan-v5-gcp-vmpl1-teekit/vcek.pem", NULL, MILAN, T2026, 0, "report.vmpl" },
	{ "sev_guest", "snp/genoa-v3-ms/report.bin", "snp/genoa-v3-ms/vcek.pem", NULL, GENOA,
	  T2026, 0, NONE },
	{ "sev_guest", "snp/genoa-v3-tsm-veraison/report.bin", NULL,
	  "snp/genoa-v3-tsm-veraison/auxblob.bin", GENOA, T2025, 0, NONE },
	{ "sev_guest", "snp/genoa-v5-lunal/report.bin", "snp/genoa-v5-lunal/vcek.der", NULL, GENOA,
	  T2026, 0, NONE },
	{ "sev_guest", "snp/turin-v5-ms/report.bin", "snp/turin-v5-ms/vcek.pem", NULL, TURIN,
	  T2026, 0, NONE },
	{ "sev_guest", "snp/milan-v2-vlek-trustee/report.bin",
	  "snp/milan-v2-vlek-trustee/vlek.der", NULL, MILAN_VLEK, 0, 1, NONE },
	{ "sev_guest", "snp/milan-v3-vlek-trustee/report.bin",
	  "snp/milan-v3-vlek-trustee/vlek.der", NULL, MILAN_VLEK, 0, 1, NONE },
	{ "sev_guest", "snp/milan-v3-vlek-trustee/report.bin", NULL,
	  "snp/milan-v3-vlek-trustee/auxblob-assembled.bin", MILAN_VLEK, 0, 1, NONE },
	/* Certificates of others. */
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", "snp/milan-v3-dstack/vcek.pem", NULL,
	  MILAN, T2026, 0, "report.chain report.signature report.certificate" },
	{ "sev_guest", "snp/genoa-v3-ms/report.bin", "snp/genoa-v3-ms/vcek.pem", NULL, MILAN,
	  T2026, 0, "report.chain" },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  INTEL, T2024, 0, "report.chain" },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", NULL, "snp/bad/aux-empty.bin", MILAN,
	  T2024, 0, "report.chain report.signature report.certificate" },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  MILAN, 1000000000, 0, "report.chain" },
	/* Corrupted. */
	{ "sev_guest", "snp/bad/report-measurement-bitflip.bin", "snp/milan-v2-virtee/vcek.der",
	  NULL, MILAN, T2024, 0, "report.signature" },
	{ "sev_guest", "snp/bad/report-sig-r-bitflip.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  MILAN, T2024, 0, "report.signature" },
	{ "sev_guest", "snp/bad/report-sig-zero.bin", "snp/milan-v2-virtee/vcek.der", NULL, MILAN,
	  T2024, 0, "report.signature" },
	{ "sev_guest", "snp/bad/report-sig-big-endian.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  MILAN, T2024, 0, "report.signature" },
	{ "sev_guest", "snp/bad/report-sig-padding-nonzero.bin", "snp/milan-v2-virtee/vcek.der",
	  NULL, MILAN, T2024, 0, MALFORMED },
	{ "sev_guest", "snp/bad/report-oversize-1185.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  MILAN, T2024, 0, MALFORMED },
	{ "sev_guest", "snp/bad/report-truncated-1183.bin", "snp/milan-v2-virtee/vcek.der", NULL,
	  MILAN, T2024, 0, MALFORMED },
	{ "sev_guest", "snp/bad/report-sigalgo-2.bin", "snp/milan-v2-virtee/vcek.der", NULL, MILAN,
	  T2024, 0, MALFORMED },
	{ "sev_guest", "snp/bad/report-version-1.bin", "snp/milan-v2-virtee/vcek.der", NULL, MILAN,
	  T2024, 0, MALFORMED },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", NULL, "snp/bad/aux-offset-wraps.bin",
	  MILAN, T2024, 0, "evidence.format report.chain report.signature report.certificate" },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", NULL, "snp/bad/aux-length-past-end.bin",
	  MILAN, T2024, 0, "evidence.format report.chain report.signature report.certificate" },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", NULL, "snp/bad/aux-no-terminator.bin",
	  MILAN, T2024, 0, "evidence.format report.chain report.signature report.certificate" },
	{ "sev_guest", "snp/milan-v2-virtee/report.bin", NULL, "snp/bad/aux-duplicate-vcek.bin",
	  MILAN, T2024, 0, "evidence.format report.chain report.signature report.certificate" },

	{ "tdx_guest", "tdx/v4-phala/quote.bin", NULL, NULL, INTEL, T2025, 0, NONE },
	{ "tdx_guest", "tdx/v4-tappd-phala/quote.bin", NULL, NULL, INTEL, T2025, 0, NONE },
	{ "tdx_guest", "tdx/v4-gcp-cos113/quote.bin", NULL, NULL, INTEL, T2025, 0, NONE },
	{ "tdx_guest", "tdx/v4-gnr-trustee/quote.bin", NULL, NULL, INTEL, T2026, 0, NONE },
	{ "tdx_guest", "tdx/v4-azure-trustee/quote.bin", NULL, NULL, INTEL, T2025, 0, NONE },
	{ "tdx_guest", "tdx/v4-dstack/quote.bin", NULL, NULL, INTEL, T2026, 0, NONE },
	{ "tdx_guest", "tdx/v5-azure-phala/quote.bin", NULL, NULL, INTEL, T2026, 0, NONE },
	{ "tdx_guest", "tdx/v5-alibaba-trustee/quote.bin", NULL, NULL, INTEL, T2025, 0, NONE },
	{ "tdx_guest", "tdx/v4-debug-trustee/quote.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.debug" },
	/* Same names, other keys. */
	{ "tdx_guest", "tdx/bad-preproduction-root/quote.bin", NULL, NULL, INTEL, T2024, 0,
	  "report.chain" },
	/* Root first instead of last; and the enclave is a sample, not Intel's. */
	{ "tdx_guest", "tdx/intel-qvl-sample/quote.dat", NULL, NULL, INTEL, T2025, 0,
	  "report.chain report.signature report.certificate" },
	{ "tdx_guest", "tdx/intel-qvl-sample/quote.dat", NULL, NULL,
	  "tdx/intel-qvl-sample/trustedRootCaCert.pem", T2025, 0,
	  "report.chain report.signature report.certificate" },
	/* Real, but a text was put behind it. */
	{ "tdx_guest", "tdx/v4-google-spr/quote.bin", NULL, NULL, INTEL, T2024, 0, MALFORMED },
	/* Corrupted. */
	{ "tdx_guest", "tdx/bad/reportdata-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/mrtd-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/header-userdata-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/quote-sig-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/attkey-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/qe-report-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature report.certificate" },
	{ "tdx_guest", "tdx/bad/qe-sig-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/qe-authdata-bitflip.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.signature" },
	{ "tdx_guest", "tdx/bad/chain-reversed.bin", NULL, NULL, INTEL, T2025, 0,
	  "report.chain report.signature report.certificate" },
	{ "tdx_guest", "tdx/bad/siglen-plus1.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/siglen-max.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/certdata-len-wrap.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/authlen-max.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/outer-type-5.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/teetype-0.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/attkeytype-3.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/vendor-id-zero.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/truncated-in-certs.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/truncated-636.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/trailing-garbage.bin", NULL, NULL, INTEL, T2025, 0, MALFORMED },
	{ "tdx_guest", "tdx/bad/not-a-tdreport-google.bin", NULL, NULL, INTEL, T2025, 0,
	  MALFORMED },
};

/* A time in the middle of a certificate's validity: VLEKs live for a year. */
static time_t middle_of(const char *certificate)
{
	struct test_bytes bytes = test_file(test_real(certificate));
	const uint8_t *p = bytes.data;
	X509 *cert = d2i_X509(NULL, &p, (long)bytes.len);
	int days, seconds;
	struct tm tm;

	assert_non_null(cert);
	assert_true(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert),
				   X509_get0_notAfter(cert)));
	assert_true(ASN1_TIME_to_tm(X509_get0_notBefore(cert), &tm));
	X509_free(cert);
	free(bytes.data);
	return timegm(&tm) + (time_t)days * 43200;
}

static void real_run(const struct real *real)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct test_bytes report = test_file(test_real(real->report)), aux = { NULL, 0 };
	uint8_t want[TLSBIND_REPORT_DATA_SIZE] = { 0 };
	struct tlsbind_report_info info;
	struct tlsbind_result *result;
	time_t when = real->when;

	if (!when)
		when = middle_of(strstr(real->report, "v2") ?
				 "snp/milan-v2-vlek-trustee/vlek.der" :
				 "snp/milan-v3-vlek-trustee/vlek.der");
	assert_int_equal(tlsbind_appraisal_add_root(appraisal, test_real(real->root)), 0);
	if (real->certificate)
		assert_int_equal(tlsbind_appraisal_add_certificate(
				 appraisal, test_real(real->certificate)), 0);
	if (real->aux)
		aux = test_file(test_real(real->aux));
	tlsbind_appraisal_any_measurement(appraisal);
	tlsbind_appraisal_any_tcb(appraisal);
	tlsbind_appraisal_set_time(appraisal, when);
	tlsbind_appraisal_set_vmpl(appraisal, real->vmpl);

	/* First to learn what REPORT_DATA it carries, then in earnest. */
	assert_int_equal(tlsbind_report_verify(real->provider, report.data, report.len, aux.data,
					       aux.len, NULL, appraisal, &info, &result), 0);
	tlsbind_result_free(result);
	memcpy(want, info.report_data, sizeof(want));
	assert_int_equal(tlsbind_report_verify(real->provider, report.data, report.len, aux.data,
					       aux.len, want, appraisal, &info, &result), 0);
	if (strcmp(test_failures(result), real->failures)) {
		tlsbind_result_print(result, stderr);
		fail_msg("%s: fails \"%s\" instead of \"%s\"", real->report,
			 test_failures(result), real->failures);
	}
	tlsbind_result_free(result);
	free(report.data);
	free(aux.data);
	tlsbind_appraisal_free(appraisal);
}

static void real_run_all(const char *provider, bool good)
{
	size_t i, count = 0;

	test_real("");
	for (i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		if (strcmp(reals[i].provider, provider) || !reals[i].failures[0] != good)
			continue;
		real_run(&reals[i]);
		count++;
	}
	assert_true(count >= 6);
}

static void test_snp_good(void **state)
{
	(void)state;
	real_run_all("sev_guest", true);
}

static void test_snp_bad(void **state)
{
	(void)state;
	real_run_all("sev_guest", false);
}

static void test_tdx_good(void **state)
{
	(void)state;
	real_run_all("tdx_guest", true);
}

static void test_tdx_bad(void **state)
{
	(void)state;
	real_run_all("tdx_guest", false);
}

/* Certificates that look right and that AMD did not sign. */
static void test_lookalike_vcek(void **state)
{
	static const char *const names[] = {
		"snp/bad/test-vcek-invalid-legacy.der", "snp/bad/test-vcek-invalid-new.der",
	};
	size_t i;

	(void)state;
	test_real("");
	for (i = 0; i < 2; i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
		struct test_bytes report = test_file(test_real("snp/milan-v2-virtee/report.bin"));
		struct tlsbind_result *result;

		tlsbind_appraisal_add_root(appraisal, test_real(MILAN));
		assert_int_equal(tlsbind_appraisal_add_certificate(appraisal, test_real(names[i])),
				 0);
		tlsbind_appraisal_any_measurement(appraisal);
		assert_int_equal(tlsbind_report_verify("sev_guest", report.data, report.len, NULL,
						       0, NULL, appraisal, NULL, &result), 0);
		assert_int_not_equal(tlsbind_result_find(result, "report.chain")->verdict,
				     TLSBIND_PASS);
		tlsbind_result_free(result);
		free(report.data);
		tlsbind_appraisal_free(appraisal);
	}
}

/* No prefix of real evidence is accepted, and none makes a parser read too far. */
static void test_truncations(void **state)
{
	static const struct {
		const char *provider, *report, *root;
	} cases[] = {
		{ "sev_guest", "snp/milan-v2-virtee/report.bin", MILAN },
		{ "tdx_guest", "tdx/v4-phala/quote.bin", INTEL },
	};
	size_t i, len;

	(void)state;
	test_real("");
	for (i = 0; i < 2; i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
		struct test_bytes report = test_file(test_real(cases[i].report));
		struct tlsbind_result *result;

		tlsbind_appraisal_add_root(appraisal, test_real(cases[i].root));
		tlsbind_appraisal_any_measurement(appraisal);
		for (len = 1; len < report.len; len++) {
			uint8_t *copy = malloc(len);

			memcpy(copy, report.data, len);
			assert_int_equal(tlsbind_report_verify(cases[i].provider, copy, len, NULL,
							       0, NULL, appraisal, NULL, &result),
					 0);
			assert_false(tlsbind_result_accepted(result));
			tlsbind_result_free(result);
			free(copy);
		}
		free(report.data);
		tlsbind_appraisal_free(appraisal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snp_good),
		cmocka_unit_test(test_snp_bad),
		cmocka_unit_test(test_tdx_good),
		cmocka_unit_test(test_tdx_bad),
		cmocka_unit_test(test_lookalike_vcek),
		cmocka_unit_test(test_truncations),
	};

	return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
