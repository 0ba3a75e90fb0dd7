/* SPDX-License-Identifier: MIT */
/* base64url, challenges, CMW records, HTTP statuses. */
#include "base64.h"
#include "common.h"

static void test_base64url(void **state)
{
	uint8_t data[256], *back;
	size_t len, back_len;
	char *text;

	(void)state;
	for (len = 0; len < sizeof(data); len++)
		data[len] = (uint8_t)(len * 151 + 7);
	for (len = 1; len <= sizeof(data); len++) {
		text = tlsbind_base64url_encode(data, len);
		assert_non_null(text);
		assert_null(strpbrk(text, "+/=\n"));
		assert_int_equal(tlsbind_base64url_decode(text, strlen(text), &back, &back_len), 0);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, data, len);
		free(back);
		free(text);
	}
	text = tlsbind_base64url_encode((const uint8_t *)"\xfb\xff\xfe", 3);
	assert_string_equal(text, "-__-");
	free(text);
}

static void test_base64url_strict(void **state)
{
	static const char *const bad[] = {
		"", "A", "AA=", "AA==", "AAAA=", "+_AA", "/_AA", "AA AA", "AAAA\n", "\nAAAA",
		" AAA",
		"AA\tA", "AB", "AAB", "AAAAA", "A.AA", "AAA=", "====",
	};
	uint8_t *out;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		out = (void *)1;
		if (tlsbind_base64url_decode(bad[i], strlen(bad[i]), &out, &len) != -EBADMSG)
			fail_msg("accepted: \"%s\"", bad[i]);
		assert_null(out);
	}
	assert_int_equal(tlsbind_base64url_decode("AA\0A", 4, &out, &len), -EBADMSG);
	assert_int_equal(tlsbind_base64url_decode("AA\x80" "A", 4, &out, &len), -EBADMSG);
}

static void test_challenge(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	uint8_t nonce2[TLSBIND_NONCE_SIZE], id2[TLSBIND_CONNECTION_ID_SIZE];
	static const uint8_t zero[TLSBIND_CONNECTION_ID_SIZE];
	char *text;

	(void)state;
	memset(nonce, 0xa5, sizeof(nonce));
	memset(id, 0x5a, sizeof(id));
	text = tlsbind_challenge_encode(nonce, NULL);
	assert_string_equal(text, "{\"nonce\":\"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU\"}");
	assert_int_equal(tlsbind_challenge_decode(text, strlen(text), nonce2, id2), 0);
	assert_memory_equal(nonce, nonce2, sizeof(nonce));
	assert_memory_equal(id2, zero, sizeof(zero));
	free(text);
	text = tlsbind_challenge_encode(nonce, id);
	assert_int_equal(tlsbind_challenge_decode(text, strlen(text), nonce2, id2), 0);
	assert_memory_equal(id, id2, sizeof(id));
	free(text);
}

#define NONCE	"\"nonce\":\"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU\""

static void test_challenge_strict(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[]", "null", "{\"nonce\":1}", "{\"nonce\":\"\"}",
		"{\"nonce\":\"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl\"}",
		"{\"nonce\":\"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl\"}",
		"{\"nonce\":\"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\"}",
		"{\"nonce\":\"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaV\"}",
		"{" NONCE "}x", "{" NONCE "," NONCE "}", "{" NONCE ",\"other\":1}",
		"{" NONCE ",\"connection\":1}", "{" NONCE ",\"connection\":\"00\"}",
		"{" NONCE ",\"connection\":\"0011223344556677889900112233445g\"}",
		"{" NONCE ",\"connection\":\"00:11:22:33:44:55:66:77:88:99:0\"}",
		"{" NONCE ",\"connection\":null}",
	};
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	static const uint8_t zero[TLSBIND_NONCE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (tlsbind_challenge_decode(bad[i], strlen(bad[i]), nonce, id) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
		assert_memory_equal(nonce, zero, sizeof(zero));
	}
}

static void test_cmw(void **state)
{
	uint8_t data[1000], *back;
	size_t len;
	char *text;

	(void)state;
	memset(data, 0xc3, sizeof(data));
	text = tlsbind_cmw_wrap(data, sizeof(data));
	assert_int_equal(strncmp(text, "[\"" TLSBIND_MEDIA_TYPE "\",\"w8PD", 40), 0);
	assert_int_equal(tlsbind_cmw_unwrap(text, strlen(text), &back, &len), 0);
	assert_int_equal(len, sizeof(data));
	assert_memory_equal(back, data, len);
	free(back);
	for (len = 0; len < strlen(text); len++) {
		size_t n;

		assert_int_equal(tlsbind_cmw_unwrap(text, len, &back, &n), -EBADMSG);
		assert_null(back);
	}
	free(text);
	assert_null(tlsbind_cmw_wrap(data, 0));
}

static void test_cmw_strict(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "\"AAAA\"", "[\"" TLSBIND_MEDIA_TYPE "\"]",
		"[\"" TLSBIND_MEDIA_TYPE "\",\"\"]", "[\"" TLSBIND_MEDIA_TYPE "\",\"AA==\"]",
		"[\"" TLSBIND_MEDIA_TYPE "\",\"AAAA\",1]", "[\"" TLSBIND_MEDIA_TYPE "\",17]",
		"[\"application/other\",\"AAAA\"]", "[17,\"AAAA\"]",
		"[\"" TLSBIND_MEDIA_TYPE "\\u0000\",\"AAAA\"]",
		"[\"" TLSBIND_MEDIA_TYPE "\",\"AAAA\"] x",
	};
	uint8_t *out;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tlsbind_cmw_unwrap(bad[i], strlen(bad[i]), &out, &len) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
}

static void test_http_status(void **state)
{
	(void)state;
	assert_int_equal(tlsbind_http_status(0), 200);
	assert_int_equal(tlsbind_http_status(-EACCES), 403);
	assert_int_equal(tlsbind_http_status(-EOPNOTSUPP), 503);
	assert_int_equal(tlsbind_http_status(-ETIMEDOUT), 504);
	assert_int_equal(tlsbind_http_status(-EBUSY), 429);
	assert_int_equal(tlsbind_http_status(-EDQUOT), 429);
	assert_int_equal(tlsbind_http_status(-EIO), 502);
	assert_int_equal(tlsbind_http_status(-ENOMEM), 500);
	for (int error = 1; error < 200; error++)
		assert_true(tlsbind_http_status(-error) >= 400);
}

static void test_socket_without_ktls(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE] = { 1 }, *evidence = (void *)1;
	size_t len;

	(void)state;
	assert_true(tlsbind_socket_evidence(-1, nonce, NULL, &evidence, &len) < 0);
	assert_null(evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64url), cmocka_unit_test(test_base64url_strict),
		cmocka_unit_test(test_challenge), cmocka_unit_test(test_challenge_strict),
		cmocka_unit_test(test_cmw), cmocka_unit_test(test_cmw_strict),
		cmocka_unit_test(test_http_status), cmocka_unit_test(test_socket_without_ktls),
	};

	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
