// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence as bytes, and the lifetime of a request.
 */
#include "case.h"

#include "../request.h"
#include "fakes.h"
#include "vectors.h"

static struct tlsbind_sock tlsbind_test_request_sock;

KUNIT_ARRAY_PARAM_DESC(evidence, tlsbind_vectors_evidence, name);

static void tlsbind_test_request_fill(struct tlsbind_request *request,
				      struct tlsbind_report *report,
				      const struct tlsbind_vector_evidence *v)
{
	memcpy(report->boot_nonce, v->boot_nonce, sizeof(report->boot_nonce));
	strscpy(report->provider, v->provider, sizeof(report->provider));
	report->out = (void *)v->report;
	report->out_len = v->report_len;
	report->aux = v->aux_len ? (void *)v->aux : NULL;
	report->aux_len = v->aux_len;

	memcpy(&request->claims, v->claims, sizeof(request->claims));
	request->index = v->leaf_index;
	request->tree_size = v->tree_size;
	request->path_len = v->path_len;
	memcpy(request->path, v->path, sizeof(request->path));
	request->report = report;
}

static void tlsbind_test_request_encode(struct kunit *test)
{
	const struct tlsbind_vector_evidence *v = test->param_value;
	struct tlsbind_request *request = kunit_kzalloc(test, sizeof(*request), GFP_KERNEL);
	struct tlsbind_report *report = kunit_kzalloc(test, sizeof(*report), GFP_KERNEL);
	size_t size;
	u8 *got;

	KUNIT_ASSERT_NOT_NULL(test, request);
	KUNIT_ASSERT_NOT_NULL(test, report);
	tlsbind_test_request_fill(request, report, v);

	size = tlsbind_request_encoded_size(request);
	KUNIT_ASSERT_EQ(test, size, v->encoded_len);
	/* Exactly as much, so that KASAN sees one byte more. */
	got = kunit_kmalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, got);
	tlsbind_request_encode(request, got, size);

	KUNIT_EXPECT_MEMEQ(test, got, v->encoded, size);
}

static void tlsbind_test_request_new(struct kunit *test)
{
	u8 nonce[TLSBIND_NONCE_SIZE] = { 1, [TLSBIND_NONCE_SIZE - 1] = 2 };
	u8 app_data[TLSBIND_APP_DATA_SIZE] = { 3, [TLSBIND_APP_DATA_SIZE - 1] = 4 };
	struct tlsbind_sock *ts = &tlsbind_test_request_sock;
	struct tlsbind_claims *claims;
	struct tlsbind_request *request;

	tlsbind_fake_sock(ts, 1);

	request = tlsbind_request_new(ts, nonce, app_data);

	KUNIT_ASSERT_NOT_NULL(test, request);
	KUNIT_EXPECT_PTR_EQ(test, request->ts, ts);
	KUNIT_EXPECT_EQ(test, request->state, TLSBIND_REQUEST_WAITING);
	KUNIT_EXPECT_EQ(test, tlsbind_request_error(request), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&request->node));
	claims = &request->claims;
	KUNIT_EXPECT_MEMEQ(test, claims->nonce, nonce, sizeof(nonce));
	KUNIT_EXPECT_MEMEQ(test, claims->app_data, app_data, sizeof(app_data));
	memset(claims->nonce, 0, sizeof(nonce));
	memset(claims->app_data, 0, sizeof(app_data));
	KUNIT_EXPECT_NULL(test, memchr_inv(claims, 0, sizeof(*claims)));
	KUNIT_EXPECT_EQ(test, refcount_read(&ts->ref), 2);
	tlsbind_request_put(request);
	KUNIT_EXPECT_EQ(test, refcount_read(&ts->ref), 1);
}

static void tlsbind_test_request_last_put(struct kunit *test)
{
	u8 data[TLSBIND_REPORT_DATA_SIZE] = {};
	struct tlsbind_sock *ts = &tlsbind_test_request_sock;
	struct tlsbind_request *request;

	tlsbind_fake_reset();
	tlsbind_fake_sock(ts, 1);
	request = tlsbind_request_new(ts, data, data);
	KUNIT_ASSERT_NOT_NULL(test, request);
	request->report = tlsbind_report_make(data);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, request->report);

	KUNIT_EXPECT_PTR_EQ(test, tlsbind_request_get(request), request);
	tlsbind_request_put(request);
	KUNIT_EXPECT_EQ(test, atomic_read(&tlsbind_fake_hardware.live), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&ts->ref), 2);
	tlsbind_request_put(request);

	KUNIT_EXPECT_EQ(test, atomic_read(&tlsbind_fake_hardware.live), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&ts->ref), 1);
}

static void tlsbind_test_request_put_nothing(struct kunit *test)
{
	tlsbind_request_put(NULL);
}

static struct kunit_case tlsbind_test_request_cases[] = {
	TLSBIND_CASE_EACH(tlsbind_test_request_encode, evidence,
			  "evidence is encoded as in the vectors"),
	TLSBIND_CASE(tlsbind_test_request_new,
		     "a new request carries nonce and app_data and nothing else"),
	TLSBIND_CASE(tlsbind_test_request_last_put,
		     "the last reference takes report and socket along"),
	TLSBIND_CASE(tlsbind_test_request_put_nothing, "no request can be dropped"),
	{}
};

static struct kunit_suite tlsbind_test_request_suite = {
	.name = "tlsbind_request",
	.test_cases = tlsbind_test_request_cases,
};

kunit_test_suite(tlsbind_test_request_suite);
