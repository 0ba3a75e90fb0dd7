/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange.h"
#include "http.h"
#include "log.h"
#include "request.h"
#include "status.h"

static struct log_limit exchange_log;

/* @text is freed. */
static enum MHD_Result exchange_answer(struct exchange *exchange, const struct status *status,
				       const char *type, char *text)
{
	struct MHD_Response *response;
	enum MHD_Result ret;
	char seconds[16];

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	snprintf(seconds, sizeof(seconds), "%u", status->retry);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status->retry)
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	if (status->code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
	if (exchange->listener->http->stopping)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	client_expect(exchange->client);
	ret = MHD_queue_response(exchange->connection, status->code, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result exchange_refuse(struct exchange *exchange, const struct status *status)
{
	return exchange_answer(exchange, status, "application/json", status_json(status));
}

static enum MHD_Result exchange_fail(struct exchange *exchange, int error)
{
	struct status status = status_of(error);

	return exchange_refuse(exchange, &status);
}

static struct client *exchange_client(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static struct exchange *exchange_new(struct http_listener *listener,
				     struct MHD_Connection *connection)
{
	struct client *client = exchange_client(connection);
	struct exchange *exchange;

	if (!client)
		return NULL;
	exchange = calloc(1, sizeof(*exchange) + listener->http->limits->body);
	if (!exchange)
		return NULL;
	exchange->listener = listener;
	exchange->connection = connection;
	exchange->client = client;
	http_begun(listener->http);
	return exchange;
}

/* What is refused here has its body not read: libmicrohttpd closes the connection then. */
static enum MHD_Result exchange_head(struct exchange *exchange, const char *url,
				     const char *method)
{
	struct MHD_Connection *c = exchange->connection;
	const struct http *http = exchange->listener->http;
	struct request_head head = {
		.method = method,
		.path = url,
		.type = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						    MHD_HTTP_HEADER_CONTENT_TYPE),
		.length = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						      MHD_HTTP_HEADER_CONTENT_LENGTH),
	};
	struct status status = { 429, "too many requests", 1 };

	if (quota_charge(&http->quotas, exchange->client->quota, loop_now()))
		status = request_head_check(&head, http->limits->body);
	return status.code ? exchange_refuse(exchange, &status) : MHD_YES;
}

static void exchange_body(struct exchange *exchange, const char *data, size_t size)
{
	exchange->too_large |= size > exchange->listener->http->limits->body - exchange->len;
	if (exchange->too_large)
		return;
	memcpy(exchange->body + exchange->len, data, size);
	exchange->len += size;
}

static void exchange_resume(struct exchange *exchange)
{
	TAILQ_REMOVE(&exchange->listener->http->suspended, exchange, node);
	exchange->suspended = false;
	MHD_resume_connection(exchange->connection);
	http_wake(exchange->listener);
}

static void exchange_answered(void *arg)
{
	struct exchange *exchange = arg;

	client_expect(exchange->client);
	exchange_resume(exchange);
}

static void exchange_gone(void *arg)
{
	exchange_abandon(arg);
}

void exchange_abandon(struct exchange *exchange)
{
	question_cancel(&exchange->question);
	exchange->gone = true;
	client_expect(exchange->client);
	exchange_resume(exchange);
}

static enum MHD_Result exchange_ask(struct exchange *exchange)
{
	struct http *http = exchange->listener->http;
	struct question *question = &exchange->question;
	struct status status = request_body_parse(exchange->body, exchange->len,
						  question->nonce, question->id);

	if (exchange->too_large)
		status = (struct status){ 413, "body too large", 0 };
	if (status.code)
		return exchange_refuse(exchange, &status);
	if (http->stopping)
		return exchange_fail(exchange, -ECANCELED);
	exchange->asked = exchange->suspended = true;
	TAILQ_INSERT_TAIL(&http->suspended, exchange, node);
	MHD_suspend_connection(exchange->connection);
	client_wait(exchange->client, exchange_gone, exchange);
	question->ended = exchange_answered;
	question->arg = exchange;
	question_start(http->questions, question);
	return MHD_YES;
}

static enum MHD_Result exchange_end(struct exchange *exchange)
{
	static const struct status good = { 200, NULL, 0 };
	const struct question *question = &exchange->question;

	if (!exchange->asked)
		return exchange_ask(exchange);
	if (exchange->gone)
		return MHD_NO;
	if (question->error == -EAGAIN)
		log_trouble(&exchange_log, "a question was refused: too many wait");
	if (question->error)
		return exchange_fail(exchange, question->error);
	return exchange_answer(exchange, &good, TLSBIND_MEDIA_TYPE_CMW,
			       tlsbind_cmw_wrap(question->evidence, question->len));
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *data,
				size_t *size, void **state)
{
	struct exchange *exchange = *state;

	(void)version;
	if (!exchange) {
		*state = exchange = exchange_new(cls, connection);
		return exchange ? exchange_head(exchange, url, method) : MHD_NO;
	}
	if (!*size)
		return exchange_end(exchange);
	exchange_body(exchange, data, *size);
	*size = 0;
	return MHD_YES;
}

void exchange_completed(void *cls, struct MHD_Connection *connection, void **state,
			enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *state;

	(void)cls;
	(void)connection;
	(void)code;
	*state = NULL;
	if (!exchange)
		return;
	question_cancel(&exchange->question);
	client_expect(exchange->client);
	http_completed(exchange->listener->http);
	free(exchange->question.evidence);
	free(exchange);
}
