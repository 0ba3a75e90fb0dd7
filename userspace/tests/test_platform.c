/* SPDX-License-Identifier: MIT */
/* TCB of published TDX quotes, with the collateral that was published for them. */
#include "common.h"

#define INTEL	"tdx/roots/intel-sgx-root-ca.pem"
#define SIGNER	"tdx/roots/tcb-signing-chain-2025.pem"
#define OLD	"tdx/roots/tcb-signing-cert-2018.der"

/* Files that are offered with a quote, and what the checks must say. */
struct real {
	const char *quote;
	const char *when;
	const char *collateral[2];
	const char *certificate;	/* or NULL */
	const char *crls[2];
	const char *failures;		/* among tcb.* */
	const char *module, *enclave, *status;
};

static const struct real reals[] = {
	{ "tdx/v4-phala/quote.bin", "2025-07-01", { "tdx/v4-phala/collateral.json" }, NULL, { NULL },
	  "", "SVN and version 0601: UpToDate", "SVN 6: UpToDate", "UpToDate (platform UpToDate)" },
	{ "tdx/v5-azure-phala/quote.bin", "2026-03-01", { "tdx/v5-azure-phala/collateral.json" },
	  NULL, { NULL }, "tcb.status",
	  "SVN and version 0701: UpToDate, now 0d01: UpToDate", "SVN 7: UpToDate",
	  "Unknown (platform Unknown)" },
	/* Same, a day after the collateral's last, and before its first. */
	{ "tdx/v4-phala/quote.bin", "2025-07-20", { "tdx/v4-phala/collateral.json" }, NULL, { NULL },
	  "tcb.revocation tcb.collateral",
	  "SVN and version 0601: UpToDate", "SVN 6: UpToDate", "UpToDate (platform UpToDate)" },
	{ "tdx/v4-phala/quote.bin", "2025-06-18", { "tdx/v4-phala/collateral.json" }, NULL, { NULL },
	  "tcb.revocation tcb.collateral",
	  "SVN and version 0601: UpToDate", "SVN 6: UpToDate", "UpToDate (platform UpToDate)" },
	/* Of another platform. */
	{ "tdx/v4-phala/quote.bin", "2026-03-01", { "tdx/v5-azure-phala/collateral.json" }, NULL,
	  { NULL }, "tcb.collateral tcb.module tcb.status",
	  "no identity to compare with", "SVN 6: UpToDate", "Unknown (platform Unknown)" },
	/* Both, of which the newer QE identity does not hold yet. */
	{ "tdx/v4-phala/quote.bin", "2025-07-01",
	  { "tdx/v4-phala/collateral.json", "tdx/v5-azure-phala/collateral.json" }, NULL, { NULL },
	  "tcb.collateral",
	  "SVN and version 0601: UpToDate", "SVN 6: UpToDate", "UpToDate (platform UpToDate)" },
	/* Files as the PCS answers them. */
	{ "tdx/v4-gcp-cos113/quote.bin", "2025-10-29",
	  { "tdx/v4-gcp-cos113/tcbinfo.json", "tdx/v4-gcp-cos113/qeidentity.json" }, SIGNER, { NULL },
	  "tcb.revocation",
	  "SVN and version 0401: UpToDate", "SVN 6: UpToDate", "UpToDate (platform UpToDate)" },
	{ "tdx/v4-gnr-trustee/quote.bin", "2025-11-01",
	  { "tdx/v4-gnr-trustee/tcbinfo.json", "tdx/v4-gnr-trustee/qeidentity.json" }, SIGNER,
	  { NULL }, "tcb.revocation tcb.status",
	  "SVN and version 0503: UpToDate", "SVN 7: UpToDate",
	  "OutOfDate since 2024-03-13 (platform OutOfDate)" },
	{ "tdx/v4-debug-trustee/quote.bin", "2025-10-01", { "tdx/v4-debug-trustee/tcbinfo.json" },
	  SIGNER, { NULL }, "tcb.revocation tcb.collateral tcb.qe tcb.status",
	  "SVN and version 0300: UpToDate", "no identity to compare with",
	  "Unknown (platform OutOfDate): INTEL-SA-00837,INTEL-SA-00960,INTEL-SA-00982,"
	  "INTEL-SA-00986" },
	{ "tdx/v4-debug-trustee/quote.bin", "2025-10-29",
	  { "tdx/v4-debug-trustee/tcbinfo.json", "tdx/v4-gcp-cos113/qeidentity.json" }, SIGNER,
	  { NULL }, "tcb.revocation tcb.status",
	  "SVN and version 0300: UpToDate", "SVN 4: UpToDate",
	  "OutOfDate since 2023-08-09 (platform OutOfDate): INTEL-SA-00837,INTEL-SA-00960,"
	  "INTEL-SA-00982,INTEL-SA-00986" },
	{ "tdx/v5-alibaba-trustee/quote.bin", "2025-10-29",
	  { "tdx/v5-alibaba-trustee/tcbinfo.json", "tdx/v4-gcp-cos113/qeidentity.json" }, SIGNER,
	  { NULL }, "tcb.revocation tcb.status",
	  "SVN and version 0501: UpToDate", "SVN 6: UpToDate", "Unknown (platform Unknown)" },
	/* Without the text that was put behind it. */
	{ "tdx/v4-google-spr/quote.bin", "2023-06-20",
	  { "tdx/v4-google-spr/tcbinfo.json", "tdx/v4-google-spr/qeidentity.json" }, OLD,
	  { "tdx/v4-google-spr/root-ca.crl.der", "tdx/v4-google-spr/pck-platform.crl.der" },
	  "tcb.status",
	  "SVN and version 0300: UpToDate", "SVN 4: UpToDate", "Unknown (platform Unknown)" },
	{ "tdx/v4-google-spr/quote.bin", "2023-06-20",
	  { "tdx/v4-google-spr/tcbinfo.json", "tdx/v4-google-spr/qeidentity.json" }, OLD,
	  { "tdx/v4-google-spr/pck-platform.crl.der" }, "tcb.revocation tcb.status",
	  "SVN and version 0300: UpToDate", "SVN 4: UpToDate", "Unknown (platform Unknown)" },
	/* Without certificate of the signer, and with one that has expired. */
	{ "tdx/v4-gcp-cos113/quote.bin", "2025-10-29",
	  { "tdx/v4-gcp-cos113/tcbinfo.json", "tdx/v4-gcp-cos113/qeidentity.json" }, NULL, { NULL },
	  "tcb.revocation tcb.collateral tcb.qe tcb.module tcb.status",
	  "no identity to compare with", "no identity to compare with",
	  "Unknown (platform Unknown)" },
	{ "tdx/v4-gcp-cos113/quote.bin", "2025-10-29",
	  { "tdx/v4-gcp-cos113/tcbinfo.json", "tdx/v4-gcp-cos113/qeidentity.json" }, OLD, { NULL },
	  "tcb.revocation tcb.collateral tcb.qe tcb.module tcb.status",
	  "no identity to compare with", "no identity to compare with",
	  "Unknown (platform Unknown)" },
	{ "tdx/v4-phala/quote.bin", "2025-07-01", { NULL }, SIGNER, { NULL },
	  "tcb.revocation tcb.collateral tcb.qe tcb.module tcb.status",
	  "no identity to compare with", "no identity to compare with",
	  "Unknown (platform Unknown)" },
};

static const struct tlsbind_check *check(const struct tlsbind_result *result, const char *name)
{
	const struct tlsbind_check *found = tlsbind_result_find(result, name);

	assert_non_null(found);
	return found;
}

static time_t day(const char *text)
{
	struct tm tm = { 0 };

	assert_int_equal(sscanf(text, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday), 3);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	tm.tm_hour = 12;
	return timegm(&tm);
}

static struct tlsbind_result *verify(const struct tlsbind_appraisal *appraisal, const uint8_t *data,
				     size_t len)
{
	uint8_t want[TLSBIND_REPORT_DATA_SIZE];
	struct tlsbind_report_info info;
	struct tlsbind_result *result;

	assert_int_equal(tlsbind_report_verify("tdx_guest", data, len, NULL, 0, NULL, appraisal,
					       &info, &result), 0);
	tlsbind_result_free(result);
	memcpy(want, info.report_data, sizeof(want));
	assert_int_equal(tlsbind_report_verify("tdx_guest", data, len, NULL, 0, want, appraisal,
					       NULL, &result), 0);
	return result;
}

static struct tlsbind_appraisal *appraisal_of(const struct real *real)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	for (int i = 0; i < 2; i++) {
		if (real->collateral[i])
			assert_int_equal(tlsbind_appraisal_add_collateral(
					 appraisal, test_real(real->collateral[i])), 0);
		if (real->crls[i])
			assert_int_equal(tlsbind_appraisal_add_crl(
					 appraisal, test_real(real->crls[i])), 0);
	}
	if (real->certificate)
		assert_int_equal(tlsbind_appraisal_add_certificate(
				 appraisal, test_real(real->certificate)), 0);
	tlsbind_appraisal_any_measurement(appraisal);
	tlsbind_appraisal_set_time(appraisal, day(real->when));
	return appraisal;
}

static void test_published(void **state)
{
	(void)state;
	test_real("");
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		const struct real *real = &reals[i];
		struct test_bytes quote = test_file(test_real(real->quote));
		struct tlsbind_appraisal *appraisal = appraisal_of(real);
		bool text = strstr(real->quote, "google");
		struct tlsbind_result *result = verify(appraisal, quote.data,
						       quote.len - (text ? 39 : 0));
		char failures[256];

		snprintf(failures, sizeof(failures), "%s%s%s",
			 strstr(real->quote, "debug") ? "report.debug" : "",
			 strstr(real->quote, "debug") && *real->failures ? " " : "", real->failures);
		if (strcmp(test_failures(result), failures)) {
			tlsbind_result_print(result, stderr);
			fail_msg("number %zu, %s: fails \"%s\" instead of \"%s\"", i, real->quote,
				 test_failures(result), failures);
		}
		assert_string_equal(check(result, "tcb.module")->got, real->module);
		assert_string_equal(check(result, "tcb.qe")->got, real->enclave);
		assert_string_equal(check(result, "tcb.status")->got, real->status);
		tlsbind_result_free(result);
		tlsbind_appraisal_free(appraisal);
		free(quote.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
	};

	return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
