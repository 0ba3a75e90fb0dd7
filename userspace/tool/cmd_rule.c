/* SPDX-License-Identifier: MIT */
/* tlsbind rule: the rules of this network namespace, and files of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nl.h"
#include "rule_file.h"
#include "tool.h"

/**
 * struct rule_state - rules as the kernel has them
 * @generation: grows with each change
 * @count: number of rules
 * @locked: they cannot be changed any more
 * @handle: of a rule that was added
 * @digest: digest
 * @rules: the rules themselves, if they were asked for
 * @changed: they were not all of one generation
 */
struct rule_state {
	uint32_t generation;
	uint32_t count;
	bool locked;
	uint64_t handle;
	uint8_t digest[TLSBIND_HASH_SIZE];
	struct tool_rules rules;
	bool changed;
};

static int rule_answer(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_RULES_MAX + 1];
	struct rule_state *state = arg;

	if (tool_nl_attributes(message, tb, TLSBIND_A_RULES_MAX))
		return -EBADMSG;
	state->generation = (uint32_t)tool_nl_number(tb[TLSBIND_A_RULES_GENERATION]);
	state->count = (uint32_t)tool_nl_number(tb[TLSBIND_A_RULES_COUNT]);
	state->locked = tool_nl_number(tb[TLSBIND_A_RULES_LOCKED]);
	state->handle = tool_nl_number(tb[TLSBIND_A_RULES_HANDLE]);
	tool_nl_bytes(tb[TLSBIND_A_RULES_DIGEST], state->digest, sizeof(state->digest));
	return 0;
}

/* A message of a dump: one rule, or several. */
static int rule_dumped(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_RULES_MAX + 1], *attribute;
	struct rule_state *state = arg;
	struct tool_rule *rule;
	int left;

	if (tool_nl_attributes(message, tb, TLSBIND_A_RULES_MAX))
		return -EBADMSG;
	if (tb[TLSBIND_A_RULES_GENERATION] &&
	    tool_nl_number(tb[TLSBIND_A_RULES_GENERATION]) != state->generation)
		state->changed = true;
	nlmsg_for_each_attr(attribute, message, GENL_HDRLEN, left) {
		if (nla_type(attribute) != TLSBIND_A_RULES_RULE)
			continue;
		rule = tool_rules_add(&state->rules);
		if (!rule)
			return -ENOMEM;
		if (tool_nl_rule(attribute, rule))
			return -EBADMSG;
	}
	return 0;
}

static int rule_get_once(struct tool_nl *nl, struct rule_state *state)
{
	int ret;

	tool_rules_free(&state->rules);
	state->changed = false;
	ret = tool_nl_call(nl, tool_nl_new(nl, TLSBIND_CMD_RULES_GET, 0, 0), rule_answer, state);
	if (ret)
		return ret;
	ret = tool_nl_dump(nl, TLSBIND_CMD_RULES_GET, rule_dumped, state);
	if (nl->interrupted || state->rules.count != state->count)
		state->changed = true;
	return ret;
}

/* All rules and their digest, as they were at one moment. Return: exit code. */
static int rule_get(struct rule_state *state)
{
	struct tool_nl nl;
	int code = tool_nl_open(&nl), tries = 8, ret;

	if (code == TOOL_OK) {
		do {
			ret = rule_get_once(&nl, state);
		} while (!ret && state->changed && --tries);
		if (!ret && state->changed)
			ret = -EAGAIN;
		if (ret)
			code = tool_nl_refused(&nl, ret, "cannot read the rules");
	}
	tool_nl_close(&nl);
	return code;
}

static int rule_end(struct tool_print *print, int code)
{
	return tool_print_end(print) && code == TOOL_OK ? TOOL_USAGE : code;
}

static void rule_print_state(struct tool_print *print, const struct rule_state *state,
			     bool with_lock)
{
	tool_print_number(print, "generation", "# generation ", state->generation);
	tool_print_number(print, "count", ", rules ", state->count);
	tool_print_hex(print, "digest", ", digest ", state->digest, sizeof(state->digest));
	if (with_lock)
		tool_print_bool(print, "locked", ", locked", state->locked);
	tool_print_text(print, "\n");
}

static int rule_show(int count, char **words)
{
	struct rule_state state = { 0 };
	struct tool_print print;
	int code;
	size_t i;

	(void)count;
	(void)words;
	code = rule_get(&state);
	tool_print_begin(&print, stdout, tool_json);
	if (code == TOOL_OK) {
		tool_print_object(&print, NULL);
		rule_print_state(&print, &state, true);
		tool_print_array(&print, "rules");
		for (i = 0; i < state.rules.count; i++) {
			tool_print_object(&print, NULL);
			tool_rule_print(&print, &state.rules.rule[i]);
			tool_print_number(&print, "handle", " # handle ",
					  state.rules.rule[i].handle);
			tool_print_number(&print, "matches", ", matches ",
					  state.rules.rule[i].matches);
			tool_print_text(&print, "\n");
			tool_print_close(&print);
		}
		tool_print_close(&print);
		tool_print_close(&print);
	}
	tool_rules_free(&state.rules);
	return rule_end(&print, code);
}

/* "before HANDLE" behind a rule, or nothing. */
static bool rule_before(int count, char **words, uint64_t *before)
{
	*before = 0;
	if (!count)
		return true;
	if (count == 2 && tool_number(words[1], 1, UINT64_MAX, before))
		return true;
	tool_message("\"before\" and one handle end the command");
	return false;
}

static int rule_send_add(const struct tool_rule *rule, uint64_t before, struct rule_state *state)
{
	uint32_t at = 0;
	struct tool_nl nl;
	struct nl_msg *message;
	int code = tool_nl_open(&nl), ret = 0;

	if (code == TOOL_OK) {
		message = tool_nl_new(&nl, TLSBIND_CMD_RULES_ADD, 0, TOOL_NL_RULE_SIZE + 16);
		if (message && !tool_nl_put_rule(message, rule) && before) {
			at = nlmsg_hdr(message)->nlmsg_len;
			nla_put_u64(message, TLSBIND_A_RULES_BEFORE, before);
		}
		ret = tool_nl_call(&nl, message, rule_answer, state);
	}
	if (ret) {
		code = tool_nl_refused(&nl, ret, "rule not added");
		/* What is not there may be something that the rule itself names. */
		if (!before || (nl.offset && nl.offset < at))
			code = TOOL_REFUSED;
	}
	tool_nl_close(&nl);
	return code;
}

static int rule_add(int count, char **words)
{
	char error[TOOL_RULE_ERROR];
	struct rule_state state = { 0 };
	struct tool_print print;
	struct tool_rule rule;
	uint64_t before;
	int code, took;

	took = tool_rule_parse(&rule, count, words, error);
	if (took < 0) {
		tool_message("%s", error);
		return tool_wrong(&tool_command_rule);
	}
	if (!rule_before(count - took, words + took, &before))
		return tool_wrong(&tool_command_rule);
	code = rule_send_add(&rule, before, &state);
	tool_print_begin(&print, stdout, tool_json);
	if (code == TOOL_OK) {
		tool_print_object(&print, NULL);
		tool_print_number(&print, "handle", "handle ", state.handle);
		tool_print_number(&print, "generation", NULL, state.generation);
		tool_print_text(&print, "\n");
		tool_print_close(&print);
	}
	return rule_end(&print, code);
}

static int rule_delete(int count, char **words)
{
	struct tool_print print;
	struct tool_nl nl;
	struct nl_msg *message;
	uint64_t handle;
	int code, ret;

	if (count != 1 || !tool_number(words[0], 1, UINT64_MAX, &handle)) {
		tool_message("one handle is required");
		return tool_wrong(&tool_command_rule);
	}
	code = tool_nl_open(&nl);
	if (code == TOOL_OK) {
		message = tool_nl_new(&nl, TLSBIND_CMD_RULES_DELETE, 0, 16);
		if (message)
			nla_put_u64(message, TLSBIND_A_RULES_HANDLE, handle);
		ret = tool_nl_call(&nl, message, NULL, NULL);
		if (ret)
			code = tool_nl_refused(&nl, ret, "rule not deleted");
	}
	tool_nl_close(&nl);
	tool_print_begin(&print, stdout, tool_json);
	if (code == TOOL_OK) {
		tool_print_object(&print, NULL);
		tool_print_number(&print, "handle", NULL, handle);
		tool_print_close(&print);
	}
	return rule_end(&print, code);
}

/* Which rule the kernel's error is about: the last that begins before it. */
static void rule_replace_refused(const struct tool_nl *nl, int error, const char *path,
				 const unsigned int *lines, const uint32_t *begin, size_t count)
{
	char where[4096];
	size_t i = count;

	while (i && (!nl->offset || begin[i - 1] > nl->offset))
		i--;
	if (i && lines)
		snprintf(where, sizeof(where), "%s:%u", path, lines[i - 1]);
	else
		snprintf(where, sizeof(where), "%s", path ? path : "rules not flushed");
	tool_nl_refused(nl, error, where);
}

/* All rules in place of those in the kernel. @path and @lines are for messages. */
static int rule_replace(const struct tool_rules *rules, const char *path,
			const unsigned int *lines, struct rule_state *state)
{
	uint32_t *begin = calloc(rules->count + 1, sizeof(*begin));
	struct nl_msg *message = NULL;
	struct tool_nl nl;
	int code = tool_nl_open(&nl), ret = begin ? 0 : -ENOMEM;
	size_t i;

	if (code == TOOL_OK) {
		message = tool_nl_new(&nl, TLSBIND_CMD_RULES_REPLACE, 0,
				      (rules->count + 1) * TOOL_NL_RULE_SIZE);
		for (i = 0; message && !ret && i < rules->count; i++) {
			begin[i] = nlmsg_hdr(message)->nlmsg_len;
			ret = tool_nl_put_rule(message, &rules->rule[i]);
		}
		if (ret)
			nlmsg_free(message);
		else
			ret = tool_nl_call(&nl, message, rule_answer, state);
		if (ret) {
			rule_replace_refused(&nl, ret, path, lines, begin, begin ? rules->count : 0);
			code = TOOL_REFUSED;
		}
	}
	tool_nl_close(&nl);
	free(begin);
	return code;
}

static int rule_replace_and_print(const struct tool_rules *rules, const char *path,
				  const unsigned int *lines)
{
	struct rule_state state = { 0 };
	struct tool_print print;
	int code = rule_replace(rules, path, lines, &state);

	tool_print_begin(&print, stdout, tool_json);
	if (code == TOOL_OK) {
		tool_print_object(&print, NULL);
		rule_print_state(&print, &state, false);
		tool_print_close(&print);
	}
	return rule_end(&print, code);
}

static int rule_flush(int count, char **words)
{
	static const struct tool_rules none;

	(void)count;
	(void)words;
	return rule_replace_and_print(&none, NULL, NULL);
}

static int rule_load(int count, char **words)
{
	struct tool_rules rules = { 0 };
	unsigned int *lines;
	int code = TOOL_USAGE;

	(void)count;
	if (!tool_rule_file_read(words[0], &rules, &lines))
		code = rule_replace_and_print(&rules, words[0], lines);
	tool_rules_free(&rules);
	free(lines);
	return code;
}

static int rule_save(int count, char **words)
{
	struct rule_state state = { 0 };
	int code;

	if (tool_json) {
		tool_message("rules are saved as text; as JSON, show them");
		return tool_wrong(&tool_command_rule);
	}
	code = rule_get(&state);
	if (code == TOOL_OK && tool_rule_file_write(count ? words[0] : NULL, &state.rules))
		code = TOOL_USAGE;
	tool_rules_free(&state.rules);
	return code;
}

/* Digest of a file, or of what the kernel has. */
static int rule_read_digest(const char *path, struct rule_state *state)
{
	unsigned int *lines = NULL;
	int code;

	if (!path) {
		code = rule_get(state);
	} else {
		code = TOOL_USAGE;
		if (!tool_rule_file_read(path, &state->rules, &lines) &&
		    !tool_rules_digest(&state->rules, state->digest))
			code = TOOL_OK;
		state->count = (uint32_t)state->rules.count;
	}
	tool_rules_free(&state->rules);
	free(lines);
	return code;
}

static int rule_digest(int count, char **words)
{
	struct rule_state state = { 0 };
	struct tool_print print;
	int code = rule_read_digest(count ? words[0] : NULL, &state);

	tool_print_begin(&print, stdout, tool_json);
	if (code == TOOL_OK) {
		tool_print_object(&print, NULL);
		tool_print_number(&print, "count", NULL, state.count);
		tool_print_hex(&print, "digest", "", state.digest, sizeof(state.digest));
		tool_print_text(&print, "\n");
		tool_print_close(&print);
	}
	return rule_end(&print, code);
}

static int rule_check(int count, char **words)
{
	struct rule_state state = { 0 };
	struct tool_print print;
	int code = rule_read_digest(words[0], &state);

	(void)count;
	tool_print_begin(&print, stdout, tool_json);
	if (code == TOOL_OK) {
		tool_print_object(&print, NULL);
		tool_print_number(&print, "count", "rules ", state.count);
		tool_print_hex(&print, "digest", ", digest ", state.digest, sizeof(state.digest));
		tool_print_text(&print, "\n");
		tool_print_close(&print);
	}
	return rule_end(&print, code);
}

/**
 * struct rule_verb - what can be done with rules
 * @name: first operand
 * @min: least number of further ones
 * @max: greatest
 * @run: Return: exit code
 */
static const struct rule_verb {
	const char *name;
	int min;
	int max;
	int (*run)(int count, char **words);
} rule_verbs[] = {
	{ "show", 0, 0, rule_show },
	{ "add", 1, TOOL_RULE_WORDS, rule_add },
	{ "delete", 1, 1, rule_delete },
	{ "flush", 0, 0, rule_flush },
	{ "load", 1, 1, rule_load },
	{ "save", 0, 1, rule_save },
	{ "check", 1, 1, rule_check },
	{ "digest", 0, 1, rule_digest },
};

static int rule_main(const struct tool_command *command, int argc, char **argv)
{
	int code = tool_operands(command, &argc, &argv, NULL);
	size_t i;

	if (code >= 0)
		return code;
	if (!argc)
		return rule_show(0, NULL);
	for (i = 0; i < sizeof(rule_verbs) / sizeof(rule_verbs[0]); i++) {
		if (strcmp(rule_verbs[i].name, argv[0]) != 0)
			continue;
		if (argc - 1 >= rule_verbs[i].min && argc - 1 <= rule_verbs[i].max)
			return rule_verbs[i].run(argc - 1, argv + 1);
		tool_message("rule %s: too %s operands", argv[0],
			     argc - 1 < rule_verbs[i].min ? "few" : "many");
		return tool_wrong(command);
	}
	tool_message("no such command: rule %s", argv[0]);
	return tool_wrong(command);
}

const struct tool_command tool_command_rule = {
	.name = "rule",
	.synopsis = "[show]\nadd RULE [before HANDLE]\ndelete HANDLE\nflush\n"
		    "load FILE\nsave [FILE]\ncheck FILE\ndigest [FILE]",
	.help = "who may be attested, and how",
	.options = tool_common_options,
	.more = TOOL_RULE_GRAMMAR,
	.run = rule_main,
};
