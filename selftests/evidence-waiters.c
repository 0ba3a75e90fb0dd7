// SPDX-License-Identifier: MIT
/*
 * Who waits for evidence: interrupted, killed, two at once; sockets closed meanwhile, and what
 * is said of them not true any more.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>

#include "evidence.h"
#include "guest.h"

#define SUITE 0x1301

static int fetch_errno(int fd, unsigned int seed)
{
	errno = 0;
	return evidence_fetch(fd, seed) ? 0 : errno ? errno : EPROTO;
}

static void open_pair(int fd[2], unsigned int seed)
{
	if (ktls_pair(AF_INET6, SUITE, seed, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
}

/* Until @pid sleeps: it is in getsockopt() then, there is nothing else that it does. */
static bool wait_asleep(pid_t pid)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 1000; i++, usleep(10000)) {
		FILE *f = fopen(path, "r");
		char *state = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;

		if (f)
			fclose(f);
		if (state && state[2] == 'S')
			return true;
	}
	return false;
}

/* A child that waits for evidence and exits with the errno that it got. */
static pid_t fork_waiter(int fd, unsigned int seed)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fetch_errno(fd, seed));
	if (!wait_asleep(pid))
		tap_bail("the waiting child does not sleep");
	return pid;
}

static int exit_status(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

#define KILL_TESTS 5

static void test_kill(void)
{
	static const int signals[] = { SIGKILL, SIGTERM };
	int fd[2];

	open_pair(fd, 1);
	for (int i = 0; i < 2; i++) {
		pid_t pid;

		mock_set("hang", "1");
		evidence_ask(fd[0], 1);
		pid = fork_waiter(fd[0], 1);
		kill(pid, signals[i]);
		tap_equal(exit_status(pid), 256 + signals[i], "signal %d ends a process that waits",
			  signals[i]);
		mock_set("hang", "0");
		tap_equal(fetch_errno(fd[0], 1), 0, "the evidence is left to who else has the socket");
	}

	/* The last owner dies while the report is being made. */
	mock_set("hang", "1");
	evidence_ask(fd[0], 2);
	pid_t pid = fork_waiter(fd[0], 2);

	ktls_close_pair(fd);
	kill(pid, SIGKILL);
	exit_status(pid);
	mock_set("hang", "0");
	open_pair(fd, 3);
	tap_ok(!evidence_ask(fd[0], 3) && evidence_fetch(fd[0], 3),
	       "after the last owner was killed others are answered");
	ktls_close_pair(fd);
}

#define FORK_TESTS 3

static void test_fork(void)
{
	int fd[2], first, second, mine;
	pid_t pid[2];

	open_pair(fd, 4);
	mock_set("hang", "1");
	evidence_ask(fd[0], 4);
	pid[0] = fork_waiter(fd[0], 4);
	pid[1] = fork_waiter(fd[0], 4);
	mock_set("hang", "0");
	first = exit_status(pid[0]);
	second = exit_status(pid[1]);
	mine = fetch_errno(fd[0], 4);
	tap_ok((!first && second == ENODATA) || (first == ENODATA && !second),
	       "of two processes that wait one gets the evidence (%s, %s)", strerrorname_np(first),
	       strerrorname_np(second));
	tap_equal(mine, ENODATA, "and nobody else does");
	pid[0] = fork();
	if (!pid[0])
		_exit(evidence_ask(fd[0], 5) ? errno : 0);
	tap_ok(!exit_status(pid[0]) && !fetch_errno(fd[0], 5),
	       "a challenge by one process can be read by another");
	ktls_close_pair(fd);
}

static void *thread_fetch(void *arg)
{
	return (void *)(long)fetch_errno((int)(long)arg, 6);
}

#define THREAD_TESTS 2

static void test_threads(void)
{
	pthread_t threads[8];
	long got = 0, told = 0;
	void *result;
	int fd[2];

	open_pair(fd, 6);
	mock_set("hang", "1");
	evidence_ask(fd[0], 6);
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, thread_fetch, (void *)(long)fd[0]);
	usleep(300000);
	mock_set("hang", "0");
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &result);
		got += !result;
		told += (long)result == ENODATA;
	}
	tap_equal(got, 1, "of eight threads that wait one gets the evidence");
	tap_equal(told, 7, "and seven are told that there is none");
	ktls_close_pair(fd);
}

#define CLOSE_TESTS 5

static void test_close(void)
{
	int hanging[2], queued[2], live[2];
	long before;

	open_pair(hanging, 10);
	open_pair(queued, 12);
	open_pair(live, 14);
	before = mock_reports();
	mock_set("hang", "1");
	tap_errno(evidence_ask(hanging[0], 1), 0, "a challenge in flight");
	mock_wait_busy();
	tap_ok(!evidence_ask(queued[0], 2) && !evidence_ask(live[0], 7), "two that wait behind it");
	ktls_close_pair(hanging);
	ktls_close_pair(queued);
	mock_set("hang", "0");
	tap_ok(!fetch_errno(live[0], 7), "closing two of the sockets does not harm the third");
	tap_equal(mock_reports() - before, 2, "two reports were made");

	/* Closed by the peer with everything that was sent: still ours to read. */
	evidence_ask(live[0], 8);
	ktls_reset(live[1]);
	tap_equal(fetch_errno(live[0], 8), 0, "evidence asked for before a reset can be read after it");
	close(live[0]);
}

static void *thread_close(void *arg)
{
	usleep(300000);
	close((int)(long)arg);
	return NULL;
}

#define CLOSE_WAIT_TESTS 2

/* As with read(): a descriptor closed under a waiting thread does not wake it. */
static void test_close_waiting(void)
{
	pthread_t thread;
	int fd[2], error;

	open_pair(fd, 16);
	mock_set("hang", "1");
	guest_param(GUEST_MODULE, "timeout_ms", "1500");
	evidence_ask(fd[0], 9);
	pthread_create(&thread, NULL, thread_close, (void *)(long)fd[0]);
	error = fetch_errno(fd[0], 9);
	pthread_join(thread, NULL);
	tap_equal(error, ETIMEDOUT, "a thread that waits on a closed descriptor gets its answer");
	guest_param(GUEST_MODULE, "timeout_ms", "70000");
	mock_set("hang", "0");
	close(fd[1]);
	open_pair(fd, 18);
	tap_ok(!evidence_ask(fd[0], 10) && !fetch_errno(fd[0], 10), "and others are answered");
	ktls_close_pair(fd);
}

/** struct waiting - challenges that wait while the report of another is being made */
struct waiting {
	int hanging[2];
	int fd[2][2];
	uint64_t asked;		/* when all of them had come */
};

/* Keys of @seed and further ones. */
static void wait_behind(struct waiting *w, unsigned int seed)
{
	open_pair(w->hanging, seed);
	mock_set("hang", "1");
	evidence_ask(w->hanging[0], 1);
	mock_wait_busy();
	for (int i = 0; i < 2; i++) {
		open_pair(w->fd[i], seed + 2 + 2 * i);
		if (evidence_ask(w->fd[i][0], 2 + i))
			tap_bail("challenge: %s", strerror(errno));
	}
	w->asked = guest_boot_ns();
}

/* Return: 0 or the errno instead of evidence. */
static int claims_of(const struct waiting *w, int i, struct evidence *e)
{
	static uint8_t buf[65536];
	ssize_t n = evidence_read(w->fd[i][0], buf, sizeof(buf));

	if (n < 0)
		return errno;
	return evidence_parse(e, buf, n) && evidence_bound_to(e, 2 + i) ? 0 : EPROTO;
}

static bool stated_at_once(const struct waiting *w, const struct evidence *e)
{
	return be64toh(e->claims.evidence_ns) <= w->asked;
}

static void close_waiting(struct waiting *w)
{
	evidence_fetch(w->hanging[0], 1);
	ktls_close_pair(w->hanging);
	for (int i = 0; i < 2; i++)
		ktls_close_pair(w->fd[i]);
}

#define SHARED_TESTS 3

/* Somebody else installs the key of one of two. */
static void test_shared(void)
{
	struct ktls_key key = ktls_key(SUITE, 22);
	struct evidence e = { 0 };
	struct waiting w;
	int other[2];

	wait_behind(&w, 20);
	if (ktls_tcp_pair(AF_INET6, other) || ktls_attach(other[0]))
		tap_bail("pair: %s", strerror(errno));
	tap_errno(ktls_install(other[0], TLS_TX, &key), EKEYREJECTED,
		  "a key of a socket that waits is installed on another one");
	mock_set("hang", "0");
	tap_ok(!claims_of(&w, 0, &e) && be32toh(e.claims.flags) & TLSBIND_F_KEY_SHARED && !stated_at_once(&w, &e),
	       "its evidence says so, and was stated after that");
	tap_ok(!claims_of(&w, 1, &e) && !(be32toh(e.claims.flags) & TLSBIND_F_KEY_SHARED) && stated_at_once(&w, &e),
	       "that of another which waited says no such thing, and was stated when it was asked for");
	ktls_close_pair(other);
	close_waiting(&w);
}

#define RULES_TESTS 4

/* The rules are replaced by others, which allow both, one or none. */
static void test_rules(void)
{
	struct evidence e = { 0 };
	struct waiting w;
	struct sockaddr_in6 addr;
	socklen_t len = sizeof(addr);

	wait_behind(&w, 30);
	guest_need("rules only attest tls12 tx-only nic loopback uid 0");
	mock_set("hang", "0");
	tap_ok(!claims_of(&w, 0, &e) && be32toh(e.claims.flags) & TLSBIND_F_POLICY_CHANGED && !stated_at_once(&w, &e),
	       "evidence is about the rules that are there when the hardware is asked");
	close_waiting(&w);

	guest_allow(true);
	wait_behind(&w, 40);
	if (getsockname(w.fd[1][0], (struct sockaddr *)&addr, &len) ||
	    guest_sh("rules only attest loopback lport %u", ntohs(addr.sin6_port)))
		tap_bail("rules for a port");
	mock_set("hang", "0");
	tap_equal(claims_of(&w, 0, &e), EACCES, "what they refuse by then gets none");
	tap_ok(!claims_of(&w, 1, &e) && e.tree_size == 1, "and is not in the tree of what they allow");
	guest_allow(true);
	close_waiting(&w);

	wait_behind(&w, 50);
	guest_allow(false);
	mock_set("hang", "0");
	tap_ok(claims_of(&w, 0, &e) == EACCES && claims_of(&w, 1, &e) == EACCES, "without rules nobody gets any");
	guest_allow(true);
	close_waiting(&w);
}

int main(void)
{
	tap_plan(KILL_TESTS + FORK_TESTS + THREAD_TESTS + CLOSE_TESTS + CLOSE_WAIT_TESTS + SHARED_TESTS +
		 RULES_TESTS);
	guest_setup();
	test_kill();
	test_fork();
	test_threads();
	test_close();
	test_close_waiting();
	test_shared();
	test_rules();
	return tap_done();
}
