// SPDX-License-Identifier: MIT
/*
 * The lock: rules are frozen everywhere and the module stays, until reboot. Therefore the
 * guest is booted again after this one (guest-init).
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>

#include "evidence.h"
#include "genl.h"
#include "guest.h"
#include "rules.h"

static struct nl nl;

static int lock(void)
{
	nl_begin(&nl, TLSBIND_CMD_LOCK);
	return nl_call(&nl);
}

static void refused(int got, const char *name)
{
	bool good = got == EPERM && !strcmp(nl.text, "rules are locked until reboot");

	tap_ok(good, "%s is refused", name);
	if (!good)
		tap_diag("%s: %s", strerror(got), nl.text);
}

static uint64_t state_number(int type)
{
	if (rules_state(&nl))
		tap_bail("state: %s", nl.text);
	return nl_number(nl.answer, nl.answer_len, type);
}

static uint32_t signed_flags(int fd)
{
	static uint8_t buf[65536];
	struct evidence e;
	ssize_t n;

	if (evidence_ask(fd, 1))
		tap_bail("challenge: %s", strerror(errno));
	n = evidence_read(fd, buf, sizeof(buf));
	if (n < 0 || !evidence_parse(&e, buf, n) || !evidence_bound_to(&e, 1))
		tap_bail("evidence: %s", strerror(errno));
	return be32toh(e.claims.flags);
}

static void test_locked(const char *where)
{
	char name[128];

	snprintf(name, sizeof(name), "%s: adding a rule", where);
	refused(rules_add(&nl, "deny", 0), name);
	snprintf(name, sizeof(name), "%s: deleting one", where);
	refused(rules_delete(&nl, 1), name);
	snprintf(name, sizeof(name), "%s: replacing all", where);
	refused(rules_only(&nl, "deny"), name);
	snprintf(name, sizeof(name), "%s: a flush", where);
	refused(rules_flush(&nl), name);
}

/* Listeners to events: here, and in a network namespace that nobody is in. */
static struct genl here, there;

static void listen_to(struct genl *g)
{
	genl_need(g);
	if (genl_join(g, 0))
		tap_bail("joining: %s", strerror(errno));
}

static void listen_everywhere(void)
{
	int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	listen_to(&here);
	if (unshare(CLONE_NEWNET))
		tap_bail("network namespace: %s", strerror(errno));
	listen_to(&there);
	if (setns(netns, CLONE_NEWNET))
		tap_bail("back again: %s", strerror(errno));
	close(netns);
}

static bool nothing_more(struct genl *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };

	return !poll(&p, 1, 0);
}

/* The next event is the lock, which is nobody's socket and no change of rules. */
static bool told_of_lock(struct genl *g, uint64_t since)
{
	const struct nlattr *tb[TLSBIND_A_EVENT_MAX + 1];
	static uint8_t buf[8192];
	const struct nlmsghdr *h = (const void *)buf;

	if (nothing_more(g) || recv(g->fd, buf, sizeof(buf), 0) < 0 || genl_cmd(h) != TLSBIND_CMD_EVENT_NTF)
		return false;
	genl_attrs(tb, TLSBIND_A_EVENT_MAX, h);
	return genl_number(tb[TLSBIND_A_EVENT_KIND]) == TLSBIND_EVENT_LOCK &&
	       genl_number(tb[TLSBIND_A_EVENT_TIME]) > (long long)since &&
	       genl_number(tb[TLSBIND_A_EVENT_TIME]) < (long long)guest_boot_ns() &&
	       !tb[TLSBIND_A_EVENT_SOCK] && !tb[TLSBIND_A_EVENT_GENERATION] &&
	       !tb[TLSBIND_A_EVENT_ERROR] && !tb[TLSBIND_A_EVENT_DIRECTION];
}

int main(void)
{
	uint64_t generation, before;
	int fd[2];

	tap_plan(22);
	guest_setup();
	if (nl_open(&nl) || ktls_pair(AF_INET, 0x1301, 30000, fd))
		tap_bail("setup: %s", strerror(errno));
	tap_equal(state_number(TLSBIND_A_RULES_LOCKED), 0, "rules are not locked at first");
	tap_ok(!(signed_flags(fd[0]) & TLSBIND_F_LOCKED), "and no evidence says so");
	generation = state_number(TLSBIND_A_RULES_GENERATION);
	close(open("/run/tlsbind-reboot", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	listen_everywhere();
	before = guest_boot_ns();
	nl_begin(&nl, TLSBIND_CMD_LOCK);
	nl_u32(&nl, TLSBIND_A_RULES_GENERATION, generation + 1);
	tap_ok(nl_call(&nl) == ESTALE && nothing_more(&here) && nothing_more(&there),
	       "a lock that is refused is told of nowhere");
	tap_equal(lock(), 0, "they are locked");
	tap_ok(told_of_lock(&here, before), "listeners are told");
	tap_ok(told_of_lock(&there, before), "in every network namespace");
	tap_equal(lock(), 0, "again: no error");
	tap_ok(nothing_more(&here) && nothing_more(&there), "which is nothing to tell");
	tap_equal(state_number(TLSBIND_A_RULES_LOCKED), 1, "they say so");
	test_locked("here");
	tap_equal(state_number(TLSBIND_A_RULES_GENERATION), generation, "they are what they were");
	tap_ok(signed_flags(fd[0]) & TLSBIND_F_LOCKED, "evidence says so");
	tap_errno(syscall(SYS_delete_module, GUEST_MODULE, O_NONBLOCK), EWOULDBLOCK,
		  "the module cannot be unloaded");
	tap_ok(signed_flags(fd[0]) & TLSBIND_F_LOCKED, "and goes on");
	nl_close(&nl);
	if (unshare(CLONE_NEWNET) || nl_open(&nl))
		tap_bail("network namespace: %s", strerror(errno));
	test_locked("in a new network namespace");
	tap_equal(lock(), 0, "there, too, locking again is no error");
	return tap_done();
}
