/* SPDX-License-Identifier: MIT */
/*
 * An HTTPS server whose connections can be attested. What it takes:
 *
 *  1. TLS 1.3 with OpenSSL 3.2 or later, SSL_OP_ENABLE_KTLS and no session
 *     tickets (attest_context). OpenSSL does the handshake, then both keys are in
 *     the kernel, and the socket carries plaintext for whoever reads and writes
 *     it: here libmicrohttpd.
 *  2. An answer to POST /.well-known/tlsbind: hand the nonce to the kernel, wrap
 *     what the kernel gives (answer_challenge).
 *
 * The rest is an ordinary server: GET / greets. A kTLS socket reads EIO where the peer
 * sent an alert or KeyUpdate; libmicrohttpd takes that for the end, as it should.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <tlsbind.h>
#include <unistd.h>

#define HANDSHAKE_SECONDS	20
#define IDLE_SECONDS		60
#define BODY_MAX		4096
#define CONNECTIONS_MAX		1024

static struct MHD_Daemon *http;
static SSL_CTX *tls;

/* By socket; kept for the last word of a connection, close_notify. */
static SSL *sessions[CONNECTIONS_MAX];

/* A request: its body as far as it has come, and evidence if it asked for that. */
struct request {
	char body[BODY_MAX];
	size_t len;
	bool too_long;
	struct MHD_Connection *connection;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	bool asked;
	int error;
	uint8_t *evidence;
	size_t evidence_len;
};

static SSL_CTX *attest_context(const char *certificate, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
	/* Without tickets nothing is resumed, and no record follows the handshake. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_num_tickets(ctx, 0) ||
	    SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      const char *type, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text,
									MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result answer_error(struct MHD_Connection *connection, unsigned int status,
				    const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"error\":\"%s\"}", why);
	return answer(connection, status, "application/json", text);
}

static int connection_fd(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/* The hardware takes its time: a thread waits for it, not the server. */
static void *collect_evidence(void *arg)
{
	struct request *request = arg;

	request->error = tlsbind_socket_evidence(connection_fd(request->connection),
						 request->nonce, NULL, &request->evidence,
						 &request->evidence_len);
	MHD_resume_connection(request->connection);
	return NULL;
}

static enum MHD_Result ask_for_evidence(struct MHD_Connection *connection,
					struct request *request)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	pthread_t thread;

	if (tlsbind_challenge_decode(request->body, request->len, request->nonce, id))
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "malformed challenge");
	if (!tlsbind_socket_is(connection_fd(connection), id))
		return answer_error(connection, MHD_HTTP_NOT_FOUND, "not this connection");
	request->asked = true;
	request->connection = connection;
	MHD_suspend_connection(connection);
	if (pthread_create(&thread, NULL, collect_evidence, request)) {
		request->error = -EAGAIN;
		MHD_resume_connection(connection);
	} else {
		pthread_detach(thread);
	}
	return MHD_YES;
}

static enum MHD_Result answer_challenge(struct MHD_Connection *connection,
					struct request *request)
{
	enum MHD_Result ret;
	char *cmw;

	if (!request->asked)
		return ask_for_evidence(connection, request);
	if (request->error)
		return answer_error(connection, tlsbind_http_status(request->error),
				    strerror(-request->error));
	cmw = tlsbind_cmw_wrap(request->evidence, request->evidence_len);
	if (!cmw)
		return MHD_NO;
	ret = answer(connection, MHD_HTTP_OK, TLSBIND_MEDIA_TYPE_CMW, cmw);
	free(cmw);
	return ret;
}

/* libmicrohttpd calls this for the head of a request, for each piece of body, at its end. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **state)
{
	struct request *request = *state;

	(void)cls, (void)version;
	if (!request) {
		*state = calloc(1, sizeof(*request));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*size) {
		request->too_long |= *size > sizeof(request->body) - request->len;
		if (!request->too_long) {
			memcpy(request->body + request->len, data, *size);
			request->len += *size;
		}
		*size = 0;
		return MHD_YES;
	}
	if (request->too_long)
		return answer_error(connection, MHD_HTTP_CONTENT_TOO_LARGE, "body too large");
	if (!strcmp(url, TLSBIND_HTTP_PATH) && !strcmp(method, MHD_HTTP_METHOD_POST))
		return answer_challenge(connection, request);
	if (!strcmp(url, "/") && !strcmp(method, MHD_HTTP_METHOD_GET))
		return answer(connection, MHD_HTTP_OK, "text/plain", "Hello from the guest.\n");
	return answer_error(connection, MHD_HTTP_NOT_FOUND, "not found");
}

static void request_ended(void *cls, struct MHD_Connection *connection, void **state,
			  enum MHD_RequestTerminationCode code)
{
	struct request *request = *state;

	(void)cls, (void)connection, (void)code;
	if (request)
		free(request->evidence);
	free(request);
	*state = NULL;
}

/* The socket is about to be closed: OpenSSL says so to the peer. */
static void connection_event(void *cls, struct MHD_Connection *connection, void **context,
			     enum MHD_ConnectionNotificationCode code)
{
	int fd = connection_fd(connection);

	(void)cls, (void)context;
	if (code != MHD_CONNECTION_NOTIFY_CLOSED || fd < 0)
		return;
	SSL_shutdown(sessions[fd]);
	SSL_free(sessions[fd]);
	sessions[fd] = NULL;
}

/* The handshake of one connection; then it is libmicrohttpd's. */
static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct timeval limit = { .tv_sec = HANDSHAKE_SECONDS };
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	SSL *ssl = SSL_new(tls);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!ssl || !SSL_set_fd(ssl, fd) || SSL_accept(ssl) != 1) {
		fprintf(stderr, "handshake failed\n");
		goto fail;
	}
	if (!BIO_get_ktls_send(SSL_get_wbio(ssl)) || !BIO_get_ktls_recv(SSL_get_rbio(ssl))) {
		fprintf(stderr, "keys are not in the kernel (tls.ko, OpenSSL 3.2)\n");
		goto fail;
	}
	if (SSL_has_pending(ssl) || getpeername(fd, (struct sockaddr *)&address, &len))
		goto fail;
	sessions[fd] = ssl;
	/* If it does not want the socket, it closes it, and tells nobody. */
	if (MHD_add_connection(http, fd, (struct sockaddr *)&address, len) != MHD_YES)
		SSL_free(ssl);
	return NULL;
fail:
	ERR_print_errors_fp(stderr);
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static int listen_on(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *info;
	int fd, one = 1;

	if (getaddrinfo(address, port, &hints, &info))
		return -1;
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, 64)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(info);
	return fd;
}

int main(int argc, char **argv)
{
	int listener, fd;

	if (argc != 5) {
		fprintf(stderr, "usage: %s ADDRESS PORT CERTIFICATE KEY\n", argv[0]);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	tls = attest_context(argv[3], argv[4]);
	listener = listen_on(argv[1], argv[2]);
	/* TURBO: no shutdown() before the socket is closed, so that close_notify can be sent. */
	http = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET |
				MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL, handle,
				NULL, MHD_OPTION_NOTIFY_COMPLETED, request_ended, NULL,
				MHD_OPTION_NOTIFY_CONNECTION, connection_event, NULL,
				MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
	if (!tls || listener < 0 || !http) {
		fprintf(stderr, "cannot start\n");
		ERR_print_errors_fp(stderr);
		return 1;
	}
	for (;;) {
		pthread_t thread;

		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			usleep(10000);	/* out of files, or a client that went away */
		else if (fd >= CONNECTIONS_MAX ||
			 pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(thread);
	}
}
