/* SPDX-License-Identifier: MIT */
/* Attributes to rules and sockets and back, without a kernel. */
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include "common.h"
#include "describe.h"
#include "evidence.h"
#include "nl.h"
#include "tool.h"

static const struct tool_nl nowhere = { .family = 42 };

static struct nl_msg *request(size_t size)
{
	struct nl_msg *message = tool_nl_new(&nowhere, TLSBIND_CMD_RULES_ADD, 0, size);

	assert_non_null(message);
	return message;
}

static void parse(const char *text, struct tool_rule *rule)
{
	char buffer[512], *words[TOOL_RULE_WORDS], error[TOOL_RULE_ERROR];
	int count;

	assert_null(tool_words_split(text, buffer, words, TOOL_RULE_WORDS, &count));
	assert_int_equal(tool_rule_parse(rule, count, words, error), count);
}

static const char all_words[] =
	"attest local 192.0.2.0/24 lport 443-444 remote 2001:db8::/32 rport 1-2 uid 33-34 "
	"cgroup id:18446744073709551615 exe ima:0123456789abcdef0123456789abcdef01234567 "
	"tls12 tx-only nic loopback no-export rekey abort rate 4294967295";

static void a_rule_comes_back_as_it_went(void **state)
{
	static const char *const texts[] = {
		"pass",
		"attest local 192.0.2.0/24 lport 1-65535", "deny remote 2001:db8::/32",
		"gate local 0.0.0.0/0", "gate mutual loopback rate 1 policy 65535", "attest uid 0",
		"gate lease 604800", "attest local ::1 rport 7",
		all_words,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct nl_msg *message = request(TOOL_NL_RULE_SIZE);
		struct tool_rule rule, back;
		struct nlattr *attribute;

		parse(texts[i], &rule);
		assert_int_equal(tool_nl_put_rule(message, &rule), 0);
		attribute = nlmsg_attrdata(nlmsg_hdr(message), GENL_HDRLEN);
		assert_int_equal(nla_type(attribute), TLSBIND_A_RULES_RULE);
		assert_int_equal(tool_nl_rule(attribute, &back), 0);
		assert_memory_equal(&back, &rule, sizeof(rule));
		nlmsg_free(message);
	}
}

static void the_largest_rule_fits_into_the_room_for_one(void **state)
{
	struct nl_msg *message = request(TOOL_NL_RULE_SIZE);
	struct tool_rule rule;

	(void)state;
	memset(&rule, 0xff, sizeof(rule));
	rule.exe_len = sizeof(rule.exe);
	rule.local_prefix = rule.remote_prefix = 128;
	rule.has_uid = true;
	assert_int_equal(tool_nl_put_rule(message, &rule), 0);
	assert_true(nlmsg_hdr(message)->nlmsg_len <= NLMSG_HDRLEN + GENL_HDRLEN + TOOL_NL_RULE_SIZE);
	nlmsg_free(message);
}

/* A rule that lacks a word would match more than it should. */
static void a_rule_without_room_is_not_sent_in_part(void **state)
{
	struct nl_msg *message = request(TOOL_NL_RULE_SIZE);
	struct tool_rule rule;
	uint32_t len;

	(void)state;
	parse("attest lport 443 uid 5", &rule);
	assert_int_equal(tool_nl_put_rule(message, &rule), 0);
	len = nlmsg_hdr(message)->nlmsg_len;
	assert_int_equal(tool_nl_put_rule(message, &rule), -ENOMEM);
	assert_int_equal(nlmsg_hdr(message)->nlmsg_len, len);
	nlmsg_free(message);
}

static void what_matches_everything_may_be_said_or_left_out(void **state)
{
	static const uint8_t any[16];
	struct nl_msg *message = request(256);
	struct nlattr *nest = nla_nest_start(message, TLSBIND_A_RULES_RULE);
	struct tool_rule rule, pass;

	(void)state;
	nla_put_u32(message, TLSBIND_A_RULE_UID_MIN, 0);
	nla_put_u32(message, TLSBIND_A_RULE_UID_MAX, UINT32_MAX);
	nla_put_u16(message, TLSBIND_A_RULE_LOCAL_PORT_MIN, 0);
	nla_put_u16(message, TLSBIND_A_RULE_LOCAL_PORT_MAX, UINT16_MAX);
	nla_put(message, TLSBIND_A_RULE_LOCAL_ADDRESS, sizeof(any), any);
	nla_put_u8(message, TLSBIND_A_RULE_LOCAL_PREFIX, 0);
	nla_nest_end(message, nest);
	assert_int_equal(tool_nl_rule(nest, &rule), 0);
	parse("pass", &pass);
	rule.uid[1] = 0;
	rule.local_port[1] = 0;
	assert_memory_equal(&rule, &pass, sizeof(rule));
	nlmsg_free(message);
}

static void a_strange_address_is_no_rule(void **state)
{
	static const struct {
		int len;
		uint8_t prefix;
	} wrong[] = { { 0, 0 }, { 3, 8 }, { 4, 33 }, { 5, 8 }, { 16, 129 } };
	static const uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct nl_msg *message = request(256);
		struct nlattr *nest = nla_nest_start(message, TLSBIND_A_RULES_RULE);
		struct tool_rule rule;

		nla_put(message, TLSBIND_A_RULE_REMOTE_ADDRESS, wrong[i].len, bytes);
		nla_put_u8(message, TLSBIND_A_RULE_REMOTE_PREFIX, wrong[i].prefix);
		nla_nest_end(message, nest);
		assert_int_equal(tool_nl_rule(nest, &rule), -EBADMSG);
		nlmsg_free(message);
	}
}

static void put_caller(struct nl_msg *message, int type)
{
	struct nlattr *nest = nla_nest_start(message, type);

	nla_put_u32(message, TLSBIND_A_CALLER_UID, 33);
	nla_put_u64(message, TLSBIND_A_CALLER_CGROUP, 17);
	nla_put_u64(message, TLSBIND_A_CALLER_NETNS, 4026531840);
	nla_put_u8(message, TLSBIND_A_CALLER_EXE_KIND, TLSBIND_EXE_NONE);
	nla_nest_end(message, nest);
}

static struct nlattr *put_sock(struct nl_msg *message)
{
	static const uint8_t id[16] = { 0x01, 0xab }, address[4] = { 127, 0, 0, 1 };
	struct nlattr *nest = nla_nest_start(message, TLSBIND_A_CONNECTION_SOCK);

	nla_put(message, TLSBIND_A_SOCK_ID, sizeof(id), id);
	nla_put_u32(message, TLSBIND_A_SOCK_FLAGS, TLSBIND_F_DOORS_OPEN | TLSBIND_F_LOCKED | 1U << 31);
	nla_put_u32(message, TLSBIND_A_SOCK_ERROR, EKEYREJECTED);
	nla_put(message, TLSBIND_A_SOCK_LOCAL_ADDRESS, sizeof(address), address);
	nla_put_u16(message, TLSBIND_A_SOCK_LOCAL_PORT, 443);
	nla_put(message, TLSBIND_A_SOCK_REMOTE_ADDRESS, sizeof(address), address);
	nla_put_u16(message, TLSBIND_A_SOCK_REMOTE_PORT, 50000);
	nla_put_u16(message, TLSBIND_A_SOCK_TLS_VERSION, 0x0304);
	nla_put_u16(message, TLSBIND_A_SOCK_CIPHER_SUITE, 0x1301);
	nla_put_u32(message, TLSBIND_A_SOCK_TX_GENERATION, 2);
	nla_put(message, TLSBIND_A_SOCK_TX_COMMITMENT, sizeof(id), id);
	put_caller(message, TLSBIND_A_SOCK_TX_CALLER);
	nla_put_u64(message, TLSBIND_A_SOCK_INSTALLED, 1234567890);
	nla_put_u64(message, TLSBIND_A_SOCK_RULE, 3);
	nla_put_u8(message, TLSBIND_A_SOCK_ACTION, TLSBIND_ACTION_ATTEST);
	nla_put_u8(message, TLSBIND_A_SOCK_STALE, 1);
	nla_put_u64(message, TLSBIND_A_SOCK_COOKIE, 9);
	nla_nest_end(message, nest);
	return nest;
}

static char *describe(struct nlattr *sock, bool json, bool brief)
{
	struct tool_print print;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	tool_print_begin(&print, file, json);
	tool_print_object(&print, NULL);
	assert_int_equal(tool_describe_sock(&print, sock, brief), 0);
	tool_print_close(&print);
	fclose(file);
	return text;
}

#define SOCK_LINE \
	"id 01ab0000000000000000000000000000 local 127.0.0.1 port 443 remote 127.0.0.1 port 50000" \
	" tls 1.3 suite TLS_AES_128_GCM_SHA256 action attest rule 3" \
	" flags doors-open,locked,0x80000000 stale error EKEYREJECTED"

static void a_socket_is_described_as_text_and_json(void **state)
{
	struct nl_msg *message = request(1024);
	struct nlattr *sock = put_sock(message);
	char *text;

	(void)state;
	text = describe(sock, false, false);
	assert_string_equal(text, SOCK_LINE " installed 1.234567 cookie 9\n"
			    "    tx generation 2 commitment 01ab0000000000000000000000000000 uid 33 "
			    "cgroup id:17 netns 4026531840 exe none");
	free(text);
	text = describe(sock, false, true);
	assert_string_equal(text, SOCK_LINE " cookie 9");
	free(text);
	text = describe(sock, true, true);
	assert_string_equal(text, "{\"id\":\"01ab0000000000000000000000000000\","
			    "\"local\":{\"address\":\"127.0.0.1\",\"port\":443},"
			    "\"remote\":{\"address\":\"127.0.0.1\",\"port\":50000},"
			    "\"tls-version\":\"1.3\",\"cipher-suite\":\"TLS_AES_128_GCM_SHA256\","
			    "\"action\":\"attest\",\"rule\":3,"
			    "\"flags\":[\"doors-open\",\"locked\",\"0x80000000\"],\"stale\":true,"
			    "\"error\":\"EKEYREJECTED\",\"installed\":1234567890,\"cookie\":9,"
			    "\"tx\":{\"generation\":2,"
			    "\"commitment\":\"01ab0000000000000000000000000000\","
			    "\"caller\":{\"uid\":33,\"cgroup\":17,\"netns\":4026531840,"
			    "\"exe\":{\"kind\":\"none\"}}}}\n");
	free(text);
	nlmsg_free(message);
}

static void an_empty_socket_is_described_too(void **state)
{
	struct nl_msg *message = request(64);
	struct nlattr *nest = nla_nest_start(message, TLSBIND_A_CONNECTION_SOCK);
	char *text;

	(void)state;
	nla_put_u16(message, TLSBIND_A_SOCK_CIPHER_SUITE, 0xfafa);
	nla_nest_end(message, nest);
	text = describe(nest, false, false);
	assert_string_equal(text, "id none tls ? suite 0xfafa flags none installed 0.000000 cookie 0");
	free(text);
	nlmsg_free(message);
}

static void a_socket_that_is_held_says_so(void **state)
{
	struct nl_msg *message = request(64);
	struct nlattr *nest = nla_nest_start(message, TLSBIND_A_CONNECTION_SOCK);
	char *text;

	(void)state;
	nla_put_u8(message, TLSBIND_A_SOCK_ACTION, TLSBIND_ACTION_GATE);
	nla_put_u64(message, TLSBIND_A_SOCK_HOLD, 12);
	nla_nest_end(message, nest);
	text = describe(nest, false, true);
	assert_string_equal(text, "id none tls ? action gate flags none hold 12 cookie 0");
	free(text);
	text = describe(nest, true, true);
	assert_string_equal(text, "{\"tls-version\":\"?\",\"action\":\"gate\",\"flags\":[],"
			    "\"stale\":false,\"hold\":12,\"installed\":0,\"cookie\":0}\n");
	free(text);
	nlmsg_free(message);
}

static void a_socket_with_a_lease_says_how_long(void **state)
{
	struct nl_msg *message = request(64);
	struct nlattr *nest = nla_nest_start(message, TLSBIND_A_CONNECTION_SOCK);
	char *text;

	(void)state;
	nla_put_u32(message, TLSBIND_A_SOCK_LEASE, 2500);
	nla_nest_end(message, nest);
	text = describe(nest, false, true);
	assert_string_equal(text, "id none tls ? flags none lease 2500 ms cookie 0");
	free(text);
	text = describe(nest, true, true);
	assert_string_equal(text, "{\"tls-version\":\"?\",\"flags\":[],\"stale\":false,"
			    "\"lease\":2500,\"installed\":0,\"cookie\":0}\n");
	free(text);
	nlmsg_free(message);
}

/* Attributes of a hold, as the kernel sends them. */
static void put_hold(struct nl_msg *message, bool peer, bool renewal)
{
	static const uint8_t id[16] = { 0xcd }, tx[48] = { 0x11 }, rx[48] = { 0x22 };
	struct nlattr *nest;

	nla_put_u64(message, TLSBIND_A_HOLD_HANDLE, 12);
	nla_put_u16(message, TLSBIND_A_HOLD_POLICY, 2);
	nla_put_u32(message, TLSBIND_A_HOLD_TIMEOUT, 29500);
	if (renewal)
		nla_put_flag(message, TLSBIND_A_HOLD_RENEWAL);
	nest = nla_nest_start(message, TLSBIND_A_HOLD_SOCK);
	nla_put_u64(message, TLSBIND_A_SOCK_COOKIE, 9);
	nla_nest_end(message, nest);
	if (!peer)
		return;
	nla_put(message, TLSBIND_A_HOLD_PEER_ID, sizeof(id), id);
	nla_put(message, TLSBIND_A_HOLD_PEER_TX_COMMITMENT, sizeof(tx), tx);
	nla_put(message, TLSBIND_A_HOLD_PEER_RX_COMMITMENT, sizeof(rx), rx);
	nla_put_u32(message, TLSBIND_A_HOLD_PEER_TX_GENERATION, 1);
	nla_put_u32(message, TLSBIND_A_HOLD_PEER_RX_GENERATION, 0);
}

static char *describe_hold(bool peer, bool renewal, bool json, bool brief)
{
	struct nl_msg *message = request(1024);
	struct nlattr *tb[TLSBIND_A_HOLD_MAX + 1];
	struct tool_print print;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	put_hold(message, peer, renewal);
	assert_int_equal(tool_nl_attributes(nlmsg_hdr(message), tb, TLSBIND_A_HOLD_MAX), 0);
	tool_print_begin(&print, file, json);
	tool_print_object(&print, NULL);
	assert_int_equal(tool_describe_hold(&print, tb, brief), 0);
	tool_print_close(&print);
	fclose(file);
	nlmsg_free(message);
	return text;
}

#define HOLD_SOCK	"id none tls ? flags none cookie 9"
#define ZEROS_94	"0000000000000000000000000000000000000000000000000000000000000000" \
			"000000000000000000000000000000"

static void what_is_held_is_described_as_text_and_json(void **state)
{
	char *text = describe_hold(true, false, false, false);

	(void)state;
	assert_string_equal(text, "hold 12 policy 2 timeout 29500 ms " HOLD_SOCK
			    "\n    peer cd000000000000000000000000000000"
			    "\n    peer tx generation 1 commitment 11" ZEROS_94
			    "\n    peer rx generation 0 commitment 22" ZEROS_94);
	free(text);
	text = describe_hold(true, false, false, true);
	assert_string_equal(text, "hold 12 policy 2 timeout 29500 ms " HOLD_SOCK
			    " peer cd000000000000000000000000000000");
	free(text);
	text = describe_hold(true, false, true, true);
	assert_string_equal(text, "{\"hold\":12,\"policy\":2,\"timeout\":29500,\"renewal\":false,\"sock\":"
			    "{\"tls-version\":\"?\",\"flags\":[],\"stale\":false,\"installed\":0,"
			    "\"cookie\":9},\"peer\":{\"id\":\"cd000000000000000000000000000000\","
			    "\"tx\":{\"generation\":1,\"commitment\":\"11" ZEROS_94 "\"},"
			    "\"rx\":{\"generation\":0,\"commitment\":\"22" ZEROS_94 "\"}}}\n");
	free(text);
	text = describe_hold(false, false, false, false);
	assert_string_equal(text, "hold 12 policy 2 timeout 29500 ms " HOLD_SOCK);
	free(text);
	text = describe_hold(false, true, false, false);
	assert_string_equal(text, "hold 12 policy 2 timeout 29500 ms renewal " HOLD_SOCK);
	free(text);
	text = describe_hold(false, true, true, true);
	assert_non_null(strstr(text, "\"timeout\":29500,\"renewal\":true,\"sock\""));
	free(text);
}

static void an_answer_that_is_no_evidence_is_malformed(void **state)
{
	static const uint8_t id[TLSBIND_CONNECTION_ID_SIZE], nonce[TLSBIND_NONCE_SIZE];
	static const uint8_t rubbish[4096] = "no evidence";

	(void)state;
	assert_int_equal(tool_evidence_print(id, nonce, rubbish, sizeof(rubbish)), 3);
	assert_int_equal(tool_evidence_print(id, nonce, rubbish, 1), 3);
}

/* More than libnl asks for; as much as anybody may, at least. */
static int room_wanted(void)
{
	FILE *file = fopen("/proc/sys/net/core/rmem_max", "re");
	int most = 0;

	if (file) {
		if (fscanf(file, "%d", &most) != 1)
			most = 0;
		fclose(file);
	}
	return most > 4 << 20 ? 4 << 20 : most > 65536 ? most : 65537;
}

/* To the controller, which is there without the module. */
static void whoever_listens_has_room_for_many_events(void **state)
{
	socklen_t len = sizeof(int);
	struct tool_nl nl;
	int size = 0;

	(void)state;
	if (tool_nl_connect(&nl) == TOOL_USAGE)
		skip();
	assert_int_equal(tool_nl_join(&nl, "nlctrl", "notify"), 0);
	assert_int_equal(tool_nl_join(&nl, "nlctrl", "nonsense"), -ENOENT);
	assert_int_equal(getsockopt(nl_socket_get_fd(nl.sock), SOL_SOCKET, SO_RCVBUF, &size, &len), 0);
	assert_true(size >= room_wanted());
	tool_nl_close(&nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_comes_back_as_it_went),
		cmocka_unit_test(the_largest_rule_fits_into_the_room_for_one),
		cmocka_unit_test(a_rule_without_room_is_not_sent_in_part),
		cmocka_unit_test(what_matches_everything_may_be_said_or_left_out),
		cmocka_unit_test(a_strange_address_is_no_rule),
		cmocka_unit_test(a_socket_is_described_as_text_and_json),
		cmocka_unit_test(an_empty_socket_is_described_too),
		cmocka_unit_test(a_socket_that_is_held_says_so),
		cmocka_unit_test(a_socket_with_a_lease_says_how_long),
		cmocka_unit_test(what_is_held_is_described_as_text_and_json),
		cmocka_unit_test(an_answer_that_is_no_evidence_is_malformed),
		cmocka_unit_test(whoever_listens_has_room_for_many_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
