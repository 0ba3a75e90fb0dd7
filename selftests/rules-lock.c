// SPDX-License-Identifier: MIT
/*
 * The lock: rules are frozen everywhere and the module stays, until reboot. Therefore the
 * guest is booted again after this one (guest-init).
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>

#include "evidence.h"
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

int main(void)
{
	uint64_t generation;
	int fd[2];

	tap_plan(18);
	guest_setup();
	if (nl_open(&nl) || ktls_pair(AF_INET, 0x1301, 30000, fd))
		tap_bail("setup: %s", strerror(errno));
	tap_equal(state_number(TLSBIND_A_RULES_LOCKED), 0, "rules are not locked at first");
	tap_ok(!(signed_flags(fd[0]) & TLSBIND_F_LOCKED), "and no evidence says so");
	generation = state_number(TLSBIND_A_RULES_GENERATION);
	close(open("/run/tlsbind-reboot", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	tap_equal(lock(), 0, "they are locked");
	tap_equal(lock(), 0, "again: no error");
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
