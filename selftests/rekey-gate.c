// SPDX-License-Identifier: MIT
/*
 * KeyUpdates of OpenSSL and GnuTLS under a gate: whoever installs the new key is held until a
 * judge has seen evidence about it; and what becomes of KeyUpdates of both ends that cross.
 */
#define _GNU_SOURCE
#include "rekey-evidence.h"
#include "rekey-gnutls.h"
#include "rekey-openssl.h"
#include "gate.h"

static struct tlsbind_info info_of(struct rekey_end *end)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(end->fd, SOL_TLS, TLSBIND_INFO, &info, &len))
		tap_bail("info: %s", strerror(errno));
	return info;
}

/* What a judge does: evidence of the peer against what the kernel says of the hold. */
static struct tlsbind_result *judged(const struct gate_hold *hold, struct rekey_end *peer)
{
	static const struct tlsbind_handshake full = { true, true, true, NULL };
	struct tlsbind_peer told = { .tx_generation = hold->tx_generation,
				     .rx_generation = hold->rx_generation };
	struct tlsbind_connection connection;

	memcpy(told.connection_id, hold->id, sizeof(told.connection_id));
	memcpy(told.tx_commitment, hold->tx, sizeof(told.tx_commitment));
	memcpy(told.rx_commitment, hold->rx, sizeof(told.rx_commitment));
	if (tlsbind_peer_connection(&told, TLS_1_3_VERSION, info_of(peer).cipher_suite, &full, &connection))
		tap_bail("the hold says nothing of the peer");
	return rekey_verify(peer->fd, &connection);
}

static bool evidence_fits(const struct gate_hold *hold, struct rekey_end *peer)
{
	struct tlsbind_result *result = judged(hold, peer);
	bool good = tlsbind_result_accepted(result);

	tlsbind_result_free(result);
	return good;
}

/* These two checks fail, and no other. */
static bool fails_only(const struct gate_hold *hold, struct rekey_end *peer, const char *binding)
{
	struct tlsbind_result *result = judged(hold, peer);
	const struct tlsbind_check *check;
	unsigned int failed = 0;
	bool only = true;

	for (size_t i = 0; (check = tlsbind_result_check(result, i)); i++) {
		if (check->verdict == TLSBIND_PASS)
			continue;
		failed++;
		only &= !strcmp(check->name, binding) || !strcmp(check->name, "claims.generation");
	}
	if (!only || failed != 2)
		tlsbind_result_print(result, stderr);
	tlsbind_result_free(result);
	return only && failed == 2;
}

/** struct scene - a client under gate, a server that is attested, and a judge */
struct scene {
	const struct rekey_library *library;
	struct rekey_pair p;
	struct genl judge;
	struct nl nl;
	struct gate_hold hold;
	struct rekey_task task;
};

static bool next_hold(struct scene *s, long long tx, long long rx)
{
	int error = gate_next(&s->judge, &s->hold);

	if (!error && s->hold.tx_generation == tx && s->hold.rx_generation == rx)
		return true;
	tap_diag("hold: %s, generations %lld and %lld", strerror(error), s->hold.tx_generation,
		 s->hold.rx_generation);
	return false;
}

static bool verdict(struct scene *s, uint8_t decision)
{
	int error = gate_verdict(&s->judge, s->hold.handle, decision);

	if (error)
		tap_diag("verdict: %s", s->judge.text);
	return !error;
}

/* The handshake is over for both when the judge has admitted the client. */
static void scene_open(struct scene *s, const struct rekey_library *library, const char *rekey)
{
	char gate[64], attest[64];
	const char *const rules[] = { gate, attest, NULL };
	struct rekey_task server;

	s->library = library;
	rekey_begin(&s->p, library, true, &rekey_openssl, true);
	snprintf(gate, sizeof(gate), "gate rport %u rekey %s", s->p.port, rekey);
	snprintf(attest, sizeof(attest), "attest loopback lport %u", s->p.port);
	if (rules_replace(&s->nl, rules))
		tap_bail("rules: %s", s->nl.text);
	rekey_start(&server, &s->p.b, rekey_shake);
	rekey_start(&s->task, &s->p.a, rekey_shake);
	if (!next_hold(s, 0, 0) || rekey_join(&server))
		tap_bail("server: %s", s->p.b.error);
	if (!evidence_fits(&s->hold, &s->p.b) || !verdict(s, TLSBIND_DECISION_ADMIT) || rekey_join(&s->task))
		tap_bail("client: %s", s->p.a.error);
	if (!rekey_talk(&s->p.a, &s->p.b, "hello") || !rekey_talk(&s->p.b, &s->p.a, "hello"))
		tap_bail("no data");
}

static int update_plain(struct rekey_end *end)
{
	return rekey_update(end, false);
}

static int update_request(struct rekey_end *end)
{
	return rekey_update(end, true);
}

static int hear_after(struct rekey_end *end)
{
	return rekey_heard(end, "after") ? 0 : -1;
}

/* The server reads, until it has the client's KeyUpdate; there is no data. */
static void server_reads(struct scene *s)
{
	struct timeval brief = { .tv_usec = 50000 }, limit = { .tv_sec = 60 };
	struct rekey_end *b = &s->p.b;
	char text[16];

	setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief));
	for (int i = 0; i < 1200 && !info_of(b).rx_generation; i++)
		if (b->library->recv(b, text, sizeof(text)) >= 0)
			tap_bail("data came that is held");
	setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (info_of(b).rx_generation != 1)
		tap_bail("the server has not got the KeyUpdate");
}

#define OWN_TESTS 4

static void test_own(struct scene *s, const struct rekey_library *library)
{
	scene_open(s, library, "stale");
	rekey_start(&s->task, &s->p.a, update_plain);
	tap_ok(next_hold(s, 0, 1), "%s: its KeyUpdate is held", library->name);
	tap_ok(fails_only(&s->hold, &s->p.b, "binding.rx"), "%s: the server is behind until it reads",
	       library->name);
	server_reads(s);
	tap_ok(evidence_fits(&s->hold, &s->p.b) && !rekey_done(&s->task),
	       "%s: then its evidence is about the new key, and the client still waits", library->name);
	tap_ok(verdict(s, TLSBIND_DECISION_ADMIT) && !rekey_join(&s->task) &&
	       rekey_talk(&s->p.a, &s->p.b, "there") && rekey_talk(&s->p.b, &s->p.a, "back"),
	       "%s: admitted, it goes on", library->name);
	rekey_close(&s->p);
}

#define OTHER_TESTS 3

static void test_other(struct scene *s, const struct rekey_library *library)
{
	scene_open(s, library, "stale");
	if (rekey_update(&s->p.b, true) || rekey_send(&s->p.b, "after"))
		tap_bail("server: %s", s->p.b.error);
	rekey_start(&s->task, &s->p.a, hear_after);
	tap_ok(next_hold(s, 1, 0) && !rekey_done(&s->task), "%s: the server's KeyUpdate is held when it is read",
	       library->name);
	tap_ok(evidence_fits(&s->hold, &s->p.b), "%s: evidence is about the new key at once", library->name);
	tap_ok(verdict(s, TLSBIND_DECISION_ADMIT) && !rekey_join(&s->task), "%s: admitted, it has the data",
	       library->name);
	rekey_close(&s->p);
}

#define REJECTED_TESTS 3

/* Whatever the reason was. */
static void rejected(struct scene *s, const char *what)
{
	char text[16];

	tap_ok(verdict(s, TLSBIND_DECISION_REJECT) && rekey_join(&s->task), "%s, %s: rejected, it fails: %s",
	       s->library->name, what, s->p.a.error);
	tap_ok(rekey_send(&s->p.a, "more") < 0, "%s, %s: it sends nothing", s->library->name, what);
	tap_ok(s->p.b.library->recv(&s->p.b, text, sizeof(text)) < 0 &&
	       strstr(s->p.b.error, strerror(ECONNRESET)), "%s, %s: the server sees a reset, and no data",
	       s->library->name, what);
	rekey_close(&s->p);
}

#define CROSSING_TESTS (2 + REJECTED_TESTS)

/* Both ends send KeyUpdates before either has read the other's. */
static void test_crossing(struct scene *s, const struct rekey_library *library)
{
	scene_open(s, library, "stale");
	if (rekey_update(&s->p.b, false))
		tap_bail("server: %s", s->p.b.error);
	rekey_start(&s->task, &s->p.a, update_plain);
	tap_ok(next_hold(s, 0, 1), "%s, crossing: its own KeyUpdate is held", library->name);
	server_reads(s);
	tap_ok(fails_only(&s->hold, &s->p.b, "binding.tx"),
	       "%s, crossing: the server is ahead with what it sends, and stays so", library->name);
	rejected(s, "crossing");
}

#define ANSWERED_TESTS (3 + REJECTED_TESTS)

/* The client has asked for a KeyUpdate, and the server has something to say. */
static void test_answered(struct scene *s, const struct rekey_library *library)
{
	scene_open(s, library, "stale");
	rekey_start(&s->task, &s->p.a, update_request);
	tap_ok(next_hold(s, 0, 1), "%s, answered: its KeyUpdate is held", library->name);
	server_reads(s);
	tap_ok(evidence_fits(&s->hold, &s->p.b), "%s, answered: evidence fits while the server is silent",
	       library->name);
	if (rekey_send(&s->p.b, "gladly"))
		tap_bail("server: %s", s->p.b.error);
	tap_ok(fails_only(&s->hold, &s->p.b, "binding.tx"), "%s, answered: and no longer when it has answered",
	       library->name);
	rejected(s, "answered");
}

#define MUTUAL_TESTS 4

/* Both ends are under the gate: the KeyUpdate of one holds it, and then the other, too. */
static void test_mutual(struct scene *s)
{
	struct rekey_task server;
	struct gate_hold client;

	s->library = &rekey_openssl;
	rekey_begin(&s->p, s->library, true, &rekey_openssl, true);
	if (rules_only(&s->nl, "gate mutual loopback"))
		tap_bail("rules: %s", s->nl.text);
	rekey_start(&server, &s->p.b, rekey_shake);
	rekey_start(&s->task, &s->p.a, rekey_shake);
	for (int i = 0; i < 2; i++)
		if (!next_hold(s, 0, 0) || !verdict(s, TLSBIND_DECISION_ADMIT))
			tap_bail("handshake");
	if (rekey_join(&server) || rekey_join(&s->task))
		tap_bail("handshake: %s, %s", s->p.a.error, s->p.b.error);
	rekey_start(&s->task, &s->p.a, update_plain);
	tap_ok(next_hold(s, 0, 1), "mutual: the client's KeyUpdate holds the client");
	client = s->hold;
	rekey_start(&server, &s->p.b, hear_after);
	tap_ok(next_hold(s, 1, 0), "mutual: and the server, when it has read it");
	tap_ok(evidence_fits(&client, &s->p.b) && evidence_fits(&s->hold, &s->p.a) &&
	       !rekey_done(&s->task) && !rekey_done(&server), "mutual: evidence of each fits the other's hold");
	tap_ok(verdict(s, TLSBIND_DECISION_ADMIT) &&
	       !gate_verdict(&s->judge, client.handle, TLSBIND_DECISION_ADMIT) && !rekey_join(&s->task) &&
	       !rekey_send(&s->p.a, "after") && !rekey_join(&server), "mutual: admitted, both go on");
	rekey_close(&s->p);
}

#define KEEP_TESTS 1

static void test_keep(struct scene *s, const struct rekey_library *library)
{
	scene_open(s, library, "keep");
	tap_ok(!rekey_update(&s->p.b, false) && !rekey_update(&s->p.a, true) &&
	       rekey_talk(&s->p.b, &s->p.a, "back") && rekey_talk(&s->p.a, &s->p.b, "there") &&
	       gate_quiet(&s->judge), "%s, keep: nobody is held, also if they cross", library->name);
	rekey_close(&s->p);
}

#define ABORT_TESTS 1

static void test_abort(struct scene *s, const struct rekey_library *library)
{
	scene_open(s, library, "abort");
	tap_ok(rekey_update(&s->p.a, false) && gate_quiet(&s->judge), "%s, abort: it fails: %s", library->name,
	       s->p.a.error);
	rekey_close(&s->p);
}

#define TESTS (OWN_TESTS + OTHER_TESTS + CROSSING_TESTS + ANSWERED_TESTS + KEEP_TESTS + ABORT_TESTS)

int main(int argc, char **argv)
{
	static const struct rekey_library *const libraries[] = { &rekey_openssl, &rekey_gnutls };
	static struct scene s;

	(void)argc;
	if (!guest_rekeys())
		tap_skip_all("kTLS cannot rekey");
	rekey_setup(argv);
	tap_plan(2 * TESTS + MUTUAL_TESTS);
	guest_setup();
	guest_param("tlsbind", "gate_timeout_ms", "60000");
	if (nl_open(&s.nl))
		tap_bail("netlink");
	gate_judge(&s.judge);
	for (int i = 0; i < 2; i++) {
		test_own(&s, libraries[i]);
		test_other(&s, libraries[i]);
		test_crossing(&s, libraries[i]);
		test_answered(&s, libraries[i]);
		test_keep(&s, libraries[i]);
		test_abort(&s, libraries[i]);
	}
	test_mutual(&s);
	return tap_done();
}
