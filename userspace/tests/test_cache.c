/* SPDX-License-Identifier: MIT */
/*
 * The cache of reports: it gives what verifying gives, at every moment and under
 * every appraisal, or nothing.
 */
#include <pthread.h>
#include "appraisal.h"
#include "twins.h"

static void test_same_results(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
		char *with, *without;
		struct twins t;

		twins_new(&t, tdx);
		assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
		check_info(cache, 1, 0, 1);
		for (int which = 0; which < 2; which++) {
			assert_string_equal(ask(cache, &t, which, t.c.appraisal, &with), "");
			assert_string_equal(ask(NULL, &t, which, t.c.appraisal, &without), "");
			assert_string_equal(with, without);
			free(with);
			free(without);
		}
		check_info(cache, 1, 2, 1);
		tlsbind_cache_flush(cache);
		check_info(cache, 0, 2, 1);
		twins_free(&t);
		tlsbind_cache_free(cache);
	}
}

/* Whatever is changed in evidence: the same result, word for word, as without a cache. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
		char *with, *without;
		struct twins t;
		size_t i;

		twins_new(&t, tdx);
		assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
		/* All of what is not the report, and some of that. */
		for (i = 0; i < t.evidence[1].len; i += i < 560 ? 1 : 13) {
			t.evidence[1].data[i] ^= 0x10;
			ask(cache, &t, 1, t.c.appraisal, &with);
			ask(NULL, &t, 1, t.c.appraisal, &without);
			if (strcmp(with, without))
				fail_msg("byte %zu: with %s\nwithout %s", i, with, without);
			assert_non_null(strstr(with, "\"rejected\""));
			free(with);
			free(without);
			t.evidence[1].data[i] ^= 0x10;
		}
		twins_free(&t);
		tlsbind_cache_free(cache);
	}
}

/* A connection of its own is what each of them needs, with a known report too. */
static void test_not_this_connection(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
	struct tlsbind_connection conn;
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	conn = t.second;
	t.second = t.c.connection;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "binding.tx binding.rx");
	t.second = conn;
	t.second.full_handshake = false;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "tls.resumption");
	t.second = conn;
	t.second_nonce[0] ^= 1;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "claims.nonce");
	check_info(cache, 1, 3, 1);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

/* Nothing stays of evidence that was rejected, whatever for. */
static void test_rejected_is_not_kept(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	t.c.connection.tx_commitment[0] ^= 1;
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "binding.tx");
	t.c.connection.tx_commitment[0] ^= 1;
	check_info(cache, 0, 0, 1);
	t.evidence[0].data[t.evidence[0].len - 1] ^= 1;
	assert_string_not_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	check_info(cache, 0, 0, 2);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

static struct tlsbind_appraisal *appraisal_of(const struct twins *t)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	assert_int_equal(tlsbind_appraisal_add_root(appraisal, t->c.pki->root_file), 0);
	assert_int_equal(tlsbind_appraisal_add_measurement(appraisal, t->c.measurement,
							   sizeof(t->c.measurement)), 0);
	tlsbind_appraisal_any_tcb(appraisal);
	return appraisal;
}

static void test_other_appraisal(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
	static const uint8_t measurement[TLSBIND_MEASUREMENT_SIZE] = { 1 };
	struct tlsbind_appraisal *other;
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	/* Wants another guest. */
	other = tlsbind_appraisal_new();
	tlsbind_appraisal_add_root(other, t.c.pki->root_file);
	tlsbind_appraisal_add_measurement(other, measurement, sizeof(measurement));
	tlsbind_appraisal_any_tcb(other);
	assert_string_equal(ask(cache, &t, 1, other, NULL), "appraisal.measurement");
	tlsbind_appraisal_free(other);
	/* Trusts nobody here. */
	other = tlsbind_appraisal_new();
	tlsbind_appraisal_any_measurement(other);
	tlsbind_appraisal_any_tcb(other);
	assert_string_equal(ask(cache, &t, 1, other, NULL), "report.chain");
	tlsbind_appraisal_free(other);
	check_info(cache, 1, 0, 3);
	/* Wants the same, and finds out by itself. */
	other = appraisal_of(&t);
	assert_string_equal(ask(cache, &t, 1, other, NULL), "");
	check_info(cache, 2, 0, 4);
	assert_string_equal(ask(cache, &t, 1, other, NULL), "");
	check_info(cache, 2, 1, 4);
	tlsbind_appraisal_free(other);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

/* Freed and made again, maybe at the same address: what was kept is not for the new one. */
static void test_appraisal_again(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
	struct tlsbind_appraisal *appraisal;
	unsigned int same = 0;
	uintptr_t before;
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	for (unsigned int i = 1; i <= 16; i++) {
		appraisal = appraisal_of(&t);
		before = (uintptr_t)appraisal;
		assert_string_equal(ask(cache, &t, 0, appraisal, NULL), "");
		check_info(cache, i < 8 ? i : 8, 0, 2 * i - 1);
		tlsbind_appraisal_free(appraisal);
		appraisal = tlsbind_appraisal_new();
		same += (uintptr_t)appraisal == before;
		assert_string_not_equal(ask(cache, &t, 0, appraisal, NULL), "");
		check_info(cache, i < 8 ? i : 8, 0, 2 * i);
		tlsbind_appraisal_free(appraisal);
	}
	print_message("# %u times at the same address\n", same);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

static void test_appraisal_changes(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(8, 3600);
	struct twins t;

	(void)state;
	twins_new(&t, 0);
	assert_string_equal(ask(cache, &t, 0, t.c.appraisal, NULL), "");
	assert_int_equal(tlsbind_appraisal_set_vmpl(t.c.appraisal, 2), 0);
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "report.vmpl");
	/* As before is not as it was; it has to be found out anew. */
	assert_int_equal(tlsbind_appraisal_set_vmpl(t.c.appraisal, 0), 0);
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 2, 0, 3);
	/* Somebody changes it and does not say so. */
	t.c.appraisal->vmpl = 1;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "report.vmpl");
	t.c.appraisal->vmpl = 0;
	t.c.appraisal->identity = 0;
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	assert_string_equal(ask(cache, &t, 1, t.c.appraisal, NULL), "");
	check_info(cache, 2, 0, 4);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

/* Every exported function that changes an appraisal, successful or not. */
static void change(const char *name, struct tlsbind_appraisal *a)
{
	static const uint8_t bytes[64] = { 1 };
	static const char none[] = "/nonexistent";
	static const struct tlsbind_snp_tcb tcb;
	char error[160];

#define CHANGE(function, ...)						\
	if (!strcmp(name, #function)) {					\
		(void)tlsbind_appraisal_##function(a, ##__VA_ARGS__);	\
		return;							\
	}
	CHANGE(accept_tcb, TLSBIND_TCB_OUT_OF_DATE)
	CHANGE(add_certificate, none)
	CHANGE(add_collateral, none)
	CHANGE(add_crl, none)
	CHANGE(add_measurement, bytes, 48)
	CHANGE(add_root, none)
	CHANGE(allow_flags, 1)
	CHANGE(allow_psk_dhe)
	CHANGE(any_measurement)
	CHANGE(any_tcb)
	CHANGE(load, none, error, sizeof(error))
	CHANGE(set_evaluation, 1)
	CHANGE(set_grace, 1)
	CHANGE(set_snp_tcb, "none", &tcb)
	CHANGE(set_time, 1)
	CHANGE(set_vmpl, 1)
	fail_msg("tlsbind_appraisal_%s(): not known here", name);
}

static void test_every_setter(void **state)
{
	FILE *map = fopen("lib/libtlsbind.map", "r");
	unsigned int count = 0;
	char line[128], name[64];

	(void)state;
	assert_non_null(map);
	while (fgets(line, sizeof(line), map)) {
		struct tlsbind_appraisal *appraisal;
		uint64_t before;

		if (sscanf(line, "\ttlsbind_appraisal_%63[a-z0-9_];", name) != 1 ||
		    !strcmp(name, "new") || !strcmp(name, "free"))
			continue;
		appraisal = tlsbind_appraisal_new();
		before = appraisal->identity;
		assert_true(before);
		change(name, appraisal);
		if (appraisal->identity == before)
			fail_msg("tlsbind_appraisal_%s() does not say that it changes it", name);
		tlsbind_appraisal_free(appraisal);
		count++;
	}
	assert_true(count >= 11);
	fclose(map);
}

static void test_bounded(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(3, 3600);
	struct twins t[12];

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		twins_new(&t[i], 0);
		assert_string_equal(ask(cache, &t[i], 0, t[i].c.appraisal, NULL), "");
		/* The first one is in use all the time. */
		assert_string_equal(ask(cache, &t[0], 1, t[0].c.appraisal, NULL), "");
		check_info(cache, i < 8 ? i + 1 : 8, i + 1, i + 1);
	}
	/* The oldest of the others went. */
	assert_string_equal(ask(cache, &t[1], 1, t[1].c.appraisal, NULL), "");
	check_info(cache, 8, 12, 13);
	assert_string_equal(ask(cache, &t[11], 1, t[11].c.appraisal, NULL), "");
	check_info(cache, 8, 13, 13);
	for (size_t i = 0; i < 12; i++)
		twins_free(&t[i]);
	tlsbind_cache_free(cache);
}

static void test_arguments(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(1, 1);
	struct tlsbind_result *result = (void *)1;
	struct twins t;

	(void)state;
	assert_null(tlsbind_cache_new(0, 1));
	assert_null(tlsbind_cache_new(1, 0));
	assert_null(tlsbind_cache_new((1U << 20) + 1, 1));
	tlsbind_cache_free(NULL);
	twins_new(&t, 0);
	assert_int_equal(tlsbind_verify_cached(NULL, "", 0, &t.second, t.c.nonce, t.c.appraisal,
					       &result), -EINVAL);
	assert_null(result);
	assert_int_equal(tlsbind_verify_cached(cache, NULL, 0, &t.second, t.c.nonce, t.c.appraisal,
					       &result), -EINVAL);
	assert_int_equal(tlsbind_verify_cached(cache, "", 0, NULL, t.c.nonce, t.c.appraisal,
					       &result), -EINVAL);
	assert_int_equal(tlsbind_verify_cached(cache, "", 0, &t.second, NULL, t.c.appraisal,
					       &result), -EINVAL);
	assert_int_equal(tlsbind_verify_cached(cache, "", 0, &t.second, t.c.nonce, NULL, &result),
			 -EINVAL);
	assert_int_equal(tlsbind_verify_cached(cache, "", 0, &t.second, t.c.nonce, t.c.appraisal,
					       NULL), -EINVAL);
	twins_free(&t);
	tlsbind_cache_free(cache);
}

struct worker {
	struct tlsbind_cache *cache;
	const struct twins *t;
	unsigned int seed, wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < 150; i++) {
		int which = rand_r(&w->seed) % 8, second = rand_r(&w->seed) % 2;
		const struct twins *t = &w->t[which];
		bool bad = rand_r(&w->seed) % 4 == 0;
		struct tlsbind_connection conn = second ? t->second : t->c.connection;
		uint8_t nonce[TLSBIND_NONCE_SIZE];
		struct tlsbind_result *result;

		memcpy(nonce, second ? t->second_nonce : t->c.nonce, sizeof(nonce));
		conn.tx_commitment[3] ^= bad;
		if (tlsbind_verify_cached(w->cache, t->evidence[second].data,
					  t->evidence[second].len, &conn, nonce, t->c.appraisal,
					  &result) ||
		    tlsbind_result_accepted(result) == bad)
			w->wrong++;
		tlsbind_result_free(result);
		if (rand_r(&w->seed) % 32 == 0)
			tlsbind_cache_flush(w->cache);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct tlsbind_cache *cache = tlsbind_cache_new(4, 3600);
	struct tlsbind_cache_info info;
	struct worker workers[4];
	pthread_t threads[4];
	struct twins t[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		twins_new(&t[i], i % 2);
	for (unsigned int i = 0; i < 4; i++) {
		workers[i] = (struct worker){ cache, t, i + 1, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].wrong, 0);
	}
	tlsbind_cache_info(cache, &info);
	assert_int_equal(info.hits + info.misses, 4 * 150);
	assert_true(info.hits > 0 && info.reports <= 8);
	for (int i = 0; i < 8; i++)
		twins_free(&t[i]);
	tlsbind_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_results), cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_not_this_connection),
		cmocka_unit_test(test_rejected_is_not_kept),
		cmocka_unit_test(test_other_appraisal), cmocka_unit_test(test_appraisal_again),
		cmocka_unit_test(test_appraisal_changes), cmocka_unit_test(test_every_setter),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("cache", tests, setup, teardown);
}
