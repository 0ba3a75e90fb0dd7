/* SPDX-License-Identifier: MIT */
/* tlsbind policy: make and check files of tlsbind-policy(5). */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "print.h"
#include "tool.h"
#include "trust.h"

static const struct tool_option policy_options[] = {
	{ "platform", 0, NULL, "suggest: name the very machine, too" },
	{ "provider", 0, "NAME", "suggest: EVIDENCE is a bare report of sev_guest or tdx_guest" },
	{ "aux", 0, "FILE", "suggest: certificate table of a bare report" },
	TOOL_COMMON_OPTIONS
};

/**
 * struct policy - what the command line asks for
 * @platform: name the machine
 * @provider: of a bare report; NULL if it is evidence
 * @aux: file; NULL if there is none
 * @help: print help and nothing else
 */
struct policy {
	bool platform;
	const char *provider;
	const char *aux;
	bool help;
};

/* Both: *@code is the exit code if NULL is returned. */
static char *policy_from_report(const struct policy *p, const char *path, int *code)
{
	uint8_t *report = NULL, *aux = NULL;
	size_t len, aux_len = 0;
	char *text = NULL;

	if (!tool_trust_read(path, &report, &len) &&
	    (!p->aux || !tool_trust_read(p->aux, &aux, &aux_len))) {
		text = tlsbind_policy_suggest(p->provider, report, len, aux, aux_len, NULL,
					      p->platform);
		*code = TOOL_MALFORMED;
		if (!text)
			tool_message("%s: no report of %s", path, p->provider);
	}
	free(report);
	free(aux);
	return text;
}

static char *policy_from_evidence(const struct policy *p, const char *path, int *code)
{
	struct tlsbind_evidence parts;
	uint8_t *data = NULL;
	char *text = NULL;
	size_t len;

	if (tool_trust_evidence(path, &data, &len))
		return NULL;
	if (!tlsbind_evidence_parse(data, len, &parts))
		text = tlsbind_policy_suggest(parts.provider, parts.report.data, parts.report.len,
					      parts.aux.data, parts.aux.len, parts.claims.data,
					      p->platform);
	*code = TOOL_MALFORMED;
	if (!text)
		tool_message("%s: malformed evidence", path);
	free(data);
	return text;
}

static int policy_suggest(const struct policy *p, const char *path)
{
	int code = TOOL_USAGE, ret;
	char *text;

	text = p->provider ? policy_from_report(p, path, &code) :
			     policy_from_evidence(p, path, &code);
	if (!text)
		return code;
	ret = fputs(text, stdout) < 0 || fflush(stdout);
	free(text);
	if (!ret)
		return TOOL_OK;
	tool_message("cannot write the policy");
	return TOOL_USAGE;
}

static int policy_check(const char *path)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct tool_print print;
	int ret = appraisal ? tool_trust_policy(appraisal, path) : -1;

	tlsbind_appraisal_free(appraisal);
	if (ret)
		return TOOL_USAGE;
	tool_print_begin(&print, stdout, tool_json);
	tool_print_object(&print, NULL);
	tool_print_string(&print, "file", "", path);
	tool_print_bool(&print, "complete", " is a complete policy", true);
	tool_print_text(&print, "\n");
	tool_print_close(&print);
	return tool_print_end(&print) ? TOOL_USAGE : TOOL_OK;
}

static bool policy_parse(struct policy *p, const struct tool_command *command, int argc,
			 char **argv)
{
	const struct tool_option *option;
	bool bad;

	while ((option = tool_getopt(command, argc, argv, &bad))) {
		if (!strcmp(option->name, "platform"))
			p->platform = true;
		else if (!strcmp(option->name, "provider"))
			p->provider = optarg;
		else if (!strcmp(option->name, "aux"))
			p->aux = optarg;
		else if (!strcmp(option->name, "json"))
			tool_json = true;
		else
			p->help = true;
	}
	return !bad;
}

static int policy_main(const struct tool_command *command, int argc, char **argv)
{
	struct policy p = { .provider = NULL };
	const char *verb;

	if (!policy_parse(&p, command, argc, argv))
		return tool_wrong(command);
	if (p.help) {
		tool_usage(command, stdout);
		return TOOL_OK;
	}
	verb = optind + 2 == argc ? argv[optind] : "";
	if (!strcmp(verb, "suggest") && (p.provider || !p.aux))
		return policy_suggest(&p, argv[optind + 1]);
	if (!strcmp(verb, "check") && !p.platform && !p.provider && !p.aux)
		return policy_check(argv[optind + 1]);
	tool_message("suggest EVIDENCE or check FILE is required");
	return tool_wrong(command);
}

const struct tool_command tool_command_policy = {
	.name = "policy",
	.synopsis = "suggest [--platform] [--provider NAME [--aux FILE]] EVIDENCE\n"
		    "check FILE",
	.help = "write a policy from evidence that is good, or check one",
	.options = policy_options,
	.run = policy_main,
};
