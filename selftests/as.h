/* SPDX-License-Identifier: MIT */
/*
 * Being somebody else for a moment: a child in namespaces of its own, or without
 * privileges, that reports what it found by its exit status.
 */
#ifndef TLSBIND_AS_H
#define TLSBIND_AS_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE first"
#endif

#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

/** as_loopback_up() - in a new network namespace. Return: 0 or -1. */
static inline int as_loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	ret = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return ret;
}

/** as_nobody() - give up every privilege. Return: 0 or -1. */
static inline int as_nobody(void)
{
	return setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	       setresuid(65534, 65534, 65534) ? -1 : 0;
}

/** as_child() - what @find returns in a child; it is 0 to 200. */
static inline int as_child(int (*find)(void *), void *arg)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid)
		_exit(find(arg));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			tap_bail("waitpid: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

#endif
