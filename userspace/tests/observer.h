/* SPDX-License-Identifier: MIT */
/*
 * An independent observer of a connection: the traffic secrets in OpenSSL's key log, and the
 * commitments that follow from them.
 */
#ifndef TLSBIND_TESTS_OBSERVER_H
#define TLSBIND_TESTS_OBSERVER_H

#include <openssl/ssl.h>
#include "common.h"

/** observer_watch() - forget the last connection, and read the key log of the next of @ctx */
void observer_watch(SSL_CTX *ctx);

/** observer_saw() - Return: both secrets were in the log */
bool observer_saw(void);

/** observer_log() - the key log callback itself, for where another one is to be in the way */
void observer_log(const SSL *ssl, const char *line);

/**
 * observer_commit() - commitment to a key of the connection
 * @server: that the server sends with; otherwise the client
 * @suite: IANA code point
 * @updates: generation of the key
 * @direction: TLSBIND_DIRECTION_TX or TLSBIND_DIRECTION_RX
 * @out: the commitment
 */
void observer_commit(bool server, uint16_t suite, unsigned int updates, unsigned int direction,
		     uint8_t out[TLSBIND_COMMITMENT_SIZE]);

#endif /* TLSBIND_TESTS_OBSERVER_H */
