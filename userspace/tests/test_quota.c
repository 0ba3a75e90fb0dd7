/* SPDX-License-Identifier: MIT */
/* tlsbindd: connections and requests of a peer. */
#include <arpa/inet.h>
#include "common.h"
#include "quota.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage out = { .ss_family = strchr(text, ':') ? AF_INET6 : AF_INET };
	void *where = out.ss_family == AF_INET6 ?
		(void *)&((struct sockaddr_in6 *)&out)->sin6_addr :
		(void *)&((struct sockaddr_in *)&out)->sin_addr;

	assert_int_equal(inet_pton(out.ss_family, text, where), 1);
	return out;
}

static struct quota *enter(struct quotas *quotas, const char *text, int64_t now)
{
	struct sockaddr_storage address = address_of(text);
	struct quota *quota;

	assert_true(quota_enter(quotas, (struct sockaddr *)&address, now, &quota));
	assert_non_null(quota);
	return quota;
}

static bool full(const struct quotas *quotas, const char *text)
{
	struct sockaddr_storage address = address_of(text);

	return quotas_full(quotas, (struct sockaddr *)&address);
}

static void test_bucket_is_empty_after_as_many_as_the_rate(void **state)
{
	struct quotas quotas;
	struct quota *quota;
	int i;

	(void)state;
	quotas_init(&quotas, 5, 0);
	quota = enter(&quotas, "192.0.2.1", 1000);
	for (i = 0; i < 5; i++)
		assert_true(quota_charge(&quotas, quota, 1000));
	assert_false(quota_charge(&quotas, quota, 1000));
	assert_false(quota_charge(&quotas, quota, 1199));
	assert_true(quota_charge(&quotas, quota, 1200));
	assert_false(quota_charge(&quotas, quota, 1200));
	/* It does not get fuller than full. */
	for (i = 0; i < 5; i++)
		assert_true(quota_charge(&quotas, quota, 1000000000000));
	assert_false(quota_charge(&quotas, quota, 1000000000000));
	quota_leave(&quotas, quota, 1000000000000);
	quotas_exit(&quotas);
}

static void test_bucket_is_not_filled_by_asking_often(void **state)
{
	struct quotas quotas;
	struct quota *quota;
	int64_t now;
	int passed = 0;

	(void)state;
	quotas_init(&quotas, 20, 0);
	quota = enter(&quotas, "192.0.2.1", 0);
	for (now = 0; now < 10000; now++)
		passed += quota_charge(&quotas, quota, now);
	/* Those that were in it, and 20 in each second. */
	assert_in_range(passed, 219, 220);
	quota_leave(&quotas, quota, now);
	quotas_exit(&quotas);
}

static void test_going_and_coming_again_fills_no_bucket(void **state)
{
	struct quotas quotas;
	struct quota *quota;

	(void)state;
	quotas_init(&quotas, 1, 0);
	quota = enter(&quotas, "192.0.2.1", 0);
	assert_true(quota_charge(&quotas, quota, 0));
	quota_leave(&quotas, quota, 0);
	quota = enter(&quotas, "192.0.2.1", 999);
	assert_false(quota_charge(&quotas, quota, 999));
	quota_leave(&quotas, quota, 999);
	quota = enter(&quotas, "192.0.2.1", 1999);
	assert_true(quota_charge(&quotas, quota, 1999));
	quota_leave(&quotas, quota, 1999);
	quotas_exit(&quotas);
}

static void test_peers_of_the_past_are_forgotten(void **state)
{
	struct quotas quotas;
	char text[32];
	int i;

	(void)state;
	quotas_init(&quotas, 1, 1);
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		quota_leave(&quotas, enter(&quotas, text, 0), 0);
	}
	assert_int_equal(TAILQ_FIRST(&quotas.idle)->left, 0);
	quota_leave(&quotas, enter(&quotas, "192.0.2.1", 1000), 1000);
	assert_int_equal(TAILQ_FIRST(&quotas.idle)->left, 1000);
	assert_null(TAILQ_NEXT(TAILQ_FIRST(&quotas.idle), idle));
	quotas_exit(&quotas);
	assert_null(quotas.tree);
}

static void test_connections_of_an_address_are_counted(void **state)
{
	struct quotas quotas;
	struct quota *first, *second;

	(void)state;
	quotas_init(&quotas, 0, 2);
	assert_false(full(&quotas, "192.0.2.1"));
	first = enter(&quotas, "192.0.2.1", 0);
	assert_false(full(&quotas, "192.0.2.1"));
	second = enter(&quotas, "192.0.2.1", 0);
	assert_ptr_equal(first, second);
	assert_true(full(&quotas, "192.0.2.1"));
	assert_true(full(&quotas, "::ffff:192.0.2.1"));
	assert_false(full(&quotas, "192.0.2.2"));
	quota_leave(&quotas, first, 0);
	assert_false(full(&quotas, "192.0.2.1"));
	quota_leave(&quotas, second, 0);
	quotas_exit(&quotas);
}

static void test_ipv6_is_counted_by_64_bits(void **state)
{
	struct quotas quotas;
	struct quota *quota;

	(void)state;
	quotas_init(&quotas, 0, 1);
	quota = enter(&quotas, "2001:db8:0:1::1", 0);
	assert_true(full(&quotas, "2001:db8:0:1:ffff:ffff:ffff:ffff"));
	assert_false(full(&quotas, "2001:db8:0:2::1"));
	quota_leave(&quotas, quota, 0);
	quotas_exit(&quotas);
}

static void test_mapped_addresses_are_not_one_network(void **state)
{
	struct quotas quotas;
	struct quota *quota;

	(void)state;
	quotas_init(&quotas, 0, 1);
	quota = enter(&quotas, "::ffff:192.0.2.1", 0);
	assert_true(full(&quotas, "192.0.2.1"));
	assert_false(full(&quotas, "::ffff:192.0.2.2"));
	quota_leave(&quotas, quota, 0);
	quotas_exit(&quotas);
}

static void test_a_unix_socket_is_no_peer(void **state)
{
	struct sockaddr address = { .sa_family = AF_UNIX };
	struct quotas quotas;
	struct quota *quota = (void *)1;
	int i;

	(void)state;
	quotas_init(&quotas, 1, 1);
	assert_true(quota_enter(&quotas, &address, 0, &quota));
	assert_null(quota);
	assert_false(quotas_full(&quotas, &address));
	assert_false(quotas_full(&quotas, NULL));
	for (i = 0; i < 100; i++)
		assert_true(quota_charge(&quotas, quota, 0));
	quota_leave(&quotas, quota, 0);
	quotas_exit(&quotas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket_is_empty_after_as_many_as_the_rate),
		cmocka_unit_test(test_bucket_is_not_filled_by_asking_often),
		cmocka_unit_test(test_going_and_coming_again_fills_no_bucket),
		cmocka_unit_test(test_peers_of_the_past_are_forgotten),
		cmocka_unit_test(test_connections_of_an_address_are_counted),
		cmocka_unit_test(test_ipv6_is_counted_by_64_bits),
		cmocka_unit_test(test_mapped_addresses_are_not_one_network),
		cmocka_unit_test(test_a_unix_socket_is_no_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
