// SPDX-License-Identifier: MIT
/*
 * What a question for evidence by netlink is refused with, when that takes more than a
 * wrong message (netlink-evidence has those): sockets with the same keys, keys older than
 * the module, a key that is being installed, a rate; and what has no name to ask by.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "genl.h"
#include "rules.h"
#include "stall.h"

#define SUITE	0x1301

static void id_of(const struct ktls_key *tx, const struct ktls_key *rx,
		  uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	uint8_t c_tx[TLSBIND_COMMITMENT_SIZE], c_rx[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, tx, c_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, rx, c_rx);
	evidence_connection_id(c_tx, c_rx, id);
}

/* Return: errno of the acknowledgement; the answer, if there is one, is not looked at. */
static int ask(struct genl *g, const struct ktls_key *tx, const struct ktls_key *rx)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	struct genl_msg m;

	id_of(tx, rx, id);
	evidence_nonce(nonce, 1);
	genl_begin(&m, g->family, TLSBIND_CMD_EVIDENCE_GET, 0);
	genl_put(&m, TLSBIND_A_EVIDENCE_ID, id, sizeof(id));
	genl_put(&m, TLSBIND_A_EVIDENCE_NONCE, nonce, sizeof(nonce));
	return genl_ask(g, &m, NULL, NULL);
}

/* A connection with keys at one end; the other is left alone. */
static void open_keyed(int fd[2], const struct ktls_key *tx, const struct ktls_key *rx)
{
	if (ktls_tcp_pair(AF_INET, fd) || ktls_install_both(fd[0], tx, rx))
		tap_bail("keys: %s", strerror(errno));
}

static void only(const char *rule)
{
	struct nl nl;

	if (nl_open(&nl) || rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
	nl_close(&nl);
}

#define OLD_TESTS (guest_rekeys() ? 6 : 3)

/* @fd: has had the keys since before the module was there. */
static void test_old(struct genl *g, int fd[2], const struct ktls_key *tx, const struct ktls_key *rx)
{
	struct ktls_key next_tx = ktls_key(SUITE, 11), next_rx = ktls_key(SUITE, 12);

	tap_errno(evidence_ask(fd[0], 1), ESTALE, "keys are older than the module");
	genl_refused(g, ask(g, tx, rx), ENOENT, "no such connection",
		     "what they would name is not found by netlink");
	tap_errno(ktls_install(fd[0], TLS_TX, &next_tx), guest_rekeys() ? 0 : EBUSY,
		  "replacing one is kTLS's matter");
	if (!guest_rekeys())
		return;
	genl_refused(g, ask(g, &next_tx, rx), ENOENT, "no such connection",
		     "with one that is replaced there is no name yet");
	tap_errno(ktls_install(fd[0], TLS_RX, &next_rx), 0, "so is replacing the other");
	genl_refused(g, ask(g, &next_tx, &next_rx), ESTALE, "older than the module",
		     "then there is a name, but no evidence");
}

#define SAME_TESTS 3

static void test_same(struct genl *g)
{
	struct ktls_key tx = ktls_key(SUITE, 21), rx = ktls_key(SUITE, 22);
	int a[2], b[2];

	/* A rule with attest would refuse the second. */
	only("pass");
	open_keyed(a, &tx, &rx);
	open_keyed(b, &tx, &rx);
	only(RULES_ALLOW_ALL);
	genl_refused(g, ask(g, &tx, &rx), ENOTUNIQ, "same keys",
		     "the name of two sockets with the same keys is refused");
	tap_errno(evidence_ask(b[0], 1), 0, "though each of them can be asked itself");
	ktls_close_pair(b);
	tap_equal(ask(g, &tx, &rx), 0, "until one of them is closed");
	ktls_close_pair(a);
}

#define RATE_TESTS 3

static void test_rate(struct genl *g)
{
	struct ktls_key tx = ktls_key(SUITE, 31), rx = ktls_key(SUITE, 32);
	int fd[2], error = 0, asked;

	open_keyed(fd, &tx, &rx);
	only("attest loopback rate 1");
	tap_equal(ask(g, &tx, &rx), 0, "rate 1: a question is accepted");
	/* Another is, whenever a second has passed. */
	for (asked = 0; asked < 100 && !error; asked++)
		error = ask(g, &tx, &rx);
	genl_refused(g, error, EDQUOT, "more challenges than the rate", "rate 1: the next at once is refused");
	only("attest loopback");
	tap_equal(ask(g, &tx, &rx), 0, "without it one is accepted");
	ktls_close_pair(fd);
}

#define OLD_TLS_TESTS 2

/* It has no connection id: the kernel cannot tell whose keys they are. */
static void test_tls12(struct genl *g)
{
	struct ktls_key tx = ktls_key(SUITE, 41), rx = ktls_key(SUITE, 42);
	struct tlsbind_info info = { .connection_id = { 1 } };
	static const uint8_t none[TLSBIND_CONNECTION_ID_SIZE];
	socklen_t len = sizeof(info);
	int fd[2];

	only(RULES_ALLOW_ALL);
	tx.version = rx.version = TLS_1_2_VERSION;
	open_keyed(fd, &tx, &rx);
	tap_ok(!getsockopt(fd[0], SOL_TLS, TLSBIND_INFO, &info, &len) &&
	       !memcmp(info.connection_id, none, sizeof(none)), "with TLS 1.2 there is no name");
	genl_refused(g, ask(g, &tx, &rx), ENOENT, "no such connection", "so nobody can ask by one");
	ktls_close_pair(fd);
}

#define INSTALLING_TESTS (guest_rekeys() ? 3 : 0)

/* A connection with a name is given a key only where kTLS replaces them. */
static void test_installing(struct genl *g)
{
	struct ktls_key tx = ktls_key(SUITE, 51), rx = ktls_key(SUITE, 52), next = ktls_key(SUITE, 53);
	struct stall s;
	int fd[2];

	if (!guest_rekeys())
		return;
	open_keyed(fd, &tx, &rx);
	stall_begin(&s, &next, TLS_TX, fd[0]);
	genl_refused(g, ask(g, &tx, &rx), EBUSY, "being installed",
		     "while a key is being replaced a question is refused");
	tap_equal(stall_end(&s), 0, "it is replaced");
	tap_equal(ask(g, &tx, &rx), 0, "and a question accepted");
	ktls_close_pair(fd);
}

int main(void)
{
	struct ktls_key tx = ktls_key(SUITE, 1), rx = ktls_key(SUITE, 2);
	struct genl g;
	int old[2];

	tap_plan(OLD_TESTS + SAME_TESTS + RATE_TESTS + OLD_TLS_TESTS + INSTALLING_TESTS);
	guest_need("load_mock sev_guest && modprobe tls");
	open_keyed(old, &tx, &rx);
	guest_load();
	genl_need(&g);
	test_old(&g, old, &tx, &rx);
	test_same(&g);
	test_rate(&g);
	test_tls12(&g);
	test_installing(&g);
	ktls_close_pair(old);
	close(g.fd);
	return tap_done();
}
