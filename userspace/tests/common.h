/* SPDX-License-Identifier: MIT */
/* What the unit tests share. cmocka wants these headers before its own. */
#ifndef TLSBIND_TESTS_COMMON_H
#define TLSBIND_TESTS_COMMON_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include "tlsbind.h"

/** struct test_bytes - bytes with an owner */
struct test_bytes {
	uint8_t *data;
	size_t len;
};

/** test_file() - a whole file; fails the test if it cannot be read */
struct test_bytes test_file(const char *path);

/** test_known_answers() - selftests/vectors/v1.json; a missing file is a failure */
json_t *test_known_answers(void);

/** test_array() - a member of an object that must be a non-empty array */
json_t *test_array(json_t *object, const char *name);

/** test_number() - a member of an object that must be a number */
uint64_t test_number(json_t *object, const char *name);

/** test_bytes() - a member of an object that must be hex */
struct test_bytes test_bytes(json_t *object, const char *name);

/** test_hex() - a string that must be hex */
struct test_bytes test_hex(const char *text);

/** test_equal() - fails the test unless the member of the object has these bytes */
void test_equal(json_t *object, const char *name, const void *data, size_t len);

/**
 * test_real() - path of a file with real evidence
 * @name: path inside the folder
 *
 * The folder is $TLSBIND_VECTORS, or shared/vectors beside the project. Where
 * it is absent the test is skipped with a line that says so.
 *
 * Return: a path, valid until the next call.
 */
const char *test_real(const char *name);

/** test_failures() - names of the checks that did not pass, separated by blanks */
const char *test_failures(const struct tlsbind_result *result);

#endif /* TLSBIND_TESTS_COMMON_H */
