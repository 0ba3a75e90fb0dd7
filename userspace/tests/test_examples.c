/* SPDX-License-Identifier: MIT */
/*
 * The examples of relying parties against a server whose hardware is synthetic: what
 * they print, and that nothing is asked of a server that was not accepted.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "lists.h"
#include "synth.h"

#define GREETING	"Hello from the guest.\n"

enum behaviour { GOOD, RELAYED, REFUSES, BABBLES, TOO_MUCH };

/* The server: an attester whose report is the same for all, as far as it can be. */
static struct {
	struct synth_pki *pki;
	struct synth_case c;
	SSL_CTX *tls;
	int listener;
	char port[8];
	enum behaviour behaviour;
	unsigned int greeted;
	char folder[64], ca[96], policy[96], list[96];
} server;

static const char *directory;
static pthread_t thread;

/* Secrets of one connection; one thread serves one after the other. */
static uint8_t secrets[2][48];
static size_t secret_len[2];

static void keylog(const SSL *ssl, const char *line)
{
	static const char *const labels[] = { "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };

	(void)ssl;
	for (int i = 0; i < 2; i++)
		if (!strncmp(line, labels[i], strlen(labels[i])))
			OPENSSL_hexstr2buf_ex(secrets[i], 48, &secret_len[i],
					      strrchr(line, ' ') + 1, '\0');
}

/* As the kernel would: tx is what the server sends with. */
static void commit(uint16_t suite, int sender, uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	struct tlsbind_key key;

	tlsbind_traffic_key(suite, secrets[sender], secret_len[sender], &key);
	tlsbind_commitment(&key, sender ? TLSBIND_DIRECTION_TX : TLSBIND_DIRECTION_RX, out);
}

static void answer(SSL *ssl, const char *status, const char *body, size_t more)
{
	char head[256];

	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\ncontent-length: %zu\r\n\r\n", status,
		 strlen(body));
	SSL_write(ssl, head, (int)strlen(head));
	SSL_write(ssl, body, (int)(strlen(body) + more));
}

static void answer_challenge(SSL *ssl, const char *body)
{
	uint16_t suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
	struct tlsbind_claims *claims = &server.c.claims;
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct test_bytes evidence;
	char *cmw;

	claims->cipher_suite = htons(suite);
	if (tlsbind_challenge_decode(body, strlen(body), claims->nonce, id)) {
		answer(ssl, "400 Bad Request", "{}", 0);
		return;
	}
	commit(suite, 1, claims->tx_commitment);
	commit(suite, 0, claims->rx_commitment);
	if (server.behaviour == RELAYED)
		claims->tx_commitment[0] ^= 1;
	evidence = synth_encode(&server.c);
	cmw = tlsbind_cmw_wrap(evidence.data, evidence.len);
	if (server.behaviour == REFUSES)
		answer(ssl, "503 Service Unavailable", cmw, 0);
	else if (server.behaviour == BABBLES)
		answer(ssl, "200 OK", "{\"nothing\":1}", 0);
	else
		answer(ssl, "200 OK", cmw, server.behaviour == TOO_MUCH);
	free(cmw);
	free(evidence.data);
}

static void serve(int fd)
{
	SSL *ssl = SSL_new(server.tls);
	char request[4096];
	size_t used = 0, len;
	char *body;

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		while (used < sizeof(request) - 1 &&
		       SSL_read_ex(ssl, request + used, sizeof(request) - 1 - used, &len) == 1) {
			request[used += len] = '\0';
			body = strstr(request, "\r\n\r\n");
			if (!body || (*request == 'P' && !strchr(body, '}')))
				continue;
			if (*request == 'P') {
				answer_challenge(ssl, body + 4);
			} else {
				server.greeted++;
				answer(ssl, "200 OK", GREETING, 0);
				break;
			}
			used = 0;
		}
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	close(fd);
}

static void *serve_all(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(server.listener, NULL, NULL)) >= 0)
		serve(fd);
	return NULL;
}

/* A certificate of its own, for "localhost". */
static void server_tls(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						  "DNS:localhost");
	FILE *file;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_set_pubkey(cert, key);
	X509_add_ext(cert, ext, -1);
	assert_true(X509_sign(cert, key, EVP_sha256()));
	server.tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server.tls, cert);
	SSL_CTX_use_PrivateKey(server.tls, key);
	SSL_CTX_set_keylog_callback(server.tls, keylog);
	SSL_CTX_set_num_tickets(server.tls, 0);
	file = fopen(server.ca, "w");
	assert_non_null(file);
	PEM_write_X509(file, cert);
	fclose(file);
	X509_EXTENSION_free(ext);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void server_policy(void)
{
	struct test_bytes bytes = synth_encode(&server.c);
	struct tlsbind_evidence parsed;
	X509_CRL *list;
	FILE *file;
	char *text;

	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &parsed), 0);
	text = tlsbind_policy_suggest(parsed.provider, parsed.report.data, parsed.report.len,
				      parsed.aux.data, parsed.aux.len, parsed.claims.data, false);
	file = fopen(server.policy, "w");
	assert_true(file && fputs(text, file) >= 0);
	fclose(file);
	free(text);
	free(bytes.data);
	list = list_new(server.pki->root, server.pki->root_key, NULL, LIST_GOOD);
	file = fopen(server.list, "w");
	assert_true(file && PEM_write_X509_CRL(file, list));
	fclose(file);
	X509_CRL_free(list);
}

static int setup(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(server.folder, sizeof(server.folder), "/tmp/tlsbind-examples-XXXXXX");
	assert_non_null(mkdtemp(server.folder));
	snprintf(server.ca, sizeof(server.ca), "%s/ca", server.folder);
	snprintf(server.policy, sizeof(server.policy), "%s/policy", server.folder);
	snprintf(server.list, sizeof(server.list), "%s/list", server.folder);
	server.pki = synth_pki_new(false);
	synth_default(&server.c, server.pki, false);
	server_tls();
	server_policy();
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server.listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(server.listener, 16), 0);
	assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &len), 0);
	snprintf(server.port, sizeof(server.port), "%u", ntohs(address.sin_port));
	return pthread_create(&thread, NULL, serve_all, NULL);
}

static int teardown(void **state)
{
	(void)state;
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.listener);
	unlink(server.ca);
	unlink(server.policy);
	unlink(server.list);
	rmdir(server.folder);
	SSL_CTX_free(server.tls);
	synth_clear(&server.c);
	synth_pki_free(server.pki);
	return 0;
}

/* Start an example with the usual options; its standard output and error. */
static pid_t start(const char *name, char *const operands[], int *out)
{
	char path[4096];
	char *argv[16] = {
		path, "-p", server.policy, "-a", server.ca, "-r", server.pki->root_file, "-l",
		server.list,
	};
	int fd[2], i;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/tlsbind-example-%s", directory, name);
	for (i = 0; operands[i]; i++)
		argv[9 + i] = operands[i];
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		dup2(fd[1], STDOUT_FILENO);
		dup2(fd[1], STDERR_FILENO);
		execv(path, argv);
		_exit(127);
	}
	close(fd[1]);
	*out = fd[0];
	return pid;
}

/* Until the end, or until @until has come. */
static void read_all(int fd, char *text, size_t size, const char *until)
{
	size_t used = 0;
	ssize_t got;

	text[0] = '\0';
	while (used < size - 1 && !(until && strstr(text, until)) &&
	       (got = read(fd, text + used, size - 1 - used)) > 0)
		text[used += (size_t)got] = '\0';
}

static int client(char text[16384])
{
	char *const operands[] = { "localhost", server.port, NULL };
	int out, status;
	pid_t pid = start("client", operands, &out);

	read_all(out, text, 16384, NULL);
	close(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_client(void **state)
{
	char text[16384];
	int status;

	(void)state;
	server.behaviour = GOOD;
	server.greeted = 0;
	status = client(text);
	if (status || !strstr(text, "\r\n\r\n" GREETING))
		fail_msg("status %d: %s", status, text);
	assert_int_equal(server.greeted, 1);
}

static void test_client_refuses(void **state)
{
	static const struct {
		enum behaviour behaviour;
		const char *says;
	} cases[] = {
		{ RELAYED, "evidence REJECTED: binding.tx" }, { REFUSES, "no evidence" },
		{ BABBLES, "no evidence" }, { TOO_MUCH, "no evidence" },
	};
	char text[16384];

	(void)state;
	server.greeted = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		server.behaviour = cases[i].behaviour;
		assert_int_equal(client(text), 1);
		if (!strstr(text, cases[i].says))
			fail_msg("%d: %s", cases[i].behaviour, text);
		assert_null(strstr(text, GREETING));
	}
	assert_int_equal(server.greeted, 0);
	server.behaviour = GOOD;
}

/* A port of this machine that was free a moment ago. */
static void free_port(char port[8])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(port, 8, "%u", ntohs(address.sin_port));
	close(fd);
}

/* A program that knows nothing of all this. */
static void plain(const char *port, char text[16384])
{
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(port)),
	};
	int fd = -1;

	for (int tries = 0; tries < 500; tries++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			break;
		close(fd);
		fd = -1;
		usleep(10000);
	}
	assert_true(fd >= 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	read_all(fd, text, 16384, NULL);
	close(fd);
}

static void test_gateway(void **state)
{
	char port[8], text[16384];
	char *const operands[] = { port, "localhost", server.port, NULL };
	int out, status;
	pid_t pid;

	(void)state;
	server.behaviour = GOOD;
	server.greeted = 0;
	free_port(port);
	pid = start("gateway", operands, &out);
	for (int i = 0; i < 3; i++) {
		plain(port, text);
		assert_non_null(strstr(text, "\r\n\r\n" GREETING));
	}
	assert_int_equal(server.greeted, 3);
	/* Each connection had a report of its own here, so none was known. */
	kill(pid, SIGUSR1);
	read_all(out, text, sizeof(text), "\n");
	assert_string_equal(text, "3 reports, 0 hits, 3 misses\n");
	server.behaviour = RELAYED;
	plain(port, text);
	assert_string_equal(text, "");
	read_all(out, text, sizeof(text), "REJECTED: binding.tx");
	assert_non_null(strstr(text, "REJECTED: binding.tx"));
	assert_int_equal(server.greeted, 3);
	server.behaviour = GOOD;
	kill(pid, SIGTERM);
	close(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client), cmocka_unit_test(test_client_refuses),
		cmocka_unit_test(test_gateway),
	};

	directory = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests_name("examples", tests, setup, teardown);
}
