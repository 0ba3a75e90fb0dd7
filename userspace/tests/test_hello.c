/* SPDX-License-Identifier: MIT */
/* ClientHello and ServerHello: what matters is found, and nothing else is taken for one. */
#include "common.h"
#include "hello.h"

/* Appends @len bytes. */
static void put(struct test_bytes *out, const void *data, size_t len)
{
	out->data = realloc(out->data, out->len + len);
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

/* A hello with these extensions, each of two bytes. */
static struct test_bytes hello(bool client, const uint8_t *types, size_t count)
{
	struct test_bytes out = { NULL, 0 };
	uint8_t random[32] = { 7 };

	put(&out, "\x03\x03", 2);
	put(&out, random, sizeof(random));
	put(&out, "\x03" "abc", 4);
	if (client)
		put(&out, "\x00\x04\x13\x01\x13\x02\x01\x00", 8);
	else
		put(&out, "\x13\x01\x00", 3);
	put(&out, (uint8_t []){ 0, (uint8_t)(6 * count) }, 2);
	for (size_t i = 0; i < count; i++)
		put(&out, (uint8_t []){ 0, types[i], 0, 2, 0, 51 }, 6);
	return out;
}

static int parse(bool client, const struct test_bytes *bytes, struct tlsbind_hello *out)
{
	return client ? tlsbind_hello_client(bytes->data, bytes->len, out) :
			tlsbind_hello_server(bytes->data, bytes->len, out);
}

static void test_extensions(void **state)
{
	static const uint8_t types[] = { 43, 51, 41, 42 };
	struct tlsbind_hello out;

	(void)state;
	for (int client = 0; client < 2; client++) {
		for (size_t count = 0; count <= 4; count++) {
			struct test_bytes bytes = hello(client, types, count);

			assert_int_equal(parse(client, &bytes, &out), 0);
			assert_int_equal(out.key_share, count > 1);
			assert_int_equal(out.pre_shared_key, count > 2);
			assert_int_equal(out.early_data, count > 3);
			assert_false(out.retry);
			free(bytes.data);
		}
	}
}

static void test_retry(void **state)
{
	struct test_bytes bytes = hello(false, (uint8_t []){ 51 }, 1);
	struct test_bytes magic = test_hex("cf21ad74e59a6111be1d8c021e65b891"
					   "c2a211167abb8c5e079e09e2c8a8339c");
	struct tlsbind_hello out;

	(void)state;
	memcpy(bytes.data + 2, magic.data, 32);
	assert_int_equal(parse(false, &bytes, &out), 0);
	assert_true(out.retry && out.key_share);
	free(bytes.data);
	free(magic.data);
}

static void test_malformed(void **state)
{
	static const uint8_t types[] = { 43, 51, 41, 42 };
	static const struct tlsbind_hello none;
	struct tlsbind_hello out;

	(void)state;
	for (int client = 0; client < 2; client++) {
		struct test_bytes bytes = hello(client, types, 4);

		for (size_t len = 0; len < bytes.len; len++) {
			struct test_bytes cut = { malloc(len ? len : 1), len };

			memcpy(cut.data, bytes.data, len);
			memset(&out, 0xff, sizeof(out));
			assert_int_equal(parse(client, &cut, &out), -EBADMSG);
			assert_memory_equal(&out, &none, sizeof(out));
			free(cut.data);
		}
		put(&bytes, "", 1);
		assert_int_equal(parse(client, &bytes, &out), -EBADMSG);
		free(bytes.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extensions), cmocka_unit_test(test_retry),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
