// SPDX-License-Identifier: MIT
/*
 * Attacks with evidence: made by the module about live connections, and by a (mock) TEE, then
 * shown to a relying party that it was not made for, or altered, or forged. Each must be
 * rejected by the checks that are named and by no other, so that all else about it is right:
 * whoever leaves that check out accepts it.
 */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "evidence.h"
#include "guest.h"
#include "tlsbind.h"

#define SUITE	0x1301
#define ROOT	"/opt/tlsbind/pki/ark.pem"
#define HEX	"/opt/tlsbind/pki/measurement.hex"
#define POLICY	"/tmp/attacks-policy"
#define TSM	"/sys/kernel/config/tsm/report/attacker"
#define BUFFER	16384

/** struct blob - evidence as it is sent, and apart */
struct blob {
	uint8_t buf[BUFFER];
	size_t len;
	struct evidence e;
};

/* What a TLS stack says after a full handshake with (EC)DHE. */
static const struct tlsbind_handshake handshake = {
	.dhe = true,
	.full_handshake = true,
	.no_early_data = true,
	.group = "x25519",
};

static char measurement[2 * TLSBIND_MEASUREMENT_SIZE + 1];
static char chip[129] = "any";	/* CHIP_ID that is accepted, hexadecimal */

static void read_measurement(void)
{
	FILE *file = fopen(HEX, "r");

	if (!file || fscanf(file, "%96s", measurement) != 1)
		tap_bail("no measurement");
	fclose(file);
}

/* The policy of a relying party that knows the image, and the chip if @chip is one. */
static struct tlsbind_appraisal *wanted(void)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	bool any = !strcmp(chip, "any");
	FILE *file = fopen(POLICY, "w");
	char why[256];

	if (!file || !appraisal)
		tap_bail("no policy");
	fprintf(file, "{ \"tlsbind-policy\": 1, \"snp\": { \"measurement\": [\"%s\"], "
		"\"host-data\": \"any\", \"id-key-digest\": \"any\", \"author-key-digest\": \"any\", "
		"\"family-id\": \"any\", \"image-id\": \"any\", \"guest-svn\": \"any\", \"vmpl\": [0], "
		"\"chip-id\": %s%s%s, \"minimum-tcb\": \"any\" }, \"claims\": { \"flags\": {}, "
		"\"generation\": \"any\", \"uid\": \"any\", \"executable\": \"any\", \"rules-digest\": \"any\", "
		"\"key-age\": \"any\", \"uptime\": \"any\", \"app-data\": \"any\" }, \"tcb\": \"any\" }\n",
		measurement, any ? "\"" : "[\"", chip, any ? "\"" : "\"]");
	fclose(file);
	if (tlsbind_appraisal_add_root(appraisal, ROOT) ||
	    tlsbind_appraisal_load(appraisal, POLICY, why, sizeof(why)))
		tap_bail("policy: %s", why);
	return appraisal;
}

static struct tlsbind_connection describe(int relying_party)
{
	struct tlsbind_connection connection;
	int ret = tlsbind_socket_connection(relying_party, &handshake, &connection);

	if (ret)
		tap_bail("connection: %s", strerror(-ret));
	return connection;
}

/* Names of the checks that failed; not of those that could not be made because of them. */
static void failing(const struct tlsbind_result *result, char names[512])
{
	const struct tlsbind_check *check;
	size_t used = 0;

	*names = '\0';
	for (size_t i = 0; (check = tlsbind_result_check(result, i)) && used < 512; i++)
		if (check->verdict == TLSBIND_FAIL)
			used += snprintf(names + used, 512 - used, "%s%s", used ? " " : "", check->name);
}

/* @blob is shown to who asked with the nonce of @seed: @checks fail, or nothing if empty. */
static void shown(const struct blob *blob, const struct tlsbind_connection *connection,
		  unsigned int seed, const char *checks, const char *attack)
{
	struct tlsbind_appraisal *appraisal = wanted();
	struct tlsbind_result *result;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	char names[512];

	evidence_nonce(nonce, seed);
	if (tlsbind_verify(blob->buf, blob->len, connection, nonce, appraisal, &result))
		tap_bail("no result");
	failing(result, names);
	if (!tap_ok(!strcmp(names, checks) && tlsbind_result_accepted(result) == !*checks, "%s: %s%s", attack,
		    *checks ? "rejected by " : "accepted", checks))
		tlsbind_result_print(result, stderr);
	tlsbind_result_free(result);
	tlsbind_appraisal_free(appraisal);
}

static void take(int fd, struct blob *blob)
{
	ssize_t len = evidence_read(fd, blob->buf, sizeof(blob->buf));

	if (len < 0 || !evidence_parse(&blob->e, blob->buf, len))
		tap_bail("evidence: %s", strerror(errno));
	blob->len = len;
}

static void fetch(int fd, unsigned int seed, struct blob *blob)
{
	if (evidence_ask(fd, seed))
		tap_bail("challenge: %s", strerror(errno));
	take(fd, blob);
}

static void put(struct blob *blob, uint16_t type, const void *value, uint32_t len)
{
	uint16_t t = htobe16(type);
	uint32_t l = htobe32(len);

	if (blob->len + TLSBIND_TLV_HEADER_SIZE + len > sizeof(blob->buf))
		tap_bail("evidence does not fit");
	memcpy(blob->buf + blob->len, &t, 2);
	memcpy(blob->buf + blob->len + 2, &l, 4);
	if (len)
		memcpy(blob->buf + blob->len + TLSBIND_TLV_HEADER_SIZE, value, len);
	blob->len += TLSBIND_TLV_HEADER_SIZE + len;
}

/* The parts of @e put together again. @e must not lead into @blob. */
static void assemble(const struct evidence *e, struct blob *blob)
{
	uint32_t index = htobe32(e->leaf_index), size = htobe32(e->tree_size);

	blob->len = 0;
	put(blob, TLSBIND_TLV_CLAIMS, &e->claims, sizeof(e->claims));
	put(blob, TLSBIND_TLV_LEAF_INDEX, &index, sizeof(index));
	put(blob, TLSBIND_TLV_TREE_SIZE, &size, sizeof(size));
	put(blob, TLSBIND_TLV_PATH, e->path, e->path_nodes * TLSBIND_HASH_SIZE);
	put(blob, TLSBIND_TLV_BOOT_NONCE, e->boot_nonce, TLSBIND_BOOT_NONCE_SIZE);
	put(blob, TLSBIND_TLV_PROVIDER, e->provider, e->provider_len);
	put(blob, TLSBIND_TLV_REPORT, e->report, e->report_len);
	if (e->aux)
		put(blob, TLSBIND_TLV_AUX, e->aux, e->aux_len);
}

static void altered(const struct evidence *e, const struct tlsbind_connection *connection,
		    unsigned int seed, const char *checks, const char *attack)
{
	static struct blob blob;

	assemble(e, &blob);
	shown(&blob, connection, seed, checks, attack);
}

static void pair(unsigned int seed, int fd[2])
{
	if (ktls_pair(AF_INET, SUITE, seed, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
}

/* One end with keys, the other without: whose they are is not this guest's matter. */
static int alone(const struct ktls_key *tx, const struct ktls_key *rx, int *other)
{
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) ||
	    (tx && ktls_install(fd[0], TLS_TX, tx)) || (rx && ktls_install(fd[0], TLS_RX, rx)))
		tap_bail("keys: %s", strerror(errno));
	*other = fd[1];
	return fd[0];
}

#define OTHER_TESTS 4

static void test_other(void)
{
	struct tlsbind_connection connection;
	static struct blob blob;
	int a[2], b[2];

	pair(100, a);
	pair(102, b);
	connection = describe(a[1]);
	fetch(a[0], 1, &blob);
	shown(&blob, &connection, 1, "", "no attack");
	shown(&blob, &connection, 2, "claims.nonce", "replay of an older answer");
	fetch(b[0], 1, &blob);
	shown(&blob, &connection, 1, "binding.tx binding.rx", "evidence of another connection, for the same nonce");
	fetch(a[1], 1, &blob);
	shown(&blob, &connection, 1, "binding.tx binding.rx", "reflection of the relying party's own end");
	ktls_close_pair(a);
	ktls_close_pair(b);
}

#define MIXED_TESTS 3

/*
 * The attacker has two connections to relying parties, and has a socket of the guest hold the
 * key that one receives with and the key that the other sends with.
 */
static void test_mixed(void)
{
	struct ktls_key to_a = ktls_key(SUITE, 110), from_a = ktls_key(SUITE, 111);
	struct ktls_key to_b = ktls_key(SUITE, 112), from_b = ktls_key(SUITE, 113);
	int others[4], a = alone(&from_a, &to_a, &others[0]), b = alone(&from_b, &to_b, &others[1]);
	int mixed = alone(&to_a, &from_b, &others[2]), half;
	struct tlsbind_connection at_a = describe(a), at_b = describe(b);
	static struct blob blob;

	fetch(mixed, 3, &blob);
	shown(&blob, &at_a, 3, "binding.rx", "one socket with directions of two connections, to the first");
	shown(&blob, &at_b, 3, "binding.tx", "one socket with directions of two connections, to the second");
	close(mixed);
	half = alone(&to_a, NULL, &others[3]);
	fetch(half, 3, &blob);
	shown(&blob, &at_a, 3, "claims.flags binding.rx", "one direction only");
	close(half);
	close(a);
	close(b);
	for (int i = 0; i < 4; i++)
		close(others[i]);
}

#define REKEY_TESTS 2

static void test_rekey(void)
{
	struct ktls_key next = ktls_key(SUITE, 124);
	struct tlsbind_connection connection;
	static struct blob before, after;
	int a[2];

	if (!guest_rekeys()) {
		tap_skip("a key smuggled in by a rekey: rejected", "kTLS cannot rekey");
		tap_skip("replay of evidence of before a rekey: rejected", "kTLS cannot rekey");
		return;
	}
	pair(120, a);
	fetch(a[0], 4, &before);
	connection = describe(a[1]);
	if (ktls_install(a[0], TLS_TX, &next))
		tap_bail("rekey: %s", strerror(errno));
	fetch(a[0], 4, &after);
	shown(&after, &connection, 4, "claims.generation binding.tx", "a key smuggled in by a rekey");
	/* The peer goes along: now it is the evidence of before that is about other keys. */
	if (ktls_install(a[1], TLS_RX, &next))
		tap_bail("rekey: %s", strerror(errno));
	connection = describe(a[1]);
	shown(&before, &connection, 4, "claims.generation binding.tx", "replay of evidence of before a rekey");
	ktls_close_pair(a);
}

/* Two challenges that one report answers, because a third is being answered meanwhile. */
static void grouped(int a, int b, int c, struct blob *at_a, struct blob *at_b)
{
	static struct blob rest;

	mock_hold();
	if (evidence_ask(c, 6))
		tap_bail("challenge: %s", strerror(errno));
	mock_wait_busy();
	if (evidence_ask(a, 5) || evidence_ask(b, 6))
		tap_bail("challenges: %s", strerror(errno));
	mock_set("hang", "0");
	take(c, &rest);
	take(a, at_a);
	take(b, at_b);
	if (at_a->e.tree_size != 2 || at_b->e.tree_size != 2 || at_a->e.path_nodes != 1)
		tap_bail("not one tree of two");
}

#define TREE_TESTS 8

static void test_tree(const struct tlsbind_connection *at_a, const struct blob *a, const struct blob *b)
{
	uint8_t nodes[2 * TLSBIND_HASH_SIZE], left[TLSBIND_HASH_SIZE], right[TLSBIND_HASH_SIZE];
	static struct blob blob;
	struct evidence e = a->e;

	shown(a, at_a, 5, "", "no attack, in a tree of two");
	e.leaf_index ^= 1;
	altered(&e, at_a, 5, "report.data", "leaves reordered");
	e = a->e;
	e.path = b->e.path;
	altered(&e, at_a, 5, "report.data", "another leaf's path");
	e = a->e;
	e.path_nodes = 0;
	altered(&e, at_a, 5, "tree.inclusion", "path cut off");
	e.tree_size = 1;
	e.leaf_index = 0;
	altered(&e, at_a, 5, "report.data", "tree cut to one leaf");
	memcpy(nodes, a->e.path, TLSBIND_HASH_SIZE);
	memcpy(nodes + TLSBIND_HASH_SIZE, b->e.path, TLSBIND_HASH_SIZE);
	e = a->e;
	e.path = nodes;
	e.path_nodes = 2;
	altered(&e, at_a, 5, "tree.inclusion", "path extended");
	e = b->e;
	memcpy(e.claims.nonce, a->e.claims.nonce, sizeof(e.claims.nonce));
	memcpy(e.claims.tx_commitment, a->e.claims.tx_commitment, 2 * TLSBIND_COMMITMENT_SIZE);
	altered(&e, at_a, 5, "report.data", "forged claims in a genuine tree");
	/* The leaf and its sibling, as if they were claims: their hash is a node of the tree. */
	evidence_leaf(&a->e.claims, left);
	memcpy(right, a->e.path, sizeof(right));
	blob = *a;
	blob.len = 0;
	put(&blob, TLSBIND_TLV_CLAIMS, left, sizeof(left));
	memcpy(blob.buf + blob.len, right, sizeof(right));
	blob.len += sizeof(right);
	blob.buf[5] = sizeof(left) + sizeof(right);
	shown(&blob, at_a, 5, "evidence.format", "an inner node as claims");
}

static void test_trees(void)
{
	static struct blob at_a, at_b;
	struct tlsbind_connection connection;
	int a[2], b[2], c[2];

	pair(130, a);
	pair(132, b);
	pair(134, c);
	connection = describe(a[1]);
	grouped(a[0], b[0], c[0], &at_a, &at_b);
	test_tree(&connection, &at_a, &at_b);
	ktls_close_pair(a);
	ktls_close_pair(b);
	ktls_close_pair(c);
}

/*
 * A report from user space, as any process with access to configfs has it. What is written is
 * taken when the file is closed, which tells nobody: without it there is nothing to be read.
 * Return: errno.
 */
static int report(const uint8_t data[TLSBIND_REPORT_DATA_SIZE], const char *name, uint8_t *out,
		  uint32_t *len)
{
	char path[128];
	ssize_t n;
	int fd;

	mkdir(TSM, 0700);
	if (data) {
		fd = open(TSM "/inblob", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, data, TLSBIND_REPORT_DATA_SIZE) != TLSBIND_REPORT_DATA_SIZE)
			return errno;
		if (close(fd))
			return errno;
	}
	snprintf(path, sizeof(path), TSM "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (*len = 0; (n = read(fd, out + *len, 8192 - *len)) > 0; *len += n)
		;
	n = n < 0 ? errno : 0;
	close(fd);
	return n;
}

#define FORGED_TESTS 3

/*
 * The attacker is in the guest, may use configfs-tsm, and wants evidence about keys that are
 * elsewhere: he writes the claims himself.
 */
static void test_forged(void)
{
	struct ktls_key to_a = ktls_key(SUITE, 140), from_a = ktls_key(SUITE, 141);
	uint8_t want[TLSBIND_REPORT_DATA_SIZE], bytes[8192], aux[8192];
	static struct blob blob;
	struct tlsbind_connection at_a;
	struct evidence e;
	int a, b[2], other;

	a = alone(&from_a, &to_a, &other);
	at_a = describe(a);
	pair(142, b);
	fetch(b[0], 7, &blob);
	e = blob.e;
	evidence_commitment(TLSBIND_DIRECTION_TX, &to_a, e.claims.tx_commitment);
	evidence_commitment(TLSBIND_DIRECTION_RX, &from_a, e.claims.rx_commitment);
	evidence_expected(&e, want);
	tap_ok(report(want, "outblob", bytes, &e.report_len) != 0,
	       "forged claims with our tag: the door refuses to have them signed");
	want[0] ^= 1;
	if (report(want, "outblob", bytes, &e.report_len) || report(NULL, "auxblob", aux, &e.aux_len))
		tap_bail("report: %s", strerror(errno));
	rmdir(TSM);
	e.report = bytes;
	e.aux = aux;
	evidence_expected(&e, want);
	tap_ok(!memcmp(bytes + EVIDENCE_SNP_REPORT_DATA + TLSBIND_TAG_SIZE, want + TLSBIND_TAG_SIZE,
		       sizeof(want) - TLSBIND_TAG_SIZE),
	       "forged claims with another tag: signed, and the digest is right");
	altered(&e, &at_a, 7, "report.data", "forged claims with another tag");
	close(a);
	close(other);
	ktls_close_pair(b);
}

#define RULES_TESTS 2

static void test_rules(void)
{
	struct tlsbind_connection connection;
	static struct blob blob;
	int a[2];

	pair(150, a);
	connection = describe(a[1]);
	guest_need("rules only attest loopback uid 0");
	fetch(a[0], 8, &blob);
	shown(&blob, &connection, 8, "claims.flags", "rules changed after the key was installed");
	guest_need("allow_all");
	ktls_close_pair(a);
	pair(152, a);
	connection = describe(a[1]);
	fetch(a[0], 8, &blob);
	strcpy(chip, "01");
	for (int i = 1; i < 64; i++)
		strcat(chip, "00");
	shown(&blob, &connection, 8, "appraisal.chip-id", "diversion to the same image on another chip");
	strcpy(chip, "any");
	ktls_close_pair(a);
}

static const struct {
	const char *option, *checks, *attack;
} signers[] = {
	{ "--debug", "report.debug appraisal.guest-policy", "a guest that can be debugged" },
	{ "--vmpl 2", "report.vmpl", "a report of a lower privilege level" },
	{ "--tcb-mismatch", "report.certificate", "a certificate of another TCB" },
	{ "--wrong-signature", "report.signature", "a signature that is none" },
};

#define SIGNERS		((int)(sizeof(signers) / sizeof(signers[0])))

static void test_signers(void)
{
	struct tlsbind_connection connection;
	static struct blob blob;
	int a[2];

	pair(160, a);
	connection = describe(a[1]);
	for (int i = 0; i < SIGNERS; i++) {
		if (guest_sh("stop_signer && mock-tee-signer --pki $TLSBIND/pki --provider sev_guest "
			     "--background %s </dev/null && wait_for 10 mock_served", signers[i].option))
			tap_bail("signer %s", signers[i].option);
		fetch(a[0], 9, &blob);
		shown(&blob, &connection, 9, signers[i].checks, signers[i].attack);
	}
	guest_need("stop_signer && start_signer sev_guest");
	ktls_close_pair(a);
}

#define BOOT_TESTS 2

/* Evidence from before the module was loaded anew. */
static void test_boot(void)
{
	struct tlsbind_connection connection;
	static struct blob before, after;
	struct evidence e;
	int a[2], b[2];

	pair(170, a);
	connection = describe(a[1]);
	fetch(a[0], 10, &before);
	ktls_close_pair(a);
	guest_need("unload_module && load_module && allow_all");
	pair(172, b);
	fetch(b[0], 10, &after);
	tap_ok(memcmp(before.e.boot_nonce, after.e.boot_nonce, TLSBIND_BOOT_NONCE_SIZE),
	       "each time the module is loaded it has a nonce of its own");
	e = after.e;
	e.claims = before.e.claims;
	altered(&e, &connection, 10, "report.data", "claims of before the module was loaded anew");
	ktls_close_pair(b);
}

int main(void)
{
	guest_setup();
	read_measurement();
	tap_plan(OTHER_TESTS + MIXED_TESTS + REKEY_TESTS + TREE_TESTS + FORGED_TESTS + RULES_TESTS +
		 SIGNERS + BOOT_TESTS);
	test_other();
	test_mixed();
	test_rekey();
	test_trees();
	test_forged();
	test_rules();
	test_signers();
	test_boot();
	unlink(POLICY);
	return tap_done();
}
