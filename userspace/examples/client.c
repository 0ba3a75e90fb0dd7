/* SPDX-License-Identifier: MIT */
/* A client that attests its server, and only then says what it wants. See attest.c. */
#include <signal.h>
#include <string.h>
#include "attest.h"

static int talk(SSL *ssl, const char *host)
{
	char buffer[4096];
	size_t len;

	snprintf(buffer, sizeof(buffer), "GET / HTTP/1.1\r\nHost: %.256s\r\nConnection: close\r\n\r\n",
		 host);
	if (!attest_write(ssl, buffer, strlen(buffer)))
		return 1;
	while (SSL_read_ex(ssl, buffer, sizeof(buffer), &len) == 1)
		fwrite(buffer, 1, len, stdout);
	/* A connection that was cut is no end of an answer. */
	return SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN && !fflush(stdout) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct attest attest;
	int first = attest_init(&attest, argc, argv), status = 1;
	SSL *ssl;

	signal(SIGPIPE, SIG_IGN);
	if (first < 0 || first + 2 != argc) {
		fprintf(stderr, "usage: %s " ATTEST_OPTIONS " HOST PORT\n", argv[0]);
	} else {
		ssl = attest_connect(&attest, argv[first], argv[first + 1]);
		if (ssl) {
			status = talk(ssl, argv[first]);
			attest_close(ssl);
		}
	}
	attest_clear(&attest);
	return status;
}
