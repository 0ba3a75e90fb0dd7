/* SPDX-License-Identifier: MIT */
/* TCB levels: which one is found, and what comes of module, quoting enclave and time. */
#include "appraisal.h"
#include "intel_collateral.h"
#include "tcb.h"

#define D2024	1710288000	/* 2024-03-13 */
#define D2024B	1731456000	/* 2024-11-13 */
#define D2023	1691539200	/* 2023-08-09 */

/* A machine, and what its TCB must be under the collateral of intel_collateral.c. */
struct machine {
	uint8_t components[4];
	uint16_t pcesvn;
	uint8_t svn[4];
	uint16_t qe_isvsvn;
	uint8_t svn2[4];	/* of body 1.5 if there is any */
	enum tlsbind_tcb_status platform, module, enclave, status;
	time_t since;
};

#define OK		TLSBIND_TCB_UP_TO_DATE
#define NONE		TLSBIND_TCB_UNKNOWN
#define OLD		TLSBIND_TCB_OUT_OF_DATE
#define OLD_CONF	TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED
#define CONF		TLSBIND_TCB_CONFIGURATION_NEEDED
#define HARD		TLSBIND_TCB_SW_HARDENING_NEEDED
#define CONF_HARD	TLSBIND_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED
#define AGAIN		TLSBIND_TCB_TD_RELAUNCH_ADVISED
#define AGAIN_CONF	TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
#define GONE		TLSBIND_TCB_REVOKED

static const struct machine machines[] = {
	/* The newest of all, exactly and by far. */
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 4, { 0 }, OK, OK, OK, OK, 0 },
	{ { 255, 255, 255, 255 }, 65535, { 255, 1, 255 }, 65535, { 0 }, OK, OK, OK, OK, 0 },
	/* A module without identity: its SVNs count among the platform's. */
	{ { 3, 3, 2, 2 }, 13, { 5, 0, 2 }, 4, { 0 }, OK, OK, OK, OK, 0 },
	{ { 3, 3, 2, 2 }, 13, { 4, 0, 2 }, 4, { 0 }, OLD, OK, OK, OLD, D2024 },
	/* One component, PCESVN, a component of the module that has no identity: too low. */
	{ { 3, 3, 2, 1 }, 13, { 6, 1, 2 }, 4, { 0 }, OLD, OK, OK, OLD, D2024 },
	{ { 9, 9, 1, 9 }, 13, { 6, 1, 2 }, 4, { 0 }, GONE, OK, OK, GONE, 0 },
	{ { 2, 9, 9, 9 }, 13, { 6, 1, 2 }, 4, { 0 }, OLD_CONF, OK, OK, OLD_CONF, D2023 },
	{ { 3, 3, 2, 2 }, 12, { 6, 1, 2 }, 4, { 0 }, CONF, OK, OK, CONF, 0 },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 1 }, 4, { 0 }, OLD, OK, OK, OLD, D2024 },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 0 }, 4, { 0 }, OLD_CONF, OK, OK, OLD_CONF, D2023 },
	/* Revoked, and below everything. */
	{ { 1, 1, 1, 1 }, 13, { 6, 1, 2 }, 4, { 0 }, GONE, OK, OK, GONE, 0 },
	{ { 1, 1, 1, 0 }, 13, { 6, 1, 2 }, 4, { 0 }, NONE, OK, OK, NONE, 0 },
	{ { 3, 3, 2, 2 }, 4, { 6, 1, 2 }, 4, { 0 }, NONE, OK, OK, NONE, 0 },
	/* Levels of modules. */
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 0 }, OK, OLD, OK, OLD, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 4, 1, 2 }, 4, { 0 }, OK, OLD, OK, OLD, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 3, 1, 2 }, 4, { 0 }, OK, OLD, OK, OLD, D2024 },
	{ { 3, 3, 2, 2 }, 13, { 1, 1, 2 }, 4, { 0 }, OK, GONE, OK, GONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 0, 1, 2 }, 4, { 0 }, OK, NONE, OK, NONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 3, 3, 2 }, 4, { 0 }, OK, OK, OK, OK, 0 },
	{ { 3, 3, 2, 2 }, 13, { 2, 3, 2 }, 4, { 0 }, OK, NONE, OK, NONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 9, 2, 2 }, 4, { 0 }, OK, NONE, OK, NONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 9, 255, 2 }, 4, { 0 }, OK, NONE, OK, NONE, 0 },
	/* Levels of the quoting enclave. */
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 3, { 0 }, OK, OK, OLD, OLD, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 1, { 0 }, OK, OK, GONE, GONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 0, { 0 }, OK, OK, NONE, NONE, 0 },
	/* Several at once. */
	{ { 3, 3, 2, 2 }, 12, { 5, 1, 2 }, 4, { 0 }, CONF, OLD, OK, OLD_CONF, D2024B },
	{ { 3, 3, 2, 2 }, 12, { 6, 1, 2 }, 3, { 0 }, CONF, OK, OLD, OLD_CONF, D2024B },
	{ { 3, 3, 2, 1 }, 13, { 3, 1, 2 }, 3, { 0 }, OLD, OLD, OLD, OLD, D2024 },
	{ { 1, 1, 1, 0 }, 13, { 1, 1, 2 }, 4, { 0 }, NONE, GONE, OK, GONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 0, 1, 2 }, 1, { 0 }, OK, NONE, GONE, GONE, 0 },
	/* The module was replaced while the TD ran. */
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 6, 1, 2 }, OK, OLD, OK, AGAIN, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 9, 1, 9 }, OK, OLD, OK, AGAIN, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 3, 3, 2 }, OK, OLD, OK, AGAIN, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 5, 0, 2 }, OK, OLD, OK, AGAIN, D2024B },
	{ { 3, 3, 2, 2 }, 12, { 5, 1, 2 }, 4, { 6, 1, 2 }, CONF, OLD, OK, AGAIN_CONF, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 1 }, 4, { 6, 1, 2 }, OLD, OLD, OK, AGAIN, D2024 },
	/* But not by the newest, or something else is old as well. */
	{ { 3, 3, 2, 2 }, 13, { 3, 1, 2 }, 4, { 5, 1, 2 }, OK, OLD, OK, OLD, D2024 },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 6, 1, 1 }, OK, OLD, OK, OLD, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 4, 0, 2 }, OK, OLD, OK, OLD, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 3, { 6, 1, 2 }, OK, OLD, OLD, OLD, D2024B },
	{ { 3, 3, 2, 1 }, 13, { 5, 1, 2 }, 4, { 6, 1, 2 }, OLD, OLD, OK, OLD, D2024 },
	{ { 3, 3, 2, 1 }, 13, { 6, 1, 2 }, 4, { 6, 1, 2 }, OLD, OK, OK, OLD, D2024 },
	/* By one that is worse. */
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 4, { 5, 1, 2 }, OK, OK, OK, OLD, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 4, { 1, 1, 2 }, OK, OK, OK, GONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 4, { 0, 1, 2 }, OK, OK, OK, NONE, 0 },
	{ { 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 9, 2, 2 }, OK, OLD, OK, NONE, D2024B },
	{ { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 4, { 6, 1, 2 }, OK, OK, OK, OK, 0 },
};

static struct tlsbind_span span(const char *text)
{
	return (struct tlsbind_span){ (const uint8_t *)text, strlen(text) };
}

static void evaluate(const struct machine *m, const struct edit *info_edits,
		     const struct edit *identity_edits, struct tlsbind_tcb *out)
{
	char *info_text = collateral_tcbinfo(info_edits);
	char *identity_text = collateral_qeidentity(identity_edits);
	uint8_t svn[16] = { 0 }, svn2[16] = { 0 };
	struct tlsbind_tdx tdx = { .body_type = 2, .qe_isvsvn = m->qe_isvsvn };
	struct tlsbind_pck pck = { .pcesvn = m->pcesvn };
	struct tlsbind_qeidentity identity;
	struct tlsbind_tcbinfo info;

	memcpy(svn, m->svn, 4);
	memcpy(svn2, m->svn2, 4);
	memcpy(pck.components, m->components, 4);
	tdx.tee_tcb_svn = (struct tlsbind_span){ svn, 16 };
	if (m->svn2[0] | m->svn2[1] | m->svn2[2]) {
		tdx.body_type = 3;
		tdx.tee_tcb_svn_2 = (struct tlsbind_span){ svn2, 16 };
	}
	assert_int_equal(tlsbind_tcbinfo_parse(span(info_text), &info), 0);
	assert_int_equal(tlsbind_qeidentity_parse(span(identity_text), &identity), 0);
	tlsbind_tcb_evaluate(&tdx, &pck, &info, &identity, out);
	tlsbind_tcbinfo_clear(&info);
	tlsbind_qeidentity_clear(&identity);
	free(info_text);
	free(identity_text);
}

static void test_levels(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const struct machine *m = &machines[i];
		struct tlsbind_tcb tcb;

		evaluate(m, NULL, NULL, &tcb);
		if (tcb.platform.status != m->platform || tcb.module.status != m->module ||
		    tcb.enclave.status != m->enclave || tcb.status != m->status ||
		    tcb.since != m->since)
			fail_msg("number %zu: %s %s %s %s since %ld", i,
				 tlsbind_tcb_name(tcb.platform.status),
				 tlsbind_tcb_name(tcb.module.status),
				 tlsbind_tcb_name(tcb.enclave.status),
				 tlsbind_tcb_name(tcb.status), (long)tcb.since);
	}
}

/* Each status of a level, alone, and with an old module, an old quoting enclave, both. */
static void test_converge(void **state)
{
	static const struct {
		const char *name;
		enum tlsbind_tcb_status alone, old, again;
	} levels[] = {
		{ "UpToDate", OK, OLD, AGAIN },
		{ "SWHardeningNeeded", HARD, OLD, AGAIN },
		{ "ConfigurationNeeded", CONF, OLD_CONF, AGAIN_CONF },
		{ "ConfigurationAndSWHardeningNeeded", CONF_HARD, OLD_CONF, AGAIN_CONF },
		{ "OutOfDate", OLD, OLD, OLD },
		{ "OutOfDateConfigurationNeeded", OLD_CONF, OLD_CONF, OLD_CONF },
		{ "Revoked", GONE, GONE, GONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		struct machine m = { { 3, 3, 2, 2 }, 13, { 6, 1, 2 }, 4, { 0 }, 0, 0, 0, 0, 0 };
		struct tlsbind_tcb tcb;
		char to[160];
		const struct edit edits[] = {
			{ "@[5,0,2]},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":"
			  "\"UpToDate\"", to }, { NULL, NULL },
		};

		snprintf(to, sizeof(to), "@[5,0,2]},\"tcbDate\":\"2024-03-13T00:00:00Z\","
			 "\"tcbStatus\":\"%s\"", levels[i].name);
		evaluate(&m, edits, NULL, &tcb);
		assert_int_equal(tcb.status, levels[i].alone);
		m.qe_isvsvn = 3;
		evaluate(&m, edits, NULL, &tcb);
		assert_int_equal(tcb.status, levels[i].old);
		m.svn[0] = 5;
		evaluate(&m, edits, NULL, &tcb);
		assert_int_equal(tcb.status, levels[i].old);
		m.qe_isvsvn = 4;
		evaluate(&m, edits, NULL, &tcb);
		assert_int_equal(tcb.status, levels[i].old);
		memcpy(m.svn2, "\6\1\2", 3);
		evaluate(&m, edits, NULL, &tcb);
		assert_int_equal(tcb.status, levels[i].again);
	}
}

/* A CPU that is revoked stays so where its module fits a level further down. */
static void test_revoked_cpu(void **state)
{
	static const struct edit edits[] = {
		{ "\"OutOfDateConfigurationNeeded\"", "\"Revoked\"" },
		{ "@[0]},\"tcbDate\":\"2017-01-04T00:00:00Z\",\"tcbStatus\":\"Revoked\"",
		  "@[0]},\"tcbDate\":\"2017-01-04T00:00:00Z\",\"tcbStatus\":\"UpToDate\"" },
		{ NULL, NULL },
	};
	static const struct machine m = {
		{ 2, 2, 2, 1 }, 5, { 0, 0, 0 }, 4, { 0 }, 0, 0, 0, 0, 0
	};
	struct tlsbind_tcb tcb;

	(void)state;
	evaluate(&m, edits, NULL, &tcb);
	assert_int_equal(tcb.sgx.status, GONE);
	assert_int_equal(tcb.platform.status, OK);
	assert_int_equal(tcb.status, GONE);
}

/* The newest module that Intel knows may itself be out of date: no relaunch helps. */
static void test_no_good_module(void **state)
{
	static const struct edit edits[] = {
		{ "{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":"
		  "\"UpToDate\"}", "{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-11-13T00:00:00Z\","
		  "\"tcbStatus\":\"OutOfDate\"}" }, { NULL, NULL },
	};
	static const struct machine m = {
		{ 3, 3, 2, 2 }, 13, { 5, 1, 2 }, 4, { 6, 1, 2 }, 0, 0, 0, 0, 0
	};
	struct tlsbind_tcb tcb;

	(void)state;
	evaluate(&m, edits, NULL, &tcb);
	assert_int_equal(tcb.status, OLD);
	/* Nothing came after the newest, so that there is no day to count from. */
	assert_int_equal(tcb.since, 0);
}

static void test_missing(void **state)
{
	uint8_t svn[16] = { 6, 1, 2 };
	struct tlsbind_tdx tdx = { .body_type = 2, .qe_isvsvn = 4,
				   .tee_tcb_svn = { svn, sizeof(svn) } };
	struct tlsbind_pck pck = { .components = { 3, 3, 2, 2 }, .pcesvn = 13 };
	char *text = collateral_tcbinfo(NULL), *identity_text = collateral_qeidentity(NULL);
	struct tlsbind_qeidentity identity;
	struct tlsbind_tcbinfo info;
	struct tlsbind_tcb tcb;

	(void)state;
	assert_int_equal(tlsbind_tcbinfo_parse(span(text), &info), 0);
	assert_int_equal(tlsbind_qeidentity_parse(span(identity_text), &identity), 0);
	tlsbind_tcb_evaluate(&tdx, &pck, &info, NULL, &tcb);
	assert_int_equal(tcb.status, NONE);
	assert_int_equal(tcb.platform.status, OK);
	tlsbind_tcb_evaluate(&tdx, &pck, NULL, &identity, &tcb);
	assert_int_equal(tcb.status, NONE);
	assert_int_equal(tcb.enclave.status, OK);
	tlsbind_tcb_evaluate(&tdx, &pck, NULL, NULL, &tcb);
	assert_int_equal(tcb.status, NONE);
	/* SVNs that are not there reach no level but those that ask for nothing. */
	tdx.tee_tcb_svn.len = 15;
	tlsbind_tcb_evaluate(&tdx, &pck, &info, &identity, &tcb);
	assert_int_equal(tcb.status, NONE);
	tlsbind_tcbinfo_clear(&info);
	tlsbind_qeidentity_clear(&identity);
	free(text);
	free(identity_text);
}

static bool accepted(enum tlsbind_tcb_status status, time_t since, time_t now, unsigned int days,
		     uint32_t statuses)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct tlsbind_tcb tcb = { .status = status, .since = since };
	bool ret;

	appraisal->tcb_statuses |= statuses;
	tlsbind_appraisal_set_time(appraisal, now);
	if (days)
		tlsbind_appraisal_set_grace(appraisal, days);
	ret = tlsbind_tcb_accepted(&tcb, appraisal);
	tlsbind_appraisal_free(appraisal);
	return ret;
}

static void test_accepted(void **state)
{
	(void)state;
	for (int i = -1; i < TLSBIND_TCB_STATUSES + 2; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): on purpose */
		enum tlsbind_tcb_status status = (enum tlsbind_tcb_status)i;
		bool possible = i > TLSBIND_TCB_UNKNOWN && i < TLSBIND_TCB_REVOKED;

		assert_int_equal(accepted(status, 0, D2024, 0, 0), status == OK);
		assert_int_equal(accepted(status, 0, D2024, 0, UINT32_MAX), possible);
		if (possible)
			assert_true(accepted(status, 0, D2024, 0, 1U << i));
		/* Days of grace are for what is out of date and nothing else. */
		assert_int_equal(accepted(status, D2024, D2024, 100, 0),
				 status == OK || status == OLD);
	}
}

static void test_grace(void **state)
{
	const time_t day = 86400;

	(void)state;
	assert_false(accepted(OLD, D2024, D2024 + 1, 0, 0));
	assert_true(accepted(OLD, D2024, D2024 + 30 * day, 30, 0));
	assert_false(accepted(OLD, D2024, D2024 + 30 * day + 1, 30, 0));
	assert_true(accepted(OLD, D2024, D2024 - day, 30, 0));
	/* The day is unknown. */
	assert_false(accepted(OLD, 0, day, 30, 0));
	assert_false(accepted(OLD, 0, D2024, UINT32_MAX, 0));
	assert_true(accepted(OLD, D2024, D2024 + 49710 * day, UINT32_MAX, 0));
}

static void test_names(void **state)
{
	(void)state;
	for (int i = TLSBIND_TCB_UP_TO_DATE; i < TLSBIND_TCB_STATUSES; i++) {
		enum tlsbind_tcb_status status = (enum tlsbind_tcb_status)i;

		assert_int_equal(tlsbind_tcb_from_name(tlsbind_tcb_name(status)), status);
	}
	assert_string_equal(tlsbind_tcb_name(CONF_HARD), "ConfigurationAndSWHardeningNeeded");
	assert_string_equal(tlsbind_tcb_name(NONE), "Unknown");
	assert_null(tlsbind_tcb_name(TLSBIND_TCB_STATUSES));
	assert_int_equal(tlsbind_tcb_from_name("Unknown"), NONE);
	assert_int_equal(tlsbind_tcb_from_name("uptodate"), NONE);
	assert_int_equal(tlsbind_tcb_from_name("UpToDate "), NONE);
	assert_int_equal(tlsbind_tcb_from_name(""), NONE);
	assert_int_equal(tlsbind_tcb_from_name(NULL), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels), cmocka_unit_test(test_converge),
		cmocka_unit_test(test_revoked_cpu), cmocka_unit_test(test_no_good_module),
		cmocka_unit_test(test_missing), cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_grace), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("tcb", tests, NULL, NULL);
}
