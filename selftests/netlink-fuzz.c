// SPDX-License-Identifier: MIT
/*
 * 10,000 messages that nobody would send: half are garbage, half are right but for
 * some bytes. What was refused must have changed nothing, and everything must work
 * afterwards. The first argument is another seed, the second how many.
 */
#define _GNU_SOURCE
#include "as.h"
#include "evidence.h"
#include "genl.h"

#define SUITE		0x1301
#define MESSAGES	10000

static uint64_t random_state;

static uint32_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}

static uint32_t random_below(uint32_t n)
{
	return random_number() % n;
}

static void random_bytes(void *to, size_t len)
{
	uint8_t *p = to;

	while (len--)
		*p++ = random_number();
}

/** struct shape - an attribute: its type and its right size; a nest has size 0 */
struct shape {
	uint16_t type;
	uint16_t size;
};

static const struct shape rule_shapes[] = {
	{ TLSBIND_A_RULE_ACTION, 1 }, { TLSBIND_A_RULE_LOCAL_ADDRESS, 4 },
	{ TLSBIND_A_RULE_LOCAL_PREFIX, 1 }, { TLSBIND_A_RULE_LOCAL_PORT_MIN, 2 },
	{ TLSBIND_A_RULE_LOCAL_PORT_MAX, 2 }, { TLSBIND_A_RULE_REMOTE_ADDRESS, 16 },
	{ TLSBIND_A_RULE_REMOTE_PREFIX, 1 }, { TLSBIND_A_RULE_REMOTE_PORT_MIN, 2 },
	{ TLSBIND_A_RULE_REMOTE_PORT_MAX, 2 }, { TLSBIND_A_RULE_UID_MIN, 4 },
	{ TLSBIND_A_RULE_UID_MAX, 4 }, { TLSBIND_A_RULE_CGROUP, 8 },
	{ TLSBIND_A_RULE_EXE_KIND, 1 }, { TLSBIND_A_RULE_EXE_DIGEST, 32 },
	{ TLSBIND_A_RULE_OPTIONS, 4 }, { TLSBIND_A_RULE_REKEY, 1 }, { TLSBIND_A_RULE_RATE, 4 },
	{ TLSBIND_A_RULE_HANDLE, 8 }, { TLSBIND_A_RULE_MATCHES, 8 },
};

static const struct shape rules_shapes[] = {
	{ TLSBIND_A_RULES_RULE, 0 }, { TLSBIND_A_RULES_RULE, 0 }, { TLSBIND_A_RULES_HANDLE, 8 },
	{ TLSBIND_A_RULES_BEFORE, 8 }, { TLSBIND_A_RULES_GENERATION, 4 },
};

static const struct shape other_shapes[] = {
	{ 1, TLSBIND_CONNECTION_ID_SIZE }, { 2, TLSBIND_NONCE_SIZE },
};

static const uint8_t commands[] = {
	TLSBIND_CMD_RULES_GET, TLSBIND_CMD_RULES_ADD, TLSBIND_CMD_RULES_ADD,
	TLSBIND_CMD_RULES_DELETE, TLSBIND_CMD_RULES_REPLACE, TLSBIND_CMD_SOCK_GET,
	TLSBIND_CMD_EVIDENCE_GET, TLSBIND_CMD_STATS_GET, TLSBIND_CMD_PROVIDER_GET,
	TLSBIND_CMD_VERSION_GET, TLSBIND_CMD_EVENT_NTF, TLSBIND_CMD_JUDGE,
	TLSBIND_CMD_HOLD_GET, TLSBIND_CMD_VERDICT, TLSBIND_CMD_GATE_NTF,
};

static uint8_t known_id[TLSBIND_CONNECTION_ID_SIZE];

static bool changes_rules(uint8_t cmd)
{
	return cmd == TLSBIND_CMD_RULES_ADD || cmd == TLSBIND_CMD_RULES_DELETE ||
	       cmd == TLSBIND_CMD_RULES_REPLACE;
}

/* A value that is often right: small numbers, the connection that exists. */
static void put_random(struct genl_msg *m, const struct shape *s)
{
	uint8_t value[128] = { 0 };
	uint16_t size = random_below(8) ? s->size : random_below(sizeof(value));

	if (random_below(2))
		random_bytes(value, size);
	else
		value[0] = random_below(4);
	if (s->size == sizeof(known_id) && random_below(2))
		memcpy(value, known_id, sizeof(known_id));
	genl_put(m, s->type, value, size);
}

static void put_shapes(struct genl_msg *m, const struct shape *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!random_below(3))
			continue;
		if (s[i].size) {
			put_random(m, &s[i]);
			continue;
		}
		uint32_t at = genl_nest(m, s[i].type);

		put_shapes(m, rule_shapes, sizeof(rule_shapes) / sizeof(rule_shapes[0]));
		genl_nest_end(m, at);
	}
}

/* Change a few bytes behind the netlink header; nothing, one time in four. */
static void mutate(struct genl_msg *m)
{
	uint32_t len = m->hdr.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	unsigned int n = random_below(4);

	while (len && n--)
		m->bytes[NLMSG_HDRLEN + GENL_HDRLEN + random_below(len)] = random_number();
	if (!random_below(8) && len > 4)
		m->hdr.nlmsg_len -= random_below(len);
	if (!random_below(16))
		m->bytes[NLMSG_HDRLEN + 1] = random_number();
}

static void make_right(struct genl *g, struct genl_msg *m)
{
	uint8_t cmd = commands[random_below(sizeof(commands))];

	genl_begin(m, g->family, cmd, NLM_F_ACK | (random_below(4) ? 0 : NLM_F_DUMP));
	if (cmd <= TLSBIND_CMD_RULES_REPLACE)
		put_shapes(m, rules_shapes, sizeof(rules_shapes) / sizeof(rules_shapes[0]));
	else
		put_shapes(m, other_shapes, sizeof(other_shapes) / sizeof(other_shapes[0]));
	mutate(m);
}

/* Not the commands that change rules or lock them: by accident they might be right. */
static void make_garbage(struct genl *g, struct genl_msg *m)
{
	uint32_t len = NLMSG_HDRLEN + random_below(400);

	memset(m->bytes, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	random_bytes(m->bytes, len);
	m->hdr.nlmsg_len = len;
	if (random_below(4))
		m->hdr.nlmsg_type = g->family;
	if (random_below(4))
		m->hdr.nlmsg_flags |= NLM_F_REQUEST;
	if (random_below(2))
		m->bytes[NLMSG_HDRLEN] = random_below(16);
	if (changes_rules(m->bytes[NLMSG_HDRLEN]) || m->bytes[NLMSG_HDRLEN] == TLSBIND_CMD_LOCK)
		m->bytes[NLMSG_HDRLEN] |= 0x80;
}

static void see_generation(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[TLSBIND_A_RULES_MAX + 1];

	if (genl_cmd(h) != TLSBIND_CMD_RULES_GET)
		return;
	genl_attrs(tb, TLSBIND_A_RULES_MAX, h);
	if (tb[TLSBIND_A_RULES_COUNT])
		*(long long *)arg = genl_number(tb[TLSBIND_A_RULES_GENERATION]);
}

/* Of the rules. */
static long long generation(struct genl *g)
{
	long long n = -1;
	int error = genl_simple(g, TLSBIND_CMD_RULES_GET, 0, see_generation, &n);

	if (error || n < 0)
		tap_bail("generation of the rules: %s", strerror(error));
	return n;
}

/* Read whatever is there. Return: errno of the answer to @seq; 0 also without one. */
static int drain(struct genl *g, uint32_t seq)
{
	static uint8_t buf[GENL_BUF];
	ssize_t n;
	int error = 0;

	while ((n = recv(g->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0 || errno == ENOBUFS) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		for (; n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_seq == seq)
				error = genl_error(g, h);
	}
	return error;
}

/** struct result - what became of many messages */
struct result {
	unsigned int sent;
	unsigned int refused;
	unsigned int wrong;	/* refused, and the rules have changed all the same */
};

/* @judge: tells generations. */
static void fuzz(struct genl *g, struct genl *judge, unsigned int count, struct result *r)
{
	static struct genl_msg m;

	for (unsigned int i = 0; i < count; i++) {
		bool right = i & 1;
		long long before;
		int error;

		if (right)
			make_right(g, &m);
		else
			make_garbage(g, &m);
		before = generation(judge);
		m.hdr.nlmsg_seq = right ? ++g->seq : m.hdr.nlmsg_seq;
		if (send(g->fd, m.bytes, m.hdr.nlmsg_len, 0) < 0)
			continue;
		r->sent++;
		error = drain(g, m.hdr.nlmsg_seq);
		r->refused += !!error;
		if ((error || !right || !changes_rules(m.bytes[NLMSG_HDRLEN])) &&
		    generation(judge) != before)
			r->wrong++;
	}
}

/* Return: 0 if no change of the rules is accepted from somebody without privileges. */
static int fuzz_as_nobody(void *arg)
{
	struct genl g;

	if (as_nobody() || genl_open(&g))
		return 1;
	for (unsigned int i = 0; i < *(unsigned int *)arg; i++) {
		static struct genl_msg m;

		make_right(&g, &m);
		m.hdr.nlmsg_seq = ++g.seq;
		if (send(g.fd, m.bytes, m.hdr.nlmsg_len, 0) < 0)
			return 2;
		if (!drain(&g, g.seq) && changes_rules(m.bytes[NLMSG_HDRLEN]))
			return 3;
	}
	return 0;
}

static int rules_flush(struct genl *g)
{
	return genl_simple(g, TLSBIND_CMD_RULES_REPLACE, 0, NULL, NULL);
}

static void name_connection(void)
{
	struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2);
	uint8_t c_tx[TLSBIND_COMMITMENT_SIZE], c_rx[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, c_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, c_rx);
	evidence_connection_id(c_tx, c_rx, known_id);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20250710;
	unsigned int count = argc > 2 ? strtoul(argv[2], NULL, 0) : MESSAGES, tenth = count / 10;
	struct result r = { 0 };
	struct genl g, judge;
	long long before;
	int fd[2];

	tap_plan(8);
	tap_diag("seed %llu", (unsigned long long)seed);
	random_state = seed ? seed : 1;
	guest_setup();
	genl_need(&g);
	genl_need(&judge);
	name_connection();
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));

	fuzz(&g, &judge, count, &r);
	tap_diag("%u sent, %u refused", r.sent, r.refused);
	tap_ok(r.sent > count / 2 && r.refused > count / 2, "%u messages are sent, most are refused", count);
	tap_equal(r.wrong, 0, "none that was refused has changed the rules");
	before = generation(&judge);
	tap_equal(as_child(fuzz_as_nobody, &tenth), 0, "nobody in particular changes them");
	tap_equal(generation(&judge), before, "nor did anything behind our back");
	tap_equal(rules_flush(&judge), 0, "what accepted messages left can be removed");
	tap_ok(ktls_echo(fd[0], fd[1], "still here", 10), "a connection is undisturbed");
	guest_allow(1);
	tap_ok(!evidence_ask(fd[0], 1) && evidence_fetch(fd[0], 1), "and there is evidence for it");
	ktls_close_pair(fd);
	close(g.fd);
	close(judge.fd);
	tap_equal(guest_sh("unload_module"), 0, "and the module can be unloaded");
	return tap_done();
}
