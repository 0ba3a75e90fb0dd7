/* SPDX-License-Identifier: MIT */
/* tlsbind stats: the counters of this network namespace. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "nl.h"
#include "stats.h"
#include "tool.h"

/**
 * struct stats_counter - one number
 * @name: for JSON, text, and with underscores for Prometheus
 * @now: it can fall, too
 * @help: for Prometheus
 */
static const struct stats_counter {
	const char *name;
	bool now;
	const char *help;
} stats_counters[TLSBIND_A_STATS_MAX + 1] = {
	[TLSBIND_A_STATS_SOCKETS] = { "sockets", true, "Sockets with keys in the kernel." },
	[TLSBIND_A_STATS_RULES] = { "rules", true, "Rules." },
	[TLSBIND_A_STATS_KEYS] = { "keys", false, "First keys installed." },
	[TLSBIND_A_STATS_REKEYS] = { "rekeys", false, "Keys replaced." },
	[TLSBIND_A_STATS_DENIED] = { "denied", false, "Keys refused." },
	[TLSBIND_A_STATS_SHARED] = { "shared", false, "Keys that another socket held already." },
	[TLSBIND_A_STATS_CHALLENGES] = { "challenges", false, "Challenges accepted." },
	[TLSBIND_A_STATS_REFUSED] = { "refused", false, "Challenges refused by policy." },
	[TLSBIND_A_STATS_ANSWERED] = { "answered", false, "Challenges answered with evidence." },
	[TLSBIND_A_STATS_FAILED] = { "failed", false, "Challenges that ended without evidence." },
	[TLSBIND_A_STATS_REPORTS] = { "reports", false, "Reports of the hardware." },
	[TLSBIND_A_STATS_REPORT_ERRORS] = { "report-errors", false,
					    "Reports that the hardware failed to make." },
	[TLSBIND_A_STATS_DOORS] = { "doors", false,
				    "Attempts of user space to have the tag of tlsbind signed." },
	[TLSBIND_A_STATS_HELD] = { "held", false, "Times that a connection was held for a verdict." },
	[TLSBIND_A_STATS_ADMITTED] = { "admitted", false, "Held connections that went on." },
	[TLSBIND_A_STATS_RENEWED] = { "renewed", false, "Times that a lease was renewed." },
	[TLSBIND_A_STATS_LAPSED] = { "lapsed", false,
				     "Connections aborted because their lease was not renewed." },
};

static const struct tool_option stats_options[] = {
	{ "prometheus", 0, NULL, "print metrics for the node exporter's textfile collector" },
	TOOL_COMMON_OPTIONS,
};

void tool_stats_print(struct tool_print *print, const uint64_t value[TLSBIND_A_STATS_MAX + 1])
{
	char prefix[32];
	int i;

	tool_print_object(print, NULL);
	for (i = 1; i <= TLSBIND_A_STATS_MAX; i++) {
		snprintf(prefix, sizeof(prefix), "%-14s ", stats_counters[i].name);
		tool_print_number(print, stats_counters[i].name, prefix, value[i]);
		tool_print_text(print, "\n");
	}
	tool_print_close(print);
}

void tool_stats_prometheus(FILE *out, const uint64_t value[TLSBIND_A_STATS_MAX + 1])
{
	char name[64], *c;
	int i;

	for (i = 1; i <= TLSBIND_A_STATS_MAX; i++) {
		snprintf(name, sizeof(name), "tlsbind_%s%s", stats_counters[i].name,
			 stats_counters[i].now ? "" : "_total");
		for (c = name; *c; c++)
			if (*c == '-')
				*c = '_';
		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name,
			stats_counters[i].help, name, stats_counters[i].now ? "gauge" : "counter",
			name, value[i]);
	}
}

static int stats_answer(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_STATS_MAX + 1];
	uint64_t *value = arg;
	int i;

	if (tool_nl_attributes(message, tb, TLSBIND_A_STATS_MAX))
		return -EBADMSG;
	for (i = 1; i <= TLSBIND_A_STATS_MAX; i++)
		value[i] = tool_nl_number(tb[i]);
	return 0;
}

static int stats_get(uint64_t value[TLSBIND_A_STATS_MAX + 1])
{
	struct tool_nl nl;
	int code = tool_nl_open(&nl), ret;

	memset(value, 0, (TLSBIND_A_STATS_MAX + 1) * sizeof(*value));
	if (code == TOOL_OK) {
		ret = tool_nl_call(&nl, tool_nl_new(&nl, TLSBIND_CMD_STATS_GET, 0, 0), stats_answer,
				   value);
		if (ret)
			code = tool_nl_refused(&nl, ret, "no statistics");
	}
	tool_nl_close(&nl);
	return code;
}

static int stats_main(const struct tool_command *command, int argc, char **argv)
{
	uint64_t value[TLSBIND_A_STATS_MAX + 1];
	struct tool_print print;
	bool prometheus = false;
	int code = tool_operands(command, &argc, &argv, &prometheus);

	if (code >= 0)
		return code;
	if (argc || (prometheus && tool_json)) {
		tool_message(argc ? "stats takes no operands" : "--prometheus contradicts --json");
		return tool_wrong(command);
	}
	code = stats_get(value);
	if (code != TOOL_OK)
		return code;
	tool_print_begin(&print, stdout, tool_json);
	if (prometheus)
		tool_stats_prometheus(stdout, value);
	else
		tool_stats_print(&print, value);
	return tool_print_end(&print) ? TOOL_USAGE : TOOL_OK;
}

const struct tool_command tool_command_stats = {
	.name = "stats",
	.synopsis = "[--prometheus]",
	.help = "counters",
	.options = stats_options,
	.run = stats_main,
};
