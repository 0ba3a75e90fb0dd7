/* SPDX-License-Identifier: MIT */
/* tlsbind connect --lease: evidence is renewed in time, or the connection is reset. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "forwarder.h"

#define BRIEF	200	/* ms in which what may pass would have come */

static struct asked a;

static void begin(void)
{
	asked_begin(&a);
}

/* Standard input and output, attested; what was sent there first has arrived. */
static void start(const char *lease, const char *timeout, const char *more)
{
	char *options[] = { "--responder", a.url, "--lease", (char *)lease, "--timeout",
			    (char *)timeout, (char *)more, NULL };

	begin();
	peer_start(&p, options);
	asked_take(&a, &p);
	asked_evidence(&a, &p, 0, 0);
	assert_string_equal(peer_read(&p), PEER_INPUT);
}

/* A local program, attested. Return: its socket. */
static int start_local(const char *lease, const char *more)
{
	char *options[] = { "--listen", "0", "--responder", a.url, "--lease", (char *)lease,
			    (char *)more, NULL };
	int fd;

	begin();
	forwarder_start(options);
	fd = local_connect();
	peer_accept(&p);
	asked_take(&a, &p);
	asked_evidence(&a, &p, 0, 0);
	return fd;
}

static void end(int code)
{
	assert_int_equal(peer_end(&p, true), code);
	fclose(p.out);
	asked_end(&a);
}

static void end_local(int fd)
{
	peer_drop(&p, true);
	close(fd);
	forwarder_stop();
	asked_end(&a);
}

static void pass(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_string_equal(peer_read(&p), text);
	assert_int_equal(SSL_write(p.ssl, text, (int)strlen(text)), strlen(text));
	assert_string_equal(local_read(fd), text);
}

static void key_update(int type)
{
	assert_int_equal(SSL_key_update(p.ssl, type), 1);
	assert_int_equal(SSL_do_handshake(p.ssl), 1);
}

/* The connection was reset: no close_notify, and no end of the stream either. */
static void was_reset(void)
{
	char c;

	errno = 0;
	assert_true(SSL_read(p.ssl, &c, 1) <= 0);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(SSL_get_shutdown(p.ssl), 0);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void data_goes_on_while_evidence_is_renewed(void **state)
{
	uint8_t last[TLSBIND_NONCE_SIZE];
	int fd = start_local("1", NULL);

	(void)state;
	pass(fd, "first");
	for (int i = 0; i < 4; i++) {
		memcpy(last, a.nonce, sizeof(last));
		asked_take(&a, &p);
		assert_memory_not_equal(last, a.nonce, sizeof(last));
		pass(fd, "while it is asked");
		asked_evidence(&a, &p, 0, 0);
		pass(fd, "and after");
	}
	end_local(fd);
}

static void without_an_answer_it_ends_when_the_lease_does(void **state)
{
	uint64_t began;

	(void)state;
	for (int silent = 0; silent < 2; silent++) {
		began = now_ms();
		start("1", "60", NULL);
		if (silent)
			asked_take(&a, &p);
		else
			asked_end(&a);
		was_reset();
		assert_true(now_ms() - began >= 990);
		end(12);
		assert_true(now_ms() - began < 10000);
	}
}

static void a_local_program_is_reset_then(void **state)
{
	int fd = start_local("1", NULL);

	(void)state;
	pass(fd, "x");
	asked_take(&a, &p);
	assert_string_equal(local_read(fd), "ECONNRESET");
	was_reset();
	said_after("no fresh evidence in time");
	said_after(" reset: status 12");
	end_local(fd);
}

static void evidence_that_is_rejected_ends_it(void **state)
{
	(void)state;
	start("1", "60", NULL);
	asked_take(&a, &p);
	a.nonce[0] ^= 1;
	asked_evidence(&a, &p, 0, 0);
	was_reset();
	assert_int_equal(peer_end(&p, true), 6);
	assert_true(peer_said(&p, "the evidence is not renewed"));
	assert_true(peer_said(&p, "evidence REJECTED: claims.nonce\n"));
	fclose(p.out);
	asked_end(&a);
}

/* Anybody on the way can say such things. */
static void what_is_no_evidence_ends_nothing(void **state)
{
	static const char *const said[] = { "403 Forbidden", "404 Not Found", "200 OK" };
	int fd = start_local("3", NULL);

	(void)state;
	pass(fd, "x");
	for (size_t i = 0; i < 3; i++) {
		asked_take(&a, &p);
		asked_answer(&a, said[i], "{\"error\":\"go away\"}");
	}
	asked_take(&a, &p);
	asked_evidence(&a, &p, 0, 0);
	pass(fd, "y");
	said_after(": status 404: go away; asking again");
	said_after(": not evidence; asking again");
	end_local(fd);
}

static void first_evidence_that_comes_too_late_is_none(void **state)
{
	char *options[] = { "--responder", a.url, "--lease", "1", NULL };

	(void)state;
	begin();
	peer_start(&p, options);
	asked_take(&a, &p);
	usleep(1100000);
	asked_evidence(&a, &p, 0, 0);
	was_reset();
	end(12);
}

/* Nothing passes either way, and then everything that was held does. */
static void new_keys_hold_both_directions_until_there_is_evidence(void **state)
{
	int fd = start_local("600", NULL);

	(void)state;
	pass(fd, "x");
	for (unsigned int i = 1; i < 3; i++) {
		key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
		assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
		asked_take(&a, &p);
		assert_int_equal(write(fd, "secret", 6), 6);
		assert_false(readable(fd, BRIEF));
		assert_false(readable(SSL_get_fd(p.ssl), BRIEF));
		asked_evidence(&a, &p, i, 0);
		assert_string_equal(local_read(fd), "answer");
		assert_string_equal(peer_read(&p), "secret");
	}
	end_local(fd);
}

/* Our own key changes, too; the peer has not read that yet when it is asked first. */
static void an_update_that_was_requested_is_sent_and_needs_evidence(void **state)
{
	int fd = start_local("600", NULL);

	(void)state;
	pass(fd, "x");
	key_update(SSL_KEY_UPDATE_REQUESTED);
	asked_take(&a, &p);
	assert_int_equal(write(fd, "secret", 6), 6);
	asked_evidence(&a, &p, 1, 0);
	asked_take(&a, &p);
	/* What has come is the KeyUpdate, and nothing behind it. */
	fcntl(SSL_get_fd(p.ssl), F_SETFL, O_NONBLOCK);
	assert_string_equal(peer_read(&p), "");
	assert_false(readable(SSL_get_fd(p.ssl), BRIEF));
	fcntl(SSL_get_fd(p.ssl), F_SETFL, 0);
	asked_evidence(&a, &p, 1, 1);
	assert_string_equal(peer_read(&p), "secret");
	pass(fd, "y");
	end_local(fd);
}

static void new_keys_without_evidence_end_it_in_time(void **state)
{
	(void)state;
	start("600", "2", NULL);
	key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	asked_take(&a, &p);
	was_reset();
	assert_int_equal(peer_end(&p, true), 12);
	assert_false(peer_said(&p, "answer"));
	fclose(p.out);
	asked_end(&a);
}

/* Those of before are not good enough, and those of a relay never are. */
static void evidence_about_former_keys_does_not_help(void **state)
{
	(void)state;
	start("600", "2", NULL);
	key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	for (int i = 0; i < 2; i++) {
		asked_take(&a, &p);
		asked_evidence(&a, &p, 0, 0);
	}
	asked_take(&a, &p);
	was_reset();
	assert_int_equal(peer_end(&p, true), 12);
	assert_true(peer_said(&p, "evidence about keys of another generation; asking again"));
	assert_false(peer_said(&p, "answer"));
	fclose(p.out);
	asked_end(&a);
}

/* The generation is right, the key is not. */
static void another_key_of_the_right_generation_ends_it(void **state)
{
	(void)state;
	start("600", "60", NULL);
	key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
	asked_take(&a, &p);
	peer_keys.secret[1][0] ^= 1;
	asked_evidence(&a, &p, 1, 0);
	was_reset();
	assert_int_equal(peer_end(&p, true), 6);
	assert_true(peer_said(&p, "evidence REJECTED: binding.tx\n"));
	fclose(p.out);
	asked_end(&a);
}

static void new_keys_that_are_welcome_hold_nothing(void **state)
{
	int fd = start_local("2", "--allow-rekey");

	(void)state;
	pass(fd, "x");
	key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
	asked_take(&a, &p);
	pass(fd, "before there is evidence");
	asked_evidence(&a, &p, 1, 0);
	pass(fd, "and after");
	key_update(SSL_KEY_UPDATE_REQUESTED);
	asked_take(&a, &p);
	/* But they have no more time than the lease had. */
	assert_string_equal(local_read(fd), "ECONNRESET");
	said_after(" reset: status 12");
	end_local(fd);
}

/* The peer's kernel has a key that we have not read of: nothing wrong with that. */
static void a_peer_that_is_ahead_is_asked_again(void **state)
{
	int fd = start_local("2", NULL);

	(void)state;
	pass(fd, "x");
	asked_take(&a, &p);
	asked_evidence(&a, &p, 1, 0);
	asked_take(&a, &p);
	key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
	/* That question was about the former key, and is not waited for. */
	asked_take(&a, &p);
	asked_evidence(&a, &p, 1, 0);
	pass(fd, "y");
	end_local(fd);
}

static void what_ends_properly_needs_no_more_evidence(void **state)
{
	(void)state;
	start("1", "60", NULL);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	asked_take(&a, &p);
	assert_int_equal(peer_end(&p, true), 0);
	assert_true(peer_said(&p, "answer"));
	fclose(p.out);
	asked_end(&a);
}

/* The end is told by somebody, too. */
static void an_end_under_new_keys_needs_evidence(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++) {
		start("600", "2", NULL);
		key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
		SSL_shutdown(p.ssl);
		asked_take(&a, &p);
		if (good)
			asked_evidence(&a, &p, 1, 0);
		end(good ? 0 : 12);
	}
}

/* Either end's, where both directions have one of their own. */
static void neither_end_is_handed_on_before(void **state)
{
	int fd = start_local("600", NULL);
	char c;

	(void)state;
	pass(fd, "x");
	key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
	SSL_shutdown(p.ssl);
	asked_take(&a, &p);
	shutdown(fd, SHUT_WR);
	assert_false(readable(fd, BRIEF));
	assert_false(readable(SSL_get_fd(p.ssl), BRIEF));
	asked_evidence(&a, &p, 1, 0);
	assert_string_equal(local_read(fd), "");
	assert_int_equal(SSL_read(p.ssl, &c, 1), 0);
	assert_true(SSL_get_shutdown(p.ssl) & SSL_RECEIVED_SHUTDOWN);
	end_local(fd);
}

/* Our direction is closed: there is no KeyUpdate of ours any more, and none is owed. */
static void half_of_a_connection_is_renewed_too(void **state)
{
	int fd = start_local("600", NULL);
	char c;

	(void)state;
	pass(fd, "x");
	shutdown(fd, SHUT_WR);
	assert_int_equal(SSL_read(p.ssl, &c, 1), 0);
	key_update(SSL_KEY_UPDATE_REQUESTED);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	asked_take(&a, &p);
	assert_false(readable(fd, BRIEF));
	asked_evidence(&a, &p, 1, 0);
	assert_string_equal(local_read(fd), "answer");
	end_local(fd);
}

#define MANY	(2 << 20)
#define EACH	(MANY / 8)	/* bytes between two KeyUpdates */

/**
 * struct many - what two processes know
 * @generation: of the server's key
 * @got: bytes that have come through
 */
struct many {
	unsigned int generation;
	size_t got;
};

static unsigned char many_byte(size_t i)
{
	return (unsigned char)(i * 2654435761U >> 13);
}

/*
 * The server, in a process of its own: many bytes, and its key changes again and again; not
 * twice in what is on its way, for then it would be ahead of any evidence that fits.
 */
static pid_t server_sends(volatile struct many *many)
{
	static unsigned char data[EACH];
	pid_t pid = fork();

	if (pid)
		return pid;
	for (size_t sent = 0; sent < MANY; sent += EACH) {
		for (size_t i = 0; i < EACH; i++)
			data[i] = many_byte(sent + i);
		while (many->got + EACH / 2 < sent)
			usleep(1000);
		if (sent && (SSL_key_update(p.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
			     SSL_do_handshake(p.ssl) != 1))
			_exit(1);
		many->generation = (unsigned int)(sent / EACH);
		if (SSL_write(p.ssl, data, EACH) != EACH)
			_exit(1);
	}
	_exit(SSL_shutdown(p.ssl) < 0);
}

/* Return: bytes that were read, after @done others; 0 at the end. */
static size_t many_read(int fd, size_t done)
{
	static unsigned char data[65536];
	ssize_t n = read(fd, data, sizeof(data));

	assert_true(n >= 0);
	for (ssize_t i = 0; i < n; i++)
		if (data[i] != many_byte(done + (size_t)i))
			fail_msg("byte %zu is another one", done + (size_t)i);
	return (size_t)n;
}

static void many_bytes_and_many_keys(void **state)
{
	int fd = start_local("600", NULL), status;
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
				 { .fd = a.listener, .events = POLLIN } };
	volatile struct many *many = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = server_sends(many);
	size_t n = 1;

	(void)state;
	while (n) {
		assert_true(poll(fds, 2, 60000) > 0);
		if (fds[1].revents) {
			asked_take(&a, &p);
			asked_evidence(&a, &p, many->generation, 0);
		}
		if (fds[0].revents)
			n = many_read(fd, many->got);
		many->got += fds[0].revents ? n : 0;
	}
	assert_int_equal(many->got, MANY);
	assert_int_equal(many->generation, MANY / EACH - 1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	munmap((void *)many, 4096);
	end_local(fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_goes_on_while_evidence_is_renewed),
		cmocka_unit_test(without_an_answer_it_ends_when_the_lease_does),
		cmocka_unit_test(a_local_program_is_reset_then),
		cmocka_unit_test(evidence_that_is_rejected_ends_it),
		cmocka_unit_test(what_is_no_evidence_ends_nothing),
		cmocka_unit_test(first_evidence_that_comes_too_late_is_none),
		cmocka_unit_test(new_keys_hold_both_directions_until_there_is_evidence),
		cmocka_unit_test(an_update_that_was_requested_is_sent_and_needs_evidence),
		cmocka_unit_test(new_keys_without_evidence_end_it_in_time),
		cmocka_unit_test(evidence_about_former_keys_does_not_help),
		cmocka_unit_test(another_key_of_the_right_generation_ends_it),
		cmocka_unit_test(new_keys_that_are_welcome_hold_nothing),
		cmocka_unit_test(a_peer_that_is_ahead_is_asked_again),
		cmocka_unit_test(what_ends_properly_needs_no_more_evidence),
		cmocka_unit_test(an_end_under_new_keys_needs_evidence),
		cmocka_unit_test(neither_end_is_handed_on_before),
		cmocka_unit_test(half_of_a_connection_is_renewed_too),
		cmocka_unit_test(many_bytes_and_many_keys),
	};

	return peer_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
