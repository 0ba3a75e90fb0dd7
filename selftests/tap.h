/* SPDX-License-Identifier: MIT */
/*
 * Test Anything Protocol for the programs in this directory, in one header.
 *
 *	int main(void)
 *	{
 *		tap_plan(2);
 *		tap_ok(fd >= 0, "a socket can be made");
 *		tap_errno(setsockopt(...), EINVAL, "a short nonce is refused");
 *		return tap_done();
 *	}
 */
#ifndef TLSBIND_TAP_H
#define TLSBIND_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** struct tap - counts of this program: planned, run and failed. */
static struct tap {
	unsigned int planned;
	unsigned int run;
	unsigned int failed;
} tap;

/** tap_plan() - announce how many tests will be run. Call it once, first. */
static inline void tap_plan(unsigned int tests)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	tap.planned = tests;
	printf("1..%u\n", tests);
}

/** tap_diag() - print a remark that is not a result. */
static inline void __attribute__((format(printf, 1, 2)))
tap_diag(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static inline bool tap_vresult(bool good, const char *fmt, va_list args)
{
	tap.run++;
	if (!good)
		tap.failed++;
	printf("%sok %u - ", good ? "" : "not ", tap.run);
	vprintf(fmt, args);
	printf("\n");
	return good;
}

/** tap_ok() - one test. Return: @good, so that a caller can stop. */
static inline bool __attribute__((format(printf, 2, 3)))
tap_ok(bool good, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_vresult(good, fmt, args);
	va_end(args);
	return good;
}

/**
 * tap_errno() - one test of a system call that must succeed or fail as told.
 * @ret: what the call returned (evaluate it in this argument: errno is read here)
 * @want: errno that it must have left, or 0 if it must have succeeded
 * @fmt: sentence that names the test
 *
 * Return: whether it did.
 */
static inline bool __attribute__((format(printf, 3, 4)))
tap_errno(long ret, int want, const char *fmt, ...)
{
	int got = ret < 0 ? errno : 0;
	va_list args;

	va_start(args, fmt);
	tap_vresult(got == want, fmt, args);
	va_end(args);
	if (got != want)
		tap_diag("errno: expected %d (%s), got %d (%s)", want,
			 strerror(want), got, strerror(got));
	return got == want;
}

/** tap_equal() - one test that two numbers are equal; prints both if not. */
static inline bool __attribute__((format(printf, 3, 4)))
tap_equal(long long got, long long want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_vresult(got == want, fmt, args);
	va_end(args);
	if (got != want)
		tap_diag("expected %lld, got %lld", want, got);
	return got == want;
}

static inline void tap_hex(const char *what, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	printf("# %s ", what);
	while (len--)
		printf("%02x", *p++);
	printf("\n");
}

/** tap_bytes() - one test that two byte strings are equal; prints both if not. */
static inline bool __attribute__((format(printf, 4, 5)))
tap_bytes(const void *got, const void *want, size_t len, const char *fmt, ...)
{
	bool good = !memcmp(got, want, len);
	va_list args;

	va_start(args, fmt);
	tap_vresult(good, fmt, args);
	va_end(args);
	if (!good) {
		tap_hex("expected", want, len);
		tap_hex("got     ", got, len);
	}
	return good;
}

/** tap_skip() - one test that cannot run here, and why. */
static inline void tap_skip(const char *name, const char *why)
{
	tap.run++;
	printf("ok %u - %s # SKIP %s\n", tap.run, name, why);
}

/** tap_skip_all() - nothing of this program can run here. Instead of tap_plan(). */
static inline void __attribute__((noreturn)) tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

/** tap_bail() - give up: the rest makes no sense. Counts as a failure. */
static inline void __attribute__((noreturn, format(printf, 1, 2)))
tap_bail(const char *fmt, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	exit(1);
}

/** tap_done() - Return: exit status of the program: 0 only if all that was planned passed. */
static inline int tap_done(void)
{
	if (tap.run != tap.planned)
		tap_diag("planned %u tests, ran %u", tap.planned, tap.run);
	return tap.failed || tap.run != tap.planned;
}

#endif
