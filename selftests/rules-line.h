/* SPDX-License-Identifier: MIT */
/*
 * Connections of several kinds for rules to be about, to this machine itself and,
 * through a veth, to another network namespace. Include it once, after _GNU_SOURCE.
 *
 *	network();
 *	listen_everywhere();
 *	l = line_keyed(FAR4);
 */
#ifndef TLSBIND_RULES_LINE_H
#define TLSBIND_RULES_LINE_H

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>

#include "guest.h"
#include "ktls.h"
#include "tap.h"

#define SUITE	0x1301

/* Where connections lead. */
enum place { LOOP4, LOOP6, MAPPED, OWN4, OWN6, FAR4, FAR6, PLACES };

static const struct {
	const char *name, *address;
	int family;
} places[PLACES] = {
	[LOOP4] = { "to 127.0.0.1", "127.0.0.1", AF_INET },
	[LOOP6] = { "to ::1", "::1", AF_INET6 },
	[MAPPED] = { "to ::ffff:127.0.0.1", "::ffff:127.0.0.1", AF_INET6 },
	[OWN4] = { "to an IPv4 address of one's own", "10.78.1.1", AF_INET },
	[OWN6] = { "to an IPv6 address of one's own", "fd78:1::1", AF_INET6 },
	[FAR4] = { "to another machine over IPv4", "10.78.1.2", AF_INET },
	[FAR6] = { "to another machine over IPv6", "fd78:1::2", AF_INET6 },
};

static int listeners[2];	/* here, and over there */
static uint16_t ports[2];

static inline void network(void)
{
	guest_need("set -e; modprobe veth; ip netns add tlsbind-far; "
		   "ip link add tlsbind-near type veth peer name tlsbind-far netns tlsbind-far; "
		   "ip address add 10.78.1.1/24 dev tlsbind-near; "
		   "ip address add fd78:1::1/64 dev tlsbind-near nodad; ip link set tlsbind-near up; "
		   "ip -n tlsbind-far address add 10.78.1.2/24 dev tlsbind-far; "
		   "ip -n tlsbind-far address add fd78:1::2/64 dev tlsbind-far nodad; "
		   "ip -n tlsbind-far link set tlsbind-far up");
}

static inline int listen_any(uint16_t *port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(any);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, len) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&any, &len))
		tap_bail("listener: %s", strerror(errno));
	*port = ntohs(any.sin6_port);
	return fd;
}

static inline void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		tap_bail("%s: %s", netns, strerror(errno));
	close(fd);
}

static inline void listen_everywhere(void)
{
	listeners[0] = listen_any(&ports[0]);
	enter("/run/netns/tlsbind-far");
	listeners[1] = listen_any(&ports[1]);
	enter("/proc/1/ns/net");
}

static inline int connect_place(enum place place)
{
	bool far = place >= FAR4;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(ports[far]) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(ports[far]) };
	int fd = socket(places[place].family, SOCK_STREAM | SOCK_CLOEXEC, 0), ret;

	if (places[place].family == AF_INET) {
		inet_pton(AF_INET, places[place].address, &four.sin_addr);
		ret = connect(fd, (struct sockaddr *)&four, sizeof(four));
	} else {
		inet_pton(AF_INET6, places[place].address, &six.sin6_addr);
		ret = connect(fd, (struct sockaddr *)&six, sizeof(six));
	}
	if (ret)
		tap_bail("%s: %s", places[place].name, strerror(errno));
	return fd;
}

/** struct line - a connection, and keys that nobody else has */
struct line {
	int fd[2];
	struct ktls_key tx, rx;
};

static inline struct line line_open(enum place place)
{
	static unsigned int seed = 20000;
	struct line l = { .tx = ktls_key(SUITE, seed), .rx = ktls_key(SUITE, seed + 1) };

	seed += 2;
	l.fd[0] = connect_place(place);
	l.fd[1] = accept4(listeners[place >= FAR4], NULL, NULL, SOCK_CLOEXEC);
	if (l.fd[1] < 0 || ktls_attach(l.fd[0]) || ktls_attach(l.fd[1]))
		tap_bail("%s: %s", places[place].name, strerror(errno));
	return l;
}

static inline void line_close(struct line *l)
{
	close(l->fd[0]);
	close(l->fd[1]);
}

static inline int line_tx(struct line *l)
{
	return ktls_install(l->fd[0], TLS_TX, &l->tx);
}

static inline int line_rx(struct line *l)
{
	return ktls_install(l->fd[0], TLS_RX, &l->rx);
}

/* With keys in both directions. */
static inline struct line line_keyed(enum place place)
{
	struct line l = line_open(place);

	if (line_tx(&l) || line_rx(&l))
		tap_bail("%s: keys: %s", places[place].name, strerror(errno));
	return l;
}

/* The other end is given its keys, too, and data flows. */
static inline bool line_lives(struct line *l)
{
	return !ktls_install(l->fd[1], TLS_TX, &l->rx) && !ktls_install(l->fd[1], TLS_RX, &l->tx) &&
	       ktls_echo(l->fd[0], l->fd[1], "there", 5) && ktls_echo(l->fd[1], l->fd[0], "back", 4);
}

/*
 * Aborted with this error: the other end sees a reset and not one byte. With a key, kTLS
 * may take what is sent without an error; it goes nowhere.
 */
static inline bool line_dead(struct line *l, int error)
{
	socklen_t len = sizeof(error);
	int got = 0;
	char c;

	getsockopt(l->fd[0], SOL_SOCKET, SO_ERROR, &got, &len);
	send(l->fd[0], "x", 1, MSG_NOSIGNAL);
	if (got != error)
		tap_diag("error of the socket: %d, not %d", got, error);
	if (recv(l->fd[1], &c, 1, 0) < 0 && errno == ECONNRESET)
		return got == error;
	tap_diag("the other end sees no reset: %s", strerror(errno));
	return false;
}

#endif
