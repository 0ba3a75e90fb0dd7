/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "cursor.h"
#include "internal.h"
#include "policy_json.h"

#define TLSBIND_PATH_SIZE	128

/* What comes from the file may not control a terminal. */
int tlsbind_policy_wrong(const struct tlsbind_policy_error *error, const char *format, ...)
{
	va_list args;
	char *c;

	if (!error->size)
		return -EBADMSG;
	va_start(args, format);
	vsnprintf(error->text, error->size, format, args);
	va_end(args);
	for (c = error->text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return -EBADMSG;
}

bool tlsbind_policy_is_any(const json_t *value)
{
	return json_is_string(value) && !strcmp(json_string_value(value), "any");
}

static bool tlsbind_policy_known(const char *key, const char *const keys[])
{
	for (; *keys; keys++)
		if (!strcmp(key, *keys))
			return true;
	return false;
}

int tlsbind_policy_keys(json_t *object, const char *where, const char *const keys[],
			const struct tlsbind_policy_error *error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return tlsbind_policy_wrong(error, "%s: an object is required", where);
	json_object_foreach(object, key, value)
		if (!tlsbind_policy_known(key, keys))
			return tlsbind_policy_wrong(error, "%s: no such member: \"%.40s\"", where,
						    key);
	return 0;
}

int tlsbind_policy_number(const json_t *value, const char *where, uint64_t max, uint64_t *out,
			  const struct tlsbind_policy_error *error)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	*out = 0;
	if (number < 0 || (uint64_t)number > max)
		return tlsbind_policy_wrong(error, "%s: a number from 0 to %" PRIu64
					    " is required", where, max);
	*out = (uint64_t)number;
	return 0;
}

static int tlsbind_policy_bytes(const struct tlsbind_field *field, const json_t *value,
				const char *where, struct tlsbind_wanted *out,
				const struct tlsbind_policy_error *error)
{
	const char *text = json_string_value(value);

	if (!text || field->size > sizeof(out->bytes) ||
	    tlsbind_unhex(text, out->bytes, field->size))
		return tlsbind_policy_wrong(error, "%s: %zu hexadecimal digits are required",
					    where, 2 * field->size);
	if (field->nonzero && tlsbind_is_zero(out->bytes, field->size))
		return tlsbind_policy_wrong(error, "%s: a value of zeros names nothing", where);
	return 0;
}

/* KIND:HEX. */
static int tlsbind_policy_executable(const json_t *value, const char *where,
				     struct tlsbind_wanted *out,
				     const struct tlsbind_policy_error *error)
{
	const char *text = json_string_value(value), *hex = text ? strchr(text, ':') : NULL;
	size_t kind = hex ? (size_t)(hex - text) : 0, len = hex ? strlen(hex + 1) / 2 : 0;

	if (kind == strlen("fsverity") && !memcmp(text, "fsverity", kind))
		out->bytes[0] = TLSBIND_EXE_FSVERITY;
	else if (kind == strlen("ima") && !memcmp(text, "ima", kind))
		out->bytes[0] = TLSBIND_EXE_IMA;
	else
		return tlsbind_policy_wrong(error, "%s: fsverity:HEX or ima:HEX is required",
					    where);
	out->bytes[1] = (uint8_t)len;
	if (len < TLSBIND_EXECUTABLE_MIN || len > TLSBIND_EXE_DIGEST_SIZE ||
	    tlsbind_unhex(hex + 1, out->bytes + 2, len))
		return tlsbind_policy_wrong(error, "%s: a digest is %d to %d hexadecimal digits",
					    where, 2 * TLSBIND_EXECUTABLE_MIN,
					    2 * TLSBIND_EXE_DIGEST_SIZE);
	if (tlsbind_is_zero(out->bytes + 2, len))
		return tlsbind_policy_wrong(error, "%s: a digest of zeros names nothing", where);
	return 0;
}

static int tlsbind_policy_one(const struct tlsbind_field *field, const json_t *value,
			      const char *where, struct tlsbind_statement *out,
			      const struct tlsbind_policy_error *error)
{
	struct tlsbind_wanted wanted = { .number = 0 };
	int ret;

	if (field->kind == TLSBIND_KIND_BYTES)
		ret = tlsbind_policy_bytes(field, value, where, &wanted, error);
	else if (field->kind == TLSBIND_KIND_EXECUTABLE)
		ret = tlsbind_policy_executable(value, where, &wanted, error);
	else
		ret = tlsbind_policy_number(value, where, field->max, &wanted.number, error);
	if (!ret)
		ret = tlsbind_statement_add(out, &wanted);
	return ret;
}

static int tlsbind_policy_list(const struct tlsbind_field *field, const json_t *list,
			       const char *where, struct tlsbind_statement *out,
			       const struct tlsbind_policy_error *error)
{
	char path[TLSBIND_PATH_SIZE];
	const json_t *value;
	size_t i;
	int ret = 0;

	if (!json_is_array(list))
		return tlsbind_policy_wrong(error, "%s: a list of values or \"any\" is required",
					    where);
	if (!json_array_size(list))
		return tlsbind_policy_wrong(error, "%s: a list of at least one value is required",
					    where);
	json_array_foreach(list, i, value) {
		snprintf(path, sizeof(path), "%.100s[%zu]", where, i);
		ret = tlsbind_policy_one(field, value, path, out, error);
		if (ret)
			break;
	}
	return ret;
}

/* The bit of this name; false if there is none. */
static bool tlsbind_policy_bit(const struct tlsbind_field *field, const char *name,
			       uint64_t *mask)
{
	const struct tlsbind_bit *bit;

	for (bit = field->bits; bit->name; bit++) {
		*mask = UINT64_C(1) << bit->shift;
		if (!strcmp(bit->name, name))
			return true;
	}
	return false;
}

/* Bits that are not named are as tlsbind_field_bits() has them, always. */
static int tlsbind_policy_bits(const struct tlsbind_field *field, json_t *object,
			       const char *where, struct tlsbind_statement *out,
			       const struct tlsbind_policy_error *error)
{
	const char *key;
	json_t *value;
	uint64_t bit;

	tlsbind_field_bits(field, out);
	if (!object)
		return 0;
	if (!json_is_object(object))
		return tlsbind_policy_wrong(error, "%s: an object is required", where);
	json_object_foreach(object, key, value) {
		json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

		if (!tlsbind_policy_bit(field, key, &bit))
			return tlsbind_policy_wrong(error, "%s: no such bit: \"%.40s\"", where,
						    key);
		if (number != 0 && number != 1 && !tlsbind_policy_is_any(value))
			return tlsbind_policy_wrong(error, "%s.%s: 0, 1 or \"any\" is required",
						    where, key);
		out->ones = number == 1 ? out->ones | bit : out->ones & ~bit;
		out->zeros = number == 0 ? out->zeros | bit : out->zeros & ~bit;
	}
	return 0;
}

int tlsbind_policy_statement(const struct tlsbind_field *field, json_t *value,
			     struct tlsbind_statement *out,
			     const struct tlsbind_policy_error *error)
{
	char where[TLSBIND_PATH_SIZE];

	snprintf(where, sizeof(where), "%s.%s", tlsbind_section_key(field->section), field->key);
	if (field->kind == TLSBIND_KIND_BITS)
		return tlsbind_policy_bits(field, value, where, out, error);
	if (!value)
		return tlsbind_policy_wrong(error, "%s must be stated: values or \"any\"", where);
	if (tlsbind_policy_is_any(value)) {
		out->stated = TLSBIND_STATED_ANY;
		return 0;
	}
	switch (field->kind) {
	case TLSBIND_KIND_BYTES:
	case TLSBIND_KIND_EXECUTABLE:
	case TLSBIND_KIND_NUMBERS:
		return tlsbind_policy_list(field, value, where, out, error);
	case TLSBIND_KIND_MINIMUM:
	case TLSBIND_KIND_MAXIMUM:
	case TLSBIND_KIND_SECONDS:
		return tlsbind_policy_one(field, value, where, out, error);
	case TLSBIND_KIND_BITS:
	case TLSBIND_KIND_NONE:
		break;
	}
	return tlsbind_policy_wrong(error, "%s cannot be compared", where);
}
