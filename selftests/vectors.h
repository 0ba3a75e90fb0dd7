/* SPDX-License-Identifier: MIT */
/* Reading selftests/vectors/v1.json: what cannot be read ends the test. */
#ifndef TLSBIND_VECTORS_H
#define TLSBIND_VECTORS_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "ktls.h"
#include "tap.h"

/** vectors_load() - the whole file. */
static inline json_t *vectors_load(const char *path)
{
	json_error_t error;
	json_t *all = json_load_file(path, 0, &error);

	if (!all)
		tap_bail("%s: %s", path, error.text);
	return all;
}

/** vectors_array() - one array of the file; never empty. */
static inline json_t *vectors_array(const json_t *object, const char *name)
{
	json_t *array = json_object_get(object, name);

	if (!json_is_array(array))
		tap_bail("vectors: no array %s", name);
	return array;
}

static inline const char *vectors_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		tap_bail("vectors: no text %s", name);
	return text;
}

static inline int64_t vectors_int(const json_t *object, const char *name)
{
	json_t *number = json_object_get(object, name);

	if (!json_is_integer(number))
		tap_bail("vectors: no number %s", name);
	return json_integer_value(number);
}

/** vectors_hex() - decode @text into @out. Return: how many bytes. */
static inline size_t vectors_hex(const char *text, void *out, size_t max)
{
	size_t len = strlen(text) / 2;
	unsigned int byte;

	if (len > max || strlen(text) % 2)
		tap_bail("vectors: %zu bytes of hex where %zu fit", len, max);
	for (size_t i = 0; i < len; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			tap_bail("vectors: not hex: %.20s", text);
		((uint8_t *)out)[i] = byte;
	}
	return len;
}

/** vectors_bytes() - a member that has exactly @len bytes. */
static inline void vectors_bytes(const json_t *object, const char *name, void *out, size_t len)
{
	if (vectors_hex(vectors_text(object, name), out, len) != len)
		tap_bail("vectors: %s is not %zu bytes", name, len);
}

/** vectors_nodes() - an array of hashes. Return: how many. */
static inline size_t vectors_nodes(const json_t *array, uint8_t (*out)[TLSBIND_HASH_SIZE], size_t max)
{
	size_t n = json_array_size(array);

	if (n > max)
		tap_bail("vectors: %zu nodes where %zu fit", n, max);
	for (size_t i = 0; i < n; i++)
		if (vectors_hex(json_string_value(json_array_get(array, i)), out[i],
				TLSBIND_HASH_SIZE) != TLSBIND_HASH_SIZE)
			tap_bail("vectors: node %zu is not a hash", i);
	return n;
}

/** vectors_key() - the key whose members are @prefix followed by "key" and "iv". */
static inline struct ktls_key vectors_key(const json_t *object, const char *prefix)
{
	struct ktls_key k = { .version = TLS_1_3_VERSION };
	const struct ktls_suite *suite;
	char name[32];

	k.suite = vectors_int(object, "cipher_suite");
	suite = ktls_suite_find(k.suite);
	if (!suite)
		tap_bail("vectors: suite %#x", k.suite);
	snprintf(name, sizeof(name), "%skey", prefix);
	vectors_bytes(object, name, k.key, suite->key_len);
	snprintf(name, sizeof(name), "%siv", prefix);
	vectors_bytes(object, name, k.iv, sizeof(k.iv));
	return k;
}

#endif
