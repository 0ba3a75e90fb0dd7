/* SPDX-License-Identifier: MIT */
/* Every bit that a policy can name, and those that it cannot. */
#include "guest.h"

/* Each bit, as 0 and 1, under a policy that wants 0, 1, either, or does not name it. */
static void bit_run(const struct bits_row *row, const struct bit_row *bit, int stated, bool named,
		    int is)
{
	bool agrees = stated < 0 || stated == is;
	char failures[128], what[128];
	json_t *policy = guest_policy();
	struct guest g;

	snprintf(what, sizeof(what), "%s.%s.%s is %d, stated %d%s", row->section, row->key,
		 bit->key, is, stated, named ? "" : " by default");
	snprintf(failures, sizeof(failures), "%s%s", bit->debug && is && !agrees ?
		 "report.debug " : "", agrees ? "" : row->check);
	if (named)
		guest_set(policy, row->section, row->key,
			   json_pack("{s:o}", bit->key,
				     stated < 0 ? json_string("any") : json_integer(stated)));
	else
		json_object_del(json_object_get(policy, row->section), row->key);
	guest_new(&g, guest_tdx(row->section));
	guest_bit(&g, row, bit->shift, is);
	guest_expect(&g, policy, failures, what);
}

static void test_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_bits_count; i++)
		for (const struct bit_row *bit = guest_bits[i].bits; bit->key; bit++)
			for (int is = 0; is < 2; is++) {
				for (int stated = -1; stated < 2; stated++)
					bit_run(&guest_bits[i], bit, stated, true, is);
				bit_run(&guest_bits[i], bit, bit->initial, false, is);
			}
}

static void test_bits_without_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < guest_bits_count; i++)
		for (int all = 0; all < 2; all++) {
			const struct bits_row *row = &guest_bits[i];
			json_t *policy = guest_policy(), *names = json_object();
			struct guest g;

			/* Even if every bit that has a name may be anything. */
			for (const struct bit_row *bit = row->bits; all && bit->key; bit++)
				json_object_set_new(names, bit->key, json_string("any"));
			guest_set(policy, row->section, row->key, names);
			guest_new(&g, guest_tdx(row->section));
			guest_bit(&g, row, row->other, true);
			guest_expect(&g, policy, row->other_fails,
				     guest_name(row->section, row->key));
		}
}

static void test_bad_bits(void **state)
{
	static const char *const bad[] = {
		"2", "-1", "\"1\"", "\"\"", "null", "true", "false", "1.0", "[1]", "{}",
	};

	(void)state;
	for (size_t i = 0; i < guest_bits_count; i++) {
		const struct bits_row *row = &guest_bits[i];
		const char *name = guest_name(row->section, row->key);
		static const char *const whole[] = { "\"any\"", "[]", "null", "0", "1", "\"\"" };

		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			json_t *policy = guest_policy();

			guest_set(policy, row->section, row->key,
				   json_pack("{s:o}", row->bits[0].key, guest_json(bad[j])));
			guest_refused(policy, guest_tdx(row->section), name);
		}
		for (size_t j = 0; j < sizeof(whole) / sizeof(whole[0]); j++) {
			json_t *policy = guest_policy();

			guest_set(policy, row->section, row->key, guest_json(whole[j]));
			guest_refused(policy, guest_tdx(row->section), name);
		}
		json_t *policy = guest_policy();

		guest_set(policy, row->section, row->key, guest_json("{\"nonsense\": \"any\"}"));
		guest_refused(policy, guest_tdx(row->section), "no such bit: \"nonsense\"");
	}
}

/* The bits of flags have the names that tlsbind_flag_name() has. */
static void test_flag_names(void **state)
{
	const struct bit_row *bits = guest_bits[guest_bits_count - 1].bits;

	(void)state;
	for (unsigned int shift = 0; shift < 32; shift++) {
		const char *name = tlsbind_flag_name(1U << shift);
		size_t found = 0;

		for (const struct bit_row *bit = bits; bit->key; bit++)
			found += bit->shift == shift && name && !strcmp(bit->key, name);
		assert_int_equal(found, !!name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_bits_without_a_name),
		cmocka_unit_test(test_bad_bits),
		cmocka_unit_test(test_flag_names),
	};

	return cmocka_run_group_tests_name("policy bits", tests, guest_setup, guest_teardown);
}
