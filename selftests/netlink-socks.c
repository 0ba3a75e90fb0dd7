// SPDX-License-Identifier: MIT
/* Sockets by netlink: all of a namespace, one by its connection id, and who may ask. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/stat.h>

#include "as.h"
#include "evidence.h"
#include "genl.h"

#define SUITE	0x1302
#define MANY	400	/* connections; two sockets each */

/** struct seen - what a dump or an answer had */
struct seen {
	unsigned int count;
	unsigned int times;	/* that @want was among them */
	const uint8_t *want;	/* connection id, or NULL for any */
	uint8_t bytes[4096];	/* that one */
	const struct nlattr *tb[TLSBIND_A_SOCK_MAX + 1];
};

static void see(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *top[TLSBIND_A_CONNECTION_MAX + 1], *tb[TLSBIND_A_SOCK_MAX + 1];
	struct seen *seen = arg;

	seen->count++;
	genl_attrs(top, TLSBIND_A_CONNECTION_MAX, h);
	genl_nested(tb, TLSBIND_A_SOCK_MAX, top[TLSBIND_A_CONNECTION_SOCK]);
	if (seen->want && (genl_len(tb[TLSBIND_A_SOCK_ID]) != TLSBIND_CONNECTION_ID_SIZE ||
			   memcmp(genl_data(tb[TLSBIND_A_SOCK_ID]), seen->want,
				  TLSBIND_CONNECTION_ID_SIZE)))
		return;
	seen->times++;
	memcpy(seen->bytes, h, h->nlmsg_len);
	genl_attrs(top, TLSBIND_A_CONNECTION_MAX, (struct nlmsghdr *)seen->bytes);
	genl_nested(seen->tb, TLSBIND_A_SOCK_MAX, top[TLSBIND_A_CONNECTION_SOCK]);
}

static int dump(struct genl *g, const uint8_t *want, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	seen->want = want;
	return genl_simple(g, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP, see, seen);
}

static int ask(struct genl *g, const void *id, uint16_t len, struct seen *seen)
{
	struct genl_msg m;

	memset(seen, 0, sizeof(*seen));
	genl_begin(&m, g->family, TLSBIND_CMD_SOCK_GET, 0);
	if (id)
		genl_put(&m, TLSBIND_A_CONNECTION_ID, id, len);
	return genl_ask(g, &m, see, seen);
}

/* Of the end that sends with ktls_key(SUITE, seed) and receives with the next. */
static void id_of(unsigned int tx, unsigned int rx, uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	struct ktls_key a = ktls_key(SUITE, tx), b = ktls_key(SUITE, rx);
	uint8_t c_tx[TLSBIND_COMMITMENT_SIZE], c_rx[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, c_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, c_rx);
	evidence_connection_id(c_tx, c_rx, id);
}

static void make_pair(int family, unsigned int seed, int fd[2])
{
	if (ktls_pair(family, SUITE, seed, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
}

static bool commits(const struct nlattr *a, uint8_t direction, unsigned int seed)
{
	struct ktls_key k = ktls_key(SUITE, seed);
	uint8_t want[TLSBIND_COMMITMENT_SIZE];

	evidence_commitment(direction, &k, want);
	return genl_len(a) == sizeof(want) && !memcmp(genl_data(a), want, sizeof(want));
}

static bool address_is(const struct nlattr *address, const struct nlattr *port,
		       const struct sockaddr_storage *want)
{
	const struct sockaddr_in *v4 = (const void *)want;
	const struct sockaddr_in6 *v6 = (const void *)want;
	bool is6 = want->ss_family == AF_INET6;
	unsigned int len = is6 ? 16 : 4;

	return genl_len(address) == len &&
	       !memcmp(genl_data(address), is6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr, len) &&
	       genl_number(port) == ntohs(is6 ? v6->sin6_port : v4->sin_port);
}

static bool caller_is_me(const struct nlattr *caller)
{
	const struct nlattr *tb[TLSBIND_A_CALLER_MAX + 1];
	struct stat netns;

	genl_nested(tb, TLSBIND_A_CALLER_MAX, caller);
	return genl_number(tb[TLSBIND_A_CALLER_UID]) == geteuid() &&
	       !stat("/proc/self/ns/net", &netns) &&
	       genl_number(tb[TLSBIND_A_CALLER_NETNS]) == (long long)netns.st_ino &&
	       genl_number(tb[TLSBIND_A_CALLER_CGROUP]) > 0 &&
	       genl_number(tb[TLSBIND_A_CALLER_EXE_KIND]) >= 0;
}

static bool is_of(const struct seen *s, int fd)
{
	struct sockaddr_storage local = { 0 }, remote = { 0 };
	socklen_t len = sizeof(local), len2 = sizeof(remote), len3 = sizeof(uint64_t);
	uint64_t cookie = 0;

	getsockname(fd, (struct sockaddr *)&local, &len);
	getpeername(fd, (struct sockaddr *)&remote, &len2);
	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len3);
	return address_is(s->tb[TLSBIND_A_SOCK_LOCAL_ADDRESS], s->tb[TLSBIND_A_SOCK_LOCAL_PORT],
			  &local) &&
	       address_is(s->tb[TLSBIND_A_SOCK_REMOTE_ADDRESS], s->tb[TLSBIND_A_SOCK_REMOTE_PORT],
			  &remote) &&
	       genl_number(s->tb[TLSBIND_A_SOCK_COOKIE]) == (long long)cookie;
}

#define CONTENT_TESTS 11

static void test_content(struct genl *g, int family, unsigned int seed)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	uint64_t before = guest_boot_ns();
	struct seen s;
	int fd[2];

	make_pair(family, seed, fd);
	id_of(seed, seed + 1, id);
	tap_equal(dump(g, id, &s), 0, "sockets are listed");
	tap_equal(s.count, 2, "two ends of a connection are two");
	tap_equal(s.times, 1, "one has the connection id that is made of its keys");
	tap_equal(ask(g, id, sizeof(id), &s), 0, "it is found by that id");
	tap_equal(s.times, 1, "and it only");
	tap_ok(is_of(&s, fd[0]), "with the socket's addresses, ports and cookie");
	tap_ok(commits(s.tb[TLSBIND_A_SOCK_TX_COMMITMENT], TLSBIND_DIRECTION_TX, seed) &&
	       commits(s.tb[TLSBIND_A_SOCK_RX_COMMITMENT], TLSBIND_DIRECTION_RX, seed + 1),
	       "with the commitments to both keys");
	tap_ok(genl_number(s.tb[TLSBIND_A_SOCK_TLS_VERSION]) == TLS_1_3_VERSION &&
	       genl_number(s.tb[TLSBIND_A_SOCK_CIPHER_SUITE]) == SUITE &&
	       !genl_number(s.tb[TLSBIND_A_SOCK_TX_GENERATION]) &&
	       !genl_number(s.tb[TLSBIND_A_SOCK_RX_GENERATION]) &&
	       !s.tb[TLSBIND_A_SOCK_ERROR], "with version, cipher and generations, and no error");
	tap_ok(caller_is_me(s.tb[TLSBIND_A_SOCK_TX_CALLER]) &&
	       caller_is_me(s.tb[TLSBIND_A_SOCK_RX_CALLER]), "with who installed each key");
	tap_ok(genl_number(s.tb[TLSBIND_A_SOCK_INSTALLED]) > (long long)before &&
	       genl_number(s.tb[TLSBIND_A_SOCK_INSTALLED]) < (long long)guest_boot_ns(),
	       "with when that was");
	ktls_close_pair(fd);
	tap_equal(ask(g, id, sizeof(id), &s), ENOENT, "a closed socket is not found");
}

#define PARTIAL_TESTS 7

static void test_partial(struct genl *g)
{
	struct ktls_key k = ktls_key(SUITE, 40), k12 = ktls_key(SUITE, 41);
	int one[2], old[2];
	struct seen s;

	if (ktls_tcp_pair(AF_INET, one) || ktls_attach(one[0]))
		tap_bail("pair: %s", strerror(errno));
	tap_ok(!dump(g, NULL, &s) && !s.count, "kernel TLS without a key is not listed");
	errno = 0;
	setsockopt(one[0], SOL_TLS, TLS_TX, &k, 3);
	tap_ok(!dump(g, NULL, &s) && !s.count, "nor with a key that was refused");
	ktls_install(one[0], TLS_TX, &k);
	tap_ok(!dump(g, NULL, &s) && s.count == 1, "one direction is");
	tap_ok(!s.tb[TLSBIND_A_SOCK_ID] && !s.tb[TLSBIND_A_SOCK_RX_GENERATION] &&
	       !s.tb[TLSBIND_A_SOCK_RX_CALLER] && s.tb[TLSBIND_A_SOCK_TX_CALLER],
	       "without connection id, and without the other direction");
	tap_ok(genl_number(s.tb[TLSBIND_A_SOCK_FLAGS]) & TLSBIND_F_ONE_DIRECTION, "and says so");
	ktls_close_pair(one);

	k12.version = TLS_1_2_VERSION;
	if (ktls_tcp_pair(AF_INET, old) || ktls_attach(old[0]) || ktls_install(old[0], TLS_TX, &k12))
		tap_bail("TLS 1.2: %s", strerror(errno));
	tap_ok(!dump(g, NULL, &s) && s.count == 1 &&
	       genl_number(s.tb[TLSBIND_A_SOCK_TLS_VERSION]) == TLS_1_2_VERSION &&
	       !genl_number(s.tb[TLSBIND_A_SOCK_CIPHER_SUITE]), "TLS 1.2 is listed as such");
	ktls_close_pair(old);
	tap_ok(!dump(g, NULL, &s) && !s.count, "in the end there is none");
}

#define REFUSED_TESTS 9

static void test_refused(struct genl *g)
{
	uint8_t id[64] = { 1 };
	struct genl_msg m;
	struct seen s;
	int a[2], b[2];

	genl_refused(g, ask(g, NULL, 0, &s), EINVAL, "id is missing", "no connection id is refused");
	genl_refused(g, ask(g, id, 16, &s), ENOENT, "no such connection",
		     "an unknown connection id is refused");
	memset(id, 0, sizeof(id));
	tap_equal(ask(g, id, 16, &s), ENOENT, "so is one of zeros");
	tap_equal(ask(g, id, 15, &s), ERANGE, "so is one that is too short");
	tap_equal(ask(g, id, 17, &s), ERANGE, "or too long");
	tap_equal(ask(g, id, 0, &s), ERANGE, "or empty");
	genl_begin(&m, g->family, TLSBIND_CMD_SOCK_GET, 0);
	genl_put(&m, 77, id, 4);
	tap_equal(genl_ask(g, &m, NULL, NULL), EINVAL, "an unknown attribute is refused");

	make_pair(AF_INET, 50, a);
	make_pair(AF_INET, 50, b);
	id_of(50, 51, id);
	genl_refused(g, ask(g, id, 16, &s), ENOTUNIQ, "same keys",
		     "two sockets with the same keys have no name");
	ktls_close_pair(b);
	tap_equal(ask(g, id, 16, &s), 0, "until one of them is closed");
	ktls_close_pair(a);
}

/** struct many - which of the many connections were seen in a dump */
struct many {
	uint64_t cookies[4 * MANY];
	unsigned int count;
	unsigned int close_after;	/* close one of @fd when so many were seen */
	int *fd;
};

static void see_many(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *top[TLSBIND_A_CONNECTION_MAX + 1], *tb[TLSBIND_A_SOCK_MAX + 1];
	struct many *many = arg;

	genl_attrs(top, TLSBIND_A_CONNECTION_MAX, h);
	genl_nested(tb, TLSBIND_A_SOCK_MAX, top[TLSBIND_A_CONNECTION_SOCK]);
	if (many->count < 4 * MANY)
		many->cookies[many->count] = genl_number(tb[TLSBIND_A_SOCK_COOKIE]);
	if (++many->count == many->close_after)
		ktls_close_pair(many->fd);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static unsigned int distinct(struct many *many)
{
	unsigned int n = many->count < 4 * MANY ? many->count : 4 * MANY, i, d = 0;

	qsort(many->cookies, n, sizeof(many->cookies[0]), by_value);
	for (i = 0; i < n; i++)
		d += !i || many->cookies[i] != many->cookies[i - 1];
	return d;
}

#define MANY_TESTS 6

static void test_many(struct genl *g)
{
	static struct many many;
	static int fd[MANY][2];
	struct rlimit files = { 4 * MANY, 4 * MANY };
	struct sockaddr_storage addr = { 0 };
	socklen_t len = 0;
	int listener, error;
	struct genl other;
	struct genl_msg m;

	setrlimit(RLIMIT_NOFILE, &files);
	listener = ktls_listen(AF_INET, &addr, &len);
	for (int i = 0; i < MANY; i++) {
		struct ktls_key a = ktls_key(SUITE, 1000 + 2 * i), b = ktls_key(SUITE, 1001 + 2 * i);

		if (ktls_connect(listener, &addr, len, fd[i]) || ktls_install_both(fd[i][0], &a, &b) ||
		    ktls_install_both(fd[i][1], &b, &a))
			tap_bail("pair %d: %s", i, strerror(errno));
	}
	close(listener);
	do {
		many.count = 0;
		error = genl_simple(g, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP, see_many, &many);
	} while (!error && g->interrupted);
	tap_equal(error, 0, "%d sockets are listed", 2 * MANY);
	tap_equal(many.count, 2 * MANY, "all of them");
	tap_equal(distinct(&many), 2 * MANY, "each once");

	many.count = 0;
	many.close_after = 5;
	many.fd = fd[MANY - 1];
	error = genl_simple(g, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP, see_many, &many);
	tap_ok(!error && g->interrupted, "a list during which sockets are closed says so");
	tap_ok(distinct(&many) >= 2 * MANY - 2, "and has all that were there all the time");

	genl_need(&other);
	genl_begin(&m, other.family, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP);
	genl_send(&other, &m);
	close(other.fd);
	tap_equal(genl_simple(g, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP, NULL, NULL), 0,
		  "a list that nobody reads to its end does not disturb another");
	for (int i = 0; i < MANY - 1; i++)
		ktls_close_pair(fd[i]);
}

/* In a network namespace of its own, with and without a user namespace. */
static int find_elsewhere(void *arg)
{
	const uint8_t *outside = arg;
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct seen s;
	struct genl g;
	int fd[2];

	if (unshare(CLONE_NEWNET) || as_loopback_up() || genl_open(&g))
		return 1;
	if (dump(&g, NULL, &s) || s.count)
		return 2;
	if (ask(&g, outside, 16, &s) != ENOENT)
		return 3;
	if (ktls_pair(AF_INET, SUITE, 70, fd))
		return 4;
	id_of(70, 71, id);
	if (dump(&g, NULL, &s) || s.count != 2 || ask(&g, id, 16, &s))
		return 5;
	return 0;
}

static int find_in_userns(void *arg)
{
	return unshare(CLONE_NEWUSER) ? 10 : find_elsewhere(arg);
}

static uint64_t netns_cookie(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		tap_bail("cookie: %s", strerror(errno));
	close(fd);
	return cookie;
}

/* What is public of two network namespaces does not turn an id of one into one of the other. */
static int ask_across(void *arg)
{
	uint8_t id[16];
	uint64_t word, outside = netns_cookie();
	struct genl g;
	struct seen s;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || genl_open(&g))
		return 1;
	memcpy(id, arg, sizeof(id));
	memcpy(&word, id, sizeof(word));
	word ^= outside ^ netns_cookie();
	memcpy(id, &word, sizeof(word));
	if (ask(&g, id, 16, &s) != ENOENT || s.count)
		return 2;
	return ask(&g, arg, 16, &s) == ENOENT && !s.count ? 0 : 3;
}

static int ask_from_userns(void *arg)
{
	struct genl g;
	struct seen s;

	if (genl_open(&g) || unshare(CLONE_NEWUSER))
		return 1;
	if (dump(&g, NULL, &s) != EPERM || !strstr(g.text, "CAP_NET_ADMIN"))
		return 2;
	return ask(&g, arg, 16, &s) == EPERM ? 0 : 3;
}

static int ask_as_nobody(void *arg)
{
	struct genl g;
	struct seen s;

	if (as_nobody() || genl_open(&g))
		return 1;
	if (dump(&g, NULL, &s) != EPERM || !strstr(g.text, "CAP_NET_ADMIN") || s.count)
		return 2;
	return ask(&g, arg, 16, &s) == EPERM && !s.count && strstr(g.text, "CAP_NET_ADMIN") ? 0 : 3;
}

/* A socket opened by root, used by nobody: as with every netlink family, both count. */
static int ask_with_roots_socket(void *arg)
{
	struct genl g;
	struct seen s;

	if (genl_open(&g) || as_nobody())
		return 1;
	return ask(&g, arg, 16, &s) == EPERM ? 0 : 2;
}

#define WHO_TESTS 8

static void test_who(struct genl *g)
{
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct seen s;
	int fd[2];

	make_pair(AF_INET, 60, fd);
	id_of(60, 61, id);
	tap_equal(as_child(find_elsewhere, id), 0, "a network namespace has its own sockets");
	tap_equal(as_child(find_in_userns, id), 0, "its owner may list them, in a user namespace too");
	tap_equal(as_child(ask_from_userns, id), 0, "but not those outside");
	tap_equal(ask(g, id, 16, &s), 0, "whoever has the id finds a socket");
	tap_equal(as_child(ask_across, id), 0, "but not from another, whatever he makes of it");
	tap_equal(as_child(ask_as_nobody, id), 0, "without CAP_NET_ADMIN nothing is told");
	tap_equal(as_child(ask_with_roots_socket, id), 0, "nor with a socket that root has opened");
	tap_ok(!dump(g, NULL, &s) && s.count == 2, "sockets of other namespaces are not listed");
	ktls_close_pair(fd);
}

int main(void)
{
	struct genl g;

	tap_plan(2 * CONTENT_TESTS + PARTIAL_TESTS + REFUSED_TESTS + MANY_TESTS + WHO_TESTS);
	guest_need("load_module");
	genl_need(&g);
	test_content(&g, AF_INET, 10);
	test_content(&g, AF_INET6, 20);
	test_partial(&g);
	test_refused(&g);
	test_many(&g);
	test_who(&g);
	return tap_done();
}
