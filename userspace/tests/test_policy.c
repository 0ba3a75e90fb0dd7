/* SPDX-License-Identifier: MIT */
/*
 * Every field of a policy: that it must be stated, that the statement reaches the check
 * and is compared with the right bytes of the evidence, and that nothing empty, short or
 * forgotten is ever taken for a statement.
 */
#include <endian.h>
#include "guest.h"

#define EXE		"e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1"

/* No field of the library without a row here, no row without a field. */
static void test_every_field_is_tested(void **state)
{
	uint64_t checks[TLSBIND_SECTIONS] = { 0 };
	size_t known = 0;

	(void)state;
	for (size_t i = 0; i < TLSBIND_FIELD_COUNT; i++) {
		const struct tlsbind_field *field = &tlsbind_fields[i];
		const char *section = tlsbind_section_key(field->section);
		uint64_t check = TLSBIND_CHECK_BIT(field->check);
		size_t found = 0;

		assert_non_null(field->key);
		assert_non_null(field->value);
		assert_int_not_equal(field->kind, TLSBIND_KIND_NONE);
		if (checks[field->section] & check)
			fail_msg("%s.%s shares its check", section, field->key);
		checks[field->section] |= check;
		for (size_t j = 0; j < guest_row_count; j++)
			found += !strcmp(guest_rows[j].section, section) &&
				 !strcmp(guest_rows[j].key, field->key);
		for (size_t j = 0; j < guest_bits_count; j++)
			found += !strcmp(guest_bits[j].section, section) &&
				 !strcmp(guest_bits[j].key, field->key);
		if (found != 1)
			fail_msg("%s.%s has %zu rows", section, field->key, found);
		known++;
	}
	assert_int_equal(known, guest_row_count + guest_bits_count);
	/* Claims are no part of a report: what is a check of both would be dropped. */
	assert_int_equal(checks[TLSBIND_SECTION_CLAIMS] &
			 (checks[TLSBIND_SECTION_SNP] | checks[TLSBIND_SECTION_TDX]), 0);
	assert_int_equal(checks[TLSBIND_SECTION_CLAIMS] & TLSBIND_CHECKS_REPORT, 0);
	assert_int_equal((checks[TLSBIND_SECTION_SNP] | checks[TLSBIND_SECTION_TDX]) &
			 ~TLSBIND_CHECKS_REPORT, 0);
}

/* No check of this name without a field. */
static void test_every_check_is_decided(void **state)
{
	struct tlsbind_result *result = tlsbind_result_new(TLSBIND_CHECKS_ALL);

	(void)state;
	for (size_t i = 0; i < TLSBIND_CHECK_COUNT; i++) {
		size_t found = 0;

		for (size_t j = 0; j < TLSBIND_FIELD_COUNT; j++)
			found += tlsbind_fields[j].check == i;
		if (!strncmp(result->checks[i].name, "appraisal.", 10) && !found)
			fail_msg("%s is nobody's", result->checks[i].name);
	}
	tlsbind_result_free(result);
}

static void test_right_values(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct guest g;

		guest_new(&g, tdx);
		guest_expect(&g, guest_policy(), "", "right values");
	}
}

static void test_wrong_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		json_t *policy = guest_policy();
		struct guest g;

		guest_new(&g, guest_tdx(row->section));
		guest_set(policy, row->section, row->key, guest_wrong(row));
		guest_expect(&g, policy, row->check, guest_name(row->section, row->key));
	}
}

/* One that agrees is enough, wherever it is in the list. */
static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		json_t *wrong = guest_wrong(row), *right = guest_right(row);

		for (int last = 0; json_is_array(wrong) && json_is_array(right) && last < 2;
		     last++) {
			json_t *policy = guest_policy(), *list = json_copy(last ? wrong : right);
			struct guest g;

			json_array_extend(list, last ? right : wrong);
			guest_new(&g, guest_tdx(row->section));
			guest_set(policy, row->section, row->key, list);
			guest_expect(&g, policy, "", guest_name(row->section, row->key));
		}
		json_decref(wrong);
		json_decref(right);
	}
}

static void test_any(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		json_t *policy = guest_policy();
		struct guest g;

		guest_new(&g, guest_tdx(row->section));
		guest_set(policy, row->section, row->key, json_string("any"));
		guest_expect(&g, policy, "", guest_name(row->section, row->key));
	}
}

/* The last byte of a field in the evidence changes, and the very check sees it. */
static void test_changed_evidence(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		const char *failures = row->changed ? row->changed : row->check;
		size_t at = row->offset + row->size - 1;
		struct guest g;

		guest_new(&g, guest_tdx(row->section));
		if (row->where == REPORT)
			guest_flip(&g, at, 1);
		else if (row->where == CLAIMS)
			((uint8_t *)&g.c.claims)[at] ^= 1;
		else
			failures = "";
		if (!strcmp(row->key, "executable"))
			g.c.claims.exe_digest[63] = 0, g.c.claims.exe_digest[31] ^= 1;
		guest_expect(&g, guest_policy(), failures, guest_name(row->section, row->key));
	}
}

/* A statement that is not in the file is an guest_error; one that got lost is a rejection. */
static void test_absent_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		const char *name = guest_name(row->section, row->key);
		json_t *policy = guest_policy();

		json_object_del(json_object_get(policy, row->section), row->key);
		guest_refused(policy, guest_tdx(row->section), name);
		assert_non_null(strstr(guest_error, "must be stated"));
	}
}

static void test_lost_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < TLSBIND_FIELD_COUNT; i++) {
		const struct tlsbind_field *field = &tlsbind_fields[i];
		struct tlsbind_result *result;
		json_t *policy = guest_policy();
		const char *name;
		struct guest g;

		guest_new(&g, field->section == TLSBIND_SECTION_TDX);
		assert_int_equal(guest_load(g.c.appraisal, policy), 0);
		tlsbind_statement_clear(&g.c.appraisal->policy.statements[i]);
		result = synth_verify(&g.c);
		name = result->checks[field->check].name;
		assert_string_equal(test_failures(result), name);
		assert_false(tlsbind_result_accepted(result));
		tlsbind_result_free(result);
		json_decref(policy);
		synth_clear(&g.c);
	}
}

/* What is no value, and what is none of this field's. */
static void test_bad_statements(void **state)
{
	static const char *const bad[] = {
		"[]", "\"\"", "[\"\"]", "null", "[null]", "{}", "[{}]", "true", "[true]", "-1",
		"[-1]", "1.0", "[1.5]", "[\"any\"]", "[[]]", "\"ANY\"", "\"none\"", "\"*\"",
		"[\"ima:\"]", "[\"none:00\"]", "[\"fsverity\"]", "4294967296", "[4294967296]",
		"[\"00\"]", "[\"zz\"]",
	};

	(void)state;
	for (size_t i = 0; i < guest_row_count; i++)
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			const struct row *row = &guest_rows[i];
			json_t *policy = guest_policy();

			guest_set(policy, row->section, row->key, guest_json(bad[j]));
			guest_refused(policy, guest_tdx(row->section),
				       guest_name(row->section, row->key));
		}
}

/* A byte too few, a byte too many, a digit too many, and a bad value beside a good one. */
static void test_bad_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		json_t *lists[5];

		if (row->right)
			continue;
		lists[0] = guest_hex(row->byte, row->size - 1, 0);
		lists[1] = guest_hex(row->byte, row->size, 0);
		json_array_append_new(lists[1], json_string("00"));
		lists[2] = json_pack("[s+]", json_string_value(json_array_get(lists[1], 0)), "5");
		lists[3] = json_pack("[s+]", json_string_value(json_array_get(lists[1], 0)), "55");
		lists[4] = guest_hex(row->byte, row->size, 0);
		json_array_insert_new(lists[4], 0, json_string("00"));
		for (size_t j = 0; j < 5; j++) {
			json_t *policy = guest_policy();

			guest_set(policy, row->section, row->key, lists[j]);
			guest_refused(policy, guest_tdx(row->section),
				       guest_name(row->section, row->key));
		}
	}
}

static void test_zeros(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_row_count; i++) {
		const struct row *row = &guest_rows[i];
		json_t *policy = guest_policy();
		struct guest g;

		if (row->right) {
			json_decref(policy);
			continue;
		}
		guest_set(policy, row->section, row->key, guest_hex(0, row->size, 0));
		if (!row->zero) {
			guest_refused(policy, guest_tdx(row->section), "names nothing");
			continue;
		}
		guest_new(&g, guest_tdx(row->section));
		guest_expect(&g, policy, row->check, guest_name(row->section, row->key));
	}
}

/* A digest of the other kind, or without its last byte, is another executable. */
static void test_executables(void **state)
{
	static const char *const others[] = {
		"[\"ima:" EXE "\"]",
		"[\"fsverity:e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1\"]",
		"[\"fsverity:" EXE "e1\"]", "[\"fsverity:" EXE "00\"]",
	};
	static const char *const bad[] = {
		"[\"fsverity:e1e1\"]", "[\"fsverity:" EXE "e\"]", "[\"fsverity:" EXE EXE EXE "\"]",
		"[\"none:" EXE "\"]", "[\"" EXE "\"]", "[\"FSVERITY:" EXE "\"]", "[\":" EXE "\"]",
		"[\"ima:0000000000000000000000000000000000000000\"]", "[\"ima: " EXE "\"]",
		"[\"fsverity:" EXE "\", \"ima:\"]", "[\"ima:\", \"fsverity:" EXE "\"]",
	};
	json_t *policy;
	struct guest g;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		policy = guest_policy();
		guest_set(policy, "claims", "executable", guest_json(others[i]));
		guest_new(&g, false);
		guest_expect(&g, policy, "appraisal.executable", others[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		policy = guest_policy();
		guest_set(policy, "claims", "executable", guest_json(bad[i]));
		guest_refused(policy, false, "claims.executable[");
	}
	/* The kernel knew none. */
	guest_new(&g, false);
	g.c.claims.exe_digest_kind = TLSBIND_EXE_NONE;
	g.c.claims.exe_digest_len = 0;
	memset(g.c.claims.exe_digest, 0, sizeof(g.c.claims.exe_digest));
	guest_expect(&g, guest_policy(), "appraisal.executable", "no digest");
}

static void test_times(void **state)
{
	struct guest g;

	(void)state;
	/* A nanosecond too old. */
	guest_new(&g, false);
	g.c.claims.installed_ns = htobe64(UINT64_C(4999999999));
	guest_expect(&g, guest_policy(), "appraisal.key-age", "a nanosecond");
	guest_new(&g, false);
	g.c.claims.evidence_ns = htobe64(UINT64_C(65000000001));
	guest_expect(&g, guest_policy(), "appraisal.key-age appraisal.uptime", "a nanosecond");
	/* Evidence from before the installation. */
	guest_new(&g, false);
	g.c.claims.evidence_ns = htobe64(UINT64_C(4999999999));
	guest_expect(&g, guest_policy(), "appraisal.key-age", "time goes backwards");
	guest_new(&g, false);
	g.c.claims.installed_ns = htobe64(UINT64_MAX);
	g.c.claims.evidence_ns = htobe64(UINT64_C(10000000000));
	guest_expect(&g, guest_policy(), "appraisal.key-age", "far in the future");
	/* The rx key was replaced more often than the policy wants. */
	guest_new(&g, false);
	g.c.claims.rx_generation = htobe32(3);
	g.c.connection.rx_generation = 3;
	guest_expect(&g, guest_policy(), "appraisal.generation", "rx generation");
}

/* A report that the host had made for itself: whatever the policy says of levels. */
static void test_report_for_the_host(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		json_t *policy = guest_policy();
		struct guest g;

		guest_set(policy, "snp", "vmpl", guest_json(i ? "\"any\"" : "[0, 1, 2, 3]"));
		guest_new(&g, false);
		guest_flip(&g, 0x30, 1 ^ 0xff);
		for (size_t at = 0x31; at < 0x34; at++)
			guest_flip(&g, at, 0xff);
		guest_expect(&g, policy, "report.vmpl", "the host's own report");
	}
}

/* A minimum for SNP firmware is nothing to ask a TD for. */
static void test_minimum_of_others(void **state)
{
	json_t *policy = guest_policy();
	struct guest g;

	(void)state;
	guest_set(policy, "snp", "minimum-tcb", guest_json("{\"Turin\": {\"fmc\": 1, \"bl\": 1, "
		  "\"tee\": 1, \"snp\": 1, \"ucode\": 1}}"));
	guest_new(&g, true);
	guest_expect(&g, policy, "", "minimum");
}

/* Statements that no parser makes. */
static void test_statements(void **state)
{
	static const struct tlsbind_value value = { .present = true };
	struct tlsbind_statement statement = { .stated = TLSBIND_STATED_VALUES };
	struct tlsbind_wanted wanted = { .number = UINT64_MAX / 1000000000 + 1 };
	struct tlsbind_value bytes = value;

	(void)state;
	bytes.bytes = (struct tlsbind_span){ wanted.bytes, sizeof(wanted.bytes) };
	for (int kind = TLSBIND_KIND_NONE; kind < TLSBIND_KIND_BITS; kind++)
		assert_false(tlsbind_statement_agrees(&statement, kind, 0, &value));
	assert_int_equal(tlsbind_statement_add(&statement, &wanted), 0);
	/* So many seconds that nanoseconds overflow; more bytes than there is room for; none. */
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_SECONDS, 0, &value));
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_BYTES, 0, &value));
	assert_true(tlsbind_statement_agrees(&statement, TLSBIND_KIND_BYTES,
					     sizeof(wanted.bytes), &bytes));
	bytes.bytes.len++;
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_BYTES,
					      sizeof(wanted.bytes) + 1, &bytes));
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_NONE, 0, &value));
	tlsbind_statement_clear(&statement);
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_NUMBERS, 0, &value));
	statement.stated = TLSBIND_STATED_ANY;
	assert_int_equal(tlsbind_statement_add(&statement, &wanted), -EINVAL);
	assert_true(tlsbind_statement_agrees(&statement, TLSBIND_KIND_NUMBERS, 0, &value));
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_BITS, 0, &value));
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_NONE, 0, &value));
	/* A bit that must be both. */
	statement = (struct tlsbind_statement){ TLSBIND_STATED_VALUES, 0, NULL, 1, 1 };
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_BITS, 0, &value));
	bytes.number = 1;
	assert_false(tlsbind_statement_agrees(&statement, TLSBIND_KIND_BITS, 0, &bytes));
}

/* Nothing is stated about this hardware: its debugger is not allowed by that. */
static void test_debugger_without_a_section(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		json_t *policy = guest_policy();
		struct tlsbind_result *result;
		struct guest g;

		json_object_del(policy, tdx ? "tdx" : "snp");
		guest_new(&g, tdx);
		g.c.policy |= tdx ? 1 : 1 << 19;
		assert_int_equal(guest_load(g.c.appraisal, policy), 0);
		result = synth_verify(&g.c);
		assert_int_equal(tlsbind_result_find(result, "report.debug")->verdict,
				 TLSBIND_FAIL);
		tlsbind_result_free(result);
		json_decref(policy);
		synth_clear(&g.c);
	}
}

/* Quotes of version 4 have none, those of version 5 have. */
static void test_service_td(void **state)
{
	uint8_t bytes[48], other[48];
	struct tlsbind_tdx tdx = { .mr_service_td = { bytes, sizeof(bytes) } };
	struct tlsbind_facts facts = { .tdx = &tdx };
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	const struct tlsbind_check *check;
	json_t *policy = guest_policy();
	struct guest g;

	(void)state;
	memset(bytes, 0xb7, sizeof(bytes));
	memset(other, 0xb8, sizeof(other));
	guest_set(policy, "tdx", "mr-service-td", guest_hex(0xb7, 48, 0));
	guest_new(&g, true);
	assert_int_equal(guest_load(appraisal, policy), 0);
	guest_expect(&g, policy, "appraisal.mr-service-td", "version 4");
	for (int i = 0; i < 3; i++) {
		struct tlsbind_result *result = tlsbind_result_new(TLSBIND_CHECKS_REPORT);

		tdx.mr_service_td.data = i == 1 ? other : bytes;
		tdx.mr_service_td.len = i == 2 ? 47 : 48;
		tlsbind_policy_judge_report(&appraisal->policy, &facts, result);
		check = tlsbind_result_find(result, "appraisal.mr-service-td");
		assert_int_equal(check->verdict, i ? TLSBIND_FAIL : TLSBIND_PASS);
		tlsbind_result_free(result);
	}
	tlsbind_appraisal_free(appraisal);
}

/* A certificate that does not tell the platform cannot satisfy a policy that names it. */
static void test_no_platform(void **state)
{
	const struct tlsbind_field *instance = &tlsbind_fields[TLSBIND_FIELD_TDX_PLATFORM_INSTANCE_ID];
	struct tlsbind_tdx tdx = { .version = 4 };
	struct tlsbind_facts facts = { .tdx = &tdx };
	struct tlsbind_pck pck = { .has_instance = false };
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct tlsbind_result *result = tlsbind_result_new(TLSBIND_CHECKS_REPORT);
	json_t *policy = guest_policy();

	(void)state;
	assert_int_equal(guest_load(appraisal, policy), 0);
	/* Bytes of an id that is not there. */
	memset(pck.instance, 0x49, sizeof(pck.instance));
	assert_false(tlsbind_field_value(instance, &(struct tlsbind_facts){
					 .tdx = &tdx, .pck = &pck }).present);
	tlsbind_policy_judge_report(&appraisal->policy, &facts, result);
	assert_int_equal(tlsbind_result_find(result, "appraisal.ppid")->verdict, TLSBIND_FAIL);
	assert_int_equal(tlsbind_result_find(result, "appraisal.platform-instance-id")->verdict,
			 TLSBIND_FAIL);
	assert_int_equal(tlsbind_result_find(result, "appraisal.mrtd") != NULL, false);
	assert_int_equal(tlsbind_result_find(result, "appraisal.measurement")->verdict,
			 TLSBIND_FAIL);
	tlsbind_result_free(result);
	json_decref(policy);
	tlsbind_appraisal_free(appraisal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_is_tested),
		cmocka_unit_test(test_every_check_is_decided),
		cmocka_unit_test(test_right_values),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_changed_evidence),
		cmocka_unit_test(test_absent_statements),
		cmocka_unit_test(test_lost_statements),
		cmocka_unit_test(test_bad_statements),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_executables),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_report_for_the_host),
		cmocka_unit_test(test_minimum_of_others),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_debugger_without_a_section),
		cmocka_unit_test(test_service_td),
		cmocka_unit_test(test_no_platform),
	};

	return cmocka_run_group_tests_name("policy", tests, guest_setup, guest_teardown);
}
