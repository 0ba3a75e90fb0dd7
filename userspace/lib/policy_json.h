/* SPDX-License-Identifier: MIT */
/* Strict JSON: what is not understood is an error that says where it is. */
#ifndef TLSBIND_POLICY_JSON_H
#define TLSBIND_POLICY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "field.h"

/* Bytes that a digest of an executable has at least. */
#define TLSBIND_EXECUTABLE_MIN	20

/**
 * struct tlsbind_policy_error - where an error is told
 * @text: room for it
 * @size: size of @text
 */
struct tlsbind_policy_error {
	char *text;
	size_t size;
};

/** tlsbind_policy_wrong() - tell an error; Return: -EBADMSG */
int tlsbind_policy_wrong(const struct tlsbind_policy_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** tlsbind_policy_is_any() - Return: it is the string "any" */
bool tlsbind_policy_is_any(const json_t *value);

/**
 * tlsbind_policy_keys() - an object must not have other members
 * @object: value of a member
 * @where: path of that member
 * @keys: what it may have, ends with NULL
 * @error: told there
 *
 * Return: 0; -EBADMSG if it is no object, or has another member.
 */
int tlsbind_policy_keys(json_t *object, const char *where, const char *const keys[],
			const struct tlsbind_policy_error *error);

/**
 * tlsbind_policy_number() - a number
 * @value: the JSON; NULL if there is none
 * @where: path of it
 * @max: largest that is allowed
 * @out: the number
 * @error: told there
 *
 * Return: 0; -EBADMSG if it is no integer from 0 to @max.
 */
int tlsbind_policy_number(const json_t *value, const char *where, uint64_t max, uint64_t *out,
			  const struct tlsbind_policy_error *error);

/**
 * tlsbind_policy_statement() - the statement of a field
 * @field: the field
 * @value: the JSON; NULL if there is none
 * @out: nothing is stated there yet, and on failure whatever
 * @error: told there
 *
 * Return: 0; -EBADMSG, -ENOMEM.
 */
int tlsbind_policy_statement(const struct tlsbind_field *field, json_t *value,
			     struct tlsbind_statement *out,
			     const struct tlsbind_policy_error *error);

#endif /* TLSBIND_POLICY_JSON_H */
