// SPDX-License-Identifier: MIT
/* Rules by netlink: what is refused and how, what changes at once. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include <openssl/evp.h>

#include "rules-state.h"

#define CGROUP	"/sys/fs/cgroup/tlsbind-rules"

/* --- rules that make no sense, as text --- */

static const struct {
	const char *name, *rule;
	int error;
	const char *words;
	int attr;	/* of the rule */
} bad_rules[] = {
	{ "an IPv4 prefix of 33 bits", "pass local 10.0.0.1/33", EINVAL, "prefix: longer",
	  TLSBIND_A_RULE_LOCAL_PREFIX },
	{ "a remote IPv4 prefix of 128 bits", "pass remote 10.0.0.0/128", EINVAL, "prefix: longer",
	  TLSBIND_A_RULE_REMOTE_PREFIX },
	{ "an IPv6 prefix of 129 bits", "pass local ::1/129", ERANGE, "out of range",
	  TLSBIND_A_RULE_LOCAL_PREFIX },
	{ "an IPv4 address with bits beyond the prefix", "pass local 10.0.0.1/24", EINVAL, "address: has bits",
	  TLSBIND_A_RULE_LOCAL_PREFIX },
	{ "an IPv6 address with bits beyond the prefix", "pass remote fe80::1/64", EINVAL, "address: has bits",
	  TLSBIND_A_RULE_REMOTE_PREFIX },
	{ "an inverted range of local ports", "pass lport 5-4", EINVAL, "port-max: below",
	  TLSBIND_A_RULE_LOCAL_PORT_MAX },
	{ "an inverted range of remote ports", "pass rport 65535-1", EINVAL, "port-max: below",
	  TLSBIND_A_RULE_REMOTE_PORT_MAX },
	{ "port 0", "pass lport 0", ERANGE, "out of range", TLSBIND_A_RULE_LOCAL_PORT_MIN },
	{ "an inverted range of uids", "pass uid 1001-1000", EINVAL, "uid-max: below",
	  TLSBIND_A_RULE_UID_MAX },
	{ "a cgroup that never was", "pass cgroup 987654321", ENOENT, "cgroup: there is none",
	  TLSBIND_A_RULE_CGROUP },
	{ "cgroup 0", "pass cgroup 0", ERANGE, "out of range", TLSBIND_A_RULE_CGROUP },
	{ "an executable's digest of 19 bytes",
	  "pass exe ima:00112233445566778899aabbccddeeff001122", EINVAL, "exe-digest: shorter",
	  TLSBIND_A_RULE_EXE_DIGEST },
	{ "a gate for TLS 1.2", "gate tls12", EINVAL, "nobody can judge", TLSBIND_A_RULE_OPTIONS },
	{ "a gate for one direction", "gate mutual tx-only", EINVAL, "nobody can judge",
	  TLSBIND_A_RULE_OPTIONS },
	{ "loopback with a gate that gives no evidence", "gate loopback", EINVAL, "loopback needs mutual",
	  TLSBIND_A_RULE_OPTIONS },
	{ "a rate with such a gate", "gate rate 5", EINVAL, "needs mutual", TLSBIND_A_RULE_RATE },
	{ "a policy with attest", "attest policy 3", EINVAL, "policy: goes with", TLSBIND_A_RULE_POLICY },
	{ "a lease with attest", "attest lease 60", EINVAL, "lease: goes with", TLSBIND_A_RULE_LEASE },
	{ "a lease with deny", "deny lease 60", EINVAL, "lease: goes with", TLSBIND_A_RULE_LEASE },
	{ "a lease of 0", "gate lease 0", ERANGE, "out of range", TLSBIND_A_RULE_LEASE },
	{ "a lease of more than a week", "gate lease 604801", ERANGE, "out of range", TLSBIND_A_RULE_LEASE },
	{ "mutual with attest", "attest mutual", EINVAL, "mutual goes with", TLSBIND_A_RULE_OPTIONS },
	{ "mutual with deny", "deny mutual", EINVAL, "mutual goes with", TLSBIND_A_RULE_OPTIONS },
	{ "an option with pass", "pass tls12", EINVAL, "options: go with", TLSBIND_A_RULE_OPTIONS },
	{ "an option with deny", "deny no-export", EINVAL, "options: go with",
	  TLSBIND_A_RULE_OPTIONS },
	{ "rekey with deny", "deny rekey abort", EINVAL, "rekey: goes with", TLSBIND_A_RULE_REKEY },
	{ "a rate with pass", "pass rate 5", EINVAL, "rate: goes with", TLSBIND_A_RULE_RATE },
	{ "a rate of 0", "attest rate 0", ERANGE, "out of range", TLSBIND_A_RULE_RATE },
};

#define BAD_RULES (sizeof(bad_rules) / sizeof(bad_rules[0]))

static void test_bad_rules(void)
{
	for (size_t i = 0; i < BAD_RULES; i++)
		refused_for(rules_add(&nl, bad_rules[i].rule, 0), bad_rules[i].error,
			    bad_rules[i].words, INNER(bad_rules[i].attr), bad_rules[i].name);
}

/* --- messages that make no sense, attribute by attribute --- */

static void put_raw(void (*put)(void))
{
	size_t nest;

	nl_begin(&nl, TLSBIND_CMD_RULES_ADD);
	nest = nl_nest(&nl, TLSBIND_A_RULES_RULE);
	nl_u8(&nl, TLSBIND_A_RULE_ACTION, TLSBIND_ACTION_PASS);
	put();
	nl_nest_end(&nl, nest);
}

static void no_rule(void) { nl_begin(&nl, TLSBIND_CMD_RULES_ADD); }

static void two_rules(void)
{
	no_rule();
	rules_put(&nl, "pass");
	rules_put(&nl, "deny");
}

static void empty_rule(void)
{
	no_rule();
	nl_nest_end(&nl, nl_nest(&nl, TLSBIND_A_RULES_RULE));
}

static void not_nested(void)
{
	uint8_t inner[] = { 5, 0, TLSBIND_A_RULE_ACTION, 0, TLSBIND_ACTION_PASS, 0, 0, 0 };

	no_rule();
	nl_put(&nl, TLSBIND_A_RULES_RULE, inner, sizeof(inner));
}

static void long_inner(void)
{
	uint8_t inner[] = { 200, 0, TLSBIND_A_RULE_ACTION, 0, TLSBIND_ACTION_PASS, 0, 0, 0 };

	no_rule();
	nl_put(&nl, TLSBIND_A_RULES_RULE | NLA_F_NESTED, inner, sizeof(inner));
}

static void short_inner(void)
{
	uint8_t inner[] = { 5, 0, TLSBIND_A_RULE_ACTION, 0, TLSBIND_ACTION_PASS, 0, 0, 0, 3, 0, 1, 0 };

	no_rule();
	nl_put(&nl, TLSBIND_A_RULES_RULE | NLA_F_NESTED, inner, sizeof(inner));
}

static void put_unknown(void) { nl_u32(&nl, TLSBIND_A_RULE_MAX + 1, 1); }
static void unknown_inner(void) { put_raw(put_unknown); }

static void unknown_outer(void)
{
	no_rule();
	rules_put(&nl, "pass");
	nl_u32(&nl, TLSBIND_A_RULES_MAX + 1, 1);
}

static void put_handle(void) { nl_u64(&nl, TLSBIND_A_RULE_HANDLE, 1); }
static void handle(void) { put_raw(put_handle); }
static void put_matches(void) { nl_u64(&nl, TLSBIND_A_RULE_MATCHES, 1); }
static void matches(void) { put_raw(put_matches); }
static void put_prefix(void) { nl_u8(&nl, TLSBIND_A_RULE_LOCAL_PREFIX, 8); }
static void prefix_alone(void) { put_raw(put_prefix); }
static void put_port_max(void) { nl_u16(&nl, TLSBIND_A_RULE_LOCAL_PORT_MAX, 8); }
static void port_max_alone(void) { put_raw(put_port_max); }
static void put_uid_max(void) { nl_u32(&nl, TLSBIND_A_RULE_UID_MAX, 8); }
static void uid_max_alone(void) { put_raw(put_uid_max); }
static void put_kind(void) { nl_u8(&nl, TLSBIND_A_RULE_EXE_KIND, TLSBIND_EXE_KIND_IMA); }
static void kind_alone(void) { put_raw(put_kind); }

static void put_digest(void)
{
	uint8_t digest[32] = { 1 };

	nl_put(&nl, TLSBIND_A_RULE_EXE_DIGEST, digest, sizeof(digest));
}

static void digest_alone(void) { put_raw(put_digest); }

static void put_kind_none(void)
{
	nl_u8(&nl, TLSBIND_A_RULE_EXE_KIND, TLSBIND_EXE_KIND_NONE);
	put_digest();
}

static void kind_none(void) { put_raw(put_kind_none); }

static void put_long_digest(void)
{
	uint8_t digest[65] = { 1 };

	put_kind();
	nl_put(&nl, TLSBIND_A_RULE_EXE_DIGEST, digest, sizeof(digest));
}

static void long_digest(void) { put_raw(put_long_digest); }
static void put_five(void) { nl_put(&nl, TLSBIND_A_RULE_REMOTE_ADDRESS, "12345", 5); }
static void five_bytes(void) { put_raw(put_five); }
static void put_seventeen(void) { nl_put(&nl, TLSBIND_A_RULE_REMOTE_ADDRESS, "12345678901234567", 17); }
static void seventeen_bytes(void) { put_raw(put_seventeen); }
static void put_bad_option(void) { nl_u32(&nl, TLSBIND_A_RULE_OPTIONS, 0x40); }
static void bad_option(void) { put_raw(put_bad_option); }
static void put_bad_action(void) { nl_u8(&nl, TLSBIND_A_RULE_ACTION, 4); }
static void bad_action(void) { put_raw(put_bad_action); }
static void put_bad_rekey(void) { nl_u8(&nl, TLSBIND_A_RULE_REKEY, 3); }
static void bad_rekey(void) { put_raw(put_bad_rekey); }
static void put_wide(void) { nl_u32(&nl, TLSBIND_A_RULE_LOCAL_PORT_MIN, 1); }
static void wide_port(void) { put_raw(put_wide); }

static void before_nothing(void)
{
	no_rule();
	rules_put(&nl, "pass");
	nl_u64(&nl, TLSBIND_A_RULES_BEFORE, 4711);
}

static void delete_nothing(void) { nl_begin(&nl, TLSBIND_CMD_RULES_DELETE); }

static void delete_stranger(void)
{
	delete_nothing();
	nl_u64(&nl, TLSBIND_A_RULES_HANDLE, 4711);
}

static void get_stranger(void)
{
	nl_begin(&nl, TLSBIND_CMD_RULES_GET);
	nl_u64(&nl, TLSBIND_A_RULES_HANDLE, 4711);
}

static void add_stale(void)
{
	no_rule();
	rules_put(&nl, "pass");
	nl_u32(&nl, TLSBIND_A_RULES_GENERATION, 4711);
}

static void delete_stale(void)
{
	delete_stranger();
	nl_u32(&nl, TLSBIND_A_RULES_GENERATION, 4711);
}

static void replace_stale(void)
{
	nl_begin(&nl, TLSBIND_CMD_RULES_REPLACE);
	nl_u32(&nl, TLSBIND_A_RULES_GENERATION, 4711);
}

static void lock_stale(void)
{
	nl_begin(&nl, TLSBIND_CMD_LOCK);
	nl_u32(&nl, TLSBIND_A_RULES_GENERATION, 4711);
}

static const struct {
	const char *name;
	void (*make)(void);
	int error;
	const char *words;
	int attr;
} bad_messages[] = {
	{ "adding nothing", no_rule, EINVAL, "rule: missing", 0 },
	{ "adding two rules", two_rules, EINVAL, "rule: more than one", TLSBIND_A_RULES_RULE },
	{ "a rule without action", empty_rule, EINVAL, "action: missing", TLSBIND_A_RULES_RULE },
	{ "a rule that is not marked as a nest", not_nested, EINVAL, "NLA_F_NESTED",
	  TLSBIND_A_RULES_RULE },
	{ "a nest with an attribute beyond its end", long_inner, EINVAL, "bytes leftover", 0 },
	{ "a nest with an attribute shorter than its header", short_inner, EINVAL, "bytes leftover", 0 },
	{ "an unknown attribute of a rule", unknown_inner, EINVAL, "attribute",
	  INNER(TLSBIND_A_RULE_MAX + 1) },
	{ "an unknown attribute of the message", unknown_outer, EINVAL, "attribute",
	  TLSBIND_A_RULES_MAX + 1 },
	{ "a handle of one's own", handle, EINVAL, "handle, matches",
	  INNER(TLSBIND_A_RULE_HANDLE) },
	{ "a count of one's own", matches, EINVAL, "handle, matches",
	  INNER(TLSBIND_A_RULE_MATCHES) },
	{ "a prefix without an address", prefix_alone, EINVAL, "prefix: needs",
	  INNER(TLSBIND_A_RULE_LOCAL_PREFIX) },
	{ "a last port without a first", port_max_alone, EINVAL, "port-max: needs",
	  INNER(TLSBIND_A_RULE_LOCAL_PORT_MAX) },
	{ "a last uid without a first", uid_max_alone, EINVAL, "uid-max: needs",
	  INNER(TLSBIND_A_RULE_UID_MAX) },
	{ "a kind of digest without digest", kind_alone, EINVAL, "go together",
	  INNER(TLSBIND_A_RULE_EXE_KIND) },
	{ "a digest without kind", digest_alone, EINVAL, "go together",
	  INNER(TLSBIND_A_RULE_EXE_DIGEST) },
	{ "a digest of kind none", kind_none, EINVAL, "exe-kind: none",
	  INNER(TLSBIND_A_RULE_EXE_KIND) },
	{ "a digest of 65 bytes", long_digest, ERANGE, "", INNER(TLSBIND_A_RULE_EXE_DIGEST) },
	{ "an address of 5 bytes", five_bytes, EINVAL, "address: neither",
	  INNER(TLSBIND_A_RULE_REMOTE_ADDRESS) },
	{ "an address of 17 bytes", seventeen_bytes, ERANGE, "",
	  INNER(TLSBIND_A_RULE_REMOTE_ADDRESS) },
	{ "an unknown option", bad_option, EINVAL, "reserved bit", INNER(TLSBIND_A_RULE_OPTIONS) },
	{ "an unknown action", bad_action, ERANGE, "out of range", INNER(TLSBIND_A_RULE_ACTION) },
	{ "an unknown rekey", bad_rekey, ERANGE, "out of range", INNER(TLSBIND_A_RULE_REKEY) },
	{ "a port of 32 bits", wide_port, EINVAL, "attribute length",
	  INNER(TLSBIND_A_RULE_LOCAL_PORT_MIN) },
	{ "a place before a rule that is not there", before_nothing, ENOENT, "no rule with this handle",
	  TLSBIND_A_RULES_BEFORE },
	{ "deleting nothing", delete_nothing, EINVAL, "handle: missing", 0 },
	{ "deleting a rule that is not there", delete_stranger, ENOENT, "no rule with this handle",
	  TLSBIND_A_RULES_HANDLE },
	{ "asking for a rule that is not there", get_stranger, ENOENT, "there is no such rule",
	  TLSBIND_A_RULES_HANDLE },
	{ "adding to rules that have changed", add_stale, ESTALE, "generation", 0 },
	{ "deleting from rules that have changed", delete_stale, ESTALE, "generation", 0 },
	{ "replacing rules that have changed", replace_stale, ESTALE, "generation", 0 },
	{ "locking rules that have changed", lock_stale, ESTALE, "generation", 0 },
};

#define BAD_MESSAGES (sizeof(bad_messages) / sizeof(bad_messages[0]))

static void test_bad_messages(void)
{
	for (size_t i = 0; i < BAD_MESSAGES; i++) {
		bad_messages[i].make();
		refused_for(nl_call(&nl), bad_messages[i].error, bad_messages[i].words,
			    bad_messages[i].attr, bad_messages[i].name);
	}
}

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

#define CGROUP_TESTS 3

static void test_cgroups(void)
{
	char path[512] = CGROUP, rule[64];
	int depth = 1;

	mkdir(CGROUP, 0755);
	snprintf(rule, sizeof(rule), "pass cgroup %llu", (unsigned long long)inode_of(CGROUP));
	tap_equal(rules_add(&nl, rule, 0), 0, "a cgroup that is there is accepted");
	need(rules_delete(&nl, rules_handle(&nl)), "delete");
	for (; depth < 16; depth++) {
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/d");
		mkdir(path, 0755);
	}
	snprintf(rule, sizeof(rule), "pass cgroup %llu", (unsigned long long)inode_of(path));
	refused(rules_add(&nl, rule, 0), EINVAL, "cgroup: more than 15", "a cgroup 16 levels deep");
	for (; depth > 1; depth--) {
		rmdir(path);
		path[strlen(path) - 2] = 0;
	}
	snprintf(rule, sizeof(rule), "pass cgroup %llu", (unsigned long long)inode_of(CGROUP));
	rmdir(CGROUP);
	refused(rules_add(&nl, rule, 0), ENOENT, "cgroup: there is none", "a cgroup that is gone");
}

/* --- order and handles --- */

static bool order_is(const uint64_t *handles, size_t count)
{
	if (dump(&nl, &listed) || listed.count != count)
		return false;
	return !count || !memcmp(listed.handles, handles, count * sizeof(*handles));
}

#define ORDER_TESTS 9

static void test_order(void)
{
	uint64_t a, b, c, d;

	need(rules_flush(&nl), "flush");
	need(rules_add(&nl, "pass lport 1", 0), "add");
	a = rules_handle(&nl);
	need(rules_add(&nl, "pass lport 2", 0), "add");
	b = rules_handle(&nl);
	tap_ok(order_is((uint64_t[]){ a, b }, 2), "a new rule is the last");
	need(rules_add(&nl, "pass lport 3", a), "add");
	c = rules_handle(&nl);
	tap_ok(order_is((uint64_t[]){ c, a, b }, 3), "or before the first");
	need(rules_add(&nl, "pass lport 4", b), "add");
	d = rules_handle(&nl);
	tap_ok(order_is((uint64_t[]){ c, a, d, b }, 4), "or between");
	tap_ok(a < b && b < c && c < d, "handles grow");
	need(rules_delete(&nl, a), "delete");
	tap_ok(order_is((uint64_t[]){ c, d, b }, 3), "a rule is deleted from between");
	need(rules_delete(&nl, d), "delete");
	need(rules_add(&nl, "pass lport 5", 0), "add");
	tap_ok(rules_handle(&nl) > d, "no handle is used again");

	nl_begin(&nl, TLSBIND_CMD_RULES_GET);
	nl_u64(&nl, TLSBIND_A_RULES_HANDLE, b);
	need(nl_call(&nl), "get");
	size_t size = 0;
	const void *rule = nl_find(nl.answer, nl.answer_len, TLSBIND_A_RULES_RULE, &size);

	tap_ok(rule && nl_number(rule, size, TLSBIND_A_RULE_HANDLE) == b &&
	       nl_number(rule, size, TLSBIND_A_RULE_LOCAL_PORT_MIN) == 2 &&
	       nl_number(rule, size, TLSBIND_A_RULE_LOCAL_PORT_MAX) == 2, "a rule can be asked for by its handle");
	need(rules_flush(&nl), "flush");
	tap_ok(order_is(NULL, 0), "after a flush there is none");
	need(rules_add(&nl, "pass", 0), "add");
	tap_ok(rules_handle(&nl) > d + 1, "and still no handle is used again");
}

#define ATOMIC_TESTS 4

static void test_atomic(void)
{
	static const char *const good[] = { "pass lport 1", "deny lport 2", "attest lport 3", NULL };
	static const char *const bad[] = { "pass lport 4", "deny lport 5", "pass lport 7-6", NULL };
	struct state before, after;

	need(rules_replace(&nl, good), "replace");
	tap_equal(nl_number(nl.answer, nl.answer_len, TLSBIND_A_RULES_COUNT), 3,
		  "rules are replaced at once");
	before = state_now(&nl);
	refused(rules_replace(&nl, bad), EINVAL, "port-max", "a replacement whose last rule is bad");
	after = state_now(&nl);
	tap_ok(state_same(&before, &after), "then nothing has changed");
	dump(&nl, &listed);
	tap_ok(listed.count == 3 && listed.ports[0] == 1 && listed.ports[1] == 2 && listed.ports[2] == 3,
	       "each rule is where it was");
}

#define DIGEST_TESTS 5

static void test_digest(void)
{
	static const char *const rules[] = {
		"attest local 10.1.0.0/16 lport 443 remote 2001:db8::/32 rport 1024-65535 uid 1000-1999 "
		"exe fsverity:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "
		"tx-only no-export rekey keep rate 7",
		"deny", "gate policy 258 lease 3600", NULL
	};
	struct {
		char label[sizeof(TLSBIND_LABEL_POLICY)];
		__be32 count;
		struct tlsbind_rule_wire rules[3];
	} __attribute__((packed)) m = {
		.label = TLSBIND_LABEL_POLICY,
		.count = htonl(3),
		.rules = {
			{ .action = TLSBIND_ACTION_ATTEST, .rekey = TLSBIND_REKEY_KEEP,
			  .local_prefix = 112, .remote_prefix = 32, .options = htonl(2 | 16),
			  .local = { [10] = 0xff, 0xff, 10, 1 }, .remote = { 0x20, 1, 0x0d, 0xb8 },
			  .local_port_min = htons(443), .local_port_max = htons(443),
			  .remote_port_min = htons(1024), .remote_port_max = 0xffff,
			  .uid_min = htonl(1000), .uid_max = htonl(1999), .rate = htonl(7),
			  .exe_kind = TLSBIND_EXE_FSVERITY, .exe_len = 32 },
			{ .action = TLSBIND_ACTION_DENY, .local_port_max = 0xffff,
			  .remote_port_max = 0xffff, .uid_max = 0xffffffff },
			{ .action = TLSBIND_ACTION_GATE, .local_port_max = 0xffff,
			  .remote_port_max = 0xffff, .uid_max = 0xffffffff, .policy = htons(258),
			  .lease = htonl(3600) },
		},
	};
	uint8_t want[TLSBIND_HASH_SIZE], zeros[TLSBIND_HASH_SIZE] = { 0 };
	struct state s, t;

	for (int i = 0; i < 32; i++)
		m.rules[0].exe_digest[i] = i;
	EVP_Digest(&m, sizeof(m), want, NULL, EVP_sha384(), NULL);
	tap_equal(sizeof(struct tlsbind_rule_wire), TLSBIND_RULE_SIZE, "a rule has 144 bytes");
	need(rules_replace(&nl, rules), "replace");
	s = state_now(&nl);
	tap_bytes(s.digest, want, sizeof(want), "the digest of rules is as documented");
	need(rules_replace(&nl, rules), "replace");
	t = state_now(&nl);
	tap_ok(s.generation != t.generation && !memcmp(s.digest, t.digest, sizeof(s.digest)),
	       "the same rules again have the same digest, but another generation");
	need(rules_only(&nl, "pass local ::/0"), "only");
	s = state_now(&nl);
	need(rules_only(&nl, "pass"), "only");
	t = state_now(&nl);
	tap_ok(!memcmp(s.digest, t.digest, sizeof(s.digest)), "a prefix of no bits is the same as none");
	need(rules_flush(&nl), "flush");
	s = state_now(&nl);
	tap_bytes(s.digest, zeros, sizeof(zeros), "no rules have the digest zero");
}

/* --- many --- */

static int replace_many(unsigned int count)
{
	nl_begin(&nl, TLSBIND_CMD_RULES_REPLACE);
	for (unsigned int i = 0; i < count; i++) {
		size_t nest = nl_nest(&nl, TLSBIND_A_RULES_RULE);

		nl_u8(&nl, TLSBIND_A_RULE_ACTION, TLSBIND_ACTION_PASS);
		nl_u16(&nl, TLSBIND_A_RULE_LOCAL_PORT_MIN, 1 + i % 65535);
		nl_nest_end(&nl, nest);
	}
	return nl_call(&nl);
}

static struct nl other;

static void change_rules(void)
{
	if (rules_add(&other, "deny lport 9", 0))
		tap_bail("change: %s", other.text);
}

#define MANY_TESTS 9

static void test_many(void)
{
	struct state before, after;
	bool ordered = true;

	need(rules_only(&nl, "deny"), "only");
	before = state_now(&nl);
	refused(replace_many(100000), ENOSPC, "rule: more than 16384", "a replacement by 100,000 rules");
	refused(replace_many(TLSBIND_RULES_MAX + 1), ENOSPC, "rule: more than 16384",
		"a replacement by one rule too many");
	after = state_now(&nl);
	tap_ok(state_same(&before, &after), "then nothing has changed");
	tap_equal(replace_many(TLSBIND_RULES_MAX), 0, "16,384 rules are accepted");
	refused(rules_add(&nl, "pass", 0), ENOSPC, "rule: there are 16384", "one more");
	tap_ok(!dump(&nl, &listed) && listed.count == TLSBIND_RULES_MAX && !nl.interrupted,
	       "all of them are listed");
	for (size_t i = 0; i < listed.count; i++)
		ordered = ordered && listed.ports[i] == i + 1;
	tap_ok(ordered, "in their order");
	need(rules_delete(&nl, listed.handles[77]), "delete");
	listed.between = change_rules;
	tap_ok(!dump(&nl, &listed) && nl.interrupted, "a list during which they change says so");
	tap_ok(!dump(&nl, &listed) && listed.count == TLSBIND_RULES_MAX && !nl.interrupted,
	       "the next one is whole");
	need(rules_flush(&nl), "flush");
}

int main(void)
{
	struct state before, after;

	tap_plan(BAD_RULES + BAD_MESSAGES + 1 + CGROUP_TESTS + ORDER_TESTS + ATOMIC_TESTS + DIGEST_TESTS +
		 MANY_TESTS);
	guest_need("load_module");
	if (nl_open(&nl) || nl_open(&other))
		tap_bail("family: %s", strerror(errno));
	need(rules_only(&nl, "attest lport 443"), "only");
	before = state_now(&nl);
	test_bad_rules();
	test_bad_messages();
	after = state_now(&nl);
	tap_ok(state_same(&before, &after), "nothing of what was refused has changed anything");
	test_cgroups();
	test_order();
	test_atomic();
	test_digest();
	test_many();
	return tap_done();
}
