/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <endian.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "peer.h"

char peer_tool[4096];
struct synth_pki *peer_pki;
bool peer_any_tcb = true;
struct peer_keys peer_keys;

static char measurement[2 * TLSBIND_MEASUREMENT_SIZE + 1];

enum { CLIENT, SERVER };

static void keylog(const SSL *ssl, const char *line)
{
	static const char *const labels[] = { "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };

	(void)ssl;
	for (int i = 0; i < 2; i++)
		if (!strncmp(line, labels[i], strlen(labels[i])))
			OPENSSL_hexstr2buf_ex(peer_keys.secret[i], TLSBIND_TRAFFIC_SECRET_MAX,
					      &peer_keys.len[i], strrchr(line, ' ') + 1, '\0');
}

int peer_listen(char address[32])
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t len = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(listener, 8), 0);
	getsockname(listener, (struct sockaddr *)&name, &len);
	snprintf(address, 32, "127.0.0.1:%u", ntohs(name.sin_port));
	return listener;
}

void peer_exec(struct peer *p, char *const options[])
{
	const char *argv[24] = { peer_tool, "connect", "--no-pki", "--root", peer_pki->root_file };
	bool policy = *options && !strcmp(*options, "--policy");
	size_t n = 5;

	p->listener = peer_listen(p->address);
	p->in = tmpfile();
	p->out = tmpfile();
	fputs(PEER_INPUT, p->in);
	rewind(p->in);
	/* What a policy states itself. */
	if (!policy) {
		argv[n++] = peer_any_tcb ? "--any-tcb" : "--allow-rekey";
		argv[n++] = "--measurement";
		argv[n++] = measurement;
	}
	while (*options)
		argv[n++] = *options++;
	argv[n++] = p->address;
	argv[n] = NULL;
	p->pid = fork();
	if (p->pid)
		return;
	dup2(fileno(p->in), STDIN_FILENO);
	dup2(fileno(p->out), STDOUT_FILENO);
	dup2(fileno(p->out), STDERR_FILENO);
	execv(peer_tool, (char *const *)argv);
	_exit(127);
}

void peer_accept(struct peer *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);

	p->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(p->ctx, peer_pki->root);
	SSL_CTX_use_PrivateKey(p->ctx, peer_pki->root_key);
	SSL_CTX_set_keylog_callback(p->ctx, keylog);
	SSL_CTX_set_num_tickets(p->ctx, 0);
	p->ssl = SSL_new(p->ctx);
	SSL_set_fd(p->ssl, fd);
	assert_int_equal(SSL_accept(p->ssl), 1);
}

void peer_start(struct peer *p, char *const options[])
{
	peer_exec(p, options);
	peer_accept(p);
	close(p->listener);
	p->listener = -1;
}

void peer_drop(struct peer *p, bool properly)
{
	int fd = SSL_get_fd(p->ssl);

	if (properly)
		SSL_shutdown(p->ssl);
	SSL_free(p->ssl);
	close(fd);
	SSL_CTX_free(p->ctx);
}

int peer_wait(struct peer *p)
{
	int status;

	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int peer_end(struct peer *p, bool properly)
{
	peer_drop(p, properly);
	fclose(p->in);
	return peer_wait(p);
}

bool peer_said(struct peer *p, const char *text)
{
	static char said[65536];
	size_t n;

	fflush(p->out);
	n = pread(fileno(p->out), said, sizeof(said) - 1, 0);
	said[n] = '\0';
	return strstr(said, text);
}

void peer_challenged(struct peer *p, uint8_t nonce[TLSBIND_NONCE_SIZE])
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	char data[8192], *body = NULL;
	size_t used = 0, n;

	while (!body || !strchr(body, '}')) {
		assert_int_equal(SSL_read_ex(p->ssl, data + used, sizeof(data) - used - 1, &n), 1);
		used += n;
		data[used] = '\0';
		body = strstr(data, "\r\n\r\n");
	}
	assert_int_equal(strncmp(data, "POST " TLSBIND_HTTP_PATH " ", 5), 0);
	assert_null(strstr(data, PEER_INPUT));
	body += 4;
	assert_int_equal(tlsbind_challenge_decode(body, strlen(body), nonce, id), 0);
}

void peer_answer(struct peer *p, const char *body)
{
	char *text;
	int len = asprintf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			   strlen(body), body);

	assert_true(len > 0);
	assert_int_equal(SSL_write(p->ssl, text, len), len);
	free(text);
}

static void commit(uint16_t suite, int sender, unsigned int generation, unsigned int direction,
		   uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	uint8_t secret[TLSBIND_TRAFFIC_SECRET_MAX];
	struct tlsbind_key key;

	memcpy(secret, peer_keys.secret[sender], sizeof(secret));
	while (generation--)
		assert_int_equal(tlsbind_traffic_update(suite, secret, peer_keys.len[sender]), 0);
	assert_int_equal(tlsbind_traffic_key(suite, secret, peer_keys.len[sender], &key), 0);
	assert_int_equal(tlsbind_commitment(&key, direction, out), 0);
}

char *peer_cmw(struct peer *p, const uint8_t nonce[TLSBIND_NONCE_SIZE], unsigned int tx,
	       unsigned int rx)
{
	uint16_t suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(p->ssl));
	struct test_bytes evidence;
	struct synth_case c;
	char *cmw;

	synth_default(&c, peer_pki, false);
	memcpy(c.claims.nonce, nonce, TLSBIND_NONCE_SIZE);
	c.claims.cipher_suite = htobe16(suite);
	c.claims.tx_generation = htobe32(tx);
	c.claims.rx_generation = htobe32(rx);
	commit(suite, SERVER, tx, TLSBIND_DIRECTION_TX, c.claims.tx_commitment);
	commit(suite, CLIENT, rx, TLSBIND_DIRECTION_RX, c.claims.rx_commitment);
	evidence = synth_encode(&c);
	cmw = tlsbind_cmw_wrap(evidence.data, evidence.len);
	free(evidence.data);
	synth_clear(&c);
	return cmw;
}

void peer_evidence(struct peer *p, const uint8_t nonce[TLSBIND_NONCE_SIZE], unsigned int tx,
		   unsigned int rx)
{
	char *cmw = peer_cmw(p, nonce, tx, rx);

	peer_answer(p, cmw);
	free(cmw);
}

void peer_id(struct peer *p, uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	uint16_t suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(p->ssl));
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];

	commit(suite, SERVER, 0, TLSBIND_DIRECTION_TX, tx);
	commit(suite, CLIENT, 0, TLSBIND_DIRECTION_RX, rx);
	assert_int_equal(tlsbind_connection_id(tx, rx, id), 0);
}

const char *peer_read(struct peer *p)
{
	static char data[8192];
	size_t n = 0;

	if (SSL_read_ex(p->ssl, data, sizeof(data) - 1, &n) != 1)
		n = 0;
	data[n] = '\0';
	return data;
}

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	alarm(240);
	peer_pki = synth_pki_new(false);
	for (size_t i = 0; i < TLSBIND_MEASUREMENT_SIZE; i++)
		memcpy(measurement + 2 * i, "55", 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(peer_pki);
	return 0;
}

int peer_main(int argc, char **argv, const struct CMUnitTest tests[], size_t count)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-TLSBIND\n", argv[0]);
		return 1;
	}
	snprintf(peer_tool, sizeof(peer_tool), "%s/tlsbind", argv[1]);
	return _cmocka_run_group_tests("tool", tests, count, setup, teardown);
}
