// SPDX-License-Identifier: GPL-2.0-only
#include "origin.h"

#include "case.h"
#include "net.h"
#include "rule.h"

/* Two network namespaces. */
static struct tlsbind_net tlsbind_test_nets[2];

static const struct net *tlsbind_test_net(unsigned int i)
{
	return (const struct net *)&tlsbind_test_nets[i];
}

/* net.h */

struct tlsbind_net *tlsbind_net(const struct net *net)
{
	return (struct tlsbind_net *)net;
}

/* policy.h: the rules say what the test wants them to. */

static struct tlsbind_verdict tlsbind_test_verdict;
static struct tlsbind_rule tlsbind_test_decides;

struct tlsbind_rule *tlsbind_policy_ask(const struct tlsbind_net *tn,
					const struct tlsbind_flow *flow,
					const struct tlsbind_caller *caller, u64 *generation)
{
	*generation = tlsbind_test_verdict.generation;
	tlsbind_test_decides.handle = tlsbind_test_verdict.rule;
	return tlsbind_test_verdict.rule ? &tlsbind_test_decides : NULL;
}

void tlsbind_policy_judge(const struct net *net, const struct tlsbind_flow *flow,
			  const struct tlsbind_caller *caller, struct tlsbind_verdict *verdict)
{
	*verdict = tlsbind_test_verdict;
}

/* What is asked for, and what it is changed in. */
struct tlsbind_test_origin {
	unsigned int net;
	struct tlsbind_caller caller;
	struct tlsbind_verdict verdict;
};

static struct tlsbind_test_origin tlsbind_test_origin(void)
{
	return (struct tlsbind_test_origin) {
		.caller = {
			.uid = 1000, .cgroup_id = 7, .cgroups = { 1, 7 }, .netns = 4026531840,
			.exe = { TLSBIND_EXE_IMA, 32, { 0xaa, 0xbb } },
		},
		.verdict = {
			.action = TLSBIND_ACTION_ATTEST, .options = TLSBIND_OPTION_NIC,
			.rule = 3, .generation = 5, .digest = { 0xcc },
		},
	};
}

static struct tlsbind_origin *tlsbind_test_origin_get(const struct tlsbind_test_origin *t)
{
	tlsbind_test_verdict = t->verdict;
	return tlsbind_origin_get(tlsbind_test_net(t->net), NULL, &t->caller);
}

static void tlsbind_test_origin_says(struct kunit *test)
{
	struct tlsbind_test_origin t = tlsbind_test_origin();
	struct tlsbind_origin *origin = tlsbind_test_origin_get(&t);

	KUNIT_ASSERT_NOT_NULL(test, origin);
	KUNIT_EXPECT_MEMEQ(test, &origin->caller, &t.caller, sizeof(t.caller));
	KUNIT_EXPECT_MEMEQ(test, &origin->verdict, &t.verdict, sizeof(t.verdict));
	tlsbind_origin_put(origin);
}

static void tlsbind_test_origin_shared(struct kunit *test)
{
	struct tlsbind_test_origin t = tlsbind_test_origin(), other = t;
	struct tlsbind_origin *first = tlsbind_test_origin_get(&t), *second, *third;

	second = tlsbind_test_origin_get(&t);
	KUNIT_EXPECT_PTR_EQ(test, second, first);
	tlsbind_origin_put(second);
	other.caller.uid = 1001;
	second = tlsbind_test_origin_get(&other);
	third = tlsbind_test_origin_get(&t);
	KUNIT_EXPECT_PTR_EQ(test, third, first);
	tlsbind_origin_put(first);
	tlsbind_origin_put(second);
	tlsbind_origin_put(third);
}

/* Against one that a key has, first the latest, then in the table only. */
static void tlsbind_test_origin_differs_from(struct kunit *test,
					     const struct tlsbind_test_origin *changed)
{
	struct tlsbind_test_origin t = tlsbind_test_origin();
	struct tlsbind_origin *one = tlsbind_test_origin_get(&t), *other;
	int i;

	for (i = 0; i < 2; i++) {
		other = tlsbind_test_origin_get(changed);
		KUNIT_ASSERT_NOT_NULL(test, other);
		KUNIT_EXPECT_PTR_NE(test, other, one);
		KUNIT_EXPECT_EQ(test, other->caller.uid, changed->caller.uid);
		tlsbind_origin_put(other);
		tlsbind_origin_drop(&tlsbind_test_nets[changed->net]);
	}
	tlsbind_origin_put(one);
}

#define TLSBIND_TEST_DIFFERS(_test, _field, _value) do {			\
	struct tlsbind_test_origin _changed = tlsbind_test_origin();		\
										\
	_changed._field = _value;						\
	tlsbind_test_origin_differs_from(_test, &_changed);			\
} while (0)

static void tlsbind_test_origin_differs(struct kunit *test)
{
	TLSBIND_TEST_DIFFERS(test, net, 1);
	TLSBIND_TEST_DIFFERS(test, caller.uid, 1001);
	TLSBIND_TEST_DIFFERS(test, caller.cgroup_id, 8);
	TLSBIND_TEST_DIFFERS(test, caller.netns, 4026531841);
	TLSBIND_TEST_DIFFERS(test, caller.exe.kind, TLSBIND_EXE_FSVERITY);
	TLSBIND_TEST_DIFFERS(test, caller.exe.len, 31);
	TLSBIND_TEST_DIFFERS(test, caller.exe.digest[31], 1);
	TLSBIND_TEST_DIFFERS(test, verdict.rule, 4);
	TLSBIND_TEST_DIFFERS(test, verdict.rule, 0);
	TLSBIND_TEST_DIFFERS(test, verdict.generation, 6);
	TLSBIND_TEST_DIFFERS(test, verdict.generation, 5 + (1ull << 32));
}

/* It would have the mark if it had been kept. */
static void tlsbind_test_origin_gone(struct kunit *test)
{
	struct tlsbind_test_origin t = tlsbind_test_origin(), other = t;
	struct tlsbind_origin *origin = tlsbind_test_origin_get(&t);

	origin->verdict.policy = 77;
	other.verdict.rule = 4;
	tlsbind_origin_put(tlsbind_test_origin_get(&other));
	tlsbind_origin_put(origin);
	origin = tlsbind_test_origin_get(&t);
	KUNIT_EXPECT_EQ(test, origin->verdict.policy, 0);
	tlsbind_origin_put(origin);
}

static void tlsbind_test_origin_counted(struct kunit *test)
{
	struct tlsbind_test_origin t = tlsbind_test_origin();
	s64 before = atomic64_read(&tlsbind_test_decides.matches);

	tlsbind_origin_put(tlsbind_test_origin_get(&t));
	tlsbind_origin_put(tlsbind_test_origin_get(&t));
	KUNIT_EXPECT_EQ(test, atomic64_read(&tlsbind_test_decides.matches), before + 2);
}

/* Who opens one connection after the other does not make it anew each time. */
static void tlsbind_test_origin_latest(struct kunit *test)
{
	struct tlsbind_test_origin t = tlsbind_test_origin();
	struct tlsbind_origin *origin = tlsbind_test_origin_get(&t);

	origin->verdict.policy = 77;
	tlsbind_origin_put(origin);
	origin = tlsbind_test_origin_get(&t);
	KUNIT_EXPECT_EQ(test, origin->verdict.policy, 77);
	tlsbind_origin_put(origin);
}

static int tlsbind_test_origin_init(struct kunit *test)
{
	return tlsbind_origin_init();
}

static void tlsbind_test_origin_exit(struct kunit *test)
{
	tlsbind_origin_drop(&tlsbind_test_nets[0]);
	tlsbind_origin_drop(&tlsbind_test_nets[1]);
	tlsbind_origin_exit();
}

static struct kunit_case tlsbind_test_origin_cases[] = {
	TLSBIND_CASE(tlsbind_test_origin_says,
		     "an origin says who installed a key and what the rules said"),
	TLSBIND_CASE(tlsbind_test_origin_shared,
		     "equal origins are one, whether or not others came between"),
	TLSBIND_CASE(tlsbind_test_origin_differs,
		     "whatever differs in caller, rules or namespace is another origin"),
	TLSBIND_CASE(tlsbind_test_origin_counted,
		     "the rule that decides counts each installation once"),
	TLSBIND_CASE(tlsbind_test_origin_gone,
		     "an origin that is not the latest goes with its last key"),
	TLSBIND_CASE(tlsbind_test_origin_latest,
		     "the latest origin is kept without a key"),
	{}
};

static struct kunit_suite tlsbind_test_origin_suite = {
	.name = "tlsbind_origin",
	.init = tlsbind_test_origin_init,
	.exit = tlsbind_test_origin_exit,
	.test_cases = tlsbind_test_origin_cases,
};

kunit_test_suite(tlsbind_test_origin_suite);
