/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that travel, evidence by whoever has them, and how many bytes a
 * connection has carried. Include it after _GNU_SOURCE.
 *
 *	life_send(unix, fd); fd = life_take(unix);
 *	life_evidence(fd, &tx, &rx, &claims);
 *	before = life_bytes(line.fd);	... life_same(&before, line.fd)
 */
#ifndef TLSBIND_LIFE_H
#define TLSBIND_LIFE_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE first"
#endif

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/sockios.h>

#include "evidence.h"
#include "guest.h"

/** life_send() - put a descriptor into a message on a unix socket. Return: 0 or -1. */
static inline int life_send(int unix_fd, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(unix_fd, &m, 0) == 1 ? 0 : -1;
}

/** life_take() - take one out again. Return: it, or -1. */
static inline int life_take(int unix_fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(unix_fd, &m, MSG_CMSG_CLOEXEC) == 1 && control.head.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

/** life_netns() - inode number of the network namespace that the task is in. */
static inline uint64_t life_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static inline bool life_commits(const uint8_t *got, uint8_t direction, const struct ktls_key *k)
{
	uint8_t want[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(direction, k, want);
	return !memcmp(got, want, sizeof(want));
}

/** life_about() - Return: claims are about these two keys and no others. */
static inline bool life_about(const struct tlsbind_claims *c, const struct ktls_key *tx,
			      const struct ktls_key *rx)
{
	return life_commits(c->tx_commitment, TLSBIND_DIRECTION_TX, tx) &&
	       life_commits(c->rx_commitment, TLSBIND_DIRECTION_RX, rx);
}

/** life_read() - wait for what was asked with @seed. Return: it is signed and about these keys. */
static inline bool life_read(int fd, unsigned int seed, const struct ktls_key *tx,
			     const struct ktls_key *rx, struct tlsbind_claims *claims)
{
	static __thread uint8_t buf[65536];
	struct evidence e;
	ssize_t n = evidence_read(fd, buf, sizeof(buf));

	if (n < 0 || !evidence_parse(&e, buf, n) || !evidence_bound_to(&e, seed))
		return false;
	*claims = e.claims;
	return life_about(claims, tx, rx);
}

/** life_evidence() - ask and wait. Return: it is there, signed, and about these keys. */
static inline bool life_evidence(int fd, const struct ktls_key *tx, const struct ktls_key *rx,
				 struct tlsbind_claims *claims)
{
	static unsigned int seed = 90000;

	memset(claims, 0xff, sizeof(*claims));
	seed++;
	return !evidence_ask(fd, seed) && life_read(fd, seed, tx, rx, claims);
}

/** life_info() - TLSBIND_INFO. Return: errno or 0. */
static inline int life_info(int fd)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len) ? errno : 0;
}

static inline void life_tcp_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len))
		tap_bail("TCP_INFO: %s", strerror(errno));
}

/** struct life_bytes - of a connection, since it began */
struct life_bytes {
	unsigned long long written;	/* given to TCP at one end, sent or not */
	unsigned long long received;	/* at the other */
};

/** life_bytes() - that have gone from @fd[0] to @fd[1]. */
static inline struct life_bytes life_bytes(const int fd[2])
{
	struct life_bytes b;
	struct tcp_info info;
	int queued = 0;

	if (ioctl(fd[0], SIOCOUTQ, &queued))
		tap_bail("SIOCOUTQ: %s", strerror(errno));
	life_tcp_info(fd[0], &info);
	b.written = info.tcpi_bytes_acked + queued;
	life_tcp_info(fd[1], &info);
	b.received = info.tcpi_bytes_received;
	return b;
}

/** life_same() - Return: since @before not one byte was given to TCP, nor arrived. */
static inline bool life_same(const struct life_bytes *before, const int fd[2])
{
	struct life_bytes now = life_bytes(fd);

	if (now.written == before->written && now.received == before->received)
		return true;
	tap_diag("%llu bytes more were given to TCP, %llu arrived", now.written - before->written,
		 now.received - before->received);
	return false;
}

#endif
