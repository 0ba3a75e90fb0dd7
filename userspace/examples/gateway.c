/* SPDX-License-Identifier: MIT */
/*
 * A gateway for programs that know nothing of tlsbind: they connect to it in plain, on this
 * machine, and it connects to an attested server for each of them. It shows how one
 * appraisal and one cache serve many connections at once: hardware signs one report for
 * many challenges, and only the first of them costs signatures here.
 *
 * A connection whose evidence is not accepted is closed before a byte was passed on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "attest.h"

#define CONNECTIONS_MAX	256

static struct attest attest;
static const char *host, *port;
static sem_t places;

/* Bytes on their way in one direction. */
struct stream {
	char data[16 * 1024];
	size_t len, done;
};

/* Return: false if there is an end, or a failure. */
static bool stream_from_socket(struct stream *s, int fd)
{
	ssize_t got;

	if (s->len)
		return true;
	got = read(fd, s->data, sizeof(s->data));
	if (got > 0)
		s->len = (size_t)got;
	return got > 0 || (got < 0 && errno == EAGAIN);
}

static bool stream_to_socket(struct stream *s, int fd)
{
	ssize_t put;

	if (!s->len)
		return true;
	put = write(fd, s->data + s->done, s->len - s->done);
	if (put > 0)
		s->done += (size_t)put;
	if (s->done == s->len)
		s->len = s->done = 0;
	return put > 0 || errno == EAGAIN;
}

static bool stream_again(SSL *ssl, int ret)
{
	int error = SSL_get_error(ssl, ret);

	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static bool stream_from_tls(struct stream *s, SSL *ssl)
{
	int ret;

	if (s->len)
		return true;
	ret = SSL_read_ex(ssl, s->data, sizeof(s->data), &s->len);
	return ret == 1 || stream_again(ssl, ret);
}

static bool stream_to_tls(struct stream *s, SSL *ssl)
{
	size_t put;
	int ret;

	if (!s->len)
		return true;
	ret = SSL_write_ex(ssl, s->data + s->done, s->len - s->done, &put);
	if (ret != 1)
		return stream_again(ssl, ret);
	s->done += put;
	if (s->done == s->len)
		s->len = s->done = 0;
	return true;
}

static void pass(int client, SSL *ssl)
{
	struct stream up = { .len = 0 }, down = { .len = 0 };
	int server = SSL_get_fd(ssl);
	bool on = true;

	fcntl(client, F_SETFL, O_NONBLOCK);
	fcntl(server, F_SETFL, O_NONBLOCK);
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
	while (on) {
		struct pollfd pfd[2] = {
			{ .fd = client, .events = (up.len ? 0 : POLLIN) | (down.len ? POLLOUT : 0) },
			{ .fd = server, .events = (down.len ? 0 : POLLIN) | (up.len ? POLLOUT : 0) },
		};

		if ((down.len || !SSL_has_pending(ssl)) && poll(pfd, 2, -1) < 0 && errno != EINTR)
			break;
		on = stream_from_socket(&up, client) && stream_to_tls(&up, ssl) &&
		     stream_from_tls(&down, ssl) && stream_to_socket(&down, client);
	}
}

static void *serve(void *arg)
{
	int client = (int)(intptr_t)arg;
	SSL *ssl = attest_connect(&attest, host, port);

	if (ssl) {
		pass(client, ssl);
		attest_close(ssl);
	}
	close(client);
	sem_post(&places);
	return NULL;
}

static int listen_on(const char *number)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(number, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 64))
		return fd;
	close(fd);
	return -1;
}

/* On SIGUSR1: how the cache does. */
static void *report(void *arg)
{
	struct tlsbind_cache_info info;
	sigset_t *set = arg;
	int number;

	while (!sigwait(set, &number)) {
		tlsbind_cache_info(attest.cache, &info);
		printf("%zu reports, %llu hits, %llu misses\n", info.reports,
		       (unsigned long long)info.hits, (unsigned long long)info.misses);
		fflush(stdout);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int first = attest_init(&attest, argc, argv), listener;
	pthread_t thread;
	sigset_t set;

	if (first < 0 || first + 3 != argc) {
		fprintf(stderr, "usage: %s " ATTEST_OPTIONS " LOCALPORT HOST PORT\n", argv[0]);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	host = argv[first + 1];
	port = argv[first + 2];
	listener = listen_on(argv[first]);
	if (listener < 0 || sem_init(&places, 0, CONNECTIONS_MAX) ||
	    pthread_create(&thread, NULL, report, &set)) {
		perror("cannot start");
		return 1;
	}
	for (;;) {
		int client;

		while (sem_wait(&places))
			;
		client = accept(listener, NULL, NULL);
		if (client >= 0 && !pthread_create(&thread, NULL, serve, (void *)(intptr_t)client)) {
			pthread_detach(thread);
			continue;
		}
		if (client >= 0)
			close(client);
		else
			usleep(10000);	/* out of files, or a client that went away */
		sem_post(&places);
	}
}
