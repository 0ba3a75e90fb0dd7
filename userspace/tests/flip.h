/* SPDX-License-Identifier: MIT */
/* Break one thing in a case, and name the checks that must fail: no more, no fewer. */
#ifndef TLSBIND_TESTS_FLIP_H
#define TLSBIND_TESTS_FLIP_H

#include <endian.h>
#include "both.h"

/* Break one thing in a case of each kind, and name the checks that must fail. */
struct flip {
	void (*change)(struct synth_case *c);
	const char *snp;
	const char *tdx;	/* NULL: as for SNP */
	enum tlsbind_class class_;
};

static void flip_run(const struct flip *flip)
{
	for (int tdx = 0; tdx < 2; tdx++) {
		const char *want = tdx && flip->tdx ? flip->tdx : flip->snp;
		struct tlsbind_result *result;
		struct synth_case c;

		synth_default(&c, pki[tdx], tdx);
		flip->change(&c);
		result = synth_verify(&c);
		assert_string_equal(test_failures(result), want);
		assert_int_equal(tlsbind_result_accepted(result), !*want);
		if (*want)
			assert_int_equal(tlsbind_result_class(result), flip->class_);
		tlsbind_result_free(result);
		synth_clear(&c);
	}
}

/* One function for each way to break a case: FLIP(name, statement, failing checks, class). */
#define FLIP_TDX(name, statement, snp, tdx, class_)			\
static void change_##name(struct synth_case *c)				\
{									\
	statement;							\
}									\
static void test_##name(void **state)					\
{									\
	const struct flip flip = { change_##name, snp, tdx, class_ };	\
									\
	(void)state;							\
	flip_run(&flip);						\
}

#define FLIP(name, statement, checks, class_)	FLIP_TDX(name, statement, checks, NULL, class_)

#endif /* TLSBIND_TESTS_FLIP_H */
