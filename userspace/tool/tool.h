/* SPDX-License-Identifier: MIT */
/* What the files of tlsbind(8) share. */
#ifndef TLSBIND_TOOL_H
#define TLSBIND_TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <openssl/ssl.h>
#include "tlsbind.h"

/* Exit codes; tlsbind(8) documents them. From 3 on they are enum tlsbind_class. */
enum tool_exit {
	TOOL_OK = 0,		/* evidence accepted */
	TOOL_USAGE = 1,		/* command line, or a file that it names */
	TOOL_CONNECT = 2,	/* no connection, or no evidence to be had */
	TOOL_MALFORMED = TLSBIND_CLASS_MALFORMED,
	TOOL_SIGNATURE = TLSBIND_CLASS_SIGNATURE,
	TOOL_POLICY = TLSBIND_CLASS_POLICY,
	TOOL_BINDING = TLSBIND_CLASS_BINDING,
};

/**
 * struct tool_option - an option of a subcommand, for getopt and for the help text
 * @name: long name
 * @letter: short name; 0 if there is none
 * @argument: name of its argument; NULL if it takes none
 * @help: one line
 */
struct tool_option {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
};

/**
 * struct tool_command - a subcommand
 * @name: its name
 * @synopsis: its arguments
 * @help: one line
 * @options: ends with an empty one
 * @run: does it; Return: exit code
 */
struct tool_command {
	const char *name;
	const char *synopsis;
	const char *help;
	const struct tool_option *options;
	int (*run)(const struct tool_command *command, int argc, char **argv);
};

extern const struct tool_command tool_command_connect;

/** tool_usage() - print the help text of a subcommand */
void tool_usage(const struct tool_command *command, FILE *out);

/**
 * tool_getopt() - the next option of a subcommand
 * @command: the subcommand
 * @argc: number of arguments
 * @argv: arguments
 * @bad: see below
 *
 * Return: the option, its argument in optarg; NULL after the last one, with
 * optind at the first operand. *@bad is set for an unknown option.
 */
const struct tool_option *tool_getopt(const struct tool_command *command, int argc, char **argv,
				      bool *bad);

/** tool_error() - message on standard error, with what OpenSSL has to say about it */
void tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * struct tool_peer - whom to connect to, and how
 * @address: HOST:PORT, as on the command line
 * @host: name or address, without the brackets of IPv6
 * @port: port or service
 * @servername: name that the certificate must have
 * @cafile: CA certificates, PEM; NULL for the system's
 * @no_pki: do not look at the certificate
 * @timeout: seconds until evidence must be there; 0 is for ever
 */
struct tool_peer {
	const char *address;
	char *host;
	char *port;
	const char *servername;
	const char *cafile;
	bool no_pki;
	unsigned int timeout;
};

/** tool_tls_connect() - a TLS 1.3 connection; Return: NULL after a message */
SSL *tool_tls_connect(const struct tool_peer *peer);

/**
 * tool_tls_describe() - the connection at this moment
 * @ssl: the connection, blocking
 * @out: the description
 *
 * A KeyUpdate that the peer requested is sent before, so that what is written next
 * goes out under the key that is described.
 *
 * Return: 0; -1 after a message.
 */
int tool_tls_describe(SSL *ssl, struct tlsbind_connection *out);

/** tool_tls_free() - end a connection and its socket */
void tool_tls_free(SSL *ssl);

/**
 * tool_challenge() - ask for evidence on the connection itself
 * @ssl: the connection; left exactly behind the answer
 * @peer: for the Host header
 * @nonce: to be in the evidence
 * @evidence: to be freed with free(); NULL and no bytes if the answer is no CMW
 * @len: its size
 *
 * Return: 0; -1 after a message if there is no answer, or a refusal.
 */
int tool_challenge(SSL *ssl, const struct tool_peer *peer,
		   const uint8_t nonce[TLSBIND_NONCE_SIZE], uint8_t **evidence, size_t *len);

/**
 * tool_pass() - standard input to the peer, its answers to standard output
 * @ssl: the connection
 * @attested: what the evidence was about
 * @allow_rekey: go on after a KeyUpdate
 *
 * Return: exit code.
 */
int tool_pass(SSL *ssl, const struct tlsbind_connection *attested, bool allow_rekey);

#endif /* TLSBIND_TOOL_H */
