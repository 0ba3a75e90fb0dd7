/* SPDX-License-Identifier: MIT */
/*
 * tlsbind connect --listen: a forwarder for programs of this machine.
 *
 * A process for each connection, because every step of an attested connection is a
 * reason to fail: the peer's certificate, what a responder answers and the evidence are
 * parsed, each from strangers. What goes wrong in one process (or takes too long: its
 * alarm ends it wherever it is) ends one connection, and no process holds the keys of
 * two. What it costs is a fork, beside a TLS handshake and the verification of
 * signatures. The policy and the roots are read once, before.
 *
 * The local program must never take a connection for one that ended in good order when it
 * did not. So each socket is set to be reset when it is closed, at once when it is
 * accepted; only after both directions ended as they should is that taken back.
 * Whatever way a process ends, the kernel then sends the reset.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include "connect.h"

#define LISTEN_CONNECTIONS	64
#define LISTEN_BACKLOG		128

/* Without an address: nobody but this machine. */
#define LISTEN_ADDRESS		"127.0.0.1"

/**
 * struct connect_served - a connection
 * @pid: process that has it; 0 for none
 * @from: who it is from
 */
struct connect_served {
	pid_t pid;
	char from[160];
};

/**
 * struct connect_listener - who listens
 * @fd: the socket
 * @max: connections at once; more wait in the socket's queue
 * @count: how many there are
 * @served: those, @max of which some are none
 */
struct connect_listener {
	int fd;
	unsigned int max;
	unsigned int count;
	struct connect_served *served;
};

static volatile sig_atomic_t listen_stop;

static void listen_signal(int signal)
{
	if (signal != SIGCHLD)
		listen_stop = signal;
}

static int listen_bind(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, LISTEN_BACKLOG))
		return fd;
	close(fd);
	return -1;
}

static void listen_name(const struct sockaddr_storage *address, socklen_t len, char *name,
			size_t size)
{
	char host[128] = "?", port[16] = "?";

	getnameinfo((const struct sockaddr *)address, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(name, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static void listen_tell(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char name[160];

	if (getsockname(fd, (struct sockaddr *)&address, &len))
		return;
	listen_name(&address, len, name, sizeof(name));
	tool_message("listening on %s", name);
}

/* Return: a socket; -1 after a message. */
static int listen_open(const char *text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *info;
	char *host = NULL, *port = NULL;
	int fd = -1, ret;

	if (BIO_parse_hostserv(text, &host, &port, BIO_PARSE_PRIO_SERV) != 1 || !port) {
		tool_error("not [ADDRESS:]PORT: %s", text);
		OPENSSL_free(host);
		return -1;
	}
	ret = getaddrinfo(host ? host : LISTEN_ADDRESS, port, &hints, &info);
	if (!ret) {
		fd = listen_bind(info);
		freeaddrinfo(info);
	}
	if (fd < 0)
		tool_error("cannot listen on %s: %s", text,
			   ret ? gai_strerror(ret) : strerror(errno));
	OPENSSL_free(host);
	OPENSSL_free(port);
	return fd;
}

static void listen_reset_on_close(int fd, bool reset)
{
	struct linger linger = { .l_onoff = reset };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* In a process of its own; it does not outlive the one that listens. */
static void listen_serve(const struct connect *c, int fd, const char *from, pid_t parent)
	__attribute__((noreturn));

static void listen_serve(const struct connect *c, int fd, const char *from, pid_t parent)
{
	const struct tool_ends ends = { fd, fd, true };
	struct connect mine = *c;
	int code;

	mine.from = from;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(TOOL_CONNECT);
	code = tool_connect_one(&mine, &ends);
	if (code == TOOL_OK)
		listen_reset_on_close(fd, false);
	_exit(code);
}

static bool listen_fork(struct connect_listener *listener, const struct connect *c, int fd,
			const char *from, const sigset_t *normal)
{
	struct connect_served *served = listener->served;
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		close(listener->fd);
		sigprocmask(SIG_SETMASK, normal, NULL);
		listen_serve(c, fd, from, parent);
	}
	if (pid < 0)
		return false;
	while (served->pid)
		served++;
	served->pid = pid;
	snprintf(served->from, sizeof(served->from), "%s", from);
	listener->count++;
	return true;
}

/* What cannot be served is reset by closing it. */
static void listen_accept(struct connect_listener *listener, const struct connect *c,
			  const sigset_t *normal)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = accept4(listener->fd, (struct sockaddr *)&address, &len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	char from[160];

	if (fd < 0) {
		/* Whoever went away again is nobody's business; the rest may pass. */
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
			tool_message("cannot accept a connection: %s", strerror(errno));
			poll(NULL, 0, 100);
		}
		return;
	}
	listen_reset_on_close(fd, true);
	listen_name(&address, len, from, sizeof(from));
	if (!listen_fork(listener, c, fd, from, normal))
		tool_message("connection from %s reset: %s", from, strerror(errno));
	close(fd);
}

static void listen_ended(const char *from, int status)
{
	if (WIFSIGNALED(status))
		tool_message("connection from %s reset: signal %d", from, WTERMSIG(status));
	else if (WEXITSTATUS(status) != TOOL_OK)
		tool_message("connection from %s reset: status %d", from, WEXITSTATUS(status));
}

static void listen_reap(struct connect_listener *listener, int flags)
{
	unsigned int i;
	int status;
	pid_t pid;

	while (listener->count && (pid = waitpid(-1, &status, flags)) > 0) {
		for (i = 0; i < listener->max && listener->served[i].pid != pid; i++)
			;
		if (i == listener->max)
			continue;
		listener->served[i].pid = 0;
		listener->count--;
		if (!listen_stop)
			listen_ended(listener->served[i].from, status);
	}
}

/* Signals come only while it waits, so that none is missed. */
static void listen_loop(struct connect_listener *listener, const struct connect *c,
			const sigset_t *normal)
{
	struct pollfd p = { .events = POLLIN };

	while (!listen_stop) {
		p.fd = listener->count < listener->max ? listener->fd : -1;
		if (ppoll(&p, 1, NULL, normal) > 0 && !listen_stop)
			listen_accept(listener, c, normal);
		listen_reap(listener, WNOHANG);
	}
}

static void listen_end(struct connect_listener *listener)
{
	unsigned int i;

	close(listener->fd);
	for (i = 0; i < listener->max; i++)
		if (listener->served[i].pid)
			kill(listener->served[i].pid, SIGTERM);
	listen_reap(listener, 0);
	free(listener->served);
}

static void listen_signals(sigset_t *normal)
{
	struct sigaction action = { .sa_handler = listen_signal };
	static const int signals[] = { SIGCHLD, SIGINT, SIGTERM };
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&blocked, signals[i]);
		sigaction(signals[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, normal);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(normal, signals[i]);
}

int tool_connect_listen(const struct connect *c)
{
	struct connect_listener listener = {
		.max = c->connections ? c->connections : LISTEN_CONNECTIONS,
	};
	sigset_t normal;

	listener.served = calloc(listener.max, sizeof(*listener.served));
	if (!listener.served) {
		tool_error("out of memory");
		return TOOL_USAGE;
	}
	listener.fd = listen_open(c->listen);
	if (listener.fd < 0) {
		free(listener.served);
		return TOOL_USAGE;
	}
	listen_signals(&normal);
	listen_tell(listener.fd);
	listen_loop(&listener, c, &normal);
	listen_end(&listener);
	return TOOL_OK;
}
