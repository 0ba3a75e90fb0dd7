/* SPDX-License-Identifier: MIT */
/*
 * What tests of rules by netlink share: the socket "nl", whether something changed,
 * what is refused and how. Include it once.
 */
#ifndef TLSBIND_RULES_STATE_H
#define TLSBIND_RULES_STATE_H

#include "guest.h"
#include "rules.h"

#include <linux/tlsbind.h>

static struct nl nl;

/* The rules as a whole, to see that nothing changed. */
struct state {
	uint64_t generation, count;
	uint8_t digest[TLSBIND_HASH_SIZE];
};

static inline struct state state_now(struct nl *from)
{
	struct state s = { 0 };
	const void *digest;

	if (rules_state(from))
		tap_bail("state: %s", from->text);
	s.generation = nl_number(from->answer, from->answer_len, TLSBIND_A_RULES_GENERATION);
	s.count = nl_number(from->answer, from->answer_len, TLSBIND_A_RULES_COUNT);
	digest = nl_find(from->answer, from->answer_len, TLSBIND_A_RULES_DIGEST, NULL);
	if (digest)
		memcpy(s.digest, digest, sizeof(s.digest));
	return s;
}

static inline bool state_same(const struct state *a, const struct state *b)
{
	return a->generation == b->generation && a->count == b->count &&
	       !memcmp(a->digest, b->digest, sizeof(a->digest));
}

static inline void need(int error, const char *what)
{
	if (error)
		tap_bail("%s: %s: %s", what, strerror(error), nl.text);
}

/* Refused with this errno, and a text with these words in it. */
static inline void refused(int got, int want, const char *words, const char *name)
{
	bool good = got == want && nl.text[0] && strstr(nl.text, words);

	tap_ok(good, "%s is refused", name);
	if (!good)
		tap_diag("expected error %d, \"%s\"; got %d, \"%s\"", want, words, got, nl.text);
}

/* An attribute of a rule, not of the message: both have the same numbers. */
#define INNER(type)	(0x100 | (type))

static inline const struct nlattr *attr_at(size_t offset)
{
	return (const struct nlattr *)(nl.request + offset);
}

/* Is there, between two places in the request, an attribute of this type at nl.offset? */
static inline bool named_between(size_t from, size_t to, int type)
{
	for (; from + NLA_HDRLEN <= to; from += NLA_ALIGN(attr_at(from)->nla_len)) {
		if (attr_at(from)->nla_len < NLA_HDRLEN)
			return false;
		if (from == (size_t)nl.offset)
			return (attr_at(from)->nla_type & NLA_TYPE_MASK) == type;
	}
	return false;
}

/* Does the offset in the last refusal lead to this attribute? */
static inline bool named(int type)
{
	size_t at = NLMSG_HDRLEN + GENL_HDRLEN;

	if (!(type & INNER(0)))
		return named_between(at, nl.len, type);
	for (; at + NLA_HDRLEN <= nl.len; at += NLA_ALIGN(attr_at(at)->nla_len))
		if ((attr_at(at)->nla_type & NLA_TYPE_MASK) == TLSBIND_A_RULES_RULE &&
		    named_between(at + NLA_HDRLEN, at + attr_at(at)->nla_len, type & ~INNER(0)))
			return true;
	return false;
}

/* refused(), and the offset leads to the attribute; 0: only the text tells. */
static inline void refused_for(int got, int want, const char *words, int type, const char *name)
{
	bool found = !type || named(type);

	refused(found ? got : -1, want, words, name);
	if (!found)
		tap_diag("offset %d, not that of attribute %d", nl.offset, type & ~INNER(0));
}

/* All rules, as they are listed. */
struct dump {
	size_t count;
	uint64_t handles[TLSBIND_RULES_MAX + 1];
	uint64_t ports[TLSBIND_RULES_MAX + 1];
	void (*between)(void);
};

static inline void dump_one(struct nl *from, const void *attrs, size_t len, void *arg)
{
	struct dump *d = arg;
	size_t size = 0;
	const void *rule = nl_find(attrs, len, TLSBIND_A_RULES_RULE, &size);

	(void)from;
	if (!rule || d->count > TLSBIND_RULES_MAX)
		return;
	d->handles[d->count] = nl_number(rule, size, TLSBIND_A_RULE_HANDLE);
	d->ports[d->count] = nl_number(rule, size, TLSBIND_A_RULE_LOCAL_PORT_MIN);
	d->count++;
	if (d->between)
		d->between();
	d->between = NULL;
}

static inline int dump(struct nl *from, struct dump *d)
{
	int ret;

	d->count = 0;
	from->interrupted = false;
	nl_begin_family(from, from->family, TLSBIND_CMD_RULES_GET, NLM_F_DUMP | NLM_F_ACK);
	ret = nl_send(from);
	return ret ? ret : nl_receive(from, dump_one, d);
}

static struct dump listed;

#endif
