// SPDX-License-Identifier: MIT
/* setsockopt(TLSBIND_EVENTFD): refusals, and when the eventfd is signalled. */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"

#define SUITE	0x1302
#define SOON	20000	/* ms: an upper bound, not a sleep */

static int attach(int fd, __s32 event)
{
	return setsockopt(fd, SOL_TLS, TLSBIND_EVENTFD, &event, sizeof(event));
}

#define BAD_TESTS 17

static void test_bad(int fd)
{
	static const socklen_t sizes[] = { 0, 1, 3, 5, 8, 4096 };
	__s64 buf[512] = { -1 };
	struct ktls_key k = ktls_key(SUITE, 30);
	int pair[2], pipes[2], old[2], event = eventfd(0, EFD_CLOEXEC);

	for (size_t i = 0; i < 6; i++)
		tap_errno(setsockopt(fd, SOL_TLS, TLSBIND_EVENTFD, buf, sizes[i]), EINVAL,
			  "%u bytes are refused", sizes[i]);
	tap_errno(setsockopt(fd, SOL_TLS, TLSBIND_EVENTFD, NULL, 4), EFAULT,
		  "a null pointer is refused");
	tap_errno(attach(fd, 1000), EBADF, "a descriptor that is not open is refused");
	tap_errno(attach(fd, -2), EBADF, "-2 is not a descriptor");
	tap_errno(attach(fd, fd), EINVAL, "a socket is not an eventfd");
	if (pipe(pipes) || ktls_tcp_pair(AF_INET, pair) || ktls_attach(pair[0]))
		tap_bail("pair: %s", strerror(errno));
	tap_errno(attach(fd, pipes[0]), EINVAL, "a pipe is not an eventfd");
	tap_errno(attach(fd, -1), 0, "-1 is accepted when none is attached");
	tap_errno(attach(pair[0], event), ENOKEY, "kTLS without a key is refused");
	tap_errno(attach(pair[0], -1), ENOKEY, "also to detach");
	tap_errno(ktls_install(pair[0], TLS_TX, &k), 0, "with a key");
	tap_errno(attach(pair[0], event), 0, "the same is accepted");
	ktls_close_pair(pair);

	guest_need("unload_module");
	if (ktls_pair(AF_INET, SUITE, 32, old))
		tap_bail("pair: %s", strerror(errno));
	guest_need("load_module && allow_all");
	tap_errno(attach(old[0], event), ESTALE, "a key older than the module is refused");
	ktls_close_pair(old);
	close(event);
	close(pipes[0]);
	close(pipes[1]);
}

/* Waits until the answer is there without taking it. */
static bool wait_ready(int fd)
{
	socklen_t len = 0;

	return getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, NULL, &len) && errno == EMSGSIZE;
}

#define SIGNAL_TESTS 17

static void test_signal(int fd)
{
	int first = evidence_eventfd(fd), second;

	tap_ok(first >= 0, "an eventfd is attached");
	mock_set("hang", "1");
	evidence_ask(fd, 1);
	tap_ok(!evidence_signalled(first, 200), "it is silent while the challenge waits");
	mock_set("hang", "0");
	tap_equal(evidence_signalled(first, SOON), 1, "it counts one when evidence is ready");
	tap_ok(evidence_fetch(fd, 1), "evidence is there");
	tap_ok(!evidence_signalled(first, 200), "taking it signals nothing");

	mock_set("error", "5");
	evidence_ask(fd, 2);
	tap_equal(evidence_signalled(first, SOON), 1, "it counts one when an error is ready");
	mock_set("error", "0");
	tap_ok(!evidence_fetch(fd, 2) && errno == EIO, "the error is there");

	second = evidence_eventfd(fd);
	evidence_ask(fd, 3);
	tap_equal(evidence_signalled(second, SOON), 1, "a second eventfd takes the place of the first");
	tap_ok(!evidence_signalled(first, 0) && evidence_fetch(fd, 3), "which stays silent");
	tap_errno(attach(fd, -1), 0, "-1 detaches it");
	evidence_ask(fd, 4);
	tap_ok(evidence_fetch(fd, 4), "without one evidence comes as well");
	tap_ok(!evidence_signalled(second, 0), "and the detached one is silent");

	evidence_ask(fd, 8);
	tap_ok(wait_ready(fd), "an answer that is there before any eventfd");
	close(second);
	second = evidence_eventfd(fd);
	tap_equal(evidence_signalled(second, 0), 1, "signals one that is attached later, at once");
	tap_ok(evidence_fetch(fd, 8), "and is given");
	close(first);
	first = evidence_eventfd(fd);
	tap_ok(!evidence_signalled(first, 100), "one attached after that is silent");
	tap_errno(attach(fd, -1), 0, "and is detached");
	close(first);
	close(second);
}

#define SHARE_TESTS 4

static void test_share(int fd, int other)
{
	__s32 event = evidence_eventfd(fd);
	uint64_t count = 0, more;

	tap_errno(attach(other, event), 0, "two sockets can share an eventfd");
	evidence_ask(fd, 5);
	evidence_ask(other, 6);
	while (count < 2 && (more = evidence_signalled(event, SOON)))
		count += more;
	tap_equal(count, 2, "it counts both");
	tap_ok(evidence_fetch(fd, 5) && evidence_fetch(other, 6), "each has its own evidence");

	mock_set("hang", "1");
	evidence_ask(fd, 7);
	close(event);
	mock_set("hang", "0");
	tap_ok(evidence_fetch(fd, 7), "closing the eventfd meanwhile harms nobody");
}

int main(void)
{
	int fd[2];

	tap_plan(BAD_TESTS + SIGNAL_TESTS + SHARE_TESTS);
	guest_setup();
	if (ktls_pair(AF_INET6, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	test_signal(fd[0]);
	test_share(fd[0], fd[1]);
	test_bad(fd[0]);
	return tap_done();
}
