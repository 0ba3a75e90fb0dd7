/* SPDX-License-Identifier: MIT */
/*
 * An end with GnuTLS. It has kTLS, as gnutls/build.sh made it, for every session that has no
 * push function of its own.
 *
 * GnuTLS receives no more than eight KeyUpdates within a second. It is told another time, which
 * goes on by two seconds whenever it asks, as its own tests do (tests/virt-time.h).
 */
#ifndef TLSBIND_REKEY_GNUTLS_H
#define TLSBIND_REKEY_GNUTLS_H

#include "rekey-end.h"
#include "tlsbind-gnutls.h"

void _gnutls_global_set_gettime_function(void (*gettime)(struct timespec *now));

static void rekey_gnutls_time(struct timespec *now)
{
	static uint32_t asked;

	clock_gettime(CLOCK_REALTIME, now);
	now->tv_sec += 2 * __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
}

static inline int rekey_gnutls_result(struct rekey_end *end, ssize_t ret)
{
	int error = errno;

	if (ret >= 0)
		return 0;
	snprintf(end->error, sizeof(end->error), "%s, %s", gnutls_strerror_name(ret), strerror(error));
	return -1;
}

static inline ssize_t rekey_gnutls_push(gnutls_transport_ptr_t fd, const void *data, size_t len)
{
	return send((int)(intptr_t)fd, data, len, MSG_NOSIGNAL);
}

static inline void rekey_gnutls_open(struct rekey_end *end)
{
	unsigned int flags = end->server ? GNUTLS_SERVER | GNUTLS_NO_TICKETS : GNUTLS_CLIENT;

	_gnutls_global_set_gettime_function(rekey_gnutls_time);
	gnutls_certificate_allocate_credentials(&end->credentials);
	if (end->server && gnutls_certificate_set_x509_key_file(end->credentials, REKEY_CERT, REKEY_KEY,
								GNUTLS_X509_FMT_PEM))
		tap_bail("certificate");
	if (gnutls_init(&end->session, flags) ||
	    gnutls_priority_set_direct(end->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL) ||
	    gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE, end->credentials))
		tap_bail("GnuTLS session");
	gnutls_transport_set_int(end->session, end->fd);
	if (!end->kernel)
		gnutls_transport_set_push_function(end->session, rekey_gnutls_push);
	if (tlsbind_gnutls_attach(end->session))
		tap_bail("GnuTLS: attach");
}

static inline void rekey_gnutls_close(struct rekey_end *end)
{
	gnutls_deinit(end->session);
	gnutls_certificate_free_credentials(end->credentials);
}

/* With kTLS it never waits, whatever the socket does. Return: whether to try again. */
static inline bool rekey_gnutls_again(struct rekey_end *end, ssize_t ret, short events)
{
	struct pollfd p = { .fd = end->fd, .events = events };

	if (ret == GNUTLS_E_INTERRUPTED)
		return true;
	return ret == GNUTLS_E_AGAIN && poll(&p, 1, 60000) > 0;
}

static inline int rekey_gnutls_shake(struct rekey_end *end)
{
	int ret;

	errno = 0;
	do {
		ret = gnutls_handshake(end->session);
	} while (rekey_gnutls_again(end, ret, POLLIN));
	return rekey_gnutls_result(end, ret);
}

static inline int rekey_gnutls_update(struct rekey_end *end, bool request)
{
	int ret;

	errno = 0;
	do {
		ret = gnutls_session_key_update(end->session, request ? GNUTLS_KU_PEER : 0);
	} while (rekey_gnutls_again(end, ret, POLLOUT));
	return rekey_gnutls_result(end, ret);
}

static inline int rekey_gnutls_send(struct rekey_end *end, const char *text, size_t len)
{
	ssize_t ret;

	errno = 0;
	do {
		ret = gnutls_record_send(end->session, text, len);
	} while (rekey_gnutls_again(end, ret, POLLOUT));
	return rekey_gnutls_result(end, ret);
}

static inline ssize_t rekey_gnutls_recv(struct rekey_end *end, char *text, size_t len)
{
	ssize_t ret;

	errno = 0;
	do {
		ret = gnutls_record_recv(end->session, text, len);
	} while (rekey_gnutls_again(end, ret, POLLIN));
	return rekey_gnutls_result(end, ret) ? -1 : ret;
}

static inline bool rekey_gnutls_in_kernel(struct rekey_end *end)
{
	return gnutls_transport_is_ktls_enabled(end->session) == GNUTLS_KTLS_DUPLEX;
}

static inline int rekey_gnutls_connection(struct rekey_end *end, struct tlsbind_connection *out)
{
	return tlsbind_gnutls_connection(end->session, out);
}

static const struct rekey_library rekey_gnutls = {
	.name = "GnuTLS",
	.open = rekey_gnutls_open,
	.close = rekey_gnutls_close,
	.shake = rekey_gnutls_shake,
	.update = rekey_gnutls_update,
	.send = rekey_gnutls_send,
	.recv = rekey_gnutls_recv,
	.in_kernel = rekey_gnutls_in_kernel,
	.connection = rekey_gnutls_connection,
};

#endif
