/* SPDX-License-Identifier: MIT */
/* An end with OpenSSL. */
#ifndef TLSBIND_REKEY_OPENSSL_H
#define TLSBIND_REKEY_OPENSSL_H

#include <openssl/err.h>

#include "rekey-end.h"

static inline int rekey_openssl_result(struct rekey_end *end, int ret)
{
	int why = SSL_get_error(end->ssl, ret), error = errno;
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	if (ret > 0)
		return 0;
	snprintf(end->error, sizeof(end->error), "SSL_get_error %d, %s, %s", why,
		 reason ? reason : "no reason", strerror(error));
	ERR_clear_error();
	return -1;
}

static inline void rekey_openssl_open(struct rekey_end *end)
{
	end->ctx = SSL_CTX_new(end->server ? TLS_server_method() : TLS_client_method());
	SSL_CTX_set_min_proto_version(end->ctx, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(end->ctx, 0);
	if (end->kernel)
		SSL_CTX_set_options(end->ctx, SSL_OP_ENABLE_KTLS);
	if (end->server && (SSL_CTX_use_certificate_file(end->ctx, REKEY_CERT, SSL_FILETYPE_PEM) != 1 ||
			    SSL_CTX_use_PrivateKey_file(end->ctx, REKEY_KEY, SSL_FILETYPE_PEM) != 1))
		tap_bail("certificate");
	end->ssl = SSL_new(end->ctx);
	if (!end->ssl || !SSL_set_fd(end->ssl, end->fd) || tlsbind_ssl_attach(end->ssl))
		tap_bail("OpenSSL session");
	if (end->server)
		SSL_set_accept_state(end->ssl);
	else
		SSL_set_connect_state(end->ssl);
}

static inline void rekey_openssl_close(struct rekey_end *end)
{
	SSL_free(end->ssl);
	SSL_CTX_free(end->ctx);
}

static inline int rekey_openssl_shake(struct rekey_end *end)
{
	errno = 0;
	return rekey_openssl_result(end, SSL_do_handshake(end->ssl));
}

/* SSL_key_update() only asks for it; SSL_do_handshake(), or the next write, does it. */
static inline int rekey_openssl_update(struct rekey_end *end, bool request)
{
	int ret = SSL_key_update(end->ssl, request ? SSL_KEY_UPDATE_REQUESTED :
						     SSL_KEY_UPDATE_NOT_REQUESTED);

	return ret == 1 ? rekey_openssl_shake(end) : rekey_openssl_result(end, ret);
}

static inline int rekey_openssl_send(struct rekey_end *end, const char *text, size_t len)
{
	errno = 0;
	return rekey_openssl_result(end, SSL_write(end->ssl, text, len));
}

static inline ssize_t rekey_openssl_recv(struct rekey_end *end, char *text, size_t len)
{
	int n;

	errno = 0;
	n = SSL_read(end->ssl, text, len);
	return rekey_openssl_result(end, n) ? -1 : n;
}

static inline bool rekey_openssl_in_kernel(struct rekey_end *end)
{
	return BIO_get_ktls_send(SSL_get_wbio(end->ssl)) && BIO_get_ktls_recv(SSL_get_rbio(end->ssl));
}

static inline int rekey_openssl_connection(struct rekey_end *end, struct tlsbind_connection *out)
{
	return tlsbind_ssl_connection(end->ssl, out);
}

static const struct rekey_library rekey_openssl = {
	.name = "OpenSSL",
	.open = rekey_openssl_open,
	.close = rekey_openssl_close,
	.shake = rekey_openssl_shake,
	.update = rekey_openssl_update,
	.send = rekey_openssl_send,
	.recv = rekey_openssl_recv,
	.in_kernel = rekey_openssl_in_kernel,
	.connection = rekey_openssl_connection,
};

#endif
