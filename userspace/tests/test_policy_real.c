/* SPDX-License-Identifier: MIT */
/* Policies for published evidence of real hardware: each accepts its own, and no other. */
#include <endian.h>
#include "guest.h"

static const char *const snp[] = {
	"snp/milan-v2-virtee/report.bin", "snp/milan-v2-azure-trustee/report.bin",
	"snp/milan-v2-vlek-trustee/report.bin", "snp/milan-v3-vlek-trustee/report.bin",
	"snp/milan-v3-dstack/report.bin", "snp/milan-v3-ms/report.bin",
	"snp/milan-v5-gcp-vmpl0-teekit/report.bin", "snp/milan-v5-gcp-vmpl1-teekit/report.bin",
	"snp/genoa-v3-ms/report.bin", "snp/genoa-v3-tsm-veraison/report.bin",
	"snp/genoa-v5-lunal/report.bin", "snp/turin-v5-ms/report.bin", NULL,
};

static const char *const tdx[] = {
	"tdx/v4-phala/quote.bin", "tdx/v4-tappd-phala/quote.bin", "tdx/v4-gcp-cos113/quote.bin",
	"tdx/v4-gnr-trustee/quote.bin", "tdx/v4-dstack/quote.bin", "tdx/v5-azure-phala/quote.bin",
	"tdx/v5-alibaba-trustee/quote.bin", NULL,
};

/* An appraisal by the policy that is suggested for this report; @change is applied to it. */
static struct tlsbind_appraisal *appraise(const char *provider, const char *report,
					  void (*change)(json_t *policy))
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct test_bytes bytes = test_file(test_real(report));
	char *text = tlsbind_policy_suggest(provider, bytes.data, bytes.len, NULL, 0, NULL, true);
	json_t *policy;

	assert_non_null(text);
	policy = guest_json(text);
	if (change)
		change(policy);
	if (guest_load(appraisal, policy))
		fail_msg("%s: %s", report, guest_error);
	json_decref(policy);
	free(text);
	free(bytes.data);
	return appraisal;
}

/* Checks that the policy decides and that fail. */
static size_t disagreements(const struct tlsbind_appraisal *appraisal, const char *provider,
			    const char *report)
{
	struct test_bytes bytes = test_file(test_real(report));
	struct tlsbind_result *result;
	const struct tlsbind_check *check;
	size_t i, failed = 0, decided = 0;

	assert_int_equal(tlsbind_report_verify(provider, bytes.data, bytes.len, NULL, 0, NULL,
					       appraisal, NULL, &result), 0);
	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (!strncmp(check->name, "appraisal.", 10) || !strcmp(check->name, "report.vmpl") ||
		    !strcmp(check->name, "report.debug")) {
			assert_int_not_equal(check->verdict, TLSBIND_NOT_REACHED);
			failed += check->verdict != TLSBIND_PASS;
			decided++;
		}
	assert_int_equal(decided, strcmp(provider, "tdx_guest") ? 12 : 15);
	tlsbind_result_free(result);
	free(bytes.data);
	return failed;
}

static void each_its_own(const char *provider, const char *const reports[])
{
	test_real("");
	for (size_t i = 0; reports[i]; i++) {
		struct tlsbind_appraisal *appraisal = appraise(provider, reports[i], NULL);

		for (size_t j = 0; reports[j]; j++)
			if (!disagreements(appraisal, provider, reports[j]) != (i == j))
				fail_msg("policy of %s about %s", reports[i], reports[j]);
		tlsbind_appraisal_free(appraisal);
	}
}

static void test_snp(void **state)
{
	(void)state;
	each_its_own("sev_guest", snp);
}

static void test_tdx(void **state)
{
	(void)state;
	each_its_own("tdx_guest", tdx);
}

/* A debugger, in evidence that is correctly signed. */
static void test_debuggers(void **state)
{
	static const struct {
		const char *provider;
		const char *report;
	} cases[] = {
		{ "sev_guest", "snp/milan-v2-debug-gosevguest/report.bin" },
		{ "tdx_guest", "tdx/v4-debug-trustee/quote.bin" },
	};

	(void)state;
	test_real("");
	for (size_t i = 0; i < 2; i++) {
		struct tlsbind_appraisal *appraisal = appraise(cases[i].provider, cases[i].report,
							       NULL);

		assert_true(disagreements(appraisal, cases[i].provider, cases[i].report) >= 2);
		tlsbind_appraisal_free(appraisal);
	}
}

/* Quotes of version 5 tell of service TDs. */
static void no_service_td(json_t *policy)
{
	guest_set(policy, "tdx", "mr-service-td", guest_hex(0, 48, 0));
}

static void some_service_td(json_t *policy)
{
	guest_set(policy, "tdx", "mr-service-td", guest_hex(0, 48, 1));
}

static void test_service_td(void **state)
{
	static const char report[] = "tdx/v5-azure-phala/quote.bin";
	struct tlsbind_appraisal *appraisal;

	(void)state;
	test_real("");
	appraisal = appraise("tdx_guest", report, no_service_td);
	assert_int_equal(disagreements(appraisal, "tdx_guest", report), 0);
	tlsbind_appraisal_free(appraisal);
	appraisal = appraise("tdx_guest", report, some_service_td);
	assert_int_equal(disagreements(appraisal, "tdx_guest", report), 1);
	tlsbind_appraisal_free(appraisal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snp),
		cmocka_unit_test(test_tdx),
		cmocka_unit_test(test_debuggers),
		cmocka_unit_test(test_service_td),
	};

	return cmocka_run_group_tests_name("policy real", tests, NULL, NULL);
}
