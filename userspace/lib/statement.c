/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "internal.h"
#include "statement.h"

#define TLSBIND_NS	UINT64_C(1000000000)

int tlsbind_statement_add(struct tlsbind_statement *statement,
			  const struct tlsbind_wanted *wanted)
{
	struct tlsbind_wanted *grown;

	if (statement->stated == TLSBIND_STATED_ANY)
		return -EINVAL;
	grown = reallocarray(statement->wanted, statement->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[statement->count++] = *wanted;
	statement->wanted = grown;
	statement->stated = TLSBIND_STATED_VALUES;
	return 0;
}

void tlsbind_statement_clear(struct tlsbind_statement *statement)
{
	free(statement->wanted);
	memset(statement, 0, sizeof(*statement));
}

static bool tlsbind_statement_bits(const struct tlsbind_statement *statement, uint64_t bits)
{
	return (bits & statement->ones) == statement->ones && !(bits & statement->zeros) &&
	       !(statement->ones & statement->zeros);
}

static bool tlsbind_statement_one(const struct tlsbind_wanted *wanted, enum tlsbind_kind kind,
				  size_t size, const struct tlsbind_value *value)
{
	switch (kind) {
	case TLSBIND_KIND_BYTES:
	case TLSBIND_KIND_EXECUTABLE:
		return size && size <= sizeof(wanted->bytes) && value->bytes.len == size &&
		       !CRYPTO_memcmp(wanted->bytes, value->bytes.data, size);
	case TLSBIND_KIND_NUMBERS:
		return value->number == wanted->number;
	case TLSBIND_KIND_MINIMUM:
		return value->number >= wanted->number;
	case TLSBIND_KIND_MAXIMUM:
		return value->number <= wanted->number;
	case TLSBIND_KIND_SECONDS:
		return wanted->number <= UINT64_MAX / TLSBIND_NS &&
		       value->number <= wanted->number * TLSBIND_NS;
	case TLSBIND_KIND_BITS:
	case TLSBIND_KIND_NONE:
		break;
	}
	return false;
}

bool tlsbind_statement_agrees(const struct tlsbind_statement *statement, enum tlsbind_kind kind,
			      size_t size, const struct tlsbind_value *value)
{
	bool agrees = false;
	size_t i;

	if (value->never)
		return false;
	if (statement->stated == TLSBIND_STATED_ANY)
		return kind != TLSBIND_KIND_NONE && kind != TLSBIND_KIND_BITS;
	if (statement->stated != TLSBIND_STATED_VALUES || !value->present)
		return false;
	if (kind == TLSBIND_KIND_BITS)
		return tlsbind_statement_bits(statement, value->number);
	for (i = 0; i < statement->count; i++)
		agrees |= tlsbind_statement_one(&statement->wanted[i], kind, size, value);
	return agrees;
}

static void tlsbind_statement_executable(const uint8_t bytes[TLSBIND_EXECUTABLE_SIZE], char *out,
					 size_t size)
{
	size_t len = bytes[1] <= TLSBIND_EXE_DIGEST_SIZE ? bytes[1] : TLSBIND_EXE_DIGEST_SIZE;
	char hex[2 * TLSBIND_EXE_DIGEST_SIZE + 1];

	tlsbind_hex(bytes + 2, len, hex, sizeof(hex));
	snprintf(out, size, "%s%s", bytes[0] == TLSBIND_EXE_FSVERITY ? "fsverity:" :
		 bytes[0] == TLSBIND_EXE_IMA ? "ima:" : "none", hex);
}

/* Names of bits in @which, each with the value that it must have. */
static void tlsbind_statement_names(const struct tlsbind_bit *bits, uint64_t which, uint64_t ones,
				    char *out, size_t size)
{
	uint64_t others = which;
	size_t used = 0;

	out[0] = '\0';
	for (; bits && bits->name; bits++) {
		uint64_t bit = UINT64_C(1) << bits->shift;

		others &= ~bit;
		if (!(which & bit) || used >= size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s %d", used ? ", " : "",
					 bits->name, !!(ones & bit));
	}
	if (others && used < size)
		snprintf(out + used, size - used, "%sother bits 0", used ? ", " : "");
	if (!which)
		snprintf(out, size, "any");
}

static void tlsbind_statement_single(const struct tlsbind_wanted *wanted, enum tlsbind_kind kind,
				     size_t size, char *out, size_t out_size)
{
	switch (kind) {
	case TLSBIND_KIND_BYTES:
		tlsbind_hex(wanted->bytes, size, out, out_size);
		break;
	case TLSBIND_KIND_EXECUTABLE:
		tlsbind_statement_executable(wanted->bytes, out, out_size);
		break;
	case TLSBIND_KIND_NUMBERS:
		snprintf(out, out_size, "%" PRIu64, wanted->number);
		break;
	case TLSBIND_KIND_MINIMUM:
		snprintf(out, out_size, "at least %" PRIu64, wanted->number);
		break;
	case TLSBIND_KIND_MAXIMUM:
		snprintf(out, out_size, "at most %" PRIu64, wanted->number);
		break;
	case TLSBIND_KIND_SECONDS:
		snprintf(out, out_size, "at most %" PRIu64 " s", wanted->number);
		break;
	case TLSBIND_KIND_BITS:
	case TLSBIND_KIND_NONE:
		snprintf(out, out_size, "nothing");
		break;
	}
}

void tlsbind_statement_text(const struct tlsbind_statement *statement, enum tlsbind_kind kind,
			    size_t size, const struct tlsbind_bit *bits,
			    const struct tlsbind_value *value, char *out, size_t out_size)
{
	uint64_t which = statement->ones | statement->zeros, wrong;

	if (statement->stated == TLSBIND_STATED_NOTHING) {
		snprintf(out, out_size, "a policy that states it");
	} else if (statement->stated == TLSBIND_STATED_ANY) {
		snprintf(out, out_size, value->never ? "any that there can be" : "any");
	} else if (kind == TLSBIND_KIND_BITS) {
		wrong = (statement->ones & ~value->number) | (statement->zeros & value->number);
		tlsbind_statement_names(bits, value->present && wrong ? wrong : which,
					statement->ones, out, out_size);
	} else if (statement->count == 1) {
		tlsbind_statement_single(&statement->wanted[0], kind, size, out, out_size);
	} else {
		snprintf(out, out_size, "one of %zu values", statement->count);
	}
}

void tlsbind_value_text(const struct tlsbind_value *value, enum tlsbind_kind kind, char *out,
			size_t out_size)
{
	if (!value->present) {
		snprintf(out, out_size, "absent");
		return;
	}
	switch (kind) {
	case TLSBIND_KIND_BYTES:
		tlsbind_hex(value->bytes.data, value->bytes.len, out, out_size);
		break;
	case TLSBIND_KIND_EXECUTABLE:
		tlsbind_statement_executable(value->bytes.data, out, out_size);
		break;
	case TLSBIND_KIND_SECONDS:
		snprintf(out, out_size, "%" PRIu64 ".%03" PRIu64 " s", value->number / TLSBIND_NS,
			 value->number / 1000000 % 1000);
		break;
	case TLSBIND_KIND_BITS:
		snprintf(out, out_size, "0x%" PRIx64, value->number);
		break;
	case TLSBIND_KIND_NUMBERS:
	case TLSBIND_KIND_MINIMUM:
	case TLSBIND_KIND_MAXIMUM:
	case TLSBIND_KIND_NONE:
		snprintf(out, out_size, "%" PRIu64, value->number);
		break;
	}
}
