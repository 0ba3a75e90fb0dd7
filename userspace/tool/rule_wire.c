/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <string.h>
#include "rule.h"

static void tool_rule_wire_ports(const uint16_t port[2], __be16 *min, __be16 *max)
{
	*min = htobe16(port[0]);
	*max = htobe16(port[0] ? port[1] : UINT16_MAX);
}

void tool_rule_wire(const struct tool_rule *rule, struct tlsbind_rule_wire *wire)
{
	memset(wire, 0, sizeof(*wire));
	wire->action = rule->action;
	wire->rekey = rule->rekey;
	wire->options = htobe32(rule->options);
	wire->local_prefix = rule->local_prefix;
	wire->remote_prefix = rule->remote_prefix;
	memcpy(wire->local, &rule->local, sizeof(wire->local));
	memcpy(wire->remote, &rule->remote, sizeof(wire->remote));
	tool_rule_wire_ports(rule->local_port, &wire->local_port_min, &wire->local_port_max);
	tool_rule_wire_ports(rule->remote_port, &wire->remote_port_min, &wire->remote_port_max);
	wire->uid_min = htobe32(rule->has_uid ? rule->uid[0] : 0);
	wire->uid_max = htobe32(rule->has_uid ? rule->uid[1] : UINT32_MAX);
	wire->cgroup = htobe64(rule->cgroup);
	wire->rate = htobe32(rule->rate);
	wire->exe_kind = rule->exe_kind;
	wire->exe_len = rule->exe_len;
	wire->policy = htobe16(rule->policy);
	memcpy(wire->exe_digest, rule->exe, rule->exe_len);
	wire->lease = htobe32(rule->lease);
}
