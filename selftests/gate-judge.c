// SPDX-License-Identifier: MIT
/*
 * The judge: who may be it, what verdicts are refused, what becomes of those who wait
 * when he goes away, when the module does, and a thousand who wait at once.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "as.h"
#include "rules-line.h"
#include "gate.h"

#define CROWD_MAX	1000

/* On a debug kernel fewer: each thread costs much there, and shows nothing more. */
static int crowd_size;

static struct nl nl;

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

static struct line half(void)
{
	struct line l = line_open(FAR4);

	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	return l;
}

#define NOBODY_TESTS 3

static void test_nobody(void)
{
	struct line l;
	struct genl listener;

	only("gate");
	l = half();
	tap_errno(line_tx(&l), EHOSTDOWN, "without a judge a key is refused");
	tap_ok(line_dead(&l, EHOSTDOWN), "and the connection aborted");
	line_close(&l);
	genl_need(&listener);
	if (genl_join(&listener, 1))
		tap_bail("join: %s", strerror(errno));
	l = half();
	tap_errno(line_tx(&l), EHOSTDOWN, "who only listens is no judge");
	line_close(&l);
	close(listener.fd);
}

static int unprivileged(void *arg)
{
	struct genl g;

	(void)arg;
	if (as_nobody() || genl_open(&g))
		return 99;
	return genl_simple(&g, TLSBIND_CMD_JUDGE, 0, NULL, NULL);
}

static int unprivileged_list(void *arg)
{
	struct gate_list list;
	struct genl g;

	(void)arg;
	if (as_nobody() || genl_open(&g))
		return 99;
	return gate_list(&g, &list);
}

static int unprivileged_verdict(void *arg)
{
	struct genl g;

	(void)arg;
	if (as_nobody() || genl_open(&g))
		return 99;
	return gate_verdict(&g, 1, TLSBIND_DECISION_ADMIT);
}

#define WHO_TESTS 11

static void test_who(struct genl *judge)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct genl other;
	struct genl_msg m;
	struct line l = half();

	tap_equal(as_child(unprivileged, NULL), EPERM, "who has no privilege cannot be judge");
	tap_equal(as_child(unprivileged_list, NULL), EPERM, "nor list what is held");
	tap_equal(as_child(unprivileged_verdict, NULL), EPERM, "nor give a verdict");
	genl_need(&other);
	genl_refused(&other, genl_simple(&other, TLSBIND_CMD_JUDGE, 0, NULL, NULL), EBUSY, "already",
		     "there is one judge");
	tap_equal(genl_simple(judge, TLSBIND_CMD_JUDGE, 0, NULL, NULL), 0, "who may say so again");
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(judge, &hold))
		tap_bail("nobody is held");
	genl_refused(&other, gate_verdict(&other, hold.handle, TLSBIND_DECISION_ADMIT), EPERM,
		     "not the judge", "a verdict of somebody else is refused");
	genl_refused(judge, gate_verdict(judge, hold.handle + 1, TLSBIND_DECISION_ADMIT), ENOENT, "not held",
		     "a verdict on nothing is refused");
	tap_equal(gate_verdict(judge, hold.handle, 2), ERANGE, "a verdict that is none is refused");
	genl_begin(&m, judge->family, TLSBIND_CMD_VERDICT, 0);
	genl_put(&m, TLSBIND_A_HOLD_HANDLE, &hold.handle, sizeof(hold.handle));
	genl_refused(judge, genl_ask(judge, &m, NULL, NULL), EINVAL, "verdict is missing",
		     "a message without verdict is refused");
	genl_begin(&m, judge->family, TLSBIND_CMD_VERDICT, 0);
	genl_put(&m, TLSBIND_A_HOLD_VERDICT, "\1", 1);
	genl_refused(judge, genl_ask(judge, &m, NULL, NULL), EINVAL, "handle is missing",
		     "a message without handle is refused");
	gate_verdict(judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!gate_join(&w) && line_lives(&l), "after all that the judge's own counts");
	line_close(&l);
	close(other.fd);
}

#define FAR_TESTS 3

/* Another network namespace has its own judge, who learns nothing of ours. */
static void test_far(struct genl *judge)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct gate_list list;
	struct genl far;
	struct line l = half();

	enter("/run/netns/tlsbind-far");
	gate_judge(&far);
	enter("/proc/1/ns/net");
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(judge, &hold))
		tap_bail("nobody is held");
	tap_ok(gate_quiet(&far) && !gate_list(&far, &list) && !list.count,
	       "the judge of another namespace is told nothing");
	tap_equal(gate_verdict(&far, hold.handle, TLSBIND_DECISION_ADMIT), ENOENT, "and cannot judge");
	close(far.fd);
	tap_ok(!gate_done(&w), "when it goes away, nobody is aborted here");
	gate_verdict(judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	line_close(&l);
}

static struct line crowd[CROWD_MAX];
static struct gate_waiter waiters[CROWD_MAX];

static void crowd_start(void)
{
	for (int i = 0; i < crowd_size; i++) {
		crowd[i] = half();
		gate_start(&waiters[i], crowd[i].fd[0], TLS_TX, &crowd[i].tx);
	}
}

/* Return: how many installations ended with this errno. */
static int crowd_end(int error)
{
	int count = 0;

	for (int i = 0; i < crowd_size; i++) {
		count += gate_join(&waiters[i]) == error;
		line_close(&crowd[i]);
	}
	return count;
}

static void crowd_wait(struct genl *judge, struct gate_list *list)
{
	for (int i = 0; i < 600 * guest_slow(); i++, usleep(50000))
		if (!gate_list(judge, list) && list->count == (size_t)crowd_size)
			return;
	tap_bail("%zu are held", list->count);
}

#define CROWD_TESTS 4

static void test_crowd(struct genl *judge)
{
	struct gate_list list;
	bool ascending = true;
	int admitted = 0;

	crowd_start();
	crowd_wait(judge, &list);
	for (size_t i = 1; i < list.count; i++)
		ascending &= list.handles[i] > list.handles[i - 1];
	tap_ok(ascending, "%d wait, and each is listed once", crowd_size);
	for (size_t i = 0; i < list.count; i++)
		admitted += !gate_verdict(judge, list.handles[i], TLSBIND_DECISION_ADMIT);
	tap_equal(admitted, crowd_size, "each gets its verdict");
	tap_equal(crowd_end(0), crowd_size, "and goes on");
	tap_ok(!gate_list(judge, &list) && !list.count, "nobody is held any more");
}

#define GONE_TESTS 2

static void test_gone(struct genl *judge)
{
	struct gate_list list;
	struct line l;

	crowd_start();
	crowd_wait(judge, &list);
	close(judge->fd);
	tap_equal(crowd_end(EHOSTDOWN), crowd_size, "the judge goes away: whoever waits is aborted");
	l = half();
	tap_ok(line_tx(&l) && errno == EHOSTDOWN && line_dead(&l, EHOSTDOWN), "and whoever comes later");
	line_close(&l);
}

#define UNLOAD_TESTS 3

static void test_unload(void)
{
	struct gate_waiter w;
	struct gate_hold hold;
	struct genl judge;
	struct line l = half();

	gate_judge(&judge);
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	tap_equal(guest_sh("unload_module"), 0, "the module is unloaded while a connection is held");
	tap_equal(gate_join(&w), ESHUTDOWN, "which is aborted");
	tap_ok(line_dead(&l, ESHUTDOWN), "before anything was sent");
	line_close(&l);
	close(judge.fd);
}

int main(void)
{
	struct rlimit files = { 8192, 8192 };
	struct genl judge;

	crowd_size = CROWD_MAX / guest_slow();
	setrlimit(RLIMIT_NOFILE, &files);
	tap_plan(NOBODY_TESTS + WHO_TESTS + FAR_TESTS + CROWD_TESTS + GONE_TESTS + UNLOAD_TESTS);
	guest_need("load_mock sev_guest && load_module");
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	network();
	listen_everywhere();
	test_nobody();
	gate_judge(&judge);
	test_who(&judge);
	test_far(&judge);
	test_crowd(&judge);
	test_gone(&judge);
	test_unload();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
