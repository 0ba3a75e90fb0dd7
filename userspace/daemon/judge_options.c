/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "judge_options.h"
#include "log.h"
#include "options.h"
#include "tool.h"
#include "trust.h"

static const struct tool_option judge_options_table[] = {
	{ "policy", 0, "[NUMBER=]FILE", "appraisal policy of rules with this number (default 0)" },
	{ "handshake", 0, "full|psk-dhe", "what every TLS stack behind the gate is known to do" },
	{ "responder", 0, "[NUMBER=]URL", "whom to ask (default " JUDGE_SITE_DEFAULT ")" },
	{ "cafile", 0, "FILE", "CA of responders' certificates (default the system's)" },
	TOOL_TRUST_OPTIONS,
	{ "holds", 0, "NUMBER", "connections that wait at once; more are rejected (default 4096)" },
	{ "questions", 0, "NUMBER", "to responders at once; more wait (default 256)" },
	{ "peer-questions", 0, "NUMBER", "of these, to one responder (default 16)" },
	{ "help", 'h', NULL, "this text" },
	{ NULL, 0, NULL, NULL },
};

static const struct tool_command judge_options_command = {
	.name = "--judge",
	.options = judge_options_table,
};

static void judge_options_help(void)
{
	const struct tool_option *option;
	char left[64];

	printf("Usage: tlsbindd --judge --handshake full|psk-dhe --policy [NUMBER=]FILE [OPTION]...\n\n"
	       "Judge the connections that rules of the gate hold in this network namespace:\n"
	       "ask each peer's responder for evidence, admit if its policy accepts it.\n\n");
	for (option = judge_options_table; option->name; option++) {
		snprintf(left, sizeof(left), "--%s%s%s", option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
		if (option->letter)
			printf("  -%c, ", option->letter);
		else
			printf("      ");
		printf("%-28s %s\n", left, option->help);
	}
}

/* Return: false after a message. */
static bool judge_options_number(const char *name, const char *text, unsigned int *out)
{
	uint64_t number;

	if (tool_number(text, 1, 65536, &number)) {
		*out = (unsigned int)number;
		return true;
	}
	log_line(LOG_LEVEL_ERROR, "--%s: not a number from 1 to 65536: %s", name, text);
	return false;
}

/* Each number once: a second one would never be looked at. */
static bool judge_options_numbered(const char *name, const char *text,
				   struct judge_numbered *list, size_t *count)
{
	struct judge_numbered *entry = &list[*count];
	const char *wrong = NULL;
	size_t i;

	if (*count == JUDGE_POLICIES_MAX)
		wrong = "too many";
	else if (!judge_numbered_parse(text, entry))
		wrong = "not [NUMBER=]..., with a number up to 65535";
	for (i = 0; !wrong && i < *count; i++)
		if (list[i].number == entry->number && list[i].has_number == entry->has_number)
			wrong = "one with this number was named already";
	if (wrong) {
		log_line(LOG_LEVEL_ERROR, "--%s: %s: %s", name, wrong, text);
		return false;
	}
	++*count;
	return true;
}

/* Without a number it is that of rules without a number. */
static bool judge_options_policy(struct judge_rules *rules, const char *text)
{
	struct judge_sources *sources = &rules->sources;
	size_t i, at = sources->policies;

	if (!judge_options_numbered("policy", text, sources->policy, &sources->policies))
		return false;
	for (i = 0; i < at; i++)
		if (sources->policy[i].number == sources->policy[at].number) {
			log_line(LOG_LEVEL_ERROR, "--policy: without a number it is 0: %s", text);
			return false;
		}
	return true;
}

static bool judge_options_responder(struct judge_rules *rules, const char *text)
{
	struct in6_addr any = { 0 };
	struct tool_responder responder = { 0 };
	char why[TOOL_RESPONDER_WHY] = "out of memory";
	char *url;
	bool good;

	if (!judge_options_numbered("responder", text, rules->responder, &rules->responders))
		return false;
	url = judge_site_url(rules->responder[rules->responders - 1].text, &any);
	responder.url = url;
	good = url && tool_responder_check(&responder, why);
	free(url);
	if (!good)
		log_line(LOG_LEVEL_ERROR, "--responder: %s", why);
	return good;
}

/*
 * What the kernel cannot know. No value says that nobody vouches: every connection would
 * be rejected then.
 */
static bool judge_options_handshake(struct judge_rules *rules, const char *text)
{
	bool full = !strcmp(text, "full");

	if (!full && strcmp(text, "psk-dhe") != 0) {
		log_line(LOG_LEVEL_ERROR, "--handshake: neither full nor psk-dhe: %s", text);
		return false;
	}
	rules->handshake = (struct tlsbind_handshake){
		.dhe = true,
		.full_handshake = full,
		.no_early_data = true,
		.group = "vouched for",
	};
	rules->sources.psk_dhe = !full;
	return true;
}

static bool judge_options_trust(struct judge_sources *sources, const char *name,
				const char *argument)
{
	if (sources->trusts == JUDGE_TRUST_MAX) {
		log_line(LOG_LEVEL_ERROR, "--%s: too many files: %s", name, argument);
		return false;
	}
	sources->trust[sources->trusts++] = (struct judge_trust){ name, argument };
	return true;
}

static bool judge_options_take(struct judge_rules *rules, const char *name, const char *argument)
{
	if (!strcmp(name, "policy"))
		return judge_options_policy(rules, argument);
	if (!strcmp(name, "handshake"))
		return judge_options_handshake(rules, argument);
	if (!strcmp(name, "responder"))
		return judge_options_responder(rules, argument);
	if (!strcmp(name, "holds"))
		return judge_options_number(name, argument, &rules->holds);
	if (!strcmp(name, "questions"))
		return judge_options_number(name, argument, &rules->questions);
	if (!strcmp(name, "peer-questions"))
		return judge_options_number(name, argument, &rules->peer_questions);
	if (!strcmp(name, "cafile")) {
		rules->cafile = argument;
		return true;
	}
	return judge_options_trust(&rules->sources, name, argument);
}

/* What no single option can tell. */
static bool judge_options_whole(const struct judge_rules *rules, int operands)
{
	const char *wrong = NULL;

	if (operands)
		wrong = "no operands are taken";
	else if (!rules->sources.policies)
		wrong = "--policy is required: nothing else says what is accepted";
	else if (!rules->handshake.dhe)
		wrong = "--handshake is required: the kernel does not see handshakes";
	if (wrong)
		log_line(LOG_LEVEL_ERROR, "%s", wrong);
	return !wrong;
}

int judge_options_parse(struct judge_rules *rules, int argc, char **argv)
{
	const struct tool_option *option;
	bool bad;

	memset(rules, 0, sizeof(*rules));
	rules->holds = 4096;
	rules->questions = 256;
	rules->peer_questions = 16;
	while ((option = tool_getopt(&judge_options_command, argc, argv, &bad))) {
		if (!strcmp(option->name, "help")) {
			judge_options_help();
			return OPTIONS_OK;
		}
		if (!judge_options_take(rules, option->name, optarg))
			return OPTIONS_USAGE;
	}
	if (bad) {
		fprintf(stderr, "See: tlsbindd --judge --help\n");
		return OPTIONS_USAGE;
	}
	return judge_options_whole(rules, argc - optind) ? -1 : OPTIONS_USAGE;
}
