// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes and ranges as traits, and sets of rules that are found by them: what the
 * index finds is what asking all rules in order would.
 */
#include "case.h"

#include <linux/prandom.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "../compat/sha384.h"
#include "../flow.h"
#include "../rule.h"
#include "../rules.h"

#define TLSBIND_TEST_RULES	600
#define TLSBIND_TEST_LOOKS	3000

/* Rules of the set that is being tested. */
static struct tlsbind_rule *tlsbind_test_list[TLSBIND_TEST_RULES];

/* --- one rule --- */

static struct tlsbind_traits tlsbind_test_traits;

/* The one trait of a rule; its length is 0 if there is none. */
static struct tlsbind_trait tlsbind_test_trait(struct kunit *test, const struct tlsbind_rule *rule)
{
	tlsbind_traits_demanded(rule, &tlsbind_test_traits);
	KUNIT_EXPECT_LE(test, tlsbind_test_traits.count, 1);
	return tlsbind_test_traits.count ? tlsbind_test_traits.list[0] : (struct tlsbind_trait) {};
}

static void tlsbind_test_range(struct kunit *test, u32 width, u32 min, u32 max, u8 len, u32 value)
{
	struct tlsbind_rule *rule = tlsbind_rule_new();
	struct tlsbind_trait trait;

	KUNIT_ASSERT_NOT_NULL(test, rule);
	if (width == 16) {
		rule->remote_port_min = min;
		rule->remote_port_max = max;
	} else {
		rule->uid_min = min;
		rule->uid_max = max;
	}

	trait = tlsbind_test_trait(test, rule);

	KUNIT_EXPECT_EQ_MSG(test, trait.len, len, "%u-%u", min, max);
	if (len)
		KUNIT_EXPECT_EQ_MSG(test, ntohl(trait.bits.s6_addr32[0]), value << (32 - width),
				    "%u-%u", min, max);
	tlsbind_rule_put(rule);
}

static void tlsbind_test_ranges(struct kunit *test)
{
	tlsbind_test_range(test, 16, 0, 0, 16, 0);
	tlsbind_test_range(test, 16, 443, 443, 16, 443);
	tlsbind_test_range(test, 16, 65535, 65535, 16, 65535);
	tlsbind_test_range(test, 16, 442, 443, 15, 442);
	tlsbind_test_range(test, 16, 443, 444, 13, 440);
	tlsbind_test_range(test, 16, 0, 32767, 1, 0);
	tlsbind_test_range(test, 16, 1, 32766, 1, 0);
	tlsbind_test_range(test, 16, 32768, 65535, 1, 32768);
	tlsbind_test_range(test, 16, 32767, 32768, 0, 0);
	tlsbind_test_range(test, 16, 0, 65535, 0, 0);
	tlsbind_test_range(test, 16, 1, 65535, 0, 0);
	tlsbind_test_range(test, 32, 0, 0, 32, 0);
	tlsbind_test_range(test, 32, 1000, 1999, 21, 0);
	tlsbind_test_range(test, 32, 1024, 1999, 22, 1024);
	tlsbind_test_range(test, 32, U32_MAX, U32_MAX, 32, U32_MAX);
	tlsbind_test_range(test, 32, S32_MAX, S32_MAX + 1U, 0, 0);
	tlsbind_test_range(test, 32, S32_MAX + 1U, U32_MAX, 1, S32_MAX + 1U);
	tlsbind_test_range(test, 32, 0, U32_MAX, 0, 0);
	tlsbind_test_range(test, 32, 1, U32_MAX, 0, 0);
}

static void tlsbind_test_prefixes(struct kunit *test)
{
	static const u8 lengths[] = { 1, 7, 8, 64, 96, 104, 120, 127, 128 };
	struct tlsbind_rule *rule = tlsbind_rule_new();
	struct tlsbind_trait trait;
	struct in6_addr address;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, rule);
	KUNIT_EXPECT_EQ(test, tlsbind_test_trait(test, rule).len, 0);
	memset(&address, 0xff, sizeof(address));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		rule->local_prefix = lengths[i];
		ipv6_addr_prefix(&rule->local, &address, lengths[i]);

		trait = tlsbind_test_trait(test, rule);

		KUNIT_EXPECT_EQ(test, trait.kind, TLSBIND_TRAIT_LOCAL);
		KUNIT_EXPECT_EQ(test, trait.len, lengths[i]);
		KUNIT_EXPECT_TRUE(test, ipv6_addr_equal(&trait.bits, &rule->local));
	}
	tlsbind_rule_put(rule);
}

/* --- sets --- */

/* What the rules of a set demand, as bits. */
#define TLSBIND_TEST_PREFIXES	BIT(0)
#define TLSBIND_TEST_RANGES	BIT(1)
#define TLSBIND_TEST_EXACT	BIT(2)

static u32 tlsbind_test_below(struct rnd_state *rnd, u32 end)
{
	return prandom_u32_state(rnd) % end;
}

/* IPv4 and IPv6, half of each in one network, so that prefixes are within others. */
static void tlsbind_test_address(struct rnd_state *rnd, struct in6_addr *address, u8 *prefix,
				 bool whole)
{
	u32 dice = prandom_u32_state(rnd);
	u8 fixed = 0;

	prandom_bytes_state(rnd, address, sizeof(*address));
	if (dice & 1)
		fixed = 96;
	if (dice & 2)
		fixed += 16;
	if (dice & 1)
		ipv6_addr_set_v4mapped(address->s6_addr32[3], address);
	if (dice & 2)
		memset(&address->s6_addr[dice & 1 ? 12 : 0], 10, 2);
	*prefix = whole ? 128 : fixed + tlsbind_test_below(rnd, 129 - fixed);
	ipv6_addr_prefix(address, address, *prefix);
}

/* Of any size, the small ones no rarer than the large ones. */
static void tlsbind_test_numbers(struct rnd_state *rnd, u32 width, bool exact, u32 *min, u32 *max)
{
	u64 end = BIT_ULL(width), first = prandom_u32_state(rnd) >> (32 - width), size = 0;

	if (!exact)
		size = prandom_u32_state(rnd) >> (31 - tlsbind_test_below(rnd, width));
	*min = first;
	*max = min(first + size, end - 1);
}

static void tlsbind_test_demand(struct rnd_state *rnd, struct tlsbind_rule *rule, u32 what)
{
	bool exact = !(what & TLSBIND_TEST_RANGES) ||
		     ((what & TLSBIND_TEST_EXACT) && tlsbind_test_below(rnd, 2));
	bool whole = !(what & TLSBIND_TEST_PREFIXES) ||
		     ((what & TLSBIND_TEST_EXACT) && tlsbind_test_below(rnd, 2));
	bool numbers = what & (TLSBIND_TEST_RANGES | TLSBIND_TEST_EXACT);
	bool addresses = what & (TLSBIND_TEST_PREFIXES | TLSBIND_TEST_EXACT);
	u32 dice = prandom_u32_state(rnd), min, max;

	if (addresses && (dice & 1))
		tlsbind_test_address(rnd, &rule->local, &rule->local_prefix, whole);
	if (addresses && (dice & 2))
		tlsbind_test_address(rnd, &rule->remote, &rule->remote_prefix, whole);
	if (numbers && (dice & 4)) {
		tlsbind_test_numbers(rnd, 16, exact, &min, &max);
		rule->local_port_min = min;
		rule->local_port_max = max;
	}
	if (numbers && (dice & 8)) {
		tlsbind_test_numbers(rnd, 16, exact, &min, &max);
		rule->remote_port_min = min;
		rule->remote_port_max = max;
	}
	if (numbers && (dice & 16))
		tlsbind_test_numbers(rnd, 32, exact, &rule->uid_min, &rule->uid_max);
	if ((what & TLSBIND_TEST_EXACT) && (dice & 32))
		rule->cgroup = 1 + tlsbind_test_below(rnd, 4);
}

/* Between these, or right beside. */
static u32 tlsbind_test_near(struct rnd_state *rnd, u32 min, u32 max)
{
	switch (tlsbind_test_below(rnd, 8)) {
	case 0:
		return min - 1;
	case 1:
		return max + 1;
	case 2:
	case 3:
		return min;
	case 4:
	case 5:
		return max;
	default:
		return min + prandom_u32_state(rnd) % ((u64)max - min + 1);
	}
}

/* An address that has the prefix, or seldom one that differs in its last bit. */
static void tlsbind_test_within(struct rnd_state *rnd, const struct in6_addr *prefix, u8 len,
				struct in6_addr *address)
{
	struct in6_addr beyond;
	int i;

	prandom_bytes_state(rnd, address, sizeof(*address));
	ipv6_addr_prefix(&beyond, address, len);
	for (i = 0; i < 4; i++)
		address->s6_addr32[i] ^= beyond.s6_addr32[i] ^ prefix->s6_addr32[i];
	if (len && !tlsbind_test_below(rnd, 8))
		address->s6_addr[(len - 1) / 8] ^= 0x80 >> (len - 1) % 8;
}

/* An installation that this rule is about, or almost. */
static void tlsbind_test_look(struct rnd_state *rnd, const struct tlsbind_rule *rule,
			      struct tlsbind_flow *flow, struct tlsbind_caller *caller)
{
	tlsbind_test_within(rnd, &rule->local, rule->local_prefix, &flow->local);
	tlsbind_test_within(rnd, &rule->remote, rule->remote_prefix, &flow->remote);
	flow->local_port = tlsbind_test_near(rnd, rule->local_port_min, rule->local_port_max);
	flow->remote_port = tlsbind_test_near(rnd, rule->remote_port_min, rule->remote_port_max);
	caller->uid = tlsbind_test_near(rnd, rule->uid_min, rule->uid_max);
	caller->cgroups[0] = 10;
	caller->cgroups[1] = rule->cgroup ?: 1 + tlsbind_test_below(rnd, 4);
	caller->cgroups[2] = 11;
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

/* In the rest are those without traits, and no others. */
static void tlsbind_test_rest(struct kunit *test, const struct tlsbind_rules *rules)
{
	u32 rest = rules->rest, wrong = 0, i;

	for (i = 0; i < rules->count; i++) {
		tlsbind_traits_demanded(rules->entries[i].rule, &tlsbind_test_traits);
		wrong += (rest == i) == !!tlsbind_test_traits.count;
		if (rest == i)
			rest = rules->entries[i].next;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, rest, TLSBIND_RULES_NONE);
}

/* Looks at the list, a set of so many rules, which it frees. */
static void tlsbind_test_compare(struct kunit *test, struct rnd_state *rnd, u32 count)
{
	struct tlsbind_rules *rules = tlsbind_rules_new(tlsbind_test_list, count);
	u32 i, wrong = 0, found = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rules);
	tlsbind_test_rest(test, rules);
	for (i = 0; i < TLSBIND_TEST_LOOKS; i++) {
		struct tlsbind_caller caller = {};
		struct tlsbind_flow flow = {};
		struct tlsbind_rule *want;

		tlsbind_test_look(rnd, tlsbind_test_list[tlsbind_test_below(rnd, count)], &flow,
				  &caller);
		want = tlsbind_test_ask_all(count, &flow, &caller);
		found += !!want;
		wrong += tlsbind_rules_find(rules, &flow, &caller) != want;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GT(test, found, TLSBIND_TEST_LOOKS / 4);
	tlsbind_rules_free(rules);
	for (i = 0; i < count; i++)
		tlsbind_rule_put(tlsbind_test_list[i]);
}

static struct tlsbind_rule *tlsbind_test_add(struct kunit *test, u32 position)
{
	struct tlsbind_rule *rule = tlsbind_rule_new();

	KUNIT_ASSERT_NOT_NULL(test, rule);
	tlsbind_test_list[position] = rule;
	return rule;
}

/* Few without traits: what demands nothing hides all that is behind it. */
static void tlsbind_test_add_random(struct kunit *test, struct rnd_state *rnd, u32 position,
				    u32 what)
{
	struct tlsbind_rule *rule = tlsbind_test_add(test, position);

	do {
		tlsbind_test_demand(rnd, rule, what);
		tlsbind_traits_demanded(rule, &tlsbind_test_traits);
	} while (!tlsbind_test_traits.count && tlsbind_test_below(rnd, 100));
}

static void tlsbind_test_random(struct kunit *test, u32 what)
{
	static const u32 counts[] = { 1, 2, 10, 100, TLSBIND_TEST_RULES };
	struct rnd_state rnd;
	u32 i, j;

	prandom_seed_state(&rnd, 4711 + what);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (j = 0; j < counts[i]; j++)
			tlsbind_test_add_random(test, &rnd, j, what);
		tlsbind_test_compare(test, &rnd, counts[i]);
	}
}

static void tlsbind_test_by_prefixes(struct kunit *test)
{
	tlsbind_test_random(test, TLSBIND_TEST_PREFIXES);
}

static void tlsbind_test_by_ranges(struct kunit *test)
{
	tlsbind_test_random(test, TLSBIND_TEST_RANGES);
}

static void tlsbind_test_by_values(struct kunit *test)
{
	tlsbind_test_random(test, TLSBIND_TEST_EXACT);
}

static void tlsbind_test_by_all(struct kunit *test)
{
	tlsbind_test_random(test, TLSBIND_TEST_PREFIXES | TLSBIND_TEST_RANGES |
				  TLSBIND_TEST_EXACT);
}

/* Ports 32767 and 32768 share no bit, nor do the uids that end in 7fff and 8000. */
static void tlsbind_test_edges_of_ranges(struct kunit *test)
{
	static const u16 ends[] = { 0, 1, 32766, 32767, 32768, 32769, 65534, 65535 };
	struct tlsbind_rule *rule;
	struct rnd_state rnd;
	u32 i, j, count = 0;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		for (j = i; j < ARRAY_SIZE(ends); j++) {
			rule = tlsbind_test_add(test, count++);
			rule->local_port_min = ends[i];
			rule->local_port_max = ends[j];
			rule->uid_min = S32_MAX;
			rule->uid_max = U32_MAX - count;
			rule = tlsbind_test_add(test, count++);
			rule->uid_min = ends[i] << 16;
			rule->uid_max = ends[j] << 16 | 0xffff;
			rule->remote_port_min = count;
		}
	}
	/* The narrow ones first, lest all is found at once. */
	for (i = 0; i < count / 2; i++)
		swap(tlsbind_test_list[i], tlsbind_test_list[count - 1 - i]);
	prandom_seed_state(&rnd, 4711);
	tlsbind_test_compare(test, &rnd, count);
}

static void tlsbind_test_edges_of_prefixes(struct kunit *test)
{
	static const u8 lengths[] = { 128, 127, 65, 64, 63, 2, 1 };
	struct tlsbind_rule *rule;
	struct in6_addr address;
	struct rnd_state rnd;
	u32 i, count = 0;

	prandom_seed_state(&rnd, 4711);
	ipv6_addr_set_v4mapped(htonl(0xc0000201), &address);
	for (i = 128; i >= 96; i--) {
		rule = tlsbind_test_add(test, count++);
		rule->remote_prefix = i;
		ipv6_addr_prefix(&rule->remote, &address, i);
	}
	memset(&address, 0xa5, sizeof(address));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		rule = tlsbind_test_add(test, count++);
		rule->remote_prefix = lengths[i];
		ipv6_addr_prefix(&rule->remote, &address, lengths[i]);
	}
	tlsbind_test_compare(test, &rnd, count);
}

static int tlsbind_test_trait_begin(struct kunit_suite *suite)
{
	return tlsbind_sha384_init();
}

static void tlsbind_test_trait_end(struct kunit_suite *suite)
{
	tlsbind_sha384_exit();
}

static struct kunit_case tlsbind_test_trait_cases[] = {
	TLSBIND_CASE(tlsbind_test_ranges, "a range is the smallest block that holds it"),
	TLSBIND_CASE(tlsbind_test_prefixes, "an address is as many bits as are demanded"),
	TLSBIND_CASE(tlsbind_test_by_prefixes, "the first of many prefixes is found"),
	TLSBIND_CASE(tlsbind_test_by_ranges, "the first of many ranges is found"),
	TLSBIND_CASE(tlsbind_test_by_values, "the first of many values is found"),
	TLSBIND_CASE(tlsbind_test_by_all, "the first of prefixes, ranges and values is found"),
	TLSBIND_CASE(tlsbind_test_edges_of_ranges, "so it is at the ends of ranges"),
	TLSBIND_CASE(tlsbind_test_edges_of_prefixes,
		     "so it is among the shortest and the longest prefixes"),
	{}
};

static struct kunit_suite tlsbind_test_trait_suite = {
	.name = "tlsbind_trait",
	.suite_init = tlsbind_test_trait_begin,
	.suite_exit = tlsbind_test_trait_end,
	.test_cases = tlsbind_test_trait_cases,
};

kunit_test_suite(tlsbind_test_trait_suite);
