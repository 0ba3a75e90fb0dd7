/* SPDX-License-Identifier: MIT */
/* Rules of which only the last is about a port: the others are about one port each. */
#ifndef TLSBIND_BENCH_MANY_RULES_H
#define TLSBIND_BENCH_MANY_RULES_H

#include "../rules.h"

#define MANY_RULES	1000

/** many_rules() - MANY_RULES instead of all that are; the last lets connections to @port be attested. */
static inline void many_rules(struct nl *nl, uint16_t port)
{
	char rule[96];

	nl_begin(nl, TLSBIND_CMD_RULES_REPLACE);
	for (int i = 1; i < MANY_RULES; i++) {
		snprintf(rule, sizeof(rule), "deny rport %d", i);
		rules_put(nl, rule);
	}
	snprintf(rule, sizeof(rule), RULES_ALLOW_ALL " rport %u", port);
	rules_put(nl, rule);
	if (nl_call(nl))
		tap_bail("rules: %s", nl->text);
}

#endif
