/* SPDX-License-Identifier: MIT */
/* Transport: the HTTP challenge and the JSON record form of a CMW. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "base64.h"
#include "internal.h"

static json_t *tlsbind_json_load(const char *text, size_t len)
{
	return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}

char *tlsbind_challenge_encode(const uint8_t nonce[TLSBIND_NONCE_SIZE],
			       const uint8_t *connection_id)
{
	char id[2 * TLSBIND_CONNECTION_ID_SIZE + 1];
	char *text = tlsbind_base64url_encode(nonce, TLSBIND_NONCE_SIZE);
	json_t *root = NULL;
	char *out = NULL;

	if (!text)
		return NULL;
	if (connection_id) {
		tlsbind_hex(connection_id, TLSBIND_CONNECTION_ID_SIZE, id, sizeof(id));
		root = json_pack("{s:s, s:s}", "nonce", text, "connection", id);
	} else {
		root = json_pack("{s:s}", "nonce", text);
	}
	if (root)
		out = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	free(text);
	return out;
}

static int tlsbind_challenge_nonce(const json_t *value, uint8_t nonce[TLSBIND_NONCE_SIZE])
{
	uint8_t *bytes = NULL;
	size_t len;
	int ret;

	if (!json_is_string(value))
		return -EBADMSG;
	ret = tlsbind_base64url_decode(json_string_value(value), json_string_length(value),
				       &bytes, &len);
	if (!ret && len != TLSBIND_NONCE_SIZE)
		ret = -EBADMSG;
	if (!ret)
		memcpy(nonce, bytes, len);
	free(bytes);
	return ret;
}

static int tlsbind_challenge_id(const json_t *value, uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	if (!json_is_string(value) ||
	    json_string_length(value) != 2 * TLSBIND_CONNECTION_ID_SIZE)
		return -EBADMSG;
	return tlsbind_unhex(json_string_value(value), id, TLSBIND_CONNECTION_ID_SIZE);
}

int tlsbind_challenge_decode(const char *body, size_t len, uint8_t nonce[TLSBIND_NONCE_SIZE],
			     uint8_t connection_id[TLSBIND_CONNECTION_ID_SIZE])
{
	json_t *root = tlsbind_json_load(body, len);
	json_t *id = json_object_get(root, "connection");
	int ret;

	memset(nonce, 0, TLSBIND_NONCE_SIZE);
	memset(connection_id, 0, TLSBIND_CONNECTION_ID_SIZE);
	ret = tlsbind_challenge_nonce(json_object_get(root, "nonce"), nonce);
	if (!ret && id)
		ret = tlsbind_challenge_id(id, connection_id);
	if (!ret && json_object_size(root) != (id ? 2 : 1))
		ret = -EBADMSG;
	if (ret) {
		memset(nonce, 0, TLSBIND_NONCE_SIZE);
		memset(connection_id, 0, TLSBIND_CONNECTION_ID_SIZE);
	}
	json_decref(root);
	return ret;
}

char *tlsbind_cmw_wrap(const void *evidence, size_t len)
{
	json_t *root;
	char *text, *out = NULL;

	if (!len || len > TLSBIND_EVIDENCE_SIZE_MAX)
		return NULL;
	text = tlsbind_base64url_encode(evidence, len);
	if (!text)
		return NULL;
	root = json_pack("[s, s]", TLSBIND_MEDIA_TYPE, text);
	if (root)
		out = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	free(text);
	return out;
}

int tlsbind_cmw_unwrap(const char *cmw, size_t cmw_len, uint8_t **evidence, size_t *len)
{
	json_t *root = tlsbind_json_load(cmw, cmw_len);
	const json_t *type = json_array_get(root, 0);
	const json_t *value = json_array_get(root, 1);
	int ret = -EBADMSG;

	*evidence = NULL;
	*len = 0;
	if (json_array_size(root) == 2 && json_is_string(type) && json_is_string(value) &&
	    json_string_length(type) == strlen(TLSBIND_MEDIA_TYPE) &&
	    !strcmp(json_string_value(type), TLSBIND_MEDIA_TYPE))
		ret = tlsbind_base64url_decode(json_string_value(value),
					       json_string_length(value), evidence, len);
	if (!ret && *len > TLSBIND_EVIDENCE_SIZE_MAX) {
		free(*evidence);
		*evidence = NULL;
		*len = 0;
		ret = -EBADMSG;
	}
	json_decref(root);
	return ret;
}
