/* SPDX-License-Identifier: MIT */
/*
 * Rules as text, and the requests about them.
 *
 *	rules_add(&nl, "attest lport 443 tx-only rekey keep", 0);
 */
#ifndef TLSBIND_RULES_H
#define TLSBIND_RULES_H

#include <arpa/inet.h>

#include "netlink.h"

/* Everything that may be attested is, over whatever connection. */
#define RULES_ALLOW_ALL "attest tls12 tx-only nic loopback"

struct rules_word {
	const char *word;
	int value;
};

static const struct rules_word rules_actions[] = {
	{ "pass", TLSBIND_ACTION_PASS },
	{ "attest", TLSBIND_ACTION_ATTEST },
	{ "deny", TLSBIND_ACTION_DENY },
	{ "gate", TLSBIND_ACTION_GATE },
	{ NULL, -1 },
};

static const struct rules_word rules_options[] = {
	{ "tls12", TLSBIND_OPTION_TLS12 },
	{ "tx-only", TLSBIND_OPTION_TX_ONLY },
	{ "nic", TLSBIND_OPTION_NIC },
	{ "loopback", TLSBIND_OPTION_LOOPBACK },
	{ "no-export", TLSBIND_OPTION_NO_EXPORT },
	{ "mutual", TLSBIND_OPTION_MUTUAL },
	{ NULL, -1 },
};

static const struct rules_word rules_rekeys[] = {
	{ "stale", TLSBIND_REKEY_STALE },
	{ "keep", TLSBIND_REKEY_KEEP },
	{ "abort", TLSBIND_REKEY_ABORT },
	{ NULL, -1 },
};

static inline int rules_word(const struct rules_word *words, const char *word)
{
	while (words->word && strcmp(words->word, word))
		words++;
	return words->value;
}

/* ADDRESS[/LENGTH] */
static inline bool rules_put_prefix(struct nl *nl, int address, int prefix, char *text)
{
	char *slash = strchr(text, '/');
	uint8_t bytes[16];

	if (slash)
		*slash = 0;
	if (inet_pton(AF_INET, text, bytes) == 1)
		nl_put(nl, address, bytes, 4);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		nl_put(nl, address, bytes, 16);
	else
		return false;
	if (slash)
		nl_u8(nl, prefix, atoi(slash + 1));
	return true;
}

/* N[-M] */
static inline bool rules_put_range(struct nl *nl, int min, int max, bool wide, const char *text)
{
	unsigned long long first, last;
	int n = sscanf(text, "%llu-%llu", &first, &last);

	if (n < 1)
		return false;
	if (n < 2)
		last = first;
	if (wide) {
		nl_u32(nl, min, first);
		nl_u32(nl, max, last);
	} else {
		nl_u16(nl, min, first);
		nl_u16(nl, max, last);
	}
	return true;
}

/* fsverity:HEX or ima:HEX */
static inline bool rules_put_exe(struct nl *nl, const char *text)
{
	const char *hex = strchr(text, ':');
	uint8_t digest[64];
	size_t n = 0;

	if (!hex)
		return false;
	for (hex++; n < sizeof(digest) && sscanf(hex, "%2hhx", &digest[n]) == 1; hex += 2)
		n++;
	nl_u8(nl, TLSBIND_A_RULE_EXE_KIND, text[0] == 'f' ? TLSBIND_EXE_KIND_FSVERITY : TLSBIND_EXE_KIND_IMA);
	nl_put(nl, TLSBIND_A_RULE_EXE_DIGEST, digest, n);
	return true;
}

/* A word that another follows. */
static inline bool rules_put_pair(struct nl *nl, const char *word, char *value)
{
	if (!strcmp(word, "local"))
		return rules_put_prefix(nl, TLSBIND_A_RULE_LOCAL_ADDRESS, TLSBIND_A_RULE_LOCAL_PREFIX, value);
	if (!strcmp(word, "remote"))
		return rules_put_prefix(nl, TLSBIND_A_RULE_REMOTE_ADDRESS, TLSBIND_A_RULE_REMOTE_PREFIX, value);
	if (!strcmp(word, "lport"))
		return rules_put_range(nl, TLSBIND_A_RULE_LOCAL_PORT_MIN, TLSBIND_A_RULE_LOCAL_PORT_MAX,
				       false, value);
	if (!strcmp(word, "rport"))
		return rules_put_range(nl, TLSBIND_A_RULE_REMOTE_PORT_MIN, TLSBIND_A_RULE_REMOTE_PORT_MAX,
				       false, value);
	if (!strcmp(word, "uid"))
		return rules_put_range(nl, TLSBIND_A_RULE_UID_MIN, TLSBIND_A_RULE_UID_MAX, true, value);
	if (!strcmp(word, "exe"))
		return rules_put_exe(nl, value);
	if (!strcmp(word, "cgroup"))
		nl_u64(nl, TLSBIND_A_RULE_CGROUP, strtoull(value, NULL, 10));
	else if (!strcmp(word, "rate"))
		nl_u32(nl, TLSBIND_A_RULE_RATE, strtoul(value, NULL, 10));
	else if (!strcmp(word, "policy"))
		nl_u16(nl, TLSBIND_A_RULE_POLICY, strtoul(value, NULL, 10));
	else if (!strcmp(word, "lease"))
		nl_u32(nl, TLSBIND_A_RULE_LEASE, strtoul(value, NULL, 10));
	else if (!strcmp(word, "rekey") && rules_word(rules_rekeys, value) >= 0)
		nl_u8(nl, TLSBIND_A_RULE_REKEY, rules_word(rules_rekeys, value));
	else
		return false;
	return true;
}

/* The words of a rule, as attributes. */
static inline bool rules_put_words(struct nl *nl, char *text)
{
	uint32_t options = 0;
	char *word = strtok(text, " "), *value;

	if (!word || rules_word(rules_actions, word) < 0)
		return false;
	nl_u8(nl, TLSBIND_A_RULE_ACTION, rules_word(rules_actions, word));
	while ((word = strtok(NULL, " "))) {
		if (rules_word(rules_options, word) >= 0) {
			options |= rules_word(rules_options, word);
			continue;
		}
		value = strtok(NULL, " ");
		if (!value || !rules_put_pair(nl, word, value))
			return false;
	}
	if (options)
		nl_u32(nl, TLSBIND_A_RULE_OPTIONS, options);
	return true;
}

/** rules_put() - a rule into the request. Aborts if the text is none. */
static inline void rules_put(struct nl *nl, const char *rule)
{
	size_t nest = nl_nest(nl, TLSBIND_A_RULES_RULE);
	char *text = strdup(rule);

	if (!text || !rules_put_words(nl, text)) {
		fprintf(stderr, "not a rule: %s\n", rule);
		abort();
	}
	free(text);
	nl_nest_end(nl, nest);
}

/** rules_add() - add one, before the one with this handle or (0) last. Return: 0 or an errno. */
static inline int rules_add(struct nl *nl, const char *rule, uint64_t before)
{
	nl_begin(nl, TLSBIND_CMD_RULES_ADD);
	rules_put(nl, rule);
	if (before)
		nl_u64(nl, TLSBIND_A_RULES_BEFORE, before);
	return nl_call(nl);
}

/** rules_handle() - of the rule that was just added. */
static inline uint64_t rules_handle(const struct nl *nl)
{
	return nl_number(nl->answer, nl->answer_len, TLSBIND_A_RULES_HANDLE);
}

static inline int rules_delete(struct nl *nl, uint64_t handle)
{
	nl_begin(nl, TLSBIND_CMD_RULES_DELETE);
	nl_u64(nl, TLSBIND_A_RULES_HANDLE, handle);
	return nl_call(nl);
}

/** rules_replace() - these instead of all that are; a NULL ends them. Return: 0 or an errno. */
static inline int rules_replace(struct nl *nl, const char *const *rules)
{
	nl_begin(nl, TLSBIND_CMD_RULES_REPLACE);
	while (*rules)
		rules_put(nl, *rules++);
	return nl_call(nl);
}

/** rules_only() - this one instead of all that are. */
static inline int rules_only(struct nl *nl, const char *rule)
{
	const char *const rules[] = { rule, NULL };

	return rules_replace(nl, rules);
}

static inline int rules_flush(struct nl *nl)
{
	nl_begin(nl, TLSBIND_CMD_RULES_REPLACE);
	return nl_call(nl);
}

/** rules_state() - ask for generation, count and digest. Return: 0 or an errno. */
static inline int rules_state(struct nl *nl)
{
	nl_begin(nl, TLSBIND_CMD_RULES_GET);
	return nl_call(nl);
}

#endif
