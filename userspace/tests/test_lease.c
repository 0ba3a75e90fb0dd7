/* SPDX-License-Identifier: MIT */
/* For how long evidence counts, by a clock in the hands of the test. */
#include "both.h"

#define LENGTH	10000U	/* ms */
#define REKEY	3000U
#define START	50000U	/* when the nonce was drawn */

static const struct tlsbind_connection *unknown;

/**
 * struct leased - a lease, and what it is about
 * @c: evidence
 * @result: of it
 * @lease: the lease
 */
struct leased {
	struct synth_case c;
	struct tlsbind_result *result;
	struct tlsbind_lease *lease;
};

static void leased_new(struct leased *l, uint64_t rekey)
{
	synth_default(&l->c, pki[0], false);
	l->result = synth_verify(&l->c);
	assert_true(tlsbind_result_accepted(l->result));
	l->lease = tlsbind_lease_new(LENGTH, rekey);
	assert_non_null(l->lease);
}

/* One whose evidence was asked for at @START and came at once. */
static void leased_begin(struct leased *l, uint64_t rekey)
{
	leased_new(l, rekey);
	assert_int_equal(tlsbind_lease_begin(l->lease, l->result, &l->c.connection, START, START, 0),
			 0);
}

static void leased_free(struct leased *l)
{
	tlsbind_lease_free(l->lease);
	tlsbind_result_free(l->result);
	synth_clear(&l->c);
}

static int renew(struct leased *l, uint64_t asked, uint64_t now)
{
	return tlsbind_lease_begin(l->lease, l->result, &l->c.connection, asked, now, 0);
}

static int look(struct leased *l, uint64_t now)
{
	return tlsbind_lease_look(l->lease, &l->c.connection, now);
}

static void a_length_from_a_millisecond_to_a_week(void **state)
{
	(void)state;
	assert_null(tlsbind_lease_new(0, 0));
	assert_null(tlsbind_lease_new(TLSBIND_LEASE_MAX + 1, 0));
	tlsbind_lease_free(tlsbind_lease_new(1, 0));
	tlsbind_lease_free(tlsbind_lease_new(TLSBIND_LEASE_MAX, UINT64_MAX));
	tlsbind_lease_free(NULL);
}

static void without_evidence_nothing_counts(void **state)
{
	struct leased l;

	(void)state;
	leased_new(&l, REKEY);
	assert_int_equal(tlsbind_lease_look(NULL, &l.c.connection, START), TLSBIND_LEASE_OVER);
	assert_int_equal(look(&l, START), TLSBIND_LEASE_OVER);
	assert_int_equal(tlsbind_lease_next(l.lease, START), 0);
	assert_int_equal(tlsbind_lease_next(NULL, START), 0);
	/* That is no end yet. */
	assert_int_equal(renew(&l, START, START), 0);
	assert_int_equal(look(&l, START), TLSBIND_LEASE_GOOD);
	leased_free(&l);
}

static void evidence_that_was_not_accepted_begins_nothing(void **state)
{
	struct tlsbind_result *unbound;
	struct test_bytes evidence;
	struct leased l;

	(void)state;
	leased_new(&l, REKEY);
	evidence = synth_encode(&l.c);
	assert_int_equal(tlsbind_evidence_verify(evidence.data, evidence.len, NULL, l.c.appraisal,
						 &unbound), 0);
	assert_true(tlsbind_result_accepted(unbound));
	assert_int_equal(tlsbind_lease_begin(l.lease, unbound, &l.c.connection, START, START, 0),
			 -EACCES);
	tlsbind_result_free(unbound);
	free(evidence.data);
	tlsbind_result_free(l.result);
	l.c.claims.nonce[0] ^= 1;
	l.result = synth_verify(&l.c);
	assert_false(tlsbind_result_accepted(l.result));
	assert_int_equal(renew(&l, START, START), -EACCES);
	assert_int_equal(look(&l, START), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

static void pointers_that_are_none_are_refused(void **state)
{
	struct leased l;

	(void)state;
	leased_new(&l, REKEY);
	assert_int_equal(tlsbind_lease_begin(NULL, l.result, &l.c.connection, 0, 0, 0), -EINVAL);
	assert_int_equal(tlsbind_lease_begin(l.lease, NULL, &l.c.connection, 0, 0, 0), -EINVAL);
	assert_int_equal(tlsbind_lease_begin(l.lease, l.result, NULL, 0, 0, 0), -EINVAL);
	assert_int_equal(renew(&l, START + 1, START), -EINVAL);
	leased_free(&l);
}

static void it_is_due_at_half_and_over_at_the_end(void **state)
{
	struct leased l;

	(void)state;
	leased_begin(&l, REKEY);
	assert_int_equal(tlsbind_lease_next(l.lease, START), LENGTH / 2);
	assert_int_equal(look(&l, START + LENGTH / 2 - 1), TLSBIND_LEASE_GOOD);
	assert_int_equal(tlsbind_lease_next(l.lease, START + LENGTH / 2 - 1), 1);
	assert_int_equal(look(&l, START + LENGTH / 2), TLSBIND_LEASE_DUE);
	assert_int_equal(tlsbind_lease_next(l.lease, START + LENGTH / 2), LENGTH / 2);
	assert_int_equal(look(&l, START + LENGTH - 1), TLSBIND_LEASE_DUE);
	assert_int_equal(look(&l, START + LENGTH), TLSBIND_LEASE_OVER);
	assert_int_equal(tlsbind_lease_next(l.lease, START + LENGTH), 0);
	leased_free(&l);
}

static void chance_makes_it_due_earlier_by_an_eighth_at_most(void **state)
{
	struct leased l;

	(void)state;
	leased_new(&l, REKEY);
	for (int i = 0; i < 2; i++) {
		uint32_t random = i ? UINT32_MAX : 1U << 31;
		uint64_t early = i ? LENGTH / 8 - 1 : LENGTH / 16;

		assert_int_equal(tlsbind_lease_begin(l.lease, l.result, &l.c.connection, START,
						     START, random), 0);
		assert_int_equal(tlsbind_lease_next(l.lease, START), LENGTH / 2 - early);
	}
	leased_free(&l);
}

static void evidence_is_as_old_as_its_nonce(void **state)
{
	struct leased l;

	(void)state;
	leased_new(&l, REKEY);
	assert_int_equal(renew(&l, START, START + LENGTH), -ETIMEDOUT);
	assert_int_equal(look(&l, START + LENGTH), TLSBIND_LEASE_OVER);
	leased_free(&l);
	leased_new(&l, REKEY);
	assert_int_equal(renew(&l, START, START + LENGTH - 1), 0);
	assert_int_equal(look(&l, START + LENGTH - 1), TLSBIND_LEASE_DUE);
	assert_int_equal(look(&l, START + LENGTH), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

static void more_evidence_renews_it(void **state)
{
	uint64_t now = START;
	struct leased l;

	(void)state;
	leased_begin(&l, REKEY);
	for (int i = 0; i < 100; i++, now += LENGTH - 1) {
		assert_int_equal(look(&l, now + LENGTH - 1), TLSBIND_LEASE_DUE);
		assert_int_equal(renew(&l, now + LENGTH - 1, now + LENGTH - 1), 0);
		assert_int_equal(look(&l, now + LENGTH), TLSBIND_LEASE_GOOD);
	}
	leased_free(&l);
}

static void what_is_over_stays_over(void **state)
{
	struct leased l;

	(void)state;
	leased_begin(&l, REKEY);
	/* Nobody looked at the end, but the evidence comes after it. */
	assert_int_equal(renew(&l, START + LENGTH - 1, START + LENGTH), -ETIMEDOUT);
	assert_int_equal(look(&l, START), TLSBIND_LEASE_OVER);
	assert_int_equal(renew(&l, START + 2 * LENGTH, START + 2 * LENGTH), -ETIMEDOUT);
	assert_int_equal(look(&l, START + 2 * LENGTH), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

static void a_clock_that_goes_back_gains_no_time(void **state)
{
	struct leased l;

	(void)state;
	leased_begin(&l, REKEY);
	assert_int_equal(look(&l, START + LENGTH - 1), TLSBIND_LEASE_DUE);
	assert_int_equal(look(&l, START), TLSBIND_LEASE_DUE);
	assert_int_equal(tlsbind_lease_next(l.lease, START), 1);
	/* Nor has evidence that was asked for by such a clock. */
	assert_int_equal(renew(&l, 0, 0), -ETIMEDOUT);
	leased_free(&l);
}

/* By generation, by either key, or not to be told at all. */
static void other_keys_make_it_stale_until_there_is_evidence(void **state)
{
	struct leased l;
	uint8_t *byte[] = { (uint8_t *)&l.c.connection.tx_generation,
			    (uint8_t *)&l.c.connection.rx_generation,
			    &l.c.connection.tx_commitment[47], &l.c.connection.rx_commitment[0] };

	(void)state;
	leased_begin(&l, REKEY);
	for (size_t i = 0; i < sizeof(byte) / sizeof(byte[0]); i++) {
		*byte[i] ^= 1;
		assert_int_equal(look(&l, START + i), TLSBIND_LEASE_STALE);
		assert_int_equal(tlsbind_lease_next(l.lease, START + i), REKEY);
		assert_int_equal(renew(&l, START + i, START + i), 0);
		assert_int_equal(look(&l, START + i), TLSBIND_LEASE_GOOD);
	}
	assert_int_equal(tlsbind_lease_look(l.lease, unknown, START + 9), TLSBIND_LEASE_STALE);
	leased_free(&l);
}

static void new_keys_have_a_time_of_their_own(void **state)
{
	struct tlsbind_connection first;
	struct leased l;

	(void)state;
	leased_begin(&l, REKEY);
	first = l.c.connection;
	assert_int_equal(tlsbind_lease_look(l.lease, unknown, START), TLSBIND_LEASE_STALE);
	/* Neither further ones nor evidence about the former ones begin it anew. */
	l.c.connection.tx_generation++;
	assert_int_equal(look(&l, START + 1000), TLSBIND_LEASE_STALE);
	assert_int_equal(tlsbind_lease_begin(l.lease, l.result, &first, START + 1000, START + 2000,
					     0), 0);
	assert_int_equal(look(&l, START + 2000), TLSBIND_LEASE_STALE);
	assert_int_equal(tlsbind_lease_next(l.lease, START + 2000), REKEY - 2000);
	assert_int_equal(look(&l, START + REKEY), TLSBIND_LEASE_OVER);
	assert_int_equal(tlsbind_lease_look(l.lease, &first, START + REKEY), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

static void new_keys_do_not_make_it_longer(void **state)
{
	struct leased l;

	(void)state;
	leased_begin(&l, UINT64_MAX);
	l.c.connection.rx_generation++;
	assert_int_equal(look(&l, START + 1), TLSBIND_LEASE_STALE);
	assert_int_equal(tlsbind_lease_next(l.lease, START + 1), LENGTH - 1);
	assert_int_equal(look(&l, START + LENGTH), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

static void without_time_new_keys_end_it(void **state)
{
	struct leased l;

	(void)state;
	leased_begin(&l, 0);
	assert_int_equal(look(&l, START), TLSBIND_LEASE_GOOD);
	l.c.connection.tx_generation++;
	assert_int_equal(look(&l, START), TLSBIND_LEASE_OVER);
	l.c.connection.tx_generation--;
	assert_int_equal(look(&l, START), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

/* The last millisecond that 64 bits have. */
static void time_does_not_overflow(void **state)
{
	struct leased l;

	(void)state;
	leased_new(&l, REKEY);
	assert_int_equal(renew(&l, UINT64_MAX - 1, UINT64_MAX - 1), 0);
	assert_int_equal(tlsbind_lease_look(l.lease, unknown, UINT64_MAX - 1), TLSBIND_LEASE_STALE);
	assert_int_equal(look(&l, UINT64_MAX), TLSBIND_LEASE_OVER);
	leased_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_length_from_a_millisecond_to_a_week),
		cmocka_unit_test(without_evidence_nothing_counts),
		cmocka_unit_test(evidence_that_was_not_accepted_begins_nothing),
		cmocka_unit_test(pointers_that_are_none_are_refused),
		cmocka_unit_test(it_is_due_at_half_and_over_at_the_end),
		cmocka_unit_test(chance_makes_it_due_earlier_by_an_eighth_at_most),
		cmocka_unit_test(evidence_is_as_old_as_its_nonce),
		cmocka_unit_test(more_evidence_renews_it),
		cmocka_unit_test(what_is_over_stays_over),
		cmocka_unit_test(a_clock_that_goes_back_gains_no_time),
		cmocka_unit_test(other_keys_make_it_stale_until_there_is_evidence),
		cmocka_unit_test(new_keys_have_a_time_of_their_own),
		cmocka_unit_test(new_keys_do_not_make_it_longer),
		cmocka_unit_test(without_time_new_keys_end_it),
		cmocka_unit_test(time_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
