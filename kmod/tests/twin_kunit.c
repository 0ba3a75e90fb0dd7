// SPDX-License-Identifier: GPL-2.0-only
#include "twin.h"

#include <kunit/test.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "case.h"

#define TLSBIND_TEST_TWINS	300

struct tlsbind_test_entry {
	struct tlsbind_twin twin;
	unsigned int met;	/* others */
};

struct tlsbind_test_twins {
	struct tlsbind_twins twins;
	struct tlsbind_test_entry entries[TLSBIND_TEST_TWINS];
};

static void tlsbind_test_twin_note(struct tlsbind_twin *newcomer, struct tlsbind_twin *other)
{
	container_of(newcomer, struct tlsbind_test_entry, twin)->met++;
	container_of(other, struct tlsbind_test_entry, twin)->met++;
}

/* All in three shards, which have to spread them. */
static u64 tlsbind_test_twin_word(u64 key)
{
	return key % 3 + key * TLSBIND_TWIN_SHARDS;
}

static struct tlsbind_twin *tlsbind_test_twin_find(struct tlsbind_test_twins *f, u64 key)
{
	u64 bytes[2] = { tlsbind_test_twin_word(key), key };
	struct tlsbind_twin *found;

	rcu_read_lock();
	found = tlsbind_twin_find(&f->twins, bytes);
	rcu_read_unlock();
	return found;
}

static bool tlsbind_test_twin_add(struct tlsbind_test_twins *f, unsigned int i, u64 key)
{
	u64 bytes[2] = { tlsbind_test_twin_word(key), key };

	memcpy(f->entries[i].twin.key, bytes, sizeof(bytes));
	return tlsbind_twin_add(&f->twins, &f->entries[i].twin, tlsbind_test_twin_note);
}

static void tlsbind_test_twin_drop(struct tlsbind_test_twins *f, unsigned int i)
{
	tlsbind_twin_remove(&f->twins, &f->entries[i].twin);
}

static void tlsbind_test_twin_found(struct kunit *test)
{
	struct tlsbind_test_twins *f = test->priv;

	KUNIT_EXPECT_NULL(test, tlsbind_test_twin_find(f, 1));
	KUNIT_EXPECT_EQ(test, tlsbind_test_twin_add(f, 0, 1), 0);
	KUNIT_EXPECT_PTR_EQ(test, tlsbind_test_twin_find(f, 1), &f->entries[0].twin);
	KUNIT_EXPECT_NULL(test, tlsbind_test_twin_find(f, 2));
	tlsbind_test_twin_drop(f, 0);
	KUNIT_EXPECT_NULL(test, tlsbind_test_twin_find(f, 1));
}

static void tlsbind_test_twin_absent(struct kunit *test)
{
	struct tlsbind_test_twins *f = test->priv;

	tlsbind_test_twin_drop(f, 0);
	tlsbind_test_twin_add(f, 0, 1);
	tlsbind_test_twin_drop(f, 0);
	tlsbind_test_twin_drop(f, 0);
	KUNIT_EXPECT_NULL(test, tlsbind_test_twin_find(f, 1));
}

static void tlsbind_test_twin_meet(struct kunit *test)
{
	struct tlsbind_test_twins *f = test->priv;

	tlsbind_test_twin_add(f, 0, 1);
	KUNIT_EXPECT_EQ(test, tlsbind_test_twin_add(f, 1, 1), 1);
	KUNIT_EXPECT_EQ(test, tlsbind_test_twin_add(f, 2, 1), 1);
	KUNIT_EXPECT_EQ(test, tlsbind_test_twin_add(f, 3, 2), 0);
	KUNIT_EXPECT_GT(test, f->entries[0].met, 0);
	KUNIT_EXPECT_GT(test, f->entries[1].met, 0);
	KUNIT_EXPECT_GT(test, f->entries[2].met, 0);
	KUNIT_EXPECT_EQ(test, f->entries[3].met, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_test_twin_find(f, 1)), -ENOTUNIQ);
}

static void tlsbind_test_twin_alone(struct kunit *test)
{
	static const unsigned int orders[][2] = {
		{ 0, 1 }, { 1, 0 }, { 0, 2 }, { 2, 0 }, { 1, 2 }, { 2, 1 },
	};
	struct tlsbind_test_twins *f = test->priv;
	unsigned int i, j, stays;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		stays = 3 - orders[i][0] - orders[i][1];
		for (j = 0; j < 3; j++)
			tlsbind_test_twin_add(f, j, 7);
		tlsbind_test_twin_drop(f, orders[i][0]);
		KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_test_twin_find(f, 7)), -ENOTUNIQ);
		tlsbind_test_twin_drop(f, orders[i][1]);
		KUNIT_EXPECT_PTR_EQ(test, tlsbind_test_twin_find(f, 7), &f->entries[stays].twin);
		tlsbind_test_twin_drop(f, stays);
		KUNIT_EXPECT_NULL(test, tlsbind_test_twin_find(f, 7));
	}
}

static void tlsbind_test_twin_left(struct kunit *test)
{
	struct tlsbind_test_twins *f = test->priv;

	tlsbind_test_twin_add(f, 0, 1);
	tlsbind_test_twin_add(f, 1, 1);
	tlsbind_test_twin_drop(f, 0);
	KUNIT_EXPECT_EQ(test, tlsbind_test_twin_add(f, 2, 1), 1);
	KUNIT_EXPECT_EQ(test, f->entries[2].met, 1);
	tlsbind_test_twin_drop(f, 1);
	KUNIT_EXPECT_PTR_EQ(test, tlsbind_test_twin_find(f, 1), &f->entries[2].twin);
	tlsbind_test_twin_drop(f, 2);
	KUNIT_EXPECT_EQ(test, tlsbind_test_twin_add(f, 3, 1), 0);
	KUNIT_EXPECT_EQ(test, f->entries[3].met, 0);
	KUNIT_EXPECT_PTR_EQ(test, tlsbind_test_twin_find(f, 1), &f->entries[3].twin);
}

static void tlsbind_test_twin_many(struct kunit *test)
{
	struct tlsbind_test_twins *f = test->priv;
	unsigned int i, wrong = 0;

	for (i = 0; i < TLSBIND_TEST_TWINS; i++)
		wrong += tlsbind_test_twin_add(f, i, i / 2) != i % 2;
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GT(test, f->twins.shards[0].bits, 0);
	for (i = 0; i < TLSBIND_TEST_TWINS; i += 2)
		tlsbind_test_twin_drop(f, i + (i / 2) % 2);
	for (i = 0; i < TLSBIND_TEST_TWINS; i += 2)
		wrong += tlsbind_test_twin_find(f, i / 2) != &f->entries[i + !((i / 2) % 2)].twin;
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static int tlsbind_test_twin_begin(struct kunit *test)
{
	struct tlsbind_test_twins *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;

	if (!f)
		return -ENOMEM;
	test->priv = f;
	tlsbind_twins_init(&f->twins);
	for (i = 0; i < TLSBIND_TEST_TWINS; i++)
		tlsbind_twin_init(&f->entries[i].twin);
	return 0;
}

static void tlsbind_test_twin_end(struct kunit *test)
{
	struct tlsbind_test_twins *f = test->priv;
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < TLSBIND_TEST_TWINS; i++)
		tlsbind_test_twin_drop(f, i);
	tlsbind_twins_exit(&f->twins);
}

static struct kunit_case tlsbind_test_twin_cases[] = {
	TLSBIND_CASE(tlsbind_test_twin_found, "an entry is found until it is removed"),
	TLSBIND_CASE(tlsbind_test_twin_absent, "removing what was not added does nothing"),
	TLSBIND_CASE(tlsbind_test_twin_meet, "each of those with the same key meets another"),
	TLSBIND_CASE(tlsbind_test_twin_alone,
		     "the last of three is alone, in whatever order they go"),
	TLSBIND_CASE(tlsbind_test_twin_left,
		     "a newcomer meets one that is left, and nobody when all have gone"),
	TLSBIND_CASE(tlsbind_test_twin_many,
		     "many keys are told apart when they are spread over more trees"),
	{}
};

static struct kunit_suite tlsbind_test_twin_suite = {
	.name = "tlsbind_twin",
	.init = tlsbind_test_twin_begin,
	.exit = tlsbind_test_twin_end,
	.test_cases = tlsbind_test_twin_cases,
};

kunit_test_suite(tlsbind_test_twin_suite);
