/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "options.h"
#include "tool.h"

static const struct tool_option options_table[] = {
	{ "listen", 'l', "URL", "answer there: http://ADDRESS[:PORT], https://..., unix:PATH" },
	{ "certificate", 0, "FILE", "for https: certificates, PEM, the server's first" },
	{ "key", 0, "FILE", "for https: the server's private key, PEM" },
	{ "unix-mode", 0, "MODE", "of Unix sockets, octal (default 0660)" },
	{ "unix-owner", 0, "USER[:GROUP]", "of Unix sockets" },
	{ "requests", 0, "NUMBER", "questions that wait at once (default 512)" },
	{ "rate", 0, "NUMBER", "requests a second of one peer, 0: no limit (default 20)" },
	{ "connections", 0, "NUMBER", "at once, on each socket (default 1024)" },
	{ "peer-connections", 0, "NUMBER", "of one peer, 0: no limit (default 32)" },
	{ "body-size", 0, "BYTES", "of a request (default 1024)" },
	{ "key-wait", 0, "SECONDS", "for a connection to become known (default 5)" },
	{ "request-time", 0, "SECONDS", "for a request to come, an answer to go (default 10)" },
	{ "answer-time", 0, "SECONDS", "for evidence to be made (default 75)" },
	{ "stop-time", 0, "SECONDS", "for what waits when the daemon is ended (default 10)" },
	{ "receive-buffer", 0, "KIB", "for answers of the kernel (default 8192)" },
	{ "help", 'h', NULL, "this text" },
	{ "version", 'V', NULL, "version" },
	{ NULL, 0, NULL, NULL },
};

/* For tool_getopt(), which wants no more of it. */
static const struct tool_command options_command = {
	.name = "tlsbindd",
	.options = options_table,
};

/** struct options_number - an option that is a number, and where it goes */
struct options_number {
	const char *name;
	size_t offset;
	unsigned int min, max, usual;
};

#define OPTIONS_NUMBER(name, member, min, max, usual) \
	{ name, offsetof(struct options_limits, member), min, max, usual }

/* The kernel takes no more than 1024 questions of a network namespace. */
static const struct options_number options_numbers[] = {
	OPTIONS_NUMBER("requests", requests, 1, 1024, 512),
	OPTIONS_NUMBER("rate", rate, 0, 1000000, 20),
	OPTIONS_NUMBER("connections", connections, 1, 65536, 1024),
	OPTIONS_NUMBER("peer-connections", peer_connections, 0, 65536, 32),
	OPTIONS_NUMBER("body-size", body, 128, 65536, 1024),
	OPTIONS_NUMBER("key-wait", key_wait, 0, 60, 5),
	OPTIONS_NUMBER("request-time", request_time, 1, 3600, 10),
	OPTIONS_NUMBER("answer-time", answer_time, 1, 3600, 75),
	OPTIONS_NUMBER("stop-time", stop_time, 0, 3600, 10),
	OPTIONS_NUMBER("receive-buffer", receive_buffer, 1, 1048576, 8192),
};

#define OPTIONS_NUMBERS	(sizeof(options_numbers) / sizeof(options_numbers[0]))

static unsigned int *options_member(struct options *options, const struct options_number *number)
{
	return (unsigned int *)((char *)&options->limits + number->offset);
}

static void options_defaults(struct options *options)
{
	size_t i;

	memset(options, 0, sizeof(*options));
	options->unix_mode = 0660;
	options->unix_uid = (uid_t)-1;
	options->unix_gid = (gid_t)-1;
	for (i = 0; i < OPTIONS_NUMBERS; i++)
		*options_member(options, &options_numbers[i]) = options_numbers[i].usual;
}

static void options_help(void)
{
	const struct tool_option *option;
	char left[64];

	printf("Usage: tlsbindd [OPTION]...\n"
	       "       tlsbindd --judge [OPTION]...\n\n"
	       "Answer for servers on this machine: POST %s, with evidence\n"
	       "about a connection that the question names.\n"
	       "To judge connections that the kernel holds instead: tlsbindd --judge --help\n\n",
	       TLSBIND_HTTP_PATH);
	for (option = options_table; option->name; option++) {
		snprintf(left, sizeof(left), "--%s%s%s", option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
		if (option->letter)
			printf("  -%c, ", option->letter);
		else
			printf("      ");
		printf("%-28s %s\n", left, option->help);
	}
}

static bool options_is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static const char *options_listen_unix(const char *path, struct options_listen *out)
{
	if (*path != '/')
		return "the path of a Unix socket begins with /";
	if (strlen(path) >= sizeof(out->host))
		return "the path of a Unix socket has at most 107 bytes";
	out->scheme = OPTIONS_UNIX;
	memcpy(out->host, path, strlen(path) + 1);
	return NULL;
}

/* What is between the brackets of IPv6, or before the colon. Return: behind it; NULL: wrong */
static const char *options_listen_host(const char *text, char *host, size_t size)
{
	bool brackets = *text == '[';
	size_t len = strcspn(text += brackets, brackets ? "]" : ":");
	const char *end = text + len;

	if (len >= size || (brackets && *end != ']'))
		return NULL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (brackets != !!strchr(host, ':'))
		return NULL;
	return end + brackets;
}

const char *options_listen_parse(const char *text, struct options_listen *out)
{
	uint64_t port;

	memset(out, 0, sizeof(*out));
	if (!strncmp(text, "unix:", 5))
		return options_listen_unix(text + 5, out);
	if (!strncmp(text, "http://", 7))
		out->scheme = OPTIONS_HTTP;
	else if (!strncmp(text, "https://", 8))
		out->scheme = OPTIONS_HTTPS;
	else
		return "neither http://, https:// nor unix:";
	text = options_listen_host(strchr(text, '/') + 2, out->host, sizeof(out->host));
	if (!text || !options_is_address(out->host))
		return "not an address (IPv6 in brackets)";
	memcpy(out->port, OPTIONS_DEFAULT_PORT, sizeof(OPTIONS_DEFAULT_PORT));
	if (!*text)
		return NULL;
	if (*text != ':' || !tool_number(text + 1, 1, 65535, &port))
		return "not a port";
	snprintf(out->port, sizeof(out->port), "%u", (unsigned int)port);
	return NULL;
}

static bool options_listen_add(struct options *options, const char *text)
{
	const char *wrong = "too many addresses";

	if (options->listens < OPTIONS_LISTEN_MAX)
		wrong = options_listen_parse(text, &options->listen[options->listens]);
	if (!wrong) {
		options->listens++;
		return true;
	}
	log_line(LOG_LEVEL_ERROR, "--listen: %s: %s", wrong, text);
	return false;
}

static bool options_unix_mode(struct options *options, const char *text)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*text >= '0' && *text <= '7' && !*end && mode <= 0777) {
		options->unix_mode = (mode_t)mode;
		return true;
	}
	log_line(LOG_LEVEL_ERROR, "--unix-mode: not from 0 to 0777: %s", text);
	return false;
}

/* A name, or a number. */
static bool options_user(const char *text, uid_t *out)
{
	const struct passwd *user = getpwnam(text);
	uint64_t number;

	if (user)
		*out = user->pw_uid;
	else if (tool_number(text, 0, UINT32_MAX - 1, &number))
		*out = (uid_t)number;
	else
		return false;
	return true;
}

static bool options_group(const char *text, gid_t *out)
{
	const struct group *group = getgrnam(text);
	uint64_t number;

	if (group)
		*out = group->gr_gid;
	else if (tool_number(text, 0, UINT32_MAX - 1, &number))
		*out = (gid_t)number;
	else
		return false;
	return true;
}

static bool options_unix_owner(struct options *options, char *text)
{
	char *colon = strchr(text, ':');
	bool good;

	if (colon)
		*colon = '\0';
	good = !*text || options_user(text, &options->unix_uid);
	good = good && (!colon || options_group(colon + 1, &options->unix_gid));
	if (colon)
		*colon = ':';
	if (good && *text)
		return true;
	log_line(LOG_LEVEL_ERROR, "--unix-owner: no such user or group: %s", text);
	return false;
}

static bool options_number(struct options *options, const char *name, const char *text)
{
	uint64_t number;
	size_t i;

	for (i = 0; strcmp(options_numbers[i].name, name); i++)
		;
	if (tool_number(text, options_numbers[i].min, options_numbers[i].max, &number)) {
		*options_member(options, &options_numbers[i]) = (unsigned int)number;
		return true;
	}
	log_line(LOG_LEVEL_ERROR, "--%s: not a number from %u to %u: %s", name,
		 options_numbers[i].min, options_numbers[i].max, text);
	return false;
}

static bool options_take(struct options *options, const char *name, char *argument)
{
	if (!strcmp(name, "listen"))
		return options_listen_add(options, argument);
	if (!strcmp(name, "unix-mode"))
		return options_unix_mode(options, argument);
	if (!strcmp(name, "unix-owner"))
		return options_unix_owner(options, argument);
	if (!strcmp(name, "certificate")) {
		options->certificate = argument;
		return true;
	}
	if (!strcmp(name, "key")) {
		options->key = argument;
		return true;
	}
	return options_number(options, name, argument);
}

static bool options_has_https(const struct options *options)
{
	size_t i;

	for (i = 0; i < options->listens; i++)
		if (options->listen[i].scheme == OPTIONS_HTTPS)
			return true;
	return false;
}

/* What no single option can tell. */
static bool options_whole(const struct options *options, int operands)
{
	const char *wrong = NULL;

	if (operands)
		wrong = "no operands are taken";
	else if (!options->certificate != !options->key)
		wrong = "--certificate and --key go together";
	else if (options_has_https(options) && !options->key)
		wrong = "https needs --certificate and --key";
	if (wrong)
		log_line(LOG_LEVEL_ERROR, "%s", wrong);
	return !wrong;
}

int options_parse(struct options *options, int argc, char **argv)
{
	const struct tool_option *option;
	bool bad;

	options_defaults(options);
	while ((option = tool_getopt(&options_command, argc, argv, &bad))) {
		if (!strcmp(option->name, "help")) {
			options_help();
			return OPTIONS_OK;
		}
		if (!strcmp(option->name, "version")) {
			printf("tlsbindd %s\n", tlsbind_version());
			return OPTIONS_OK;
		}
		if (!options_take(options, option->name, optarg))
			return OPTIONS_USAGE;
	}
	if (bad) {
		fprintf(stderr, "See: tlsbindd --help\n");
		return OPTIONS_USAGE;
	}
	return options_whole(options, argc - optind) ? -1 : OPTIONS_USAGE;
}
