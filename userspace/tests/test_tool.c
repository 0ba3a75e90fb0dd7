/* SPDX-License-Identifier: MIT */
/*
 * tlsbind connect against a server that makes genuine evidence about its own
 * connection, without kernel and guest, and then misbehaves.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "synth.h"

static char tool[4096];
static struct synth_pki *pki;
static char measurement[2 * TLSBIND_MEASUREMENT_SIZE + 1];

/* Key log of the server's own connection, by sender. */
static struct {
	uint8_t secret[2][TLSBIND_TRAFFIC_SECRET_MAX];
	size_t len[2];
} logged;

enum { CLIENT, SERVER };

static void keylog(const SSL *ssl, const char *line)
{
	static const char *const labels[] = { "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };

	(void)ssl;
	for (int i = 0; i < 2; i++)
		if (!strncmp(line, labels[i], strlen(labels[i])))
			OPENSSL_hexstr2buf_ex(logged.secret[i], TLSBIND_TRAFFIC_SECRET_MAX,
					      &logged.len[i], strrchr(line, ' ') + 1, '\0');
}

/**
 * struct peer - a server, and the tool as its client
 * @ssl: connection
 * @pid: the tool
 * @out: its standard output and error, a file
 * @in: its standard input, a file
 */
struct peer {
	SSL_CTX *ctx;
	SSL *ssl;
	pid_t pid;
	FILE *out;
	FILE *in;
};

#define INPUT	"from standard input\n"

static bool any_tcb = true;

static void peer_exec(struct peer *p, const char *address, char *const options[])
{
	const char *argv[16] = { tool, "connect", "--no-pki", "--root", pki->root_file };
	bool policy = *options && !strcmp(*options, "--policy");
	size_t n = 5;

	/* What a policy states itself. */
	if (!policy) {
		argv[n++] = any_tcb ? "--any-tcb" : "--allow-rekey";
		argv[n++] = "--measurement";
		argv[n++] = measurement;
	}
	while (*options)
		argv[n++] = *options++;
	argv[n++] = address;
	argv[n] = NULL;
	p->pid = fork();
	if (p->pid)
		return;
	dup2(fileno(p->in), STDIN_FILENO);
	dup2(fileno(p->out), STDOUT_FILENO);
	dup2(fileno(p->out), STDERR_FILENO);
	execv(tool, (char *const *)argv);
	_exit(127);
}

/* Start the tool with these options, and take its connection. */
static void peer_start(struct peer *p, char *const options[])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	char text[32];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&address, &len);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(address.sin_port));
	p->in = tmpfile();
	p->out = tmpfile();
	fputs(INPUT, p->in);
	rewind(p->in);
	peer_exec(p, text, options);

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	p->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(p->ctx, pki->root);
	SSL_CTX_use_PrivateKey(p->ctx, pki->root_key);
	SSL_CTX_set_keylog_callback(p->ctx, keylog);
	SSL_CTX_set_num_tickets(p->ctx, 0);
	p->ssl = SSL_new(p->ctx);
	SSL_set_fd(p->ssl, fd);
	assert_int_equal(SSL_accept(p->ssl), 1);
}

/* End the connection, properly or not. Return: exit code of the tool. */
static int peer_end(struct peer *p, bool properly)
{
	int fd = SSL_get_fd(p->ssl), status;

	if (properly)
		SSL_shutdown(p->ssl);
	SSL_free(p->ssl);
	close(fd);
	SSL_CTX_free(p->ctx);
	fclose(p->in);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Did the tool print this? */
static bool peer_said(struct peer *p, const char *text)
{
	static char said[65536];
	size_t n;

	fflush(p->out);
	n = pread(fileno(p->out), said, sizeof(said) - 1, 0);
	said[n] = '\0';
	return strstr(said, text);
}

/* Read one challenge, and nothing but a challenge. */
static void peer_challenged(struct peer *p, uint8_t nonce[TLSBIND_NONCE_SIZE])
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
	assert_null(strstr(data, INPUT));
	body += 4;
	assert_int_equal(tlsbind_challenge_decode(body, strlen(body), nonce, id), 0);
}

static void peer_answer(struct peer *p, const char *body)
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

	memcpy(secret, logged.secret[sender], sizeof(secret));
	while (generation--)
		assert_int_equal(tlsbind_traffic_update(suite, secret, logged.len[sender]), 0);
	assert_int_equal(tlsbind_traffic_key(suite, secret, logged.len[sender], &key), 0);
	assert_int_equal(tlsbind_commitment(&key, direction, out), 0);
}

/* Evidence about this connection with these generations. */
static void peer_evidence(struct peer *p, const uint8_t nonce[TLSBIND_NONCE_SIZE],
			  unsigned int tx, unsigned int rx)
{
	uint16_t suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(p->ssl));
	struct test_bytes evidence;
	struct synth_case c;
	char *cmw;

	synth_default(&c, pki, false);
	memcpy(c.claims.nonce, nonce, TLSBIND_NONCE_SIZE);
	c.claims.cipher_suite = htobe16(suite);
	c.claims.tx_generation = htobe32(tx);
	c.claims.rx_generation = htobe32(rx);
	commit(suite, SERVER, tx, TLSBIND_DIRECTION_TX, c.claims.tx_commitment);
	commit(suite, CLIENT, rx, TLSBIND_DIRECTION_RX, c.claims.rx_commitment);
	evidence = synth_encode(&c);
	cmw = tlsbind_cmw_wrap(evidence.data, evidence.len);
	peer_answer(p, cmw);
	free(cmw);
	free(evidence.data);
	synth_clear(&c);
}

/* What the tool sends next; empty if it ends the connection. */
static const char *peer_read(struct peer *p)
{
	static char data[8192];
	size_t n = 0;

	if (SSL_read_ex(p->ssl, data, sizeof(data) - 1, &n) != 1)
		n = 0;
	data[n] = '\0';
	return data;
}

static char *const no_options[] = { NULL };

static void test_accepted(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, no_options);
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), INPUT);
	assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
	assert_int_equal(peer_end(&p, true), 0);
	assert_true(peer_said(&p, "evidence ACCEPTED"));
	assert_true(peer_said(&p, "answer"));
	fclose(p.out);
}

/* The policy that the evidence of peer_evidence() suggests, but for this user. */
static void policy_write(const char *path, int uid)
{
	struct tlsbind_evidence parts;
	struct test_bytes bytes;
	struct synth_case c;
	json_t *policy;
	char *text;

	synth_default(&c, pki, false);
	bytes = synth_encode(&c);
	assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &parts), 0);
	text = tlsbind_policy_suggest(parts.provider, parts.report.data, parts.report.len,
				      parts.aux.data, parts.aux.len, parts.claims.data, true);
	policy = json_loads(text, 0, NULL);
	json_object_set_new(policy, "tcb", json_string("any"));
	json_object_set_new(json_object_get(policy, "claims"), "uid", json_pack("[i]", uid));
	assert_int_equal(json_dump_file(policy, path, 0), 0);
	json_decref(policy);
	free(text);
	free(bytes.data);
	synth_clear(&c);
}

static void test_policy(void **state)
{
	char path[] = "/tmp/tlsbind-policy-XXXXXX";
	char *const options[] = { "--policy", path, NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	close(mkstemp(path));
	for (int uid = 0; uid < 2; uid++) {
		policy_write(path, uid);
		peer_start(&p, options);
		peer_challenged(&p, nonce);
		peer_evidence(&p, nonce, 0, 0);
		assert_string_equal(peer_read(&p), uid ? "" : INPUT);
		assert_int_equal(peer_end(&p, true), uid ? 5 : 0);
		assert_int_equal(peer_said(&p, "FAIL  appraisal.uid"), uid);
		fclose(p.out);
	}
	unlink(path);
}

static void test_truncated_connection(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, no_options);
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), INPUT);
	assert_int_equal(peer_end(&p, false), 2);
	fclose(p.out);
}

static void test_rejected(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, no_options);
	peer_challenged(&p, nonce);
	nonce[0] ^= 1;
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 6);
	assert_true(peer_said(&p, "evidence REJECTED: claims.nonce\n"));
	fclose(p.out);
}

/* There are no revocation lists, and nobody said that none are wanted. */
static void test_tcb(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	any_tcb = false;
	peer_start(&p, no_options);
	any_tcb = true;
	peer_challenged(&p, nonce);
	peer_evidence(&p, nonce, 0, 0);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 11);
	assert_true(peer_said(&p, "evidence REJECTED: tcb.revocation\n"));
	fclose(p.out);
}

static void test_no_evidence(void **state)
{
	static const struct {
		const char *body;
		int code;
	} answers[] = {
		{ "{\"error\":\"not \\u001b[31mtoday\"}", 2 }, { "<html>", 2 }, { "[]", 3 },
		{ "[\"" TLSBIND_MEDIA_TYPE "\",\"AAAA\"]", 3 },
	};
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		peer_start(&p, no_options);
		peer_challenged(&p, nonce);
		peer_answer(&p, answers[i].body);
		assert_string_equal(peer_read(&p), "");
		assert_int_equal(peer_end(&p, true), answers[i].code);
		assert_false(peer_said(&p, "\033"));
		assert_true(i || peer_said(&p, "gives no evidence: not ?[31mtoday\n"));
		fclose(p.out);
	}
}

static void test_silence(void **state)
{
	char *const options[] = { "--timeout", "1", NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	peer_start(&p, options);
	peer_challenged(&p, nonce);
	assert_string_equal(peer_read(&p), "");
	assert_int_equal(peer_end(&p, true), 2);
	assert_true(peer_said(&p, "no evidence within the time allowed"));
	fclose(p.out);
}

/*
 * A KeyUpdate that asks for another comes with the evidence. The client answers it
 * before it looks, finds the evidence outdated, and asks again: once.
 */
static void test_key_update_in_between(void **state)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], again[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	for (int good = 0; good < 2; good++) {
		peer_start(&p, no_options);
		peer_challenged(&p, nonce);
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		peer_evidence(&p, nonce, 1, 0);
		peer_challenged(&p, again);
		assert_memory_not_equal(nonce, again, sizeof(nonce));
		peer_evidence(&p, again, 1, good);
		assert_string_equal(peer_read(&p), good ? INPUT : "");
		assert_int_equal(peer_end(&p, true), good ? 0 : 6);
		fclose(p.out);
	}
}

/* The keys change after the verdict: what is attested is not what is in use. */
static void test_key_update_later(void **state)
{
	char *const allow[] = { "--allow-rekey", NULL };
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct peer p;

	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		peer_start(&p, allowed ? allow : no_options);
		peer_challenged(&p, nonce);
		peer_evidence(&p, nonce, 0, 0);
		assert_string_equal(peer_read(&p), INPUT);
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_write(p.ssl, "answer", 6), 6);
		if (!allowed)
			assert_string_equal(peer_read(&p), "");
		assert_int_equal(peer_end(&p, true), allowed ? 0 : 6);
		assert_int_equal(peer_said(&p, "answer"), allowed);
		fclose(p.out);
	}
}

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	pki = synth_pki_new(false);
	for (size_t i = 0; i < TLSBIND_MEASUREMENT_SIZE; i++)
		memcpy(measurement + 2 * i, "55", 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_policy),
		cmocka_unit_test(test_truncated_connection),
		cmocka_unit_test(test_rejected), cmocka_unit_test(test_tcb),
		cmocka_unit_test(test_no_evidence),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_key_update_in_between),
		cmocka_unit_test(test_key_update_later),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-TLSBIND\n", argv[0]);
		return 1;
	}
	snprintf(tool, sizeof(tool), "%s/tlsbind", argv[1]);
	return cmocka_run_group_tests_name("tool", tests, setup, teardown);
}
