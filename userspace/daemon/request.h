/* SPDX-License-Identifier: MIT */
/* What a request says: its head and its body, before anything is done about it. */
#ifndef TLSBINDD_REQUEST_H
#define TLSBINDD_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include "status.h"
#include "tlsbind.h"

/**
 * struct request_head - what is looked at; strings as they came, NULL if they did not
 * @method: POST
 * @path: without a query
 * @type: Content-Type
 * @length: Content-Length
 */
struct request_head {
	const char *method;
	const char *path;
	const char *type;
	const char *length;
};

/**
 * request_head_check() - is it a challenge, as far as one can see?
 * @head: of the request
 * @limit: bytes that its body may have
 *
 * Return: status 0 if so; 404, 405, 413 or 415.
 */
struct status request_head_check(const struct request_head *head, size_t limit);

/**
 * request_body_parse() - which connection, which nonce
 * @body: JSON
 * @len: its size
 * @nonce: zeroed on failure
 * @id: zeroed on failure
 *
 * Return: status 0; or 400: it is no challenge, or does not name a connection.
 */
struct status request_body_parse(const char *body, size_t len, uint8_t nonce[TLSBIND_NONCE_SIZE],
				 uint8_t id[TLSBIND_CONNECTION_ID_SIZE]);

#endif /* TLSBINDD_REQUEST_H */
