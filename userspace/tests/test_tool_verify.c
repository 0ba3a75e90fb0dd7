/* SPDX-License-Identifier: MIT */
/* tlsbind verify and tlsbind policy, from files. */
#include <endian.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

static char tool[4096];
static char folder[] = "/tmp/tlsbind-verify-XXXXXX";
static char said[65536];

#define POLICY		"policy.json"
#define EVIDENCE	"evidence"
#define KEYS		"keys.json"
#define NONCE		"3333333333333333333333333333333333333333333333333333333333333333"
#define OTHER_NONCE	"3333333333333333333333333333333333333333333333333333333333333334"
#define TX_SECRET	"7171717171717171717171717171717171717171717171717171717171717171" \
			"71717171717171717171717171717171"
#define RX_SECRET	"7272727272727272727272727272727272727272727272727272727272727272" \
			"72727272727272727272727272727272"

static void save(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

/* Run the tool with these words, up to NULL. Return: exit code; @said has what it said. */
static int run(const char *const words[])
{
	const char *argv[32] = { tool };
	int pipes[2], status;
	size_t n, len;
	FILE *out;
	pid_t pid;

	for (n = 0; words[n]; n++) {
		assert_true(n + 2 < sizeof(argv) / sizeof(argv[0]));
		argv[n + 1] = words[n];
	}
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		execv(tool, (char *const *)argv);
		_exit(127);
	}
	close(pipes[1]);
	out = fdopen(pipes[0], "r");
	len = fread(said, 1, sizeof(said) - 1, out);
	said[len] = '\0';
	fclose(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define expect_code(code, text, ...) do {						\
	int code_got = run((const char *const[]){ __VA_ARGS__, NULL });			\
											\
	if (code_got != (code) || !strstr(said, text))					\
		fail_msg("exit %d instead of %d, without \"%s\": %s", code_got, code, text,	\
			 said);								\
} while (0)

/* The commitment to the key of a generation, from the secret of the first. */
static void commit(uint8_t byte, unsigned int generation, unsigned int direction, uint8_t out[48])
{
	uint8_t secret[48];
	struct tlsbind_key key;

	memset(secret, byte, sizeof(secret));
	while (generation--)
		assert_int_equal(tlsbind_traffic_update(0x1302, secret, sizeof(secret)), 0);
	assert_int_equal(tlsbind_traffic_key(0x1302, secret, sizeof(secret), &key), 0);
	assert_int_equal(tlsbind_commitment(&key, direction, out), 0);
}

static void save_keys(const char *text)
{
	save(KEYS, text, strlen(text));
}

#define DIRECTION(secret, generation) \
	"{\"secret\": \"" secret "\", \"generation\": " generation "}"
#define CONNECTION(facts, tx, rx) \
	"{\"cipher-suite\": \"TLS_AES_256_GCM_SHA384\", " facts ", \"tx\": " tx ", \"rx\": " rx "}"
#define FACTS	"\"dhe\": true, \"full-handshake\": true, \"no-early-data\": true"
#define TX	DIRECTION(TX_SECRET, "2")
#define RX	DIRECTION(RX_SECRET, "1")

static void save_policy(json_t *policy)
{
	assert_int_equal(json_dump_file(policy, POLICY, 0), 0);
	json_decref(policy);
}

/* Evidence, its parts, a policy that accepts it, and the keys that it is about. */
static int setup(void **state)
{
	struct tlsbind_evidence parts;
	struct test_bytes bytes;
	struct guest g;
	char *cmw;

	guest_setup(state);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	guest_new(&g, false);
	commit(0x71, 2, TLSBIND_DIRECTION_TX, g.c.claims.tx_commitment);
	commit(0x72, 1, TLSBIND_DIRECTION_RX, g.c.claims.rx_commitment);
	bytes = synth_encode(&g.c);
	save(EVIDENCE, bytes.data, bytes.len);
	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &parts), 0);
	save("report", parts.report.data, parts.report.len);
	save("aux", parts.aux.data, parts.aux.len);
	cmw = tlsbind_cmw_wrap(bytes.data, bytes.len);
	save("cmw", cmw, strlen(cmw));
	bytes.data[bytes.len - 10] ^= 1;
	save("broken", bytes.data, bytes.len - 1);
	free(cmw);
	free(bytes.data);
	synth_clear(&g.c);
	save_policy(guest_policy());
	save_keys(CONNECTION(FACTS, TX, RX));
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {
		POLICY, EVIDENCE, KEYS, "report", "aux", "cmw", "broken", "suggested", "empty",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
	return guest_teardown(state);
}

#define VERIFY	"verify", "--policy", POLICY, "--root", guest_pki[0]->root_file
#define BOUND	VERIFY, "--connection-keys", KEYS, "--nonce", NONCE

static void test_bound(void **state)
{
	(void)state;
	expect_code(0, "PASS  binding.tx", BOUND, EVIDENCE);
	expect_code(0, "evidence ACCEPTED", BOUND, "cmw");
	expect_code(6, "FAIL  claims.nonce", VERIFY, "--connection-keys", KEYS, "--nonce",
		    OTHER_NONCE, EVIDENCE);
	expect_code(3, "malformed", BOUND, "broken");
	expect_code(4, "FAIL  report.chain", "verify", "--policy", POLICY, "--connection-keys",
		    KEYS, "--nonce", NONCE, EVIDENCE);
}

/* Every member of a description of a connection reaches its check. */
static void test_connections(void **state)
{
	static const struct {
		const char *text;
		const char *failed;
	} cases[] = {
		{ CONNECTION(FACTS, RX, TX), "FAIL  binding.tx" },
		{ CONNECTION(FACTS, DIRECTION(TX_SECRET, "1"), RX), "FAIL  binding.tx" },
		{ CONNECTION(FACTS, DIRECTION(TX_SECRET, "3"), RX), "FAIL  claims.generation" },
		{ CONNECTION(FACTS, TX, DIRECTION(RX_SECRET, "0")), "FAIL  binding.rx" },
		{ CONNECTION("\"dhe\": false, \"full-handshake\": true, \"no-early-data\": true", TX,
			     RX), "FAIL  tls.key-exchange" },
		{ CONNECTION("\"dhe\": true, \"full-handshake\": false, \"no-early-data\": true", TX,
			     RX), "FAIL  tls.resumption" },
		{ CONNECTION("\"dhe\": true, \"full-handshake\": true, \"no-early-data\": false", TX,
			     RX), "FAIL  tls.early-data" },
	};
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "{}", "no member \"cipher-suite\"" },
		{ "[]", "no member \"cipher-suite\"" },
		{ "", "empty" },
		{ "x", "no JSON" },
		{ CONNECTION("\"dhe\": true, \"full-handshake\": true", TX, RX),
		  "no member \"no-early-data\"" },
		{ CONNECTION(FACTS ", \"dhe\": true", TX, RX), "no JSON" },
		{ CONNECTION(FACTS ", \"more\": true", TX, RX), "a member that is not known" },
		{ CONNECTION("\"dhe\": 1, \"full-handshake\": true, \"no-early-data\": true", TX,
			     RX), "dhe is neither true nor false" },
		{ CONNECTION(FACTS, "{}", RX), "no member \"secret\"" },
		{ CONNECTION(FACTS, TX, "{\"secret\": \"" RX_SECRET "\"}"),
		  "no member \"generation\"" },
		{ CONNECTION(FACTS, DIRECTION(TX_SECRET, "-1"), RX), "tx.generation" },
		{ CONNECTION(FACTS, DIRECTION(TX_SECRET, "65537"), RX), "tx.generation" },
		{ CONNECTION(FACTS, DIRECTION(TX_SECRET, "\"2\""), RX), "tx.generation" },
		{ CONNECTION(FACTS, DIRECTION("", "2"), RX), "tx.secret" },
		{ CONNECTION(FACTS, TX, DIRECTION("7272", "1")), "rx.secret" },
		{ CONNECTION(FACTS, TX, DIRECTION(RX_SECRET "72", "1")), "rx.secret" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		save_keys(cases[i].text);
		expect_code(6, cases[i].failed, BOUND, EVIDENCE);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		save_keys(bad[i].text);
		expect_code(1, bad[i].message, BOUND, EVIDENCE);
	}
	save_keys(CONNECTION(FACTS, TX, RX));
	expect_code(1, "No such file", VERIFY, "--connection-keys", "none", "--nonce", NONCE,
		    EVIDENCE);
}

static void test_unbound(void **state)
{
	(void)state;
	expect_code(0, "nothing says whose connection", VERIFY, "--unbound", EVIDENCE);
	assert_null(strstr(said, "binding.tx"));
	assert_null(strstr(said, "claims.nonce"));
	expect_code(0, "PASS  claims.nonce", VERIFY, "--unbound", "--nonce", NONCE, EVIDENCE);
	expect_code(6, "FAIL  claims.nonce", VERIFY, "--unbound", "--nonce", OTHER_NONCE, EVIDENCE);
}

static void test_bare_report(void **state)
{
	char zeros[2 * TLSBIND_REPORT_DATA_SIZE + 1];
	const char *carries;

	(void)state;
	memset(zeros, '0', sizeof(zeros) - 1);
	zeros[sizeof(zeros) - 1] = '\0';
	expect_code(0, "nothing says whose", VERIFY, "--unbound", "--provider", "sev_guest",
		    "--aux", "aux", "report");
	carries = strstr(said, "report.data ");
	assert_non_null(carries);
	assert_null(strstr(said, "appraisal.uid"));
	memcpy(zeros, strstr(carries, "544c5342494e4400"), sizeof(zeros) - 1);
	expect_code(0, "evidence ACCEPTED", VERIFY, "--provider", "sev_guest", "--aux", "aux",
		    "--report-data", zeros, "report");
	zeros[127] = zeros[127] == '0' ? '1' : '0';
	expect_code(6, "FAIL  report.data", VERIFY, "--provider", "sev_guest", "--aux", "aux",
		    "--report-data", zeros, "report");
	expect_code(4, "no certificate of the signing key", VERIFY, "--unbound", "--provider",
		    "sev_guest", "report");
	expect_code(3, "FAIL  evidence.format", VERIFY, "--unbound", "--provider", "tdx_guest",
		    "report");
	expect_code(3, "FAIL  evidence.format", VERIFY, "--unbound", "--provider", "sev_guest",
		    "aux");
}

static void test_policy_decides(void **state)
{
	json_t *policy = guest_policy();

	(void)state;
	guest_set(policy, "claims", "uid", guest_json("[1001]"));
	save_policy(policy);
	expect_code(5, "FAIL  appraisal.uid", BOUND, EVIDENCE);
	policy = guest_policy();
	json_object_del(policy, "tcb");
	save_policy(policy);
	expect_code(11, "FAIL  tcb.revocation", BOUND, EVIDENCE);
	policy = guest_policy();
	json_object_del(json_object_get(policy, "claims"), "uid");
	save_policy(policy);
	expect_code(1, "claims.uid must be stated", BOUND, EVIDENCE);
	expect_code(1, "claims.uid must be stated", "policy", "check", POLICY);
	save_policy(guest_policy());
	expect_code(0, "is a complete policy", "policy", "check", POLICY);
	expect_code(0, "\"complete\":true", "-j", "policy", "check", POLICY);
}

static void test_json(void **state)
{
	json_t *root, *check;
	const char *name;

	(void)state;
	expect_code(0, "\"status\":\"affirming\"", BOUND, "--json", EVIDENCE);
	root = guest_json(said);
	name = json_string_value(json_object_get(root, "class"));
	assert_string_equal(name, "none");
	check = json_array_get(json_object_get(root, "checks"), 0);
	assert_string_equal(json_string_value(json_object_get(check, "name")), "tls.version");
	assert_string_equal(json_string_value(json_object_get(check, "class")), "binding");
	assert_string_equal(json_string_value(json_object_get(check, "verdict")), "pass");
	assert_true(json_is_string(json_object_get(check, "expected")));
	assert_true(json_is_string(json_object_get(check, "got")));
	json_decref(root);
	expect_code(6, "\"status\":\"contraindicated\"", "-j", VERIFY, "--unbound", "--nonce",
		    OTHER_NONCE, EVIDENCE);
}

static void test_suggest(void **state)
{
	json_t *policy;

	(void)state;
	expect_code(0, "\"tlsbind-policy\": 1", "policy", "suggest", EVIDENCE);
	policy = guest_json(said);
	json_object_set_new(policy, "tcb", json_string("any"));
	assert_string_equal(json_string_value(json_object_get(json_object_get(policy, "snp"),
							      "chip-id")), "any");
	save_policy(policy);
	expect_code(0, "evidence ACCEPTED", BOUND, EVIDENCE);
	expect_code(0, "\"c1c1c1", "policy", "suggest", "--platform", "cmw");
	expect_code(0, "\"snp\"", "policy", "suggest", "--provider", "sev_guest", "report");
	assert_null(strstr(said, "claims"));
	expect_code(3, "malformed evidence", "policy", "suggest", "broken");
	expect_code(1, "neither evidence nor a CMW", "policy", "suggest", POLICY);
	expect_code(1, "none: No such file", "policy", "suggest", "none");
	expect_code(3, "no report of tdx_guest", "policy", "suggest", "--provider", "tdx_guest",
		    "report");
	save_policy(guest_policy());
}

static void test_usage(void **state)
{
	(void)state;
	save("empty", "", 0);
	expect_code(1, "--policy is required", "verify", "--unbound", EVIDENCE);
	expect_code(1, "--policy twice", VERIFY, "--policy", POLICY, "--unbound", EVIDENCE);
	expect_code(1, "--nonce twice", VERIFY, "--unbound", "--nonce", OTHER_NONCE, "--nonce",
		    NONCE, EVIDENCE);
	expect_code(1, "--connection-keys twice", BOUND, "--connection-keys", KEYS, EVIDENCE);
	expect_code(1, "--connection-keys or --unbound is required", VERIFY, EVIDENCE);
	expect_code(1, "--connection-keys or --unbound is required", VERIFY, "--nonce", NONCE,
		    EVIDENCE);
	expect_code(1, "--connection-keys without --nonce", VERIFY, "--connection-keys", KEYS,
		    EVIDENCE);
	expect_code(1, "--unbound contradicts", BOUND, "--unbound", EVIDENCE);
	expect_code(1, "--report-data or --unbound is required", VERIFY, "--provider",
		    "sev_guest", "report");
	expect_code(1, "--provider is sev_guest or tdx_guest", VERIFY, "--provider", "other",
		    "--unbound", "report");
	expect_code(1, "neither keys nor a nonce", BOUND, "--provider", "sev_guest", "report");
	expect_code(1, "are for bare reports", VERIFY, "--unbound", "--aux", "aux", EVIDENCE);
	expect_code(1, "--nonce is 64 hex digits", VERIFY, "--unbound", "--nonce", "33", EVIDENCE);
	expect_code(1, "--report-data is 128 hex digits", VERIFY, "--provider", "sev_guest",
		    "--report-data", NONCE, "report");
	expect_code(1, "one file of evidence", VERIFY, "--unbound");
	expect_code(1, "one file of evidence", VERIFY, "--unbound", EVIDENCE, EVIDENCE);
	expect_code(1, "empty: empty", VERIFY, "--unbound", "empty");
	expect_code(1, "none: No such file", VERIFY, "--unbound", "none");
	expect_code(1, "not a number of seconds", VERIFY, "--unbound", "--time", "now", EVIDENCE);
	expect_code(1, "no revocation list", VERIFY, "--unbound", "--crl", EVIDENCE, EVIDENCE);
	expect_code(1, "no TCB info", VERIFY, "--unbound", "--collateral", POLICY, EVIDENCE);
	expect_code(1, "no certificate", VERIFY, "--unbound", "--certificate", POLICY, EVIDENCE);
	expect_code(1, "suggest EVIDENCE or check FILE", "policy", "nonsense", POLICY);
	expect_code(1, "suggest EVIDENCE or check FILE", "policy", "check");
	expect_code(1, "suggest EVIDENCE or check FILE", "policy", "check", "--platform", POLICY);
	expect_code(1, "suggest EVIDENCE or check FILE", "policy", "suggest", "--aux", "aux",
		    EVIDENCE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_unbound),
		cmocka_unit_test(test_bare_report),
		cmocka_unit_test(test_policy_decides),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_usage),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-TLSBIND\n", argv[0]);
		return 1;
	}
	snprintf(tool, sizeof(tool), "%s/tlsbind", argv[1]);
	return cmocka_run_group_tests_name("tool verify", tests, setup, teardown);
}
