// SPDX-License-Identifier: MIT
/*
 * level1-relying-party - judges evidence bound to a nonce and a public key
 *
 * The other half of level1-attester.py: everything that a relying party of
 * today's attested TLS checks, done right. It connects with TLS 1.3, checks the
 * certificate chain and the name, sends a fresh nonce on that connection, and
 * wants a genuine report of the expected measurement whose REPORT_DATA is
 *
 *	SHA-512("level-1 demo" 00 || nonce || SHA-384(SubjectPublicKeyInfo))
 *
 * for the public key that its TLS peer authenticated with. Then it trusts the
 * connection: standard input is sent, the answer goes to standard output.
 *
 *	level1-relying-party CAFILE ROOT MEASUREMENT HOST:PORT
 *
 * What it prints, and its exit codes, are those of "tlsbind connect".
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/http.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <tlsbind.h>

#define EXIT_USAGE	1
#define EXIT_CONNECT	2
#define EXIT_MALFORMED	3
#define ANSWER_MAX	65536

static const char label[] = "level-1 demo";	/* with its zero byte */

struct party {
	const char *host;
	BIO *tls;		/* the connection */
	SSL *ssl;		/* the same, owned by @tls */
	uint8_t nonce[TLSBIND_NONCE_SIZE];
};

__attribute__((noreturn))
static void party_die(int status, const char *what)
{
	fprintf(stderr, "level1-relying-party: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(status);
}

static struct tlsbind_appraisal *party_appraisal(const char *root, const char *measurement)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	long len;
	uint8_t *bytes = OPENSSL_hexstr2buf(measurement, &len);

	if (!appraisal || !bytes ||
	    tlsbind_appraisal_add_root(appraisal, root) ||
	    tlsbind_appraisal_add_measurement(appraisal, bytes, len))
		party_die(EXIT_USAGE, "bad root or measurement");
	tlsbind_appraisal_any_tcb(appraisal);	/* nobody vouches for a mock TEE */
	OPENSSL_free(bytes);
	return appraisal;
}

/* TLS 1.3 to a server whose certificate is good for its name, or the end. */
static void party_connect(struct party *p, const char *cafile, const char *address)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ||
	    SSL_CTX_load_verify_file(ctx, cafile) != 1)
		party_die(EXIT_USAGE, "cannot set TLS up");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	p->tls = BIO_new_ssl_connect(ctx);
	SSL_CTX_free(ctx);
	if (!p->tls || BIO_set_conn_hostname(p->tls, address) != 1)
		party_die(EXIT_USAGE, "bad address");
	BIO_get_ssl(p->tls, &p->ssl);
	p->host = BIO_get_conn_hostname(p->tls);
	if (SSL_set1_host(p->ssl, p->host) != 1 ||
	    SSL_set_tlsext_host_name(p->ssl, p->host) != 1)
		party_die(EXIT_USAGE, "bad name");
	if (BIO_do_connect(p->tls) != 1)
		party_die(EXIT_CONNECT, "no TLS connection to a server of this name");
	printf("PASS  %-22s %s\n", "tls.version", SSL_get_version(p->ssl));
	printf("PASS  %-22s chain and name: %s\n", "tls.server-certificate", p->host);
}

/* The body of an answer to @http, whose header has been read, as JSON. */
static json_t *party_answer(OSSL_HTTP_REQ_CTX *http, BIO *stream)
{
	size_t len = OSSL_HTTP_REQ_CTX_get_resp_len(http), have = 0, got;
	char *text = malloc(len + 1);
	json_t *answer;

	if (!text || len > ANSWER_MAX)
		party_die(EXIT_MALFORMED, "the answer is too long");
	while (have < len && BIO_read_ex(stream, text + have, len - have, &got))
		have += got;
	answer = have == len ? json_loadb(text, len, 0, NULL) : NULL;
	if (!answer)
		party_die(EXIT_MALFORMED, "malformed answer");
	free(text);
	return answer;
}

/* Sends a fresh nonce on the connection itself and returns the JSON answer. */
static json_t *party_challenge(struct party *p)
{
	char nonce[2 * TLSBIND_NONCE_SIZE + 1], request[128];
	OSSL_HTTP_REQ_CTX *http;
	BIO *body, *stream;
	json_t *answer;

	if (tlsbind_nonce_new(p->nonce) ||
	    !OPENSSL_buf2hexstr_ex(nonce, sizeof(nonce), NULL, p->nonce, sizeof(p->nonce), '\0'))
		party_die(EXIT_USAGE, "no nonce");
	snprintf(request, sizeof(request), "{\"nonce\":\"%s\"}", nonce);
	body = BIO_new_mem_buf(request, -1);
	http = OSSL_HTTP_open(p->host, NULL, NULL, NULL, 0, p->tls, p->tls, NULL, NULL, 0, 0);
	if (!http || !body ||
	    !OSSL_HTTP_set1_request(http, "/level1", NULL, "application/json", body,
				    "application/json", 0, ANSWER_MAX, 0, 1))
		party_die(EXIT_CONNECT, "cannot make the request");
	stream = OSSL_HTTP_exchange(http, NULL);
	if (!stream)
		party_die(EXIT_CONNECT, "no evidence");
	answer = party_answer(http, stream);
	BIO_free(stream);
	BIO_free(body);
	OSSL_HTTP_close(http, 1);
	return answer;
}

/* REPORT_DATA as it must be for our nonce and our TLS peer's public key. */
static void party_report_data(struct party *p, uint8_t data[TLSBIND_REPORT_DATA_SIZE])
{
	X509 *cert = SSL_get1_peer_certificate(p->ssl);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t *spki = NULL, digest[EVP_MAX_MD_SIZE];
	int len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki) : -1;
	unsigned int digest_len;

	if (len < 0 || !md ||
	    !EVP_Digest(spki, len, digest, &digest_len, EVP_sha384(), NULL) ||
	    !EVP_DigestInit_ex(md, EVP_sha512(), NULL) ||
	    !EVP_DigestUpdate(md, label, sizeof(label)) ||
	    !EVP_DigestUpdate(md, p->nonce, sizeof(p->nonce)) ||
	    !EVP_DigestUpdate(md, digest, digest_len) ||
	    !EVP_DigestFinal_ex(md, data, NULL))
		party_die(EXIT_USAGE, "cannot hash");
	OPENSSL_free(spki);
	EVP_MD_CTX_free(md);
	X509_free(cert);
}

/* Decodes the hexadecimal member @name; nothing if it is missing or empty. */
static uint8_t *party_bytes(const json_t *answer, const char *name, long *len)
{
	const char *hex = json_string_value(json_object_get(answer, name));
	uint8_t *bytes;

	*len = 0;
	if (!hex || !*hex)
		return NULL;
	bytes = OPENSSL_hexstr2buf(hex, len);
	if (!bytes)
		party_die(EXIT_MALFORMED, "malformed hexadecimal");
	return bytes;
}

/* Prints each check. Returns the exit code: 0 if all of them passed. */
static int party_judge(struct party *p, const json_t *answer,
		       const struct tlsbind_appraisal *appraisal)
{
	const char *provider = json_string_value(json_object_get(answer, "provider"));
	uint8_t expected[TLSBIND_REPORT_DATA_SIZE], *report, *aux;
	struct tlsbind_result *result = NULL;
	long report_len, aux_len;
	int class;

	report = party_bytes(answer, "report", &report_len);
	aux = party_bytes(answer, "aux", &aux_len);
	party_report_data(p, expected);
	if (!provider || !report ||
	    tlsbind_report_verify(provider, report, report_len, aux, aux_len, expected,
				  appraisal, NULL, &result))
		party_die(EXIT_MALFORMED, "no report in the answer");
	if (tlsbind_result_print(result, stdout) || fflush(stdout))
		party_die(EXIT_USAGE, "cannot write");
	class = tlsbind_result_class(result);
	tlsbind_result_free(result);
	OPENSSL_free(report);
	OPENSSL_free(aux);
	return class;
}

/* Standard input to the server, its answer to standard output. */
static void party_talk(struct party *p)
{
	char buf[4096];
	ssize_t len;
	int got;

	while ((len = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (BIO_write(p->tls, buf, len) != len)
			party_die(EXIT_CONNECT, "the connection broke");
	while ((got = BIO_read(p->tls, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, got, stdout);
}

int main(int argc, char **argv)
{
	struct tlsbind_appraisal *appraisal;
	struct party party = { 0 };
	json_t *answer;
	int status;

	if (argc != 5) {
		fprintf(stderr, "usage: level1-relying-party CAFILE ROOT MEASUREMENT HOST:PORT\n");
		return EXIT_USAGE;
	}
	appraisal = party_appraisal(argv[2], argv[3]);
	party_connect(&party, argv[1], argv[4]);
	answer = party_challenge(&party);
	status = party_judge(&party, answer, appraisal);
	if (status == 0)
		party_talk(&party);
	json_decref(answer);
	BIO_free_all(party.tls);
	tlsbind_appraisal_free(appraisal);
	return status;
}
