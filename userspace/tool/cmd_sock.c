/* SPDX-License-Identifier: MIT */
/* tlsbind sock: the sockets with keys in the kernel. */
#include "describe.h"
#include "nl.h"
#include "tool.h"

static int sock_answer(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_CONNECTION_MAX + 1];
	struct tool_print *print = arg;
	int ret = tool_nl_attributes(message, tb, TLSBIND_A_CONNECTION_MAX);

	if (ret)
		return ret;
	tool_print_object(print, NULL);
	ret = tool_describe_sock(print, tb[TLSBIND_A_CONNECTION_SOCK], false);
	tool_print_text(print, "\n");
	tool_print_close(print);
	return ret;
}

static int sock_one(struct tool_nl *nl, const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
		    struct tool_print *print)
{
	struct nl_msg *message = tool_nl_new(nl, TLSBIND_CMD_SOCK_GET, 0,
					     TLSBIND_CONNECTION_ID_SIZE + NLA_HDRLEN);

	if (message)
		nla_put(message, TLSBIND_A_CONNECTION_ID, TLSBIND_CONNECTION_ID_SIZE, id);
	return tool_nl_call(nl, message, sock_answer, print);
}

/* Nothing is printed before it is known that the kernel answers. */
static int sock_listed(struct nlmsghdr *message, void *arg)
{
	struct tool_print *print = arg;

	if (!print->depth)
		tool_print_array(print, NULL);
	return sock_answer(message, print);
}

static int sock_all(struct tool_nl *nl, struct tool_print *print)
{
	int ret = tool_nl_dump(nl, TLSBIND_CMD_SOCK_GET, sock_listed, print);

	if (!ret && !print->depth)
		tool_print_array(print, NULL);
	if (!ret || print->depth)
		tool_print_close(print);
	if (!ret && nl->interrupted)
		tool_message("sockets came and went meanwhile; some may be missing");
	return ret;
}

static int sock_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL), ret;
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	size_t len = sizeof(id);
	struct tool_print print;
	struct tool_nl nl;

	if (code >= 0)
		return code;
	if (argc > 1 || (argc && !tool_unhex(argv[0], id, sizeof(id), &len)) ||
	    len != sizeof(id)) {
		tool_message("a connection id is %d hex digits", 2 * TLSBIND_CONNECTION_ID_SIZE);
		return tool_wrong(command);
	}
	tool_print_begin(&print, stdout, tool_json);
	code = tool_nl_open(&nl);
	if (code == TOOL_OK) {
		ret = argc ? sock_one(&nl, id, &print) : sock_all(&nl, &print);
		if (ret)
			code = tool_nl_refused(&nl, ret, argc ? argv[0] : "cannot read the sockets");
	}
	tool_nl_close(&nl);
	return tool_print_end(&print) && code == TOOL_OK ? TOOL_USAGE : code;
}

const struct tool_command tool_command_sock = {
	.name = "sock",
	.synopsis = "[ID]",
	.help = "sockets with keys in the kernel",
	.options = tool_common_options,
	.run = sock_main,
};
