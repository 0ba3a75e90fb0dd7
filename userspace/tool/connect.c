/* SPDX-License-Identifier: MIT */
/* tlsbind connect: attest the peer of a TLS connection, then use the connection. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include "connect.h"
#include "renewal.h"
#include "trust.h"

static const struct tool_option connect_options[] = {
	{ "policy", 0, "FILE", "accept what this policy states, tlsbind-policy(5)" },
	{ "measurement", 0, "HEX", "accept this launch digest or MRTD (repeatable)" },
	{ "any-measurement", 0, NULL, "accept every measurement" },
	{ "allow-flag", 0, "NAME,...", "accept these flags in the claims" },
	{ "vmpl", 0, "NUMBER", "SNP: accept this VMPL (default 0)" },
	{ "tcb", 0, "STATUS", "TDX: accept this TCB status beside UpToDate (repeatable)" },
	{ "grace", 0, "DAYS", "TDX: accept an OutOfDate TCB for so long after its successor" },
	{ "any-tcb", 0, NULL, "accept every TCB, and look for no revocation" },
	TOOL_TRUST_OPTIONS,
	{ "responder", 0, "URL", "ask this responder, not the server itself" },
	{ "listen", 0, "[ADDRESS:]PORT", "for each connection here make one to the server" },
	{ "connections", 0, "NUMBER", "how many of those at once (default 64)" },
	{ "cafile", 0, "FILE", "CA of the server's certificate (default the system's)" },
	{ "no-pki", 0, NULL, "do not look at the server's certificate" },
	{ "servername", 0, "NAME", "name in the server's certificate (default HOST)" },
	{ "check-only", 0, NULL, "end after the verdict" },
	{ "lease", 0, "SECONDS", "how long evidence is good for: ask the responder again in time" },
	{ "allow-rekey", 0, NULL, "go on when the keys change after the verdict" },
	{ "timeout", 0, "SECONDS", "how long all that may take until the verdict (default 60)" },
	{ "json", 'j', NULL, "print the result as JSON on standard output" },
	{ "help", 'h', NULL, "this text" },
	{ NULL, 0, NULL, NULL },
};

/* Return: false after a message. */
static bool connect_number(const char *text, unsigned int min, unsigned int max, unsigned int *out)
{
	uint64_t number;

	if (tool_number(text, min, max, &number)) {
		*out = (unsigned int)number;
		return true;
	}
	tool_error("not a number from %u to %u: %s", min, max, text);
	return false;
}

static bool connect_measurement(struct connect *c, const char *hex)
{
	uint8_t measurement[TLSBIND_MEASUREMENT_SIZE];
	size_t len = 0;

	c->measurements = true;
	if (tool_unhex(hex, measurement, sizeof(measurement), &len) &&
	    !tlsbind_appraisal_add_measurement(c->appraisal, measurement, len))
		return true;
	tool_error("a measurement is %d hex digits, not all zero: %s",
		   2 * TLSBIND_MEASUREMENT_SIZE, hex);
	return false;
}

static bool connect_flags(struct connect *c, char *names)
{
	char *name, *state;
	uint32_t flag;

	for (name = strtok_r(names, ",", &state); name; name = strtok_r(NULL, ",", &state)) {
		flag = tlsbind_flag_from_name(name);
		if (!flag) {
			tool_error("no such flag: %s", name);
			return false;
		}
		tlsbind_appraisal_allow_flags(c->appraisal, flag);
	}
	return true;
}

static bool connect_tcb_status(struct connect *c, const char *name)
{
	c->tcb = true;
	if (!tlsbind_appraisal_accept_tcb(c->appraisal, tlsbind_tcb_from_name(name)))
		return true;
	tool_error("not a TCB status that can be accepted: %s", name);
	return false;
}

/* Options about firmware. Return: false after a message. */
static bool connect_tcb_option(struct connect *c, const char *name, char *argument)
{
	struct tlsbind_appraisal *appraisal = c->appraisal;
	unsigned int number;

	if (!strcmp(name, "tcb"))
		return connect_tcb_status(c, argument);
	if (!strcmp(name, "any-tcb")) {
		c->any_tcb = true;
		tlsbind_appraisal_any_tcb(appraisal);
		return true;
	}
	c->tcb = true;
	if (!connect_number(argument, 0, 36500, &number))
		return false;
	tlsbind_appraisal_set_grace(appraisal, number);
	return true;
}

/* Options that say what is accepted. Return: false after a message. */
static bool connect_appraisal_option(struct connect *c, const char *name, char *argument)
{
	struct tlsbind_appraisal *appraisal = c->appraisal;
	unsigned int number;

	if (!strcmp(name, "measurement"))
		return connect_measurement(c, argument);
	if (!strcmp(name, "any-measurement")) {
		c->any_measurement = true;
		tlsbind_appraisal_any_measurement(appraisal);
		return true;
	}
	if (!strcmp(name, "allow-flag"))
		return connect_flags(c, argument);
	if (!strcmp(name, "vmpl"))
		return connect_number(argument, 0, 3, &number) &&
		       !tlsbind_appraisal_set_vmpl(appraisal, number);
	if (!strcmp(name, "policy")) {
		c->policies++;
		c->policy = argument;
		return true;
	}
	return connect_tcb_option(c, name, argument);
}

/* Options about where evidence comes from, and where bytes go. Return: false after a message. */
static bool connect_way_option(struct connect *c, const char *name, char *argument)
{
	if (!strcmp(name, "responder")) {
		c->responder.url = argument;
	} else if (!strcmp(name, "listen")) {
		c->listen = argument;
	} else if (!strcmp(name, "connections")) {
		return connect_number(argument, 1, 4096, &c->connections);
	} else if (!strcmp(name, "lease")) {
		return connect_number(argument, 1, TLSBIND_LEASE_MAX / 1000, &c->lease);
	} else {
		return connect_appraisal_option(c, name, argument);
	}
	return true;
}

/* Return: false after a message. */
static bool connect_option(struct connect *c, const char *name, char *argument)
{
	if (!strcmp(name, "cafile")) {
		c->peer.cafile = argument;
	} else if (!strcmp(name, "no-pki")) {
		c->peer.no_pki = true;
	} else if (!strcmp(name, "servername")) {
		c->peer.servername = argument;
	} else if (!strcmp(name, "check-only")) {
		c->check_only = true;
	} else if (!strcmp(name, "allow-rekey")) {
		c->allow_rekey = true;
	} else if (!strcmp(name, "json")) {
		c->json = true;
	} else if (!strcmp(name, "help")) {
		c->help = true;
	} else if (!strcmp(name, "timeout")) {
		return connect_number(argument, 0, 86400, &c->peer.timeout);
	} else {
		int trust = tool_trust_option(c->appraisal, name, argument);

		return trust ? trust > 0 : connect_way_option(c, name, argument);
	}
	return true;
}

/* Return: false after a message. */
static bool connect_way_complete(struct connect *c)
{
	char why[TOOL_RESPONDER_WHY];

	c->responder.cafile = c->peer.cafile;
	c->responder.no_pki = c->peer.no_pki;
	if (c->responder.url && !tool_responder_check(&c->responder, why))
		tool_error("--responder: %s", why);
	else if (c->listen && c->check_only)
		tool_error("--check-only contradicts --listen");
	else if (c->connections && !c->listen)
		tool_error("--connections needs --listen");
	else if (c->lease && !c->responder.url)
		tool_error("--lease needs --responder");
	else if (c->lease && c->check_only)
		tool_error("--check-only contradicts --lease");
	else
		return true;
	return false;
}

/*
 * What the server runs, nobody but the user can say. A policy is loaded last, so that
 * it finds whatever else was asked for and must be part of it.
 */
static bool connect_complete(struct connect *c)
{
	if (c->policies > 1)
		tool_error("--policy twice");
	else if (!c->policy && !c->measurements && !c->any_measurement)
		tool_error("--policy, --measurement or --any-measurement is required");
	else if (c->measurements && c->any_measurement)
		tool_error("--any-measurement contradicts --measurement");
	else if (c->any_tcb && c->tcb)
		tool_error("--any-tcb contradicts --tcb and --grace");
	else if (c->peer.no_pki && c->peer.cafile)
		tool_error("--no-pki contradicts --cafile");
	else if (connect_way_complete(c))
		return !c->policy || !tool_trust_policy(c->appraisal, c->policy);
	return false;
}

static bool connect_parse(struct connect *c, const struct tool_command *command, int argc,
			  char **argv)
{
	const struct tool_option *option;
	bool bad;

	while ((option = tool_getopt(command, argc, argv, &bad)))
		if (!connect_option(c, option->name, optarg))
			return false;
	if (bad)
		return false;
	if (c->help)
		return true;
	if (optind + 1 != argc) {
		tool_error("one HOST:PORT is required");
		return false;
	}
	c->peer.address = argv[optind];
	if (BIO_parse_hostserv(argv[optind], &c->peer.host, &c->peer.port,
			       BIO_PARSE_PRIO_HOST) != 1 ||
	    !c->peer.host || !c->peer.port) {
		tool_error("not HOST:PORT: %s", argv[optind]);
		return false;
	}
	if (!c->peer.servername)
		c->peer.servername = c->peer.host;
	return connect_complete(c);
}

/* Return: one line, to be freed with free(); NULL if memory ran out. */
static char *connect_json(const struct connect *c, const struct tlsbind_result *result)
{
	char *text = tlsbind_result_json(result);
	json_t *root;

	if (!text || !c->from)
		return text;
	root = json_loads(text, 0, NULL);
	free(text);
	text = NULL;
	if (root && !json_object_set_new(root, "from", json_string(c->from)))
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static int connect_write(const struct connect *c, const struct tlsbind_result *result, FILE *out)
{
	char *json = c->json ? connect_json(c, result) : NULL;
	int ret = 0;

	if (c->json && !json)
		return -ENOMEM;
	if (json)
		fprintf(out, "%s\n", json);
	else if (c->from)
		fprintf(out, "tlsbind: connection from %s\n", c->from);
	if (!json)
		ret = tlsbind_result_print(result, out);
	free(json);
	return ret;
}

/* In one piece: several processes may have something to say at the same time. */
int tool_connect_print(const struct connect *c, const struct tlsbind_result *result, FILE *out)
{
	char *text = NULL;
	FILE *memory;
	size_t len = 0;
	int ret;

	memory = open_memstream(&text, &len);
	if (!memory)
		return -ENOMEM;
	ret = connect_write(c, result, memory);
	if (fclose(memory))
		ret = -ENOMEM;
	if (!ret && (fwrite(text, 1, len, out) != len || fflush(out)))
		ret = -EIO;
	free(text);
	return ret;
}

/* One deadline for everything, so that no peer can hold us by being slow. */
static void connect_too_slow(int signal)
{
	static const char text[] = "tlsbind: no evidence within the time allowed\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(TOOL_CONNECT);
	_exit(TOOL_CONNECT);
}

/* After the verdict. Return: exit code. */
static int connect_pass(const struct connect *c, SSL *ssl, const struct connect_verdict *verdict,
			const struct tool_ends *ends)
{
	struct tool_renewal *renewal;
	int code;

	if (!c->lease)
		return tool_pass(ssl, c->allow_rekey ? NULL : &verdict->conn, NULL, ends);
	code = tool_renewal_new(c, ssl, verdict, &renewal);
	if (code)
		tool_tls_reset(ssl);
	else
		code = tool_pass(ssl, NULL, renewal, ends);
	tool_renewal_free(renewal);
	return code;
}

int tool_connect_one(const struct connect *c, const struct tool_ends *ends)
{
	struct connect_verdict verdict = { 0 };
	int code = TOOL_CONNECT, ret;
	SSL *ssl;

	signal(SIGALRM, connect_too_slow);
	alarm(c->peer.timeout);
	ssl = tool_tls_connect(&c->peer);
	if (!ssl)
		return TOOL_CONNECT;
	ret = tool_connect_attest(c, ssl, &verdict);
	alarm(0);
	if (!ret) {
		code = (int)tlsbind_result_class(verdict.result);
		if (tool_connect_print(c, verdict.result, c->json ? stdout : stderr))
			code = TOOL_USAGE;
		else if (code == TOOL_OK && !c->check_only)
			code = connect_pass(c, ssl, &verdict, ends);
		else
			SSL_shutdown(ssl);
	}
	tlsbind_result_free(verdict.result);
	tool_tls_free(ssl);
	return code;
}

static int connect_run(const struct connect *c)
{
	const struct tool_ends standard = { STDIN_FILENO, STDOUT_FILENO, false };

	return c->listen ? tool_connect_listen(c) : tool_connect_one(c, &standard);
}

static int connect_main(const struct tool_command *command, int argc, char **argv)
{
	struct connect c = {
		.peer.timeout = 60,
		.appraisal = tlsbind_appraisal_new(),
		.json = tool_json,
	};
	int code = TOOL_USAGE;

	if (!c.appraisal)
		tool_error("out of memory");
	else if (!connect_parse(&c, command, argc, argv))
		fprintf(stderr, "See: tlsbind help connect\n");
	else if (c.help)
		tool_usage(command, stdout), code = TOOL_OK;
	else
		code = connect_run(&c);
	OPENSSL_free(c.peer.host);
	OPENSSL_free(c.peer.port);
	tlsbind_appraisal_free(c.appraisal);
	return code;
}

const struct tool_command tool_command_connect = {
	.name = "connect",
	.synopsis = "[OPTIONS] HOST:PORT",
	.help = "attest the server of a TLS connection, then talk to it",
	.options = connect_options,
	.run = connect_main,
};
