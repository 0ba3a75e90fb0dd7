/* SPDX-License-Identifier: MIT */
/* The command line of tlsbindd(8). */
#ifndef TLSBINDD_OPTIONS_H
#define TLSBINDD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OPTIONS_LISTEN_MAX	16
#define OPTIONS_DEFAULT_PORT	"8634"

/** enum options_exit - exit codes of the daemon; tlsbindd(8) documents them */
enum options_exit {
	OPTIONS_OK = 0,		/* ended by SIGTERM or SIGINT, or --help */
	OPTIONS_USAGE = 1,	/* command line, or a file or address that it names */
	OPTIONS_LISTEN = 2,	/* cannot listen there */
	OPTIONS_NO_MODULE = 7,	/* the kernel module is not there, at the start */
	OPTIONS_REFUSED = 8,	/* no CAP_NET_ADMIN in this network namespace */
	OPTIONS_SYSTEM = 9,	/* memory, descriptors: the system has no more */
	OPTIONS_BUSY = 10,	/* another judges in this network namespace */
	OPTIONS_GONE = 11,	/* the kernel module was unloaded while it was in use */
};

/** enum options_scheme - what is spoken on a socket, and where it is */
enum options_scheme {
	OPTIONS_HTTP,
	OPTIONS_HTTPS,
	OPTIONS_UNIX,
};

/**
 * struct options_listen - where to listen
 * @scheme: of the URL
 * @host: address, without the brackets of IPv6; or path of the Unix socket
 * @port: number
 */
struct options_listen {
	enum options_scheme scheme;
	char host[108];
	char port[6];
};

/**
 * struct options_limits - what nobody can exceed
 * @requests: questions that wait at once
 * @rate: requests a second of one peer; 0 for no limit
 * @connections: of all peers together, on each socket
 * @peer_connections: of one peer; 0 for no limit
 * @body: bytes of a request's body
 * @key_wait: seconds that a connection may take to become known
 * @request_time: seconds for a request to come, and for its answer to be taken
 * @answer_time: seconds until there must be evidence
 * @stop_time: seconds for what waits when the daemon ends
 * @receive_buffer: KiB that answers of the kernel may take, on each netlink socket
 */
struct options_limits {
	unsigned int requests;
	unsigned int rate;
	unsigned int connections;
	unsigned int peer_connections;
	unsigned int body;
	unsigned int key_wait;
	unsigned int request_time;
	unsigned int answer_time;
	unsigned int stop_time;
	unsigned int receive_buffer;
};

/**
 * struct options - what the command line asks for
 * @listen: where to answer questions
 * @listens: how many of them
 * @certificate: PEM file for https; NULL if there is none
 * @key: PEM file for https; NULL if there is none
 * @unix_mode: of Unix sockets
 * @unix_uid: owner of Unix sockets; -1 to leave it
 * @unix_gid: group of Unix sockets; -1 to leave it
 * @limits: what nobody can exceed
 */
struct options {
	struct options_listen listen[OPTIONS_LISTEN_MAX];
	size_t listens;
	const char *certificate;
	const char *key;
	mode_t unix_mode;
	uid_t unix_uid;
	gid_t unix_gid;
	struct options_limits limits;
};

/**
 * options_parse() - read the command line
 * @options: filled
 * @argc: number of arguments
 * @argv: arguments; what is kept of them is not copied
 *
 * Return: -1 to go on, or an exit code, after help or a message.
 */
int options_parse(struct options *options, int argc, char **argv);

/**
 * options_listen_parse() - an URL to listen on
 * @text: http://HOST[:PORT], https://HOST[:PORT], unix:PATH; HOST is an address
 * @out: filled
 *
 * Return: NULL, or what is wrong with it.
 */
const char *options_listen_parse(const char *text, struct options_listen *out);

#endif /* TLSBINDD_OPTIONS_H */
