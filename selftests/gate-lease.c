// SPDX-License-Identifier: MIT
/*
 * A lease: an admission is good for a time, and the judge asked again before it ends,
 * while data flows. Without another admission the connection is aborted.
 */
#define _GNU_SOURCE
#include "rules-line.h"
#include "gate.h"
#include "stall.h"

static struct nl nl;
static struct genl judge;

/* Seconds; all that a test does before the judge is asked again must fit into a third. */
static int lease(void)
{
	return guest_slow() > 1 ? 4 : 2;
}

static void only(const char *options)
{
	char rule[100];

	snprintf(rule, sizeof(rule), "gate lease %d %s", lease(), options);
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

/* Admitted, with keys at both ends. */
static struct line admitted(void)
{
	struct line l = line_open(FAR4);
	struct gate_waiter w;
	struct gate_hold hold;
	int error;

	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	error = gate_next(&judge, &hold);
	if (error || hold.renewal)
		tap_bail("not held: %s", strerror(error));
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	if (gate_join(&w) || !line_lives(&l))
		tap_bail("not admitted");
	return l;
}

static bool flows(struct line *l)
{
	return ktls_echo(l->fd[0], l->fd[1], "there", 5) && ktls_echo(l->fd[1], l->fd[0], "back", 4);
}

/* Admitted, and the judge is asked again. */
static struct line asked(struct gate_hold *again)
{
	struct line l = admitted();

	if (gate_next(&judge, again) || !again->renewal)
		tap_bail("not asked again");
	return l;
}

/* What the peer of @l says of its keys, if it is the attester. */
static bool describes(const struct gate_hold *hold, const struct ktls_key *tx, const struct ktls_key *rx)
{
	uint8_t peer_tx[TLSBIND_COMMITMENT_SIZE], peer_rx[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, rx, peer_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, tx, peer_rx);
	return !memcmp(peer_tx, hold->tx, sizeof(peer_tx)) && !memcmp(peer_rx, hold->rx, sizeof(peer_rx));
}

#define RENEW_TESTS 12

static void test_renew(void)
{
	struct gate_stats before = gate_stats(&judge), after;
	struct gate_hold first, second;
	struct line l;

	only("policy 7");
	l = asked(&first);
	tap_ok(first.timeout > 0 && first.timeout <= 1000 * lease() && first.timeout >= 450 * lease(),
	       "the judge is asked again with %lld of %d ms left", first.timeout, 1000 * lease());
	tap_ok(first.lease > 0 && first.lease <= 1000 * lease(), "as the socket's list has it");
	tap_ok(first.held <= 0, "the connection is not held");
	tap_equal(first.policy, 7, "the policy is that of the rule");
	tap_ok(describes(&first, &l.tx, &l.rx), "the keys are those of now");
	tap_ok(flows(&l), "data flows meanwhile");
	tap_equal(gate_verdict(&judge, first.handle, TLSBIND_DECISION_ADMIT), 0, "another admission is taken");
	tap_equal(gate_verdict(&judge, first.handle, TLSBIND_DECISION_REJECT), ENOENT, "once");
	tap_ok(!gate_next(&judge, &second) && second.renewal && second.handle > first.handle,
	       "the judge is asked once more, by another name");
	tap_ok(second.timeout >= 450 * lease(), "with as much time");
	gate_verdict(&judge, second.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!gate_next(&judge, &second) && flows(&l), "the connection lives longer than its first lease");
	after = gate_stats(&judge);
	tap_ok(after.v[TLSBIND_A_STATS_RENEWED] == before.v[TLSBIND_A_STATS_RENEWED] + 2 &&
	       after.v[TLSBIND_A_STATS_HELD] == before.v[TLSBIND_A_STATS_HELD] + 1,
	       "two renewals and one hold are counted");
	line_close(&l);
}

#define END_TESTS 7

static void test_end(void)
{
	struct gate_stats before = gate_stats(&judge), after;
	struct gate_hold hold;
	struct line l;

	only("");
	l = asked(&hold);
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT), 0, "a rejection is taken");
	tap_errno(recv(l.fd[1], &(char){ 0 }, 1, 0), ECONNRESET, "rejected: the connection is aborted");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), EACCES, "rejected: the program is told");
	line_close(&l);
	l = asked(&hold);
	tap_ok(flows(&l) && recv(l.fd[1], &(char){ 0 }, 1, 0) < 0 && errno == ECONNRESET,
	       "no verdict: the connection is aborted at the end");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), ETIMEDOUT, "no verdict: the program is told");
	line_close(&l);
	l = admitted();
	close(judge.fd);
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), ETIMEDOUT, "no judge: the same");
	line_close(&l);
	gate_judge(&judge);
	after = gate_stats(&judge);
	tap_equal(after.v[TLSBIND_A_STATS_LAPSED], before.v[TLSBIND_A_STATS_LAPSED] + 3, "all are counted");
}

#define SUCCESSOR_TESTS 4

/* The judge dies while he is asked. */
static void test_successor(void)
{
	struct gate_hold hold;
	struct gate_list list;
	struct line l;

	only("");
	l = asked(&hold);
	close(judge.fd);
	tap_ok(flows(&l), "the judge dies: the connection lives");
	gate_judge(&judge);
	tap_ok(!gate_list(&judge, &list) && list.count == 1 && list.handles[0] == hold.handle,
	       "his successor finds the question");
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT), 0, "and answers it");
	tap_ok(!gate_next(&judge, &hold) && flows(&l), "the connection lives on");
	line_close(&l);
}

#define GONE_TESTS 2

static void test_gone(void)
{
	struct gate_hold hold;
	struct gate_list list;
	struct line l;

	only("");
	l = asked(&hold);
	line_close(&l);
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT), ENOENT,
		  "a connection that is closed is not admitted");
	l = admitted();
	ktls_reset(l.fd[1]);
	recv(l.fd[0], &(char){ 0 }, 1, 0);
	usleep(600000 * lease());
	tap_ok(gate_quiet(&judge) && !gate_list(&judge, &list) && !list.count,
	       "nobody is asked about one that the peer has reset");
	close(l.fd[0]);
}

#define TWIN_TESTS 5

/* Somebody else is given the key of an admitted connection. */
static void test_twin(void)
{
	struct gate_hold hold;
	struct line l, twin;

	only("");
	l = admitted();
	twin = line_open(FAR4);
	tap_errno(ktls_install(twin.fd[1], TLS_RX, &l.rx), 0, "another socket is given the same key");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), EKEYREJECTED,
		  "when the judge would be asked again the connection is aborted");
	line_close(&l);
	line_close(&twin);
	l = asked(&hold);
	twin = line_open(FAR4);
	tap_errno(ktls_install(twin.fd[1], TLS_RX, &l.rx), 0, "the same while he is asked");
	tap_equal(gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT), ENOENT, "he cannot admit it");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), EKEYREJECTED, "and the connection is aborted");
	line_close(&l);
	line_close(&twin);
}

#define TERMS_TESTS 2

/* The rules change between the keys of one connection. */
static void test_terms(void)
{
	struct line l = line_open(FAR4);

	only("");
	if (line_tx(&l))
		tap_bail("tx: %s", strerror(errno));
	if (rules_only(&nl, "gate lease 600"))
		tap_bail("rules: %s", nl.text);
	tap_errno(line_rx(&l), EACCES, "two keys under rules with two leases are refused");
	tap_ok(line_dead(&l, EACCES), "and the connection aborted");
	line_close(&l);
}

#define KEEP_TESTS 7

/* The keys change while the judge is asked, and nothing holds the connection for that. */
static void test_keep(void)
{
	struct ktls_key next = ktls_key(SUITE, 32000);
	struct gate_hold first, second;
	struct line l;

	only("rekey keep");
	l = asked(&first);
	tap_errno(ktls_install(l.fd[0], TLS_TX, &next), 0, "rekey keep: a key is replaced while the judge is asked");
	tap_ok(!gate_next(&judge, &second) && second.renewal && second.handle > first.handle,
	       "rekey keep: he is asked by another name");
	tap_ok(describes(&second, &next, &l.rx) && second.rx_generation == 1, "rekey keep: about the new key");
	tap_ok(second.timeout <= first.timeout, "rekey keep: in the same time");
	tap_equal(gate_verdict(&judge, first.handle, TLSBIND_DECISION_REJECT), ENOENT,
		  "rekey keep: a verdict on the old one is not taken");
	tap_equal(gate_verdict(&judge, second.handle, TLSBIND_DECISION_ADMIT), 0,
		  "rekey keep: one on the new one is");
	tap_ok(!ktls_install(l.fd[1], TLS_RX, &next) && !gate_next(&judge, &second) && flows(&l),
	       "rekey keep: the connection lives on");
	line_close(&l);
}

#define HELD_TESTS 6

/* The keys change while the judge is asked, and the connection is held for that. */
static void test_held(void)
{
	struct ktls_key next = ktls_key(SUITE, 32001);
	struct gate_hold first, second, third;
	struct gate_waiter w;
	struct line l;

	only("");
	l = asked(&first);
	gate_start(&w, l.fd[0], TLS_TX, &next);
	tap_ok(!gate_next(&judge, &second) && !second.renewal && second.rx_generation == 1,
	       "rekey stale: a new key is held, whatever was asked");
	tap_equal(gate_verdict(&judge, first.handle, TLSBIND_DECISION_ADMIT), ENOENT,
		  "rekey stale: a verdict on the old one is not taken");
	tap_equal(gate_verdict(&judge, second.handle, TLSBIND_DECISION_ADMIT), 0, "rekey stale: one on the new one is");
	tap_equal(gate_join(&w), 0, "rekey stale: and the key installed");
	tap_ok(!gate_next(&judge, &third) && third.renewal && third.timeout >= 450 * lease() &&
	       describes(&third, &next, &l.rx), "rekey stale: its lease begins anew");
	gate_verdict(&judge, third.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!ktls_install(l.fd[1], TLS_RX, &next) && !gate_next(&judge, &third) && flows(&l),
	       "rekey stale: the connection lives on");
	line_close(&l);
}

#define OUTLIVED_TESTS 3

/* The lease ends while the connection is held for a new key. */
static void test_outlived(void)
{
	struct ktls_key next = ktls_key(SUITE, 32003);
	struct gate_stats before, after;
	struct gate_hold hold;
	struct gate_waiter w;
	struct line l;

	only("");
	l = admitted();
	before = gate_stats(&judge);
	gate_start(&w, l.fd[0], TLS_TX, &next);
	tap_ok(!gate_next(&judge, &hold) && !hold.renewal, "a rekey is held");
	tap_equal(gate_join(&w), ECONNABORTED, "the lease ends before there is a verdict");
	after = gate_stats(&judge);
	tap_ok(after.v[TLSBIND_A_STATS_DENIED] == before.v[TLSBIND_A_STATS_DENIED] + 1 &&
	       after.v[TLSBIND_A_STATS_LAPSED] == before.v[TLSBIND_A_STATS_LAPSED] + 1,
	       "and that is counted once");
	line_close(&l);
}

#define STALLED_TESTS 3

/* It is time to ask while a key is being installed. */
static void test_stalled(void)
{
	struct ktls_key next = ktls_key(SUITE, 32004);
	struct gate_hold hold;
	struct stall s;
	struct line l;

	only("rekey keep");
	l = admitted();
	stall_begin(&s, &next, TLS_TX, l.fd[0]);
	usleep(600000 * lease());
	tap_ok(gate_quiet(&judge), "while a key is being installed the judge is not asked");
	tap_equal(stall_end(&s), 0, "the key is there");
	tap_ok(!gate_next(&judge, &hold) && hold.renewal && describes(&hold, &next, &l.rx),
	       "and he is, about that key");
	line_close(&l);
}

#define CHANGED_TESTS 2

/* A rekey under another lease is not what was admitted. */
static void test_changed(void)
{
	struct ktls_key next = ktls_key(SUITE, 32002);
	struct gate_hold hold;
	struct gate_waiter w;
	struct line l;

	only("rekey keep");
	l = admitted();
	if (rules_only(&nl, "gate rekey keep"))
		tap_bail("rules: %s", nl.text);
	gate_start(&w, l.fd[0], TLS_TX, &next);
	tap_ok(!gate_next(&judge, &hold) && !hold.renewal, "rekey keep: held if the lease is another");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	usleep(1100000 * lease());
	tap_ok(gate_quiet(&judge), "admitted without a lease: the judge is not asked again");
	line_close(&l);
}

#define CROWD		80	/* more than work items of the gate run at once */
#define CROWD_TESTS	2

/* Connections that cannot be aborted for now are in nobody's way. */
static void test_crowd(void)
{
	static struct stall stalls[CROWD];
	static struct line lines[CROWD];
	struct gate_hold hold;
	struct line l;
	int late = 0;

	only("");
	guest_param(GUEST_MODULE, "gate_timeout_ms", "1000");
	for (int i = 0; i < CROWD; i++) {
		lines[i] = line_open(FAR4);
		if (line_tx(&lines[i]))
			tap_bail("tx: %s", strerror(errno));
		stall_begin(&stalls[i], &lines[i].rx, TLS_RX, lines[i].fd[0]);
	}
	usleep(1200000);
	guest_param(GUEST_MODULE, "gate_timeout_ms", "30000");
	l = asked(&hold);
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), ETIMEDOUT,
		  "%d connections are locked by their programs: the lease of another ends", CROWD);
	line_close(&l);
	for (int i = 0; i < CROWD; i++) {
		late += stall_end(&stalls[i]) == ETIMEDOUT;
		line_close(&lines[i]);
	}
	tap_equal(late, CROWD, "and they are aborted when they can be");
}

static void *unload_run(void *status)
{
	*(int *)status = guest_sh("unload_module");
	return NULL;
}

#define LOCKED_TESTS 4

/* The module goes while a program has a socket locked that is to be aborted. */
static void test_locked(void)
{
	pthread_t thread;
	struct stall s;
	struct line l;
	int status = -1;

	only("");
	l = admitted();
	stall_send(&s, l.fd[0]);
	usleep(1200000 * lease());
	tap_errno(recv(l.fd[1], &(char){ 0 }, 1, MSG_DONTWAIT), EAGAIN,
		  "a program has the socket locked: the end of the lease waits");
	close(judge.fd);
	pthread_create(&thread, NULL, unload_run, &status);
	usleep(500000 * guest_slow());
	tap_ok(!access("/sys/module/" GUEST_MODULE, F_OK), "so does the module, if it is to go");
	stall_end(&s);
	pthread_join(thread, NULL);
	tap_equal(status, 0, "then both go on");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), ETIMEDOUT, "and the connection is aborted");
	line_close(&l);
}

/* The module and its judge are there. */
static void begin(void)
{
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	gate_judge(&judge);
}

#define UNLOAD_TESTS 2

static void test_unload(void)
{
	struct gate_hold hold;
	struct line l, other;

	only("");
	other = asked(&hold);
	l = admitted();
	close(judge.fd);
	guest_need("unload_module");
	tap_errno(recv(l.fd[0], &(char){ 0 }, 1, 0), ESHUTDOWN,
		  "the module goes: what was admitted for a time is aborted");
	tap_errno(recv(other.fd[0], &(char){ 0 }, 1, 0), ESHUTDOWN, "and so is what the judge is asked about");
	line_close(&l);
	line_close(&other);
}

int main(void)
{
	bool rekeys = guest_rekeys();

	tap_plan(RENEW_TESTS + END_TESTS + SUCCESSOR_TESTS + GONE_TESTS + TWIN_TESTS + TERMS_TESTS +
		 (rekeys ? KEEP_TESTS + HELD_TESTS + CHANGED_TESTS + OUTLIVED_TESTS + STALLED_TESTS : 1) +
		 CROWD_TESTS + LOCKED_TESTS + UNLOAD_TESTS);
	network();
	listen_everywhere();
	begin();
	test_renew();
	test_end();
	test_successor();
	test_gone();
	test_twin();
	test_terms();
	if (rekeys) {
		test_keep();
		test_held();
		test_changed();
		test_outlived();
		test_stalled();
	} else {
		tap_skip("rekey keep: a verdict on the old one is not taken", "kTLS cannot rekey");
	}
	test_crowd();
	test_locked();
	nl_close(&nl);
	begin();
	test_unload();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
