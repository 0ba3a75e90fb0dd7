/* SPDX-License-Identifier: MIT */
/* The schema and the manual page have every field of a policy, and no other. */
#include "guest.h"

static json_t *schema;

static int setup(void **state)
{
	json_error_t error;

	(void)state;
	schema = json_load_file("share/tlsbind-policy.schema.json", JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		fail_msg("line %d: %s", error.line, error.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(schema);
	return 0;
}

/* A schema, or what it refers to. */
static json_t *resolve(json_t *value)
{
	const char *ref = json_string_value(json_object_get(value, "$ref"));

	return ref ? json_object_get(json_object_get(schema, "$defs"), ref + strlen("#/$defs/")) :
		     value;
}

static json_t *property(json_t *object, const char *name)
{
	json_t *value = resolve(json_object_get(json_object_get(object, "properties"), name));

	if (!value)
		fail_msg("%s is not in the schema", name);
	return value;
}

/* The alternative to "any". */
static json_t *values(json_t *statement)
{
	json_t *list = json_object_get(statement, "oneOf");

	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "const")),
			    "any");
	return json_array_get(list, 1);
}

static bool contains(json_t *list, const char *text)
{
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (json_is_string(value) && !strcmp(json_string_value(value), text))
			return true;
	return false;
}

static void check_bits(const struct tlsbind_field *field, json_t *object)
{
	size_t count = 0;

	assert_true(json_is_false(json_object_get(object, "additionalProperties")));
	for (const struct tlsbind_bit *bit = field->bits; bit->name; bit++, count++)
		assert_int_equal(json_array_size(json_object_get(property(object, bit->name),
								 "enum")), 3);
	assert_int_equal(json_object_size(json_object_get(object, "properties")), count);
}

static void check_list(json_t *list)
{
	assert_string_equal(json_string_value(json_object_get(list, "type")), "array");
	assert_int_equal(json_integer_value(json_object_get(list, "minItems")), 1);
}

static void check_number(const struct tlsbind_field *field, json_t *number)
{
	assert_string_equal(json_string_value(json_object_get(number, "type")), "integer");
	assert_true(json_is_integer(json_object_get(number, "minimum")));
	assert_int_equal(json_integer_value(json_object_get(number, "minimum")), 0);
	assert_int_equal(json_integer_value(json_object_get(number, "maximum")), field->max);
}

static void check_field(const struct tlsbind_field *field, json_t *statement)
{
	json_t *items = json_object_get(field->kind == TLSBIND_KIND_BITS ? NULL :
					values(statement), "items");
	char pattern[32];

	snprintf(pattern, sizeof(pattern), "^[0-9A-Fa-f]{%zu}$", 2 * field->size);
	switch (field->kind) {
	case TLSBIND_KIND_BYTES:
		check_list(values(statement));
		assert_string_equal(json_string_value(json_object_get(items, "pattern")), pattern);
		break;
	case TLSBIND_KIND_EXECUTABLE:
		check_list(values(statement));
		assert_string_equal(json_string_value(json_object_get(items, "pattern")),
				    "^(fsverity|ima):([0-9A-Fa-f]{2}){20,64}$");
		break;
	case TLSBIND_KIND_NUMBERS:
		check_list(values(statement));
		check_number(field, items);
		break;
	case TLSBIND_KIND_BITS:
		check_bits(field, statement);
		break;
	default:
		check_number(field, values(statement));
		break;
	}
}

static void test_schema(void **state)
{
	(void)state;
	for (int section = 0; section < TLSBIND_SECTIONS; section++) {
		json_t *object = property(schema, tlsbind_section_key(section));
		json_t *required = json_object_get(object, "required");
		size_t count = 0, must = 0;

		assert_true(json_is_false(json_object_get(object, "additionalProperties")));
		for (size_t i = 0; i < TLSBIND_FIELD_COUNT; i++) {
			const struct tlsbind_field *field = &tlsbind_fields[i];
			bool bits = field->kind == TLSBIND_KIND_BITS;

			if ((int)field->section != section)
				continue;
			check_field(field, property(object, field->key));
			assert_int_equal(contains(required, field->key), !bits);
			count++;
			must += !bits;
		}
		if (section == TLSBIND_SECTION_SNP) {
			assert_true(contains(required, "minimum-tcb"));
			count++;
			must++;
		}
		assert_int_equal(json_object_size(json_object_get(object, "properties")), count);
		assert_int_equal(json_array_size(required), must);
	}
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	assert_int_equal(json_object_size(json_object_get(schema, "properties")), 6);
}

static void test_schema_tcb(void **state)
{
	json_t *status = property(values(property(schema, "tcb")), "status");
	json_t *names = json_object_get(json_object_get(status, "items"), "enum");
	size_t count = 0;

	(void)state;
	check_list(status);
	for (int i = TLSBIND_TCB_UNKNOWN + 1; i < TLSBIND_TCB_REVOKED; i++, count++)
		assert_true(contains(names, tlsbind_tcb_name(i)));
	assert_int_equal(json_array_size(names), count);
}

/* Is the word in a line that is a request of mdoc, and not in prose? */
static bool manual_has(const char *manual, const char *request, const char *word)
{
	size_t len = strlen(word);
	const char *at = manual;

	for (; (at = strstr(at, word)); at++) {
		const char *line = at;

		if (strchr(" \n", at[len]) == NULL || at[-1] != ' ')
			continue;
		while (line > manual && line[-1] != '\n')
			line--;
		if (!strncmp(line, request, strlen(request)))
			return true;
	}
	return false;
}

static void test_manual(void **state)
{
	struct test_bytes manual = test_file("man/tlsbind-policy.5");
	char *text = strndup((const char *)manual.data, manual.len);

	(void)state;
	for (size_t i = 0; i < TLSBIND_FIELD_COUNT; i++) {
		const struct tlsbind_field *field = &tlsbind_fields[i];

		if (!manual_has(text, ".It Cm ", field->key))
			fail_msg("%s is not in the manual", field->key);
		for (const struct tlsbind_bit *bit = field->bits; bit && bit->name; bit++)
			if (!manual_has(text, ".Cm ", bit->name))
				fail_msg("%s is not in the manual", bit->name);
	}
	for (int i = TLSBIND_TCB_UNKNOWN + 1; i < TLSBIND_TCB_REVOKED; i++)
		if (!manual_has(text, ".Cm ", tlsbind_tcb_name(i)))
			fail_msg("%s is not in the manual", tlsbind_tcb_name(i));
	free(text);
	free(manual.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_tcb),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests_name("policy schema", tests, setup, teardown);
}
