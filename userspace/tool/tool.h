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
	TOOL_OK = 0,		/* done; connect: evidence accepted */
	TOOL_USAGE = 1,		/* command line, or a file that it names */
	TOOL_CONNECT = 2,	/* no connection, or no evidence to be had */
	TOOL_MALFORMED = TLSBIND_CLASS_MALFORMED,
	TOOL_SIGNATURE = TLSBIND_CLASS_SIGNATURE,
	TOOL_POLICY = TLSBIND_CLASS_POLICY,
	TOOL_BINDING = TLSBIND_CLASS_BINDING,
	TOOL_NO_MODULE = 7,	/* the kernel module is not there */
	TOOL_REFUSED = 8,	/* the kernel refused */
	TOOL_NO_SUCH = 9,	/* no such rule or connection */
	TOOL_MISSING = 10,	/* doctor found something missing */
	TOOL_TCB = TLSBIND_CLASS_TCB,
	TOOL_LAPSED = 12,	/* connect: no fresh evidence in time */
	/* exec: as env(1) and timeout(1) have them; all others are the program's */
	TOOL_STRICT = 124,	/* not all connections are in the kernel */
	TOOL_EXEC = 125,	/* exec itself failed */
	TOOL_CANNOT = 126,	/* the program cannot be run */
	TOOL_NOT_FOUND = 127,	/* there is no such program */
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
 * @synopsis: its arguments; several ways to use it are lines
 * @help: one line
 * @options: ends with an empty one
 * @more: the rest of the help text; NULL if that is all
 * @program: the first operand is a program: what follows are no options of ours
 * @run: does it; Return: exit code
 */
struct tool_command {
	const char *name;
	const char *synopsis;
	const char *help;
	const struct tool_option *options;
	const char *more;
	bool program;
	int (*run)(const struct tool_command *command, int argc, char **argv);
};

extern const struct tool_command tool_command_connect;
extern const struct tool_command tool_command_rule;
extern const struct tool_command tool_command_sock;
extern const struct tool_command tool_command_gate;
extern const struct tool_command tool_command_evidence;
extern const struct tool_command tool_command_monitor;
extern const struct tool_command tool_command_stats;
extern const struct tool_command tool_command_lock;
extern const struct tool_command tool_command_doctor;
extern const struct tool_command tool_command_policy;
extern const struct tool_command tool_command_verify;
extern const struct tool_command tool_command_exec;

/* JSON on standard output; from the option before the command, or behind it. */
extern bool tool_json;

/* What SIGPIPE did when we were started, for programs that we start. */
extern void (*tool_sigpipe)(int signal);

/* Options of every command that has no others. */
extern const struct tool_option tool_common_options[];

#define TOOL_COMMON_OPTIONS \
	{ "json", 'j', NULL, "print JSON" }, \
	{ "help", 'h', NULL, "this text" }, \
	{ NULL, 0, NULL, NULL }

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

/**
 * tool_operands() - take the options away
 * @command: the subcommand
 * @argc: replaced by the number of operands
 * @argv: replaced by the operands
 * @flag: set if there is an option besides --json and --help; NULL if there is no such
 *
 * Return: -1 to go on, or an exit code.
 */
int tool_operands(const struct tool_command *command, int *argc, char ***argv, bool *flag);

/** tool_wrong() - wrong usage of a subcommand, after a message; Return: TOOL_USAGE */
int tool_wrong(const struct tool_command *command);

/** tool_number() - a decimal number; Return: false if it is not one from @min to @max */
bool tool_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/** tool_hex() - lower-case hex; @out has room for 2 * @len digits and a zero */
void tool_hex(const void *data, size_t len, char *out);

/** tool_unhex() - at most @size bytes from hex; Return: false if it is not that */
bool tool_unhex(const char *text, void *out, size_t size, size_t *len);

/**
 * tool_words_split() - words of a line, as tlsbind-rules(5) has them
 * @line: up to its end, or to a "#"
 * @buffer: for the words, strlen(@line) + 1 bytes
 * @words: where they are
 * @max: room in @words
 * @count: how many there are
 *
 * Return: NULL; or what is wrong.
 */
const char *tool_words_split(const char *line, char *buffer, char *words[], int max, int *count);

/**
 * tool_harmless() - a character of text from anywhere, for a terminal
 * @c: the character
 *
 * Return: @c; "?" for what could control the terminal, and for all that is not ASCII.
 */
char tool_harmless(char c);

/** tool_message() - "tlsbind: MESSAGE" on standard error, as tool_harmless() leaves it */
void tool_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** tool_error() - tool_message(), with what OpenSSL has to say about it */
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

/**
 * tool_tls_reset() - end a connection at once
 * @ssl: the connection, which can only be freed afterwards
 *
 * The peer is sent a reset, and nothing that waited to be sent.
 */
void tool_tls_reset(SSL *ssl);

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
 * struct tool_ends - whom the peer speaks with
 * @in: what can be read here is sent to the peer
 * @out: what the peer sends is written here
 * @socket: the two are one socket, not blocking, and it ends as the connection does: the
 *	end of either direction is handed on, and the other one goes on. Otherwise the
 *	end of @in means nothing, and the end of what the peer sends ends everything
 */
struct tool_ends {
	int in;
	int out;
	bool socket;
};

struct tool_renewal;

/**
 * tool_pass() - hand on what comes, both ways
 * @ssl: the connection
 * @attested: what the evidence was about: with other keys the connection ends. NULL if later
 *	ones are welcome too
 * @renewal: of the evidence; it then says what may pass, and when the connection ends. NULL
 *	if evidence counts for ever
 * @ends: from where, and where to
 *
 * What @renewal ends is reset: what waits to be sent is dropped, and the peer told so.
 *
 * Return: exit code.
 */
int tool_pass(SSL *ssl, const struct tlsbind_connection *attested, struct tool_renewal *renewal,
	      const struct tool_ends *ends);

#endif /* TLSBIND_TOOL_H */
