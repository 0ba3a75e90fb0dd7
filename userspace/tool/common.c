/* SPDX-License-Identifier: MIT */
/* Options, help and messages. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "tool.h"

#define TOOL_OPTIONS_MAX	32

bool tool_json;
void (*tool_sigpipe)(int signal);

const struct tool_option tool_common_options[] = { TOOL_COMMON_OPTIONS };

char tool_harmless(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

/* Whole, because words of files, names of files and what the peer says may be in it. */
static void tool_say(const char *format, va_list args)
{
	char *text, *c;

	if (vasprintf(&text, format, args) < 0) {
		fputs("tlsbind: out of memory\n", stderr);
		return;
	}
	for (c = text; *c; c++)
		*c = tool_harmless(*c);
	fprintf(stderr, "tlsbind: %s\n", text);
	free(text);
}

void tool_message(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tool_say(format, args);
	va_end(args);
}

void tool_error(const char *format, ...)
{
	unsigned long code;
	const char *data;
	va_list args;
	int flags;

	va_start(args, format);
	tool_say(format, args);
	va_end(args);
	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		const char *reason = ERR_reason_error_string(code);
		bool more = flags & ERR_TXT_STRING && *data;

		tool_message("  %s%s%s", reason ? reason : "unknown error", more ? ": " : "",
			     more ? data : "");
	}
}

/* A line for each way to use it. */
static void tool_usage_lines(const struct tool_command *command, FILE *out)
{
	const char *line = command->synopsis, *label = "Usage:";

	do {
		int len = (int)strcspn(line, "\n");

		fprintf(out, "%-6s tlsbind %s%s%.*s\n", label, command->name, len ? " " : "", len,
			line);
		line += len + (line[len] == '\n');
		label = "";
	} while (*line);
}

void tool_usage(const struct tool_command *command, FILE *out)
{
	const struct tool_option *option;
	char left[64];

	tool_usage_lines(command, out);
	fprintf(out, "\n%s\n\n", command->help);
	for (option = command->options; option->name; option++) {
		snprintf(left, sizeof(left), "--%s%s%s", option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
		if (option->letter)
			fprintf(out, "  -%c, ", option->letter);
		else
			fprintf(out, "      ");
		fprintf(out, "%-24s %s\n", left, option->help);
	}
	if (command->more)
		fprintf(out, "\n%s", command->more);
}

const struct tool_option *tool_getopt(const struct tool_command *command, int argc, char **argv,
				      bool *bad)
{
	struct option longs[TOOL_OPTIONS_MAX + 1] = { 0 };
	char shorts[2 * TOOL_OPTIONS_MAX + 2] = "";
	size_t i, used = 0;
	int c, at = -1;

	if (command->program)
		shorts[used++] = '+';
	for (i = 0; i < TOOL_OPTIONS_MAX && command->options[i].name; i++) {
		const struct tool_option *option = &command->options[i];

		longs[i].name = option->name;
		longs[i].has_arg = option->argument ? required_argument : no_argument;
		if (!option->letter)
			continue;
		shorts[used++] = option->letter;
		if (option->argument)
			shorts[used++] = ':';
	}
	c = getopt_long(argc, argv, shorts, longs, &at);
	*bad = c == '?';
	if (c < 0 || *bad)
		return NULL;
	if (!c)
		return &command->options[at];
	for (i = 0; command->options[i].letter != c; i++)
		;
	return &command->options[i];
}

int tool_operands(const struct tool_command *command, int *argc, char ***argv, bool *flag)
{
	const struct tool_option *option;
	bool bad, help = false;

	while ((option = tool_getopt(command, *argc, *argv, &bad))) {
		if (!strcmp(option->name, "json"))
			tool_json = true;
		else if (!strcmp(option->name, "help"))
			help = true;
		else if (flag)
			*flag = true;
	}
	if (bad)
		return tool_wrong(command);
	if (help) {
		tool_usage(command, stdout);
		return TOOL_OK;
	}
	*argc -= optind;
	*argv += optind;
	return -1;
}

int tool_wrong(const struct tool_command *command)
{
	fprintf(stderr, "See: tlsbind help %s\n", command->name);
	return TOOL_USAGE;
}
