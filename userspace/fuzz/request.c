/* SPDX-License-Identifier: MIT */
/*
 * What tlsbindd reads: the head of a request and its body, sockets that are passed, addresses
 * to listen on. The input is cut at zero bytes.
 */
#include <stdbool.h>
#include <string.h>
#include <openssl/err.h>
#include "fuzz.h"
#include "manager.h"
#include "options.h"
#include "request.h"

#define LIMIT	1000

/* The next string of the input; NULL if there is none left. */
static const char *next(const char **at, const char *end)
{
	const char *text = *at;

	if (text >= end)
		return NULL;
	*at = text + strlen(text) + 1;
	return text;
}

/* What is let through is JSON by its type, POST, for our path, and not too long. */
static void let_through(const struct request_head *head)
{
	const char *rest = head->type ? head->type + strlen("application/json") : NULL;

	FUZZ_HOLDS(rest && !strncasecmp(head->type, "application/json", 16));
	rest += strspn(rest, " \t");
	FUZZ_HOLDS(*rest == '\0' || *rest == ';');
	FUZZ_HOLDS(!strcmp(head->method, "POST") && !strcmp(head->path, TLSBIND_HTTP_PATH));
	FUZZ_HOLDS(!head->length || strtoull(head->length, NULL, 10) <= LIMIT);
}

static void head(const char *at, const char *end)
{
	struct request_head head = { .method = "POST", .path = TLSBIND_HTTP_PATH };
	struct status status;

	head.type = next(&at, end);
	head.length = next(&at, end);
	status = request_head_check(&head, LIMIT);
	if (!status.code)
		let_through(&head);
	else
		FUZZ_HOLDS(status.code >= 400 && status.code < 500 && status.text);
	head.path = next(&at, end) ?: "";
	head.method = next(&at, end) ?: "";
	if (!request_head_check(&head, LIMIT).code)
		let_through(&head);
}

static void body(const char *text, size_t size)
{
	static const uint8_t zero[TLSBIND_NONCE_SIZE];
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	bool good = !request_body_parse(text, size, nonce, id).code;

	FUZZ_HOLDS(good == !!memcmp(id, zero, sizeof(id)));
	FUZZ_HOLDS(good || !memcmp(nonce, zero, sizeof(nonce)));
}

static void sockets(const char *at, const char *end)
{
	const char *fds = next(&at, end), *names = next(&at, end);
	struct manager_sockets out;
	int ret = manager_sockets_parse("42", fds, names, 42, &out), i;

	FUZZ_HOLDS(out.count >= 0 && out.count <= MANAGER_SOCKETS_MAX && (!ret || !out.count));
	for (i = 0; i < out.count; i++)
		FUZZ_HOLDS(out.name[i] && !strchr(out.name[i], ':'));
}

static void address(const char *text)
{
	struct options_listen out;

	if (options_listen_parse(text, &out))
		return;
	FUZZ_HOLDS(memchr(out.host, '\0', sizeof(out.host)) && out.host[0]);
	FUZZ_HOLDS(memchr(out.port, '\0', sizeof(out.port)));
	FUZZ_HOLDS(!out.port[0] == (out.scheme == OPTIONS_UNIX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_HOLDS(text);
	memcpy(text, data, size);
	text[size] = '\0';
	head(text, text + size);
	body((const char *)data, size);
	sockets(text, text + size);
	address(text);
	free(text);
	FUZZ_HOLDS(!ERR_peek_error());
	return 0;
}
