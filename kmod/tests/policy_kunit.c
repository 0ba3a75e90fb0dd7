// SPDX-License-Identifier: GPL-2.0-only
/*
 * One rule: what it matches, its canonical form, its rate. Sets of rules: the index
 * finds what asking all of them in order would.
 */
#include "case.h"

#include <linux/prandom.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "../compat/sha384.h"
#include "../flow.h"
#include "../rule.h"
#include "../rules.h"

#define TLSBIND_TEST_SECOND	1000000000ULL

static struct tlsbind_rule *tlsbind_test_rule(struct kunit *test)
{
	struct tlsbind_rule *rule = tlsbind_rule_new();

	KUNIT_ASSERT_NOT_NULL(test, rule);
	return rule;
}

static struct tlsbind_flow tlsbind_test_flow(void)
{
	struct tlsbind_flow flow = { .local_port = 443, .remote_port = 50000 };

	ipv6_addr_set_v4mapped(htonl(0x0a000001), &flow.local);
	ipv6_addr_set_v4mapped(htonl(0xc0000201), &flow.remote);
	return flow;
}

static struct tlsbind_caller tlsbind_test_caller(void)
{
	return (struct tlsbind_caller) {
		.uid = 1000,
		.cgroup_id = 30,
		.cgroups = { 1, 20, 30 },
		.exe = { .kind = TLSBIND_EXE_FSVERITY, .len = 32, .digest = { 1, 2, 3 } },
	};
}

static void tlsbind_test_everything(struct kunit *test)
{
	struct tlsbind_rule *rule = tlsbind_test_rule(test);
	struct tlsbind_caller nobody = {}, caller = tlsbind_test_caller();
	struct tlsbind_flow nowhere = {}, flow = tlsbind_test_flow();

	KUNIT_EXPECT_TRUE(test, tlsbind_rule_matches(rule, &flow, &caller));
	KUNIT_EXPECT_TRUE(test, tlsbind_rule_matches(rule, &nowhere, &nobody));
	tlsbind_rule_put(rule);
}

/*
 * Does a rule match the usual flow and caller, for each value of one of its fields?
 * The rule is "r" in the assignment.
 */
#define TLSBIND_TEST_FIELD(_test, _assignment, _expected) do {			\
	struct kunit *_kunit = (_test);						\
	struct tlsbind_rule *r = tlsbind_test_rule(_kunit);			\
	struct tlsbind_caller _caller = tlsbind_test_caller();			\
	struct tlsbind_flow _flow = tlsbind_test_flow();			\
										\
	_assignment;								\
	KUNIT_EXPECT_EQ(_kunit, tlsbind_rule_matches(r, &_flow, &_caller),	\
			_expected);						\
	tlsbind_rule_put(r);							\
} while (0)

static void tlsbind_test_ports(struct kunit *test)
{
	TLSBIND_TEST_FIELD(test, r->local_port_min = 443, true);
	TLSBIND_TEST_FIELD(test, r->local_port_min = 444, false);
	TLSBIND_TEST_FIELD(test, r->local_port_max = 443, true);
	TLSBIND_TEST_FIELD(test, r->local_port_max = 442, false);
	TLSBIND_TEST_FIELD(test, r->remote_port_min = 50000, true);
	TLSBIND_TEST_FIELD(test, r->remote_port_min = 50001, false);
	TLSBIND_TEST_FIELD(test, r->remote_port_max = 50000, true);
	TLSBIND_TEST_FIELD(test, r->remote_port_max = 49999, false);
}

static void tlsbind_test_uids(struct kunit *test)
{
	TLSBIND_TEST_FIELD(test, r->uid_min = 1000, true);
	TLSBIND_TEST_FIELD(test, r->uid_min = 1001, false);
	TLSBIND_TEST_FIELD(test, r->uid_max = 1000, true);
	TLSBIND_TEST_FIELD(test, r->uid_max = 999, false);
}

static void tlsbind_test_prefix(struct tlsbind_rule *rule, u32 address, u8 prefix)
{
	ipv6_addr_set_v4mapped(htonl(address), &rule->remote);
	rule->remote_prefix = 96 + prefix;
}

static void tlsbind_test_addresses(struct kunit *test)
{
	TLSBIND_TEST_FIELD(test, tlsbind_test_prefix(r, 0xc0000201, 32), true);
	TLSBIND_TEST_FIELD(test, tlsbind_test_prefix(r, 0xc0000202, 32), false);
	TLSBIND_TEST_FIELD(test, tlsbind_test_prefix(r, 0xc0000200, 31), true);
	TLSBIND_TEST_FIELD(test, tlsbind_test_prefix(r, 0xc0000000, 8), true);
	TLSBIND_TEST_FIELD(test, tlsbind_test_prefix(r, 0xc1000000, 8), false);
	TLSBIND_TEST_FIELD(test, tlsbind_test_prefix(r, 0, 0), true);
	TLSBIND_TEST_FIELD(test, r->local_prefix = 64, true);
	TLSBIND_TEST_FIELD(test, r->local_prefix = 96, false);
}

static void tlsbind_test_cgroups(struct kunit *test)
{
	TLSBIND_TEST_FIELD(test, r->cgroup = 30, true);
	TLSBIND_TEST_FIELD(test, r->cgroup = 20, true);
	TLSBIND_TEST_FIELD(test, r->cgroup = 1, true);
	TLSBIND_TEST_FIELD(test, r->cgroup = 2, false);
}

static void tlsbind_test_exes(struct kunit *test)
{
	struct tlsbind_exe exe = tlsbind_test_caller().exe, other = exe;

	TLSBIND_TEST_FIELD(test, r->exe = exe, true);
	other.digest[31] ^= 1;
	TLSBIND_TEST_FIELD(test, r->exe = other, false);
	other = exe;
	other.kind = TLSBIND_EXE_IMA;
	TLSBIND_TEST_FIELD(test, r->exe = other, false);
	other = exe;
	other.len = 20;
	TLSBIND_TEST_FIELD(test, r->exe = other, false);
}

static void tlsbind_test_encode(struct kunit *test)
{
	static const u8 want[TLSBIND_RULE_SIZE] = {
		1, 2, 128, 104, 0, 0, 0, 0x12,
		[8 + 10] = 0xff, 0xff, 192, 0, 2, 1,
		[24 + 10] = 0xff, 0xff, 10,
		[40] = 0x01, 0xbb, 0x01, 0xbc, 0, 0, 0xff, 0xff,
		0, 0, 3, 0xe8, 0, 0, 7, 0xcf,
		0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 9,
		2, 20, 0, 0, 0xaa, [72 + 19] = 0xbb,
	};
	struct tlsbind_rule *rule = tlsbind_test_rule(test);
	struct tlsbind_rule_wire wire;

	rule->action = TLSBIND_ACTION_ATTEST;
	rule->rekey = TLSBIND_REKEY_ABORT;
	rule->options = TLSBIND_OPTION_TX_ONLY | TLSBIND_OPTION_NO_EXPORT;
	ipv6_addr_set_v4mapped(htonl(0xc0000201), &rule->local);
	rule->local_prefix = 128;
	ipv6_addr_set_v4mapped(htonl(0x0a000000), &rule->remote);
	rule->remote_prefix = 104;
	rule->local_port_min = 443;
	rule->local_port_max = 444;
	rule->uid_min = 1000;
	rule->uid_max = 1999;
	rule->cgroup = 0x1234;
	rule->rate = 9;
	rule->exe = (struct tlsbind_exe) {
		.kind = TLSBIND_EXE_IMA, .len = 20, .digest = { 0xaa, [19] = 0xbb },
	};
	rule->handle = 77;
	atomic64_set(&rule->matches, 88);

	tlsbind_rule_encode(rule, &wire);

	KUNIT_EXPECT_MEMEQ(test, (u8 *)&wire, want, sizeof(want));
	tlsbind_rule_put(rule);
}

static void tlsbind_test_bucket(struct kunit *test)
{
	struct tlsbind_rule *rule = tlsbind_test_rule(test);
	u64 now = 100 * TLSBIND_TEST_SECOND;
	int i;

	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_TRUE(test, tlsbind_rule_charge(rule, now));
	rule->rate = 3;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, tlsbind_rule_charge(rule, now));
	KUNIT_EXPECT_FALSE(test, tlsbind_rule_charge(rule, now));
	KUNIT_EXPECT_FALSE(test, tlsbind_rule_charge(rule, now + TLSBIND_TEST_SECOND / 4));
	KUNIT_EXPECT_TRUE(test, tlsbind_rule_charge(rule, now + TLSBIND_TEST_SECOND / 3));
	KUNIT_EXPECT_FALSE(test, tlsbind_rule_charge(rule, now + TLSBIND_TEST_SECOND / 3));
	now += 100 * TLSBIND_TEST_SECOND;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, tlsbind_rule_charge(rule, now));
	KUNIT_EXPECT_FALSE(test, tlsbind_rule_charge(rule, now));
	tlsbind_rule_put(rule);
}

/* --- sets --- */

#define TLSBIND_TEST_RULES	600
#define TLSBIND_TEST_LOOKS	2000

static struct tlsbind_rule *tlsbind_test_list[TLSBIND_TEST_RULES];

/* Few values of each field, so that much matches and much is in the same bucket. */
static void tlsbind_test_random_rule(struct tlsbind_rule *rule, struct rnd_state *rnd)
{
	u32 dice = prandom_u32_state(rnd), value = prandom_u32_state(rnd);

	if (dice & 1) {
		rule->local_port_min = 440 + value % 8;
		rule->local_port_max = rule->local_port_min;
	}
	if (dice & 2) {
		rule->uid_min = 1000 + (value >> 3) % 8;
		rule->uid_max = rule->uid_min;
	}
	if (dice & 4)
		rule->cgroup = 1 + (value >> 6) % 8;
	if (dice & 8) {
		rule->remote_port_min = 50000 + (value >> 9) % 8;
		rule->remote_port_max = rule->remote_port_min;
	}
	if (dice & 16)
		tlsbind_test_prefix(rule, 0xc0000200 + (value >> 12) % 8, 32);
	else if (dice & 32)
		tlsbind_test_prefix(rule, 0xc0000200 + ((value >> 12) & 4), 30);
	if ((dice & (64 | 128)) == 64)
		rule->exe = (struct tlsbind_exe) {
			.kind = TLSBIND_EXE_IMA, .len = 20, .digest = { 1 + (value >> 15) % 4 },
		};
}

static void tlsbind_test_random_look(struct tlsbind_flow *flow, struct tlsbind_caller *caller,
				     struct rnd_state *rnd)
{
	u32 value = prandom_u32_state(rnd);

	*flow = tlsbind_test_flow();
	*caller = tlsbind_test_caller();
	flow->local_port = 440 + value % 8;
	caller->uid = 1000 + (value >> 3) % 8;
	caller->cgroups[1] = 1 + (value >> 6) % 8;
	caller->cgroups[2] = 0;
	flow->remote_port = 50000 + (value >> 9) % 8;
	ipv6_addr_set_v4mapped(htonl(0xc0000200 + (value >> 12) % 8), &flow->remote);
	caller->exe = (struct tlsbind_exe) {
		.kind = TLSBIND_EXE_IMA, .len = 20, .digest = { (value >> 15) % 6 },
	};
}

static struct tlsbind_rule *tlsbind_test_ask_all(u32 count, const struct tlsbind_flow *flow,
						 const struct tlsbind_caller *caller)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (tlsbind_rule_matches(tlsbind_test_list[i], flow, caller))
			return tlsbind_test_list[i];
	return NULL;
}

static void tlsbind_test_random_set(struct kunit *test, u32 count, struct rnd_state *rnd)
{
	struct tlsbind_caller caller;
	struct tlsbind_rules *rules;
	struct tlsbind_flow flow;
	u32 i, wrong = 0;

	for (i = 0; i < count; i++) {
		tlsbind_test_list[i] = tlsbind_test_rule(test);
		tlsbind_test_list[i]->handle = 1000 - i;
		tlsbind_test_random_rule(tlsbind_test_list[i], rnd);
	}
	rules = tlsbind_rules_new(tlsbind_test_list, count);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rules);
	for (i = 0; i < TLSBIND_TEST_LOOKS; i++) {
		tlsbind_test_random_look(&flow, &caller, rnd);
		wrong += tlsbind_rules_find(rules, &flow, &caller) !=
			 tlsbind_test_ask_all(count, &flow, &caller);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ(test, tlsbind_rules_position(rules, 1000 - i), i);
	KUNIT_EXPECT_EQ(test, tlsbind_rules_position(rules, 1001), TLSBIND_RULES_NONE);
	tlsbind_rules_free(rules);
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, refcount_read(&tlsbind_test_list[i]->ref), 1);
		tlsbind_rule_put(tlsbind_test_list[i]);
	}
}

static void tlsbind_test_index(struct kunit *test)
{
	static const u32 counts[] = { 0, 1, 2, 3, 10, 60, TLSBIND_TEST_RULES };
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 4711);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		tlsbind_test_random_set(test, counts[i], &rnd);
}

static void tlsbind_test_nothing(struct kunit *test)
{
	static const u8 zeros[TLSBIND_HASH_SIZE];
	struct tlsbind_rules *rules = tlsbind_rules_new(NULL, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rules);
	KUNIT_EXPECT_MEMEQ(test, rules->digest, zeros, sizeof(zeros));
	KUNIT_EXPECT_EQ(test, rules->count, 0);
	tlsbind_rules_free(rules);
	tlsbind_rules_free(NULL);
}

static void tlsbind_test_digest_of(struct kunit *test, u32 count, u8 digest[TLSBIND_HASH_SIZE])
{
	struct tlsbind_rules *rules = tlsbind_rules_new(tlsbind_test_list, count);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rules);
	memcpy(digest, rules->digest, TLSBIND_HASH_SIZE);
	tlsbind_rules_free(rules);
}

static void tlsbind_test_digests(struct kunit *test)
{
	u8 one[TLSBIND_HASH_SIZE], two[TLSBIND_HASH_SIZE], other[TLSBIND_HASH_SIZE];
	int i;

	for (i = 0; i < 2; i++) {
		tlsbind_test_list[i] = tlsbind_test_rule(test);
		tlsbind_test_list[i]->action = i;
	}
	tlsbind_test_digest_of(test, 1, one);
	tlsbind_test_digest_of(test, 2, two);
	KUNIT_EXPECT_MEMNEQ(test, one, two, sizeof(one));
	swap(tlsbind_test_list[0], tlsbind_test_list[1]);
	tlsbind_test_digest_of(test, 2, other);
	KUNIT_EXPECT_MEMNEQ(test, two, other, sizeof(two));
	swap(tlsbind_test_list[0], tlsbind_test_list[1]);
	tlsbind_test_list[0]->handle = 5;
	atomic64_set(&tlsbind_test_list[1]->matches, 6);
	tlsbind_test_digest_of(test, 2, other);
	KUNIT_EXPECT_MEMEQ(test, two, other, sizeof(two));
	for (i = 0; i < 2; i++)
		tlsbind_rule_put(tlsbind_test_list[i]);
}

static int tlsbind_test_policy_begin(struct kunit_suite *suite)
{
	return tlsbind_sha384_init();
}

static void tlsbind_test_policy_end(struct kunit_suite *suite)
{
	tlsbind_sha384_exit();
}

static struct kunit_case tlsbind_test_policy_cases[] = {
	TLSBIND_CASE(tlsbind_test_everything, "a rule that demands nothing matches everything"),
	TLSBIND_CASE(tlsbind_test_ports, "ranges of ports include their ends"),
	TLSBIND_CASE(tlsbind_test_uids, "ranges of uids include their ends"),
	TLSBIND_CASE(tlsbind_test_addresses, "as many bits of an address count as are demanded"),
	TLSBIND_CASE(tlsbind_test_cgroups, "a cgroup matches itself and those below it"),
	TLSBIND_CASE(tlsbind_test_exes, "an executable is known by kind, length and digest"),
	TLSBIND_CASE(tlsbind_test_encode, "the canonical form of a rule is as documented"),
	TLSBIND_CASE(tlsbind_test_bucket, "a rate is counted over a second, not longer"),
	TLSBIND_CASE(tlsbind_test_index, "the index finds what asking all rules in order would"),
	TLSBIND_CASE(tlsbind_test_nothing, "no rules have the digest zero"),
	TLSBIND_CASE(tlsbind_test_digests,
		     "the digest tells order and number, not handles and counts"),
	{}
};

static struct kunit_suite tlsbind_test_policy_suite = {
	.name = "tlsbind_policy",
	.suite_init = tlsbind_test_policy_begin,
	.suite_exit = tlsbind_test_policy_end,
	.test_cases = tlsbind_test_policy_cases,
};

kunit_test_suite(tlsbind_test_policy_suite);
