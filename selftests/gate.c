// SPDX-License-Identifier: MIT
/*
 * The gate: a connection is held in the installation of its second key until a
 * verdict. Until then it is closed for sending; without a verdict it is aborted.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "rules-line.h"
#include "gate.h"

static struct nl nl;
static struct genl judge;

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

/* A client's order: the receiving key first, with the sending key it is held. */
static struct line held(struct gate_waiter *w, struct gate_hold *hold)
{
	struct line l = line_open(FAR4);

	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	gate_start(w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(&judge, hold))
		tap_bail("nobody is held");
	return l;
}

static bool receives(struct line *l)
{
	struct pollfd p = { .fd = l->fd[1], .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/*
 * Does anything come out of sending now? kTLS may take it without an error, and break the
 * connection.
 */
static bool sends(struct line *l)
{
	send(l->fd[0], "early", 5, MSG_NOSIGNAL);
	return receives(l);
}

/* What the peer of @l says of its keys, if it is the attester. */
static bool describes(const struct line *l, const struct gate_hold *hold)
{
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &l->rx, tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &l->tx, rx);
	evidence_connection_id(tx, rx, id);
	return !memcmp(tx, hold->tx, sizeof(tx)) && !memcmp(rx, hold->rx, sizeof(rx)) &&
	       !memcmp(id, hold->id, sizeof(id));
}

#define ADMIT_TESTS 13

static void test_admit(void)
{
	struct gate_stats before = gate_stats(&judge), after;
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l;

	only("gate policy 7");
	l = held(&w, &hold);
	tap_ok(describes(&l, &hold), "the judge is told what the peer's evidence must say");
	tap_ok(!hold.tx_generation && !hold.rx_generation, "of the first keys");
	tap_equal(hold.policy, 7, "the number of the policy is the rule's");
	tap_ok(hold.timeout > 0 && hold.timeout <= 30000, "and how much time there is");
	tap_ok(hold.action == TLSBIND_ACTION_GATE && (uint64_t)hold.held == hold.handle,
	       "the socket is listed as held");
	tap_ok(!gate_done(&w), "the program is held");
	tap_ok(!sends(&l), "another thread cannot send meanwhile");
	tap_errno(ktls_install(l.fd[0], TLS_RX, &l.rx), EBUSY, "no other key can be installed");
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT), 0, "a verdict is taken");
	tap_equal(gate_join(&w), 0, "admitted: the key is installed");
	line_close(&l);

	l = held(&w, &hold);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!gate_join(&w) && line_lives(&l), "admitted: the connection lives");
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT), ENOENT,
		  "what was admitted is not held any more");
	line_close(&l);
	after = gate_stats(&judge);
	tap_ok(after.v[TLSBIND_A_STATS_HELD] == before.v[TLSBIND_A_STATS_HELD] + 2 &&
	       after.v[TLSBIND_A_STATS_ADMITTED] == before.v[TLSBIND_A_STATS_ADMITTED] + 2,
	       "both are counted");
}

#define REJECT_TESTS 3

static void test_reject(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);

	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_equal(gate_join(&w), EACCES, "rejected: the installation fails");
	tap_ok(line_dead(&l, EACCES), "rejected: the connection is aborted, and nothing was sent");
	line_close(&l);
	l = line_open(FAR4);
	guest_param(GUEST_MODULE, "gate_timeout_ms", "300");
	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	tap_ok(line_tx(&l) && errno == ETIMEDOUT && !gate_next(&judge, &hold) && line_dead(&l, ETIMEDOUT),
	       "no verdict in time: the connection is aborted");
	guest_param(GUEST_MODULE, "gate_timeout_ms", "30000");
	line_close(&l);
}

#define SERVER_TESTS 6

/* A server's order: the sending key comes first. */
static void test_server(void)
{
	struct line l = line_open(FAR6);
	struct gate_waiter w;
	struct gate_hold hold;

	tap_errno(line_tx(&l), 0, "a sending key alone is installed");
	tap_ok(gate_quiet(&judge), "and the judge not asked");
	tap_ok(!sends(&l), "but nothing can be sent");
	line_close(&l);

	l = line_open(FAR6);
	if (line_tx(&l))
		tap_bail("tx: %s", strerror(errno));
	gate_start(&w, l.fd[0], TLS_RX, &l.rx);
	tap_ok(!gate_next(&judge, &hold) && describes(&l, &hold), "with the other it is held");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_equal(gate_join(&w), 0, "admitted: the key is installed");
	tap_ok(line_lives(&l), "admitted: the connection lives");
	line_close(&l);
}

#define REFUSED_TESTS 7

/* What the judge is not asked about at all. */
static void test_refused(void)
{
	struct line l = line_open(FAR4), twin;
	uint8_t nonsense[40] = { 0 };

	l.tx.version = l.rx.version = TLS_1_2_VERSION;
	tap_errno(line_rx(&l), EPROTONOSUPPORT, "a key of TLS 1.2 is refused");
	tap_ok(line_dead(&l, EPROTONOSUPPORT), "and the connection aborted");
	line_close(&l);
	l = line_open(FAR4);
	tap_errno(setsockopt(l.fd[0], SOL_TLS, TLS_TX, nonsense, sizeof(nonsense)), EINVAL,
		  "a key that kTLS does not take");
	tap_ok(line_dead(&l, EINVAL), "ends the connection, since the program would encrypt by itself");
	line_close(&l);
	l = line_open(FAR4);
	twin = line_open(FAR4);
	if (line_rx(&l) || ktls_install(twin.fd[1], TLS_RX, &l.rx))
		tap_bail("twins: %s", strerror(errno));
	twin.rx = l.rx;
	tap_errno(line_rx(&twin), EKEYREJECTED, "a key that another socket holds is refused");
	tap_ok(line_dead(&twin, EKEYREJECTED), "and the connection aborted");
	line_close(&l);
	line_close(&twin);
	tap_ok(gate_quiet(&judge), "the judge is asked of none");
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

#define SIGNAL_TESTS 5

static void test_signals(void)
{
	struct sigaction act = { .sa_handler = count_signal };
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l;

	sigaction(SIGUSR1, &act, NULL);
	l = held(&w, &hold);
	for (int i = 0; i < 3; i++) {
		int before = signals;

		pthread_kill(w.thread, SIGUSR1);
		for (int ms = 0; signals == before && ms < 5000 * guest_slow(); ms++)
			usleep(1000);
	}
	tap_equal(signals, 3, "a signal's handler runs while the program is held");
	tap_ok(!gate_done(&w), "and it stays held");
	tap_ok(gate_quiet(&judge), "by the same hold");
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT), 0, "on which the verdict is taken");
	tap_ok(!gate_join(&w) && line_lives(&l), "admitted: the connection lives");
	line_close(&l);
}

static volatile sig_atomic_t inside, leave;

static void stay_inside(int number)
{
	(void)number;
	inside = 1;
	while (!leave)
		usleep(1000);
}

static struct tlsbind_info info_of(int fd)
{
	struct tlsbind_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len))
		tap_bail("info: %s", strerror(errno));
	return info;
}

/* The verdict comes while the thread is in a handler. Return: what it is told afterwards. */
static int judged_inside(struct line *l, uint8_t decision)
{
	struct gate_waiter w;
	struct gate_hold hold;

	inside = leave = 0;
	*l = held(&w, &hold);
	pthread_kill(w.thread, SIGUSR2);
	while (!inside)
		usleep(1000);
	if (gate_verdict(&judge, hold.handle, decision))
		tap_bail("verdict: %s", judge.text);
	/* Carried out by whoever: until then another key would be refused. */
	if (decision == TLSBIND_DECISION_REJECT)
		recv(l->fd[1], &(char){ 0 }, 1, 0);
	leave = 1;
	return gate_join(&w);
}

#define INSIDE_TESTS 4

static void test_inside(void)
{
	struct sigaction act = { .sa_handler = stay_inside };
	struct line l;

	sigaction(SIGUSR2, &act, NULL);
	tap_equal(judged_inside(&l, TLSBIND_DECISION_ADMIT), 0,
		  "admitted while its thread is in a handler: the call ends well");
	tap_ok(!info_of(l.fd[0]).tx_generation && line_lives(&l),
	       "and has not installed the key a second time");
	line_close(&l);
	tap_equal(judged_inside(&l, TLSBIND_DECISION_REJECT), EACCES,
		  "rejected while its thread is in a handler: the call says so");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), EACCES, "and the connection has ended");
	line_close(&l);
}

#define END_TESTS 4

/* Connections that end by themselves, or to which no second key comes. */
static void test_ends(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct gate_list list;
	struct line l = held(&w, &hold);

	ktls_reset(l.fd[1]);
	tap_equal(gate_join(&w), ECONNABORTED, "the peer resets the connection: nobody waits for longer");
	tap_ok(!gate_list(&judge, &list) && !list.count, "and nothing is held");
	close(l.fd[0]);
	guest_param(GUEST_MODULE, "gate_timeout_ms", "300");
	l = line_open(FAR4);
	tap_errno(line_tx(&l), 0, "a sending key, and never another");
	tap_ok(recv(l.fd[1], &(char){ 0 }, 1, 0) < 0 && errno == ECONNRESET,
	       "ends the connection when its time is up, and nothing was sent");
	guest_param(GUEST_MODULE, "gate_timeout_ms", "30000");
	line_close(&l);
}

#define KILL_TESTS 2

/* A child is killed while it is held; its connection ends with it. */
static void test_kill(void)
{
	struct line l = line_open(FAR4);
	struct gate_list list;
	struct gate_hold hold;
	pid_t pid;
	char c;

	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(line_tx(&l) ? 1 : 0);
	close(l.fd[0]);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tap_ok(recv(l.fd[1], &c, 1, 0) <= 0, "killed: the connection ends, and nothing was sent");
	tap_ok(!gate_list(&judge, &list) && !list.count, "killed: nothing is held any more");
	close(l.fd[1]);
}

#define SHUT_TESTS 2

static void test_shutdown(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);
	char c;

	shutdown(l.fd[0], SHUT_WR);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_equal(gate_join(&w), 0, "admitted after shutdown(SHUT_WR)");
	send(l.fd[0], "late", 4, MSG_NOSIGNAL);
	tap_equal(recv(l.fd[1], &c, 1, 0), 0, "what the program itself has shut stays shut");
	line_close(&l);
}

#define REKEY_TESTS (guest_rekeys() ? 8 : 0)

static struct line admitted(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);

	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	if (gate_join(&w))
		tap_bail("not admitted");
	return l;
}

static void test_rekey(void)
{
	struct ktls_key next = ktls_key(SUITE, 31000);
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l;

	if (!guest_rekeys())
		return;
	only("gate");
	l = admitted();
	gate_start(&w, l.fd[0], TLS_TX, &next);
	tap_ok(!gate_next(&judge, &hold) && hold.rx_generation == 1 && !hold.tx_generation,
	       "a rekey is held: a verdict is about those keys only");
	tap_ok(!sends(&l), "nothing can be sent with it");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_equal(gate_join(&w), EACCES, "rejected: the rekey fails");
	tap_ok(line_dead(&l, EACCES), "rejected: the connection is aborted");
	line_close(&l);
	only("gate rekey keep");
	l = admitted();
	next = ktls_key(SUITE, 31001);
	tap_errno(ktls_install(l.fd[0], TLS_TX, &next), 0, "rekey keep: the verdict holds for later keys");
	tap_ok(gate_quiet(&judge), "rekey keep: the judge is not asked");
	line_close(&l);
	only("gate rekey abort");
	l = admitted();
	next = ktls_key(SUITE, 31002);
	tap_errno(ktls_install(l.fd[0], TLS_TX, &next), EACCES, "rekey abort: a rekey is refused");
	tap_ok(line_dead(&l, EACCES), "rekey abort: the connection is aborted");
	line_close(&l);
}

#define MUTUAL_TESTS 4

static void test_mutual(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l;

	only("gate");
	l = held(&w, &hold);
	tap_errno(evidence_ask(l.fd[0], 1), EACCES, "gate alone gives no evidence");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	line_close(&l);
	only("gate mutual");
	l = held(&w, &hold);
	tap_ok(!evidence_ask(l.fd[0], 1) && evidence_fetch(l.fd[0], 1), "mutual: there is evidence while it is held");
	tap_ok(hold.flags & TLSBIND_F_GATED, "mutual: which says that it is");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!gate_join(&w) && line_lives(&l), "mutual: admitted, it lives");
	line_close(&l);
}

int main(void)
{
	guest_need("load_mock sev_guest && load_module");
	network();
	listen_everywhere();
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	gate_judge(&judge);
	tap_plan(ADMIT_TESTS + REJECT_TESTS + SERVER_TESTS + REFUSED_TESTS + SIGNAL_TESTS + INSIDE_TESTS +
		 END_TESTS + KILL_TESTS +
		 SHUT_TESTS + REKEY_TESTS + MUTUAL_TESTS);
	test_admit();
	test_reject();
	test_server();
	test_refused();
	test_signals();
	test_inside();
	test_ends();
	test_kill();
	test_shutdown();
	test_mutual();
	test_rekey();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
