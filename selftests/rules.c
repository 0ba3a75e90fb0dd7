// SPDX-License-Identifier: MIT
/*
 * rules add RULE... | flush | only RULE... | lock: what shell tests need of rules.
 * RULE is one argument or several: attest lport 443 tx-only. For tests; no test by
 * itself.
 */
#include "rules.h"

static int call(struct nl *nl, const char *command, const char *rule)
{
	if (!strcmp(command, "flush"))
		return rules_flush(nl);
	if (!strcmp(command, "add"))
		return rules_add(nl, rule, 0);
	if (!strcmp(command, "only"))
		return rules_only(nl, rule);
	if (strcmp(command, "lock"))
		return EINVAL;
	nl_begin(nl, TLSBIND_CMD_LOCK);
	return nl_call(nl);
}

int main(int argc, char **argv)
{
	char rule[1024] = "";
	struct nl nl;
	int ret;

	if (argc < 2) {
		fprintf(stderr, "usage: rules add|only RULE | flush | lock\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		size_t len = strlen(rule);

		snprintf(rule + len, sizeof(rule) - len, "%s ", argv[i]);
	}
	ret = nl_open(&nl);
	if (!ret)
		ret = call(&nl, argv[1], rule);
	if (ret)
		fprintf(stderr, "rules: %s%s%s\n", strerror(ret), nl.text[0] ? ": " : "", nl.text);
	nl_close(&nl);
	return ret ? 1 : 0;
}
