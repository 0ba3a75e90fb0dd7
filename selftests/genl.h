/* SPDX-License-Identifier: MIT */
/*
 * Raw generic netlink, for the tests: what is sent can be wrong in any way, and
 * what comes back is seen as it is.
 */
#ifndef TLSBIND_GENL_H
#define TLSBIND_GENL_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <linux/tlsbind_netlink.h>

#include "guest.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define GENL_BUF	(1 << 20)
#define GENL_ATTRS	32

/** struct genl - a socket, what it knows of the family, and the last error */
struct genl {
	int fd;
	uint16_t family;
	uint32_t groups[2];	/* events, gate */
	uint32_t seq;
	char text[256];		/* of the kernel, or empty */
	unsigned int interrupted;	/* messages with NLM_F_DUMP_INTR */
	unsigned int messages;	/* answers to the last question */
	struct genl_kept *kept;	/* told of while an answer was awaited; see genl_next() */
};

/** struct genl_kept - what was told to the gate group, and is still to be read */
struct genl_kept {
	struct genl_kept *next;
	union {
		struct nlmsghdr hdr;
		uint8_t bytes[16384];
	};
};

/** struct genl_msg - a message under construction */
struct genl_msg {
	union {
		struct nlmsghdr hdr;
		uint8_t bytes[65536];
	};
};

/** genl_begin() - an empty message of @type with command @cmd. */
static inline void genl_begin(struct genl_msg *m, uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr head = { .cmd = cmd, .version = TLSBIND_FAMILY_VERSION };

	memset(&m->hdr, 0, sizeof(m->hdr));
	m->hdr.nlmsg_type = type;
	m->hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(m->bytes + NLMSG_HDRLEN, &head, sizeof(head));
	m->hdr.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
}

/** genl_put() - append an attribute. */
static inline void genl_put(struct genl_msg *m, uint16_t type, const void *data, uint16_t len)
{
	struct nlattr a = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	uint8_t *at = m->bytes + NLMSG_ALIGN(m->hdr.nlmsg_len);

	if (at + NLA_ALIGN(a.nla_len) > m->bytes + sizeof(m->bytes))
		tap_bail("the message is too long");
	memset(at, 0, NLA_ALIGN(a.nla_len));
	memcpy(at, &a, sizeof(a));
	if (len)
		memcpy(at + NLA_HDRLEN, data, len);
	m->hdr.nlmsg_len = at + NLA_ALIGN(a.nla_len) - m->bytes;
}

/** genl_nest() - begin a nested attribute. Return: what genl_nest_end() wants. */
static inline uint32_t genl_nest(struct genl_msg *m, uint16_t type)
{
	uint32_t at = m->hdr.nlmsg_len;

	genl_put(m, type | NLA_F_NESTED, NULL, 0);
	return at;
}

static inline void genl_nest_end(struct genl_msg *m, uint32_t at)
{
	((struct nlattr *)(m->bytes + at))->nla_len = m->hdr.nlmsg_len - at;
}

/** genl_parse() - @tb[0..@max]: the attributes in @len bytes at @data. */
static inline void genl_parse(const struct nlattr **tb, unsigned int max, const void *data, int len)
{
	const struct nlattr *a = data;

	memset((void *)tb, 0, (max + 1) * sizeof(*tb));
	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= len) {
		unsigned int type = a->nla_type & NLA_TYPE_MASK;
		int step = NLA_ALIGN(a->nla_len);

		if (type <= max)
			tb[type] = a;
		len -= step;
		a = (const struct nlattr *)((const uint8_t *)a + step);
	}
}

static inline const void *genl_data(const struct nlattr *a)
{
	return (const uint8_t *)a + NLA_HDRLEN;
}

static inline unsigned int genl_len(const struct nlattr *a)
{
	return a ? a->nla_len - NLA_HDRLEN : 0;
}

/** genl_number() - Return: an integer attribute of any size; -1 if it is absent. */
static inline long long genl_number(const struct nlattr *a)
{
	uint64_t v = 0;

	if (!a || genl_len(a) > sizeof(v))
		return -1;
	memcpy(&v, genl_data(a), genl_len(a));
	return v;
}

/** genl_attrs() - the attributes of a message of the family. */
static inline void genl_attrs(const struct nlattr **tb, unsigned int max, const struct nlmsghdr *h)
{
	genl_parse(tb, max, (const uint8_t *)h + NLMSG_HDRLEN + GENL_HDRLEN,
		   h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN);
}

static inline uint8_t genl_cmd(const struct nlmsghdr *h)
{
	return ((const struct genlmsghdr *)((const uint8_t *)h + NLMSG_HDRLEN))->cmd;
}

/** genl_nested() - the attributes in @a. */
static inline void genl_nested(const struct nlattr **tb, unsigned int max, const struct nlattr *a)
{
	genl_parse(tb, max, a ? genl_data(a) : NULL, genl_len(a));
}

/* Keep the text of an error. Return: the errno. */
static inline int genl_error(struct genl *g, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = (const void *)((const uint8_t *)h + NLMSG_HDRLEN);
	unsigned int skip = NLMSG_HDRLEN + sizeof(*e);
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (h->nlmsg_flags & NLM_F_ACK_TLVS) {
		genl_parse(tb, NLMSGERR_ATTR_MAX, (const uint8_t *)h + skip, h->nlmsg_len - skip);
		if (tb[NLMSGERR_ATTR_MSG])
			snprintf(g->text, sizeof(g->text), "%s",
				 (const char *)genl_data(tb[NLMSGERR_ATTR_MSG]));
	}
	return -e->error;
}

/* The kernel may tell of the next hold before it answers a question about this one. */
static inline bool genl_keep(struct genl *g, const struct nlmsghdr *h)
{
	struct genl_kept *kept, **end = &g->kept;

	if (h->nlmsg_type != g->family || genl_cmd(h) != TLSBIND_CMD_GATE_NTF)
		return false;
	kept = malloc(sizeof(*kept));
	if (!kept || h->nlmsg_len > sizeof(kept->bytes))
		tap_bail("a message of %u bytes cannot be kept", h->nlmsg_len);
	memcpy(kept->bytes, h, h->nlmsg_len);
	kept->next = NULL;
	while (*end)
		end = &(*end)->next;
	*end = kept;
	return true;
}

/** genl_next() - the next that the gate group is told, in @size bytes at @buf. Return: errno or 0. */
static inline int genl_next(struct genl *g, uint8_t *buf, size_t size)
{
	struct genl_kept *kept = g->kept;

	if (!kept)
		return recv(g->fd, buf, size, 0) < 0 ? errno : 0;
	if (kept->hdr.nlmsg_len > size)
		tap_bail("no room for %u bytes", kept->hdr.nlmsg_len);
	memcpy(buf, kept->bytes, kept->hdr.nlmsg_len);
	g->kept = kept->next;
	free(kept);
	return 0;
}

typedef void genl_each(const struct nlmsghdr *h, void *arg);

/*
 * Read until the answer to @seq is complete. Return: errno or 0. A message of the
 * family that is no answer (an event, evidence) goes to @each, too.
 */
static inline int genl_collect(struct genl *g, uint32_t seq, genl_each *each, void *arg)
{
	/* Not in every thread's memory: some tests have a thousand. */
	static __thread uint8_t *buf;

	if (!buf)
		buf = malloc(GENL_BUF);
	for (;;) {
		ssize_t n = recv(g->fd, buf, GENL_BUF, 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (n < 0)
			return errno;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			g->interrupted += !!(h->nlmsg_flags & NLM_F_DUMP_INTR);
			if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_seq == seq)
				return genl_error(g, h);
			if (h->nlmsg_type == NLMSG_DONE && h->nlmsg_seq == seq)
				return -*(int *)((uint8_t *)h + NLMSG_HDRLEN);
			if (genl_keep(g, h))
				continue;
			g->messages++;
			if (each)
				each(h, arg);
		}
	}
}

/** genl_send() - without waiting for the answer. Return: sequence number, or 0 with errno. */
static inline uint32_t genl_send(struct genl *g, struct genl_msg *m)
{
	g->text[0] = 0;
	g->interrupted = 0;
	g->messages = 0;
	m->hdr.nlmsg_seq = ++g->seq;
	return send(g->fd, m->bytes, m->hdr.nlmsg_len, 0) < 0 ? 0 : g->seq;
}

/** genl_ask() - send and read all of the answer. Return: errno or 0. */
static inline int genl_ask(struct genl *g, struct genl_msg *m, genl_each *each, void *arg)
{
	uint32_t seq;

	if (!(m->hdr.nlmsg_flags & NLM_F_DUMP))
		m->hdr.nlmsg_flags |= NLM_F_ACK;
	seq = genl_send(g, m);
	return seq ? genl_collect(g, seq, each, arg) : errno;
}

static inline void genl_group(struct genl *g, const struct nlattr *group)
{
	const struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];

	genl_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, group);
	if (!tb[CTRL_ATTR_MCAST_GRP_NAME] || !tb[CTRL_ATTR_MCAST_GRP_ID])
		return;
	bool gate = !strcmp(genl_data(tb[CTRL_ATTR_MCAST_GRP_NAME]), TLSBIND_MCGRP_GATE);

	g->groups[gate] = genl_number(tb[CTRL_ATTR_MCAST_GRP_ID]);
}

static inline void genl_learn(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1], *groups[GENL_ATTRS + 1];
	struct genl *g = arg;

	genl_attrs(tb, CTRL_ATTR_MAX, h);
	if (tb[CTRL_ATTR_FAMILY_ID])
		g->family = genl_number(tb[CTRL_ATTR_FAMILY_ID]);
	genl_nested(groups, GENL_ATTRS, tb[CTRL_ATTR_MCAST_GROUPS]);
	for (int i = 0; i <= GENL_ATTRS; i++)
		if (groups[i])
			genl_group(g, groups[i]);
}

/** genl_open() - a socket in the network namespace that the task is in. Return: 0 or errno. */
static inline int genl_open(struct genl *g)
{
	struct timeval limit = { .tv_sec = 60 * guest_slow() };
	struct genl_msg m;
	int one = 1;

	memset(g, 0, sizeof(*g));
	g->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (g->fd < 0)
		return errno;
	setsockopt(g->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(g->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	genl_begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	genl_put(&m, CTRL_ATTR_FAMILY_NAME, TLSBIND_FAMILY_NAME, sizeof(TLSBIND_FAMILY_NAME));
	return genl_ask(g, &m, genl_learn, g);
}

static inline void genl_need(struct genl *g)
{
	int error = genl_open(g);

	if (error || !g->family)
		tap_bail("generic netlink family: %s", strerror(error));
}

/** genl_simple() - a command without attributes. Return: errno or 0. */
static inline int genl_simple(struct genl *g, uint8_t cmd, uint16_t flags, genl_each *each,
			      void *arg)
{
	struct genl_msg m;

	genl_begin(&m, g->family, cmd, flags);
	return genl_ask(g, &m, each, arg);
}

/** genl_join() - listen to a group; 0 is events, 1 is gate. Return: errno or 0. */
static inline int genl_join(struct genl *g, int group)
{
	return setsockopt(g->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &g->groups[group],
			  sizeof(g->groups[group])) ? errno : 0;
}

/** genl_refused() - one test: this errno, and a text with @word in it. */
static inline void genl_refused(struct genl *g, int got, int want, const char *word,
				const char *name)
{
	tap_ok(got == want && strstr(g->text, word), "%s", name);
	if (got != want || !strstr(g->text, word))
		tap_diag("errno %d (%s), text \"%s\"", got, strerror(got), g->text);
}

#endif
