/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "manager.h"
#include "tool.h"

#define MANAGER_FIRST	3

/* Return: how many names there are; too many if they are too many, or too long. */
static int manager_names(const char *names, struct manager_sockets *out)
{
	char *name, *rest = out->names;
	int count = 0;

	if (strlen(names) >= sizeof(out->names))
		return MANAGER_SOCKETS_MAX + 1;
	memcpy(out->names, names, strlen(names) + 1);
	while ((name = strsep(&rest, ":")) && count < MANAGER_SOCKETS_MAX)
		out->name[count++] = name;
	return name ? MANAGER_SOCKETS_MAX + 1 : count;
}

int manager_sockets_parse(const char *pid, const char *fds, const char *names, long self,
			  struct manager_sockets *out)
{
	uint64_t number, count;
	int i;

	memset(out, 0, sizeof(*out));
	out->first = MANAGER_FIRST;
	if (!pid || !fds)
		return 0;
	if (!tool_number(pid, 1, INT32_MAX, &number))
		return -EINVAL;
	if ((long)number != self)
		return 0;
	if (!tool_number(fds, 0, MANAGER_SOCKETS_MAX, &count))
		return -EINVAL;
	for (i = 0; i < MANAGER_SOCKETS_MAX; i++)
		out->name[i] = "http";
	if (names && manager_names(names, out) != (int)count)
		return -EINVAL;
	out->count = (int)count;
	return 0;
}

int manager_sockets(struct manager_sockets *out)
{
	int ret = manager_sockets_parse(getenv("LISTEN_PID"), getenv("LISTEN_FDS"),
					getenv("LISTEN_FDNAMES"), getpid(), out);
	int i;

	for (i = 0; i < out->count; i++)
		fcntl(out->first + i, F_SETFD, FD_CLOEXEC);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return ret;
}

/* A path, or a name in the abstract namespace, which begins with @. */
void manager_notify(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *where = getenv("NOTIFY_SOCKET");
	size_t len = where ? strlen(where) : 0;
	int fd;

	if (!len || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, where, len);
	if (*where == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}
