/* SPDX-License-Identifier: MIT */
/* tlsbind gate: the connections that wait for a verdict. */
#include <string.h>
#include "describe.h"
#include "nl.h"
#include "tool.h"

static int gate_answer(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_HOLD_MAX + 1];
	struct tool_print *print = arg;
	int ret = tool_nl_attributes(message, tb, TLSBIND_A_HOLD_MAX);

	if (ret)
		return ret;
	/* Nothing is printed before it is known that the kernel answers. */
	if (!print->depth)
		tool_print_array(print, NULL);
	tool_print_object(print, NULL);
	ret = tool_describe_hold(print, tb, false);
	tool_print_text(print, "\n");
	tool_print_close(print);
	return ret;
}

static int gate_list(struct tool_nl *nl, struct tool_print *print)
{
	int ret = tool_nl_dump(nl, TLSBIND_CMD_HOLD_GET, gate_answer, print);

	if (!ret && !print->depth)
		tool_print_array(print, NULL);
	if (print->depth)
		tool_print_close(print);
	if (!ret && nl->interrupted)
		tool_message("connections came and went meanwhile; some may be missing");
	return ret ? tool_nl_refused(nl, ret, "cannot read what is held") : TOOL_OK;
}

static int gate_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL);
	struct tool_print print;
	struct tool_nl nl;

	if (code >= 0)
		return code;
	if (argc > 1 || (argc && strcmp(argv[0], "list") != 0)) {
		tool_message(argc > 1 ? "gate: too many operands" : "no such command: gate %s",
			     argv[0]);
		return tool_wrong(command);
	}
	tool_print_begin(&print, stdout, tool_json);
	code = tool_nl_open(&nl);
	if (code == TOOL_OK)
		code = gate_list(&nl, &print);
	tool_nl_close(&nl);
	return tool_print_end(&print) && code == TOOL_OK ? TOOL_USAGE : code;
}

const struct tool_command tool_command_gate = {
	.name = "gate",
	.synopsis = "[list]",
	.help = "connections that wait for a verdict",
	.options = tool_common_options,
	.run = gate_main,
};
