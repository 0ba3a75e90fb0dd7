// SPDX-License-Identifier: MIT
/*
 * Commitments and names are made when somebody asks: what is said then is what would have
 * been said at once, of keys that are gone and of sockets that come and go meanwhile.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>

#include "evidence.h"
#include "genl.h"
#include "guest.h"

#define SUITE	0x1301
#define MANY	1300	/* more than are left without a name */
#define ROUNDS	300

static struct genl g;

static void nothing(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	(void)arg;
}

static int ask(const uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct genl_msg m;

	genl_begin(&m, g.family, TLSBIND_CMD_SOCK_GET, 0);
	genl_put(&m, TLSBIND_A_CONNECTION_ID, id, TLSBIND_CONNECTION_ID_SIZE);
	return genl_ask(&g, &m, nothing, NULL);
}

/* Of the end that sends with ktls_key(SUITE, tx) and receives with ktls_key(SUITE, rx). */
static int ask_keys(unsigned int tx, unsigned int rx)
{
	struct ktls_key a = ktls_key(SUITE, tx), b = ktls_key(SUITE, rx);
	uint8_t c_tx[TLSBIND_COMMITMENT_SIZE], c_rx[TLSBIND_COMMITMENT_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, c_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, c_rx);
	evidence_connection_id(c_tx, c_rx, id);
	return ask(id);
}

static int install(int fd, int direction, unsigned int seed)
{
	struct ktls_key key = ktls_key(SUITE, seed);

	return ktls_install(fd, direction, &key) ? errno : 0;
}

static void bare_pair(int fd[2])
{
	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		tap_bail("connection: %s", strerror(errno));
}

/* One end with keys. */
static void keyed_pair(int fd[2], unsigned int tx, unsigned int rx)
{
	bare_pair(fd);
	if (install(fd[0], TLS_TX, tx) || install(fd[0], TLS_RX, rx))
		tap_bail("keys: %s", strerror(errno));
}

static void end_pair(int fd[2])
{
	ktls_reset(fd[0]);
	ktls_reset(fd[1]);
}

/* What a relying party that uses this end must be shown: crosswise. */
static bool peer_is(int fd, unsigned int tx, unsigned int rx)
{
	struct ktls_key a = ktls_key(SUITE, tx), b = ktls_key(SUITE, rx);
	uint8_t want_tx[TLSBIND_COMMITMENT_SIZE], want_rx[TLSBIND_COMMITMENT_SIZE];
	struct tlsbind_peer peer;
	socklen_t len = sizeof(peer);

	evidence_commitment(TLSBIND_DIRECTION_TX, &b, want_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &a, want_rx);
	return !getsockopt(fd, SOL_TLS, TLSBIND_PEER, &peer, &len) &&
	       !memcmp(peer.tx_commitment, want_tx, sizeof(want_tx)) &&
	       !memcmp(peer.rx_commitment, want_rx, sizeof(want_rx));
}

/* The commitments that a dump or an answer has. */
static void see(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *top[TLSBIND_A_CONNECTION_MAX + 1], *tb[TLSBIND_A_SOCK_MAX + 1];
	uint8_t (*seen)[TLSBIND_COMMITMENT_SIZE] = arg;

	genl_attrs(top, TLSBIND_A_CONNECTION_MAX, h);
	genl_nested(tb, TLSBIND_A_SOCK_MAX, top[TLSBIND_A_CONNECTION_SOCK]);
	if (genl_len(tb[TLSBIND_A_SOCK_TX_COMMITMENT]) == sizeof(seen[0]))
		memcpy(seen[0], genl_data(tb[TLSBIND_A_SOCK_TX_COMMITMENT]), sizeof(seen[0]));
	if (genl_len(tb[TLSBIND_A_SOCK_RX_COMMITMENT]) == sizeof(seen[1]))
		memcpy(seen[1], genl_data(tb[TLSBIND_A_SOCK_RX_COMMITMENT]), sizeof(seen[1]));
}

/* The only socket with keys, as a dump shows it. */
static bool dump_is(unsigned int tx, unsigned int rx)
{
	struct ktls_key a = ktls_key(SUITE, tx), b = ktls_key(SUITE, rx);
	uint8_t want[2][TLSBIND_COMMITMENT_SIZE], seen[2][TLSBIND_COMMITMENT_SIZE] = { 0 };

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, want[0]);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, want[1]);
	return !genl_simple(&g, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP, see, seen) &&
	       !memcmp(want, seen, sizeof(want));
}

#define REKEYED_TESTS 6

/* The first keys name a connection, even if nobody asked before they were replaced. */
static void test_rekeyed(void)
{
	struct tlsbind_info info = { 0 };
	socklen_t len = sizeof(info);
	int fd[2];

	bare_pair(fd);
	if (install(fd[0], TLS_TX, 1) || install(fd[0], TLS_TX, 2) || install(fd[0], TLS_RX, 3) ||
	    install(fd[0], TLS_RX, 4) || install(fd[0], TLS_RX, 5))
		tap_bail("rekey: %s", strerror(errno));
	tap_equal(ask_keys(1, 3), 0, "a connection is found by keys that were replaced unasked");
	tap_equal(ask_keys(2, 5), ENOENT, "and not by those that it has now");
	tap_ok(!getsockopt(fd[0], SOL_TLS, TLSBIND_INFO, &info, &len) && info.tx_generation == 1 &&
	       info.rx_generation == 2, "their generations are told");
	if (install(fd[0], TLS_TX, 6) || install(fd[0], TLS_RX, 7))
		tap_bail("rekey: %s", strerror(errno));
	tap_ok(peer_is(fd[0], 6, 7), "after further keys their mirrors are those of now");
	if (install(fd[0], TLS_RX, 8))
		tap_bail("rekey: %s", strerror(errno));
	tap_ok(dump_is(6, 8), "and so are the commitments of a dump");
	tap_equal(ask_keys(1, 3), 0, "the first keys still name the connection");
	end_pair(fd);
}

#define TWINS_TESTS 4

static void test_twins(void)
{
	int first[2], second[2];

	keyed_pair(first, 10, 11);
	tap_equal(ask_keys(10, 11), 0, "a connection is found");
	keyed_pair(second, 10, 11);
	tap_equal(ask_keys(10, 11), ENOTUNIQ, "not any more when another has the same keys");
	end_pair(first);
	tap_equal(ask_keys(10, 11), 0, "again, when one of them has gone");
	end_pair(second);
	tap_equal(ask_keys(10, 11), ENOENT, "none of them, when the other has, too");
}

/* Whether the work item has run since tracing began. */
static bool worked(void)
{
	return !guest_sh("grep -q tlsbind_connection_work /sys/kernel/tracing/trace");
}

static void trace_work(bool on)
{
	guest_need(on ? "cd /sys/kernel/tracing && echo tlsbind_connection_work >set_ftrace_filter && "
			"echo function >current_tracer && echo 1 >tracing_on" :
			"cd /sys/kernel/tracing && echo nop >current_tracer && echo >set_ftrace_filter");
}

#define MANY_TESTS 5
#define FEW		500	/* are left without a name */

static void test_many(void)
{
	static int fd[MANY][2];
	int found = 0, gone = 0, left = 0;

	trace_work(true);
	for (int i = 0; i < FEW; i++)
		keyed_pair(fd[i], 1000 + 2 * i, 1001 + 2 * i);
	tap_ok(!worked(), "few connections are not named unasked");
	for (int i = FEW; i < MANY; i++)
		keyed_pair(fd[i], 1000 + 2 * i, 1001 + 2 * i);
	tap_ok(worked(), "of many some are");
	trace_work(false);
	/* Those that have gone before anybody asked, amid those that have not. */
	for (int i = 0; i < MANY; i += 2)
		end_pair(fd[i]);
	for (int i = 0; i < MANY; i++)
		if (i % 2)
			found += !ask_keys(1000 + 2 * i, 1001 + 2 * i);
		else
			gone += ask_keys(1000 + 2 * i, 1001 + 2 * i) == ENOENT;
	tap_equal(found, MANY / 2, "of many connections each is found");
	tap_equal(gone, MANY - MANY / 2, "but for those that were closed");
	for (int i = 1; i < MANY; i += 2)
		end_pair(fd[i]);
	for (int i = 0; i < MANY; i++)
		left += ask_keys(1000 + 2 * i, 1001 + 2 * i) != ENOENT;
	tap_equal(left, 0, "in the end none is");
}

/* Connections come and go until we are ended. */
static pid_t crowd(unsigned int seed)
{
	pid_t pid = fork();
	int fd[2];

	if (pid)
		return pid;
	for (;; seed += 2) {
		keyed_pair(fd, seed, seed + 1);
		end_pair(fd);
	}
}

#define RACE_TESTS 4

static void test_race(void)
{
	pid_t pids[2] = { crowd(1 << 20), crowd(1 << 21) };
	int status, ended = 0, wrong = 0;
	unsigned int rounds = ROUNDS / (guest_slow() * guest_slow());
	unsigned int found = 0, gone = 0;
	int fd[2];

	for (unsigned int i = 0; i < rounds; i++) {
		keyed_pair(fd, 5000 + 2 * i, 5001 + 2 * i);
		found += !ask_keys(5000 + 2 * i, 5001 + 2 * i);
		end_pair(fd);
		gone += ask_keys(5000 + 2 * i, 5001 + 2 * i) == ENOENT;
		status = ask_keys((1 << 20) + 2 * i, (1 << 20) + 2 * i + 1);
		wrong += status && status != ENOENT;
	}
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		ended += waitpid(pids[i], &status, 0) == pids[i] && WIFSIGNALED(status);
	}
	tap_equal(wrong, 0, "those who come and go are found or not");
	tap_equal(ended, 2, "and have come and gone until the end");
	tap_equal(found, rounds, "while others come and go each is found at once");
	tap_equal(gone, rounds, "and not any more when it is closed");
}

static void skip(int tests, const char *what, const char *why)
{
	while (tests--)
		tap_skip(what, why);
}

int main(void)
{
	struct rlimit files = { 4 * MANY, 4 * MANY };

	setrlimit(RLIMIT_NOFILE, &files);
	guest_need("load_module");
	tap_plan(REKEYED_TESTS + TWINS_TESTS + MANY_TESTS + RACE_TESTS);
	genl_need(&g);
	if (guest_rekeys())
		test_rekeyed();
	else
		skip(REKEYED_TESTS, "rekey", "kTLS cannot");
	test_twins();
	if (guest_slow() == 1)
		test_many();
	else
		skip(MANY_TESTS, "many", "it would take minutes");
	test_race();
	return tap_done();
}
