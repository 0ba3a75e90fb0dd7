/* SPDX-License-Identifier: MIT */
/* A TLS 1.3 connection, made so that evidence about it can be accepted at all. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "tool.h"

static SSL_CTX *tool_tls_context(const struct tool_peer *peer)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int ok;

	if (!ctx)
		return NULL;
	ok = SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	     SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (!peer->no_pki) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		ok = ok && (peer->cafile ? SSL_CTX_load_verify_file(ctx, peer->cafile) :
					   SSL_CTX_set_default_verify_paths(ctx));
	}
	if (!ok) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static bool tool_tls_is_address(const char *name)
{
	unsigned char address[16];

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool tool_tls_name(SSL *ssl, const struct tool_peer *peer)
{
	if (tool_tls_is_address(peer->servername))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), peer->servername);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, peer->servername) &&
	       SSL_set_tlsext_host_name(ssl, peer->servername);
}

static BIO *tool_tls_socket(const struct tool_peer *peer)
{
	BIO *bio = BIO_new(BIO_s_connect());

	if (!bio)
		return NULL;
	if (!BIO_set_conn_hostname(bio, peer->address) || BIO_do_connect(bio) <= 0) {
		BIO_free(bio);
		return NULL;
	}
	return bio;
}

SSL *tool_tls_connect(const struct tool_peer *peer)
{
	SSL_CTX *ctx = tool_tls_context(peer);
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	BIO *bio = NULL;

	SSL_CTX_free(ctx);
	if (!ssl || !tool_tls_name(ssl, peer) || tlsbind_ssl_attach(ssl)) {
		tool_error("cannot set TLS up");
		goto fail;
	}
	bio = tool_tls_socket(peer);
	if (!bio) {
		tool_error("cannot connect to %s port %s", peer->host, peer->port);
		goto fail;
	}
	SSL_set_bio(ssl, bio, bio);
	if (SSL_connect(ssl) != 1) {
		long verify = SSL_get_verify_result(ssl);

		if (verify != X509_V_OK)
			tool_error("certificate of %s: %s", peer->servername,
				   X509_verify_cert_error_string(verify));
		else
			tool_error("no TLS 1.3 with %s port %s", peer->host, peer->port);
		goto fail;
	}
	return ssl;
fail:
	SSL_free(ssl);
	return NULL;
}

int tool_tls_describe(SSL *ssl, struct tlsbind_connection *out)
{
	if (SSL_get_key_update_type(ssl) != SSL_KEY_UPDATE_NONE &&
	    (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
	     SSL_do_handshake(ssl) != 1)) {
		tool_error("cannot update the key");
		return -1;
	}
	if (tlsbind_ssl_connection(ssl, out)) {
		tool_error("the keys of the connection are not known");
		return -1;
	}
	return 0;
}

/*
 * A socket that is closed without lingering is reset by TCP, and what is queued dropped. It is
 * closed by putting something else in its place: OpenSSL would shut it down first, which is
 * an end in good order; and connect(2) to nobody, which resets, too, is refused by kTLS.
 */
void tool_tls_reset(SSL *ssl)
{
	const struct linger none = { .l_onoff = 1 };
	int fd = SSL_get_fd(ssl), nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) ||
	    dup3(nothing, fd, O_CLOEXEC) < 0)
		tool_message("cannot reset the connection: %s", strerror(errno));
	if (nothing >= 0)
		close(nothing);
}

void tool_tls_free(SSL *ssl)
{
	SSL_free(ssl);
}
