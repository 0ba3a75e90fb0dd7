/* SPDX-License-Identifier: MIT */
/* tlsbind connect --listen, and a local program that uses it. Only for one file of a program. */
#ifndef TLSBIND_TESTS_FORWARDER_H
#define TLSBIND_TESTS_FORWARDER_H

#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include "asked.h"

/* The forwarder, and where it listens. */
static struct peer p;
static struct sockaddr_in local;

/* Wait until the tool has said this. Return: what follows. */
static const char *said_after(const char *text)
{
	static char said[65536];
	const char *at = NULL;
	size_t n;

	for (int tries = 0; tries < 2000 && (!at || !strchr(at, '\n')); tries++) {
		n = (size_t)pread(fileno(p.out), said, sizeof(said) - 1, 0);
		said[n] = '\0';
		at = strstr(said, text);
		if (!at || !strchr(at, '\n'))
			usleep(5000);
	}
	assert_non_null(at);
	return at + strlen(text);
}

static void forwarder_start(char *const options[])
{
	unsigned int port;

	peer_exec(&p, options);
	assert_int_equal(sscanf(said_after("listening on 127.0.0.1:"), "%u", &port), 1);
	local = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static void forwarder_stop(void)
{
	assert_int_equal(kill(p.pid, SIGTERM), 0);
	assert_int_equal(peer_wait(&p), 0);
	close(p.listener);
	fclose(p.in);
	fclose(p.out);
}

static int local_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&local, sizeof(local)), 0);
	return fd;
}

/* What the local program reads next: a text, "" for the end, or the name of the error. */
static const char *local_read(int fd)
{
	static char data[8192];
	ssize_t n = read(fd, data, sizeof(data) - 1);

	if (n < 0)
		return strerrorname_np(errno);
	data[n] = '\0';
	return data;
}

static bool readable(int fd, int ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	return poll(&poller, 1, ms) > 0;
}

#endif /* TLSBIND_TESTS_FORWARDER_H */
