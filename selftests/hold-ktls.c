// SPDX-License-Identifier: MIT
/*
 * hold-ktls: a connection over loopback with known keys in both directions at both
 * ends. Says "ready", and ends with standard input. For shell tests; no test by itself.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "ktls.h"

int main(void)
{
	int fd[2];
	char c;

	if (ktls_pair(AF_INET, 0x1301, 1, fd)) {
		perror("hold-ktls");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	ktls_close_pair(fd);
	return 0;
}
