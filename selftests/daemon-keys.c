// SPDX-License-Identifier: MIT
/*
 * daemon-keys SEED [COUNT] | SEED early | SEED stalled: connections over loopback with keys
 * in the kernel, and their ids, one a line. For shell tests; no test by itself.
 *
 * With "early" the key to receive with is missing until a line is read from standard input,
 * with "stalled" it is being installed until then; "done" is printed after that. Ends with
 * standard input.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "evidence.h"
#include "stall.h"

#define SUITE	0x1301

static void print_id(unsigned int seed)
{
	struct ktls_key a = ktls_key(SUITE, seed), b = ktls_key(SUITE, seed + 1);
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, rx);
	evidence_connection_id(tx, rx, id);
	for (size_t i = 0; i < sizeof(id); i++)
		printf("%02x", id[i]);
	putchar('\n');
	fflush(stdout);
}

/* Return: whether there was a line. */
static bool line(void)
{
	char c = 0;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
	return c == '\n';
}

static int fail(const char *what)
{
	fprintf(stderr, "daemon-keys: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The first connection has SEED and SEED + 1, the next SEED + 2 and so on. */
static int pairs(unsigned int seed, unsigned int count)
{
	struct rlimit files = { 65536, 65536 };
	int fd[2];

	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned int i = 0; i < count; i++) {
		if (ktls_pair(AF_INET, SUITE, seed + 2 * i, fd))
			return fail("kTLS pair");
		print_id(seed + 2 * i);
	}
	while (line())
		;
	return 0;
}

static int late(unsigned int seed, bool stalled)
{
	struct ktls_key a = ktls_key(SUITE, seed), b = ktls_key(SUITE, seed + 1);
	struct stall s;
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) || ktls_install(fd[0], TLS_TX, &a))
		return fail("first key");
	if (stalled) {
		/* The id is known, and a new key on its way. */
		if (ktls_install(fd[0], TLS_RX, &b))
			return fail("second key");
		stall_begin(&s, &a, TLS_TX, fd[0]);
	}
	print_id(seed);
	if (line()) {
		if (stalled)
			stall_end(&s);
		else if (ktls_install(fd[0], TLS_RX, &b))
			return fail("second key");
		puts("done");
		fflush(stdout);
	}
	while (line())
		;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

	if (!seed)
		return fail("usage");
	if (argc > 2 && (!strcmp(argv[2], "early") || !strcmp(argv[2], "stalled")))
		return late(seed, argv[2][0] == 's');
	return pairs(seed, argc > 2 ? strtoul(argv[2], NULL, 10) : 1);
}
