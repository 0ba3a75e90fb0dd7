/* SPDX-License-Identifier: MIT */
/* tlsbindd: what a request says, statuses, sockets of the service manager, the log's limit. */
#include "common.h"
#include "log.h"
#include "manager.h"
#include "options.h"
#include "request.h"

#define NONCE	"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define ID	"000102030405060708090a0b0c0d0e0f"

static unsigned int head(const char *method, const char *path, const char *type,
			 const char *length)
{
	struct request_head head = { method, path, type, length };

	return request_head_check(&head, 1000).code;
}

static void test_head(void **state)
{
	static const char path[] = "/.well-known/tlsbind", json[] = "application/json";

	(void)state;
	assert_int_equal(head("POST", path, json, "120"), 0);
	assert_int_equal(head("POST", path, json, NULL), 0);
	assert_int_equal(head("POST", path, json, "1000"), 0);
	assert_int_equal(head("POST", path, json, "1001"), 413);
	assert_int_equal(head("POST", path, json, "18446744073709551616"), 413);
	assert_int_equal(head("POST", path, json, "-1"), 413);
	assert_int_equal(head("post", path, json, "1"), 405);
	assert_int_equal(head("GET", path, NULL, NULL), 405);
	assert_int_equal(head("POST", "/.well-known/tlsbind/", json, "1"), 404);
	assert_int_equal(head("POST", "", json, "1"), 404);
}

static void test_type(void **state)
{
	static const char path[] = "/.well-known/tlsbind";
	static const char *const good[] = { "application/json", "APPLICATION/json",
		"application/json;charset=utf-8", "application/json \t; a=b", "application/json " };
	static const char *const bad[] = { "", "application", "application/jsonp", "text/plain",
		"application/json, text/plain", "application/x-www-form-urlencoded",
		" application/json" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(head("POST", path, good[i], "1"), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(head("POST", path, bad[i], "1"), 415);
	assert_int_equal(head("POST", path, NULL, "1"), 415);
}

static unsigned int body(const char *text)
{
	static const uint8_t zero[TLSBIND_NONCE_SIZE];
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	unsigned int code = request_body_parse(text, strlen(text), nonce, id).code;

	assert_int_equal(!code, !!memcmp(nonce, zero, sizeof(nonce)));
	assert_int_equal(!code, !!memcmp(id, zero, sizeof(id)));
	return code;
}

static void test_body(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[]", "{\"nonce\":\"" NONCE "\"}", "{\"connection\":\"" ID "\"}",
		"{\"nonce\":\"" NONCE "\",\"connection\":\"00000000000000000000000000000000\"}",
		"{\"nonce\":\"" NONCE "\",\"connection\":\"" ID "\",\"x\":1}",
		"{\"nonce\":\"" NONCE "\",\"connection\":\"" ID "\"}x",
		"{\"nonce\":\"" NONCE "\",\"nonce\":\"" NONCE "\",\"connection\":\"" ID "\"}",
		"{\"nonce\":\"AQ\",\"connection\":\"" ID "\"}",
		"{\"nonce\":\"" NONCE "\",\"connection\":\"00\"}",
		"{\"nonce\":\"" NONCE "\",\"connection\":1}",
	};
	size_t i;

	(void)state;
	assert_int_equal(body("{\"nonce\":\"" NONCE "\",\"connection\":\"" ID "\"}"), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(body(bad[i]), 400);
}

static void test_statuses(void **state)
{
	static const struct { int error; unsigned int code; } want[] = {
		{ ENOENT, 404 }, { EACCES, 403 }, { EDQUOT, 429 }, { ENOTUNIQ, 409 },
		{ ECONNABORTED, 410 }, { ESTALE, 501 }, { EKEYREJECTED, 502 }, { EBUSY, 503 },
		{ EAGAIN, 503 }, { ESHUTDOWN, 503 }, { ECANCELED, 503 }, { EOPNOTSUPP, 503 },
		{ EPERM, 503 }, { ENOMEM, 503 }, { ETIMEDOUT, 504 }, { EIO, 502 },
	};
	size_t i;
	int error;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(status_of(-want[i].error).code, want[i].code);
	/* No error is a success. */
	for (error = 0; error < 200; error++)
		assert_in_range(status_of(-error).code, 400, 599);
}

static void test_status_is_json(void **state)
{
	(void)state;
	for (int error = 0; error < 200; error++) {
		struct status status = status_of(-error);
		char *text = status_json(&status);
		json_t *root = json_loads(text, 0, NULL);

		assert_string_equal(json_string_value(json_object_get(root, "error")), status.text);
		assert_int_equal(json_object_size(root), 1);
		json_decref(root);
		free(text);
	}
}

static void test_passed_sockets(void **state)
{
	struct manager_sockets out;

	(void)state;
	assert_int_equal(manager_sockets_parse(NULL, NULL, NULL, 42, &out), 0);
	assert_int_equal(out.count, 0);
	assert_int_equal(manager_sockets_parse("42", "2", "http:https", 42, &out), 0);
	assert_int_equal(out.first, 3);
	assert_int_equal(out.count, 2);
	assert_string_equal(out.name[0], "http");
	assert_string_equal(out.name[1], "https");
	assert_int_equal(manager_sockets_parse("42", "2", NULL, 42, &out), 0);
	assert_string_equal(out.name[1], "http");
	/* Of the parent, say. */
	assert_int_equal(manager_sockets_parse("41", "2", "http:https", 42, &out), 0);
	assert_int_equal(out.count, 0);
}

static void test_passed_sockets_that_contradict(void **state)
{
	static const char *const bad[][3] = {
		{ "42", "2", "http" }, { "42", "1", "http:https" }, { "42", "33", NULL },
		{ "42", "-1", NULL }, { "42", "", NULL }, { "x", "1", "http" }, { "", "1", "http" },
		{ "42", "0", "http" },
	};
	struct manager_sockets out;
	char names[2 * MANAGER_NAMES_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(manager_sockets_parse(bad[i][0], bad[i][1], bad[i][2], 42, &out),
				 -EINVAL);
		assert_int_equal(out.count, 0);
	}
	memset(names, 'a', sizeof(names) - 1);
	names[sizeof(names) - 1] = '\0';
	assert_int_equal(manager_sockets_parse("42", "1", names, 42, &out), -EINVAL);
	memset(names, ':', 40);
	names[40] = '\0';
	assert_int_equal(manager_sockets_parse("42", "32", names, 42, &out), -EINVAL);
}

static void test_where_to_listen(void **state)
{
	struct options_listen out;

	(void)state;
	assert_null(options_listen_parse("http://127.0.0.1", &out));
	assert_int_equal(out.scheme, OPTIONS_HTTP);
	assert_string_equal(out.host, "127.0.0.1");
	assert_string_equal(out.port, "8634");
	assert_null(options_listen_parse("https://[2001:db8::1]:443", &out));
	assert_int_equal(out.scheme, OPTIONS_HTTPS);
	assert_string_equal(out.host, "2001:db8::1");
	assert_string_equal(out.port, "443");
	assert_null(options_listen_parse("unix:/run/a b", &out));
	assert_int_equal(out.scheme, OPTIONS_UNIX);
	assert_string_equal(out.host, "/run/a b");
}

static void test_where_not_to_listen(void **state)
{
	static const char *const bad[] = {
		"", "http:", "http://", "http://localhost", "http://127.0.0.1:", "http://127.0.0.1:0",
		"http://127.0.0.1:65536", "http://127.0.0.1:80/", "http://::1", "http://[::1",
		"http://[127.0.0.1]", "http://[::1]x", "ftp://127.0.0.1", "unix:", "unix:relative",
		"127.0.0.1:80", "HTTP://127.0.0.1", "http://[]",
	};
	struct options_listen out;
	char path[200] = "unix:/";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!options_listen_parse(bad[i], &out))
			fail_msg("accepted: \"%s\"", bad[i]);
	memset(path + 6, 'a', 106);
	assert_null(options_listen_parse(path, &out));
	path[112] = 'a';
	assert_non_null(options_listen_parse(path, &out));
	memset(path, '1', sizeof(path) - 1);
	memcpy(path, "http://", 7);
	assert_non_null(options_listen_parse(path, &out));
}

static void test_log_is_limited(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int skipped, passed = 0;
	int64_t now;

	(void)state;
	assert_true(log_limit_pass(&limit, 0, &skipped));
	assert_int_equal(skipped, 0);
	for (now = 1; now < 10000; now++)
		passed += log_limit_pass(&limit, now, &skipped);
	assert_int_equal(passed, 0);
	assert_true(log_limit_pass(&limit, 10000, &skipped));
	assert_int_equal(skipped, 9999);
	assert_true(log_limit_pass(&limit, 20000, &skipped));
	assert_int_equal(skipped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_status_is_json),
		cmocka_unit_test(test_passed_sockets),
		cmocka_unit_test(test_passed_sockets_that_contradict),
		cmocka_unit_test(test_where_to_listen),
		cmocka_unit_test(test_where_not_to_listen),
		cmocka_unit_test(test_log_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
