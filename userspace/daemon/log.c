/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "log.h"
#include "loop.h"
#include "tool.h"

#define LOG_LIMIT_MS	10000
#define LOG_LINE_SIZE	512

bool log_limit_pass(struct log_limit *limit, int64_t now, unsigned int *skipped)
{
	*skipped = limit->skipped;
	if (now < limit->until) {
		limit->skipped++;
		return false;
	}
	limit->until = now + LOG_LIMIT_MS;
	limit->skipped = 0;
	return true;
}

/* systemd takes the level from the line, sd-daemon(3). */
static void log_write(enum log_level level, const char *text)
{
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", level, text);
	else
		fprintf(stderr, "tlsbindd: %s\n", text);
}

static void log_text(enum log_level level, const char *format, va_list args)
{
	char text[LOG_LINE_SIZE], *c;

	vsnprintf(text, sizeof(text), format, args);
	for (c = text; *c; c++)
		*c = tool_harmless(*c);
	log_write(level, text);
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_text(level, format, args);
	va_end(args);
}

void log_trouble(struct log_limit *limit, const char *format, ...)
{
	unsigned int skipped;
	va_list args;

	if (!log_limit_pass(limit, loop_now(), &skipped))
		return;
	if (skipped)
		log_line(LOG_LEVEL_WARNING, "%u lines like the next were left out", skipped);
	va_start(args, format);
	log_text(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}
