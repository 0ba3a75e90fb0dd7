// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options at level SOL_TLS. They run in the system call of the socket's
 * owner, with the socket not locked. Structures are versioned by their size:
 * what a newer program adds at the end must be zero here.
 */
#include "sockopt.h"

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "claims.h"
#include "event.h"
#include "evidence.h"
#include "request.h"
#include "sock.h"

/*
 * The state of a socket with keys. -ENOKEY: it has none; -ESTALE: it has, but
 * their installation was not seen; -EKEYREJECTED: see tlsbind_claims_make().
 */
static struct tlsbind_sock *tlsbind_sockopt_find(struct sock *sk)
{
	struct tlsbind_sock *ts = tlsbind_sock_get(sk);
	int ret;

	if (!ts)
		return ERR_PTR(tlsbind_sock_has_keys(sk) ? -ESTALE : -ENOKEY);
	ret = tlsbind_claims_ready(ts);
	if (!ret)
		return ts;
	tlsbind_sock_put(ts);
	return ERR_PTR(ret);
}

static int tlsbind_sockopt_copy_challenge(struct tlsbind_challenge *challenge,
					  sockptr_t optval, unsigned int optlen)
{
	int ret;

	if (optlen < sizeof(*challenge))
		return -EINVAL;
	if (optlen > PAGE_SIZE)
		return -E2BIG;
	if (copy_from_sockptr(challenge, optval, sizeof(*challenge)))
		return -EFAULT;
	/* Not copy_struct_from_sockptr(): on 6.12 it ignores the tail. */
	ret = check_zeroed_sockptr(optval, sizeof(*challenge),
				   optlen - sizeof(*challenge));
	if (ret <= 0)
		return ret ?: -E2BIG;
	if (challenge->flags || challenge->reserved)
		return -EINVAL;
	return 0;
}

static int tlsbind_sockopt_challenge(struct sock *sk, sockptr_t optval,
				     unsigned int optlen)
{
	struct tlsbind_challenge challenge;
	struct tlsbind_sock *ts;
	int ret;

	ret = tlsbind_sockopt_copy_challenge(&challenge, optval, optlen);
	if (ret)
		return ret;
	if (inet_sk_state_load(sk) == TCP_CLOSE)
		return -ENOTCONN;

	ts = tlsbind_sockopt_find(sk);
	if (IS_ERR(ts))
		return PTR_ERR(ts);
	ret = tlsbind_evidence_challenge(ts, challenge.nonce,
					 challenge.app_data);
	tlsbind_event_challenge(ts, ret);
	tlsbind_sock_put(ts);
	return ret;
}

static int tlsbind_sockopt_eventfd(struct sock *sk, sockptr_t optval,
				   unsigned int optlen)
{
	struct eventfd_ctx *eventfd = NULL;
	struct tlsbind_sock *ts;
	int ret;
	s32 fd;

	if (optlen != sizeof(fd))
		return -EINVAL;
	if (copy_from_sockptr(&fd, optval, sizeof(fd)))
		return -EFAULT;
	if (fd < -1)
		return -EBADF;

	ts = tlsbind_sockopt_find(sk);
	if (IS_ERR(ts))
		return PTR_ERR(ts);
	if (fd >= 0)
		eventfd = eventfd_ctx_fdget(fd);
	ret = PTR_ERR_OR_ZERO(eventfd);
	if (!ret)
		ret = tlsbind_evidence_eventfd(ts, eventfd);
	tlsbind_sock_put(ts);
	return ret;
}

/**
 * tlsbind_sockopt_set() - setsockopt() of one of our options
 * @sk: the socket, with the tls ULP, not locked
 * @optname: TLSBIND_CHALLENGE or TLSBIND_EVENTFD
 * @optval: value
 * @optlen: its size in bytes
 *
 * Context: process, may sleep.
 * Return: 0 or a negative errno, see Documentation/sockopt.rst.
 */
int tlsbind_sockopt_set(struct sock *sk, int optname, sockptr_t optval,
			unsigned int optlen)
{
	switch (optname) {
	case TLSBIND_CHALLENGE:
		return tlsbind_sockopt_challenge(sk, optval, optlen);
	case TLSBIND_EVENTFD:
		return tlsbind_sockopt_eventfd(sk, optval, optlen);
	}
	return -ENOPROTOOPT;
}

/* Copy a structure out; what a newer program expects beyond it is zero. */
static int tlsbind_sockopt_put(const void *value, int size,
			       char __user *optval, int __user *optlen, int len)
{
	if (len < size || len > PAGE_SIZE)
		return -EINVAL;
	if (copy_to_user(optval, value, size) ||
	    clear_user(optval + size, len - size) || put_user(size, optlen))
		return -EFAULT;
	return 0;
}

static int tlsbind_sockopt_info(struct tlsbind_sock *ts, char __user *optval,
				int __user *optlen, int len)
{
	struct tlsbind_info info = {};

	tlsbind_claims_info(ts, &info);
	return tlsbind_sockopt_put(&info, sizeof(info), optval, optlen, len);
}

static int tlsbind_sockopt_peer(struct tlsbind_sock *ts, char __user *optval,
				int __user *optlen, int len)
{
	struct tlsbind_peer peer = {};
	int ret = tlsbind_claims_peer(ts, &peer);

	return ret ?: tlsbind_sockopt_put(&peer, sizeof(peer), optval, optlen,
					  len);
}

static int tlsbind_sockopt_copy_evidence(const struct tlsbind_request *request,
					 char __user *optval,
					 int __user *optlen, int len)
{
	size_t size = tlsbind_request_encoded_size(request);
	void *buffer;
	int ret = 0;

	if (put_user((int)size, optlen))
		return -EFAULT;
	if (len < size)
		return -EMSGSIZE;
	buffer = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return -ENOMEM;
	tlsbind_request_encode(request, buffer, size);
	if (copy_to_user(optval, buffer, size))
		ret = -EFAULT;
	kvfree(buffer);
	return ret;
}

static bool tlsbind_sockopt_nonblocking(const struct sock *sk)
{
	return sk->sk_socket && sk->sk_socket->file &&
	       (sk->sk_socket->file->f_flags & O_NONBLOCK);
}

/*
 * Wait as a read would. The answer is taken from the socket only when the
 * program has it, or when it is an error that the program learns here.
 */
static int tlsbind_sockopt_evidence(struct sock *sk, struct tlsbind_sock *ts,
				    char __user *optval, int __user *optlen,
				    int len)
{
	long timeout = sock_rcvtimeo(sk, tlsbind_sockopt_nonblocking(sk));
	struct tlsbind_request *request;
	int error, ret;

	request = tlsbind_evidence_wait(ts, timeout);
	if (IS_ERR(request))
		return PTR_ERR(request);
	error = tlsbind_request_error(request);
	ret = error ?: tlsbind_sockopt_copy_evidence(request, optval, optlen, len);
	tlsbind_evidence_told(ts, request, error || !ret);
	return ret;
}

/**
 * tlsbind_sockopt_get() - getsockopt() of one of our options
 * @sk: the socket, with the tls ULP, not locked
 * @optname: TLSBIND_EVIDENCE, TLSBIND_INFO or TLSBIND_PEER
 * @optval: where the value goes
 * @optlen: in: room in bytes; out: size of the value
 *
 * Context: process, sleeps for evidence as long as a read would.
 * Return: 0 or a negative errno, see Documentation/sockopt.rst.
 */
int tlsbind_sockopt_get(struct sock *sk, int optname, char __user *optval,
			int __user *optlen)
{
	struct tlsbind_sock *ts;
	int ret = -ENOPROTOOPT;
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;

	ts = tlsbind_sockopt_find(sk);
	if (IS_ERR(ts))
		return PTR_ERR(ts);
	switch (optname) {
	case TLSBIND_EVIDENCE:
		ret = tlsbind_sockopt_evidence(sk, ts, optval, optlen, len);
		break;
	case TLSBIND_INFO:
		ret = tlsbind_sockopt_info(ts, optval, optlen, len);
		break;
	case TLSBIND_PEER:
		ret = tlsbind_sockopt_peer(ts, optval, optlen, len);
		break;
	}
	tlsbind_sock_put(ts);
	return ret;
}
