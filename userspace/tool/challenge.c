/* SPDX-License-Identifier: MIT */
/* The challenge: one HTTP exchange by OpenSSL's client, on the connection itself. */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/http.h>
#include "tool.h"

#define TOOL_RESPONSE_MAX	(2 * TLSBIND_EVIDENCE_SIZE_MAX)
#define TOOL_HTTP_LINE_MAX	4096

static void tool_http_header_free(CONF_VALUE *header)
{
	free(header->name);
	free(header->value);
	free(header);
}

static STACK_OF(CONF_VALUE) *tool_http_headers(const struct tool_peer *peer)
{
	STACK_OF(CONF_VALUE) *headers = sk_CONF_VALUE_new_null();
	CONF_VALUE *host = calloc(1, sizeof(*host));

	if (headers && host) {
		host->name = strdup("Host");
		host->value = strdup(peer->servername);
		if (host->name && host->value && sk_CONF_VALUE_push(headers, host))
			return headers; /* NOLINT(clang-analyzer-unix.Malloc): it holds host */
	}
	if (host)
		tool_http_header_free(host);
	sk_CONF_VALUE_free(headers);
	return NULL;
}

/* Exactly as many bytes as were announced: what follows belongs to the application. */
static char *tool_http_body(BIO *bio, size_t len)
{
	char *body;
	size_t done, n;

	if (!len || len > TOOL_RESPONSE_MAX) {
		tool_error("answer without a usable Content-Length");
		return NULL;
	}
	body = malloc(len);
	for (done = 0; body && done < len; done += n) {
		if (BIO_read_ex(bio, body + done, len - done, &n) != 1) {
			tool_error("answer ends too early");
			free(body);
			return NULL;
		}
	}
	return body;
}

static char *tool_http_exchange(OSSL_HTTP_REQ_CTX *http, const struct tool_peer *peer,
				const char *request, size_t *len)
{
	STACK_OF(CONF_VALUE) *headers = tool_http_headers(peer);
	BIO *body = BIO_new_mem_buf(request, -1), *answer = NULL;
	char *text = NULL;

	if (headers && body &&
	    OSSL_HTTP_set1_request(http, TLSBIND_HTTP_PATH, headers, "application/json", body,
				   NULL, 0, TOOL_RESPONSE_MAX,
				   (int)peer->timeout, 2))
		answer = OSSL_HTTP_exchange(http, NULL);
	if (answer) {
		*len = OSSL_HTTP_REQ_CTX_get_resp_len(http);
		text = tool_http_body(answer, *len);
	} else {
		tool_error("%s gives no evidence", peer->servername);
	}
	BIO_free(answer);
	BIO_free(body);
	sk_CONF_VALUE_pop_free(headers, tool_http_header_free);
	return text;
}

/*
 * Not every version of OpenSSL tells an error's status; what the server says tells it
 * as well: a CMW record is an array, an error an object. Return: true for a CMW.
 */
static bool tool_is_cmw(const char *answer, size_t len, const struct tool_peer *peer)
{
	json_t *root = json_loadb(answer, len, JSON_REJECT_DUPLICATES, NULL);
	const char *error = json_string_value(json_object_get(root, "error"));
	bool cmw = json_is_array(root);

	if (!cmw)
		tool_error("%s gives no evidence: %.79s", peer->servername,
			   error ? error : "not an answer of tlsbind");
	json_decref(root);
	return cmw;
}

int tool_challenge(SSL *ssl, const struct tool_peer *peer,
		   const uint8_t nonce[TLSBIND_NONCE_SIZE], uint8_t **evidence, size_t *len)
{
	char *request = tlsbind_challenge_encode(nonce, NULL), *answer = NULL;
	BIO *bio = BIO_new(BIO_f_ssl());
	OSSL_HTTP_REQ_CTX *http = NULL;
	size_t answer_len = 0;
	int ret = -1;

	*evidence = NULL;
	*len = 0;
	if (request && bio) {
		BIO_set_ssl(bio, ssl, BIO_NOCLOSE);
		http = OSSL_HTTP_open(NULL, NULL, NULL, NULL, 0, bio, bio, NULL, NULL,
				      TOOL_HTTP_LINE_MAX, (int)peer->timeout);
	}
	if (http)
		answer = tool_http_exchange(http, peer, request, &answer_len);
	else
		tool_error("cannot make a challenge");
	OSSL_HTTP_close(http, answer != NULL);
	/* What cannot be unwrapped stays empty, which the verification calls malformed. */
	if (answer && tool_is_cmw(answer, answer_len, peer)) {
		(void)tlsbind_cmw_unwrap(answer, answer_len, evidence, len);
		ret = 0;
	}
	BIO_free_all(bio);
	free(request);
	free(answer);
	return ret;
}
