/* SPDX-License-Identifier: MIT */
/* What the files of tlsbind connect share. */
#ifndef TLSBIND_CONNECT_H
#define TLSBIND_CONNECT_H

#include "responder.h"
#include "tool.h"

/**
 * struct connect - what the command line asks for
 * @peer: whom
 * @appraisal: what is accepted
 * @policy: file; NULL if there is none
 * @policies: how many were named
 * @responder: who has the evidence; without a URL the peer itself
 * @listen: [ADDRESS:]PORT for programs of this machine; NULL for standard input and output
 * @from: who came there; NULL if nobody
 * @connections: of those at once; 0 if nothing was said
 * @lease: seconds that evidence is good for; 0 for ever
 * @measurements: a measurement was named
 * @any_measurement: every measurement will do
 * @tcb: something was said of what TCB is accepted
 * @any_tcb: every TCB will do
 * @check_only: end after the verdict
 * @allow_rekey: KeyUpdates may follow
 * @json: print JSON
 * @help: print help and nothing else
 */
struct connect {
	struct tool_peer peer;
	struct tlsbind_appraisal *appraisal;
	const char *policy;
	unsigned int policies;
	struct tool_responder responder;
	const char *listen;
	const char *from;
	unsigned int connections;
	unsigned int lease;
	bool measurements;
	bool any_measurement;
	bool tcb;
	bool any_tcb;
	bool check_only;
	bool allow_rekey;
	bool json;
	bool help;
};

/** tool_now() - milliseconds since the machine was started, suspended or not */
uint64_t tool_now(void);

/**
 * struct connect_verdict - what came of a challenge
 * @conn: the connection as it was when the evidence was verified
 * @asked: when the nonce was drawn, by tool_now()
 * @result: of the verification; to be freed
 */
struct connect_verdict {
	struct tlsbind_connection conn;
	uint64_t asked;
	struct tlsbind_result *result;
};

/**
 * tool_connect_attest() - ask for evidence, and verify it
 * @c: what is accepted, and who is asked
 * @ssl: the connection, blocking
 * @verdict: the verdict; without a result on failure
 *
 * Return: 0 if there is a result, which may well be a rejection; -1 after a message.
 */
int tool_connect_attest(const struct connect *c, SSL *ssl, struct connect_verdict *verdict);

/**
 * tool_connect_print() - print a result, in one piece
 * @c: in which form
 * @result: the result
 * @out: where to
 *
 * Return: 0; -ENOMEM or -EIO.
 */
int tool_connect_print(const struct connect *c, const struct tlsbind_result *result, FILE *out);

/**
 * tool_connect_one() - connect, attest, and hand on what comes
 * @c: whom, and what is accepted
 * @ends: whom the peer speaks with after the verdict
 *
 * The process ends with TOOL_CONNECT if there is no verdict within @c->peer.timeout.
 *
 * Return: exit code.
 */
int tool_connect_one(const struct connect *c, const struct tool_ends *ends);

/** tool_connect_listen() - tool_connect_one() for each who comes; Return: exit code */
int tool_connect_listen(const struct connect *c);

#endif /* TLSBIND_CONNECT_H */
