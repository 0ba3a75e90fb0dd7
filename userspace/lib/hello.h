/* SPDX-License-Identifier: MIT */
/* What a ClientHello or ServerHello says about how the keys are made. */
#ifndef TLSBIND_HELLO_H
#define TLSBIND_HELLO_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct tlsbind_hello - extensions of a hello that matter here
 * @key_share: a key exchange takes place
 * @pre_shared_key: offered, or chosen
 * @early_data: offered
 * @retry: a HelloRetryRequest: no answer yet
 */
struct tlsbind_hello {
	bool key_share;
	bool pre_shared_key;
	bool early_data;
	bool retry;
};

/**
 * tlsbind_hello_server() - look at a ServerHello, RFC 8446 section 4.1.3
 * @body: without the header of handshake messages
 * @len: its size
 * @out: all false on failure
 *
 * Return: 0; -EBADMSG.
 */
int tlsbind_hello_server(const void *body, size_t len, struct tlsbind_hello *out);

/** tlsbind_hello_client() - likewise a ClientHello, section 4.1.2 */
int tlsbind_hello_client(const void *body, size_t len, struct tlsbind_hello *out);

#endif /* TLSBIND_HELLO_H */
