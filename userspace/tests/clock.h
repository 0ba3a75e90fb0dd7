/* SPDX-License-Identifier: MIT */
/* Clocks that a test sets. Only for one file of a program: these are the C library's functions. */
#ifndef TLSBIND_TESTS_CLOCK_H
#define TLSBIND_TESTS_CLOCK_H

#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

/* Seconds that the two clocks are ahead of what they were. */
static time_t wall, uptime;

/* Instead of the C library's. */
time_t time(time_t *out)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts);
	ts.tv_sec += wall;
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_BOOTTIME)
		ts->tv_sec += uptime;
	return ret;
}

#endif /* TLSBIND_TESTS_CLOCK_H */
