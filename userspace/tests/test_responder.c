/* SPDX-License-Identifier: MIT */
/* Asking a responder: what is asked, what is answered, and what is not to be followed. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "peer.h"
#include "responder.h"

static const uint8_t id[TLSBIND_CONNECTION_ID_SIZE] = { 0x01, 0xab };
static const uint8_t nonce[TLSBIND_NONCE_SIZE] = { 0x02, 0xcd };

/* What came of the last question. */
static char why[TOOL_RESPONDER_WHY];
static unsigned int wait_seconds;
static struct test_bytes evidence;

/**
 * struct script - a server that answers one question with these bytes
 * @listener: its socket
 * @url: how it is reached
 * @pid: process
 * @asked: pipe with what it was asked
 */
struct script {
	int listener;
	char url[128];
	pid_t pid;
	int asked;
};

static void write_all(int fd, const char *data, size_t len)
{
	for (ssize_t n; len && (n = write(fd, data, len)) > 0; len -= (size_t)n)
		data += n;
}

/* Up to the end of the JSON that is asked with. */
static size_t read_question(int fd, char *data, size_t size)
{
	size_t used = 0;
	ssize_t n = 1;

	data[0] = '\0';
	while (!strchr(data, '}') && n > 0 && used + 1 < size) {
		n = read(fd, data + used, size - used - 1);
		used += n > 0 ? (size_t)n : 0;
		data[used] = '\0';
	}
	return used;
}

/* @endless: go on with the last byte until nobody listens. */
static void script_run(struct script *s, const char *reply, size_t len, bool endless)
{
	int told[2];

	assert_int_equal(pipe(told), 0);
	s->pid = fork();
	if (!s->pid) {
		char data[8192];
		int fd = accept(s->listener, NULL, NULL);
		size_t asked = read_question(fd, data, sizeof(data));

		write_all(told[1], data, asked);
		close(told[1]);
		write_all(fd, reply, len);
		while (endless && write(fd, reply + len - 1, 1) == 1)
			;
		if (!len)
			pause();
		shutdown(fd, SHUT_WR);
		while (read(fd, data, sizeof(data)) > 0)
			;
		_exit(0);
	}
	close(told[1]);
	s->asked = told[0];
}

static void script_start(struct script *s, const char *reply)
{
	char address[32];

	s->listener = peer_listen(address);
	snprintf(s->url, sizeof(s->url), "http://%s", address);
	script_run(s, reply, strlen(reply), false);
}

static void script_end(struct script *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->listener);
	close(s->asked);
}

static enum tool_answer ask_with(const struct tool_responder *responder, long timeout)
{
	free(evidence.data);
	return tool_responder_ask(responder, id, nonce, timeout, &evidence.data, &evidence.len, why,
				  &wait_seconds);
}

static enum tool_answer ask(const char *url)
{
	const struct tool_responder responder = { .url = url };

	return ask_with(&responder, 20000);
}

/* Return: what comes of this reply. */
static enum tool_answer ask_script(const char *reply)
{
	enum tool_answer answer;
	struct script s;

	script_start(&s, reply);
	answer = ask(s.url);
	script_end(&s);
	return answer;
}

static char *reply_with(const char *status, const char *headers, const char *body)
{
	char *text;

	assert_true(asprintf(&text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status,
			     strlen(body), headers, body) > 0);
	return text;
}

static char *reply_evidence(void)
{
	char *cmw = tlsbind_cmw_wrap("evidence", 8);
	char *text = reply_with("200 OK", "", cmw);

	free(cmw);
	return text;
}

static void evidence_comes_back_as_it_was_sent(void **state)
{
	char *reply = reply_evidence();

	(void)state;
	assert_int_equal(ask_script(reply), TOOL_ANSWER_EVIDENCE);
	assert_int_equal(evidence.len, 8);
	assert_memory_equal(evidence.data, "evidence", 8);
	free(reply);
}

static void the_question_is_a_challenge_and_nothing_else(void **state)
{
	uint8_t got_id[sizeof(id)], got_nonce[sizeof(nonce)];
	char data[8192], *body;
	struct script s;

	(void)state;
	script_start(&s, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	ask(s.url);
	data[read(s.asked, data, sizeof(data) - 1)] = '\0';
	script_end(&s);
	assert_int_equal(strncmp(data, "POST " TLSBIND_HTTP_PATH " HTTP/1.1\r\n", 35), 0);
	assert_non_null(strstr(data, "\r\nContent-Type: application/json\r\n"));
	assert_null(strstr(data, "Expect:"));
	assert_null(strstr(data, "Accept-Encoding:"));
	body = strstr(data, "\r\n\r\n") + 4;
	assert_int_equal(tlsbind_challenge_decode(body, strlen(body), got_nonce, got_id), 0);
	assert_memory_equal(got_id, id, sizeof(id));
	assert_memory_equal(got_nonce, nonce, sizeof(nonce));
}

static void each_status_says_whether_to_ask_again(void **state)
{
	static const struct {
		const char *status;
		enum tool_answer with_error;
		enum tool_answer without;
	} table[] = {
		{ "302 Found", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "400 Bad Request", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "403 Forbidden", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "404 Not Found", TOOL_ANSWER_AGAIN, TOOL_ANSWER_MALFORMED },
		{ "405 Method Not Allowed", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "409 Conflict", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "410 Gone", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "413 Too Large", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "408 Timeout", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
		{ "425 Too Early", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
		{ "429 Too Many", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
		{ "500 Oops", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
		{ "501 Not Implemented", TOOL_ANSWER_REFUSED, TOOL_ANSWER_MALFORMED },
		{ "502 Bad Gateway", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
		{ "503 Unavailable", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
		{ "504 Timeout", TOOL_ANSWER_AGAIN, TOOL_ANSWER_AGAIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *error = reply_with(table[i].status, "", "{\"error\":\"because\"}");
		char *none = reply_with(table[i].status, "", "<html>");

		assert_int_equal(ask_script(error), table[i].with_error);
		assert_int_equal(strncmp(why + 7, table[i].status, 3), 0);
		assert_string_equal(why + 10, ": because");
		assert_int_equal(ask_script(none), table[i].without);
		assert_null(evidence.data);
		free(error);
		free(none);
	}
}

static void what_is_no_evidence_is_malformed(void **state)
{
	static const char *const bodies[] = { "", "{}", "[]", ("[\"" TLSBIND_MEDIA_TYPE "\",\"\"]"),
					      "[\"text/plain\",\"AAAA\"]", "AAAA" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char *reply = reply_with("200 OK", "", bodies[i]);

		assert_int_equal(ask_script(reply), TOOL_ANSWER_MALFORMED);
		assert_null(evidence.data);
		assert_int_equal(evidence.len, 0);
		assert_string_equal(why, "not evidence");
		free(reply);
	}
}

static void what_is_no_http_is_malformed(void **state)
{
	(void)state;
	assert_int_equal(ask_script("SSH-2.0-OpenSSH\r\n"), TOOL_ANSWER_MALFORMED);
	assert_int_equal(ask_script("\x16\x03\x01 rubbish"), TOOL_ANSWER_MALFORMED);
	assert_int_equal(ask_script("HTTP/7.1 200 OK\r\n\r\n"), TOOL_ANSWER_MALFORMED);
}

static void an_answer_that_ends_early_is_asked_for_again(void **state)
{
	char *cmw = tlsbind_cmw_wrap("evidence", 8), reply[256];

	(void)state;
	snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(cmw) + 1, cmw);
	assert_int_equal(ask_script(reply), TOOL_ANSWER_AGAIN);
	assert_null(evidence.data);
	free(cmw);
}

static void a_responder_says_when_to_come_back(void **state)
{
	char *reply = reply_with("503 Busy", "Retry-After: 7\r\n", "{\"error\":\"busy\"}");

	(void)state;
	assert_int_equal(ask_script(reply), TOOL_ANSWER_AGAIN);
	assert_int_equal(wait_seconds, 7);
	free(reply);
}

static void a_reason_cannot_control_the_terminal(void **state)
{
	char *reply = reply_with("403 No", "", "{\"error\":\"\\u001b[31m\\u00e9\\nred\"}");

	(void)state;
	assert_int_equal(ask_script(reply), TOOL_ANSWER_REFUSED);
	assert_string_equal(why, "status 403: ?[31m???red");
	free(reply);
}

static void redirects_are_not_followed(void **state)
{
	char address[32], headers[128], *reply;
	int elsewhere = peer_listen(address);
	struct pollfd p = { .fd = elsewhere, .events = POLLIN };

	(void)state;
	snprintf(headers, sizeof(headers), "Location: http://%s/\r\n", address);
	for (int i = 0; i < 2; i++) {
		reply = reply_with(i ? "307 Temporary Redirect" : "301 Moved", headers, "");
		assert_int_equal(ask_script(reply), TOOL_ANSWER_MALFORMED);
		free(reply);
	}
	assert_int_equal(poll(&p, 1, 0), 0);
	close(elsewhere);
}

static void the_environment_has_no_say(void **state)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy",
					     "all_proxy", "ALL_PROXY" };
	char address[32], proxy[64], *reply = reply_evidence();
	int elsewhere = peer_listen(address);
	struct pollfd p = { .fd = elsewhere, .events = POLLIN };

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://%s", address);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		setenv(names[i], proxy, 1);
	assert_int_equal(ask_script(reply), TOOL_ANSWER_EVIDENCE);
	assert_int_equal(poll(&p, 1, 0), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	close(elsewhere);
	free(reply);
}

static void nobody_there_is_asked_again(void **state)
{
	char address[32], url[64];

	(void)state;
	close(peer_listen(address));
	snprintf(url, sizeof(url), "http://%s", address);
	assert_int_equal(ask(url), TOOL_ANSWER_AGAIN);
	assert_int_equal(ask("unix:/nonexistent/socket"), TOOL_ANSWER_AGAIN);
}

static void silence_ends_with_the_time_allowed(void **state)
{
	struct tool_responder responder = { 0 };
	struct script s;

	(void)state;
	script_start(&s, "");
	responder.url = s.url;
	assert_int_equal(ask_with(&responder, 300), TOOL_ANSWER_AGAIN);
	script_end(&s);
}

/* Bytes without end, with and without an announcement that they are too many. */
static void an_answer_that_is_too_large_is_not_read(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n ", "HTTP/1.1 200 OK\r\n\r\n ",
	};
	struct tool_responder responder = { .size_max = 4096 };
	struct script s;

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		char address[32];

		s.listener = peer_listen(address);
		snprintf(s.url, sizeof(s.url), "http://%s", address);
		script_run(&s, replies[i], strlen(replies[i]), true);
		responder.url = s.url;
		assert_int_equal(ask_with(&responder, 20000), TOOL_ANSWER_MALFORMED);
		assert_string_equal(why, "the answer is too large");
		script_end(&s);
	}
}

static void a_unix_socket_will_do(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/tlsbind-responder-XXXXXX", *reply = reply_evidence();
	struct script s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", dir);
	s.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s.listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(s.listener, 1), 0);
	snprintf(s.url, sizeof(s.url), "unix:%s", name.sun_path);
	script_run(&s, reply, strlen(reply), false);
	assert_int_equal(ask(s.url), TOOL_ANSWER_EVIDENCE);
	script_end(&s);
	unlink(name.sun_path);
	rmdir(dir);
	free(reply);
}

/* A server with a certificate that no authority has issued. */
static void script_tls(struct script *s, const char *reply)
{
	char address[32];

	s->listener = peer_listen(address);
	s->asked = -1;
	snprintf(s->url, sizeof(s->url), "https://%s", address);
	s->pid = fork();
	if (!s->pid) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
		SSL *ssl = SSL_new(ctx);
		char data[8192];
		size_t n;

		SSL_use_certificate(ssl, peer_pki->root);
		SSL_use_PrivateKey(ssl, peer_pki->root_key);
		SSL_set_fd(ssl, accept(s->listener, NULL, NULL));
		if (SSL_accept(ssl) == 1 && SSL_read_ex(ssl, data, sizeof(data), &n))
			SSL_write(ssl, reply, (int)strlen(reply));
		SSL_shutdown(ssl);
		pause();
	}
}

static void a_certificate_of_nobody_is_refused_unless_it_does_not_matter(void **state)
{
	struct tool_responder responder = { 0 };
	char *reply = reply_evidence();
	struct script s;

	(void)state;
	for (int any = 0; any < 2; any++) {
		script_tls(&s, reply);
		responder.url = s.url;
		responder.no_pki = any;
		assert_int_equal(ask_with(&responder, 20000),
				 any ? TOOL_ANSWER_EVIDENCE : TOOL_ANSWER_REFUSED);
		script_end(&s);
	}
	free(reply);
}

static void addresses_are_checked_beforehand(void **state)
{
	static const char *const good[] = {
		"http://localhost", "http://[::1]:8634/", "HTTPS://host.example/some/path",
		("http://192.0.2.1:8634" TLSBIND_HTTP_PATH), "unix:/run/tlsbindd/socket",
	};
	static const char *const bad[] = {
		"", "localhost", "localhost:8634", "http://", "ftp://host", "file:///etc/passwd",
		"http://user@host", ("http://" "user:word@host"), "http://host/?query", "http://host/#part",
		"http://host.example:70000", "unix:socket", "unix:", "http://ho st",
		("unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
		 "0123456789012345678901234567890123456789"),
	};
	struct tool_responder responder = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		responder.url = good[i];
		assert_true(tool_responder_check(&responder, why));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		responder.url = bad[i];
		*why = '\0';
		assert_false(tool_responder_check(&responder, why));
		assert_true(*why);
		assert_null(tool_question_new(&responder, id, nonce, 1));
		assert_int_equal(ask_with(&responder, 1), TOOL_ANSWER_REFUSED);
	}
}

/* As a judge does it: two questions at once. */
static void many_may_be_asked_at_once(void **state)
{
	struct tool_question *question[2], *done;
	char *reply = reply_evidence();
	struct tool_responder responder = { 0 };
	CURLM *multi = curl_multi_init();
	int running, left, answered = 0;
	struct script s[2];
	CURLMsg *message;

	(void)state;
	for (int i = 0; i < 2; i++) {
		script_start(&s[i], reply);
		responder.url = s[i].url;
		question[i] = tool_question_new(&responder, id, nonce, 20000);
		curl_multi_add_handle(multi, tool_question_handle(question[i]));
	}
	while (answered < 2) {
		curl_multi_perform(multi, &running);
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
		while ((message = curl_multi_info_read(multi, &left))) {
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&done);
			free(evidence.data);
			assert_int_equal(tool_question_answer(done, message->data.result,
							      &evidence.data, &evidence.len),
					 TOOL_ANSWER_EVIDENCE);
			answered++;
		}
	}
	for (int i = 0; i < 2; i++) {
		curl_multi_remove_handle(multi, tool_question_handle(question[i]));
		tool_question_free(question[i]);
		script_end(&s[i]);
	}
	curl_multi_cleanup(multi);
	free(reply);
}

static int end(void **state)
{
	(void)state;
	free(evidence.data);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_comes_back_as_it_was_sent),
		cmocka_unit_test(the_question_is_a_challenge_and_nothing_else),
		cmocka_unit_test(each_status_says_whether_to_ask_again),
		cmocka_unit_test(what_is_no_evidence_is_malformed),
		cmocka_unit_test(what_is_no_http_is_malformed),
		cmocka_unit_test(an_answer_that_ends_early_is_asked_for_again),
		cmocka_unit_test(a_responder_says_when_to_come_back),
		cmocka_unit_test(a_reason_cannot_control_the_terminal),
		cmocka_unit_test(redirects_are_not_followed),
		cmocka_unit_test(the_environment_has_no_say),
		cmocka_unit_test(nobody_there_is_asked_again),
		cmocka_unit_test(silence_ends_with_the_time_allowed),
		cmocka_unit_test(an_answer_that_is_too_large_is_not_read),
		cmocka_unit_test(a_unix_socket_will_do),
		cmocka_unit_test(a_certificate_of_nobody_is_refused_unless_it_does_not_matter),
		cmocka_unit_test(addresses_are_checked_beforehand),
		cmocka_unit_test_teardown(many_may_be_asked_at_once, end),
	};

	return peer_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
