/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>
#include "request.h"
#include "tool.h"

#define REQUEST_TYPE	"application/json"

static const struct status request_good;

/* RFC 9110 section 8.3: parameters may follow, and space before the semicolon. */
static bool request_type_good(const char *type)
{
	size_t len = strlen(REQUEST_TYPE);

	if (!type || strncasecmp(type, REQUEST_TYPE, len))
		return false;
	type += len + strspn(type + len, " \t");
	return !*type || *type == ';';
}

/* What is no number is libmicrohttpd's to refuse. */
static bool request_length_good(const char *length, size_t limit)
{
	uint64_t number;

	return !length || tool_number(length, 0, limit, &number);
}

struct status request_head_check(const struct request_head *head, size_t limit)
{
	if (strcmp(head->path, TLSBIND_HTTP_PATH))
		return (struct status){ 404, "not found", 0 };
	if (strcmp(head->method, "POST"))
		return (struct status){ 405, "only POST", 0 };
	if (!request_type_good(head->type))
		return (struct status){ 415, "not " REQUEST_TYPE, 0 };
	if (!request_length_good(head->length, limit))
		return (struct status){ 413, "body too large", 0 };
	return request_good;
}

struct status request_body_parse(const char *body, size_t len, uint8_t nonce[TLSBIND_NONCE_SIZE],
				 uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	static const uint8_t none[TLSBIND_CONNECTION_ID_SIZE];

	if (tlsbind_challenge_decode(body, len, nonce, id))
		return (struct status){ 400, "malformed challenge", 0 };
	if (memcmp(id, none, sizeof(none)))
		return request_good;
	memset(nonce, 0, TLSBIND_NONCE_SIZE);
	return (struct status){ 400, "the challenge names no connection", 0 };
}
