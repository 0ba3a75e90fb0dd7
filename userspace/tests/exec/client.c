/* SPDX-License-Identifier: MIT */
/*
 * Does with sockets what TLS libraries do. Each argument is a step:
 *
 *	new, ulp, tx, rx	a socket, and what is done with the newest one
 *	close			it
 *	closefrom		every descriptor but the standard ones
 *	fork			the rest is done by a child
 *	chroot			the root directory is another one
 *	load=PATH		a library
 *	errno=N			the last step has failed with this
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fd = -1;
static int last;

static void set(int level, int name, const void *value, socklen_t len)
{
	errno = 0;
	last = setsockopt(fd, level, name, value, len) ? errno : 0;
}

static void child(void)
{
	int status;

	if (!fork())
		return;
	wait(&status);
	exit(WEXITSTATUS(status));
}

static void step(const char *what)
{
	static const char key[40];

	if (!strcmp(what, "new"))
		fd = socket(AF_INET, SOCK_STREAM, 0);
	else if (!strcmp(what, "ulp"))
		set(IPPROTO_TCP, 31, "tls", sizeof("tls"));
	else if (!strcmp(what, "tx"))
		set(282, 1, key, sizeof(key));
	else if (!strcmp(what, "rx"))
		set(282, 2, key, sizeof(key));
	else if (!strcmp(what, "close"))
		close(fd);
	else if (!strcmp(what, "closefrom"))
		closefrom(3);
	else if (!strcmp(what, "fork"))
		child();
	else if ((!strcmp(what, "chroot") && !chroot("/tmp")) ||
		 (!strncmp(what, "load=", 5) && dlopen(what + 5, RTLD_NOW)))
		fd = -1;
	else if (strncmp(what, "errno=", 6) != 0 || atoi(what + 6) != last)
		exit(99);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		step(argv[i]);
	return 0;
}
