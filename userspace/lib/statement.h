/* SPDX-License-Identifier: MIT */
/*
 * What a policy states about one field, and whether a value agrees with it.
 *
 * The object of zeros is the statement that nobody made, and no value agrees
 * with that: a field that was forgotten anywhere on the way from a file to a
 * check is a rejection.
 */
#ifndef TLSBIND_STATEMENT_H
#define TLSBIND_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tlsbind.h"

/* Kind and length of an executable's digest, one byte each, then the digest zero padded. */
#define TLSBIND_EXECUTABLE_SIZE		(2 + TLSBIND_EXE_DIGEST_SIZE)
#define TLSBIND_STATEMENT_SIZE_MAX	TLSBIND_EXECUTABLE_SIZE

/**
 * enum tlsbind_kind - how a value is compared
 * @TLSBIND_KIND_NONE: not at all: nothing agrees
 * @TLSBIND_KIND_BYTES: one of some byte strings of a fixed length
 * @TLSBIND_KIND_EXECUTABLE: likewise, TLSBIND_EXECUTABLE_SIZE bytes
 * @TLSBIND_KIND_NUMBERS: one of some numbers
 * @TLSBIND_KIND_MINIMUM: a number, or more
 * @TLSBIND_KIND_MAXIMUM: a number, or less
 * @TLSBIND_KIND_SECONDS: nanoseconds, at most so many seconds
 * @TLSBIND_KIND_BITS: each bit must be one, must be zero, or does not matter
 */
enum tlsbind_kind {
	TLSBIND_KIND_NONE = 0,
	TLSBIND_KIND_BYTES,
	TLSBIND_KIND_EXECUTABLE,
	TLSBIND_KIND_NUMBERS,
	TLSBIND_KIND_MINIMUM,
	TLSBIND_KIND_MAXIMUM,
	TLSBIND_KIND_SECONDS,
	TLSBIND_KIND_BITS,
};

/**
 * enum tlsbind_stated - what kind of statement was made
 * @TLSBIND_STATED_NOTHING: none
 * @TLSBIND_STATED_ANY: every value will do, even none
 * @TLSBIND_STATED_VALUES: these values
 */
enum tlsbind_stated {
	TLSBIND_STATED_NOTHING = 0,
	TLSBIND_STATED_ANY,
	TLSBIND_STATED_VALUES,
};

/**
 * struct tlsbind_wanted - one value that agrees
 * @bytes: as many as the field has
 * @number: for the kinds of numbers
 */
struct tlsbind_wanted {
	uint8_t bytes[TLSBIND_STATEMENT_SIZE_MAX];
	uint64_t number;
};

/**
 * struct tlsbind_statement - what is stated about a field
 * @stated: what kind of statement it is
 * @count: number of values; none for TLSBIND_KIND_BITS
 * @wanted: those
 * @ones: bits that must be one
 * @zeros: bits that must be zero
 */
struct tlsbind_statement {
	enum tlsbind_stated stated;
	size_t count;
	struct tlsbind_wanted *wanted;
	uint64_t ones;
	uint64_t zeros;
};

/**
 * struct tlsbind_value - what evidence has in a field
 * @present: it has something there
 * @never: no statement agrees, not even that any value will do
 * @bytes: for the kinds of bytes
 * @number: for the kinds of numbers, and bits
 */
struct tlsbind_value {
	bool present;
	bool never;
	struct tlsbind_span bytes;
	uint64_t number;
};

/**
 * struct tlsbind_bit - a bit that policies can name
 * @name: its name; NULL ends a list
 * @shift: its number
 * @initial: 0 or 1 if that is what is wanted unless something else is stated; -1
 *	if either will do
 * @promise: 1 promises more than 0
 */
struct tlsbind_bit {
	const char *name;
	uint8_t shift;
	int8_t initial;
	bool promise;
};

/**
 * tlsbind_statement_add() - one more value that agrees
 * @statement: nothing or values were stated
 * @wanted: copied
 *
 * Return: 0; -EINVAL if any value agrees already, -ENOMEM.
 */
int tlsbind_statement_add(struct tlsbind_statement *statement,
			  const struct tlsbind_wanted *wanted);

/** tlsbind_statement_clear() - as if nothing had been stated */
void tlsbind_statement_clear(struct tlsbind_statement *statement);

/**
 * tlsbind_statement_agrees() - does a value agree?
 * @statement: the statement
 * @kind: how to compare
 * @size: bytes that a value of this field has
 * @value: the value
 *
 * Return: false also for a value that is absent, has another size, or never
 * agrees, for a statement of no values, and for a kind that is none.
 */
bool tlsbind_statement_agrees(const struct tlsbind_statement *statement, enum tlsbind_kind kind,
			      size_t size, const struct tlsbind_value *value);

/**
 * tlsbind_statement_text() - what was wanted, as text
 * @statement: the statement
 * @kind: how it is compared
 * @size: bytes that a value of this field has
 * @bits: names of bits; NULL unless TLSBIND_KIND_BITS
 * @value: bits: those on which it agrees are left out, if it disagrees on some
 * @out: the text, cut to what fits
 * @out_size: size of @out
 */
void tlsbind_statement_text(const struct tlsbind_statement *statement, enum tlsbind_kind kind,
			    size_t size, const struct tlsbind_bit *bits,
			    const struct tlsbind_value *value, char *out, size_t out_size);

/** tlsbind_value_text() - what was found, as text, cut to what fits */
void tlsbind_value_text(const struct tlsbind_value *value, enum tlsbind_kind kind, char *out,
			size_t out_size);

#endif /* TLSBIND_STATEMENT_H */
