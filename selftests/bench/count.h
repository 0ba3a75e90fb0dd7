/* SPDX-License-Identifier: MIT */
/*
 * What something costs. In a guest whose virtual time is its instructions (QEMU's
 * -icount shift=0) the time stamp counter counts what the processor has executed, in
 * user space and in the kernel, exactly. Whether it does is seen by a loop.
 */
#ifndef TLSBIND_BENCH_COUNT_H
#define TLSBIND_BENCH_COUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <x86intrin.h>

#define COUNT_LOOP	100000		/* two instructions each */
#define COUNT_SLACK	10		/* around the loop */

static inline uint64_t count_now(void)
{
	return __rdtsc();
}

static inline uint64_t count_loop(uint64_t rounds)
{
	uint64_t start = count_now();

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
	return count_now() - start;
}

static inline int count_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/** count_median() - sorts @samples; interrupts are in few of them. */
static inline uint64_t count_median(uint64_t *samples, size_t n)
{
	qsort(samples, n, sizeof(*samples), count_compare);
	return samples[n / 2];
}

/** count_exact() - whether instructions are what is counted here. */
static inline bool count_exact(void)
{
	uint64_t samples[31];
	size_t n = sizeof(samples) / sizeof(samples[0]);

	for (size_t i = 0; i < n; i++)
		samples[i] = count_loop(COUNT_LOOP);
	return count_median(samples, n) - 2 * COUNT_LOOP <= COUNT_SLACK;
}

#endif
