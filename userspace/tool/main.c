/* SPDX-License-Identifier: MIT */
/* tlsbind(8): a table of subcommands. */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "tool.h"

#define TOOL_OPTIONS_MAX	32

static const struct tool_command *const tool_commands[] = {
	&tool_command_connect,
};

#define TOOL_COMMANDS	(sizeof(tool_commands) / sizeof(tool_commands[0]))

/* Text that may come from the peer: nothing in it may reach the terminal as control. */
static void tool_print_foreign(const char *text)
{
	for (; *text; text++)
		fputc(*text >= ' ' && *text <= '~' ? *text : '?', stderr);
}

void tool_error(const char *format, ...)
{
	unsigned long code;
	const char *data;
	va_list args;
	int flags;

	fputs("tlsbind: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		const char *reason = ERR_reason_error_string(code);

		fprintf(stderr, "tlsbind:   %s", reason ? reason : "unknown error");
		if (flags & ERR_TXT_STRING && *data) {
			fputs(": ", stderr);
			tool_print_foreign(data);
		}
		fputc('\n', stderr);
	}
}

void tool_usage(const struct tool_command *command, FILE *out)
{
	const struct tool_option *option;
	char left[64];

	fprintf(out, "Usage: tlsbind %s %s\n\n%s\n\n", command->name, command->synopsis,
		command->help);
	for (option = command->options; option->name; option++) {
		snprintf(left, sizeof(left), "--%s%s%s", option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
		if (option->letter)
			fprintf(out, "  -%c, ", option->letter);
		else
			fprintf(out, "      ");
		fprintf(out, "%-24s %s\n", left, option->help);
	}
}

const struct tool_option *tool_getopt(const struct tool_command *command, int argc, char **argv,
				      bool *bad)
{
	struct option longs[TOOL_OPTIONS_MAX + 1] = { 0 };
	char shorts[2 * TOOL_OPTIONS_MAX + 1] = "";
	size_t i, used = 0;
	int c, at = -1;

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

static const struct tool_command *tool_find(const char *name)
{
	size_t i;

	for (i = 0; i < TOOL_COMMANDS; i++)
		if (!strcmp(tool_commands[i]->name, name))
			return tool_commands[i];
	fprintf(stderr, "tlsbind: no such command: %s\n", name);
	return NULL;
}

static void tool_help(FILE *out)
{
	size_t i;

	fputs("Usage: tlsbind COMMAND [ARGUMENTS]\n\n", out);
	for (i = 0; i < TOOL_COMMANDS; i++)
		fprintf(out, "  %-12s %s\n", tool_commands[i]->name, tool_commands[i]->help);
	fputs("  help COMMAND what a command takes\n", out);
	fputs("  --help       this text\n", out);
	fputs("  --version    version of the program\n", out);
}

static int tool_main_help(const char *name)
{
	const struct tool_command *command;

	if (!name) {
		tool_help(stdout);
		return TOOL_OK;
	}
	command = tool_find(name);
	if (!command)
		return TOOL_USAGE;
	tool_usage(command, stdout);
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	const struct tool_command *command;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		tool_help(stderr);
		return TOOL_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("tlsbind %s\n", tlsbind_version());
		return TOOL_OK;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return tool_main_help(NULL);
	if (!strcmp(argv[1], "help"))
		return tool_main_help(argc > 2 ? argv[2] : NULL);
	command = tool_find(argv[1]);
	return command ? command->run(command, argc - 1, argv + 1) : TOOL_USAGE;
}
