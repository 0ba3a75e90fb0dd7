/* SPDX-License-Identifier: MIT */
/* What the examples of relying parties share: a TLS connection to an attested server. */
#ifndef TLSBIND_EXAMPLES_ATTEST_H
#define TLSBIND_EXAMPLES_ATTEST_H

#include <tlsbind.h>

/**
 * struct attest - whom to trust, made once
 * @tls: for all connections; trusts the CA of the server's certificate
 * @appraisal: what evidence must say; never changed after the start
 * @cache: reports that were verified
 */
struct attest {
	SSL_CTX *tls;
	struct tlsbind_appraisal *appraisal;
	struct tlsbind_cache *cache;
};

#define ATTEST_OPTIONS	"-p POLICY -a CAFILE [-r ROOT] [-c COLLATERAL]... [-l CRL]..."

/** attest_init() - from the command line; Return: index of the first operand, -1 after a message */
int attest_init(struct attest *attest, int argc, char **argv);

/** attest_clear() - drop it */
void attest_clear(struct attest *attest);

/**
 * attest_connect() - connect, and verify evidence about this connection
 *
 * May be called by several threads at once.
 *
 * Return: the connection, to be ended with attest_close(); NULL after a message.
 */
SSL *attest_connect(const struct attest *attest, const char *host, const char *port);

/** attest_close() - end a connection, and its socket */
void attest_close(SSL *ssl);

/** attest_write() - all of @len bytes; Return: false on failure */
bool attest_write(SSL *ssl, const void *data, size_t len);

#endif /* TLSBIND_EXAMPLES_ATTEST_H */
