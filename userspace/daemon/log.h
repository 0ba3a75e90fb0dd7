/* SPDX-License-Identifier: MIT */
/* Lines on standard error: at the start, at the end, and about trouble. */
#ifndef TLSBINDD_LOG_H
#define TLSBINDD_LOG_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum log_level - as sd-daemon(3) has them, in front of each line if systemd reads them
 */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
};

/**
 * struct log_limit - keeps one kind of trouble from filling the log
 * @until: milliseconds, as loop_now(); nothing is written before
 * @skipped: lines that were not written since
 *
 * One line in ten seconds; the next one says how many were left out. Zeroed at first.
 */
struct log_limit {
	int64_t until;
	unsigned int skipped;
};

/**
 * log_limit_pass() - may a line be written now?
 * @limit: of this kind of trouble
 * @now: milliseconds
 * @skipped: how many were left out before it
 *
 * Return: false if it is one of those that are left out.
 */
bool log_limit_pass(struct log_limit *limit, int64_t now, unsigned int *skipped);

/**
 * log_line() - one line
 * @level: how bad it is
 * @format: what follows must not have secrets, nor what a stranger sent
 *
 * Characters that could control a terminal become "?".
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** log_trouble() - a line about trouble that strangers can cause, seldom enough */
void log_trouble(struct log_limit *limit, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* TLSBINDD_LOG_H */
