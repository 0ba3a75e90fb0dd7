// SPDX-License-Identifier: MIT
/*
 * Ends of connections: disconnected, half closed, reset, destroyed by an administrator.
 * What is known of a socket must not become that of another connection, evidence stays
 * about the keys that were there, and nothing opens a socket that is held.
 */
#define _GNU_SOURCE
#include "rules-line.h"
#include "gate.h"
#include "life.h"

static struct nl nl;
static struct genl judge;

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

/* connect() to nowhere. Return: errno or 0. */
static int disconnect(int fd)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	return connect(fd, &nowhere, sizeof(nowhere)) ? errno : 0;
}

/* connect() to a listener that would accept. Return: errno or 0. */
static int reconnect(int fd)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(ports[1]) };

	inet_pton(AF_INET, places[FAR4].address, &there.sin_addr);
	return connect(fd, (struct sockaddr *)&there, sizeof(there)) ? errno : 0;
}

static bool speaks(const struct line *l)
{
	struct tlsbind_claims c;

	return life_evidence(l->fd[0], &l->tx, &l->rx, &c);
}

/* In its network namespace, or by address and port everywhere: what "ss -K" does. */
static void destroy(int fd)
{
	struct sockaddr_in local;
	socklen_t len = sizeof(local);

	if (getsockname(fd, (struct sockaddr *)&local, &len) ||
	    guest_sh("ss -KHtn sport = :%u and dport = :%u", ntohs(local.sin_port), ports[1]))
		tap_bail("ss -K: %s", strerror(errno));
}

static bool is_closed(int fd)
{
	struct tcp_info info;

	life_tcp_info(fd, &info);
	return info.tcpi_state == 7; /* TCP_CLOSE */
}

#define UNSPEC_TESTS 9

static void test_unspec(void)
{
	struct line l = line_keyed(FAR4);

	tap_equal(disconnect(l.fd[0]), EOPNOTSUPP, "kTLS does not let a connection be taken apart");
	tap_equal(reconnect(l.fd[0]), EINVAL, "nor the socket be connected again");
	tap_errno(listen(l.fd[0], 1), EINVAL, "nor listen");
	tap_ok(line_lives(&l), "and the connection lives");
	tap_ok(speaks(&l), "evidence is about the same keys");
	line_close(&l);

	l = line_open(FAR4);
	tap_equal(disconnect(l.fd[0]), EOPNOTSUPP, "the same without a key");
	line_close(&l);

	l = line_keyed(FAR4);
	ktls_reset(l.fd[1]);
	tap_equal(disconnect(l.fd[0]), EOPNOTSUPP, "and when the peer has ended the connection");
	tap_ok(reconnect(l.fd[0]) == EINVAL && listen(l.fd[0], 1) && errno == EINVAL,
	       "there is no second one in the socket");
	tap_errno(evidence_ask(l.fd[0], 1), ENOTCONN, "and no evidence any more");
	close(l.fd[0]);
}

#define FORM_TESTS 2

/* A socket for IPv6 that talks IPv4 may become one for IPv4, with other functions. */
static void test_form(void)
{
	struct line l = line_keyed(MAPPED);
	int form = AF_INET;

	tap_errno(setsockopt(l.fd[0], IPPROTO_IPV6, IPV6_ADDRFORM, &form, sizeof(form)), EBUSY,
		  "kTLS does not let a socket change its family");
	tap_ok(line_lives(&l) && !life_info(l.fd[0]), "and the connection lives");
	line_close(&l);
}

#define CONNECTING_TESTS 3

/* A program that never asked for the outcome of connect() may call it once more. */
static void test_connecting(void)
{
	struct line l = { .tx = ktls_key(SUITE, 1), .rx = ktls_key(SUITE, 2) };

	l.fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (reconnect(l.fd[0]) != EINPROGRESS)
		tap_bail("connect: %s", strerror(errno));
	l.fd[1] = accept4(listeners[1], NULL, NULL, SOCK_CLOEXEC);
	if (l.fd[1] < 0 || ktls_attach(l.fd[0]) || line_tx(&l) || line_rx(&l))
		tap_bail("keys: %s", strerror(errno));
	tap_ok(evidence_eventfd(l.fd[0]) >= 0, "keys in a socket that still counts as connecting");
	ktls_reset(l.fd[1]);
	tap_equal(reconnect(l.fd[0]), ECONNRESET, "after a reset connect() tells of it");
	tap_ok(reconnect(l.fd[0]) == EINVAL && is_closed(l.fd[0]), "and does not connect again");
	close(l.fd[0]);
}

#define HALF_TESTS 6

static void test_half(void)
{
	struct line l = line_keyed(FAR6);
	char c;

	shutdown(l.fd[0], SHUT_WR);
	tap_ok(!recv(l.fd[1], &c, 1, 0) && speaks(&l), "half closed by us: evidence is about the same keys");
	shutdown(l.fd[0], SHUT_RD);
	tap_ok(speaks(&l), "closed for reading, too: the same");
	line_close(&l);

	l = line_keyed(FAR4);
	shutdown(l.fd[1], SHUT_WR);
	tap_ok(!recv(l.fd[0], &c, 1, 0) && speaks(&l), "half closed by the peer: the same");
	shutdown(l.fd[0], SHUT_RDWR);
	for (int i = 0; i < 1000 && !is_closed(l.fd[0]); i++)
		usleep(1000);
	tap_errno(evidence_ask(l.fd[0], 1), ENOTCONN, "closed by both: no evidence any more");
	tap_equal(life_info(l.fd[0]), 0, "but its owner is told of it");
	line_close(&l);

	l = line_open(FAR4);
	shutdown(l.fd[1], SHUT_WR);
	tap_ok(!line_tx(&l) && !line_rx(&l) && speaks(&l), "keys after the peer has half closed: the same");
	line_close(&l);
}

#define DESTROY_TESTS 4

static void test_destroy(void)
{
	struct line l = line_keyed(FAR4);
	struct tlsbind_claims c;
	char byte;

	mock_hold();
	evidence_ask(l.fd[0], 7);
	mock_wait_busy();
	destroy(l.fd[0]);
	tap_ok(is_closed(l.fd[0]) && recv(l.fd[1], &byte, 1, 0) < 0 && errno == ECONNRESET,
	       "destroyed by an administrator while a challenge waits");
	mock_set("hang", "0");
	tap_ok(life_read(l.fd[0], 7, &l.tx, &l.rx, &c), "its answer is about the keys that were there");
	tap_errno(evidence_ask(l.fd[0], 8), ENOTCONN, "another challenge is refused");
	tap_ok(disconnect(l.fd[0]) == EOPNOTSUPP && reconnect(l.fd[0]) == EINVAL, "the socket is not used again");
	line_close(&l);
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

/* Whatever comes out of trying to send. */
static bool silent(struct line *l)
{
	struct life_bytes before = life_bytes(l->fd);

	send(l->fd[0], "early", 5, MSG_NOSIGNAL);
	return life_same(&before, l->fd);
}

#define HELD_UNSPEC_TESTS 5

static void test_held_unspec(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);

	tap_equal(disconnect(l.fd[0]), EOPNOTSUPP, "held: the connection is not taken apart");
	tap_errno(listen(l.fd[0], 1), EINVAL, "held: the socket does not listen");
	tap_ok(reconnect(l.fd[0]) == EINVAL && !gate_done(&w), "held: it is not connected again");
	tap_ok(silent(&l), "held: and stays closed for sending");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(gate_join(&w) == EACCES && line_dead(&l, EACCES), "rejected: it ends by a reset");
	line_close(&l);
}

/* What ends a held connection from outside. */
static void end_by_peer(struct line *l)
{
	ktls_reset(l->fd[1]);
	l->fd[1] = -1;
}

static void end_by_admin(struct line *l)
{
	destroy(l->fd[0]);
}

#define ENDED_TESTS 4

static void test_ended(const char *how, void (*end)(struct line *l))
{
	struct gate_list list;
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);
	char c;

	end(&l);
	tap_ok(is_closed(l.fd[0]) && disconnect(l.fd[0]) == EOPNOTSUPP && reconnect(l.fd[0]) == EINVAL,
	       "held and %s: nothing else comes into the socket", how);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	tap_ok(!gate_list(&judge, &list) && !list.count, "admitted all the same: it is not held any more");
	tap_ok(send(l.fd[0], "x", 1, MSG_NOSIGNAL) < 0 || is_closed(l.fd[0]), "but the connection is gone");
	tap_ok(l.fd[1] < 0 || (recv(l.fd[1], &c, 1, 0) < 0 && errno == ECONNRESET), "and nothing was sent");
	line_close(&l);
}

#define HELD_HALF_TESTS 5

static void test_held_half(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);
	struct pollfd come = { .fd = l.fd[1], .events = POLLIN };
	char got[6] = "", c;

	shutdown(l.fd[1], SHUT_WR);
	tap_ok(silent(&l), "held: half closed by the peer, it stays closed for sending");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	ktls_install(l.fd[1], TLS_RX, &l.tx);
	tap_ok(poll(&come, 1, 10000 * guest_slow()) == 1 && recv(l.fd[1], got, 5, MSG_DONTWAIT) == 5 &&
	       !memcmp(got, "early", 5), "admitted: what kTLS took before the verdict comes by itself");
	tap_ok(send(l.fd[0], "x", 1, MSG_NOSIGNAL) == 1 && recv(l.fd[1], got, 5, 0) == 1 && *got == 'x',
	       "and more follows, to a peer that only reads");
	line_close(&l);

	l = held(&w, &hold);
	shutdown(l.fd[0], SHUT_RD);
	tap_ok(silent(&l), "held: closed for reading, it stays closed for sending");
	shutdown(l.fd[0], SHUT_RDWR);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	send(l.fd[0], "late", 4, MSG_NOSIGNAL);
	tap_equal(recv(l.fd[1], &c, 1, 0), 0, "what the program itself has shut stays shut");
	line_close(&l);
}

#define HELD_CLOSE_TESTS 2

/* The call has the file, so the socket lives until it returns. */
static void test_held_close(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = held(&w, &hold);
	char c;

	close(l.fd[0]);
	tap_ok(recv(l.fd[1], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "held: a closed descriptor ends nothing");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!gate_join(&w) && !recv(l.fd[1], &c, 1, 0), "admitted: the connection ends, and nothing was sent");
	close(l.fd[1]);
}

int main(void)
{
	tap_plan(UNSPEC_TESTS + FORM_TESTS + CONNECTING_TESTS + HALF_TESTS + DESTROY_TESTS + HELD_UNSPEC_TESTS +
		 2 * ENDED_TESTS + HELD_HALF_TESTS + HELD_CLOSE_TESTS);
	guest_setup();
	network();
	listen_everywhere();
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	test_unspec();
	test_form();
	test_connecting();
	test_half();
	test_destroy();
	only("gate");
	gate_judge(&judge);
	test_held_unspec();
	test_ended("reset by the peer", end_by_peer);
	test_ended("destroyed by an administrator", end_by_admin);
	test_held_half();
	test_held_close();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
