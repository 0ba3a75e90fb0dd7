/* SPDX-License-Identifier: MIT */
#include "common.h"
#include <unistd.h>
#include <openssl/crypto.h>

struct test_bytes test_file(const char *path)
{
	struct test_bytes bytes = { malloc(1 << 20), 0 };
	FILE *file = fopen(path, "rb");

	if (!file || !bytes.data)
		fail_msg("cannot read %s: %s", path, strerror(errno));
	bytes.len = fread(bytes.data, 1, 1 << 20, file);
	fclose(file);
	/* Exact size, so that a sanitizer sees every byte too many. */
	bytes.data = realloc(bytes.data, bytes.len ? bytes.len : 1);
	return bytes;
}

json_t *test_known_answers(void)
{
	const char *path = getenv("TLSBIND_KNOWN_ANSWERS");
	json_error_t error;
	json_t *root;

	if (!path)
		path = "../selftests/vectors/v1.json";
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s: %s", path, error.text);
	return root;
}

json_t *test_array(json_t *object, const char *name)
{
	json_t *array = json_object_get(object, name);

	if (!json_array_size(array))
		fail_msg("no array \"%s\"", name);
	return array;
}

uint64_t test_number(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		fail_msg("no number \"%s\"", name);
	return (uint64_t)json_integer_value(value);
}

struct test_bytes test_hex(const char *text)
{
	struct test_bytes bytes = { NULL, 0 };

	assert_non_null(text);
	bytes.data = malloc(strlen(text) / 2 + 1);
	if (*text && !OPENSSL_hexstr2buf_ex(bytes.data, strlen(text) / 2, &bytes.len, text, '\0'))
		fail_msg("not hex: %s", text);
	bytes.data = realloc(bytes.data, bytes.len ? bytes.len : 1);
	return bytes;
}

struct test_bytes test_bytes(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		fail_msg("no string \"%s\"", name);
	return test_hex(json_string_value(value));
}

void test_equal(json_t *object, const char *name, const void *data, size_t len)
{
	struct test_bytes want = test_bytes(object, name);

	if (want.len != len || (len && memcmp(want.data, data, len)))
		fail_msg("%s: %s differs",
			 json_string_value(json_object_get(object, "name")), name);
	free(want.data);
}

const char *test_real(const char *name)
{
	static char path[4096];
	const char *folder = getenv("TLSBIND_VECTORS");

	if (!folder)
		folder = "../../shared/vectors";
	snprintf(path, sizeof(path), "%s/MANIFEST.tsv", folder);
	if (access(path, R_OK)) {
		print_message("# %s is not there: real evidence is not tested\n", folder);
		skip();
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

const char *test_failures(const struct tlsbind_result *result)
{
	static char names[1024];
	const struct tlsbind_check *check;
	size_t i, used = 0;

	names[0] = '\0';
	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (check->verdict != TLSBIND_PASS)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? " " : "", check->name);
	return names;
}
