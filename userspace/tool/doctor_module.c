/* SPDX-License-Identifier: MIT */
/* doctor: the module, from what it says itself and from ftrace's own list. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"
#include "nl.h"
#include "tool.h"

int tool_doctor_version(struct nlmsghdr *message, void *doctor)
{
	struct nlattr *tb[TLSBIND_A_VERSION_MAX + 1];
	struct doctor *d = doctor;
	uint64_t protocol;
	char detail[128];

	if (tool_nl_attributes(message, tb, TLSBIND_A_VERSION_MAX))
		return -EBADMSG;
	protocol = tool_nl_number(tb[TLSBIND_A_VERSION_PROTOCOL]);
	snprintf(detail, sizeof(detail), "version %s, protocol %u",
		 tool_nl_string(tb[TLSBIND_A_VERSION_MODULE], "?"), (unsigned int)protocol);
	tool_doctor_say(d, "module", protocol == TLSBIND_PROTOCOL_VERSION ? DOCTOR_OK :
			DOCTOR_MISSING, detail, "use a module and a tool of the same version");
	return 0;
}

static void doctor_door(struct doctor *d, struct nlattr *door)
{
	struct nlattr *tb[TLSBIND_A_DOOR_MAX + 1];
	char name[96];
	uint64_t state;

	if (nla_parse_nested(tb, TLSBIND_A_DOOR_MAX, door, NULL))
		return;
	snprintf(name, sizeof(name), "door.%s", tool_nl_string(tb[TLSBIND_A_DOOR_NAME], "?"));
	state = tool_nl_number(tb[TLSBIND_A_DOOR_STATE]);
	if (state == TLSBIND_DOOR_STATE_OPEN)
		tool_doctor_say(d, name, DOCTOR_MISSING, "open: root can forge evidence",
				"use a kernel in which this function can be traced; until then all "
				"evidence has the flag doors-open");
	else
		tool_doctor_say(d, name, DOCTOR_OK,
				state == TLSBIND_DOOR_STATE_SHUT ? "shut" : "not on this machine", "");
}

int tool_doctor_provider(struct nlmsghdr *message, void *doctor)
{
	struct nlattr *tb[TLSBIND_A_PROVIDER_MAX + 1], *attribute;
	struct doctor *d = doctor;
	int left;

	if (tool_nl_attributes(message, tb, TLSBIND_A_PROVIDER_MAX))
		return -EBADMSG;
	if (tool_nl_number(tb[TLSBIND_A_PROVIDER_AVAILABLE]))
		tool_doctor_say(d, "provider", DOCTOR_OK,
				tool_nl_string(tb[TLSBIND_A_PROVIDER_NAME], "there"), "");
	else
		tool_doctor_say(d, "provider", DOCTOR_MISSING, "nobody makes reports",
				"in a TDX guest: modprobe tdx_guest; in an SNP guest: modprobe "
				"sev-guest");
	nlmsg_for_each_attr(attribute, message, GENL_HDRLEN, left)
		if (nla_type(attribute) == TLSBIND_A_PROVIDER_DOOR)
			doctor_door(d, attribute);
	return 0;
}

int tool_doctor_rules(struct nlmsghdr *message, void *doctor)
{
	struct nlattr *tb[TLSBIND_A_RULES_MAX + 1];
	struct doctor *d = doctor;
	uint64_t count;
	char detail[64];

	if (tool_nl_attributes(message, tb, TLSBIND_A_RULES_MAX))
		return -EBADMSG;
	count = tool_nl_number(tb[TLSBIND_A_RULES_COUNT]);
	snprintf(detail, sizeof(detail), "%u in this network namespace", (unsigned int)count);
	tool_doctor_say(d, "rules", count ? DOCTOR_OK : DOCTOR_WARNING, detail,
			"nobody is attested without a rule: tlsbind rule add attest ...");
	if (tool_nl_number(tb[TLSBIND_A_RULES_LOCKED]))
		tool_doctor_say(d, "lock", DOCTOR_OK, "locked until reboot", "");
	else
		tool_doctor_say(d, "lock", DOCTOR_WARNING, "rules can be changed",
				"when they are as they should be: tlsbind lock");
	return 0;
}

/* Only root can see the rules; the others are told to ask as root. */
static void doctor_ask(struct doctor *d, struct tool_nl *nl, uint8_t command, const char *name,
		       tool_nl_answer *answer)
{
	int ret = tool_nl_call(nl, tool_nl_new(nl, command, 0, 0), answer, d);

	if (ret)
		tool_doctor_say(d, name, DOCTOR_UNKNOWN, *nl->text ? nl->text : strerror(-ret),
				"ask as root");
}

/* A line of ftrace's list for a function, with what is attached to it. */
static bool doctor_hooked(const char *list, const char *function)
{
	size_t len = strlen(function);
	const char *line;

	for (line = list; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, function, len) && (line[len] == ' ' || line[len] == '\n') &&
		    memmem(line, strcspn(line, "\n"), " I", 2))
			return true;
	return false;
}

void tool_doctor_hooks(struct doctor *d)
{
	static const char *const functions[] = { "tls_setsockopt", "tls_getsockopt",
						 "tls_sk_proto_close" };
	char *list = tool_doctor_read(d, "/sys/kernel/tracing/enabled_functions", NULL);
	size_t i;

	if (!list) {
		tool_doctor_say(d, "hooks", DOCTOR_UNKNOWN,
				"/sys/kernel/tracing/enabled_functions cannot be read",
				"as root: mount -t tracefs none /sys/kernel/tracing");
		return;
	}
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!doctor_hooked(list, functions[i]))
			break;
	if (i == sizeof(functions) / sizeof(functions[0]))
		tool_doctor_say(d, "hooks", DOCTOR_OK, "kernel TLS is seen", "");
	else
		tool_doctor_say(d, "hooks", DOCTOR_MISSING, functions[i],
				"load the module again: this function is not redirected");
	free(list);
}

void tool_doctor_module(struct doctor *d)
{
	struct tool_nl nl;

	if (tool_nl_connect(&nl) != TOOL_OK) {
		tool_doctor_say(d, "module", DOCTOR_MISSING, "not loaded", "modprobe tlsbind");
		tool_nl_close(&nl);
		return;
	}
	doctor_ask(d, &nl, TLSBIND_CMD_VERSION_GET, "module", tool_doctor_version);
	tool_doctor_hooks(d);
	doctor_ask(d, &nl, TLSBIND_CMD_PROVIDER_GET, "provider", tool_doctor_provider);
	doctor_ask(d, &nl, TLSBIND_CMD_RULES_GET, "rules", tool_doctor_rules);
	tool_nl_close(&nl);
}
