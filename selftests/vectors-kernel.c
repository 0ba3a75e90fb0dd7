// SPDX-License-Identifier: MIT
/*
 * The kernel's commitments, connection ids, leaves, trees and REPORT_DATA are
 * those of selftests/vectors/v1.json. First the helpers of these tests are held
 * against the vectors, then the kernel, through its socket options.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"
#include "tree.h"
#include "vectors.h"

#define VECTORS "/opt/tlsbind/vectors/v1.json"
#define LEAVES_MAX TLSBIND_TREE_SIZE_MAX

static tree_hash leaves[LEAVES_MAX];

/* --- the helpers --- */

static void check_commitments(const json_t *array)
{
	size_t i, wrong = 0;
	json_t *v;

	json_array_foreach(array, i, v) {
		struct ktls_key k = vectors_key(v, "");
		uint8_t want[TLSBIND_COMMITMENT_SIZE], got[TLSBIND_COMMITMENT_SIZE];

		vectors_bytes(v, "commitment", want, sizeof(want));
		evidence_commitment(vectors_int(v, "direction"), &k, got);
		wrong += !!memcmp(got, want, sizeof(want));
	}
	tap_ok(i && !wrong, "helpers agree with %zu commitments", i);
}

static void check_claims(const json_t *array)
{
	uint8_t encoded[TLSBIND_CLAIMS_SIZE];
	tree_hash want, got;
	size_t i, wrong = 0;
	json_t *v;

	json_array_foreach(array, i, v) {
		vectors_bytes(v, "encoded", encoded, sizeof(encoded));
		vectors_bytes(v, "leaf", want, sizeof(want));
		evidence_leaf((struct tlsbind_claims *)encoded, got);
		wrong += !!memcmp(got, want, sizeof(want));
	}
	tap_ok(i && !wrong, "helpers agree with %zu leaves", i);
}

static void tree_leaves(const json_t *v, size_t size)
{
	uint8_t m[64];
	size_t n = vectors_hex(vectors_text(v, "leaf_prefix"), m, sizeof(m) - 4);

	for (uint32_t i = 0; i < size; i++) {
		uint32_t number = htobe32(i);

		memcpy(m + n, &number, 4);
		evidence_sha384(m, n + 4, leaves[i]);
	}
}

static bool check_tree_paths(const json_t *v, size_t size, const tree_hash root)
{
	tree_hash want[TLSBIND_PATH_MAX + 1], got[TLSBIND_PATH_MAX + 1], computed;
	size_t i, nodes;
	json_t *path;

	json_array_foreach(vectors_array(v, "paths"), i, path) {
		uint32_t index = vectors_int(path, "index");

		nodes = vectors_nodes(vectors_array(path, "path"), want, TLSBIND_PATH_MAX + 1);
		if (tree_path(leaves, size, index, got) != nodes ||
		    memcmp(got, want, nodes * sizeof(tree_hash)) ||
		    !evidence_root(leaves[index], index, size, want[0], nodes, computed) ||
		    memcmp(computed, root, sizeof(computed)))
			return false;
	}
	return i > 0;
}

static void check_trees(const json_t *array)
{
	tree_hash want, got;
	size_t i, wrong = 0;
	json_t *v;

	json_array_foreach(array, i, v) {
		size_t size = vectors_int(v, "size");

		if (size > LEAVES_MAX)
			tap_bail("vectors: tree of %zu", size);
		tree_leaves(v, size);
		vectors_bytes(v, "root", want, sizeof(want));
		tree_root(leaves, size, got);
		wrong += memcmp(got, want, sizeof(want)) || !check_tree_paths(v, size, want);
	}
	tap_ok(i && !wrong, "helpers agree with %zu trees and their paths", i);
}

static void check_bad_paths(const json_t *array)
{
	tree_hash leaf, want, got, path[TLSBIND_PATH_MAX + 1];
	size_t i, accepted = 0;
	json_t *v;

	json_array_foreach(array, i, v) {
		size_t nodes = vectors_nodes(vectors_array(v, "path"), path, TLSBIND_PATH_MAX + 1);

		vectors_bytes(v, "leaf", leaf, sizeof(leaf));
		vectors_bytes(v, "root", want, sizeof(want));
		accepted += evidence_root(leaf, vectors_int(v, "index"), vectors_int(v, "size"),
					  path[0], nodes, got) && !memcmp(got, want, sizeof(want));
	}
	tap_ok(i && !accepted, "helpers refuse %zu bad paths", i);
}

static void check_report_data(const json_t *array)
{
	uint8_t boot[TLSBIND_BOOT_NONCE_SIZE], want[TLSBIND_REPORT_DATA_SIZE], got[sizeof(want)];
	size_t i, wrong = 0;
	tree_hash root;
	json_t *v;

	json_array_foreach(array, i, v) {
		vectors_bytes(v, "root", root, sizeof(root));
		vectors_bytes(v, "boot_nonce", boot, sizeof(boot));
		vectors_bytes(v, "report_data", want, sizeof(want));
		evidence_report_data(vectors_int(v, "tree_size"), root, boot, got);
		wrong += !!memcmp(got, want, sizeof(want));
	}
	tap_ok(i && !wrong, "helpers agree with %zu REPORT_DATA", i);
}

static void check_evidence(const json_t *array)
{
	static uint8_t buf[65536];
	size_t i, wrong = 0;
	json_t *v;

	json_array_foreach(array, i, v) {
		size_t len = vectors_hex(vectors_text(v, "encoded"), buf, sizeof(buf));
		struct evidence e;

		wrong += !evidence_parse(&e, buf, len) || !evidence_bound(&e) ||
			 e.tree_size != vectors_int(v, "tree_size");
	}
	tap_ok(i && !wrong, "helpers accept %zu pieces of evidence", i);
}

#define HELPER_TESTS 7

static void check_helpers(const json_t *all)
{
	check_commitments(vectors_array(all, "commitments"));
	check_claims(vectors_array(all, "claims"));
	check_trees(vectors_array(all, "trees"));
	check_bad_paths(vectors_array(all, "bad_paths"));
	check_report_data(vectors_array(all, "report_data"));
	check_evidence(vectors_array(all, "evidence"));
	tap_equal(json_array_size(vectors_array(all, "connections")), KTLS_SUITES,
		  "there is a connection for each cipher suite");
}

/* --- the kernel --- */

/* Both ends with the keys of a vector. */
static void connection_open(const json_t *v, int family, int fd[2])
{
	struct ktls_key tx = vectors_key(v, "tx_"), rx = vectors_key(v, "rx_");

	if (ktls_tcp_pair(family, fd) || ktls_install_both(fd[0], &tx, &rx) ||
	    ktls_install_both(fd[1], &rx, &tx))
		tap_bail("%s: %s", vectors_text(v, "name"), strerror(errno));
}

static void test_info(const json_t *v, int fd, const char *member)
{
	struct tlsbind_info info = { 0 };
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	socklen_t len = sizeof(info);

	vectors_bytes(v, member, id, sizeof(id));
	getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len);
	tap_bytes(info.connection_id, id, sizeof(id), "%s: %s", vectors_text(v, "name"), member);
}

static void test_peer(const json_t *v, int fd)
{
	struct tlsbind_peer peer = { 0 }, want = { 0 };
	socklen_t len = sizeof(peer);

	vectors_bytes(v, "peer_connection_id", want.connection_id, sizeof(want.connection_id));
	vectors_bytes(v, "peer_tx_commitment", want.tx_commitment, sizeof(want.tx_commitment));
	vectors_bytes(v, "peer_rx_commitment", want.rx_commitment, sizeof(want.rx_commitment));
	getsockopt(fd, SOL_TLS, TLSBIND_PEER, &peer, &len);
	tap_bytes(&peer, &want, sizeof(want), "%s: what the peer must present",
		  vectors_text(v, "name"));
}

static void test_claims(const json_t *v, int fd, const char *prefix)
{
	static uint8_t buf[65536];
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	const char *name = vectors_text(v, "name");
	struct evidence e = { 0 };
	char member[40];
	ssize_t n;

	snprintf(member, sizeof(member), "%stx_commitment", prefix);
	vectors_bytes(v, member, tx, sizeof(tx));
	snprintf(member, sizeof(member), "%srx_commitment", prefix);
	vectors_bytes(v, member, rx, sizeof(rx));
	evidence_ask(fd, 1);
	n = evidence_read(fd, buf, sizeof(buf));
	tap_ok(n > 0 && evidence_parse(&e, buf, n) && evidence_bound_to(&e, 1),
	       "%s: %sevidence is bound to nonce and report", name, prefix);
	tap_ok(!memcmp(e.claims.tx_commitment, tx, sizeof(tx)) &&
	       !memcmp(e.claims.rx_commitment, rx, sizeof(rx)),
	       "%s: %scommitments in the claims", name, prefix);
	tap_ok(be16toh(e.claims.version) == 1 && be16toh(e.claims.tls_version) == 0x0304 &&
	       be16toh(e.claims.cipher_suite) == vectors_int(v, "cipher_suite") &&
	       !e.claims.flags,
	       "%s: %sversions, suite and flags", name, prefix);
}

#define CONNECTION_TESTS 10

static void test_connection(const json_t *v, int family)
{
	int fd[2];

	connection_open(v, family, fd);
	test_info(v, fd[0], "connection_id");
	test_info(v, fd[1], "peer_connection_id");
	test_peer(v, fd[0]);
	test_claims(v, fd[0], "");
	test_claims(v, fd[1], "peer_");
	tap_ok(ktls_echo(fd[0], fd[1], "a record", 8), "%s: and data flows",
	       vectors_text(v, "name"));
	ktls_close_pair(fd);
}

/* A socket with only the key of a commitment vector. */
static int commitment_open(const json_t *v)
{
	struct ktls_key k = vectors_key(v, "");
	int fd[2], tx = vectors_int(v, "direction") == TLSBIND_DIRECTION_TX;

	if (ktls_tcp_pair(AF_INET6, fd) || ktls_attach(fd[0]) ||
	    ktls_install(fd[0], tx ? TLS_TX : TLS_RX, &k))
		tap_bail("%s: %s", vectors_text(v, "name"), strerror(errno));
	close(fd[1]);
	return fd[0];
}

static bool commitment_matches(const json_t *v, const struct evidence *e)
{
	static const uint8_t zeros[TLSBIND_COMMITMENT_SIZE];
	bool tx = vectors_int(v, "direction") == TLSBIND_DIRECTION_TX;
	uint8_t want[TLSBIND_COMMITMENT_SIZE];

	vectors_bytes(v, "commitment", want, sizeof(want));
	return be32toh(e->claims.flags) & TLSBIND_F_ONE_DIRECTION &&
	       !memcmp(e->claims.tx_commitment, tx ? want : zeros, sizeof(want)) &&
	       !memcmp(e->claims.rx_commitment, tx ? zeros : want, sizeof(want));
}

/* Is @e's path the one of a tree built from all leaves of that tree? */
static bool path_is_tree(const struct evidence *e, const struct evidence *all, size_t n)
{
	tree_hash path[TLSBIND_PATH_MAX + 1];
	uint32_t found = 0;

	if (e->tree_size > n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (all[i].report_len != e->report_len ||
		    memcmp(all[i].report, e->report, e->report_len))
			continue;
		if (all[i].leaf_index >= e->tree_size)
			return false;
		evidence_leaf(&all[i].claims, leaves[all[i].leaf_index]);
		found++;
	}
	return found == e->tree_size &&
	       tree_path(leaves, found, e->leaf_index, path) == e->path_nodes &&
	       !memcmp(path, e->path, e->path_nodes * sizeof(tree_hash));
}

/* Every commitment vector at once, so that they share reports. */
static void test_commitments(const json_t *array)
{
	size_t n = json_array_size(array), good = 0, bound = 0, tree = 0, largest = 0;
	struct evidence *e = calloc(n, sizeof(*e));
	uint8_t (*buf)[16384] = malloc(n * sizeof(*buf));
	int *fd = calloc(n, sizeof(*fd));

	for (size_t i = 0; i < n; i++)
		fd[i] = commitment_open(json_array_get(array, i));
	mock_set("delay_ms", "300");
	for (size_t i = 0; i < n; i++)
		evidence_ask(fd[i], i);
	for (size_t i = 0; i < n; i++) {
		ssize_t len = evidence_read(fd[i], buf[i], sizeof(buf[i]));

		if (len <= 0 || !evidence_parse(&e[i], buf[i], len))
			tap_bail("no evidence for vector %zu: %s", i, strerror(errno));
		close(fd[i]);
		good += commitment_matches(json_array_get(array, i), &e[i]);
		bound += evidence_bound_to(&e[i], i);
		largest = e[i].tree_size > largest ? e[i].tree_size : largest;
	}
	for (size_t i = 0; i < n; i++)
		tree += path_is_tree(&e[i], e, n);
	tap_equal(good, n, "the kernel makes the commitment of every vector, one direction each");
	tap_equal(bound, n, "every one of them is bound to its nonce and report");
	tap_ok(largest > n / 2, "many share a report (largest tree: %zu)", largest);
	tap_equal(tree, n, "every path is that of the tree over all leaves of its report");
	mock_set("delay_ms", "0");
	free(e);
	free(buf);
	free(fd);
}

int main(void)
{
	json_t *all = vectors_load(VECTORS), *v;
	size_t i;

	tap_plan(HELPER_TESTS + KTLS_SUITES * CONNECTION_TESTS + 4);
	check_helpers(all);
	guest_need("load_ciphers");
	guest_setup();
	json_array_foreach(vectors_array(all, "connections"), i, v)
		test_connection(v, i % 2 ? AF_INET6 : AF_INET);
	test_commitments(vectors_array(all, "commitments"));
	json_decref(all);
	return tap_done();
}
