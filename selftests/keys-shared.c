// SPDX-License-Identifier: MIT
/* The same key in the same direction of two sockets is noticed at both, and stays so. */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "evidence.h"
#include "guest.h"

#define SUITE	0x1301
#define MANY	2000	/* that hold one key; fewer on a debug kernel */

static bool shared(int fd)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len))
		tap_bail("info: %s", strerror(errno));
	return info.flags & TLSBIND_F_KEY_SHARED;
}

/* One end of a new connection, with kTLS and without keys. */
static int new_socket(void)
{
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		tap_bail("pair: %s", strerror(errno));
	close(fd[1]);
	return fd[0];
}

static int holder(int direction, uint16_t suite, unsigned int seed)
{
	struct ktls_key k = ktls_key(suite, seed);
	int fd = new_socket();

	if (ktls_install(fd, direction, &k))
		tap_bail("key: %s", strerror(errno));
	return fd;
}

#define DIRECTION_TESTS 6

static void test_direction(int direction, const char *name)
{
	int a, b, other, third;

	a = holder(direction, SUITE, 100);
	tap_ok(!shared(a), "%s: one socket holds a key: not shared", name);
	other = holder(direction, SUITE, 101);
	b = holder(direction, SUITE, 100);
	tap_ok(shared(b), "%s: the second is told", name);
	tap_ok(shared(a), "%s: and the first", name);
	tap_ok(!shared(other), "%s: one with another key is not", name);
	close(b);
	tap_ok(shared(a), "%s: it stays so when the second is closed", name);
	close(a);
	third = holder(direction, SUITE, 100);
	tap_ok(!shared(third), "%s: nobody holds it any more: not shared", name);
	close(third);
	close(other);
}

#define ENDS_TESTS 5

static void test_ends(void)
{
	int fd[2], a, b;

	if (ktls_pair(AF_INET, SUITE, 200, fd))
		tap_bail("pair: %s", strerror(errno));
	tap_ok(!shared(fd[0]) && !shared(fd[1]), "the two ends of a connection do not share keys");
	ktls_close_pair(fd);

	struct ktls_key k = ktls_key(SUITE, 201);

	a = new_socket();
	if (ktls_install(a, TLS_TX, &k) || ktls_install(a, TLS_RX, &k))
		tap_bail("both: %s", strerror(errno));
	tap_ok(!shared(a), "nor do the two directions of a socket");
	b = holder(TLS_RX, SUITE, 201);
	tap_ok(shared(a) && shared(b), "but one of them with another socket");
	close(a);
	close(b);

	/* The same bytes in another suite are another key. */
	a = holder(TLS_TX, 0x1302, 202);
	b = holder(TLS_TX, 0x1303, 202);
	tap_ok(!shared(a) && !shared(b), "the same bytes for two cipher suites are two keys");
	close(a);
	close(b);

	/* The second is refused by kTLS: there is one already. */
	a = holder(TLS_TX, SUITE, 203);
	b = holder(TLS_TX, SUITE, 204);
	k = ktls_key(0x1302, 203);
	ktls_install(b, TLS_TX, &k);
	tap_ok(!shared(a) && !shared(b), "a key that kTLS refused is held by nobody");
	close(a);
	close(b);
}

#define EVIDENCE_TESTS 5

static bool evidence_says(int fd, unsigned int seed)
{
	static uint8_t buf[65536];
	struct evidence e;
	ssize_t len;

	evidence_ask(fd, seed);
	len = evidence_read(fd, buf, sizeof(buf));
	if (len < 0 || !evidence_parse(&e, buf, len) || !evidence_bound_to(&e, seed))
		tap_bail("no evidence: %s", strerror(errno));
	return be32toh(e.claims.flags) & TLSBIND_F_KEY_SHARED;
}

/* Under a rule that attests. Return: the peer of a connection whose key was refused. */
static int refused_key(unsigned int seed)
{
	struct ktls_key k = ktls_key(SUITE, seed);
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		tap_bail("pair: %s", strerror(errno));
	tap_errno(ktls_install(fd[0], TLS_TX, &k), EKEYREJECTED,
		  "a second holder that a rule would attest is refused");
	send(fd[0], "x", 1, MSG_NOSIGNAL);
	close(fd[0]);
	return fd[1];
}

static void test_evidence(void)
{
	int a, b, peer;
	char c;

	guest_allow(true);
	a = holder(TLS_TX, SUITE, 300);
	tap_ok(!evidence_says(a, 1), "evidence of a key that is not shared");
	peer = refused_key(300);
	tap_errno(recv(peer, &c, 1, 0), ECONNRESET, "its peer gets nothing but a reset");
	close(peer);
	tap_ok(evidence_says(a, 2), "evidence of the first says that it is shared");
	guest_allow(false);
	b = holder(TLS_TX, SUITE, 300);
	guest_allow(true);
	tap_ok(evidence_says(b, 3), "and that of one which no rule was about");
	guest_allow(false);
	close(a);
	close(b);
}

#define REKEY_TESTS 3

static void test_rekey(void)
{
	struct ktls_key k = ktls_key(SUITE, 401);
	int a, b, c;

	if (!guest_rekeys()) {
		for (int i = 0; i < REKEY_TESTS; i++)
			tap_skip("rekey", "this kernel cannot");
		return;
	}
	a = holder(TLS_TX, SUITE, 400);
	if (ktls_install(a, TLS_TX, &k))
		tap_bail("rekey: %s", strerror(errno));
	b = holder(TLS_TX, SUITE, 400);
	tap_ok(!shared(a) && !shared(b), "after a rekey the old key is not held any more");
	c = holder(TLS_TX, SUITE, 401);
	tap_ok(shared(a) && shared(c), "the new one is");
	if (ktls_install(b, TLS_TX, &k))
		tap_bail("rekey: %s", strerror(errno));
	tap_ok(shared(b), "a key smuggled in by a rekey is noticed");
	close(a);
	close(b);
	close(c);
}

#define MANY_TESTS 3

/* Time for @n more that hold the key of @seed. */
static long long add(int *fd, int n, unsigned int seed)
{
	long long start = guest_ms();

	for (int i = 0; i < n; i++)
		fd[i] = holder(TLS_TX, SUITE, seed);
	return guest_ms() - start;
}

/* Instructions cannot be counted here; a list that is walked would show all the same. */
static void test_many(void)
{
	static const struct rlimit files = { 2 * MANY, 2 * MANY };
	static int fd[MANY];
	int many = MANY / guest_slow(), later;
	bool all = true;
	long long first, last;

	if (setrlimit(RLIMIT_NOFILE, &files))
		tap_bail("setrlimit: %s", strerror(errno));
	first = add(fd, many / 4, 500);
	add(fd + many / 4, many / 2, 500);
	last = add(fd + many - many / 4, many / 4, 500);
	for (int i = 0; i < many; i++)
		all = all && shared(fd[i]);
	tap_ok(all, "all of %d sockets with one key are marked", many);
	tap_diag("the first quarter took %lld ms, the last %lld ms", first, last);
	for (int i = 1; i < many; i += 2)
		close(fd[i]);
	later = holder(TLS_TX, SUITE, 500);
	tap_ok(shared(later), "when half of them are closed the next is marked, too");
	close(later);
	for (int i = 0; i < many; i += 2)
		close(fd[i]);
	later = holder(TLS_TX, SUITE, 500);
	tap_ok(!shared(later), "when all are, it is not");
	close(later);
}

int main(void)
{
	tap_plan(2 * DIRECTION_TESTS + ENDS_TESTS + EVIDENCE_TESTS + REKEY_TESTS + MANY_TESTS);
	guest_setup();
	/* Without rules a key is installed whoever holds it. */
	guest_allow(false);
	test_direction(TLS_TX, "tx");
	test_direction(TLS_RX, "rx");
	test_ends();
	test_evidence();
	test_rekey();
	test_many();
	return tap_done();
}
