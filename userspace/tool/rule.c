/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "rule.h"
#include "tool.h"

#define TOOL_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static const char *const tool_rule_actions[] = { "pass", "attest", "deny", "gate" };
static const char *const tool_rule_rekeys[] = { "stale", "keep", "abort" };
static const char *const tool_rule_exes[] = { "none", "fsverity", "ima" };

/* Return: false, for the caller to return. */
static bool tool_rule_error(char *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool tool_rule_error(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, TOOL_RULE_ERROR, format, args);
	va_end(args);
	return false;
}

static bool tool_rule_name(const char *const names[], size_t count, const char *name,
			   uint8_t *out)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (uint8_t)i;
		return true;
	}
	return false;
}

const char *tool_rule_action_name(uint8_t action)
{
	return action < TOOL_COUNT(tool_rule_actions) ? tool_rule_actions[action] : "?";
}

/* Bits of an address beyond its prefix. */
static bool tool_rule_host_bits(const struct in6_addr *address, uint64_t prefix)
{
	unsigned int i;

	for (i = 0; i < 128; i++)
		if (i >= prefix && address->s6_addr[i / 8] & (0x80 >> i % 8))
			return true;
	return false;
}

static bool tool_rule_address(const char *value, struct in6_addr *address, uint64_t *max)
{
	memset(address, 0, sizeof(*address));
	*max = 128;
	if (inet_pton(AF_INET6, value, address) == 1)
		return true;
	*max = 32;
	address->s6_addr[10] = 0xff;
	address->s6_addr[11] = 0xff;
	return inet_pton(AF_INET, value, &address->s6_addr[12]) == 1;
}

static bool tool_rule_prefix(const char *value, struct in6_addr *address, uint8_t *prefix,
			     char *error)
{
	char text[INET6_ADDRSTRLEN];
	size_t len = strcspn(value, "/");
	uint64_t max, bits;

	snprintf(text, sizeof(text), "%.*s", len < sizeof(text) ? (int)len : 0, value);
	if (!tool_rule_address(text, address, &max))
		return tool_rule_error(error, "not an IPv4 or IPv6 address: %s", value);
	bits = max;
	if (value[len] && !tool_number(value + len + 1, 0, max, &bits))
		return tool_rule_error(error, "not a prefix length from 0 to %u: %s",
				       (unsigned int)max, value);
	*prefix = (uint8_t)(bits + 128 - max);
	if (tool_rule_host_bits(address, *prefix))
		return tool_rule_error(error, "not zero beyond the prefix: %s", value);
	return true;
}

static bool tool_rule_range(const char *value, uint64_t min, uint64_t max, uint64_t out[2],
			    char *error)
{
	size_t len = strcspn(value, "-");
	char first[24];

	snprintf(first, sizeof(first), "%.*s", len < sizeof(first) ? (int)len : 0, value);
	if (!tool_number(first, min, max, &out[0]) ||
	    !tool_number(value[len] ? value + len + 1 : first, min, max, &out[1]))
		return tool_rule_error(error, "not N or N-M, from %u to %u: %s", (unsigned int)min,
				       (unsigned int)max, value);
	if (out[0] > out[1])
		return tool_rule_error(error, "the range is inverted: %s", value);
	return true;
}

static bool tool_rule_ports(const char *value, uint16_t port[2], char *error)
{
	uint64_t range[2];

	if (!tool_rule_range(value, 1, UINT16_MAX, range, error))
		return false;
	port[0] = (uint16_t)range[0];
	port[1] = (uint16_t)range[1];
	return true;
}

static bool tool_rule_local(struct tool_rule *rule, const char *value, char *error)
{
	return tool_rule_prefix(value, &rule->local, &rule->local_prefix, error);
}

static bool tool_rule_remote(struct tool_rule *rule, const char *value, char *error)
{
	return tool_rule_prefix(value, &rule->remote, &rule->remote_prefix, error);
}

static bool tool_rule_lport(struct tool_rule *rule, const char *value, char *error)
{
	return tool_rule_ports(value, rule->local_port, error);
}

static bool tool_rule_rport(struct tool_rule *rule, const char *value, char *error)
{
	return tool_rule_ports(value, rule->remote_port, error);
}

static bool tool_rule_uid(struct tool_rule *rule, const char *value, char *error)
{
	uint64_t range[2];

	if (!tool_rule_range(value, 0, UINT32_MAX - 1, range, error))
		return false;
	rule->uid[0] = (uint32_t)range[0];
	rule->uid[1] = (uint32_t)range[1];
	rule->has_uid = true;
	return true;
}

static bool tool_rule_cgroup(struct tool_rule *rule, const char *value, char *error)
{
	int ret;

	if (!strncmp(value, "id:", 3)) {
		if (tool_number(value + 3, 1, UINT64_MAX, &rule->cgroup))
			return true;
		return tool_rule_error(error, "not the id of a cgroup: %s", value);
	}
	ret = tool_cgroup_id(value, &rule->cgroup);
	if (ret == -ENOTSUP)
		return tool_rule_error(error, "not a cgroup of version 2: %s", value);
	if (ret)
		return tool_rule_error(error, "%s: %s", value, strerror(-ret));
	return true;
}

static bool tool_rule_exe(struct tool_rule *rule, const char *value, char *error)
{
	const char *colon = strchr(value, ':');
	char kind[16];
	size_t len;

	snprintf(kind, sizeof(kind), "%.*s", colon ? (int)(colon - value) : 0, value);
	if (!colon || !tool_rule_name(tool_rule_exes, TOOL_COUNT(tool_rule_exes), kind,
				      &rule->exe_kind) ||
	    rule->exe_kind == TLSBIND_EXE_NONE)
		return tool_rule_error(error, "not fsverity:HEX or ima:HEX: %s", value);
	if (!tool_unhex(colon + 1, rule->exe, sizeof(rule->exe), &len) || len < 20)
		return tool_rule_error(error, "a digest is 40 to 128 hex digits: %s", colon + 1);
	rule->exe_len = (uint8_t)len;
	return true;
}

static bool tool_rule_rekey(struct tool_rule *rule, const char *value, char *error)
{
	if (tool_rule_name(tool_rule_rekeys, TOOL_COUNT(tool_rule_rekeys), value, &rule->rekey))
		return true;
	return tool_rule_error(error, "not stale, keep or abort: %s", value);
}

static bool tool_rule_rate(struct tool_rule *rule, const char *value, char *error)
{
	uint64_t rate;

	if (!tool_number(value, 1, UINT32_MAX, &rate))
		return tool_rule_error(error, "not a number from 1 to %u: %s", UINT32_MAX, value);
	rule->rate = (uint32_t)rate;
	return true;
}

/* The action is known by now: it is the first word. */
static bool tool_rule_policy(struct tool_rule *rule, const char *value, char *error)
{
	uint64_t policy;

	if (rule->action != TLSBIND_ACTION_GATE)
		return tool_rule_error(error, "only goes with gate");
	if (!tool_number(value, 0, UINT16_MAX, &policy))
		return tool_rule_error(error, "not a number from 0 to %u: %s", UINT16_MAX, value);
	rule->policy = (uint16_t)policy;
	return true;
}

/* Likewise. Without end is without the word: 0 would be read as none at all. */
static bool tool_rule_lease(struct tool_rule *rule, const char *value, char *error)
{
	uint64_t lease;

	if (rule->action != TLSBIND_ACTION_GATE)
		return tool_rule_error(error, "only goes with gate");
	if (!tool_number(value, 1, TOOL_RULE_LEASE_MAX, &lease))
		return tool_rule_error(error, "not a number of seconds from 1 to %d: %s",
				       TOOL_RULE_LEASE_MAX, value);
	rule->lease = (uint32_t)lease;
	return true;
}

/**
 * struct tool_rule_word - a word that says what follows, or an option
 * @name: the word
 * @parse: what to do with the word behind it; NULL for an option
 * @option: the option
 */
static const struct tool_rule_word {
	const char *name;
	bool (*parse)(struct tool_rule *rule, const char *value, char *error);
	uint32_t option;
} tool_rule_words[] = {
	{ "local", tool_rule_local, 0 },
	{ "lport", tool_rule_lport, 0 },
	{ "remote", tool_rule_remote, 0 },
	{ "rport", tool_rule_rport, 0 },
	{ "uid", tool_rule_uid, 0 },
	{ "cgroup", tool_rule_cgroup, 0 },
	{ "exe", tool_rule_exe, 0 },
	{ "tls12", NULL, TLSBIND_OPTION_TLS12 },
	{ "tx-only", NULL, TLSBIND_OPTION_TX_ONLY },
	{ "nic", NULL, TLSBIND_OPTION_NIC },
	{ "loopback", NULL, TLSBIND_OPTION_LOOPBACK },
	{ "no-export", NULL, TLSBIND_OPTION_NO_EXPORT },
	{ "mutual", NULL, TLSBIND_OPTION_MUTUAL },
	{ "rekey", tool_rule_rekey, 0 },
	{ "rate", tool_rule_rate, 0 },
	{ "policy", tool_rule_policy, 0 },
	{ "lease", tool_rule_lease, 0 },
};

static int tool_rule_find(const char *name)
{
	size_t i;

	for (i = 0; i < TOOL_COUNT(tool_rule_words); i++)
		if (!strcmp(tool_rule_words[i].name, name))
			return (int)i;
	return -1;
}

/* Return: number of words it takes; 0 after an error. */
static int tool_rule_word(struct tool_rule *rule, uint32_t *seen, int count, char *const words[],
			  char *error)
{
	char why[TOOL_RULE_ERROR / 2];
	int at = tool_rule_find(words[0]);

	if (at < 0)
		return tool_rule_error(error, "no such word: %s", words[0]);
	if (*seen & 1U << at)
		return tool_rule_error(error, "%s is there twice", words[0]);
	*seen |= 1U << at;
	rule->options |= tool_rule_words[at].option;
	if (!tool_rule_words[at].parse)
		return 1;
	if (count < 2)
		return tool_rule_error(error, "%s: nothing follows", words[0]);
	if (tool_rule_words[at].parse(rule, words[1], error))
		return 2;
	snprintf(why, sizeof(why), "%s", error);
	return tool_rule_error(error, "%s: %s", words[0], why);
}

/*
 * There is evidence about a connection under a gate only with mutual; what is about
 * that evidence would say nothing without it.
 */
static bool tool_rule_gates(const struct tool_rule *rule, char *error)
{
	if (rule->options & (TLSBIND_OPTION_TLS12 | TLSBIND_OPTION_TX_ONLY))
		return tool_rule_error(error, "%s does not go with gate",
				       rule->options & TLSBIND_OPTION_TLS12 ? "tls12" : "tx-only");
	if (rule->options & TLSBIND_OPTION_MUTUAL)
		return true;
	if (rule->options & TLSBIND_OPTION_LOOPBACK || rule->rate)
		return tool_rule_error(error, "with gate, %s needs mutual",
				       rule->rate ? "rate" : "loopback");
	return true;
}

/* The kernel refuses it, too; like this, "check" knows. */
static bool tool_rule_grants(const struct tool_rule *rule, char *error)
{
	if (rule->action == TLSBIND_ACTION_GATE)
		return tool_rule_gates(rule, error);
	if (rule->action == TLSBIND_ACTION_ATTEST && rule->options & TLSBIND_OPTION_MUTUAL)
		return tool_rule_error(error, "mutual only goes with gate");
	if (rule->action == TLSBIND_ACTION_ATTEST ||
	    (!rule->options && rule->rekey == TLSBIND_REKEY_STALE && !rule->rate))
		return true;
	return tool_rule_error(error, "options, rekey and rate do not go with %s",
			       tool_rule_actions[rule->action]);
}

int tool_rule_parse(struct tool_rule *rule, int count, char *const words[], char *error)
{
	uint32_t seen = 0;
	int at = 1, took;

	memset(rule, 0, sizeof(*rule));
	if (count < 1 || !tool_rule_name(tool_rule_actions, TOOL_COUNT(tool_rule_actions), words[0],
					 &rule->action)) {
		tool_rule_error(error, "a rule begins with pass, attest, deny or gate%s%s",
				count < 1 ? "" : ", not ", count < 1 ? "" : words[0]);
		return -1;
	}
	while (at < count && strcmp(words[at], "before") != 0) {
		took = tool_rule_word(rule, &seen, count - at, words + at, error);
		if (!took)
			return -1;
		at += took;
	}
	return tool_rule_grants(rule, error) ? at : -1;
}

void tool_address_print(struct tool_print *print, const char *key, const char *prefix,
			const struct in6_addr *address, uint8_t bits)
{
	char text[INET6_ADDRSTRLEN + 8] = "?";
	bool v4 = IN6_IS_ADDR_V4MAPPED(address) && bits >= TOOL_MAPPED_PREFIX;
	size_t used;

	if (v4)
		inet_ntop(AF_INET, &address->s6_addr[12], text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
	used = strlen(text);
	if (bits < 128)
		snprintf(text + used, sizeof(text) - used, "/%u",
			 v4 ? bits - TOOL_MAPPED_PREFIX : (unsigned int)bits);
	tool_print_string(print, key, prefix, text);
}

void tool_exe_print(struct tool_print *print, const char *prefix, uint8_t kind,
		    const uint8_t *digest, size_t len)
{
	tool_print_object(print, "exe");
	tool_print_string(print, "kind", prefix,
			  kind < TOOL_COUNT(tool_rule_exes) ? tool_rule_exes[kind] : "?");
	if (len)
		tool_print_hex(print, "digest", prefix ? ":" : NULL, digest, len);
	tool_print_close(print);
}

static void tool_rule_print_cgroup(struct tool_print *print, uint64_t id)
{
	char *path = tool_cgroup_path(id);

	tool_print_number(print, "cgroup", path ? NULL : " cgroup id:", id);
	if (path)
		tool_print_word(print, "cgroup-path", " cgroup ", path);
	free(path);
}

static void tool_rule_print_match(struct tool_print *print, const struct tool_rule *rule)
{
	if (rule->local_prefix)
		tool_address_print(print, "local", " local ", &rule->local, rule->local_prefix);
	if (rule->local_port[0])
		tool_print_range(print, "lport", " lport ", rule->local_port[0],
				 rule->local_port[1]);
	if (rule->remote_prefix)
		tool_address_print(print, "remote", " remote ", &rule->remote,
				   rule->remote_prefix);
	if (rule->remote_port[0])
		tool_print_range(print, "rport", " rport ", rule->remote_port[0],
				 rule->remote_port[1]);
	if (rule->has_uid)
		tool_print_range(print, "uid", " uid ", rule->uid[0], rule->uid[1]);
	if (rule->cgroup)
		tool_rule_print_cgroup(print, rule->cgroup);
	if (rule->exe_kind)
		tool_exe_print(print, " exe ", rule->exe_kind, rule->exe, rule->exe_len);
}

void tool_rule_print(struct tool_print *print, const struct tool_rule *rule)
{
	size_t i;

	tool_print_string(print, "action", "", tool_rule_action_name(rule->action));
	tool_rule_print_match(print, rule);
	tool_print_array(print, "options");
	for (i = 0; i < TOOL_COUNT(tool_rule_words); i++)
		if (tool_rule_words[i].option & rule->options)
			tool_print_string(print, NULL, " ", tool_rule_words[i].name);
	tool_print_close(print);
	if (rule->rekey != TLSBIND_REKEY_STALE)
		tool_print_string(print, "rekey", " rekey ",
				  rule->rekey < TOOL_COUNT(tool_rule_rekeys) ?
				  tool_rule_rekeys[rule->rekey] : "?");
	if (rule->rate)
		tool_print_number(print, "rate", " rate ", rule->rate);
	if (rule->policy)
		tool_print_number(print, "policy", " policy ", rule->policy);
	if (rule->lease)
		tool_print_number(print, "lease", " lease ", rule->lease);
}

struct tool_rule *tool_rules_add(struct tool_rules *rules)
{
	struct tool_rule *grown, *rule;
	size_t room;

	if (rules->count == rules->room) {
		room = rules->room ? 2 * rules->room : 64;
		grown = reallocarray(rules->rule, room, sizeof(*grown));
		if (!grown)
			return NULL;
		rules->rule = grown;
		rules->room = room;
	}
	rule = &rules->rule[rules->count++];
	memset(rule, 0, sizeof(*rule));
	return rule;
}

void tool_rules_free(struct tool_rules *rules)
{
	free(rules->rule);
	memset(rules, 0, sizeof(*rules));
}
