// SPDX-License-Identifier: MIT
/*
 * hold-many NUMBER ADDRESS PORT: so many connections to there, each of which installs keys
 * of its own in both directions, in threads. Says how many of these calls were refused with
 * which errno, once all have returned. For shell tests; no test by itself.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "ktls.h"

#define STACK_SIZE	(64 * 1024)

static struct sockaddr_in address;
static unsigned int counts[4096];	/* by errno */

static int hold_one(unsigned int number)
{
	struct ktls_key tx = ktls_key(0x1301, 2 * number + 1), rx = ktls_key(0x1301, 2 * number + 2);
	int fd = socket(AF_INET, SOCK_STREAM, 0), error = 0;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    ktls_install_both(fd, &tx, &rx))
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static void *hold_run(void *arg)
{
	int error = hold_one((unsigned int)(uintptr_t)arg);

	__atomic_fetch_add(&counts[error], 1, __ATOMIC_RELAXED);
	return NULL;
}

static void hold_tell(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i])
			printf("%s %u\n", i ? strerrorname_np((int)i) : "none", counts[i]);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	pthread_attr_t attributes;
	pthread_t *threads;
	unsigned int i, n;

	if (argc != 4)
		return 2;
	n = (unsigned int)atoi(argv[1]);
	address.sin_family = AF_INET;
	address.sin_port = htons((uint16_t)atoi(argv[3]));
	threads = calloc(n, sizeof(*threads));
	if (!n || !threads || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1 ||
	    setrlimit(RLIMIT_NOFILE, &files) || pthread_attr_init(&attributes) ||
	    pthread_attr_setstacksize(&attributes, STACK_SIZE))
		return 2;
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], &attributes, hold_run, (void *)(uintptr_t)i))
			return 1;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	hold_tell();
	free(threads);
	return 0;
}
