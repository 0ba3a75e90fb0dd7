// SPDX-License-Identifier: MIT
/*
 * A second key in the same direction. From Linux 6.14 kTLS takes it as a rekey, and
 * generation and commitment follow; before, it refuses, and nothing changes.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"
#include "vectors.h"

#define VECTORS "/opt/tlsbind/vectors/v1.json"

/** struct end - what one end says of itself */
struct end {
	struct tlsbind_info info;
	struct tlsbind_peer peer;
	struct tlsbind_claims claims;
};

static bool look(int fd, struct end *end)
{
	static uint8_t buf[65536];
	socklen_t len = sizeof(end->info);
	struct evidence e;
	ssize_t n;

	if (getsockopt(fd, SOL_TLS, TLSBIND_INFO, &end->info, &len))
		return false;
	len = sizeof(end->peer);
	if (getsockopt(fd, SOL_TLS, TLSBIND_PEER, &end->peer, &len) || evidence_ask(fd, 1))
		return false;
	n = evidence_read(fd, buf, sizeof(buf));
	if (n < 0 || !evidence_parse(&e, buf, n) || !evidence_bound_to(&e, 1))
		return false;
	end->claims = e.claims;
	return true;
}

static bool same(const struct end *a, const struct end *b)
{
	return !memcmp(&a->info, &b->info, sizeof(a->info)) &&
	       !memcmp(&a->peer, &b->peer, sizeof(a->peer)) &&
	       !memcmp(a->claims.tx_commitment, b->claims.tx_commitment, 2 * TLSBIND_COMMITMENT_SIZE) &&
	       a->claims.tx_generation == b->claims.tx_generation &&
	       a->claims.rx_generation == b->claims.rx_generation &&
	       a->claims.installed_ns == b->claims.installed_ns;
}

/** struct rekey - a connection with the keys of a vector, and the next ones */
struct rekey {
	const json_t *v;
	struct ktls_key tx, rx, next_tx, next_rx;
	int fd[2];
	struct end first;
};

static struct rekey open_rekey(const json_t *v, int family)
{
	struct rekey r = {
		.v = v, .tx = vectors_key(v, "tx_"), .rx = vectors_key(v, "rx_"),
		.next_tx = vectors_key(v, "next_tx_"), .next_rx = vectors_key(v, "next_rx_"),
	};

	if (ktls_tcp_pair(family, r.fd) || ktls_install_both(r.fd[0], &r.tx, &r.rx) ||
	    ktls_install_both(r.fd[1], &r.rx, &r.tx) || !look(r.fd[0], &r.first))
		tap_bail("%s: %s", vectors_text(v, "name"), strerror(errno));
	return r;
}

static bool is(const json_t *v, const char *name, const uint8_t *got)
{
	uint8_t want[TLSBIND_COMMITMENT_SIZE];

	vectors_bytes(v, name, want, sizeof(want));
	return !memcmp(got, want, sizeof(want));
}

/* The claims have these generations, and the commitments of the vector. */
static bool claims_are(const struct rekey *r, const struct end *end, uint32_t tx, uint32_t rx)
{
	return be32toh(end->claims.tx_generation) == tx && be32toh(end->claims.rx_generation) == rx &&
	       is(r->v, tx ? "next_tx_commitment" : "tx_commitment", end->claims.tx_commitment) &&
	       is(r->v, rx ? "next_rx_commitment" : "rx_commitment", end->claims.rx_commitment);
}

static bool info_is(const struct rekey *r, const struct end *end, uint32_t tx, uint32_t rx)
{
	return end->info.tx_generation == tx && end->info.rx_generation == rx &&
	       end->peer.tx_generation == rx && end->peer.rx_generation == tx &&
	       is(r->v, rx ? "next_peer_tx_commitment" : "peer_tx_commitment", end->peer.tx_commitment) &&
	       is(r->v, tx ? "next_peer_rx_commitment" : "peer_rx_commitment", end->peer.rx_commitment) &&
	       !memcmp(end->info.connection_id, r->first.info.connection_id, 16) &&
	       !memcmp(end->peer.connection_id, r->first.peer.connection_id, 16);
}

#define REKEY_TESTS 9	/* for each suite */

static void test_rekey(const json_t *v, int family)
{
	struct rekey r = open_rekey(v, family);
	const char *name = vectors_text(v, "name");
	struct end end;

	tap_errno(ktls_install(r.fd[0], TLS_TX, &r.next_tx), 0, "%s: the tx key is replaced", name);
	tap_ok(look(r.fd[0], &end) && claims_are(&r, &end, 1, 0), "%s: the claims follow", name);
	tap_ok(info_is(&r, &end, 1, 0), "%s: info and peer follow, the connection id stays", name);
	tap_ok(be64toh(end.claims.installed_ns) > be64toh(r.first.claims.installed_ns),
	       "%s: so does the time of installation", name);
	tap_errno(ktls_install(r.fd[0], TLS_RX, &r.next_rx), 0, "%s: the rx key is replaced", name);
	tap_ok(look(r.fd[0], &end) && claims_are(&r, &end, 1, 1), "%s: the claims follow again", name);
	tap_ok(info_is(&r, &end, 1, 1), "%s: info and peer follow, the connection id stays again", name);
	tap_ok(!ktls_install(r.fd[1], TLS_TX, &r.next_rx) && !ktls_install(r.fd[1], TLS_RX, &r.next_tx) &&
	       look(r.fd[1], &end) && be32toh(end.claims.tx_generation) == 1 &&
	       is(v, "next_peer_tx_commitment", end.claims.tx_commitment) &&
	       is(v, "next_peer_rx_commitment", end.claims.rx_commitment), "%s: the other end follows", name);
	tap_ok(ktls_echo(r.fd[0], r.fd[1], "new keys", 8) && ktls_echo(r.fd[1], r.fd[0], "both ways", 9),
	       "%s: data flows under the new keys", name);
	ktls_close_pair(r.fd);
}

#define REFUSED_TESTS 4

/* What kTLS refuses changes nothing of ours. */
static void test_refused(const json_t *v)
{
	struct rekey r = open_rekey(v, AF_INET);
	struct ktls_key other = ktls_key(0x1303, 1), tls12 = r.next_tx;
	struct end end;

	tls12.version = TLS_1_2_VERSION;
	tap_ok(ktls_install(r.fd[0], TLS_TX, &other) < 0, "another cipher is refused by kTLS");
	tap_ok(ktls_install(r.fd[0], TLS_TX, &tls12) < 0, "another version is refused by kTLS");
	tap_ok(setsockopt(r.fd[0], SOL_TLS, TLS_RX, &r.rx, 3) < 0, "a short key is refused by kTLS");
	tap_ok(look(r.fd[0], &end) && same(&r.first, &end), "and nothing of ours changes");
	ktls_close_pair(r.fd);
}

#define MANY_TESTS 1

static void test_many(const json_t *v)
{
	struct rekey r = open_rekey(v, AF_INET);
	uint8_t want[TLSBIND_COMMITMENT_SIZE];
	struct ktls_key k = r.tx;
	struct end end;

	for (unsigned int i = 1; i <= 100; i++) {
		k = ktls_key(k.suite, i);
		if (ktls_install(r.fd[0], TLS_TX, &k))
			tap_bail("rekey %u: %s", i, strerror(errno));
	}
	evidence_commitment(TLSBIND_DIRECTION_TX, &k, want);
	tap_ok(look(r.fd[0], &end) && be32toh(end.claims.tx_generation) == 100 &&
	       end.info.tx_generation == 100 &&
	       !memcmp(end.claims.tx_commitment, want, sizeof(want)), "100 rekeys are counted");
	ktls_close_pair(r.fd);
}

#define WAITING_TESTS 4

/* A rekey while a challenge waits: the claims are of one moment, when the new key was there. */
static void test_waiting(const json_t *v)
{
	struct rekey r = open_rekey(v, AF_INET6);
	static uint8_t buf[65536];
	struct evidence e = { 0 };
	struct end end = { 0 };
	int blocker[2];
	ssize_t n;

	if (ktls_pair(AF_INET, 0x1301, 7000, blocker))
		tap_bail("pair: %s", strerror(errno));
	mock_set("hang", "1");
	evidence_ask(blocker[0], 2);
	mock_wait_busy();
	tap_errno(evidence_ask(r.fd[0], 3), 0, "a challenge waits behind another");
	ktls_install(r.fd[0], TLS_TX, &r.next_tx);
	mock_set("hang", "0");
	n = evidence_read(r.fd[0], buf, sizeof(buf));
	tap_ok(n > 0 && evidence_parse(&e, buf, n) && evidence_bound_to(&e, 3), "it is answered after a rekey");
	end.claims = e.claims;
	tap_ok(claims_are(&r, &end, 1, 0), "generation and commitment are those of the new key (generation %u)",
	       be32toh(e.claims.tx_generation));
	tap_ok(be64toh(e.claims.evidence_ns) > be64toh(e.claims.installed_ns), "and stated after it was installed");
	evidence_fetch(blocker[0], 2);
	ktls_close_pair(r.fd);
	ktls_close_pair(blocker);
}

#define BUSY_TESTS 3	/* for each suite */

/* Before rekey was there: refused, as without the module. */
static void test_busy(const json_t *v)
{
	struct rekey r = open_rekey(v, AF_INET);
	const char *name = vectors_text(v, "name");
	struct end end;

	tap_errno(ktls_install(r.fd[0], TLS_TX, &r.next_tx), EBUSY, "%s: a second tx key is refused", name);
	tap_errno(ktls_install(r.fd[0], TLS_RX, &r.next_rx), EBUSY, "%s: a second rx key is refused", name);
	tap_ok(look(r.fd[0], &end) && same(&r.first, &end), "%s: nothing of ours changes", name);
	ktls_close_pair(r.fd);
}

int main(void)
{
	json_t *all = vectors_load(VECTORS), *array = vectors_array(all, "connections"), *v;
	int rekeys = guest_rekeys();
	size_t i;

	tap_plan(REFUSED_TESTS + (rekeys ? KTLS_SUITES * REKEY_TESTS + MANY_TESTS + WAITING_TESTS :
				  KTLS_SUITES * BUSY_TESTS));
	guest_need("load_ciphers");
	guest_setup();
	json_array_foreach(array, i, v) {
		if (rekeys)
			test_rekey(v, i % 2 ? AF_INET6 : AF_INET);
		else
			test_busy(v);
	}
	v = json_array_get(array, 0);
	test_refused(v);
	if (rekeys) {
		test_many(v);
		test_waiting(v);
	}
	json_decref(all);
	return tap_done();
}
