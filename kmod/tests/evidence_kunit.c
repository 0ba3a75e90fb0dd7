// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue: who shares a report, who is told what, and who lets go of what.
 * The worker is the real one; sockets and hardware are those of fakes.c.
 */
#include <linux/unaligned.h>

#include "case.h"

#include <linux/mm.h>
#include <linux/unaligned.h>

/* For its parameter and its lists. */
#include "../evidence.c"

#include "../compat/sha384.h"
#include "fakes.h"
#include "rfc9162.h"

#define TLSBIND_TEST_SOON	(60 * HZ)	/* a bound, not a sleep */
#define TLSBIND_TEST_SOCKS	8

static struct tlsbind_sock tlsbind_test_socks[TLSBIND_TEST_SOCKS];
static unsigned int tlsbind_test_timeout_ms;

static int tlsbind_test_ask(struct tlsbind_sock *ts)
{
	u8 nonce[TLSBIND_NONCE_SIZE] = {}, app_data[TLSBIND_APP_DATA_SIZE] = {};

	return tlsbind_evidence_challenge(ts, nonce, app_data);
}

/* The answer, consumed; the request is still the caller's. */
static struct tlsbind_request *tlsbind_test_answer(struct kunit *test, struct tlsbind_sock *ts)
{
	struct tlsbind_request *request = tlsbind_evidence_wait(ts, TLSBIND_TEST_SOON);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, request);
	tlsbind_request_get(request);
	tlsbind_evidence_told(ts, request, true);
	return request;
}

static int tlsbind_test_error(struct kunit *test, struct tlsbind_sock *ts)
{
	struct tlsbind_request *request = tlsbind_test_answer(test, ts);
	int error = tlsbind_request_error(request);

	KUNIT_EXPECT_EQ(test, !error, !!request->report);
	tlsbind_request_put(request);
	return error;
}

/* Answered without error, by a report over a tree that this leaf is in. */
static void tlsbind_test_expect(struct kunit *test, const struct tlsbind_request *request,
				unsigned int call, u32 tree_size)
{
	u8 want[TLSBIND_REPORT_DATA_SIZE];
	struct tlsbind_hash leaf, root;

	KUNIT_ASSERT_EQ(test, tlsbind_request_error(request), 0);
	KUNIT_ASSERT_NOT_NULL(test, request->report);
	KUNIT_ASSERT_EQ(test, request->tree_size, tree_size);
	KUNIT_ASSERT_EQ(test, tlsbind_binding_leaf(&request->claims, &leaf), 0);
	KUNIT_ASSERT_TRUE(test, tlsbind_test_root(&leaf, request->index, request->tree_size,
						  request->path, request->path_len, &root));
	tlsbind_binding_report_data(&root, tree_size, tlsbind_report_boot_nonce(), want);
	KUNIT_EXPECT_MEMEQ(test, tlsbind_fake_hardware.report_data[call], want, sizeof(want));
}

static void tlsbind_test_expect_good(struct kunit *test, struct tlsbind_sock *ts,
				     unsigned int call, u32 tree_size)
{
	struct tlsbind_request *request = tlsbind_test_answer(test, ts);

	KUNIT_EXPECT_EQ(test, get_unaligned_be32(request->claims.tx_commitment),
			ts->tx.generation);
	tlsbind_test_expect(test, request, call, tree_size);
	tlsbind_request_put(request);
}

/* A challenge whose report is being made, until the test releases it. */
static void tlsbind_test_hold(struct kunit *test, struct tlsbind_sock *ts)
{
	tlsbind_fake_hardware.hold = true;
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&tlsbind_fake_hardware.asked,
							  TLSBIND_TEST_SOON), 0);
}

static void tlsbind_test_release(void)
{
	tlsbind_fake_hardware.hold = false;
	complete_all(&tlsbind_fake_hardware.release);
}

static void tlsbind_test_one(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);

	tlsbind_test_expect_good(test, ts, 0, 1);
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, 0)), -ENODATA);
}

static void tlsbind_test_nonces(struct kunit *test)
{
	u8 nonce[TLSBIND_NONCE_SIZE] = { 5, 6 }, app_data[TLSBIND_APP_DATA_SIZE] = { 7, 8 };
	struct tlsbind_sock *ts = tlsbind_test_socks;
	struct tlsbind_request *request;

	KUNIT_ASSERT_EQ(test, tlsbind_evidence_challenge(ts, nonce, app_data), 0);

	request = tlsbind_test_answer(test, ts);
	KUNIT_EXPECT_MEMEQ(test, request->claims.nonce, nonce, sizeof(nonce));
	KUNIT_EXPECT_MEMEQ(test, request->claims.app_data, app_data, sizeof(app_data));
	tlsbind_test_expect(test, request, 0, 1);
	tlsbind_request_put(request);
}

static void tlsbind_test_shared(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;
	u32 i;

	tlsbind_test_hold(test, &ts[0]);
	for (i = 1; i < TLSBIND_TEST_SOCKS; i++)
		KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[i]), 0);
	tlsbind_test_release();

	tlsbind_test_expect_good(test, &ts[0], 0, 1);
	for (i = 1; i < TLSBIND_TEST_SOCKS; i++)
		tlsbind_test_expect_good(test, &ts[i], 1, TLSBIND_TEST_SOCKS - 1);
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 2);
}

static void tlsbind_test_full(struct kunit *test)
{
	u32 count = TLSBIND_TREE_SIZE_MAX + 1, i;
	struct tlsbind_sock *ts = kvcalloc(count, sizeof(*ts), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ts);
	tlsbind_test_hold(test, &tlsbind_test_socks[0]);
	for (i = 0; i < count; i++) {
		tlsbind_fake_sock(&ts[i], 100 + i);
		KUNIT_EXPECT_EQ(test, tlsbind_test_ask(&ts[i]), 0);
	}
	tlsbind_test_release();

	tlsbind_test_expect_good(test, &ts[0], 1, TLSBIND_TREE_SIZE_MAX);
	tlsbind_test_expect_good(test, &ts[count - 2], 1, TLSBIND_TREE_SIZE_MAX);
	tlsbind_test_expect_good(test, &ts[count - 1], 2, 1);
	for (i = 1; i < count - 2; i++)
		KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[i]), 0);
	tlsbind_batch_flush();
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, refcount_read(&ts[i].ref), 1);
		tlsbind_evidence_free(&ts[i]);
	}
	kvfree(ts);
}

static void tlsbind_test_busy(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_test_hold(test, &ts[0]);
	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(&ts[0]), -EBUSY);
	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(&ts[1]), 0);
	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(&ts[1]), -EBUSY);
	tlsbind_test_release();

	tlsbind_test_expect_good(test, &ts[0], 0, 1);
	tlsbind_test_expect_good(test, &ts[1], 1, 1);
}

static void tlsbind_test_replaced(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);
	tlsbind_batch_flush();
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);

	tlsbind_test_expect_good(test, ts, 1, 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, 0)), -ENODATA);
}

static void tlsbind_test_reader(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;
	struct tlsbind_request *request;

	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);
	request = tlsbind_evidence_wait(ts, TLSBIND_TEST_SOON);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, request);

	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, 0)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(ts), -EBUSY);
	tlsbind_evidence_told(ts, request, false);

	tlsbind_test_expect_good(test, ts, 0, 1);
}

static void tlsbind_test_provider_error(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;
	int i;

	tlsbind_test_hold(test, &ts[0]);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[1]), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[2]), 0);
	tlsbind_fake_hardware.error = -EOPNOTSUPP;
	tlsbind_test_release();

	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[i]), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(&ts[i], 0)), -ENODATA);
	}
	tlsbind_fake_hardware.error = 0;
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[0]), 0);
	tlsbind_test_expect_good(test, &ts[0], 2, 1);
}

static void tlsbind_test_left_out(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;
	int i;

	tlsbind_test_hold(test, &ts[0]);
	for (i = 1; i < 6; i++)
		KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[i]), 0);
	ts[1].error = -ESTALE;
	ts[3].error = -EACCES;
	tlsbind_test_release();

	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[1]), -ESTALE);
	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[3]), -EACCES);
	tlsbind_test_expect_good(test, &ts[2], 1, 3);
	tlsbind_test_expect_good(test, &ts[4], 1, 3);
	tlsbind_test_expect_good(test, &ts[5], 1, 3);
	tlsbind_test_expect_good(test, &ts[0], 0, 1);
}

/* What was stated is not true any more when the report is asked for. */
static void tlsbind_test_restated(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;
	struct tlsbind_request *request;

	tlsbind_test_hold(test, &ts[0]);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[1]), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[2]), 0);
	ts[1].flags = TLSBIND_F_KEY_SHARED;
	tlsbind_test_release();

	request = tlsbind_test_answer(test, &ts[1]);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(request->claims.flags), TLSBIND_F_KEY_SHARED);
	tlsbind_test_expect(test, request, 1, 2);
	tlsbind_request_put(request);
	request = tlsbind_test_answer(test, &ts[2]);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(request->claims.flags), 0);
	tlsbind_test_expect(test, request, 1, 2);
	tlsbind_request_put(request);
	tlsbind_test_expect_good(test, &ts[0], 0, 1);
}

static void tlsbind_test_refused(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	ts->error = -EACCES;

	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(ts), -EACCES);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, 0)), -ENODATA);
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 0);
}

static void tlsbind_test_rate(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_fake_hardware.spent = true;

	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(ts), -EDQUOT);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, 0)), -ENODATA);
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 0);
}

static void tlsbind_test_stale(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	ts->stale = true;
	tlsbind_fake_hardware.error = -EIO;
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);
	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, ts), -EIO);
	KUNIT_EXPECT_TRUE(test, ts->stale);
	tlsbind_fake_hardware.error = 0;
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(ts), 0);

	tlsbind_test_expect_good(test, ts, 1, 1);
	KUNIT_EXPECT_FALSE(test, ts->stale);
}

static void tlsbind_test_deadline(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_test_hold(test, &ts[0]);
	tlsbind_evidence_timeout_ms = 20;
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[1]), 0);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[2]), 0);

	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[1]), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[2]), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(&ts[0], 0)), -EAGAIN);
	tlsbind_test_release();
	tlsbind_test_expect_good(test, &ts[0], 0, 1);
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 1);
}

static void tlsbind_test_deadline_signing(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_evidence_timeout_ms = 20;
	tlsbind_test_hold(test, ts);

	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, ts), -ETIMEDOUT);
	tlsbind_test_release();
	tlsbind_batch_flush();
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, 0)), -ENODATA);
}

static void tlsbind_test_forget_waiting(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_test_hold(test, &ts[0]);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[1]), 0);

	tlsbind_evidence_forget(&ts[1]);
	KUNIT_EXPECT_EQ(test, refcount_read(&ts[1].ref), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&tlsbind_evidence_queue));
	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(&ts[1]), -ECONNABORTED);
	tlsbind_test_release();

	tlsbind_test_expect_good(test, &ts[0], 0, 1);
	tlsbind_batch_flush();
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 1);
}

static void tlsbind_test_forget_unasked(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	KUNIT_EXPECT_EQ(test, tlsbind_evidence_eventfd(ts, NULL), 0);
	KUNIT_EXPECT_NULL(test, ts->asking);
	tlsbind_evidence_forget(ts);

	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(ts), -ECONNABORTED);
	KUNIT_EXPECT_EQ(test, PTR_ERR(tlsbind_evidence_wait(ts, TLSBIND_TEST_SOON)), -ENODATA);
	KUNIT_EXPECT_EQ(test, refcount_read(&ts->ref), 1);
	KUNIT_EXPECT_EQ(test, tlsbind_fake_hardware.calls, 0);
}

static void tlsbind_test_forget_signing(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_test_hold(test, &ts[0]);

	tlsbind_evidence_forget(&ts[0]);
	KUNIT_EXPECT_TRUE(test, list_empty(&tlsbind_evidence_signing));
	KUNIT_EXPECT_EQ(test, refcount_read(&ts[0].ref), 2);
	tlsbind_test_release();
	tlsbind_batch_flush();

	KUNIT_EXPECT_EQ(test, refcount_read(&ts[0].ref), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&tlsbind_fake_hardware.live), 0);
}

static void tlsbind_test_stop(struct kunit *test)
{
	struct tlsbind_sock *ts = tlsbind_test_socks;

	tlsbind_test_hold(test, &ts[0]);
	KUNIT_ASSERT_EQ(test, tlsbind_test_ask(&ts[1]), 0);

	tlsbind_evidence_stop();

	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[0]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, tlsbind_test_error(test, &ts[1]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, tlsbind_test_ask(&ts[2]), -ESHUTDOWN);
	tlsbind_test_release();
}

static int tlsbind_test_evidence_init(struct kunit *test)
{
	u32 i;

	tlsbind_fake_reset();
	for (i = 0; i < TLSBIND_TEST_SOCKS; i++)
		tlsbind_fake_sock(&tlsbind_test_socks[i], i);
	tlsbind_evidence_stopping = false;
	tlsbind_evidence_timeout_ms = tlsbind_test_timeout_ms;
	return tlsbind_batch_init();
}

/* After whatever test: everything is let go of. */
static void tlsbind_test_evidence_exit(struct kunit *test)
{
	u32 i;

	tlsbind_test_release();
	tlsbind_evidence_stop();
	for (i = 0; i < TLSBIND_TEST_SOCKS; i++)
		tlsbind_evidence_forget(&tlsbind_test_socks[i]);
	tlsbind_evidence_exit();
	tlsbind_batch_exit();
	for (i = 0; i < TLSBIND_TEST_SOCKS; i++) {
		KUNIT_EXPECT_EQ(test, refcount_read(&tlsbind_test_socks[i].ref), 1);
		tlsbind_evidence_free(&tlsbind_test_socks[i]);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&tlsbind_fake_hardware.live), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&tlsbind_evidence_queue));
	KUNIT_EXPECT_TRUE(test, list_empty(&tlsbind_evidence_signing));
}

static int tlsbind_test_evidence_begin(struct kunit_suite *suite)
{
	tlsbind_test_timeout_ms = tlsbind_evidence_timeout_ms;
	return tlsbind_sha384_init();
}

static void tlsbind_test_evidence_end(struct kunit_suite *suite)
{
	tlsbind_sha384_exit();
}

static struct kunit_case tlsbind_test_evidence_cases[] = {
	TLSBIND_CASE(tlsbind_test_one, "a challenge is answered once, by a report of its own"),
	TLSBIND_CASE(tlsbind_test_nonces, "the claims carry nonce and app_data"),
	TLSBIND_CASE(tlsbind_test_shared, "challenges that come during a report share the next"),
	TLSBIND_CASE(tlsbind_test_full, "a report answers at most 1024 challenges"),
	TLSBIND_CASE(tlsbind_test_busy, "a socket has one challenge at a time"),
	TLSBIND_CASE(tlsbind_test_replaced, "an answer that nobody read is replaced"),
	TLSBIND_CASE(tlsbind_test_reader,
		     "an answer has one reader at a time, and waits for another"),
	TLSBIND_CASE(tlsbind_test_provider_error,
		     "an error of the provider is told once to each"),
	TLSBIND_CASE(tlsbind_test_left_out,
		     "a socket that cannot be attested does not spoil the rest"),
	TLSBIND_CASE(tlsbind_test_restated, "what has changed since the challenge is stated anew"),
	TLSBIND_CASE(tlsbind_test_refused, "what policy refuses is not signed"),
	TLSBIND_CASE(tlsbind_test_rate, "a rule whose rate is used up lets no challenge wait"),
	TLSBIND_CASE(tlsbind_test_stale,
		     "evidence, but no error, tells that a socket is not stale"),
	TLSBIND_CASE(tlsbind_test_deadline, "a challenge that waits too long fails alone"),
	TLSBIND_CASE(tlsbind_test_deadline_signing, "a report that comes too late is dropped"),
	TLSBIND_CASE(tlsbind_test_forget_waiting, "a closed socket leaves the queue"),
	TLSBIND_CASE(tlsbind_test_forget_unasked, "nobody asks about a closed socket"),
	TLSBIND_CASE(tlsbind_test_forget_signing,
		     "a socket may be closed while its report is made"),
	TLSBIND_CASE(tlsbind_test_stop, "unload sends everybody home and lets nobody in"),
	{}
};

static struct kunit_suite tlsbind_test_evidence_suite = {
	.name = "tlsbind_evidence",
	.suite_init = tlsbind_test_evidence_begin,
	.suite_exit = tlsbind_test_evidence_end,
	.init = tlsbind_test_evidence_init,
	.exit = tlsbind_test_evidence_exit,
	.test_cases = tlsbind_test_evidence_cases,
};

kunit_test_suite(tlsbind_test_evidence_suite);
