/* SPDX-License-Identifier: MIT */
/*
 * Connected TCP sockets with kernel TLS, keys of one's own choice, for every
 * cipher that kTLS has: no TLS handshake is needed to test what sees keys.
 */
#ifndef TLSBIND_KTLS_H
#define TLSBIND_KTLS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/tcp.h>
#include <linux/tls.h>

#include <linux/tlsbind.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* Length of tls_crypto_info's versions: their longest member. */
#define KTLS_INFO_MAX 64

/** struct ktls_suite - one cipher suite of TLS 1.3 */
struct ktls_suite {
	const char *name;
	uint16_t suite;		/* IANA code point */
	uint16_t cipher;	/* TLS_CIPHER_* of kTLS */
	uint8_t key_len;
	uint8_t salt_len;	/* of the 12 bytes of iv, how many kTLS calls salt */
};

static const struct ktls_suite ktls_suites[] = {
	{ "TLS_AES_128_GCM_SHA256", 0x1301, TLS_CIPHER_AES_GCM_128, 16, 4 },
	{ "TLS_AES_256_GCM_SHA384", 0x1302, TLS_CIPHER_AES_GCM_256, 32, 4 },
	{ "TLS_CHACHA20_POLY1305_SHA256", 0x1303, TLS_CIPHER_CHACHA20_POLY1305, 32, 0 },
	{ "TLS_AES_128_CCM_SHA256", 0x1304, TLS_CIPHER_AES_CCM_128, 16, 4 },
	{ "TLS_SM4_GCM_SM3", 0x00c6, TLS_CIPHER_SM4_GCM, 16, 4 },
	{ "TLS_SM4_CCM_SM3", 0x00c7, TLS_CIPHER_SM4_CCM, 16, 4 },
};

#define KTLS_SUITES (sizeof(ktls_suites) / sizeof(ktls_suites[0]))

/** struct ktls_key - a key as TLS knows it: the static iv is in one piece */
struct ktls_key {
	uint16_t version;	/* TLS_1_3_VERSION or TLS_1_2_VERSION */
	uint16_t suite;		/* IANA code point, for TLS 1.2 the one with the same AEAD */
	uint8_t key[TLSBIND_KEY_SIZE_MAX];
	uint8_t iv[TLSBIND_IV_SIZE];
	uint8_t seq[8];
};

/** ktls_suite_find() - Return: the suite with this code point, or NULL. */
static inline const struct ktls_suite *ktls_suite_find(uint16_t suite)
{
	for (size_t i = 0; i < KTLS_SUITES; i++)
		if (ktls_suites[i].suite == suite)
			return &ktls_suites[i];
	return NULL;
}

/** ktls_key() - some key: each @seed gives another. */
static inline struct ktls_key ktls_key(uint16_t suite, unsigned int seed)
{
	struct ktls_key k = { .version = TLS_1_3_VERSION, .suite = suite };

	for (size_t i = 0; i < sizeof(k.key); i++)
		k.key[i] = seed * 31 + (seed >> 8) * 17 + i;
	for (size_t i = 0; i < sizeof(k.iv); i++)
		k.iv[i] = seed * 7 + (seed >> 8) * 3 + i * 5;
	memcpy(k.key, &seed, sizeof(seed));
	return k;
}

/**
 * ktls_encode() - what setsockopt(TLS_TX) wants: info, iv, key, salt, sequence number.
 * Return: length used of @info, which has KTLS_INFO_MAX bytes.
 */
static inline socklen_t ktls_encode(const struct ktls_key *k, uint8_t *info)
{
	const struct ktls_suite *s = ktls_suite_find(k->suite);
	struct tls_crypto_info head;
	uint8_t *p = info;

	if (!s)
		return 0;
	head.version = k->version;
	head.cipher_type = s->cipher;
	p = (uint8_t *)memcpy(p, &head, sizeof(head)) + sizeof(head);
	p = (uint8_t *)memcpy(p, k->iv + s->salt_len, TLSBIND_IV_SIZE - s->salt_len) +
	    TLSBIND_IV_SIZE - s->salt_len;
	p = (uint8_t *)memcpy(p, k->key, s->key_len) + s->key_len;
	p = (uint8_t *)memcpy(p, k->iv, s->salt_len) + s->salt_len;
	p = (uint8_t *)memcpy(p, k->seq, sizeof(k->seq)) + sizeof(k->seq);
	return p - info;
}

/** ktls_install() - give the kernel a key; @direction is TLS_TX or TLS_RX. */
static inline int ktls_install(int fd, int direction, const struct ktls_key *k)
{
	uint8_t info[KTLS_INFO_MAX];
	socklen_t len = ktls_encode(k, info);

	return setsockopt(fd, SOL_TLS, direction, info, len);
}

/** ktls_attach() - switch kTLS on, without keys. */
static inline int ktls_attach(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls"));
}

static inline socklen_t ktls_loopback(int family, struct sockaddr_storage *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->ss_family = family;
	if (family == AF_INET6) {
		((struct sockaddr_in6 *)addr)->sin6_addr = in6addr_loopback;
		return sizeof(struct sockaddr_in6);
	}
	((struct sockaddr_in *)addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(struct sockaddr_in);
}

/** ktls_listen() - a listener on loopback; @addr is where. Return: it, or -1. */
static inline int ktls_listen(int family, struct sockaddr_storage *addr, socklen_t *len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	*len = ktls_loopback(family, addr);
	if (bind(fd, (struct sockaddr *)addr, *len) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)addr, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

/** ktls_connect() - a connected pair through @listener. Return: 0 or -1. */
static inline int ktls_connect(int listener, const struct sockaddr_storage *addr, socklen_t len,
			       int fd[2])
{
	fd[0] = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd[0] < 0)
		return -1;
	if (connect(fd[0], (const struct sockaddr *)addr, len)) {
		close(fd[0]);
		return -1;
	}
	fd[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd[1] < 0) {
		close(fd[0]);
		return -1;
	}
	return 0;
}

/** ktls_tcp_pair() - connected TCP sockets over loopback. Return: 0 or -1. */
static inline int ktls_tcp_pair(int family, int fd[2])
{
	struct sockaddr_storage addr;
	socklen_t len;
	int listener = ktls_listen(family, &addr, &len), ret;

	if (listener < 0)
		return -1;
	ret = ktls_connect(listener, &addr, len, fd);
	close(listener);
	return ret;
}

/** ktls_install_both() - @tx to send with, @rx to receive with. Return: 0 or -1. */
static inline int ktls_install_both(int fd, const struct ktls_key *tx, const struct ktls_key *rx)
{
	return ktls_attach(fd) || ktls_install(fd, TLS_TX, tx) || ktls_install(fd, TLS_RX, rx) ?
		-1 : 0;
}

/**
 * ktls_pair() - both ends of a connection with keys in both directions.
 * @fd: fd[0] sends with ktls_key(suite, seed), fd[1] with ktls_key(suite, seed + 1)
 */
static inline int ktls_pair(int family, uint16_t suite, unsigned int seed, int fd[2])
{
	struct ktls_key a = ktls_key(suite, seed), b = ktls_key(suite, seed + 1);

	if (ktls_tcp_pair(family, fd))
		return -1;
	if (!ktls_install_both(fd[0], &a, &b) && !ktls_install_both(fd[1], &b, &a))
		return 0;
	close(fd[0]);
	close(fd[1]);
	return -1;
}

/** ktls_close_pair() - both ends. */
static inline void ktls_close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

/** ktls_reset() - make @fd's peer see a reset: close without a farewell. */
static inline void ktls_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/** ktls_echo() - send @len bytes one way and compare. Return: they came through. */
static inline bool ktls_echo(int from, int to, const void *data, size_t len)
{
	char got[1024];

	if (len > sizeof(got) || send(from, data, len, 0) != (ssize_t)len)
		return false;
	return recv(to, got, len, MSG_WAITALL) == (ssize_t)len && !memcmp(got, data, len);
}

#endif
