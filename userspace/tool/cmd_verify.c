/* SPDX-License-Identifier: MIT */
/* tlsbind verify: appraise evidence from a file. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "connection_file.h"
#include "tool.h"
#include "trust.h"

static const struct tool_option verify_options[] = {
	{ "policy", 0, "FILE", "what is accepted, tlsbind-policy(5) (required)" },
	{ "connection-keys", 0, "FILE", "the connection that the evidence must be about" },
	{ "nonce", 0, "HEX", "the nonce that the evidence must have" },
	{ "provider", 0, "NAME", "EVIDENCE is a bare report of sev_guest or tdx_guest" },
	{ "aux", 0, "FILE", "SNP: certificate table of a bare report" },
	{ "report-data", 0, "HEX", "what a bare report must carry" },
	{ "unbound", 0, NULL, "be content with evidence about whatever connection" },
	TOOL_TRUST_OPTIONS,
	TOOL_COMMON_OPTIONS
};

/**
 * struct verify - what the command line asks for
 * @appraisal: what is accepted
 * @policy: file
 * @connection_keys: file; NULL if there is none
 * @provider: of a bare report; NULL if it is evidence
 * @aux: file; NULL if there is none
 * @has_nonce: @nonce was given
 * @nonce: that the claims must have
 * @has_report_data: @report_data was given
 * @report_data: that a bare report must carry
 * @unbound: no matter which connection
 * @help: print help and nothing else
 */
struct verify {
	struct tlsbind_appraisal *appraisal;
	const char *policy;
	const char *connection_keys;
	const char *provider;
	const char *aux;
	bool has_nonce;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	bool has_report_data;
	uint8_t report_data[TLSBIND_REPORT_DATA_SIZE];
	bool unbound;
	bool help;
};

static bool verify_hex(const char *name, const char *text, bool *given, void *out, size_t size)
{
	size_t len = 0;

	if (*given) {
		tool_message("--%s twice", name);
		return false;
	}
	*given = true;
	if (tool_unhex(text, out, size, &len) && len == size)
		return true;
	tool_message("--%s is %zu hex digits: %s", name, 2 * size, text);
	return false;
}

/* An option that may be given once. Return: false after a message. */
static bool verify_once(const char **where, const char *name, const char *argument)
{
	if (!*where) {
		*where = argument;
		return true;
	}
	tool_message("--%s twice", name);
	return false;
}

/* Return: false after a message. */
static bool verify_option(struct verify *v, const char *name, const char *argument)
{
	if (!strcmp(name, "policy"))
		return verify_once(&v->policy, name, argument);
	if (!strcmp(name, "connection-keys"))
		return verify_once(&v->connection_keys, name, argument);
	if (!strcmp(name, "provider"))
		return verify_once(&v->provider, name, argument);
	if (!strcmp(name, "aux"))
		return verify_once(&v->aux, name, argument);
	if (!strcmp(name, "nonce"))
		return verify_hex(name, argument, &v->has_nonce, v->nonce, sizeof(v->nonce));
	if (!strcmp(name, "report-data"))
		return verify_hex(name, argument, &v->has_report_data, v->report_data,
				  sizeof(v->report_data));
	if (!strcmp(name, "unbound"))
		v->unbound = true;
	else if (!strcmp(name, "json"))
		tool_json = true;
	else if (!strcmp(name, "help"))
		v->help = true;
	else
		return tool_trust_option(v->appraisal, name, argument) > 0;
	return true;
}

/* What is wrong with these options for a bare report, or else for evidence. */
static const char *verify_conflict(const struct verify *v)
{
	bool bound = v->provider ? v->has_report_data : v->connection_keys != NULL;

	if (!v->policy)
		return "--policy is required: what is accepted?";
	if (v->provider && (v->connection_keys || v->has_nonce))
		return "a bare report has neither keys nor a nonce";
	if (!v->provider && (v->aux || v->has_report_data))
		return "--aux and --report-data are for bare reports: --provider";
	if (v->provider && strcmp(v->provider, TLSBIND_PROVIDER_SNP) &&
	    strcmp(v->provider, TLSBIND_PROVIDER_TDX))
		return "--provider is " TLSBIND_PROVIDER_SNP " or " TLSBIND_PROVIDER_TDX;
	if (v->connection_keys && !v->has_nonce)
		return "--connection-keys without --nonce";
	if (bound && v->unbound)
		return "--unbound contradicts --connection-keys and --report-data";
	if (!bound && !v->unbound)
		return v->provider ? "--report-data or --unbound is required" :
				     "--connection-keys or --unbound is required";
	return NULL;
}

static bool verify_parse(struct verify *v, const struct tool_command *command, int argc,
			 char **argv)
{
	const struct tool_option *option;
	const char *conflict;
	bool bad;

	while ((option = tool_getopt(command, argc, argv, &bad)))
		if (!verify_option(v, option->name, optarg))
			return false;
	if (bad)
		return false;
	if (v->help)
		return true;
	conflict = verify_conflict(v);
	if (!conflict && optind + 1 != argc)
		conflict = "one file of evidence is required";
	if (conflict)
		tool_message("%s", conflict);
	return !conflict && !tool_trust_policy(v->appraisal, v->policy);
}

/* Return: the result, or NULL after a message. */
static struct tlsbind_result *verify_evidence(struct verify *v, const char *path)
{
	struct tlsbind_connection connection;
	struct tlsbind_result *result = NULL;
	uint8_t *data = NULL;
	size_t len;
	int ret;

	if (v->connection_keys && tool_connection_read(v->connection_keys, &connection))
		return NULL;
	if (tool_trust_evidence(path, &data, &len))
		return NULL;
	if (v->connection_keys)
		ret = tlsbind_verify(data, len, &connection, v->nonce, v->appraisal, &result);
	else
		ret = tlsbind_evidence_verify(data, len, v->has_nonce ? v->nonce : NULL,
					      v->appraisal, &result);
	if (ret)
		tool_message("cannot verify: %s", strerror(-ret));
	free(data);
	return result;
}

/* Unbound, the report is to carry what it carries, if it can be read. */
static struct tlsbind_result *verify_report(struct verify *v, const char *path)
{
	struct tlsbind_report_info info = { .provider = NULL };
	struct tlsbind_result *result = NULL;
	uint8_t *report = NULL, *aux = NULL;
	size_t len, aux_len = 0;
	int ret = 0;

	if (tool_trust_read(path, &report, &len) ||
	    (v->aux && tool_trust_read(v->aux, &aux, &aux_len)))
		goto out;
	if (v->unbound) {
		ret = tlsbind_report_verify(v->provider, report, len, aux, aux_len, NULL,
					    v->appraisal, &info, &result);
		tlsbind_result_free(result);
		result = NULL;
		memcpy(v->report_data, info.report_data, sizeof(v->report_data));
	}
	if (!ret)
		ret = tlsbind_report_verify(v->provider, report, len, aux, aux_len,
					    v->report_data, v->appraisal, NULL, &result);
	if (ret)
		tool_message("cannot verify: %s", strerror(-ret));
out:
	free(report);
	free(aux);
	return result;
}

static int verify_print(const struct tlsbind_result *result)
{
	char *text;
	int ret;

	if (tool_json) {
		text = tlsbind_result_json(result);
		ret = !text || puts(text) < 0;
		free(text);
	} else {
		ret = tlsbind_result_print(result, stdout);
	}
	if (!ret && !fflush(stdout))
		return 0;
	tool_message("cannot write: %s", strerror(errno));
	return -1;
}

static int verify_run(struct verify *v, const char *path)
{
	struct tlsbind_result *result;
	int code = TOOL_USAGE;

	result = v->provider ? verify_report(v, path) : verify_evidence(v, path);
	if (result && !verify_print(result))
		code = (int)tlsbind_result_class(result);
	if (v->unbound && code == TOOL_OK)
		tool_message("accepted, but nothing says whose connection this is about");
	tlsbind_result_free(result);
	return code;
}

static int verify_main(const struct tool_command *command, int argc, char **argv)
{
	struct verify v = { .appraisal = tlsbind_appraisal_new() };
	int code;

	if (!v.appraisal) {
		tool_message("out of memory");
		return TOOL_USAGE;
	}
	if (!verify_parse(&v, command, argc, argv))
		code = tool_wrong(command);
	else if (v.help)
		tool_usage(command, stdout), code = TOOL_OK;
	else
		code = verify_run(&v, argv[optind]);
	tlsbind_appraisal_free(v.appraisal);
	OPENSSL_cleanse(&v, sizeof(v));
	return code;
}

const struct tool_command tool_command_verify = {
	.name = "verify",
	.synopsis = "--policy FILE --connection-keys FILE --nonce HEX [OPTIONS] EVIDENCE\n"
		    "--policy FILE --unbound [--nonce HEX] [OPTIONS] EVIDENCE\n"
		    "--policy FILE --provider NAME --report-data HEX [OPTIONS] REPORT",
	.help = "appraise evidence from a file",
	.options = verify_options,
	.run = verify_main,
};
