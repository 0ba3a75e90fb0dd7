/* SPDX-License-Identifier: MIT */
/*
 * What the harnesses share. Each is one function over bytes; libFuzzer calls it, or
 * driver.c. Beside what the sanitizers see, a harness states what must hold for
 * all input, and aborts where it does not.
 */
#ifndef TLSBIND_FUZZ_H
#define TLSBIND_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "tlsbind.h"

#define FUZZ_HOLDS(condition)							\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__,	\
				__LINE__, #condition);				\
			abort();						\
		}								\
	} while (0)

/** LLVMFuzzerTestOneInput() - one input; Return: 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A span is absent, or lies within the input. */
static inline void fuzz_inside(struct tlsbind_span span, const uint8_t *data, size_t size)
{
	uintptr_t begin = (uintptr_t)data, at = (uintptr_t)span.data;

	if (!span.data)
		FUZZ_HOLDS(!span.len);
	else
		FUZZ_HOLDS(at >= begin && at - begin <= size && span.len <= size - (at - begin));
}

/* No input of a fuzzer is signed by a vendor, whatever else is allowed. */
static inline void fuzz_never_accepted(const char *provider, const uint8_t *report,
				       size_t report_len, const uint8_t *aux, size_t aux_len)
{
	static struct tlsbind_appraisal *appraisal;
	struct tlsbind_report_info info;
	struct tlsbind_result *result;

	if (!appraisal) {
		appraisal = tlsbind_appraisal_new();
		FUZZ_HOLDS(appraisal);
		tlsbind_appraisal_any_measurement(appraisal);
		tlsbind_appraisal_any_tcb(appraisal);
	}
	FUZZ_HOLDS(!tlsbind_report_verify(provider, report, report_len, aux, aux_len, NULL,
					  appraisal, &info, &result));
	FUZZ_HOLDS(!tlsbind_result_accepted(result));
	tlsbind_result_free(result);
	if (!info.provider)
		return;
	FUZZ_HOLDS(!tlsbind_report_verify(provider, report, report_len, aux, aux_len,
					  info.report_data, appraisal, NULL, &result));
	FUZZ_HOLDS(!tlsbind_result_accepted(result));
	tlsbind_result_free(result);
}

#endif /* TLSBIND_FUZZ_H */
