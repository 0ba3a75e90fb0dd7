// SPDX-License-Identifier: MIT
/*
 * What rules do to keys and challenges: each action, each option, each thing that a
 * rule can be about. Connections lead to this machine itself or, through a veth, to
 * another network namespace; the end that is tested is the one that connects.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "evidence.h"
#include "guest.h"
#include "rules.h"
#include "rules-line.h"

#define CGROUP	"/sys/fs/cgroup/tlsbind-options"

static struct nl nl;

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

static void replace(const char *const *rules)
{
	if (rules_replace(&nl, rules))
		tap_bail("rules: %s", nl.text);
}

static uint32_t flags_of(int fd)
{
	struct tlsbind_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len))
		tap_bail("info: %s", strerror(errno));
	return info.flags;
}

static bool attested(int fd)
{
	return !evidence_ask(fd, 1) && evidence_fetch(fd, 1);
}

#define PASS_TESTS 5

static void test_pass(void)
{
	struct line l;

	if (rules_flush(&nl))
		tap_bail("flush: %s", nl.text);
	l = line_keyed(FAR4);
	tap_errno(evidence_ask(l.fd[0], 1), EACCES, "without rules a challenge is refused");
	tap_ok(line_lives(&l), "and the connection lives");
	only("pass");
	tap_errno(evidence_ask(l.fd[0], 1), EACCES, "with pass, too");
	only("attest");
	tap_ok(attested(l.fd[0]), "with attest it is answered, though the key was there before the rule");
	tap_ok(flags_of(l.fd[0]) & TLSBIND_F_POLICY_CHANGED, "and flagged");
	line_close(&l);
}

#define DENY_TESTS 12

static void test_deny(void)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);
	char rule[64];
	struct line l;

	snprintf(rule, sizeof(rule), "deny rport %u", ports[1]);
	only(rule);
	l = line_open(FAR4);
	tap_errno(line_tx(&l), EACCES, "deny: a tx key is refused");
	tap_ok(line_dead(&l, EACCES), "deny: the connection is aborted, and nothing was sent");
	tap_errno(getsockopt(l.fd[0], SOL_TLS, TLSBIND_INFO, &info, &len), ENOKEY, "deny: kTLS has no key");
	line_close(&l);
	l = line_open(FAR6);
	tap_errno(line_rx(&l), EACCES, "deny: an rx key is refused");
	tap_ok(line_dead(&l, EACCES), "deny: the connection is aborted for that, too");
	line_close(&l);
	l = line_open(FAR4);
	l.tx.version = TLS_1_2_VERSION;
	tap_errno(line_tx(&l), EACCES, "deny: a key of TLS 1.2 is refused");
	tap_ok(line_dead(&l, EACCES), "deny: and its connection aborted");
	line_close(&l);
	l = line_keyed(LOOP4);
	tap_ok(line_lives(&l), "deny: what the rule is not about lives");
	line_close(&l);

	only("pass");
	l = line_open(FAR4);
	tap_errno(line_tx(&l), 0, "pass: one direction is installed");
	only("deny");
	tap_errno(line_rx(&l), EACCES, "deny: the other is refused");
	tap_ok(line_dead(&l, EACCES), "deny: with both the connection ends");
	line_close(&l);
	only("attest");
	l = line_keyed(FAR4);
	only("deny");
	tap_errno(evidence_ask(l.fd[0], 1), EACCES, "deny: no evidence for keys of before");
	line_close(&l);
}

#define LOOPBACK_TESTS (5 * 3 + 2)

static void test_loopback(void)
{
	for (int place = LOOP4; place <= OWN6; place++) {
		struct line l;

		only("attest");
		l = line_keyed(place);
		tap_errno(evidence_ask(l.fd[0], 1), EACCES, "a connection %s is not attested",
			  places[place].name);
		tap_ok(line_lives(&l), "but lives");
		only("attest loopback");
		tap_ok(attested(l.fd[0]), "loopback: it is attested");
		line_close(&l);
	}
	only("attest");
	for (int place = FAR4; place <= FAR6; place++) {
		struct line l = line_keyed(place);

		tap_ok(attested(l.fd[0]), "a connection %s needs no option", places[place].name);
		line_close(&l);
	}
}

#define TX_ONLY_TESTS 6

static void test_tx_only(void)
{
	for (int tx = 0; tx < 2; tx++) {
		const char *name = tx ? "tx" : "rx";
		struct line l = line_open(FAR4);

		only("attest");
		if (tx ? line_tx(&l) : line_rx(&l))
			tap_bail("key: %s", strerror(errno));
		tap_errno(evidence_ask(l.fd[0], 1), EACCES, "%s alone is not attested", name);
		only("attest tx-only");
		tap_ok(attested(l.fd[0]), "tx-only: %s alone is attested", name);
		tap_ok(flags_of(l.fd[0]) & TLSBIND_F_ONE_DIRECTION, "tx-only: and flagged");
		line_close(&l);
	}
}

#define TLS12_TESTS 7

static struct line tls12(void)
{
	struct line l = line_open(FAR4);

	l.tx.version = l.rx.version = TLS_1_2_VERSION;
	return l;
}

static void test_tls12(void)
{
	struct line l;

	only("attest");
	l = tls12();
	tap_errno(line_tx(&l), EPROTONOSUPPORT, "a key of TLS 1.2 is refused");
	tap_ok(line_dead(&l, EPROTONOSUPPORT), "and the connection aborted");
	line_close(&l);
	l = tls12();
	tap_errno(line_rx(&l), EPROTONOSUPPORT, "likewise an rx key");
	line_close(&l);
	only("attest tls12");
	l = tls12();
	tap_ok(!line_tx(&l) && !line_rx(&l), "tls12: keys of TLS 1.2 are installed");
	tap_ok(line_lives(&l), "tls12: the connection lives");
	tap_errno(evidence_ask(l.fd[0], 1), EPROTONOSUPPORT, "tls12: there is no evidence for it");
	line_close(&l);
	only("pass");
	l = tls12();
	tap_ok(!line_tx(&l) && !line_rx(&l) && line_lives(&l), "pass: TLS 1.2 lives");
	line_close(&l);
}

static int export(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { .version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_TLS, direction, &info, &len);
}

#define EXPORT_TESTS 11

static void test_export(void)
{
	struct line l;

	only("attest");
	l = line_keyed(FAR4);
	tap_ok(!export(l.fd[0], TLS_TX) && !export(l.fd[0], TLS_RX), "a key can be read back");
	tap_ok(!(flags_of(l.fd[0]) & TLSBIND_F_NO_EXPORT), "and no flag denies it");
	only("attest no-export");
	tap_ok(!(flags_of(l.fd[0]) & TLSBIND_F_NO_EXPORT), "nor if the rule comes after the key");
	line_close(&l);

	l = line_keyed(FAR4);
	tap_errno(export(l.fd[0], TLS_TX), EACCES, "no-export: the tx key cannot be read back");
	tap_errno(export(l.fd[0], TLS_RX), EACCES, "no-export: nor the rx key");
	tap_ok(flags_of(l.fd[0]) & TLSBIND_F_NO_EXPORT, "no-export: a flag says so");
	tap_ok(attested(l.fd[0]) && line_lives(&l), "no-export: otherwise all is as usual");
	only("attest");
	tap_errno(export(l.fd[0], TLS_TX), EACCES, "no-export: it holds when the rule is gone");
	tap_ok(flags_of(l.fd[0]) & TLSBIND_F_NO_EXPORT, "no-export: so does the flag");
	line_close(&l);

	l = line_open(FAR4);
	only("attest");
	line_tx(&l);
	only("attest no-export");
	line_rx(&l);
	tap_errno(export(l.fd[0], TLS_RX), EACCES, "no-export: for the second key only: it is kept");
	tap_ok(!(flags_of(l.fd[0]) & TLSBIND_F_NO_EXPORT), "no-export: but the first one may be known");
	line_close(&l);
}

/* What netlink says of a socket: is it stale? -1 if it says nothing. */
static int stale(int fd)
{
	struct tlsbind_info info = { 0 };
	socklen_t len = sizeof(info);
	const void *sock;
	size_t size = 0;

	if (getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len))
		tap_bail("info: %s", strerror(errno));
	nl_begin(&nl, TLSBIND_CMD_SOCK_GET);
	nl_put(&nl, TLSBIND_A_CONNECTION_ID, info.connection_id, sizeof(info.connection_id));
	if (nl_call(&nl))
		tap_bail("sock-get: %s", nl.text);
	sock = nl_find(nl.answer, nl.answer_len, TLSBIND_A_CONNECTION_SOCK, &size);
	if (!sock || !nl_find(sock, size, TLSBIND_A_SOCK_STALE, NULL))
		return -1;
	return nl_number(sock, size, TLSBIND_A_SOCK_STALE);
}

#define REKEY_TESTS (3 * 6 + 3)

/* Where kTLS does not replace keys, nothing becomes stale either. */
static void test_rekey(void)
{
	static const struct {
		const char *rule;
		bool stale;
	} rules[] = { { "attest rekey keep", false }, { "attest rekey stale", true }, { "attest", true } };
	struct ktls_key next = ktls_key(SUITE, 29000);
	int want = guest_rekeys() ? 0 : EBUSY;
	struct line l;

	for (int i = 0; i < 3; i++) {
		bool replaced = guest_rekeys() && rules[i].stale;

		only(rules[i].rule);
		l = line_keyed(FAR4);
		tap_equal(stale(l.fd[0]), 0, "%s: with its first keys a connection is not stale", rules[i].rule);
		tap_errno(ktls_install(l.fd[0], TLS_TX, &next), want, "%s: a second key is kTLS's matter",
			  rules[i].rule);
		tap_equal(stale(l.fd[0]), replaced, "%s: afterwards it is %sstale", rules[i].rule,
			  replaced ? "" : "not ");
		only("attest rekey keep");
		tap_equal(stale(l.fd[0]), replaced, "%s: another rule does not change that", rules[i].rule);
		tap_ok(attested(l.fd[0]), "%s: there is evidence afterwards", rules[i].rule);
		tap_equal(stale(l.fd[0]), 0, "%s: with which it is not stale", rules[i].rule);
		line_close(&l);
	}
	only("attest rekey abort");
	l = line_keyed(FAR4);
	tap_ok(attested(l.fd[0]), "rekey abort: the first keys are attested");
	tap_errno(ktls_install(l.fd[0], TLS_TX, &next), EACCES, "rekey abort: a second key is refused");
	tap_ok(line_dead(&l, EACCES), "rekey abort: and the connection aborted");
	line_close(&l);
}

#define RATE_TESTS 6

static void test_rate(void)
{
	char rule[64];
	const char *const rules[] = { rule, "attest loopback", NULL };
	struct line l[3], free_one;
	long long end;
	int ret;

	snprintf(rule, sizeof(rule), "attest rport %u rate 2", ports[1]);
	only("attest loopback");
	for (int i = 0; i < 3; i++)
		l[i] = line_keyed(FAR4);
	replace(rules);
	tap_errno(evidence_ask(l[0].fd[0], 1), 0, "rate 2: a first challenge is accepted");
	tap_errno(evidence_ask(l[1].fd[0], 1), 0, "rate 2: so is one on another connection");
	tap_errno(evidence_ask(l[2].fd[0], 1), EDQUOT, "rate 2: a third at once is refused");
	tap_ok(evidence_fetch(l[0].fd[0], 1) && evidence_fetch(l[1].fd[0], 1), "rate 2: two are answered");
	free_one = line_keyed(LOOP4);
	tap_ok(attested(free_one.fd[0]), "rate 2: another rule's connections are not meant");
	end = guest_ms() + 10000 * guest_slow();
	while ((ret = evidence_ask(l[2].fd[0], 1)) && errno == EDQUOT && guest_ms() < end)
		usleep(20000);
	tap_errno(ret, 0, "rate 2: when time has passed it is accepted");
	for (int i = 0; i < 3; i++)
		line_close(&l[i]);
	line_close(&free_one);
}

#define NIC_TESTS 9

/* The mock's card takes keys to receive with, and kTLS offers it those of TLS 1.2. */
static void test_nic(void)
{
	struct line l;

	mock_set("nic", "tlsbind-near");
	only("attest");
	l = line_open(FAR4);
	tap_errno(line_tx(&l), EACCES, "a tx key that a network card could take is refused");
	tap_ok(line_dead(&l, EACCES), "and the connection aborted");
	line_close(&l);
	l = line_open(FAR4);
	tap_errno(line_rx(&l), EACCES, "so is an rx key");
	line_close(&l);
	only("attest nic tls12");
	l = line_keyed(FAR4);
	tap_ok(attested(l.fd[0]) && !(flags_of(l.fd[0]) & TLSBIND_F_NIC),
	       "nic: a key that the card did not take after all is attested");
	line_close(&l);
	l = tls12();
	tap_ok(!line_tx(&l) && !line_rx(&l), "nic: the card may take a key");
	tap_ok(flags_of(l.fd[0]) & TLSBIND_F_NIC, "nic: and a flag says so");
	line_close(&l);
	only("pass");
	l = tls12();
	tap_ok(!line_tx(&l) && !line_rx(&l), "pass: the card may take a key");
	tap_ok(flags_of(l.fd[0]) & TLSBIND_F_NIC, "pass: and a flag says so");
	tap_ok(line_lives(&l), "pass: and the connection lives");
	line_close(&l);
	mock_set("nic", "\n");
}

/* --- what a rule is about --- */

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

/* Install as another. Return: errno. */
static int install_as(uid_t uid, const char *cgroup, int fd, int direction, const struct ktls_key *key)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if ((cgroup && write_text(cgroup, "0")) || (uid && setresuid(uid, uid, uid)))
			_exit(255);
		_exit(ktls_install(fd, direction, key) ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define UID_TESTS 6

static void test_uid(void)
{
	static const char *const deny[] = { "deny uid 1001", "attest tx-only", NULL };
	static const char *const pass[] = { "pass uid 1002-1009", "attest tx-only", NULL };
	struct line l;

	replace(deny);
	l = line_open(FAR4);
	tap_equal(install_as(1001, NULL, l.fd[0], TLS_TX, &l.tx), EACCES, "a rule is about a user: he is refused");
	line_close(&l);
	l = line_open(FAR4);
	tap_ok(!install_as(1002, NULL, l.fd[0], TLS_TX, &l.tx) && attested(l.fd[0]), "and another is not");
	replace(pass);
	tap_errno(evidence_ask(l.fd[0], 1), EACCES, "who installed the key counts, not who asks");
	line_close(&l);
	l = line_open(FAR4);
	tap_ok(!line_tx(&l) && attested(l.fd[0]), "the first rule that matches decides");
	tap_equal(install_as(1009, NULL, l.fd[0], TLS_RX, &l.rx), 0, "the other key is somebody else's");
	tap_errno(evidence_ask(l.fd[0], 1), EACCES, "then both must be attested");
	line_close(&l);
}

static unsigned long long inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

#define CGROUP_TESTS 5

static void test_cgroup(void)
{
	static const char below[] = CGROUP "/below", procs[] = CGROUP "/below/cgroup.procs";
	char rule[64];
	struct line l, m;

	if (mkdir(CGROUP, 0755) || mkdir(below, 0755))
		tap_bail("cgroup: %s", strerror(errno));
	snprintf(rule, sizeof(rule), "attest tx-only cgroup %llu", inode_of(CGROUP));
	only(rule);
	l = line_open(FAR4);
	m = line_open(FAR4);
	tap_ok(!install_as(0, procs, l.fd[0], TLS_TX, &l.tx) && attested(l.fd[0]),
	       "a rule is about a cgroup: it matches one below it");
	tap_ok(!line_tx(&m) && evidence_ask(m.fd[0], 1) && errno == EACCES, "and no other");
	tap_ok(!rmdir(below), "the cgroup below goes away");
	tap_ok(attested(l.fd[0]), "whom it was below is still known");
	rmdir(CGROUP);
	tap_ok(attested(l.fd[0]), "and when all of them are gone");
	line_close(&l);
	line_close(&m);
}

#define FIELD_TESTS 8

static bool denied(enum place place, const char *rule)
{
	struct line l;
	bool ret;

	only(rule);
	l = line_open(place);
	ret = line_tx(&l) && errno == EACCES;
	line_close(&l);
	return ret;
}

static void test_fields(void)
{
	char rule[64];

	tap_ok(denied(MAPPED, "deny remote 127.0.0.0/8"), "a rule for IPv4 matches mapped addresses");
	tap_ok(!denied(LOOP6, "deny remote 127.0.0.0/8"), "and no others of IPv6");
	tap_ok(denied(FAR4, "deny local 10.78.1.1"), "a local address");
	tap_ok(denied(FAR6, "deny remote fd78:1::/32"), "a remote prefix");
	tap_ok(!denied(FAR6, "deny remote fd79::/32"), "another one does not match");
	snprintf(rule, sizeof(rule), "deny rport %u-%u", ports[1] - 1, ports[1] + 1);
	tap_ok(denied(FAR4, rule), "a range of ports");
	snprintf(rule, sizeof(rule), "deny lport %u", ports[1]);
	tap_ok(!denied(FAR4, rule), "the local port is not the remote one");
	tap_ok(!denied(FAR4, "deny exe ima:000102030405060708090a0b0c0d0e0f10111213"),
	       "an executable with another digest");
}

#define CLAIMS_TESTS 5

static void test_claims(void)
{
	static const char *const rules[] = { "deny uid 4711", "attest", NULL };
	static uint8_t buf[65536];
	uint64_t handle, matches;
	const void *digest, *rule;
	struct evidence e = { 0 };
	size_t size = 0;
	struct line l;
	ssize_t n;

	replace(rules);
	l = line_keyed(FAR4);
	evidence_ask(l.fd[0], 1);
	n = evidence_read(l.fd[0], buf, sizeof(buf));
	tap_ok(n > 0 && evidence_parse(&e, buf, n) && evidence_bound_to(&e, 1), "evidence");
	if (rules_state(&nl))
		tap_bail("state: %s", nl.text);
	digest = nl_find(nl.answer, nl.answer_len, TLSBIND_A_RULES_DIGEST, NULL);
	tap_bytes(e.claims.policy_digest, digest, TLSBIND_HASH_SIZE, "has the digest of the rules");
	handle = be64toh(e.claims.rule);
	nl_begin(&nl, TLSBIND_CMD_RULES_GET);
	nl_u64(&nl, TLSBIND_A_RULES_HANDLE, handle);
	tap_equal(nl_call(&nl), 0, "and the handle of a rule");
	rule = nl_find(nl.answer, nl.answer_len, TLSBIND_A_RULES_RULE, &size);
	tap_equal(rule ? nl_number(rule, size, TLSBIND_A_RULE_ACTION) : 99, TLSBIND_ACTION_ATTEST,
		  "namely the one that allowed it");
	matches = rule ? nl_number(rule, size, TLSBIND_A_RULE_MATCHES) : 0;
	tap_equal(matches, 2, "which has decided about two keys");
	line_close(&l);
}

int main(void)
{
	tap_plan(PASS_TESTS + DENY_TESTS + LOOPBACK_TESTS + TX_ONLY_TESTS + TLS12_TESTS + EXPORT_TESTS +
		 REKEY_TESTS + RATE_TESTS + NIC_TESTS + UID_TESTS + CGROUP_TESTS + FIELD_TESTS + CLAIMS_TESTS);
	guest_need("load_mock sev_guest && load_module");
	if (nl_open(&nl))
		tap_bail("family: %s", strerror(errno));
	network();
	listen_everywhere();
	test_pass();
	test_deny();
	test_loopback();
	test_tx_only();
	test_tls12();
	test_export();
	test_rekey();
	test_rate();
	test_nic();
	test_uid();
	test_cgroup();
	test_fields();
	test_claims();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
