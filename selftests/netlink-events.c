// SPDX-License-Identifier: MIT
/* Multicast group "events", tracepoints, audit records, and what is counted beside. */
#define _GNU_SOURCE
#include <linux/audit.h>

#include "as.h"
#include "evidence.h"
#include "genl.h"

#define SUITE	0x1301
#define TRACING	"/sys/kernel/tracing/"

/** struct event - one message of the group */
struct event {
	uint8_t bytes[8192];
	const struct nlattr *tb[TLSBIND_A_EVENT_MAX + 1];
	const struct nlattr *sock[TLSBIND_A_SOCK_MAX + 1];
	long long kind, direction, error, time;
};

/* The next one. Return: errno or 0. */
static int next_event(struct genl *g, struct event *e)
{
	memset(e, 0, sizeof(*e));
	e->kind = -1;
	if (recv(g->fd, e->bytes, sizeof(e->bytes), 0) < 0)
		return errno;
	if (genl_cmd((struct nlmsghdr *)e->bytes) != TLSBIND_CMD_EVENT_NTF)
		return EPROTO;
	genl_attrs(e->tb, TLSBIND_A_EVENT_MAX, (struct nlmsghdr *)e->bytes);
	genl_nested(e->sock, TLSBIND_A_SOCK_MAX, e->tb[TLSBIND_A_EVENT_SOCK]);
	e->kind = genl_number(e->tb[TLSBIND_A_EVENT_KIND]);
	e->direction = genl_number(e->tb[TLSBIND_A_EVENT_DIRECTION]);
	e->error = genl_number(e->tb[TLSBIND_A_EVENT_ERROR]);
	e->time = genl_number(e->tb[TLSBIND_A_EVENT_TIME]);
	return 0;
}

/* Events are in the order in which things happened, for one task. */
static bool next_is(struct genl *g, struct event *e, int kind, long long direction,
		    long long error)
{
	int ret = next_event(g, e);

	if (!ret && e->kind == kind && e->direction == direction && e->error == error &&
	    e->time > 0)
		return true;
	tap_diag("%s, kind %lld, direction %lld, error %lld", strerror(ret), e->kind, e->direction,
		 e->error);
	return false;
}

static bool nothing_more(struct genl *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };

	return !poll(&p, 1, 0);
}

static void listen_need(struct genl *g)
{
	genl_need(g);
	if (genl_join(g, 0))
		tap_bail("joining: %s", strerror(errno));
}

static uint64_t cookie_of(int fd)
{
	socklen_t len = sizeof(uint64_t);
	uint64_t cookie = 0;

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

struct stats {
	long long v[TLSBIND_A_STATS_MAX + 1];
};

static void see_stats(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[TLSBIND_A_STATS_MAX + 1];
	struct stats *s = arg;

	genl_attrs(tb, TLSBIND_A_STATS_MAX, h);
	for (int i = 1; i <= TLSBIND_A_STATS_MAX; i++)
		s->v[i] = genl_number(tb[i]);
}

static struct stats stats_get(struct genl *g)
{
	struct stats s = { { 0 } };

	if (genl_simple(g, TLSBIND_CMD_STATS_GET, 0, see_stats, &s))
		tap_bail("counters: %s", g->text);
	return s;
}

#define KEY_TESTS 9

static void test_keys(struct genl *g, struct genl *ask)
{
	struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2), c = ktls_key(SUITE, 3);
	struct stats before = stats_get(ask), after;
	uint64_t start = guest_boot_ns(), cookie;
	struct event e;
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		tap_bail("pair: %s", strerror(errno));
	cookie = cookie_of(fd[0]);
	ktls_install(fd[0], TLS_TX, &a);
	tap_ok(next_is(g, &e, TLSBIND_EVENT_KEY, TLSBIND_DIRECTION_TX, -1), "a first key is told of");
	tap_ok(e.time > (long long)start && e.time < (long long)guest_boot_ns(), "with the time");
	tap_ok(genl_number(e.sock[TLSBIND_A_SOCK_COOKIE]) == (long long)cookie &&
	       !e.sock[TLSBIND_A_SOCK_ID], "and the socket, which has no name yet");
	ktls_install(fd[0], TLS_RX, &b);
	tap_ok(next_is(g, &e, TLSBIND_EVENT_KEY, TLSBIND_DIRECTION_RX, -1) &&
	       genl_len(e.sock[TLSBIND_A_SOCK_ID]) == TLSBIND_CONNECTION_ID_SIZE,
	       "so is that of the other direction, with the connection id");
	if (guest_rekeys() && !ktls_install(fd[0], TLS_TX, &c))
		tap_ok(next_is(g, &e, TLSBIND_EVENT_REKEY, TLSBIND_DIRECTION_TX, -1) &&
		       genl_number(e.sock[TLSBIND_A_SOCK_TX_GENERATION]) == 1, "so is a rekey");
	else
		tap_skip("so is a rekey", "not on this kernel");
	after = stats_get(ask);
	tap_ok(after.v[TLSBIND_A_STATS_KEYS] - before.v[TLSBIND_A_STATS_KEYS] == 2 &&
	       after.v[TLSBIND_A_STATS_REKEYS] - before.v[TLSBIND_A_STATS_REKEYS] == guest_rekeys(),
	       "keys are counted");
	errno = 0;
	setsockopt(fd[1], SOL_TLS, TLS_TX, &a, 3);
	ktls_close_pair(fd);
	tap_ok(next_is(g, &e, TLSBIND_EVENT_CLOSE, -1, -1) &&
	       genl_number(e.sock[TLSBIND_A_SOCK_COOKIE]) == (long long)cookie, "the end is told of");
	tap_ok(nothing_more(g), "of the end without keys nothing is");
	if (ktls_tcp_pair(AF_INET, fd))
		tap_bail("pair: %s", strerror(errno));
	ktls_close_pair(fd);
	tap_ok(nothing_more(g), "nor of a connection without kernel TLS");
}

/* Of a challenge that is answered: both in any order, as they are told by two tasks. */
static bool challenge_and(struct genl *g, long long error)
{
	struct event a, b;

	if (next_event(g, &a) || next_event(g, &b))
		return false;
	struct event *c = a.kind == TLSBIND_EVENT_CHALLENGE ? &a : &b, *d = c == &a ? &b : &a;

	return c->kind == TLSBIND_EVENT_CHALLENGE && c->error == -1 &&
	       d->kind == TLSBIND_EVENT_EVIDENCE && d->error == error &&
	       c->sock[TLSBIND_A_SOCK_ID] && d->sock[TLSBIND_A_SOCK_ID];
}

#define EVIDENCE_TESTS 7

static void test_evidence(struct genl *g, struct genl *ask)
{
	struct stats before, after;
	struct event e;
	bool closed;
	int fd[2];

	if (ktls_pair(AF_INET, SUITE, 11, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	for (int i = 0; i < 4; i++)
		next_event(g, &e);
	before = stats_get(ask);
	tap_ok(!evidence_ask(fd[0], 1) && evidence_fetch(fd[0], 1) && challenge_and(g, -1),
	       "a challenge and its evidence are told of");
	mock_set("error", "5");
	tap_ok(!evidence_ask(fd[0], 2) && !evidence_fetch(fd[0], 2) && challenge_and(g, EIO),
	       "so is the failure to make it");
	mock_set("error", "0");
	guest_allow(0);
	tap_ok(next_is(g, &e, TLSBIND_EVENT_RULES, -1, -1), "so are other rules");
	evidence_ask(fd[0], 3);
	tap_ok(next_is(g, &e, TLSBIND_EVENT_CHALLENGE, -1, EACCES), "so is a challenge that is refused");
	guest_allow(1);
	while (!nothing_more(g))
		next_event(g, &e);
	after = stats_get(ask);
#define GREW(attr) (after.v[TLSBIND_A_STATS_##attr] - before.v[TLSBIND_A_STATS_##attr])
	tap_ok(GREW(CHALLENGES) == 2 && GREW(ANSWERED) == 1 && GREW(FAILED) == 1 &&
	       GREW(REFUSED) == 1, "challenges are counted by how they ended");
	tap_ok(GREW(REPORTS) == 1 && GREW(REPORT_ERRORS) == 1, "reports are, too");
#undef GREW
	ktls_close_pair(fd);
	closed = next_is(g, &e, TLSBIND_EVENT_CLOSE, -1, -1);
	closed = closed && next_is(g, &e, TLSBIND_EVENT_CLOSE, -1, -1);
	tap_ok(closed && nothing_more(g), "and nothing else was told");
}

static int join_as_nobody(void *arg)
{
	struct genl g;

	(void)arg;
	if (as_nobody() || genl_open(&g))
		return 1;
	return genl_join(&g, 0) == EPERM && genl_join(&g, 1) == EPERM ? 0 : 2;
}

static int join_from_userns(void *arg)
{
	struct genl g;

	(void)arg;
	if (genl_open(&g) || unshare(CLONE_NEWUSER))
		return 1;
	return genl_join(&g, 0) == EPERM ? 0 : 2;
}

static int join_elsewhere(void *arg)
{
	struct event e;
	struct genl g;
	int fd[2];

	(void)arg;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || as_loopback_up() || genl_open(&g))
		return 1;
	if (genl_join(&g, 0))
		return 2;
	if (ktls_pair(AF_INET, SUITE, 31, fd))
		return 3;
	return next_is(&g, &e, TLSBIND_EVENT_KEY, TLSBIND_DIRECTION_TX, -1) ? 0 : 4;
}

#define WHO_TESTS 4

static void test_who(struct genl *g)
{
	tap_equal(as_child(join_as_nobody, NULL), 0, "without CAP_NET_ADMIN nobody may listen");
	tap_equal(as_child(join_from_userns, NULL), 0, "nor with that of another user namespace");
	tap_equal(as_child(join_elsewhere, NULL), 0, "the owner of a network namespace may, there");
	tap_ok(nothing_more(g), "and what happens there is not told of outside");
}

#define FULL_TESTS 3

static void test_full(void)
{
	struct ktls_key k = ktls_key(SUITE, 61);
	int small = 1, error = 0, fd[2];
	struct genl slow;
	struct event e;

	genl_need(&slow);
	setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	tap_equal(genl_join(&slow, 0), 0, "a listener that does not read");
	for (int i = 0; i < 8; i++)
		if (!ktls_pair(AF_INET, SUITE, 41 + 2 * i, fd))
			ktls_close_pair(fd);
	for (int i = 0; i < 64 && !error; i++)
		error = next_event(&slow, &e);
	tap_equal(error, ENOBUFS, "is told that something is lost");
	while (!nothing_more(&slow))
		next_event(&slow, &e);
	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) || ktls_install(fd[0], TLS_TX, &k))
		tap_bail("kTLS: %s", strerror(errno));
	tap_ok(next_is(&slow, &e, TLSBIND_EVENT_KEY, TLSBIND_DIRECTION_TX, -1), "and hears what follows");
	close(slow.fd);
	ktls_close_pair(fd);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

/* What the trace buffer has; it is small here. */
static const char *trace_text(void)
{
	static char text[1 << 16];
	int fd = open(TRACING "trace", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = 0;
	close(fd);
	return text;
}

/* Return: so many lines have all of these. */
static int traced(const char *a, const char *b, const char *c)
{
	char text[1 << 16], *save = NULL;
	int count = 0;

	snprintf(text, sizeof(text), "%s", trace_text());
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		count += strstr(line, a) && strstr(line, b) && strstr(line, c);
	return count;
}

#define TRACE_TESTS 9

static void test_trace(void)
{
	struct ktls_key next = ktls_key(SUITE, 73);
	char line[128];
	int fd[2];

	write_file(TRACING "trace", "");
	write_file(TRACING "events/tlsbind/enable", "1");
	if (ktls_pair(AF_INET, SUITE, 71, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	snprintf(line, sizeof(line), "cookie=%llu ", (unsigned long long)cookie_of(fd[0]));
	evidence_ask(fd[0], 1);
	tap_ok(evidence_fetch(fd[0], 1), "evidence is given while tracepoints are on");
	tap_ok(strstr(trace_text(), line), "they name the socket");
	tap_equal(traced("tlsbind_key:", line, "direction=tx error=0"), 1, "there is one for a key");
	tap_ok(strstr(trace_text(), "tlsbind_challenge:"), "one for a challenge");
	tap_ok(strstr(trace_text(), "tlsbind_report: provider=sev_guest error=0"), "one for a report");
	tap_ok(strstr(trace_text(), "tlsbind_evidence:"), "one for evidence");
	tap_equal(ktls_install(fd[0], TLS_TX, &next) ? errno : 0, guest_rekeys() ? 0 : EBUSY,
		  "replacing a key is kTLS's matter");
	tap_equal(traced("tlsbind_rekey:", line, "direction=tx error=0"), guest_rekeys(),
		  "there is one for a key that is replaced, if it was");
	tap_ok(!traced("tlsbind_deny:", "", ""), "and none for one that is refused, as none was");
	write_file(TRACING "events/tlsbind/enable", "0");
	ktls_close_pair(fd);
}

/* Replace all rules: by one that denies this uid everything, or by none. */
static int rules_replace(struct genl *g, bool deny)
{
	uint8_t action = TLSBIND_ACTION_DENY;
	uint32_t uid = 4242, at;
	struct genl_msg m;

	genl_begin(&m, g->family, TLSBIND_CMD_RULES_REPLACE, 0);
	if (deny) {
		at = genl_nest(&m, TLSBIND_A_RULES_RULE);
		genl_put(&m, TLSBIND_A_RULE_ACTION, &action, sizeof(action));
		genl_put(&m, TLSBIND_A_RULE_UID_MIN, &uid, sizeof(uid));
		genl_nest_end(&m, at);
	}
	return genl_ask(g, &m, NULL, NULL);
}

static int install_denied(void *arg)
{
	struct ktls_key k = ktls_key(SUITE, 81);
	int fd[2];

	(void)arg;
	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) || setresuid(4242, 4242, 4242))
		return 1;
	return ktls_install(fd[0], TLS_TX, &k) && errno == EACCES ? 0 : 2;
}

/* A listener to audit records, with auditing switched on. Return: it, or -1. */
static int audit_listen(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct {
		struct nlmsghdr h;
		struct audit_status s;
	} m = {
		.h = { .nlmsg_len = sizeof(m), .nlmsg_type = AUDIT_SET,
		       .nlmsg_flags = NLM_F_REQUEST },
		.s = { .mask = AUDIT_STATUS_ENABLED, .enabled = 1 },
	};
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    send(fd, &m, sizeof(m), 0) < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static bool audit_has(int fd, const char *a, const char *b)
{
	char buf[8192];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf) - 1, 0)) > 0) {
		buf[n] = 0;
		if (n > NLMSG_HDRLEN && strstr(buf + NLMSG_HDRLEN, a) && strstr(buf + NLMSG_HDRLEN, b))
			return true;
	}
	return false;
}

#define DENY_TESTS 5

static void test_deny(struct genl *g, struct genl *ask)
{
	int error = rules_replace(ask, true), audit = audit_listen();
	struct event e;

	tap_ok(!error && next_is(g, &e, TLSBIND_EVENT_RULES, -1, -1) &&
	       genl_number(e.tb[TLSBIND_A_EVENT_GENERATION]) > 0, "a change of the rules is told of");
	write_file(TRACING "trace", "");
	write_file(TRACING "events/tlsbind/enable", "1");
	tap_equal(as_child(install_denied, NULL), 0, "a key is refused by a rule");
	tap_ok(next_is(g, &e, TLSBIND_EVENT_DENY, TLSBIND_DIRECTION_TX, EACCES) &&
	       e.sock[TLSBIND_A_SOCK_COOKIE], "and told of");
	tap_equal(traced("tlsbind_deny:", "direction=tx", "error=-13"), 1, "also by a tracepoint");
	tap_ok(audit >= 0 && audit_has(audit, "op=tlsbind_deny", " uid=4242 "),
	       "and there is an audit record that says whose key it was");
	write_file(TRACING "events/tlsbind/enable", "0");
	rules_replace(ask, false);
	close(audit);
}

int main(void)
{
	struct genl g, ask;

	tap_plan(KEY_TESTS + EVIDENCE_TESTS + WHO_TESTS + FULL_TESTS + TRACE_TESTS + DENY_TESTS + 2);
	guest_setup();
	genl_need(&ask);
	listen_need(&g);
	tap_equal(genl_join(&g, 1), 0, "the other group can be joined");
	test_keys(&g, &ask);
	test_evidence(&g, &ask);
	test_who(&g);
	close(g.fd);
	test_full();
	test_trace();
	listen_need(&g);
	test_deny(&g, &ask);
	tap_equal(guest_sh("unload_module"), 0, "the module can be unloaded while somebody listens");
	return tap_done();
}
