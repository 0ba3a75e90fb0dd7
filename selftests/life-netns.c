// SPDX-License-Identifier: MIT
/*
 * A network namespace loses its name while connections in it have keys or are held. They
 * live on as they were; with the last of them the namespace goes.
 */
#define _GNU_SOURCE
#include "as.h"
#include "rules-line.h"
#include "gate.h"
#include "life.h"

#define ROOM	"/run/netns/tlsbind-room"

/* Another namespace with an end of a link in it: the link is there as long as it is. */
static void room_make(void)
{
	guest_need("set -e; modprobe veth; ip netns add tlsbind-room; "
		   "ip link add tlsbind-out type veth peer name tlsbind-in netns tlsbind-room; "
		   "ip -n tlsbind-room link set lo up");
}

static bool room_there(void)
{
	return !access("/sys/class/net/tlsbind-out", F_OK);
}

static bool room_goes(void)
{
	for (int i = 0; i < 1000 * guest_slow() && room_there(); i++)
		usleep(10000);
	return !room_there();
}

/** struct room - what is in the namespace */
struct room {
	struct nl nl;
	struct genl judge;
	int fd[2];
	struct ktls_key tx, rx;
};

static void room_enter(struct room *r, const char *rule)
{
	static unsigned int seed = 500;

	r->tx = ktls_key(SUITE, seed);
	r->rx = ktls_key(SUITE, seed + 1);
	seed += 2;
	enter(ROOM);
	if (nl_open(&r->nl) || rules_only(&r->nl, rule) || ktls_tcp_pair(AF_INET, r->fd) ||
	    ktls_attach(r->fd[0]) || ktls_attach(r->fd[1]))
		tap_bail("%s: %s, %s", rule, r->nl.text, strerror(errno));
}

static void room_leave(struct room *r)
{
	nl_close(&r->nl);
	enter("/proc/1/ns/net");
	guest_need("ip netns del tlsbind-room");
}

#define KEYED_TESTS 5

static void test_keyed(void)
{
	struct tlsbind_claims c;
	struct room r;
	uint64_t inside;

	room_make();
	room_enter(&r, "attest loopback");
	inside = life_netns();
	if (ktls_install(r.fd[0], TLS_TX, &r.tx) || ktls_install(r.fd[0], TLS_RX, &r.rx))
		tap_bail("keys: %s", strerror(errno));
	room_leave(&r);
	tap_ok(room_there(), "a namespace without a name lives as long as a socket with keys");
	tap_ok(life_evidence(r.fd[0], &r.tx, &r.rx, &c) && be64toh(c.netns) == inside,
	       "of which there is evidence, by the rules in there");
	mock_hold();
	evidence_ask(r.fd[0], 1);
	mock_wait_busy();
	ktls_close_pair(r.fd);
	tap_ok(!access("/sys/kernel/config/tsm/report/tlsbind", F_OK), "closed while a report is being made");
	mock_set("hang", "0");
	tap_ok(room_goes(), "the namespace goes with it");
	room_make();
	room_enter(&r, "attest loopback");
	tap_ok(!rules_state(&r.nl) && nl_number(r.nl.answer, r.nl.answer_len, TLSBIND_A_RULES_GENERATION) == 1,
	       "one of the same name starts anew");
	room_leave(&r);
	ktls_close_pair(r.fd);
	if (!room_goes())
		tap_bail("the namespace stays");
}

#define HELD_TESTS 5

static void test_held(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct room r;

	room_make();
	room_enter(&r, "gate");
	gate_judge(&r.judge);
	if (ktls_install(r.fd[0], TLS_RX, &r.rx))
		tap_bail("keys: %s", strerror(errno));
	gate_start(&w, r.fd[0], TLS_TX, &r.tx);
	tap_equal(gate_next(&r.judge, &hold), 0, "a connection is held in a namespace");
	room_leave(&r);
	tap_ok(!gate_done(&w) && room_there(), "which loses its name, and it is still held");
	tap_equal(gate_verdict(&r.judge, hold.handle, TLSBIND_DECISION_ADMIT), 0, "its judge has a say");
	tap_equal(gate_join(&w), 0, "admitted: the key is installed");
	ktls_close_pair(r.fd);
	close(r.judge.fd);
	tap_ok(room_goes(), "with sockets and judge the namespace goes");
}

static int hold_and_die(void *arg)
{
	struct room r;

	(void)arg;
	room_enter(&r, "gate");
	gate_judge(&r.judge);
	if (ktls_install(r.fd[0], TLS_RX, &r.rx))
		return 1;
	if (!fork()) {
		close(r.judge.fd);
		ktls_install(r.fd[0], TLS_TX, &r.tx);
		_exit(0);
	}
	return gate_next(&r.judge, &(struct gate_hold){ 0 }) ? 2 : 0;
}

#define DIE_TESTS 3

/* The judge's process ends; then the one that it held gets its answer and ends, too. */
static void test_die(void)
{
	room_make();
	tap_equal(as_child(hold_and_die, NULL), 0, "a judge dies while a connection is held");
	tap_equal(guest_sh("ip netns del tlsbind-room"), 0, "its namespace loses its name");
	tap_ok(room_goes(), "and goes");
}

#define STAYS_TESTS 1

int main(void)
{
	long users;

	tap_plan(KEYED_TESTS + HELD_TESTS + DIE_TESTS + STAYS_TESTS);
	guest_setup();
	users = guest_tls_users();
	test_keyed();
	test_held();
	test_die();
	for (int i = 0; i < 1000 * guest_slow() && guest_tls_users() > users; i++)
		usleep(10000);
	tap_equal(guest_tls_users(), users, "no socket is left");
	return tap_done();
}
