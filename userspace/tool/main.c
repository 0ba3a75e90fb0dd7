/* SPDX-License-Identifier: MIT */
/* tlsbind(8): a table of subcommands. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "tool.h"

static const struct tool_command *const tool_commands[] = {
	&tool_command_rule,
	&tool_command_sock,
	&tool_command_gate,
	&tool_command_evidence,
	&tool_command_monitor,
	&tool_command_stats,
	&tool_command_lock,
	&tool_command_doctor,
	&tool_command_connect,
	&tool_command_verify,
	&tool_command_policy,
	&tool_command_exec,
};

#define TOOL_COMMANDS	(sizeof(tool_commands) / sizeof(tool_commands[0]))

static const struct tool_command *tool_find(const char *name)
{
	size_t i;

	for (i = 0; i < TOOL_COMMANDS; i++)
		if (!strcmp(tool_commands[i]->name, name))
			return tool_commands[i];
	tool_message("no such command: %s", name);
	return NULL;
}

static void tool_help(FILE *out)
{
	size_t i;

	fputs("Usage: tlsbind [-j] COMMAND [ARGUMENTS]\n\n", out);
	for (i = 0; i < TOOL_COMMANDS; i++)
		fprintf(out, "  %-12s %s\n", tool_commands[i]->name, tool_commands[i]->help);
	fputs("  help COMMAND what a command takes\n", out);
	fputs("  -j, --json   before a command: print JSON\n", out);
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

static int tool_run(int argc, char **argv)
{
	const struct tool_command *command;

	if (argc > 1 && (!strcmp(argv[1], "-j") || !strcmp(argv[1], "--json"))) {
		tool_json = true;
		argc--;
		argv++;
	}
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

/* What fails otherwise has been told already. */
int main(int argc, char **argv)
{
	int code;

	tool_sigpipe = signal(SIGPIPE, SIG_IGN);
	code = tool_run(argc, argv);
	if (code != TOOL_OK || (!fflush(stdout) && !ferror(stdout)))
		return code;
	tool_message("cannot write: %s", strerror(errno));
	return TOOL_USAGE;
}
