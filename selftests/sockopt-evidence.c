// SPDX-License-Identifier: MIT
/* getsockopt(TLSBIND_EVIDENCE): waiting, buffers, errors of the provider. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "evidence.h"
#include "guest.h"

#define SUITE 0x1301

static int read_errno(int fd)
{
	static uint8_t buf[65536];

	return evidence_read(fd, buf, sizeof(buf)) < 0 ? errno : 0;
}

static void set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static void set_timeout(int fd, int ms)
{
	struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

/* Wait until the answer is there without taking it. */
static bool wait_ready(int fd)
{
	socklen_t len = 0;

	return getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, NULL, &len) && errno == EMSGSIZE;
}

#define WAIT_TESTS 7

static void test_waiting(int fd)
{
	long long start;

	tap_equal(read_errno(fd), ENODATA, "without a challenge there is no evidence");
	mock_set("hang", "1");
	evidence_ask(fd, 1);
	set_blocking(fd, false);
	tap_equal(read_errno(fd), EAGAIN, "a non-blocking socket does not wait");
	set_blocking(fd, true);
	set_timeout(fd, 300);
	start = guest_ms();
	tap_equal(read_errno(fd), EAGAIN, "SO_RCVTIMEO ends the wait");
	tap_ok(guest_ms() - start >= 290 && guest_ms() - start < 10000, "when its time is over");
	set_timeout(fd, 0);
	mock_set("hang", "0");
	tap_ok(evidence_fetch(fd, 1), "the challenge survived both and is answered");
	tap_equal(read_errno(fd), ENODATA, "evidence is given once");
	set_blocking(fd, false);
	tap_equal(read_errno(fd), ENODATA, "and ENODATA is told apart from EAGAIN");
	set_blocking(fd, true);
}

static volatile sig_atomic_t ticks, ticks_until_answer;

static void tick(int sig)
{
	(void)sig;
	if (++ticks == ticks_until_answer && guest_param_try(GUEST_MOCK, "hang", "0"))
		_exit(9);
}

static void start_ticks(int flags, int until_answer)
{
	struct sigaction action = { .sa_handler = tick, .sa_flags = flags };
	struct itimerval every = { { 0, 200000 }, { 0, 200000 } };

	ticks = 0;
	ticks_until_answer = until_answer;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void stop_ticks(void)
{
	struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
}

#define SIGNAL_TESTS 6

static void test_signals(int fd)
{
	mock_set("hang", "1");
	evidence_ask(fd, 2);
	start_ticks(0, -1);
	tap_equal(read_errno(fd), EINTR, "a signal interrupts the wait");
	set_timeout(fd, 60000);
	tap_equal(read_errno(fd), EINTR, "with SO_RCVTIMEO too");
	set_timeout(fd, 0);
	start_ticks(SA_RESTART, 3);
	tap_ok(evidence_fetch(fd, 2), "with SA_RESTART the wait goes on to the answer");
	stop_ticks();
	tap_ok(ticks >= 3, "through %d signals", (int)ticks);
	tap_equal(read_errno(fd), ENODATA, "and it is given once");
	tap_ok(!evidence_ask(fd, 3) && evidence_fetch(fd, 3), "the next challenge is answered as usual");
}

#define BUFFER_TESTS 18

static void test_short_buffers(int fd, uint8_t *buf, socklen_t needed)
{
	const socklen_t sizes[] = { 0, 1, 376, needed - 1 };
	socklen_t len;

	for (size_t i = 0; i < 4; i++) {
		memset(buf, 0xa5, needed);
		len = sizes[i];
		tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buf, &len), EMSGSIZE,
			  "a buffer of %u bytes is too small", sizes[i]);
		tap_equal(len, needed, "the length needed is told");
	}
	len = 0;
	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, NULL, &len), EMSGSIZE,
		  "no buffer at all asks for the length");
	tap_ok(buf[0] == 0xa5 && !memcmp(buf, buf + 1, needed - 1), "nothing was written");
}

static void test_bad_pointers(int fd, socklen_t needed)
{
	size_t page = sysconf(_SC_PAGESIZE);
	socklen_t len = needed, *fixed;
	uint8_t *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + page, page);
	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, NULL, &len), EFAULT,
		  "a null pointer is refused");
	len = needed;
	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, p + page - 100, &len), EFAULT,
		  "a buffer that ends unmapped is refused");
	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, p, NULL), EFAULT,
		  "a null length pointer is refused");
	fixed = (socklen_t *)p;
	*fixed = needed;
	mprotect(p, page, PROT_READ);
	uint8_t *buf = malloc(needed);

	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buf, fixed), EFAULT,
		  "a length that cannot be written is refused");
	len = -1;
	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buf, &len), EINVAL,
		  "a negative length is refused");
	free(buf);
	munmap(p, page);
}

static void test_buffers(int fd)
{
	socklen_t needed = 0, len;
	struct evidence e;
	uint8_t *buf;

	if (evidence_ask(fd, 4) || !wait_ready(fd))
		tap_bail("no evidence: %s", strerror(errno));
	getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, NULL, &needed);
	buf = malloc(needed + 64);
	test_short_buffers(fd, buf, needed);
	test_bad_pointers(fd, needed);
	len = needed;
	tap_errno(getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buf, &len), 0,
		  "a buffer of exactly the length needed is enough");
	tap_ok(len == needed && evidence_parse(&e, buf, len) && evidence_bound_to(&e, 4),
	       "and the evidence, kept through all that, is right");
	len = 1 << 20;
	evidence_ask(fd, 5);
	free(buf);
	buf = malloc(len);
	tap_ok(!getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buf, &len) && len == needed,
	       "a larger buffer gets the true length");
	free(buf);
}

static const struct {
	const char *given;
	int want;
} provider_errors[] = {
	{ "5", EIO }, { "16", EBUSY }, { "110", ETIMEDOUT }, { "12", ENOMEM },
	{ "19", EOPNOTSUPP },
	/* These would say something else to the caller. */
	{ "11", EBUSY }, { "4", EIO }, { "61", EIO }, { "90", EIO }, { "14", EIO }, { "9", EIO },
};

#define ERROR_COUNT (sizeof(provider_errors) / sizeof(provider_errors[0]))
#define ERROR_TESTS (2 * ERROR_COUNT + 5)

static void test_errors(int fd)
{
	for (size_t i = 0; i < ERROR_COUNT; i++) {
		mock_set("error", provider_errors[i].given);
		evidence_ask(fd, 6);
		tap_equal(read_errno(fd), provider_errors[i].want, "errno %s of the provider is told as %s",
			  provider_errors[i].given, strerror(provider_errors[i].want));
		tap_equal(read_errno(fd), ENODATA, "the error consumes the challenge");
	}
	mock_set("error", "0");
	mock_set("fault", "empty");
	evidence_ask(fd, 7);
	tap_equal(read_errno(fd), EIO, "an empty report is an input/output error");
	mock_set("fault", "none");
	tap_ok(!evidence_ask(fd, 8) && evidence_fetch(fd, 8), "a provider that recovers is used again");

	guest_need("unload_mock");
	tap_ok(!evidence_ask(fd, 9), "without a provider a challenge is taken");
	tap_equal(read_errno(fd), EOPNOTSUPP, "and the answer is that there is none");
	guest_need("load_mock sev_guest");
	tap_ok(!evidence_ask(fd, 10) && evidence_fetch(fd, 10), "a provider that comes later is used");
}

#define TIMEOUT_TESTS 7

static void test_timeout(int fd)
{
	long long start = guest_ms();

	tap_equal(guest_param_get(GUEST_MODULE, "timeout_ms"), 70000, "timeout_ms is 70000 unless set");
	guest_param(GUEST_MODULE, "timeout_ms", "400");
	mock_set("hang", "1");
	evidence_ask(fd, 11);
	tap_equal(read_errno(fd), ETIMEDOUT, "no answer within timeout_ms is a timeout");
	tap_ok(guest_ms() - start >= 390 && guest_ms() - start < 10000, "after timeout_ms");
	tap_equal(read_errno(fd), ENODATA, "the timeout consumes the challenge");
	evidence_ask(fd, 12);
	tap_equal(read_errno(fd), ETIMEDOUT, "who queues behind a hanging provider gets a timeout too");
	guest_param(GUEST_MODULE, "timeout_ms", "70000");
	mock_set("hang", "0");
	tap_ok(!evidence_ask(fd, 13) && evidence_fetch(fd, 13), "then the provider answers again");
	tap_equal(read_errno(fd), ENODATA, "and what came too late is not given to anybody");
}

static void *read_thread(void *arg)
{
	return (void *)(long)read_errno((int)(long)arg);
}

#define UNLOAD_TESTS 5

static void test_unload(int fd)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);
	pthread_t thread;
	void *result;

	mock_set("hang", "1");
	evidence_ask(fd, 14);
	pthread_create(&thread, NULL, read_thread, (void *)(long)fd);
	usleep(200000);
	int status = guest_sh("rmmod tlsbind & pid=$!; sleep 1; mock_set hang 0; wait $pid");

	tap_equal(status, 0, "the module can be unloaded while somebody waits");
	pthread_join(thread, &result);
	tap_equal((long)result, ESHUTDOWN, "who waits is told");
	tap_equal(read_errno(fd), ENOPROTOOPT, "without the module kTLS knows no such option");
	tap_equal(getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len) ? errno : 0, ENOPROTOOPT,
		  "nor the others");
	guest_need("load_module && allow_all");
	tap_errno(evidence_ask(fd, 15), ESTALE, "after loading it again the old keys are not trusted");
}

int main(void)
{
	int fd[2];

	tap_plan(WAIT_TESTS + SIGNAL_TESTS + BUFFER_TESTS + ERROR_TESTS + TIMEOUT_TESTS +
		 UNLOAD_TESTS);
	guest_setup();
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	test_waiting(fd[0]);
	test_signals(fd[0]);
	test_buffers(fd[0]);
	test_errors(fd[0]);
	test_timeout(fd[0]);
	test_unload(fd[0]);
	return tap_done();
}
