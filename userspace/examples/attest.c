/* SPDX-License-Identifier: MIT */
/*
 * Attesting a server takes four steps more than an ordinary TLS connection:
 *
 *  1. tlsbind_ssl_attach() before the handshake (attest_handshake);
 *  2. a nonce of one's own, sent over this very connection (attest_ask);
 *  3. tlsbind_ssl_connection(): what one's own TLS stack knows of it;
 *  4. tlsbind_verify_cached() with the evidence that came back (attest_verify).
 *
 * Only then is anything else sent. The server's certificate is verified as ever: evidence
 * says what runs at the other end, and not whose it is.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <openssl/err.h>
#include "attest.h"

#define TIMEOUT_SECONDS	60
#define ANSWER_MAX	(2 * TLSBIND_EVIDENCE_SIZE_MAX)
#define CACHE_REPORTS	1024
#define CACHE_SECONDS	3600

static SSL_CTX *attest_context(const char *ca_file)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	/* Nothing is resumed, so that each connection has a full handshake. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	    SSL_CTX_load_verify_file(ctx, ca_file))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static int attest_file(struct attest *attest, int option, const char *path)
{
	char error[256] = "";
	int ret;

	switch (option) {
	case 'a':
		attest->tls = attest->tls ? attest->tls : attest_context(path);
		ret = attest->tls ? 0 : -EBADMSG;
		break;
	case 'p':
		ret = tlsbind_appraisal_load(attest->appraisal, path, error, sizeof(error));
		break;
	case 'r':
		ret = tlsbind_appraisal_add_root(attest->appraisal, path);
		break;
	case 'c':
		ret = tlsbind_appraisal_add_collateral(attest->appraisal, path);
		break;
	case 'l':
		ret = tlsbind_appraisal_add_crl(attest->appraisal, path);
		break;
	default:
		return -EINVAL;
	}
	if (ret)
		fprintf(stderr, "%s: %s\n", path, error[0] ? error : strerror(-ret));
	return ret;
}

int attest_init(struct attest *attest, int argc, char **argv)
{
	bool policy = false;
	int option;

	memset(attest, 0, sizeof(*attest));
	attest->appraisal = tlsbind_appraisal_new();
	attest->cache = tlsbind_cache_new(CACHE_REPORTS, CACHE_SECONDS);
	if (!attest->appraisal || !attest->cache)
		return -1;
	while ((option = getopt(argc, argv, "p:a:r:c:l:")) != -1) {
		if (attest_file(attest, option, optarg))
			return -1;
		policy |= option == 'p';
	}
	if (policy && attest->tls)
		return optind;
	fprintf(stderr, "-p POLICY and -a CAFILE are required\n");
	return -1;
}

void attest_clear(struct attest *attest)
{
	SSL_CTX_free(attest->tls);
	tlsbind_appraisal_free(attest->appraisal);
	tlsbind_cache_free(attest->cache);
}

static int attest_socket(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *one;
	struct timeval limit = { .tv_sec = TIMEOUT_SECONDS };
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &list))
		return -1;
	for (one = list; one && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, one->ai_addr, one->ai_addrlen)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static SSL *attest_handshake(const struct attest *attest, const char *host, int fd)
{
	SSL *ssl = SSL_new(attest->tls);

	if (ssl && !tlsbind_ssl_attach(ssl) && SSL_set1_host(ssl, host) &&
	    SSL_set_tlsext_host_name(ssl, host) && SSL_set_fd(ssl, fd) && SSL_connect(ssl) == 1)
		return ssl;
	ERR_print_errors_fp(stderr);
	SSL_free(ssl);
	return NULL;
}

bool attest_write(SSL *ssl, const void *data, size_t len)
{
	size_t written;

	return SSL_write_ex(ssl, data, len, &written) == 1 && written == len;
}

/*
 * The body of an HTTP answer with status 200 and a Content-Length, which is what a server of
 * tlsbind sends. One without the other, or more than it announced, is no answer.
 */
static char *attest_answer(SSL *ssl, size_t *len)
{
	char *answer = malloc(ANSWER_MAX + 1), *body = NULL, *field;
	size_t used = 0, got, want = 0;

	while (answer && used < ANSWER_MAX &&
	       SSL_read_ex(ssl, answer + used, ANSWER_MAX - used, &got) == 1) {
		used += got;
		answer[used] = '\0';
		body = strstr(answer, "\r\n\r\n");
		field = body ? strcasestr(answer, "\r\nContent-Length:") : NULL;
		if (!body)
			continue;
		body += 4;
		if (!field || field > body || strncmp(answer, "HTTP/1.1 200 ", 13))
			break;
		want = strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
		if (want && used - (size_t)(body - answer) >= want)
			break;
	}
	if (!body || !want || used - (size_t)(body - answer) != want) {
		free(answer);
		return NULL;
	}
	memmove(answer, body, want + 1);
	*len = want;
	return answer;
}

static int attest_ask(SSL *ssl, const char *host, const uint8_t nonce[TLSBIND_NONCE_SIZE],
		      uint8_t **evidence, size_t *len)
{
	char *challenge = tlsbind_challenge_encode(nonce, NULL), *answer = NULL;
	char head[512];
	size_t size = 0;
	int ret = -EIO;

	*evidence = NULL;
	if (!challenge)
		return -ENOMEM;
	snprintf(head, sizeof(head), "POST " TLSBIND_HTTP_PATH " HTTP/1.1\r\nHost: %s\r\n"
		 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", host,
		 strlen(challenge));
	if (attest_write(ssl, head, strlen(head)) &&
	    attest_write(ssl, challenge, strlen(challenge)))
		answer = attest_answer(ssl, &size);
	if (answer)
		ret = tlsbind_cmw_unwrap(answer, size, evidence, len);
	free(answer);
	free(challenge);
	return ret;
}

/* Return: true only if the evidence is accepted. */
static bool attest_verify(const struct attest *attest, SSL *ssl, const char *host)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], *evidence = NULL;
	struct tlsbind_result *result = NULL;
	struct tlsbind_connection conn;
	bool accepted = false;
	size_t len;
	int ret;

	ret = tlsbind_nonce_new(nonce);
	if (!ret)
		ret = attest_ask(ssl, host, nonce, &evidence, &len);
	if (!ret)
		ret = tlsbind_ssl_connection(ssl, &conn);
	if (!ret)
		ret = tlsbind_verify_cached(attest->cache, evidence, len, &conn, nonce,
					    attest->appraisal, &result);
	if (ret) {
		fprintf(stderr, "%s: no evidence: %s\n", host, strerror(-ret));
	} else {
		accepted = tlsbind_result_accepted(result);
		if (!accepted)
			tlsbind_result_print(result, stderr);
	}
	tlsbind_result_free(result);
	free(evidence);
	return accepted;
}

SSL *attest_connect(const struct attest *attest, const char *host, const char *port)
{
	int fd = attest_socket(host, port);
	SSL *ssl;

	if (fd < 0) {
		fprintf(stderr, "cannot connect to %s port %s\n", host, port);
		return NULL;
	}
	ssl = attest_handshake(attest, host, fd);
	if (!ssl) {
		close(fd);
		return NULL;
	}
	if (attest_verify(attest, ssl, host))
		return ssl;
	attest_close(ssl);
	return NULL;
}

void attest_close(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}
