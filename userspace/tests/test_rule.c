/* SPDX-License-Identifier: MIT */
/* The grammar of rules: every word, every reason to refuse one, and back to text. */
#include "common.h"
#include "rule.h"
#include "tool.h"

#define DIGEST	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Splits and parses; Return: number of words taken, as tool_rule_parse(). */
static int parse(const char *text, struct tool_rule *rule, char *error)
{
	static char buffer[1024];
	char *words[TOOL_RULE_WORDS];
	int count;

	assert_true(strlen(text) < sizeof(buffer));
	assert_null(tool_words_split(text, buffer, words, TOOL_RULE_WORDS, &count));
	return tool_rule_parse(rule, count, words, error);
}

static char *print(const struct tool_rule *rule, bool json)
{
	struct tool_print out;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	tool_print_begin(&out, file, json);
	tool_print_object(&out, NULL);
	tool_rule_print(&out, rule);
	tool_print_close(&out);
	assert_int_equal(tool_print_end(&out), 0);
	fclose(file);
	return text;
}

static void round_trip(const char *text)
{
	char error[TOOL_RULE_ERROR], *printed;
	struct tool_rule rule;

	assert_true(parse(text, &rule, error) > 0);
	printed = print(&rule, false);
	assert_string_equal(printed, text);
	free(printed);
}

static void canonical_rules_are_printed_as_they_were_read(void **state)
{
	(void)state;
	round_trip("pass");
	round_trip("attest");
	round_trip("deny lport 1-1024");
	round_trip("gate rport 443");
	round_trip("attest local 192.0.2.0/24 lport 443 remote 2001:db8::/32 rport 1-65535 "
		   "uid 33-34 cgroup id:17 exe fsverity:" DIGEST
		   " tls12 tx-only nic loopback no-export rekey abort rate 10");
	round_trip("gate rport 443 nic loopback no-export mutual rekey abort rate 10 policy 65535");
	round_trip("gate policy 1");
	round_trip("gate lease 1");
	round_trip("gate mutual rekey keep rate 1 policy 1 lease 604800");
	round_trip("attest local 0.0.0.0/0");
	round_trip("attest local 192.0.2.1");
	round_trip("attest remote ::1");
	round_trip("attest remote fe80::/10");
	round_trip("attest uid 0");
	round_trip("attest uid 0-4294967294");
	round_trip("attest exe ima:0123456789abcdef0123456789abcdef01234567");
	round_trip("attest rekey keep");
	round_trip("attest rate 4294967295");
	round_trip("attest cgroup id:18446744073709551615");
}

static void other_spellings_come_to_the_same(void **state)
{
	static const struct {
		const char *text;
		const char *same;
	} pairs[] = {
		{ "attest lport 443-443", "attest lport 443" },
		{ "attest local 192.0.2.1/32", "attest local 192.0.2.1" },
		{ "attest local ::/0", "attest" },
		{ "attest local ::ffff:192.0.2.0/120", "attest local 192.0.2.0/24" },
		{ "attest rekey stale", "attest" },
		{ "gate policy 0", "gate" },
		{ "gate policy 7 mutual loopback", "gate loopback mutual policy 7" },
		{ "gate lease 060 policy 2", "gate policy 2 lease 60" },
		{ "attest rate 5 lport 1", "attest lport 1 rate 5" },
		{ "attest exe ima:0123456789ABCDEF0123456789ABCDEF01234567",
		  "attest exe ima:0123456789abcdef0123456789abcdef01234567" },
		{ "  attest\tnic   # comment", "attest nic" },
	};
	char error[TOOL_RULE_ERROR], *printed;
	struct tool_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_true(parse(pairs[i].text, &rule, error) > 0);
		printed = print(&rule, false);
		assert_string_equal(printed, pairs[i].same);
		free(printed);
	}
}

static void every_mistake_has_its_message(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} wrong[] = {
		{ "", "a rule begins with pass, attest, deny or gate" },
		{ "lport 443", "a rule begins with pass, attest, deny or gate, not lport" },
		{ "attest nonsense", "no such word: nonsense" },
		{ "attest attest", "no such word: attest" },
		{ "attest lport", "lport: nothing follows" },
		{ "attest lport 1 lport 2", "lport is there twice" },
		{ "attest nic nic", "nic is there twice" },
		{ "attest lport 0", "lport: not N or N-M, from 1 to 65535: 0" },
		{ "attest lport 65536", "lport: not N or N-M, from 1 to 65535: 65536" },
		{ "attest rport 1-", "rport: not N or N-M, from 1 to 65535: 1-" },
		{ "attest rport -1", "rport: not N or N-M, from 1 to 65535: -1" },
		{ "attest rport 1-2-3", "rport: not N or N-M, from 1 to 65535: 1-2-3" },
		{ "attest lport 2-1", "lport: the range is inverted: 2-1" },
		{ "attest lport 000000000000000000000000000001",
		  "lport: not N or N-M, from 1 to 65535: 000000000000000000000000000001" },
		{ "attest uid root", "uid: not N or N-M, from 0 to 4294967294: root" },
		{ "attest uid 4294967295", "uid: not N or N-M, from 0 to 4294967294: 4294967295" },
		{ "attest uid 5-3", "uid: the range is inverted: 5-3" },
		{ "attest local host", "local: not an IPv4 or IPv6 address: host" },
		{ "attest local 192.0.2", "local: not an IPv4 or IPv6 address: 192.0.2" },
		{ "attest local /8", "local: not an IPv4 or IPv6 address: /8" },
		{ "attest local 192.0.2.0/33", "local: not a prefix length from 0 to 32: 192.0.2.0/33" },
		{ "attest remote ::/129", "remote: not a prefix length from 0 to 128: ::/129" },
		{ "attest remote ::/", "remote: not a prefix length from 0 to 128: ::/" },
		{ "attest local 192.0.2.1/24", "local: not zero beyond the prefix: 192.0.2.1/24" },
		{ "attest remote 2001:db8::1/32", "remote: not zero beyond the prefix: 2001:db8::1/32" },
		{ "attest cgroup id:0", "cgroup: not the id of a cgroup: id:0" },
		{ "attest cgroup id:x", "cgroup: not the id of a cgroup: id:x" },
		{ "attest exe " DIGEST, "exe: not fsverity:HEX or ima:HEX: " DIGEST },
		{ "attest exe none:" DIGEST, "exe: not fsverity:HEX or ima:HEX: none:" DIGEST },
		{ "attest exe ima:0011", "exe: a digest is 40 to 128 hex digits: 0011" },
		{ "attest exe ima:" DIGEST "0", "exe: a digest is 40 to 128 hex digits: " DIGEST "0" },
		{ "attest exe ima:" DIGEST DIGEST "00",
		  "exe: a digest is 40 to 128 hex digits: " DIGEST DIGEST "00" },
		{ "attest rekey sometimes", "rekey: not stale, keep or abort: sometimes" },
		{ "pass tls12", "options, rekey and rate do not go with pass" },
		{ "deny rekey keep", "options, rekey and rate do not go with deny" },
		{ "deny rate 1", "options, rekey and rate do not go with deny" },
		{ "pass mutual", "options, rekey and rate do not go with pass" },
		{ "attest mutual", "mutual only goes with gate" },
		{ "attest policy 0", "policy: only goes with gate" },
		{ "deny policy 1", "policy: only goes with gate" },
		{ "gate policy 65536", "policy: not a number from 0 to 65535: 65536" },
		{ "gate policy any", "policy: not a number from 0 to 65535: any" },
		{ "gate policy", "policy: nothing follows" },
		{ "gate policy 1 policy 1", "policy is there twice" },
		{ "attest lease 60", "lease: only goes with gate" },
		{ "pass lease 60", "lease: only goes with gate" },
		{ "gate lease 0", "lease: not a number of seconds from 1 to 604800: 0" },
		{ "gate lease 604801", "lease: not a number of seconds from 1 to 604800: 604801" },
		{ "gate lease 1h", "lease: not a number of seconds from 1 to 604800: 1h" },
		{ "gate lease -1", "lease: not a number of seconds from 1 to 604800: -1" },
		{ "gate lease", "lease: nothing follows" },
		{ "gate lease 1 lease 1", "lease is there twice" },
		{ "gate mutual tls12", "tls12 does not go with gate" },
		{ "gate mutual tx-only", "tx-only does not go with gate" },
		{ "gate loopback", "with gate, loopback needs mutual" },
		{ "gate rate 1", "with gate, rate needs mutual" },
		{ "attest rate 0", "rate: not a number from 1 to 4294967295: 0" },
		{ "attest rate 4294967296", "rate: not a number from 1 to 4294967295: 4294967296" },
	};
	char error[TOOL_RULE_ERROR];
	struct tool_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(parse(wrong[i].text, &rule, error), -1);
		/* Long words are cut, at the end of the line. */
		assert_int_equal(strncmp(error, wrong[i].message, 100), 0);
	}
}

static void a_rule_ends_before_the_word_before(void **state)
{
	char error[TOOL_RULE_ERROR];
	struct tool_rule rule;

	(void)state;
	assert_int_equal(parse("attest lport 443 before 5", &rule, error), 3);
	assert_int_equal(parse("attest before", &rule, error), 1);
	assert_int_equal(parse("before 5", &rule, error), -1);
}

static void json_and_text_have_the_same_values(void **state)
{
	char error[TOOL_RULE_ERROR], *printed;
	struct tool_rule rule;

	(void)state;
	assert_true(parse("attest local 192.0.2.0/24 lport 443 uid 1-2 cgroup id:17 "
			  "exe fsverity:" DIGEST " nic rekey keep rate 3", &rule, error) > 0);
	printed = print(&rule, true);
	assert_string_equal(printed,
			    "{\"action\":\"attest\",\"local\":\"192.0.2.0/24\","
			    "\"lport\":{\"min\":443,\"max\":443},\"uid\":{\"min\":1,\"max\":2},"
			    "\"cgroup\":17,\"exe\":{\"kind\":\"fsverity\",\"digest\":\"" DIGEST "\"},"
			    "\"options\":[\"nic\"],\"rekey\":\"keep\",\"rate\":3}\n");
	free(printed);
}

static void words_may_be_quoted(void **state)
{
	char buffer[64], *words[3];
	int count;

	(void)state;
	assert_null(tool_words_split("a\\x \"b \\\"#\\\\\\x41\" \"\"#", buffer, words, 3, &count));
	assert_int_equal(count, 3);
	assert_string_equal(words[0], "a\\x");
	assert_string_equal(words[1], "b \"#\\A");
	assert_string_equal(words[2], "");
	assert_non_null(tool_words_split("\"open", buffer, words, 3, &count));
	assert_non_null(tool_words_split("\"\\n\"", buffer, words, 3, &count));
	assert_non_null(tool_words_split("\"\\x0\"", buffer, words, 3, &count));
	assert_non_null(tool_words_split("\"\\x00\"", buffer, words, 3, &count));
	assert_non_null(tool_words_split("a\"b\"", buffer, words, 3, &count));
	assert_non_null(tool_words_split("\"a\"b", buffer, words, 3, &count));
	assert_non_null(tool_words_split("a b c d", buffer, words, 3, &count));
}

static void words_are_quoted_if_they_must_be(void **state)
{
	static const char *const values[] = { "plain", "/a/system-x\\x2dy.slice", "two words",
					      "#", "", "q\"\\", "\xc3\xa9\x01" };
	char buffer[64], *words[3], *text;
	struct tool_print out;
	size_t len;
	int count;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		FILE *file = open_memstream(&text, &len);

		tool_print_begin(&out, file, false);
		tool_print_word(&out, "key", "", values[i]);
		fclose(file);
		assert_null(tool_words_split(text, buffer, words, 3, &count));
		assert_int_equal(count, 1);
		assert_string_equal(words[0], values[i]);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_rules_are_printed_as_they_were_read),
		cmocka_unit_test(other_spellings_come_to_the_same),
		cmocka_unit_test(every_mistake_has_its_message),
		cmocka_unit_test(a_rule_ends_before_the_word_before),
		cmocka_unit_test(json_and_text_have_the_same_values),
		cmocka_unit_test(words_may_be_quoted),
		cmocka_unit_test(words_are_quoted_if_they_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
