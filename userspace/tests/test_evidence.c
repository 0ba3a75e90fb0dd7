/* SPDX-License-Identifier: MIT */
/* The cursor, and the parser of evidence. */
#include "common.h"
#include "cursor.h"

static void test_cursor_reads(void **state)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct tlsbind_cursor c;

	(void)state;
	tlsbind_cursor_init(&c, data, sizeof(data));
	assert_int_equal(tlsbind_cursor_u8(&c), 1);
	assert_int_equal(tlsbind_cursor_be16(&c), 0x0203);
	assert_int_equal(tlsbind_cursor_le16(&c), 0x0504);
	assert_int_equal(tlsbind_cursor_be32(&c), 0x06070809);
	assert_int_equal(tlsbind_cursor_le32(&c), 0x0d0c0b0a);
	assert_false(tlsbind_cursor_done(&c));
	tlsbind_cursor_skip(&c, 2);
	assert_true(tlsbind_cursor_done(&c));
}

static void test_cursor_ends(void **state)
{
	static const uint8_t data[] = { 1, 2, 3 };
	struct tlsbind_cursor c;
	uint8_t out[4] = { 9, 9, 9, 9 };

	(void)state;
	tlsbind_cursor_init(&c, data, sizeof(data));
	assert_int_equal(tlsbind_cursor_be32(&c), 0);
	assert_true(c.bad);
	/* Once bad, nothing is read any more, even where it would fit. */
	assert_int_equal(tlsbind_cursor_u8(&c), 0);
	tlsbind_cursor_copy(&c, out, sizeof(out));
	assert_int_equal(out[0] | out[3], 0);
	assert_false(tlsbind_cursor_done(&c));
	tlsbind_cursor_init(&c, data, sizeof(data));
	assert_null(tlsbind_cursor_take(&c, SIZE_MAX).data);
	assert_null(tlsbind_cursor_rest(&c).data);
}

static void test_cursor_zero(void **state)
{
	static const uint8_t data[] = { 0, 0, 0, 1 };
	struct tlsbind_cursor c;

	(void)state;
	tlsbind_cursor_init(&c, data, sizeof(data));
	tlsbind_cursor_zero(&c, 3);
	assert_false(c.bad);
	tlsbind_cursor_zero(&c, 1);
	assert_true(c.bad);
}

static void test_span_slice(void **state)
{
	static const uint8_t data[8];
	struct tlsbind_span span = { data, sizeof(data) };

	(void)state;
	assert_ptr_equal(tlsbind_span_slice(span, 3, 5).data, data + 3);
	assert_null(tlsbind_span_slice(span, 3, 6).data);
	assert_null(tlsbind_span_slice(span, SIZE_MAX, 2).data);
	assert_null(tlsbind_span_slice(span, 2, SIZE_MAX).data);
	assert_null(tlsbind_span_slice(span, 9, 0).data);
	assert_false(tlsbind_span_is_zero((struct tlsbind_span){ data, 0 }));
	assert_true(tlsbind_span_is_zero(span));
}

static void test_good(void **state)
{
	json_t *root = test_known_answers(), *item, *node;
	size_t i, j;

	(void)state;
	json_array_foreach(test_array(root, "evidence"), i, item) {
		struct test_bytes bytes = test_bytes(item, "encoded");
		struct tlsbind_evidence evidence;
		uint8_t leaf[TLSBIND_HASH_SIZE], hash[TLSBIND_HASH_SIZE];
		uint8_t report_data[TLSBIND_REPORT_DATA_SIZE];

		assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
		test_equal(item, "claims", evidence.claims.data, evidence.claims.len);
		assert_int_equal(evidence.leaf_index, test_number(item, "leaf_index"));
		assert_int_equal(evidence.tree_size, test_number(item, "tree_size"));
		test_equal(item, "boot_nonce", evidence.boot_nonce.data, evidence.boot_nonce.len);
		test_equal(item, "report", evidence.report.data, evidence.report.len);
		test_equal(item, "aux", evidence.aux.data, evidence.aux.len);
		assert_string_equal(evidence.provider,
				    json_string_value(json_object_get(item, "provider")));
		json_array_foreach(json_object_get(item, "path"), j, node) {
			struct test_bytes want = test_hex(json_string_value(node));

			assert_memory_equal(want.data, evidence.path.data + j * TLSBIND_HASH_SIZE,
					    TLSBIND_HASH_SIZE);
			free(want.data);
		}
		assert_int_equal(evidence.path.len, j * TLSBIND_HASH_SIZE);
		assert_int_equal(tlsbind_leaf(evidence.claims.data, leaf), 0);
		test_equal(item, "leaf", leaf, sizeof(leaf));
		assert_int_equal(tlsbind_path_root(leaf, evidence.leaf_index, evidence.tree_size,
						   evidence.path.data, j, hash), 0);
		test_equal(item, "root", hash, sizeof(hash));
		assert_int_equal(tlsbind_report_data(evidence.tree_size, hash,
						     evidence.boot_nonce.data, report_data), 0);
		test_equal(item, "report_data", report_data, sizeof(report_data));
		free(bytes.data);
	}
	json_decref(root);
}

static void test_bad(void **state)
{
	json_t *root = test_known_answers(), *item;
	static const struct tlsbind_evidence none;
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "bad_evidence"), i, item) {
		struct test_bytes bytes = test_bytes(item, "encoded");
		struct tlsbind_evidence evidence;

		if (tlsbind_evidence_parse(bytes.data, bytes.len, &evidence) != -EBADMSG)
			fail_msg("accepted: %s", json_string_value(json_object_get(item, "name")));
		assert_memory_equal(&evidence, &none, sizeof(none));
		free(bytes.data);
	}
	json_decref(root);
}

/* Cut anywhere but right before the optional last TLV, it is malformed. */
static void test_truncations(void **state)
{
	json_t *root = test_known_answers(), *item;
	size_t i, len;

	(void)state;
	json_array_foreach(test_array(root, "evidence"), i, item) {
		struct test_bytes bytes = test_bytes(item, "encoded");
		bool has_aux = json_is_true(json_object_get(item, "has_aux"));
		struct tlsbind_evidence whole, part;
		size_t before_aux;

		assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &whole), 0);
		before_aux = bytes.len - whole.aux.len - TLSBIND_TLV_HEADER_SIZE;
		for (len = 0; len < bytes.len; len++) {
			uint8_t *copy = malloc(len ? len : 1);
			int want = has_aux && len == before_aux ? 0 : -EBADMSG;

			memcpy(copy, bytes.data, len);
			assert_int_equal(tlsbind_evidence_parse(copy, len, &part), want);
			free(copy);
		}
		free(bytes.data);
	}
	json_decref(root);
}

static void test_sizes(void **state)
{
	struct tlsbind_evidence evidence;

	(void)state;
	assert_int_equal(tlsbind_evidence_parse(NULL, 0, &evidence), -EBADMSG);
	assert_int_equal(tlsbind_evidence_parse(NULL, 10, &evidence), -EBADMSG);
	assert_int_equal(tlsbind_evidence_parse("", TLSBIND_EVIDENCE_SIZE_MAX + 1, &evidence),
			 -EBADMSG);
}

static void test_nonces_differ(void **state)
{
	uint8_t a[TLSBIND_NONCE_SIZE], b[TLSBIND_NONCE_SIZE];

	(void)state;
	assert_int_equal(tlsbind_nonce_new(a), 0);
	assert_int_equal(tlsbind_nonce_new(b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_false(tlsbind_is_zero(a, sizeof(a)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor_reads), cmocka_unit_test(test_cursor_ends),
		cmocka_unit_test(test_cursor_zero), cmocka_unit_test(test_span_slice),
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncations), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_nonces_differ),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
