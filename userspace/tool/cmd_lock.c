/* SPDX-License-Identifier: MIT */
/* tlsbind lock: freeze the rules of all network namespaces until reboot. */
#include "nl.h"
#include "tool.h"

static int lock_send(void)
{
	struct tool_nl nl;
	int code = tool_nl_open(&nl), ret;

	if (code == TOOL_OK) {
		ret = tool_nl_call(&nl, tool_nl_new(&nl, TLSBIND_CMD_LOCK, 0, 0), NULL, NULL);
		if (ret)
			code = tool_nl_refused(&nl, ret, "rules not locked");
	}
	tool_nl_close(&nl);
	return code == TOOL_NO_SUCH ? TOOL_REFUSED : code;
}

static int lock_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL);
	struct tool_print print;

	if (code >= 0)
		return code;
	if (argc) {
		tool_message("lock takes no operands");
		return tool_wrong(command);
	}
	code = lock_send();
	if (code != TOOL_OK)
		return code;
	tool_print_begin(&print, stdout, tool_json);
	tool_print_object(&print, NULL);
	tool_print_bool(&print, "locked", "rules are locked until reboot\n", true);
	tool_print_close(&print);
	return tool_print_end(&print) ? TOOL_USAGE : TOOL_OK;
}

const struct tool_command tool_command_lock = {
	.name = "lock",
	.synopsis = "",
	.help = "freeze the rules and keep the module, until reboot",
	.options = tool_common_options,
	.run = lock_main,
};
