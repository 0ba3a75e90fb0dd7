// SPDX-License-Identifier: MIT
/* setsockopt(TLSBIND_CHALLENGE): every refusal, in its order, and what is accepted. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "evidence.h"
#include "guest.h"

#define SUITE 0x1301

/* Made before the module is loaded. */
struct early {
	int keyed[2];	/* keys in both directions */
	int half[2];	/* only tx: rx follows later */
	int ulp[2];	/* kTLS without keys */
};

static int ask_raw(int fd, const void *buf, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, TLSBIND_CHALLENGE, buf, len);
}

static bool nothing_waits(int fd)
{
	uint8_t byte;

	return evidence_read(fd, &byte, 1) < 0 && errno == ENODATA;
}

static void make_pair(int fd[2], unsigned int seed)
{
	if (ktls_pair(AF_INET, SUITE, seed, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
}

static void make_early(struct early *early)
{
	struct ktls_key k = ktls_key(SUITE, 900);

	make_pair(early->keyed, 901);
	if (ktls_tcp_pair(AF_INET, early->ulp) || ktls_attach(early->ulp[0]) ||
	    ktls_tcp_pair(AF_INET6, early->half) || ktls_attach(early->half[0]) ||
	    ktls_install(early->half[0], TLS_TX, &k))
		tap_bail("sockets before the module: %s", strerror(errno));
}

#define SIZE_TESTS 14

static void test_sizes(int fd)
{
	static const socklen_t shorter[] = { 0, 1, 32, 103 };
	static const socklen_t longer[] = { 105, 112, 4096 };
	uint8_t buf[8192] = { 0 };
	size_t i;

	for (i = 0; i < 4; i++)
		tap_errno(ask_raw(fd, buf, shorter[i]), EINVAL, "%u bytes are too short", shorter[i]);
	tap_errno(ask_raw(fd, buf, -1), EINVAL, "a negative length is refused");
	for (i = 0; i < 3; i++) {
		buf[longer[i] - 1] = 1;
		tap_errno(ask_raw(fd, buf, longer[i]), E2BIG,
			  "%u bytes whose tail is not zero are refused", longer[i]);
		buf[longer[i] - 1] = 0;
	}
	tap_errno(ask_raw(fd, buf, 4097), E2BIG, "4097 bytes are too many, zero or not");
	tap_errno(ask_raw(fd, buf, 1 << 30), E2BIG, "1 GiB is too much");
	tap_ok(nothing_waits(fd), "no refused size left a challenge behind");
	for (i = 0; i < 3; i++) {
		bool good = !ask_raw(fd, buf, longer[i]) && evidence_read(fd, buf, sizeof(buf)) > 0;

		tap_ok(good, "%u bytes with a tail of zeros are answered", longer[i]);
		memset(buf, 0, sizeof(buf));
	}
}

#define FIELD_TESTS 5

static void test_fields(int fd)
{
	static const struct {
		__u32 flags, reserved;
	} bad[] = { { 1, 0 }, { 1U << 31, 0 }, { 0, 1 }, { 0, 0xff000000 } };
	struct tlsbind_challenge c;

	for (size_t i = 0; i < 4; i++) {
		memset(&c, 0, sizeof(c));
		c.flags = bad[i].flags;
		c.reserved = bad[i].reserved;
		tap_errno(ask_raw(fd, &c, sizeof(c)), EINVAL, "flags %#x, reserved %#x are refused",
			  c.flags, c.reserved);
	}
	tap_ok(nothing_waits(fd), "no refused field left a challenge behind");
}

#define POINTER_TESTS 5

static void test_pointers(int fd)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + page, page);
	tap_errno(ask_raw(fd, NULL, 104), EFAULT, "a null pointer is refused");
	tap_errno(ask_raw(fd, (void *)-4096L, 104), EFAULT, "a kernel address is refused");
	tap_errno(ask_raw(fd, p + page - 103, 104), EFAULT, "a structure that ends unmapped is refused");
	tap_errno(ask_raw(fd, p + page - 104, 4096), EFAULT, "a tail that is unmapped is refused");
	tap_ok(nothing_waits(fd), "no bad pointer left a challenge behind");
	munmap(p, page);
}

#define STATE_TESTS 12

static void test_state(const struct early *early)
{
	struct ktls_key k = ktls_key(SUITE, 910), k12 = k;
	int fd[2];

	tap_errno(evidence_ask(early->ulp[0], 1), ENOKEY, "kTLS without a key is refused");
	tap_errno(evidence_ask(early->keyed[0], 1), ESTALE, "keys older than the module are refused");
	tap_errno(ktls_install(early->half[0], TLS_RX, &k), 0, "the other direction can still be installed");
	tap_errno(evidence_ask(early->half[0], 1), ESTALE, "one key older than the module is refused");
	tap_ok(!ktls_install(early->ulp[0], TLS_TX, &k) && !evidence_ask(early->ulp[0], 2) &&
	       evidence_fetch(early->ulp[0], 2), "kTLS older than the module, the key newer, is answered");

	k12.version = TLS_1_2_VERSION;
	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) || ktls_install(fd[0], TLS_TX, &k12))
		tap_bail("TLS 1.2: %s", strerror(errno));
	tap_errno(evidence_ask(fd[0], 1), EPROTONOSUPPORT, "TLS 1.2 is refused");
	tap_ok(nothing_waits(fd[0]), "TLS 1.2 left no challenge behind");
	ktls_close_pair(fd);

	make_pair(fd, 912);
	shutdown(fd[1], SHUT_WR);
	tap_ok(!evidence_ask(fd[0], 3) && evidence_fetch(fd[0], 3), "a half-closed connection is answered");
	close(fd[0]);
	close(fd[1]);

	make_pair(fd, 914);
	ktls_reset(fd[1]);
	tap_errno(evidence_ask(fd[0], 1), ENOTCONN, "a connection that the peer reset is refused");
	tap_ok(nothing_waits(fd[0]), "the reset connection has no challenge");
	tap_errno(ask_raw(fd[0], &k, 5), EINVAL, "a wrong size counts before a closed connection");
	close(fd[0]);

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		tap_bail("pair: %s", strerror(errno));
	ktls_reset(fd[1]);
	tap_errno(evidence_ask(fd[0], 1), ENOTCONN, "a closed connection counts before a missing key");
	close(fd[0]);
}

#define ALLOW_TESTS 6

static void test_allow(int fd)
{
	struct ktls_key k12 = ktls_key(SUITE, 920);
	int pair[2];

	guest_allow(false);
	tap_errno(evidence_ask(fd, 1), EACCES, "without rules a challenge is refused");
	tap_ok(nothing_waits(fd), "the refused challenge is not waiting");
	k12.version = TLS_1_2_VERSION;
	if (ktls_tcp_pair(AF_INET, pair) || ktls_attach(pair[0]))
		tap_bail("pair: %s", strerror(errno));
	tap_errno(evidence_ask(pair[0], 1), ENOKEY, "a missing key counts before permission");
	ktls_install(pair[0], TLS_TX, &k12);
	tap_errno(evidence_ask(pair[0], 1), EPROTONOSUPPORT, "TLS 1.2 counts before permission");
	ktls_close_pair(pair);
	guest_allow(true);
	tap_errno(evidence_ask(fd, 4), 0, "with a rule again the challenge is taken");
	tap_ok(evidence_fetch(fd, 4), "and answered");
}

#define WAITING_TESTS 9

static void test_waiting(int fd)
{
	int event = evidence_eventfd(fd);

	mock_set("hang", "1");
	tap_errno(evidence_ask(fd, 5), 0, "a challenge returns although the provider hangs");
	tap_errno(evidence_ask(fd, 6), EBUSY, "a second challenge while one waits is refused");
	mock_wait_busy();
	guest_allow(false);
	tap_errno(evidence_ask(fd, 6), EACCES, "permission counts before a waiting challenge");
	guest_allow(true);
	mock_set("hang", "0");
	tap_ok(evidence_fetch(fd, 5), "the first one is answered, undisturbed");
	tap_ok(nothing_waits(fd), "and it only");

	evidence_signalled(event, 0);
	tap_errno(evidence_ask(fd, 7), 0, "a third challenge is taken");
	tap_ok(evidence_signalled(event, 20000) == 1, "and finished");
	tap_ok(!evidence_ask(fd, 8) && evidence_fetch(fd, 8), "a fourth replaces the third, not read");
	tap_ok(nothing_waits(fd), "nothing is left of the third");
	close(event);
}

int main(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct early early;
	int fd[2];

	tap_plan(2 * (SIZE_TESTS + FIELD_TESTS + POINTER_TESTS + ALLOW_TESTS + WAITING_TESTS) +
		 STATE_TESTS);
	guest_need("modprobe tls");
	make_early(&early);
	guest_setup();
	for (int i = 0; i < 2; i++) {
		tap_diag("%s", families[i] == AF_INET ? "IPv4" : "IPv6");
		if (ktls_pair(families[i], SUITE, 100 + 2 * i, fd))
			tap_bail("kTLS pair: %s", strerror(errno));
		test_sizes(fd[0]);
		test_fields(fd[0]);
		test_pointers(fd[0]);
		test_allow(fd[0]);
		test_waiting(fd[0]);
		ktls_close_pair(fd);
	}
	test_state(&early);
	return tap_done();
}
