/* SPDX-License-Identifier: MIT */
/* A program that holds its own kTLS socket: an attester, or a relying party. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include "cursor.h"
#include "internal.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define TLSBIND_SOCKET_TRIES	8	/* KeyUpdates between two questions, one after the other */
#define TLSBIND_SOCKET_BUFFER	(16 * 1024)	/* a first guess; the kernel tells more */

static int tlsbind_socket_challenge(int fd, const uint8_t nonce[TLSBIND_NONCE_SIZE],
				    const uint8_t *app_data)
{
	struct tlsbind_challenge challenge = { 0 };

	memcpy(challenge.nonce, nonce, sizeof(challenge.nonce));
	if (app_data)
		memcpy(challenge.app_data, app_data, sizeof(challenge.app_data));
	if (setsockopt(fd, SOL_TLS, TLSBIND_CHALLENGE, &challenge, sizeof(challenge)))
		return -errno;
	return 0;
}

/* A non-blocking socket: wait for the event that says that the answer is there. */
static int tlsbind_socket_wait(int event)
{
	struct pollfd pfd = { .fd = event, .events = POLLIN };
	eventfd_t count;

	while (poll(&pfd, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return eventfd_read(event, &count) && errno != EAGAIN ? -errno : 0;
}

static int tlsbind_socket_read(int fd, int event, uint8_t **evidence, size_t *len)
{
	socklen_t size = TLSBIND_SOCKET_BUFFER;
	uint8_t *buffer = NULL, *bigger;
	int ret;

	do {
		bigger = realloc(buffer, size);
		if (!bigger) {
			ret = -ENOMEM;
			break;
		}
		buffer = bigger;
		ret = getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buffer, &size) ? -errno : 0;
		if (ret == -EAGAIN) {
			ret = tlsbind_socket_wait(event);
			if (!ret)
				ret = -EAGAIN;
		}
		if (ret == -EMSGSIZE && size > TLSBIND_EVIDENCE_SIZE_MAX)
			ret = -EFBIG;
	} while (ret == -EMSGSIZE || ret == -EAGAIN || ret == -EINTR);
	if (ret) {
		free(buffer);
		return ret;
	}
	*evidence = buffer;
	*len = size;
	return 0;
}

int tlsbind_socket_evidence(int fd, const uint8_t nonce[TLSBIND_NONCE_SIZE],
			    const uint8_t *app_data, uint8_t **evidence, size_t *len)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), none = -1;
	int ret;

	*evidence = NULL;
	*len = 0;
	if (event < 0)
		return -errno;
	ret = setsockopt(fd, SOL_TLS, TLSBIND_EVENTFD, &event, sizeof(event)) ? -errno : 0;
	if (!ret) {
		ret = tlsbind_socket_challenge(fd, nonce, app_data);
		if (!ret)
			ret = tlsbind_socket_read(fd, event, evidence, len);
		(void)setsockopt(fd, SOL_TLS, TLSBIND_EVENTFD, &none, sizeof(none));
	}
	close(event);
	return ret;
}

/*
 * A structure of exactly this size. IPv4 sockets without kTLS, alone, call options that
 * they do not know EOPNOTSUPP; the module never does.
 */
static int tlsbind_socket_get(int fd, int option, void *out, size_t size)
{
	socklen_t len = (socklen_t)size;

	memset(out, 0, size);
	if (getsockopt(fd, SOL_TLS, option, out, &len))
		return errno == EOPNOTSUPP ? -ENOPROTOOPT : -errno;
	return len == size ? 0 : -EPROTO;
}

/*
 * Two questions, and a KeyUpdate may come in between: the generations that both
 * answers name must agree. What TLSBIND_INFO says beyond them never changes.
 */
static int tlsbind_socket_ask(int fd, struct tlsbind_info *info, struct tlsbind_peer *peer)
{
	int ret = -EAGAIN, tries = TLSBIND_SOCKET_TRIES;

	while (ret == -EAGAIN && tries--) {
		ret = tlsbind_socket_get(fd, TLSBIND_INFO, info, sizeof(*info));
		if (!ret)
			ret = tlsbind_socket_get(fd, TLSBIND_PEER, peer, sizeof(*peer));
		if (!ret && (info->tx_generation != peer->rx_generation ||
			     info->rx_generation != peer->tx_generation))
			ret = -EAGAIN;
	}
	return ret;
}

int tlsbind_socket_connection(int fd, const struct tlsbind_handshake *handshake,
			      struct tlsbind_connection *out)
{
	struct tlsbind_info info;
	struct tlsbind_peer peer;
	int ret;

	if (!out)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (!handshake)
		return -EINVAL;
	ret = tlsbind_socket_ask(fd, &info, &peer);
	if (ret)
		return ret;
	return tlsbind_peer_connection(&peer, info.tls_version, info.cipher_suite, handshake, out);
}

bool tlsbind_socket_is(int fd, const uint8_t connection_id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);

	if (tlsbind_is_zero(connection_id, TLSBIND_CONNECTION_ID_SIZE))
		return true;
	return !getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len) &&
	       !memcmp(connection_id, info.connection_id, sizeof(info.connection_id));
}

/* Errors as Documentation/sockopt.rst lists them; what is not listed is our own fault. */
unsigned int tlsbind_http_status(int error)
{
	switch (-error) {
	case 0:
		return 200;
	case EINVAL:
		return 400;
	case EACCES:
	case EPERM:
		return 403;
	case EBUSY:
	case EDQUOT:
		return 429;
	case ENOPROTOOPT:
	case ENOKEY:
	case ESTALE:
	case EPROTONOSUPPORT:
		return 501;
	case EIO:
	case EKEYREJECTED:
	case ECONNABORTED:
		return 502;
	case EOPNOTSUPP:
	case ESHUTDOWN:
		return 503;
	case ETIMEDOUT:
		return 504;
	default:
		return 500;
	}
}
