// SPDX-License-Identifier: MIT
/* Evidence by netlink: for whoever names a connection, however many ask at once. */
#define _GNU_SOURCE
#include "as.h"
#include "evidence.h"
#include "genl.h"
#include "rules.h"

#define SUITE	0x1301
#define LIMIT	256	/* questions of one socket that are not answered */

/** struct answer - what came back without being an acknowledgement */
struct answer {
	unsigned int count;
	uint32_t seq;
	long long error;	/* -1 if there was evidence */
	bool named;		/* connection id and nonce were there, of the right size */
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	unsigned int parts;
	bool parts_good;	/* all but the last are of 32 KiB */
	size_t len;
	uint8_t evidence[EVIDENCE_MAX];
};

static void take_parts(struct answer *a, const struct nlmsghdr *h)
{
	const uint8_t *p = (const uint8_t *)h + NLMSG_HDRLEN + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)h + h->nlmsg_len;
	unsigned int last = 32768;

	a->parts_good = true;
	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(((const struct nlattr *)p)->nla_len)) {
		const struct nlattr *attr = (const void *)p;

		if (attr->nla_type != TLSBIND_A_EVIDENCE_PART)
			continue;
		a->parts_good &= last == 32768 && genl_len(attr) <= 32768;
		last = genl_len(attr);
		memcpy(a->evidence + a->len, genl_data(attr), last);
		a->len += last;
		a->parts++;
	}
}

static void take(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[TLSBIND_A_EVIDENCE_MAX + 1];
	struct answer *a = arg;

	a->count++;
	a->seq = h->nlmsg_seq;
	a->len = 0;
	a->parts = 0;
	genl_attrs(tb, TLSBIND_A_EVIDENCE_MAX, h);
	a->error = genl_number(tb[TLSBIND_A_EVIDENCE_ERROR]);
	a->named = genl_len(tb[TLSBIND_A_EVIDENCE_ID]) == sizeof(a->id) &&
		   genl_len(tb[TLSBIND_A_EVIDENCE_NONCE]) == sizeof(a->nonce);
	if (a->named) {
		memcpy(a->id, genl_data(tb[TLSBIND_A_EVIDENCE_ID]), sizeof(a->id));
		memcpy(a->nonce, genl_data(tb[TLSBIND_A_EVIDENCE_NONCE]), sizeof(a->nonce));
	}
	take_parts(a, h);
}

static void id_of_keys(unsigned int tx, unsigned int rx, uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct ktls_key a = ktls_key(SUITE, tx), b = ktls_key(SUITE, rx);
	uint8_t c_tx[TLSBIND_COMMITMENT_SIZE], c_rx[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, c_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, c_rx);
	evidence_connection_id(c_tx, c_rx, id);
}

static void id_of(unsigned int seed, uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	id_of_keys(seed, seed + 1, id);
}

static void make_pair(unsigned int seed, int fd[2], uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	if (ktls_pair(AF_INET, SUITE, seed, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	id_of(seed, id);
}

/* The question. Return: errno of the acknowledgement. An answer may come first. */
static int ask(struct genl *g, const uint8_t *id, unsigned int seed, struct answer *a)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct genl_msg m;

	evidence_nonce(nonce, seed);
	genl_begin(&m, g->family, TLSBIND_CMD_EVIDENCE_GET, 0);
	genl_put(&m, TLSBIND_A_EVIDENCE_ID, id, TLSBIND_CONNECTION_ID_SIZE);
	genl_put(&m, TLSBIND_A_EVIDENCE_NONCE, nonce, sizeof(nonce));
	if (a)
		a->count = 0;
	return genl_ask(g, &m, a ? take : NULL, a);
}

/* Wait for an answer that has not come yet. Return: errno or 0. */
static int wait_answer(struct genl *g, struct answer *a)
{
	static uint8_t buf[GENL_BUF];
	ssize_t n;

	if (a->count)
		return 0;
	n = recv(g->fd, buf, sizeof(buf), 0);
	if (n < 0)
		return errno;
	take((struct nlmsghdr *)buf, a);
	return 0;
}

static bool answer_good(const struct answer *a, const struct genl *g, const uint8_t *id,
			unsigned int seed)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct evidence e;

	evidence_nonce(nonce, seed);
	return a->count == 1 && a->seq == g->seq && a->error < 0 && a->named &&
	       !memcmp(a->id, id, sizeof(a->id)) && !memcmp(a->nonce, nonce, sizeof(nonce)) &&
	       a->parts && a->parts_good && evidence_parse(&e, a->evidence, a->len) &&
	       evidence_bound_to(&e, seed);
}

static struct answer first, second;

static bool get_good(struct genl *g, const uint8_t *id, unsigned int seed)
{
	return !ask(g, id, seed, &first) && !wait_answer(g, &first) &&
	       answer_good(&first, g, id, seed);
}

#define ANSWER_TESTS 6

static void test_answer(struct genl *g)
{
	static const uint8_t no_data[TLSBIND_APP_DATA_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct evidence e;
	int fd[2];

	make_pair(1, fd, id);
	tap_equal(ask(g, id, 1, &first), 0, "a question is acknowledged");
	tap_equal(wait_answer(g, &first), 0, "and answered");
	tap_ok(answer_good(&first, g, id, 1),
	       "with connection id, nonce and evidence that fits both, under the same number");
	tap_ok(evidence_parse(&e, first.evidence, first.len) &&
	       !memcmp(e.claims.app_data, no_data, sizeof(no_data)), "without data of the application");
	tap_ok(get_good(g, id, 2), "a second question is answered, too");
	tap_ok(!evidence_ask(fd[0], 3) && evidence_fetch(fd[0], 3), "and one by the program itself");
	ktls_close_pair(fd);
}

#define TOGETHER_TESTS 5

static void test_together(struct genl *g)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct genl other;
	long before;
	int fd[2];

	genl_need(&other);
	make_pair(11, fd, id);
	before = mock_reports();
	mock_hold();
	tap_ok(!evidence_ask(fd[0], 1), "the program asks");
	mock_wait_busy();
	tap_ok(!ask(g, id, 2, &first) && !ask(&other, id, 3, &second),
	       "two others ask about the same connection meanwhile");
	tap_ok(!first.count && !second.count, "and are not kept waiting for the acknowledgement");
	mock_set("hang", "0");
	tap_ok(!wait_answer(g, &first) && answer_good(&first, g, id, 2) &&
	       !wait_answer(&other, &second) && answer_good(&second, &other, id, 3) &&
	       evidence_fetch(fd[0], 1), "each has its own answer");
	tap_equal(mock_reports() - before, 2, "two reports were made for the three");
	ktls_close_pair(fd);
	close(other.fd);
}

#define ERROR_TESTS 10

static void test_errors(struct genl *g)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	int fd[2];

	make_pair(21, fd, id);
	mock_set("error", "5");
	tap_ok(!ask(g, id, 1, &first) && !wait_answer(g, &first), "a failing TEE is answered");
	tap_equal(first.error, EIO, "with its error");
	tap_ok(first.named && !first.parts && first.seq == g->seq, "and nothing else but the names");
	mock_set("error", "0");

	guest_param(GUEST_MODULE, "timeout_ms", "300");
	mock_hold();
	tap_ok(!ask(g, id, 2, &first) && !wait_answer(g, &first), "a hanging TEE is answered");
	tap_equal(first.error, ETIMEDOUT, "when time is over");
	guest_param(GUEST_MODULE, "timeout_ms", "70000");
	mock_set("hang", "0");
	tap_ok(get_good(g, id, 3), "afterwards there is evidence again");

	mock_hold();
	ask(g, id, 4, &first);
	mock_wait_busy();
	ask(g, id, 5, &second);
	ktls_close_pair(fd);
	tap_ok(!wait_answer(g, &first) && first.error == ECONNABORTED,
	       "closing the connection answers a question whose report is being made");
	tap_ok(!wait_answer(g, &second) && second.error == ECONNABORTED, "and one that waits behind it");
	tap_ok(first.seq != second.seq && first.seq + second.seq == 2 * g->seq - 1, "each once");
	mock_set("hang", "0");
	tap_equal(ask(g, id, 6, &first), ENOENT, "afterwards it cannot be asked about");
}

#define REFUSED_TESTS 9

static void test_refused(struct genl *g)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE], nonce[64] = { 1 };
	static const uint16_t sizes[] = { 0, 31, 33, 64 };
	struct answer *answered, *refused;
	struct genl_msg m;
	int fd[2];

	make_pair(31, fd, id);
	genl_begin(&m, g->family, TLSBIND_CMD_EVIDENCE_GET, 0);
	genl_put(&m, TLSBIND_A_EVIDENCE_ID, id, sizeof(id));
	genl_refused(g, genl_ask(g, &m, NULL, NULL), EINVAL, "nonce is missing",
		     "no nonce is refused");
	for (int i = 0; i < 4; i++) {
		genl_begin(&m, g->family, TLSBIND_CMD_EVIDENCE_GET, 0);
		genl_put(&m, TLSBIND_A_EVIDENCE_ID, id, sizeof(id));
		genl_put(&m, TLSBIND_A_EVIDENCE_NONCE, nonce, sizes[i]);
		tap_equal(genl_ask(g, &m, NULL, NULL), ERANGE, "a nonce of %u bytes is refused", sizes[i]);
	}
	genl_begin(&m, g->family, TLSBIND_CMD_EVIDENCE_GET, 0);
	genl_put(&m, TLSBIND_A_EVIDENCE_NONCE, nonce, 32);
	genl_refused(g, genl_ask(g, &m, NULL, NULL), EINVAL, "id is missing",
		     "no connection id is refused");
	guest_allow(0);
	genl_refused(g, ask(g, id, 1, &first), EACCES, "no rule", "what no rule allows is refused");
	guest_allow(1);
	mock_hold();
	ask(g, id, 2, &first);
	mock_wait_busy();
	ask(g, id, 3, &second);
	guest_allow(0);
	mock_set("hang", "0");
	wait_answer(g, &first);
	wait_answer(g, &second);
	/* Who is refused need not wait for the others to be answered. */
	answered = first.seq < second.seq ? &first : &second;
	refused = answered == &first ? &second : &first;
	tap_ok(answered->seq + 1 == refused->seq && answered->error < 0 && refused->error == EACCES,
	       "so is what was allowed, but is not any more when the report is made");
	guest_allow(1);
	tap_ok(get_good(g, id, 4), "and what is allowed again is answered");
	ktls_close_pair(fd);
}

#define ENDED_TESTS 4

/* The application still has the socket, and kTLS the keys. */
static void test_ended(struct genl *g)
{
	struct ktls_key next = ktls_key(SUITE, 43), shared = ktls_key(SUITE, 41),
			other = ktls_key(SUITE, 45);
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	int a[2], b[2];
	struct nl nl;

	if (nl_open(&nl) || rules_only(&nl, "attest loopback rekey abort"))
		tap_bail("rule: %s", strerror(errno));
	nl_close(&nl);
	make_pair(41, a, id);
	tap_errno(ktls_install(a[0], TLS_TX, &next), EACCES, "a rule ends a connection at a rekey");
	genl_refused(g, ask(g, id, 1, &first), ECONNABORTED, "ended by the rules",
		     "there is no evidence for it any more");

	if (ktls_tcp_pair(AF_INET, b) || ktls_attach(b[0]) || ktls_install(b[0], TLS_RX, &other))
		tap_bail("key: %s", strerror(errno));
	tap_errno(ktls_install(b[0], TLS_TX, &shared), EKEYREJECTED,
		  "a key that another socket holds is refused when kTLS has it");
	id_of_keys(41, 45, id);
	genl_refused(g, ask(g, id, 1, &first), EKEYREJECTED, "refused",
		     "nor is there for that connection");
	ktls_close_pair(a);
	ktls_close_pair(b);
	guest_allow(1);
}

static int drain(struct genl *g, int want)
{
	int good = 0;

	for (; want; want--) {
		first.count = 0;
		if (wait_answer(g, &first))
			break;
		good += first.error < 0;
	}
	return good;
}

#define LIMIT_TESTS 6

static void test_limit(struct genl *g)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	int fd[2], taken, room = 64 << 20;
	struct genl other, gone;

	make_pair(41, fd, id);
	genl_need(&other);
	setsockopt(g->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	mock_hold();
	for (taken = 0; taken < LIMIT && !ask(g, id, taken, &first); taken++)
		;
	tap_equal(taken, LIMIT, "%d questions are taken", LIMIT);
	genl_refused(g, ask(g, id, 999, &first), EAGAIN, "not answered yet", "one more is refused");
	tap_equal(ask(&other, id, 1000, &second), 0, "but not that of another socket");
	genl_need(&gone);
	tap_equal(ask(&gone, id, 1001, NULL), 0, "nor of a third");
	close(gone.fd);
	mock_set("hang", "0");
	tap_equal(drain(g, LIMIT), LIMIT, "all that were taken are answered");
	tap_ok(!wait_answer(&other, &second) && get_good(g, id, 1002),
	       "and there is room again, though the third socket is closed");
	ktls_close_pair(fd);
	close(other.fd);
}

#define FULL_TESTS 2

/* A reader that is too slow is told that it missed something. */
static void test_full(void)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	int fd[2], small = 1, error = 0;
	struct genl slow;

	make_pair(51, fd, id);
	genl_need(&slow);
	setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	mock_hold();
	for (int i = 0; i < 8; i++)
		ask(&slow, id, i, NULL);
	mock_set("hang", "0");
	evidence_ask(fd[0], 9);
	tap_ok(evidence_fetch(fd[0], 9), "reports are made for a reader that does not read");
	for (int i = 0; i < 9 && !error; i++) {
		first.count = 0;
		error = wait_answer(&slow, &first);
	}
	tap_equal(error, ENOBUFS, "who is told that something is lost");
	ktls_close_pair(fd);
	close(slow.fd);
}

static int ask_as_nobody(void *arg)
{
	struct genl g;

	if (as_nobody() || genl_open(&g))
		return 1;
	return ask(&g, arg, 1, NULL) == EPERM && strstr(g.text, "CAP_NET_ADMIN") ? 0 : 2;
}

static int ask_from_userns(void *arg)
{
	struct genl g;

	if (genl_open(&g) || unshare(CLONE_NEWUSER))
		return 1;
	return ask(&g, arg, 1, NULL) == EPERM ? 0 : 2;
}

static int ask_elsewhere(void *arg)
{
	struct genl g;

	if (unshare(CLONE_NEWNET) || genl_open(&g))
		return 1;
	return ask(&g, arg, 1, NULL) == ENOENT ? 0 : 2;
}

/* A new network namespace has no rules, and is given one. */
static int answer_elsewhere(void *arg)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct genl g;
	struct nl nl;
	int fd[2];

	(void)arg;
	if (unshare(CLONE_NEWNET) || as_loopback_up() || genl_open(&g) || nl_open(&nl))
		return 1;
	make_pair(71, fd, id);
	if (ask(&g, id, 1, &first) != EACCES)
		return 2;
	if (rules_add(&nl, "attest loopback", 0))
		return 3;
	return get_good(&g, id, 2) ? 0 : 4;
}

#define WHO_TESTS 4

static void test_who(void)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	int fd[2];

	make_pair(61, fd, id);
	tap_equal(as_child(ask_as_nobody, id), 0, "without CAP_NET_ADMIN nobody may ask");
	tap_equal(as_child(ask_from_userns, id), 0, "nor with that of another user namespace");
	tap_equal(as_child(ask_elsewhere, id), 0, "nor about another network namespace");
	tap_equal(as_child(answer_elsewhere, NULL), 0, "about one's own, as its rules say");
	ktls_close_pair(fd);
}

#define UNLOAD_TESTS 3

static void test_unload(struct genl *g)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	int fd[2], status;
	pid_t child;

	make_pair(81, fd, id);
	mock_hold();
	tap_equal(ask(g, id, 1, &first), 0, "a question before the module is unloaded");
	mock_wait_busy();
	child = fork();
	if (!child)
		_exit(guest_sh("unload_module"));
	tap_ok(!wait_answer(g, &first) && first.error == ESHUTDOWN && first.named,
	       "unloading tells who asked");
	/* The report itself cannot be ended. */
	mock_set("hang", "0");
	tap_ok(waitpid(child, &status, 0) == child && !status, "and works, though he waits");
	ktls_close_pair(fd);
}

int main(void)
{
	struct genl g;

	tap_plan(ANSWER_TESTS + TOGETHER_TESTS + ERROR_TESTS + REFUSED_TESTS + ENDED_TESTS + LIMIT_TESTS +
		 FULL_TESTS + WHO_TESTS + UNLOAD_TESTS);
	guest_setup();
	genl_need(&g);
	test_answer(&g);
	test_together(&g);
	test_errors(&g);
	test_refused(&g);
	test_ended(&g);
	test_limit(&g);
	test_full();
	test_who();
	test_unload(&g);
	return tap_done();
}
