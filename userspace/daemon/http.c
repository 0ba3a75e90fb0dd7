/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "http.h"
#include "log.h"

/* A request's head, and what libmicrohttpd needs to answer it. */
#define HTTP_HEAD_SIZE		8192
#define HTTP_FILE_SIZE_MAX	(256 * 1024)
#define HTTP_PRIORITIES		"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Times of libmicrohttpd change with whatever it does. */
static void http_run(struct http_listener *listener)
{
	uint64_t ms;

	MHD_run(listener->mhd);
	if (MHD_get_timeout64(listener->mhd, &ms) == MHD_YES)
		loop_timer_set(listener->http->loop, &listener->timer, loop_now() + (int64_t)ms);
	else
		loop_timer_clear(listener->http->loop, &listener->timer);
}

static void http_ready(void *arg, uint32_t events)
{
	(void)events;
	http_run(arg);
}

static void http_due(void *arg)
{
	http_run(arg);
}

void http_wake(struct http_listener *listener)
{
	loop_timer_set(listener->http->loop, &listener->timer, loop_now());
}

void http_begun(struct http *http)
{
	http->requests++;
}

/* Whether there are more is looked at when all of this one is over. */
void http_completed(struct http *http)
{
	if (!--http->requests && http->stopping)
		http->drained(http->arg);
}

static enum MHD_Result http_accept(void *cls, const struct sockaddr *address, socklen_t len)
{
	const struct http_listener *listener = cls;

	(void)len;
	return quotas_full(&listener->http->quotas, address) ? MHD_NO : MHD_YES;
}

static void http_opened(struct http *http, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info;
	int fd;

	/* The next answer takes the place of this one. */
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	fd = info ? info->connect_fd : -1;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	*context = client_new(http->loop, &http->quotas, http->limits, fd,
			      info ? info->client_addr : NULL);
	/* Nobody would watch over its time. */
	if (!*context && fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

static void http_connection(void *cls, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode code)
{
	const struct http_listener *listener = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		http_opened(listener->http, connection, context);
	} else {
		client_free(*context);
		*context = NULL;
	}
}

/* Later it would be what strangers can cause. */
static void http_log(void *cls, const char *format, va_list args)
{
	const struct http_listener *listener = cls;
	char text[256];

	if (!listener->http->starting)
		return;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_line(LOG_LEVEL_ERROR, "%s", text);
}

static struct MHD_Daemon *http_mhd(struct http_listener *listener,
				   const struct listen_socket *socket)
{
	struct http *http = listener->http;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, http->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, http->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, HTTP_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
				(socket->https ? MHD_USE_TLS : 0), 0,
				http_accept, listener, exchange_handle, listener,
				MHD_OPTION_EXTERNAL_LOGGER, http_log, listener,
				MHD_OPTION_LISTEN_SOCKET, socket->fd,
				MHD_OPTION_NOTIFY_CONNECTION, http_connection, listener,
				MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, listener,
				MHD_OPTION_CONNECTION_LIMIT, http->limits->connections,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_SIZE,
				MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
				MHD_OPTION_ARRAY, socket->https ? tls : tls + 3,
				MHD_OPTION_END);
}

static int http_listen(struct http *http, struct listen_socket *socket)
{
	struct http_listener *listener = &http->listener[http->count];

	listener->http = http;
	listener->timer = (struct loop_timer){ .due = http_due, .arg = listener };
	listener->watch = (struct loop_watch){ .fd = -1, .ready = http_ready, .arg = listener };
	listener->mhd = http_mhd(listener, socket);
	if (!listener->mhd) {
		log_line(LOG_LEVEL_ERROR, "cannot serve %s", socket->https ? "https" : "http");
		return OPTIONS_USAGE;
	}
	socket->fd = -1;
	http->count++;
	listener->watch.fd = MHD_get_daemon_info(listener->mhd,
						 MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	if (loop_add(http->loop, &listener->watch, EPOLLIN)) {
		log_line(LOG_LEVEL_ERROR, "%s", strerror(errno));
		return OPTIONS_SYSTEM;
	}
	http_wake(listener);
	return OPTIONS_OK;
}

/* A PEM file, as a string. Return: NULL after a message. */
static char *http_file(const char *path)
{
	char *text = calloc(1, HTTP_FILE_SIZE_MAX + 1);
	FILE *file = fopen(path, "re");
	bool good = text && file;

	if (good) {
		size_t len = fread(text, 1, HTTP_FILE_SIZE_MAX + 1, file);

		good = !ferror(file) && len <= HTTP_FILE_SIZE_MAX;
		if (len > HTTP_FILE_SIZE_MAX)
			errno = EFBIG;
	}
	if (!good)
		log_line(LOG_LEVEL_ERROR, "%s: %s", path, strerror(errno));
	if (file)
		fclose(file);
	if (good)
		return text;
	free(text);
	return NULL;
}

static void http_forget_files(struct http *http)
{
	if (http->key)
		OPENSSL_cleanse(http->key, HTTP_FILE_SIZE_MAX);
	free(http->key);
	free(http->certificate);
	http->key = http->certificate = NULL;
}

int http_start(struct http *http, struct loop *loop, const struct options *options,
	       struct questions *questions, struct listen_sockets *sockets)
{
	int code = OPTIONS_OK;
	unsigned int i;

	http->loop = loop;
	http->limits = &options->limits;
	http->questions = questions;
	http->starting = true;
	TAILQ_INIT(&http->suspended);
	quotas_init(&http->quotas, options->limits.rate, options->limits.peer_connections);
	if (options->key) {
		http->certificate = http_file(options->certificate);
		http->key = http->certificate ? http_file(options->key) : NULL;
		code = http->key ? OPTIONS_OK : OPTIONS_USAGE;
	}
	for (i = 0; i < sockets->count && code == OPTIONS_OK; i++)
		code = http_listen(http, &sockets->socket[i]);
	http_forget_files(http);
	http->starting = false;
	return code;
}

void http_stop(struct http *http, void (*drained)(void *arg), void *arg)
{
	unsigned int i;
	int fd;

	http->drained = drained;
	http->arg = arg;
	http->stopping = true;
	for (i = 0; i < http->count; i++) {
		fd = MHD_quiesce_daemon(http->listener[i].mhd);
		if (fd >= 0)
			close(fd);
	}
	if (!http->requests)
		drained(arg);
}

/* libmicrohttpd does not end while a connection is suspended. */
void http_exit(struct http *http)
{
	struct exchange *exchange;

	if (!http->loop)
		return;
	while ((exchange = TAILQ_FIRST(&http->suspended)))
		exchange_abandon(exchange);
	http->stopping = false;
	while (http->count) {
		struct http_listener *listener = &http->listener[--http->count];

		loop_remove(http->loop, &listener->watch);
		MHD_stop_daemon(listener->mhd);
		loop_timer_clear(http->loop, &listener->timer);
	}
	quotas_exit(&http->quotas);
}
