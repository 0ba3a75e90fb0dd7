/* SPDX-License-Identifier: MIT */
/*
 * Raw generic netlink, so that tests can also say what no library would: one
 * request, one answer, and the kernel's text if it refuses.
 */
#ifndef TLSBIND_NETLINK_H
#define TLSBIND_NETLINK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <linux/tlsbind_netlink.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* Room for a request: 100,000 small rules and more. */
#define NL_SIZE		(8 << 20)
#define NL_ANSWER	(64 << 10)

/** struct nl - a generic netlink socket and one request at a time */
struct nl {
	int fd;
	uint16_t family;
	uint32_t seq;
	uint8_t *request;	/* NL_SIZE bytes */
	size_t len;		/* used of them */
	char text[256];		/* why the last request was refused */
	int offset;		/* of the attribute that was refused, or -1 */
	bool interrupted;	/* the last dump says so */
	uint8_t answer[NL_ANSWER];
	size_t answer_len;	/* attributes of the last answer */
};

static inline void *nl_reserve(struct nl *nl, size_t len)
{
	void *p = nl->request + nl->len;

	if (nl->len + NLMSG_ALIGN(len) > NL_SIZE)
		abort();
	memset(p, 0, NLMSG_ALIGN(len));
	nl->len += NLMSG_ALIGN(len);
	return p;
}

/** nl_put() - an attribute. */
static inline void nl_put(struct nl *nl, int type, const void *value, size_t len)
{
	struct nlattr *a = nl_reserve(nl, NLA_HDRLEN + len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((uint8_t *)a + NLA_HDRLEN, value, len);
}

static inline void nl_u8(struct nl *nl, int type, uint8_t value)
{
	nl_put(nl, type, &value, sizeof(value));
}

static inline void nl_u16(struct nl *nl, int type, uint16_t value)
{
	nl_put(nl, type, &value, sizeof(value));
}

static inline void nl_u32(struct nl *nl, int type, uint32_t value)
{
	nl_put(nl, type, &value, sizeof(value));
}

static inline void nl_u64(struct nl *nl, int type, uint64_t value)
{
	nl_put(nl, type, &value, sizeof(value));
}

/** nl_nest() - begin a nest. Return: what nl_nest_end() wants. */
static inline size_t nl_nest(struct nl *nl, int type)
{
	size_t start = nl->len;

	nl_put(nl, type | NLA_F_NESTED, NULL, 0);
	return start;
}

static inline void nl_nest_end(struct nl *nl, size_t start)
{
	((struct nlattr *)(nl->request + start))->nla_len = nl->len - start;
}

static inline void nl_begin_family(struct nl *nl, uint16_t family, int cmd, int flags)
{
	struct nlmsghdr *h;
	struct genlmsghdr *g;

	nl->len = 0;
	h = nl_reserve(nl, NLMSG_HDRLEN + GENL_HDRLEN);
	h->nlmsg_type = family;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++nl->seq;
	g = (struct genlmsghdr *)((uint8_t *)h + NLMSG_HDRLEN);
	g->cmd = cmd;
	g->version = 1;
}

/** nl_begin() - a new request to our family. */
static inline void nl_begin(struct nl *nl, int cmd)
{
	nl_begin_family(nl, nl->family, cmd, NLM_F_ACK);
}

/** nl_send() - as it stands. Return: 0 or an errno. */
static inline int nl_send(struct nl *nl)
{
	((struct nlmsghdr *)nl->request)->nlmsg_len = nl->len;
	return send(nl->fd, nl->request, nl->len, 0) == (ssize_t)nl->len ? 0 : errno;
}

static inline void nl_keep_text(struct nl *nl, const struct nlmsghdr *h, const struct nlmsgerr *e)
{
	size_t skip = NLMSG_HDRLEN + sizeof(*e);
	const uint8_t *end = (const uint8_t *)h + h->nlmsg_len;
	const struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	a = (const struct nlattr *)((const uint8_t *)h + NLMSG_ALIGN(skip));
	for (; (const uint8_t *)a + NLA_HDRLEN <= end && a->nla_len >= NLA_HDRLEN;
	     a = (const struct nlattr *)((const uint8_t *)a + NLA_ALIGN(a->nla_len))) {
		const char *value = (const char *)a + NLA_HDRLEN;

		if (a->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(nl->text, sizeof(nl->text), "%s", value);
		else if (a->nla_type == NLMSGERR_ATTR_OFFS)
			memcpy(&nl->offset, value, sizeof(nl->offset));
	}
}

/* Called for each message of an answer, with its attributes. */
typedef void (*nl_message_fn)(struct nl *nl, const void *attrs, size_t len, void *arg);

static inline void nl_keep_answer(struct nl *nl, const void *attrs, size_t len, void *arg)
{
	(void)arg;
	nl->answer_len = len < NL_ANSWER ? len : NL_ANSWER;
	memcpy(nl->answer, attrs, nl->answer_len);
}

/* Return: 0, an errno, or -1 if there is more to come. */
static inline int nl_message(struct nl *nl, const struct nlmsghdr *h, nl_message_fn fn, void *arg)
{
	size_t skip = NLMSG_HDRLEN + GENL_HDRLEN;

	if (h->nlmsg_seq != nl->seq)
		return -1;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;
	if (h->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		nl_keep_text(nl, h, e);
		return -e->error;
	}
	if (h->nlmsg_type == NLMSG_DONE) {
		int error = 0;

		if (h->nlmsg_len >= NLMSG_HDRLEN + sizeof(error))
			memcpy(&error, NLMSG_DATA(h), sizeof(error));
		return -error;
	}
	fn(nl, (const uint8_t *)h + skip, h->nlmsg_len - skip, arg);
	return -1;
}

/** nl_receive() - all of an answer, up to its acknowledgement. Return: 0 or an errno. */
static inline int nl_receive(struct nl *nl, nl_message_fn fn, void *arg)
{
	/* Not in every thread's memory: some tests have a thousand. */
	static __thread uint8_t *buf;

	if (!buf)
		buf = malloc(NL_SIZE);
	for (;;) {
		ssize_t n = recv(nl->fd, buf, NL_SIZE, 0);

		if (n < 0)
			return errno;
		for (struct nlmsghdr *h = (struct nlmsghdr *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			int ret = nl_message(nl, h, fn, arg);

			if (ret >= 0)
				return ret;
		}
	}
}

/** nl_call() - send the request, keep the answer's attributes. Return: 0 or an errno. */
static inline int nl_call(struct nl *nl)
{
	int ret;

	nl->text[0] = 0;
	nl->offset = -1;
	nl->answer_len = 0;
	ret = nl_send(nl);
	return ret ? ret : nl_receive(nl, nl_keep_answer, NULL);
}

/** nl_find() - Return: an attribute's value, or NULL. */
static inline const void *nl_find(const void *attrs, size_t len, int type, size_t *size)
{
	const struct nlattr *a = attrs;

	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= len) {
		size_t step = NLA_ALIGN(a->nla_len);

		if ((a->nla_type & NLA_TYPE_MASK) == type) {
			if (size)
				*size = a->nla_len - NLA_HDRLEN;
			return (const uint8_t *)a + NLA_HDRLEN;
		}
		if (step >= len)
			break;
		len -= step;
		a = (const struct nlattr *)((const uint8_t *)a + step);
	}
	return NULL;
}

/** nl_number() - Return: an attribute of 1, 2, 4 or 8 bytes; 0 if it is not there. */
static inline uint64_t nl_number(const void *attrs, size_t len, int type)
{
	uint64_t number = 0;	/* little-endian, as all that we run on */
	size_t size;
	const void *value = nl_find(attrs, len, type, &size);

	if (value && size <= sizeof(number))
		memcpy(&number, value, size);
	return number;
}

/** nl_open() - a socket to our family. Return: 0, or an errno: ENOENT without the module. */
static inline int nl_open(struct nl *nl)
{
	int on = 1, size = NL_SIZE, ret;

	memset(nl, 0, sizeof(*nl));
	nl->request = malloc(NL_SIZE);
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (!nl->request || nl->fd < 0)
		return errno;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	nl_begin_family(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	nl_put(nl, CTRL_ATTR_FAMILY_NAME, TLSBIND_FAMILY_NAME, sizeof(TLSBIND_FAMILY_NAME));
	ret = nl_call(nl);
	nl->family = nl_number(nl->answer, nl->answer_len, CTRL_ATTR_FAMILY_ID);
	return ret;
}

static inline void nl_close(struct nl *nl)
{
	close(nl->fd);
	free(nl->request);
}

#endif
