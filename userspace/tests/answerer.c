/* SPDX-License-Identifier: MIT */
#include "answerer.h"
#include <microhttpd.h>

/** struct answerer_body - of a question, as far as it has come */
struct answerer_body {
	char data[1024];
	size_t len;
};

static enum MHD_Result answerer_send(struct MHD_Connection *connection, unsigned int status,
				     char *text, const char *retry_after)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text,
									MHD_RESPMEM_MUST_FREE);
	enum MHD_Result ret;

	if (retry_after)
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, retry_after);
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result answerer_evidence(struct answerer *answerer,
					 struct MHD_Connection *connection,
					 const uint8_t nonce[TLSBIND_NONCE_SIZE],
					 unsigned int number)
{
	struct synth_case c = answerer->guest->c;
	struct test_bytes evidence;
	char *cmw;

	memcpy(c.claims.nonce, nonce, TLSBIND_NONCE_SIZE);
	if (answerer->does == ANSWERER_OLD)
		c.claims.nonce[0] ^= 1;
	if (answerer->change)
		answerer->change(&c, number);
	evidence = synth_encode(&c);
	cmw = tlsbind_cmw_wrap(evidence.data, evidence.len);
	free(evidence.data);
	return answerer_send(connection, MHD_HTTP_OK, cmw, NULL);
}

static ssize_t answerer_piece(void *arg, uint64_t at, char *data, size_t size)
{
	struct answerer *answerer = arg;

	if (answerer->does == ANSWERER_CUTS && at)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memset(data, 'A', size);
	return (ssize_t)size;
}

static enum MHD_Result answerer_stream(struct answerer *answerer,
				       struct MHD_Connection *connection)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, answerer_piece, answerer,
						  NULL);
	enum MHD_Result ret = MHD_queue_response(connection, MHD_HTTP_OK, response);

	MHD_destroy_response(response);
	return ret;
}

/* Until the end, when libmicrohttpd wants to have it back. All in its one thread. */
static enum MHD_Result answerer_hang(struct answerer *answerer, struct MHD_Connection *connection)
{
	if (answerer->hanging == ANSWERER_HANGING)
		return MHD_NO;
	answerer->hang[answerer->hanging++] = connection;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static enum MHD_Result answerer_answer(struct answerer *answerer,
				       struct MHD_Connection *connection,
				       const struct answerer_body *body)
{
	unsigned int number = __atomic_fetch_add(&answerer->asked, 1, __ATOMIC_SEQ_CST);
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];

	if (tlsbind_challenge_decode(body->data, body->len, nonce, id))
		__atomic_fetch_add(&answerer->malformed, 1, __ATOMIC_SEQ_CST);
	if (number < ANSWERER_NONCES) {
		memcpy(answerer->nonces[number], nonce, sizeof(nonce));
		memcpy(answerer->ids[number], id, sizeof(id));
	}
	if (answerer->does == ANSWERER_STATUS || number < answerer->first)
		return answerer_send(connection, answerer->status, strdup(answerer->text),
				     answerer->retry_after);
	if (answerer->does == ANSWERER_HANGS)
		return answerer_hang(answerer, connection);
	if (answerer->does == ANSWERER_CUTS || answerer->does == ANSWERER_ENDLESS)
		return answerer_stream(answerer, connection);
	return answerer_evidence(answerer, connection, nonce, number);
}

static bool answerer_wanted(struct MHD_Connection *connection, const char *url,
			    const char *method)
{
	const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_CONTENT_TYPE);

	return type && !strcmp(type, "application/json") && !strcmp(url, TLSBIND_HTTP_PATH) &&
	       !strcmp(method, MHD_HTTP_METHOD_POST);
}

static enum MHD_Result answerer_handle(void *arg, struct MHD_Connection *connection,
				       const char *url, const char *method, const char *version,
				       const char *data, size_t *size, void **state)
{
	struct answerer *answerer = arg;
	struct answerer_body *body = *state;

	(void)version;
	if (!body) {
		*state = calloc(1, sizeof(*body));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*size) {
		if (*size > sizeof(body->data) - body->len)
			return MHD_NO;
		memcpy(body->data + body->len, data, *size);
		body->len += *size;
		*size = 0;
		return MHD_YES;
	}
	if (__atomic_load_n(&answerer->ends, __ATOMIC_SEQ_CST))
		return MHD_NO;
	if (!answerer_wanted(connection, url, method))
		return answerer_send(connection, MHD_HTTP_BAD_REQUEST, strdup("{}"), NULL);
	return answerer_answer(answerer, connection, body);
}

static void answerer_ended(void *arg, struct MHD_Connection *connection, void **state,
			   enum MHD_RequestTerminationCode code)
{
	(void)arg, (void)connection, (void)code;
	free(*state);
	*state = NULL;
}

void answerer_start(struct answerer *answerer)
{
	const union MHD_DaemonInfo *info;

	answerer->asked = answerer->malformed = answerer->hanging = 0;
	answerer->ends = false;
	answerer->http = MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		answerer_handle, answerer, MHD_OPTION_NOTIFY_COMPLETED, answerer_ended, NULL,
		MHD_OPTION_CONNECTION_LIMIT, 1000U, MHD_OPTION_END);
	assert_non_null(answerer->http);
	info = MHD_get_daemon_info(answerer->http, MHD_DAEMON_INFO_BIND_PORT);
	answerer->port = info->port;
}

void answerer_stop(struct answerer *answerer)
{
	__atomic_store_n(&answerer->ends, true, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < answerer->hanging; i++)
		MHD_resume_connection(answerer->hang[i]);
	MHD_stop_daemon(answerer->http);
	answerer->http = NULL;
}
