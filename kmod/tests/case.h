/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test cases whose names are sentences.
 */
#ifndef _TLSBIND_TESTS_CASE_H
#define _TLSBIND_TESTS_CASE_H

#include <kunit/test.h>

#define TLSBIND_CASE(_function, _sentence) {					\
	.run_case = _function,							\
	.name = _sentence,							\
	.module_name = KBUILD_MODNAME,						\
}

/* Once for each vector; _vectors as given to KUNIT_ARRAY_PARAM_DESC(). */
#define TLSBIND_CASE_EACH(_function, _vectors, _sentence) {			\
	.run_case = _function,							\
	.name = _sentence,							\
	.generate_params = _vectors##_gen_params,				\
	.module_name = KBUILD_MODNAME,						\
}

#endif
