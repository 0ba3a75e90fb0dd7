/* SPDX-License-Identifier: MIT */
/*
 * A kernel with TLS, as far as setsockopt() shows it, for machines without one. Loaded
 * behind libtlsbind-exec.so. EXEC_KERNEL is three numbers: what TCP_ULP, TLS_TX and TLS_RX
 * fail with, 0 for success.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*next)(int fd, int level, int name, const void *value, socklen_t len);
	int error[3] = { 0 };

	if (!(level == IPPROTO_TCP && name == 31) && level != 282) {
		*(void **)&next = dlsym(RTLD_NEXT, "setsockopt");
		return next(fd, level, name, value, len);
	}
	if (getenv("EXEC_KERNEL") &&
	    sscanf(getenv("EXEC_KERNEL"), "%d %d %d", &error[0], &error[1], &error[2]) != 3)
		abort();
	errno = error[level == 282 ? name : 0];
	return errno ? -1 : 0;
}
