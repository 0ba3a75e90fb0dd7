// SPDX-License-Identifier: MIT
/*
 * KeyUpdates of OpenSSL and GnuTLS, whose keys are in the kernel: in both directions, asked for
 * by either end, a thousand on one connection. The evidence that the kernel gives then is
 * compared with what the other end's library makes of its own secrets. Before Linux 6.14 kTLS
 * takes no second key: then nothing of ours changes, and the library ends the connection.
 */
#define _GNU_SOURCE
#include "rekey-evidence.h"
#include "rekey-gnutls.h"
#include "rekey-openssl.h"

/** struct course - who is attested, and by whom */
struct course {
	const char *name;
	const struct rekey_library *a, *b;	/* client and server */
	bool b_attests;
	bool both;			/* the relying party has its keys in the kernel, too */
};

static const struct course courses[] = {
	{ "OpenSSL client, to GnuTLS", &rekey_openssl, &rekey_gnutls, false, false },
	{ "OpenSSL server, to OpenSSL", &rekey_openssl, &rekey_openssl, true, true },
	{ "GnuTLS client, to GnuTLS", &rekey_gnutls, &rekey_gnutls, false, true },
	{ "GnuTLS server, to OpenSSL", &rekey_openssl, &rekey_gnutls, true, false },
};

#define COURSES (sizeof(courses) / sizeof(courses[0]))

/** struct run - a course under way */
struct run {
	const struct course *course;
	struct rekey_pair pair;
	struct rekey_end *attester, *relying;
	struct genl *ask;
};

/* @alone: the relying party has its keys in user space, whatever the course says. */
static void run_open(struct run *r, const struct course *course, bool alone, struct genl *ask)
{
	bool both = course->both && !alone;

	r->course = course;
	r->ask = ask;
	r->pair = rekey_open(course->a, !course->b_attests || both, course->b, course->b_attests || both);
	r->attester = course->b_attests ? &r->pair.b : &r->pair.a;
	r->relying = course->b_attests ? &r->pair.a : &r->pair.b;
}

static bool both_ways(struct run *r)
{
	return rekey_talk(r->attester, r->relying, "from the attester") &&
	       rekey_talk(r->relying, r->attester, "from the relying party");
}

/* Each direction has had so many KeyUpdates: kernel, evidence and the other library agree. */
static bool agreed(struct run *r, uint32_t tx, uint32_t rx, bool stale)
{
	return rekey_is(r->ask, r->attester, tx, rx, stale) &&
	       rekey_accepted(r->attester, r->relying, tx, rx) &&
	       rekey_is(r->ask, r->attester, tx, rx, false);
}

#define SINGLE_TESTS 3	/* for each course */

/* One KeyUpdate in each direction, of which the other end is told. */
static void test_single(struct run *r)
{
	const char *name = r->course->name;

	tap_ok(both_ways(r) && agreed(r, 0, 0, false), "%s: evidence for the first keys", name);
	tap_ok(!rekey_update(r->attester, false) && both_ways(r) && agreed(r, 1, 0, true),
	       "%s: a new key to send with is stale, and then attested", name);
	tap_ok(!rekey_update(r->relying, false) && both_ways(r) && agreed(r, 1, 1, true),
	       "%s: so is a new key to receive with", name);
}

#define REQUEST_TESTS 3	/* for each course and each end that asks */

/* One end asks the other for its KeyUpdate, and gets it with what that says next. */
static void test_request(struct run *r, bool attester_asks)
{
	struct rekey_end *asks = attester_asks ? r->attester : r->relying;
	struct rekey_end *asked = attester_asks ? r->relying : r->attester;
	const char *who = attester_asks ? "the attester" : "the relying party", *name = r->course->name;

	tap_ok(!rekey_update(asks, true) && rekey_talk(asks, asked, "and you?") &&
	       rekey_is(r->ask, r->attester, attester_asks, !attester_asks, true),
	       "%s: %s changes its key and asks for another", name, who);
	tap_ok(rekey_talk(asked, asks, "gladly") && agreed(r, 1, 1, true), "%s: %s gets it", name, who);
	/* With kTLS GnuTLS 3.8.9 says the same again: Documentation/rekey.rst. */
	if (asked->kernel && asked->library == &rekey_gnutls) {
		tap_ok(!rekey_send(asked, "more") && (rekey_heard(asks, "gladly") || rekey_heard(asks, "more")) &&
		       agreed(r, 1, 1, false), "%s: GnuTLS answers again, under the same keys", name);
		return;
	}
	tap_ok(rekey_talk(asked, asks, "more") && both_ways(r) && agreed(r, 1, 1, false),
	       "%s: and what is said after that", name);
}

/** struct told - events about a socket */
struct told {
	uint64_t cookie;
	unsigned int rekeys[2];		/* tx, rx */
	long long generation[2];	/* the last one */
};

static void told_of(struct told *told, const struct nlmsghdr *h)
{
	const struct nlattr *tb[TLSBIND_A_EVENT_MAX + 1], *sock[TLSBIND_A_SOCK_MAX + 1];
	bool rx;

	genl_attrs(tb, TLSBIND_A_EVENT_MAX, h);
	genl_nested(sock, TLSBIND_A_SOCK_MAX, tb[TLSBIND_A_EVENT_SOCK]);
	if (genl_cmd(h) != TLSBIND_CMD_EVENT_NTF ||
	    genl_number(tb[TLSBIND_A_EVENT_KIND]) != TLSBIND_EVENT_REKEY ||
	    (uint64_t)genl_number(sock[TLSBIND_A_SOCK_COOKIE]) != told->cookie)
		return;
	rx = genl_number(tb[TLSBIND_A_EVENT_DIRECTION]) == TLSBIND_DIRECTION_RX;
	told->generation[rx] = genl_number(sock[rx ? TLSBIND_A_SOCK_RX_GENERATION :
						TLSBIND_A_SOCK_TX_GENERATION]);
	told->rekeys[rx] += told->generation[rx] == told->rekeys[rx] + 1;
}

/* Whatever the kernel has told so far. Return: false if messages were lost. */
static bool told_read(struct told *told, struct genl *events)
{
	static uint8_t buf[16384];
	ssize_t n;

	while ((n = recv(events->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		told_of(told, (struct nlmsghdr *)buf);
	return errno == EAGAIN;
}

#define MANY	500	/* in each direction */
#define MANY_TESTS 3	/* for each course */

static void test_many(struct run *r, struct genl *events)
{
	struct told told = { .cookie = rekey_cookie(r->attester->fd) };
	bool good = true, heard = true, attested = true;
	const char *name = r->course->name;
	long long start = guest_ms();
	unsigned int i;

	for (i = 1; i <= MANY && good && attested; i++) {
		good = !rekey_update(r->attester, false) && rekey_talk(r->attester, r->relying, "there") &&
		       !rekey_update(r->relying, false) && rekey_talk(r->relying, r->attester, "back");
		heard &= told_read(&told, events);
		if (good && i % (MANY / 5) == 0)
			attested = agreed(r, i, i, true);
	}
	tap_ok(good, "%s: data after each of %d KeyUpdates", name, 2 * MANY);
	tap_ok(attested, "%s: evidence and the other library agree after each %dth", name, 2 * MANY / 5);
	tap_ok(heard && told.rekeys[0] == MANY && told.rekeys[1] == MANY,
	       "%s: each was told of, in their order (%u and %u)", name, told.rekeys[0], told.rekeys[1]);
	tap_diag("%s: %u KeyUpdates in %lld ms", name, 2 * (i - 1), guest_ms() - start);
}

#define LIMIT_TESTS 2

static void stopped(struct timespec *now)
{
	*now = (struct timespec){ .tv_sec = 1000000 };
}

/* GnuTLS refuses the ninth within a second; its kernel has taken eight, and evidence says so. */
static void test_limit(struct genl *ask)
{
	struct rekey_pair p = rekey_open(&rekey_gnutls, true, &rekey_openssl, false);
	char text[16];
	bool good = true;

	_gnutls_global_set_gettime_function(stopped);
	for (int i = 0; i < 8; i++)
		good &= !rekey_update(&p.b, false) && rekey_talk(&p.b, &p.a, "next");
	tap_ok(good && rekey_is(ask, &p.a, 0, 8, true) && rekey_accepted(&p.a, &p.b, 0, 8),
	       "GnuTLS takes eight KeyUpdates within a second");
	tap_ok(!rekey_update(&p.b, false) && !rekey_send(&p.b, "ninth") &&
	       p.a.library->recv(&p.a, text, sizeof(text)) < 0 && rekey_is(ask, &p.a, 0, 8, false),
	       "and no ninth: %s", p.a.error);
	rekey_close(&p);
}

#define REFUSED_TESTS 5	/* for each course, and each end whose KeyUpdate it is */

/* Nothing comes but the end, or what cannot be read. */
static bool at_end(struct rekey_end *end, const char *name)
{
	char text[64];
	ssize_t n = end->library->recv(end, text, sizeof(text));

	tap_diag("%s: %s sees %s", name, end->library->name, n < 0 ? end->error : n ? "data" : "the end");
	return n <= 0;
}

/* kTLS that takes no second key: what the library does, and that nothing of ours changes. */
static void test_refused(struct run *r, bool own)
{
	const char *name = r->course->name, *whose = own ? "its own" : "the other end's";
	struct rekey_end *attester = r->attester;
	bool failed;

	tap_ok(both_ways(r) && agreed(r, 0, 0, false), "%s: evidence before %s KeyUpdate", name, whose);
	if (own)
		failed = rekey_update(attester, false);
	else
		failed = !rekey_update(r->relying, false) && !rekey_send(r->relying, "under the new key") &&
			 at_end(attester, name);
	tap_ok(failed, "%s: %s KeyUpdate fails: %s", name, whose, attester->error);
	tap_ok(rekey_is(r->ask, attester, 0, 0, false), "%s: nothing of ours changes with %s", name, whose);
	tap_ok(rekey_send(attester, "more"), "%s: the library sends nothing after %s", name, whose);
	shutdown(attester->fd, SHUT_WR);
	tap_ok(at_end(r->relying, name), "%s: and nothing arrives after %s", name, whose);
}

static void each(void (*test)(struct run *r, bool flag), bool flag, bool alone, struct genl *ask)
{
	struct run r;

	for (size_t i = 0; i < COURSES; i++) {
		run_open(&r, &courses[i], alone, ask);
		test(&r, flag);
		rekey_close(&r.pair);
	}
}

static void test_rekeys(struct genl *ask)
{
	struct genl events;
	int size = 8 << 20;
	struct run r;

	each(test_request, false, false, ask);
	each(test_request, true, false, ask);
	genl_need(&events);
	setsockopt(events.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (size_t i = 0; i < COURSES; i++) {
		run_open(&r, &courses[i], false, ask);
		test_single(&r);
		rekey_close(&r.pair);
	}
	test_limit(ask);
	if (genl_join(&events, 0))
		tap_bail("events");
	for (size_t i = 0; i < COURSES; i++) {
		run_open(&r, &courses[i], false, ask);
		test_many(&r, &events);
		rekey_close(&r.pair);
	}
}

int main(int argc, char **argv)
{
	struct genl ask;

	(void)argc;
	rekey_setup(argv);
	tap_plan(guest_rekeys() ? COURSES * (SINGLE_TESTS + 2 * REQUEST_TESTS + MANY_TESTS) + LIMIT_TESTS :
		 COURSES * 2 * REFUSED_TESTS);
	guest_setup();
	guest_need("rules only attest loopback");
	genl_need(&ask);
	if (guest_rekeys()) {
		test_rekeys(&ask);
	} else {
		each(test_refused, true, true, &ask);
		each(test_refused, false, true, &ask);
	}
	return tap_done();
}
