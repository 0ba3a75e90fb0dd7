/* SPDX-License-Identifier: MIT */
/* tlsbind monitor: what happens, as it happens. */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <time.h>
#include "describe.h"
#include "nl.h"
#include "tool.h"

static const char *const monitor_events[] = {
	"key", "rekey", "close", "challenge", "evidence", "deny", "rules", "lock",
};

static const char *monitor_direction(uint64_t direction)
{
	switch (direction) {
	case TLSBIND_DIRECTION_TX:
		return "tx";
	case TLSBIND_DIRECTION_RX:
		return "rx";
	default:
		return "?";
	}
}

static void monitor_print(struct tool_print *print, struct nlattr *tb[])
{
	uint64_t kind = tool_nl_number(tb[TLSBIND_A_EVENT_KIND]);
	bool known = kind < sizeof(monitor_events) / sizeof(monitor_events[0]);

	tool_print_object(print, NULL);
	tool_print_time(print, "time", "", tool_nl_number(tb[TLSBIND_A_EVENT_TIME]));
	tool_print_string(print, "event", " ", known ? monitor_events[kind] : "?");
	if (tb[TLSBIND_A_EVENT_DIRECTION])
		tool_print_string(print, "direction", " ", monitor_direction(
				  tool_nl_number(tb[TLSBIND_A_EVENT_DIRECTION])));
	if (tb[TLSBIND_A_EVENT_ERROR])
		tool_describe_error(print, "error", " error ",
				    (uint32_t)tool_nl_number(tb[TLSBIND_A_EVENT_ERROR]));
	if (tb[TLSBIND_A_EVENT_GENERATION])
		tool_print_number(print, "generation", " generation ",
				  tool_nl_number(tb[TLSBIND_A_EVENT_GENERATION]));
	if (tb[TLSBIND_A_EVENT_SOCK]) {
		tool_print_text(print, " ");
		tool_print_object(print, "sock");
		tool_describe_sock(print, tb[TLSBIND_A_EVENT_SOCK], true);
		tool_print_close(print);
	}
	tool_print_text(print, "\n");
	tool_print_close(print);
}

/* The kernel does not say when: it is now, as far as anybody who looks on can tell. */
static uint64_t monitor_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void monitor_hold(struct tool_print *print, struct nlattr *tb[])
{
	tool_print_object(print, NULL);
	tool_print_time(print, "time", "", monitor_now());
	tool_print_string(print, "event", NULL, tb[TLSBIND_A_HOLD_RENEWAL] ? "renewal" : "hold");
	tool_print_text(print, " ");
	tool_describe_hold(print, tb, true);
	tool_print_text(print, "\n");
	tool_print_close(print);
}

/* Of both groups; each command has attributes of its own. */
static int monitor_message(struct nlmsghdr *message, void *arg)
{
	struct nlattr *event[TLSBIND_A_EVENT_MAX + 1], *hold[TLSBIND_A_HOLD_MAX + 1];
	struct genlmsghdr *header = nlmsg_data(message);
	struct tool_print *print = arg;

	if (!genlmsg_valid_hdr(message, 0))
		return 0;
	if (header->cmd == TLSBIND_CMD_EVENT_NTF &&
	    !tool_nl_attributes(message, event, TLSBIND_A_EVENT_MAX))
		monitor_print(print, event);
	else if (header->cmd == TLSBIND_CMD_GATE_NTF &&
		 !tool_nl_attributes(message, hold, TLSBIND_A_HOLD_MAX))
		monitor_hold(print, hold);
	else
		return 0;
	return tool_print_end(print) ? -EIO : 0;
}

/* Never silently: who counts events must know that some are missing. */
static int monitor_lost(struct tool_print *print)
{
	tool_print_object(print, NULL);
	tool_print_string(print, "event", "", "lost");
	tool_print_text(print, ": events came faster than they could be read\n");
	tool_print_close(print);
	return tool_print_end(print) ? -EIO : 0;
}

/*
 * The kernel drops what comes while events wait that were too many: perhaps the news
 * that the module is gone, too. So whoever has lost events asks once none is left.
 */
static int monitor_listen(struct tool_nl *nl, struct tool_print *print)
{
	bool lost = false;
	int ret;

	do {
		ret = tool_nl_receive(nl, monitor_message, print);
		if (ret == -ENOBUFS) {
			lost = true;
			ret = monitor_lost(print);
		}
		if (!ret && lost && tool_nl_idle(nl)) {
			lost = false;
			ret = tool_nl_gone(nl) ? -ENODEV : 0;
		}
	} while (!ret);
	return ret;
}

/* Ends with the module, or when nobody reads the output any more. */
static int monitor_run(struct tool_nl *nl)
{
	struct tool_print print;
	int ret = tool_nl_listen(nl, TLSBIND_MCGRP_EVENTS);

	tool_print_begin(&print, stdout, tool_json);
	if (!ret)
		ret = tool_nl_join(nl, TLSBIND_FAMILY_NAME, TLSBIND_MCGRP_GATE);
	if (!ret)
		ret = monitor_listen(nl, &print);
	if (print.failed)
		return TOOL_USAGE;
	if (ret != -ENODEV)
		return tool_nl_refused(nl, ret, "no events");
	tool_message("the kernel module is gone");
	return TOOL_NO_MODULE;
}

static int monitor_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL);
	struct tool_nl nl;

	if (code >= 0)
		return code;
	if (argc) {
		tool_message("monitor takes no operands");
		return tool_wrong(command);
	}
	code = tool_nl_open(&nl);
	if (code == TOOL_OK)
		code = monitor_run(&nl);
	tool_nl_close(&nl);
	return code;
}

const struct tool_command tool_command_monitor = {
	.name = "monitor",
	.synopsis = "",
	.help = "print events until interrupted",
	.options = tool_common_options,
	.run = monitor_main,
};
