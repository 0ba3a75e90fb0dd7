// SPDX-License-Identifier: MIT
/*
 * daemon-ask WHERE ID COUNT [SEED]: COUNT questions about a connection at once, each on a
 * connection of its own with a nonce of its own. WHERE is a port of 127.0.0.1, or the path
 * of a Unix socket. Says "sent" when all are on their way, then how many answers there were
 * of each status: "200 300". Evidence has to be right, and fit the nonce that was sent; with
 * SEED also the keys of "daemon-keys SEED". For shell tests; no test by itself.
 *
 * With SEED "leave" it goes away without reading.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/un.h>

#include <tlsbind.h>

#include "evidence.h"

#define SUITE		0x1301
#define NONCE_SEED	1000

static const char *where, *id_text;

static int fail(const char *what)
{
	fprintf(stderr, "daemon-ask: %s: %s\n", what, strerror(errno));
	return 1;
}

static int connect_to(void)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct sockaddr_in port = { .sin_family = AF_INET, .sin_port = htons(atoi(where)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool local = where[0] == '/';
	int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (local)
		strncpy(path.sun_path, where, sizeof(path.sun_path) - 1);
	if (fd >= 0 && connect(fd, local ? (void *)&path : (void *)&port,
			       local ? sizeof(path) : sizeof(port))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool send_question(int fd, unsigned int seed)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	char request[1024], *body;
	int len;

	evidence_nonce(nonce, seed);
	for (size_t i = 0; i < sizeof(id); i++)
		if (sscanf(id_text + 2 * i, "%2hhx", &id[i]) != 1)
			return false;
	body = tlsbind_challenge_encode(nonce, id);
	len = snprintf(request, sizeof(request), "POST /.well-known/tlsbind HTTP/1.1\r\nHost: x\r\n"
		       "Content-Type: application/json\r\nContent-Length: %zu\r\n"
		       "Connection: close\r\n\r\n%s", strlen(body), body);
	free(body);
	return send(fd, request, len, MSG_NOSIGNAL) == len;
}

static size_t read_all(int fd, char *answer, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = recv(fd, answer + len, size - 1 - len, 0)) > 0)
		len += n;
	answer[len] = '\0';
	return len;
}

static bool about_keys(const struct evidence *e, unsigned int seed)
{
	struct ktls_key a = ktls_key(SUITE, seed), b = ktls_key(SUITE, seed + 1);
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, rx);
	return !memcmp(tx, e->claims.tx_commitment, sizeof(tx)) &&
	       !memcmp(rx, e->claims.rx_commitment, sizeof(rx));
}

static bool evidence_right(const char *answer, unsigned int nonce_seed, unsigned int seed)
{
	const char *body = strstr(answer, "\r\n\r\n");
	struct evidence e;
	uint8_t *bytes = NULL;
	size_t len;
	bool right;

	if (!body || tlsbind_cmw_unwrap(body + 4, strlen(body + 4), &bytes, &len))
		return false;
	right = evidence_parse(&e, bytes, len) && evidence_bound_to(&e, nonce_seed) &&
		(!seed || about_keys(&e, seed));
	free(bytes);
	return right;
}

static int read_answers(const int *fd, unsigned int count, unsigned int seed)
{
	static char answer[1 << 20];
	unsigned int statuses[600] = { 0 }, status;

	for (unsigned int i = 0; i < count; i++) {
		status = 0;
		if (read_all(fd[i], answer, sizeof(answer)) &&
		    (sscanf(answer, "HTTP/1.1 %u", &status) != 1 || status >= 600))
			return fail("no HTTP");
		statuses[status]++;
		if (status == 200 && !evidence_right(answer, NONCE_SEED + i, seed))
			return fail("wrong evidence");
	}
	for (status = 0; status < 600; status++)
		if (statuses[status])
			printf("%u %u\n", status, statuses[status]);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	struct rlimit files = { 65536, 65536 };
	int *fd = calloc(count + 1, sizeof(*fd));

	if (!count || strlen(argv[2]) != 2 * TLSBIND_CONNECTION_ID_SIZE || !fd)
		return fail("usage");
	setrlimit(RLIMIT_NOFILE, &files);
	where = argv[1];
	id_text = argv[2];
	for (unsigned int i = 0; i < count; i++) {
		fd[i] = connect_to();
		if (fd[i] < 0)
			return fail("connect");
		if (!send_question(fd[i], NONCE_SEED + i))
			return fail("send");
	}
	fputs("sent\n", stderr);
	if (argc > 4 && !strcmp(argv[4], "leave")) {
		while (getchar() != EOF)
			;
		return 0;
	}
	return read_answers(fd, count, argc > 4 ? strtoul(argv[4], NULL, 10) : 0);
}
