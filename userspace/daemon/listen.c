/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "listen.h"
#include "log.h"
#include "manager.h"

#define LISTEN_BACKLOG	512

static int listen_fail(const char *where)
{
	log_line(LOG_LEVEL_ERROR, "cannot listen on %s: %s", where, strerror(errno));
	return -1;
}

/* IPv6 only, so that 0.0.0.0 and [::] go together. */
static int listen_tcp(const struct options_listen *where)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *info;
	int fd, one = 1;

	if (getaddrinfo(where->host, where->port, &hints, &info)) {
		errno = EADDRNOTAVAIL;
		return listen_fail(where->host);
	}
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (info->ai_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	}
	if (fd < 0 || bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, LISTEN_BACKLOG)) {
		listen_fail(where->host);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(info);
	return fd;
}

/* Left behind by one that ended badly: nobody accepts there. */
static void listen_unix_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
	    errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

/* Nobody can connect before it has its owner and mode: it does not listen. */
static bool listen_unix_owned(const char *path, const struct options *options)
{
	bool change = options->unix_uid != (uid_t)-1 || options->unix_gid != (gid_t)-1;

	return (!change || !lchown(path, options->unix_uid, options->unix_gid)) &&
	       !chmod(path, options->unix_mode);
}

static int listen_unix(struct listen_socket *socket_, const struct options_listen *where,
		       const struct options *options)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return listen_fail(where->host);
	memcpy(address.sun_path, where->host, strlen(where->host) + 1);
	listen_unix_stale(&address);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		listen_fail(where->host);
		close(fd);
		return -1;
	}
	socket_->path = where->host;
	if (!listen_unix_owned(where->host, options) || listen(fd, LISTEN_BACKLOG)) {
		listen_fail(where->host);
		close(fd);
		return -1;
	}
	return fd;
}

static int listen_add(struct listen_sockets *sockets, const struct options_listen *where,
		      const struct options *options)
{
	struct listen_socket *socket_ = &sockets->socket[sockets->count++];

	socket_->https = where->scheme == OPTIONS_HTTPS;
	socket_->local = where->scheme == OPTIONS_UNIX;
	socket_->fd = socket_->local ? listen_unix(socket_, where, options) : listen_tcp(where);
	return socket_->fd < 0 ? OPTIONS_LISTEN : OPTIONS_OK;
}

static bool listen_is_listener(int fd)
{
	int yes = 0, type = 0;
	socklen_t len = sizeof(yes), type_len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) && yes &&
	       !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) && type == SOCK_STREAM;
}

static bool listen_is_local(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_UNIX;
}

static int listen_take(struct listen_sockets *sockets, int fd, const char *name,
		       const struct options *options)
{
	struct listen_socket *socket_ = &sockets->socket[sockets->count];
	const char *wrong = NULL;
	bool https = !strcmp(name, "https");

	if (sockets->count == LISTEN_MAX)
		wrong = "too many sockets";
	else if (!https && strcmp(name, "http"))
		wrong = "is called neither http nor https";
	else if (!listen_is_listener(fd))
		wrong = "is no stream socket that listens";
	else if (https && !options->key)
		wrong = "needs --certificate and --key";
	if (wrong) {
		log_line(LOG_LEVEL_ERROR, "a socket of the service manager, %s: %s", name, wrong);
		return OPTIONS_USAGE;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	*socket_ = (struct listen_socket){ .fd = fd, .https = https, .local = listen_is_local(fd) };
	sockets->count++;
	return OPTIONS_OK;
}

static int listen_passed(struct listen_sockets *sockets, const struct options *options)
{
	struct manager_sockets passed;
	int code = OPTIONS_OK, i;

	if (manager_sockets(&passed)) {
		log_line(LOG_LEVEL_ERROR, "LISTEN_FDS and LISTEN_FDNAMES contradict each other");
		return OPTIONS_USAGE;
	}
	for (i = 0; i < passed.count && code == OPTIONS_OK; i++)
		code = listen_take(sockets, passed.first + i, passed.name[i], options);
	return code;
}

int listen_open(struct listen_sockets *sockets, const struct options *options)
{
	int code = listen_passed(sockets, options);
	size_t i;

	for (i = 0; i < options->listens && code == OPTIONS_OK; i++)
		code = listen_add(sockets, &options->listen[i], options);
	return code;
}

void listen_close(struct listen_sockets *sockets)
{
	unsigned int i;

	for (i = 0; i < sockets->count; i++) {
		if (sockets->socket[i].fd >= 0)
			close(sockets->socket[i].fd);
		if (sockets->socket[i].path)
			unlink(sockets->socket[i].path);
	}
	sockets->count = 0;
}
