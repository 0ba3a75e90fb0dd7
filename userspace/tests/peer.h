/* SPDX-License-Identifier: MIT */
/*
 * A server that makes genuine evidence about its own connection, without kernel and
 * guest, and tlsbind connect as its client.
 */
#ifndef TLSBIND_TESTS_PEER_H
#define TLSBIND_TESTS_PEER_H

#include <openssl/ssl.h>
#include <sys/types.h>
#include "synth.h"

/* What the tool finds on standard input. */
#define PEER_INPUT	"from standard input\n"

/* The program; set by peer_main(). */
extern char peer_tool[4096];

/* Whose roots it trusts. */
extern struct synth_pki *peer_pki;

/* Tell it to accept any TCB. */
extern bool peer_any_tcb;

/**
 * struct peer_keys - traffic secrets of the connection that was made last, by sender
 * @secret: first the client's
 * @len: their sizes
 */
struct peer_keys {
	uint8_t secret[2][TLSBIND_TRAFFIC_SECRET_MAX];
	size_t len[2];
};

/* What evidence is made about. */
extern struct peer_keys peer_keys;

/**
 * struct peer - a server, and the tool as its client
 * @listener: where it is waited for; -1 after that
 * @address: of @listener, HOST:PORT
 * @ctx: of the server
 * @ssl: connection
 * @pid: the tool
 * @out: its standard output and error, a file
 * @in: its standard input, a file
 */
struct peer {
	int listener;
	char address[32];
	SSL_CTX *ctx;
	SSL *ssl;
	pid_t pid;
	FILE *out;
	FILE *in;
};

/** peer_listen() - a socket on loopback, and its HOST:PORT */
int peer_listen(char address[32]);

/** peer_exec() - start the tool with these options */
void peer_exec(struct peer *p, char *const options[]);

/** peer_accept() - take its connection */
void peer_accept(struct peer *p);

/** peer_start() - the two */
void peer_start(struct peer *p, char *const options[]);

/** peer_drop() - end the connection, properly or not */
void peer_drop(struct peer *p, bool properly);

/** peer_wait() - Return: exit code of the tool, which ends by itself */
int peer_wait(struct peer *p);

/** peer_end() - end the connection; Return: exit code of the tool */
int peer_end(struct peer *p, bool properly);

/** peer_said() - did the tool print this? */
bool peer_said(struct peer *p, const char *text);

/** peer_challenged() - read one challenge, and nothing but a challenge */
void peer_challenged(struct peer *p, uint8_t nonce[TLSBIND_NONCE_SIZE]);

/** peer_answer() - an answer with this body */
void peer_answer(struct peer *p, const char *body);

/** peer_cmw() - evidence about this connection with these generations, to be freed */
char *peer_cmw(struct peer *p, const uint8_t nonce[TLSBIND_NONCE_SIZE], unsigned int tx,
	       unsigned int rx);

/** peer_evidence() - that, as an answer */
void peer_evidence(struct peer *p, const uint8_t nonce[TLSBIND_NONCE_SIZE], unsigned int tx,
		   unsigned int rx);

/** peer_id() - connection id of this connection */
void peer_id(struct peer *p, uint8_t id[TLSBIND_CONNECTION_ID_SIZE]);

/** peer_read() - what the tool sends next; empty if it ends the connection */
const char *peer_read(struct peer *p);

/** peer_main() - run these tests; Return: status for main() */
int peer_main(int argc, char **argv, const struct CMUnitTest tests[], size_t count);

#endif /* TLSBIND_TESTS_PEER_H */
