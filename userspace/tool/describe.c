/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "describe.h"
#include "nl.h"
#include "tool.h"

static const struct {
	uint16_t number;
	const char *name;
} describe_suites[] = {
	{ 0x1301, "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1304, "TLS_AES_128_CCM_SHA256" },
	{ 0x00c6, "TLS_SM4_GCM_SM3" },
	{ 0x00c7, "TLS_SM4_CCM_SM3" },
};

void tool_describe_suite(struct tool_print *print, const char *key, const char *prefix,
			 uint16_t suite)
{
	char number[8];
	size_t i;

	for (i = 0; i < sizeof(describe_suites) / sizeof(describe_suites[0]); i++)
		if (describe_suites[i].number == suite) {
			tool_print_string(print, key, prefix, describe_suites[i].name);
			return;
		}
	snprintf(number, sizeof(number), "0x%04x", suite);
	tool_print_string(print, key, prefix, number);
}

uint16_t tool_describe_suite_number(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(describe_suites) / sizeof(describe_suites[0]); i++)
		if (!strcmp(describe_suites[i].name, name))
			return describe_suites[i].number;
	return 0;
}

void tool_describe_error(struct tool_print *print, const char *key, const char *prefix,
			 uint32_t error)
{
	const char *name = error <= 4095 ? strerrorname_np((int)error) : NULL;
	char number[16];

	snprintf(number, sizeof(number), "%u", error);
	tool_print_string(print, key, prefix, name ? name : number);
}

void tool_describe_flags(struct tool_print *print, const char *key, const char *prefix,
			 uint32_t flags)
{
	const char *between = "";
	char number[16];
	unsigned int bit;

	if (prefix)
		tool_print_text(print, prefix);
	tool_print_array(print, key);
	for (bit = 0; bit < 32; bit++) {
		const char *name = tlsbind_flag_name(1U << bit);

		if (!(flags & 1U << bit))
			continue;
		snprintf(number, sizeof(number), "0x%x", 1U << bit);
		if (prefix)
			tool_print_text(print, between);
		tool_print_string(print, NULL, prefix ? "" : NULL, name ? name : number);
		between = ",";
	}
	if (prefix && !flags)
		tool_print_text(print, "none");
	tool_print_close(print);
}

static void describe_end(struct tool_print *print, const char *key, const char *prefix,
			 struct nlattr *address, struct nlattr *port)
{
	struct in6_addr value;

	if (!tool_nl_address(address, &value))
		return;
	tool_print_object(print, key);
	tool_address_print(print, "address", prefix, &value, 128);
	tool_print_number(print, "port", " port ", tool_nl_number(port));
	tool_print_close(print);
}

static void describe_caller(struct tool_print *print, struct nlattr *caller, bool brief)
{
	struct nlattr *tb[TLSBIND_A_CALLER_MAX + 1];
	uint8_t digest[TLSBIND_EXE_DIGEST_SIZE];
	size_t len;

	if (!caller || nla_parse_nested(tb, TLSBIND_A_CALLER_MAX, caller, NULL))
		return;
	tool_print_object(print, "caller");
	tool_print_number(print, "uid", brief ? NULL : " uid ",
			  tool_nl_number(tb[TLSBIND_A_CALLER_UID]));
	tool_print_number(print, "cgroup", brief ? NULL : " cgroup id:",
			  tool_nl_number(tb[TLSBIND_A_CALLER_CGROUP]));
	tool_print_number(print, "netns", brief ? NULL : " netns ",
			  tool_nl_number(tb[TLSBIND_A_CALLER_NETNS]));
	len = tool_nl_bytes(tb[TLSBIND_A_CALLER_EXE_DIGEST], digest, sizeof(digest));
	tool_exe_print(print, brief ? NULL : " exe ",
		       (uint8_t)tool_nl_number(tb[TLSBIND_A_CALLER_EXE_KIND]), digest, len);
	tool_print_close(print);
}

/**
 * struct describe_direction - attributes of one direction
 * @key: for JSON
 * @prefix: for text
 * @generation: attribute
 * @commitment: attribute
 * @caller: attribute
 */
struct describe_direction {
	const char *key;
	const char *prefix;
	int generation;
	int commitment;
	int caller;
};

static void describe_key(struct tool_print *print, const struct describe_direction *d,
			 struct nlattr *tb[], bool brief)
{
	struct nlattr *commitment = tb[d->commitment];

	if (!tb[d->generation])
		return;
	tool_print_object(print, d->key);
	tool_print_number(print, "generation", brief ? NULL : d->prefix,
			  tool_nl_number(tb[d->generation]));
	if (commitment)
		tool_print_hex(print, "commitment", brief ? NULL : " commitment ",
			       nla_data(commitment), (size_t)nla_len(commitment));
	describe_caller(print, tb[d->caller], brief);
	tool_print_close(print);
}

static void describe_keys(struct tool_print *print, struct nlattr *tb[], bool brief)
{
	static const struct describe_direction directions[] = {
		{ "tx", "\n    tx generation ", TLSBIND_A_SOCK_TX_GENERATION,
		  TLSBIND_A_SOCK_TX_COMMITMENT, TLSBIND_A_SOCK_TX_CALLER },
		{ "rx", "\n    rx generation ", TLSBIND_A_SOCK_RX_GENERATION,
		  TLSBIND_A_SOCK_RX_COMMITMENT, TLSBIND_A_SOCK_RX_CALLER },
	};

	describe_key(print, &directions[0], tb, brief);
	describe_key(print, &directions[1], tb, brief);
}

static const char *describe_version(uint64_t version)
{
	switch (version) {
	case 0x0303:
		return "1.2";
	case 0x0304:
		return "1.3";
	default:
		return "?";
	}
}

static void describe_state(struct tool_print *print, struct nlattr *tb[], bool brief)
{
	tool_print_string(print, "tls-version", " tls ",
			  describe_version(tool_nl_number(tb[TLSBIND_A_SOCK_TLS_VERSION])));
	if (tool_nl_number(tb[TLSBIND_A_SOCK_CIPHER_SUITE]))
		tool_describe_suite(print, "cipher-suite", " suite ",
				    (uint16_t)tool_nl_number(tb[TLSBIND_A_SOCK_CIPHER_SUITE]));
	if (tb[TLSBIND_A_SOCK_ACTION])
		tool_print_string(print, "action", " action ", tool_rule_action_name(
				  (uint8_t)tool_nl_number(tb[TLSBIND_A_SOCK_ACTION])));
	if (tb[TLSBIND_A_SOCK_RULE])
		tool_print_number(print, "rule", " rule ", tool_nl_number(tb[TLSBIND_A_SOCK_RULE]));
	tool_describe_flags(print, "flags", " flags ",
			    (uint32_t)tool_nl_number(tb[TLSBIND_A_SOCK_FLAGS]));
	tool_print_bool(print, "stale", " stale", tool_nl_number(tb[TLSBIND_A_SOCK_STALE]));
	if (tb[TLSBIND_A_SOCK_HOLD])
		tool_print_number(print, "hold", " hold ", tool_nl_number(tb[TLSBIND_A_SOCK_HOLD]));
	if (tb[TLSBIND_A_SOCK_LEASE]) {
		tool_print_number(print, "lease", " lease ",
				  tool_nl_number(tb[TLSBIND_A_SOCK_LEASE]));
		tool_print_text(print, " ms");
	}
	if (tb[TLSBIND_A_SOCK_ERROR])
		tool_describe_error(print, "error", " error ",
				    (uint32_t)tool_nl_number(tb[TLSBIND_A_SOCK_ERROR]));
	tool_print_time(print, "installed", brief ? NULL : " installed ",
			tool_nl_number(tb[TLSBIND_A_SOCK_INSTALLED]));
	tool_print_number(print, "cookie", " cookie ", tool_nl_number(tb[TLSBIND_A_SOCK_COOKIE]));
}

int tool_describe_sock(struct tool_print *print, struct nlattr *sock, bool brief)
{
	struct nlattr *tb[TLSBIND_A_SOCK_MAX + 1], *id;

	if (!sock || nla_parse_nested(tb, TLSBIND_A_SOCK_MAX, sock, NULL))
		return -EBADMSG;
	id = tb[TLSBIND_A_SOCK_ID];
	if (id)
		tool_print_hex(print, "id", "id ", nla_data(id), (size_t)nla_len(id));
	else
		tool_print_text(print, "id none");
	describe_end(print, "local", " local ", tb[TLSBIND_A_SOCK_LOCAL_ADDRESS],
		     tb[TLSBIND_A_SOCK_LOCAL_PORT]);
	describe_end(print, "remote", " remote ", tb[TLSBIND_A_SOCK_REMOTE_ADDRESS],
		     tb[TLSBIND_A_SOCK_REMOTE_PORT]);
	describe_state(print, tb, brief);
	describe_keys(print, tb, brief);
	return 0;
}
