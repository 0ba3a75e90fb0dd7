/* SPDX-License-Identifier: MIT */
/* Attributes, and a rule in them. */
#include <errno.h>
#include <string.h>
#include "nl.h"

uint64_t tool_nl_number(const struct nlattr *attribute)
{
	struct nlattr *a = (struct nlattr *)attribute;

	if (!a)
		return 0;
	switch (nla_len(a)) {
	case 1:
		return nla_get_u8(a);
	case 2:
		return nla_get_u16(a);
	case 4:
		return nla_get_u32(a);
	case 8:
		return nla_get_u64(a);
	default:
		return 0;
	}
}

size_t tool_nl_bytes(const struct nlattr *attribute, void *out, size_t size)
{
	size_t len = attribute ? (size_t)nla_len(attribute) : 0;

	if (len > size)
		len = size;
	memset(out, 0, size);
	if (len)
		memcpy(out, nla_data(attribute), len);
	return len;
}

const char *tool_nl_string(const struct nlattr *attribute, const char *fallback)
{
	if (!attribute || !nla_len(attribute) ||
	    !memchr(nla_data(attribute), '\0', (size_t)nla_len(attribute)))
		return fallback;
	return nla_data(attribute);
}

bool tool_nl_address(const struct nlattr *attribute, struct in6_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (!attribute || (nla_len(attribute) != 4 && nla_len(attribute) != 16))
		return false;
	if (nla_len(attribute) == 4)
		memset(&out->s6_addr[10], 0xff, 2);
	memcpy(&out->s6_addr[16 - nla_len(attribute)], nla_data(attribute),
	       (size_t)nla_len(attribute));
	return true;
}

/* A prefix of IPv4 is sent as one. */
static void tool_nl_put_prefix(struct nl_msg *message, int address, int prefix,
			       const struct in6_addr *value, uint8_t bits)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(value) && bits >= TOOL_MAPPED_PREFIX;

	if (!bits)
		return;
	nla_put(message, address, v4 ? 4 : 16, &value->s6_addr[v4 ? 12 : 0]);
	nla_put_u8(message, prefix, v4 ? bits - TOOL_MAPPED_PREFIX : bits);
}

static void tool_nl_put_ports(struct nl_msg *message, int min, int max, const uint16_t port[2])
{
	if (!port[0])
		return;
	nla_put_u16(message, min, port[0]);
	nla_put_u16(message, max, port[1]);
}

static void tool_nl_put_caller(struct nl_msg *message, const struct tool_rule *rule)
{
	if (rule->has_uid) {
		nla_put_u32(message, TLSBIND_A_RULE_UID_MIN, rule->uid[0]);
		nla_put_u32(message, TLSBIND_A_RULE_UID_MAX, rule->uid[1]);
	}
	if (rule->cgroup)
		nla_put_u64(message, TLSBIND_A_RULE_CGROUP, rule->cgroup);
	if (rule->exe_kind) {
		nla_put_u8(message, TLSBIND_A_RULE_EXE_KIND, rule->exe_kind);
		nla_put(message, TLSBIND_A_RULE_EXE_DIGEST, rule->exe_len, rule->exe);
	}
}

int tool_nl_put_rule(struct nl_msg *message, const struct tool_rule *rule)
{
	struct nlattr *nest;

	/* With room for the largest, nothing below can be left out. */
	if (nlmsg_get_max_size(message) < nlmsg_hdr(message)->nlmsg_len + TOOL_NL_RULE_SIZE)
		return -ENOMEM;
	nest = nla_nest_start(message, TLSBIND_A_RULES_RULE);
	if (!nest)
		return -ENOMEM;
	nla_put_u8(message, TLSBIND_A_RULE_ACTION, rule->action);
	tool_nl_put_prefix(message, TLSBIND_A_RULE_LOCAL_ADDRESS, TLSBIND_A_RULE_LOCAL_PREFIX,
			   &rule->local, rule->local_prefix);
	tool_nl_put_ports(message, TLSBIND_A_RULE_LOCAL_PORT_MIN, TLSBIND_A_RULE_LOCAL_PORT_MAX,
			  rule->local_port);
	tool_nl_put_prefix(message, TLSBIND_A_RULE_REMOTE_ADDRESS, TLSBIND_A_RULE_REMOTE_PREFIX,
			   &rule->remote, rule->remote_prefix);
	tool_nl_put_ports(message, TLSBIND_A_RULE_REMOTE_PORT_MIN, TLSBIND_A_RULE_REMOTE_PORT_MAX,
			  rule->remote_port);
	tool_nl_put_caller(message, rule);
	if (rule->options)
		nla_put_u32(message, TLSBIND_A_RULE_OPTIONS, rule->options);
	if (rule->rekey != TLSBIND_REKEY_STALE)
		nla_put_u8(message, TLSBIND_A_RULE_REKEY, rule->rekey);
	if (rule->rate)
		nla_put_u32(message, TLSBIND_A_RULE_RATE, rule->rate);
	if (rule->policy)
		nla_put_u16(message, TLSBIND_A_RULE_POLICY, rule->policy);
	if (rule->lease)
		nla_put_u32(message, TLSBIND_A_RULE_LEASE, rule->lease);
	nla_nest_end(message, nest);
	return 0;
}

static int tool_nl_prefix(struct nlattr *address, struct nlattr *prefix, struct in6_addr *out,
			  uint8_t *bits)
{
	uint64_t max;

	if (!address)
		return 0;
	if (!tool_nl_address(address, out))
		return -EBADMSG;
	max = 8 * (uint64_t)nla_len(address);
	*bits = 128;
	if (prefix && tool_nl_number(prefix) > max)
		return -EBADMSG;
	if (prefix)
		*bits = (uint8_t)(128 - max + tool_nl_number(prefix));
	return 0;
}

static void tool_nl_ports(struct nlattr *min, struct nlattr *max, uint16_t port[2])
{
	port[0] = (uint16_t)tool_nl_number(min);
	port[1] = (uint16_t)tool_nl_number(max ? max : min);
}

static void tool_nl_rule_caller(struct nlattr *tb[], struct tool_rule *rule)
{
	struct nlattr *max = tb[TLSBIND_A_RULE_UID_MAX];

	rule->uid[0] = (uint32_t)tool_nl_number(tb[TLSBIND_A_RULE_UID_MIN]);
	rule->uid[1] = (uint32_t)tool_nl_number(max ? max : tb[TLSBIND_A_RULE_UID_MIN]);
	rule->has_uid = tb[TLSBIND_A_RULE_UID_MIN] && (rule->uid[0] || rule->uid[1] != UINT32_MAX);
	rule->cgroup = tool_nl_number(tb[TLSBIND_A_RULE_CGROUP]);
	rule->exe_kind = (uint8_t)tool_nl_number(tb[TLSBIND_A_RULE_EXE_KIND]);
	rule->exe_len = (uint8_t)tool_nl_bytes(tb[TLSBIND_A_RULE_EXE_DIGEST], rule->exe,
					       sizeof(rule->exe));
}

int tool_nl_rule(struct nlattr *attribute, struct tool_rule *rule)
{
	struct nlattr *tb[TLSBIND_A_RULE_MAX + 1];

	memset(rule, 0, sizeof(*rule));
	if (!attribute || nla_parse_nested(tb, TLSBIND_A_RULE_MAX, attribute, NULL))
		return -EBADMSG;
	rule->handle = tool_nl_number(tb[TLSBIND_A_RULE_HANDLE]);
	rule->matches = tool_nl_number(tb[TLSBIND_A_RULE_MATCHES]);
	rule->action = (uint8_t)tool_nl_number(tb[TLSBIND_A_RULE_ACTION]);
	rule->options = (uint32_t)tool_nl_number(tb[TLSBIND_A_RULE_OPTIONS]);
	rule->rekey = (uint8_t)tool_nl_number(tb[TLSBIND_A_RULE_REKEY]);
	rule->rate = (uint32_t)tool_nl_number(tb[TLSBIND_A_RULE_RATE]);
	rule->policy = (uint16_t)tool_nl_number(tb[TLSBIND_A_RULE_POLICY]);
	rule->lease = (uint32_t)tool_nl_number(tb[TLSBIND_A_RULE_LEASE]);
	tool_nl_ports(tb[TLSBIND_A_RULE_LOCAL_PORT_MIN], tb[TLSBIND_A_RULE_LOCAL_PORT_MAX],
		      rule->local_port);
	tool_nl_ports(tb[TLSBIND_A_RULE_REMOTE_PORT_MIN], tb[TLSBIND_A_RULE_REMOTE_PORT_MAX],
		      rule->remote_port);
	tool_nl_rule_caller(tb, rule);
	if (tool_nl_prefix(tb[TLSBIND_A_RULE_LOCAL_ADDRESS], tb[TLSBIND_A_RULE_LOCAL_PREFIX],
			   &rule->local, &rule->local_prefix))
		return -EBADMSG;
	return tool_nl_prefix(tb[TLSBIND_A_RULE_REMOTE_ADDRESS], tb[TLSBIND_A_RULE_REMOTE_PREFIX],
			      &rule->remote, &rule->remote_prefix);
}
