/* SPDX-License-Identifier: MIT */
/* tlsbind connect --listen: nothing passes before the verdict, and nothing ends silently. */
#include <sys/wait.h>
#include "forwarder.h"

/* A local program, and its connection to the server, attested. */
static int attested(void)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	int fd = local_connect();

	peer_accept(&p);
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	return fd;
}

static char *const plain[] = { "--listen", "0", NULL };

static void bytes_pass_both_ways_after_the_verdict(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	int fd;

	(void)state;
	forwarder_start(plain);
	fd = local_connect();
	assert_int_equal(write(fd, "early", 5), 5);
	peer_accept(&p);
	peer_challenged(&p, nonce);
	assert_int_equal(SSL_pending(p.ssl), 0);
	assert_false(readable(SSL_get_fd(p.ssl), 200));
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), "early");
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	assert_string_equal(local_read(fd), "answer");
	said_after("connection from 127.0.0.1:");
	said_after("evidence ACCEPTED");
	peer_drop(&p, true);
	assert_string_equal(local_read(fd), "");
	close(fd);
	forwarder_stop();
}

static void the_local_end_may_close_first(void **state)
{
	size_t n;
	char c;
	int fd;

	(void)state;
	forwarder_start(plain);
	fd = attested();
	assert_int_equal(write(fd, "all", 3), 3);
	shutdown(fd, SHUT_WR);
	assert_string_equal(peer_read(&p), "all");
	assert_int_equal(SSL_read_ex(p.ssl, &c, 1, &n), 0);
	assert_int_equal(SSL_get_shutdown(p.ssl), SSL_RECEIVED_SHUTDOWN);
	/* The other direction goes on. */
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	assert_string_equal(local_read(fd), "answer");
	peer_drop(&p, true);
	assert_string_equal(local_read(fd), "");
	close(fd);
	forwarder_stop();
}

static void the_server_may_close_first(void **state)
{
	size_t n;
	char c;
	int fd;

	(void)state;
	forwarder_start(plain);
	fd = attested();
	assert_int_equal(SSL_shutdown(p.ssl), 0);
	assert_string_equal(local_read(fd), "");
	assert_int_equal(write(fd, "more", 4), 4);
	assert_string_equal(peer_read(&p), "more");
	close(fd);
	assert_int_equal(SSL_read_ex(p.ssl, &c, 1, &n), 0);
	assert_true(SSL_get_shutdown(p.ssl) & SSL_RECEIVED_SHUTDOWN);
	peer_drop(&p, false);
	forwarder_stop();
}

static void a_rejected_server_resets_the_local_end(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	int fd;

	(void)state;
	forwarder_start(plain);
	fd = local_connect();
	assert_int_equal(write(fd, "secret", 6), 6);
	peer_accept(&p);
	peer_challenged(&p, nonce);
	nonce[0] ^= 1;
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), "");
	assert_string_equal(local_read(fd), "ECONNRESET");
	peer_drop(&p, true);
	said_after("evidence REJECTED: claims.nonce");
	said_after(" reset: status 6");
	close(fd);
	/* That was one connection; the next one is served. */
	fd = attested();
	assert_int_equal(write(fd, "again", 5), 5);
	assert_string_equal(peer_read(&p), "again");
	peer_drop(&p, true);
	close(fd);
	forwarder_stop();
}

static void a_connection_that_is_cut_off_resets_the_local_end(void **state)
{
	int fd;

	(void)state;
	forwarder_start(plain);
	fd = attested();
	assert_int_equal(SSL_write(p.ssl, "half of", 7), 7);
	assert_string_equal(local_read(fd), "half of");
	peer_drop(&p, false);
	assert_string_equal(local_read(fd), "ECONNRESET");
	said_after(" reset: status 2");
	close(fd);
	forwarder_stop();
}

static void a_silent_server_resets_the_local_end_in_time(void **state)
{
	char *const options[] = { "--listen", "0", "--timeout", "1", NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	int fd;

	(void)state;
	forwarder_start(options);
	fd = local_connect();
	peer_accept(&p);
	peer_challenged(&p, nonce);
	assert_string_equal(local_read(fd), "ECONNRESET");
	said_after("no evidence within the time allowed");
	peer_drop(&p, true);
	close(fd);
	forwarder_stop();
}

static void no_server_resets_the_local_end(void **state)
{
	int fd;

	(void)state;
	forwarder_start(plain);
	close(p.listener);
	fd = local_connect();
	assert_string_equal(local_read(fd), "ECONNRESET");
	said_after(" reset: status 2");
	close(fd);
	p.listener = -1;
	forwarder_stop();
}

static void keys_that_change_reset_the_local_end_unless_they_may(void **state)
{
	char *const allow[] = { "--listen", "0", "--allow-rekey", NULL };
	int fd;

	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		forwarder_start(allowed ? allow : plain);
		fd = attested();
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
		assert_string_equal(local_read(fd), allowed ? "answer" : "ECONNRESET");
		peer_drop(&p, true);
		close(fd);
		if (!allowed)
			said_after(" reset: status 6");
		forwarder_stop();
	}
}

static void a_local_end_that_is_reset_ends_the_connection(void **state)
{
	struct linger reset = { .l_onoff = 1 };
	size_t n;
	char c;
	int fd;

	(void)state;
	forwarder_start(plain);
	fd = attested();
	assert_int_equal(write(fd, "x", 1), 1);
	assert_string_equal(peer_read(&p), "x");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	assert_int_equal(SSL_read_ex(p.ssl, &c, 1, &n), 0);
	said_after("local connection: Connection reset by peer");
	peer_drop(&p, true);
	forwarder_stop();
}

static void no_more_than_allowed_are_served_at_once(void **state)
{
	char *const options[] = { "--listen", "0", "--connections", "1", NULL };
	int first, second;

	(void)state;
	forwarder_start(options);
	first = attested();
	assert_int_equal(write(first, "x", 1), 1);
	assert_string_equal(peer_read(&p), "x");
	second = local_connect();
	assert_false(readable(p.listener, 300));
	peer_drop(&p, true);
	close(first);
	assert_true(readable(p.listener, 20000));
	peer_accept(&p);
	peer_drop(&p, false);
	assert_string_equal(local_read(second), "ECONNRESET");
	close(second);
	forwarder_stop();
}

static void ending_it_resets_what_is_open(void **state)
{
	int fd, child;

	(void)state;
	forwarder_start(plain);
	fd = attested();
	assert_int_equal(write(fd, "x", 1), 1);
	assert_string_equal(peer_read(&p), "x");
	child = dup(fd);
	forwarder_stop();
	assert_string_equal(local_read(fd), "ECONNRESET");
	peer_drop(&p, false);
	close(child);
	close(fd);
}

#define MANY	(4 << 20)

/* The server: what comes goes back, with every byte changed. */
static pid_t echo(void)
{
	pid_t pid = fork();
	char data[16384];
	size_t n;

	if (pid)
		return pid;
	while (SSL_read_ex(p.ssl, data, sizeof(data), &n) == 1) {
		for (size_t i = 0; i < n; i++)
			data[i] ^= 0x5a;
		if (!SSL_write_ex(p.ssl, data, n, &n))
			_exit(1);
	}
	_exit(SSL_shutdown(p.ssl) < 0);
}

static void many_bytes_pass_both_ways_at_once(void **state)
{
	static unsigned char out[MANY], in[MANY + 1];
	size_t sent = 0, got = 0;
	int fd, status;
	ssize_t n = 1;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		out[i] = (unsigned char)(i * 2654435761U >> 13);
	forwarder_start(plain);
	fd = attested();
	pid = echo();
	while (n) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };

		poller.events |= sent < MANY ? POLLOUT : 0;
		assert_true(poll(&poller, 1, 60000) > 0);
		if (poller.revents & POLLOUT) {
			n = send(fd, out + sent, MANY - sent, MSG_DONTWAIT);
			sent += n > 0 ? (size_t)n : 0;
			if (sent == MANY)
				shutdown(fd, SHUT_WR);
			n = 1;
		}
		if (poller.revents & POLLIN) {
			n = read(fd, in + got, sizeof(in) - got);
			assert_true(n >= 0);
			got += (size_t)n;
		}
	}
	assert_int_equal(got, MANY);
	for (size_t i = 0; i < MANY; i++)
		in[i] ^= 0x5a;
	assert_memory_equal(in, out, MANY);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(fd);
	peer_drop(&p, false);
	forwarder_stop();
}

static void a_responder_may_have_the_evidence(void **state)
{
	struct asked a;
	char *const options[] = { "--listen", "0", "--responder", a.url, "-j", NULL };
	unsigned int port = 0;
	const char *json;
	int fd;

	(void)state;
	asked_begin(&a);
	forwarder_start(options);
	fd = local_connect();
	peer_accept(&p);
	asked_take(&a, &p);
	asked_evidence(&a, &p, 0, 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_string_equal(peer_read(&p), "x");
	peer_drop(&p, true);
	json = said_after("{\"status\"");
	assert_non_null(strstr(json, "\"verdict\":\"accepted\""));
	json = strstr(json, "\"from\":\"127.0.0.1:");
	assert_non_null(json);
	assert_int_equal(sscanf(json, "\"from\":\"127.0.0.1:%u\"", &port), 1);
	assert_true(port);
	close(fd);
	forwarder_stop();
	asked_end(&a);
}

static void another_address_must_be_named(void **state)
{
	char *options[] = { "--listen", "0.0.0.0:0", NULL };

	(void)state;
	peer_exec(&p, options);
	assert_int_not_equal(*said_after("listening on 0.0.0.0:"), '0');
	forwarder_stop();
	options[1] = "localhost:0";
	peer_exec(&p, options);
	said_after("listening on ");
	forwarder_stop();
}

static void an_address_in_use_is_told(void **state)
{
	char address[32], *options[] = { "--listen", address, NULL };
	int fd = peer_listen(address);

	(void)state;
	peer_exec(&p, options);
	said_after(": Address already in use");
	assert_int_equal(peer_wait(&p), 1);
	close(p.listener);
	fclose(p.in);
	fclose(p.out);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_both_ways_after_the_verdict),
		cmocka_unit_test(the_local_end_may_close_first),
		cmocka_unit_test(the_server_may_close_first),
		cmocka_unit_test(a_rejected_server_resets_the_local_end),
		cmocka_unit_test(a_connection_that_is_cut_off_resets_the_local_end),
		cmocka_unit_test(a_silent_server_resets_the_local_end_in_time),
		cmocka_unit_test(no_server_resets_the_local_end),
		cmocka_unit_test(keys_that_change_reset_the_local_end_unless_they_may),
		cmocka_unit_test(a_local_end_that_is_reset_ends_the_connection),
		cmocka_unit_test(no_more_than_allowed_are_served_at_once),
		cmocka_unit_test(ending_it_resets_what_is_open),
		cmocka_unit_test(many_bytes_pass_both_ways_at_once),
		cmocka_unit_test(a_responder_may_have_the_evidence),
		cmocka_unit_test(another_address_must_be_named),
		cmocka_unit_test(an_address_in_use_is_told),
	};

	return peer_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
