// SPDX-License-Identifier: MIT
/* Rules by netlink: who may ask for them and change them, and where they hold. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "rules-state.h"

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

/* Run in a child, with its own TAP lines; counts as it counts. */
static void in_child(void (*fn)(void))
{
	int status;
	struct tap *shared_tap = &tap;
	int pipes[2];

	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	pid_t pid = fork();

	if (!pid) {
		fn();
		_exit(write(pipes[1], shared_tap, sizeof(*shared_tap)) != sizeof(*shared_tap));
	}
	close(pipes[1]);
	waitpid(pid, &status, 0);
	if (status || read(pipes[0], shared_tap, sizeof(*shared_tap)) != sizeof(*shared_tap))
		tap_bail("a child ended early: status %d", status);
	close(pipes[0]);
}

static void reopen(void)
{
	nl_close(&nl);
	if (nl_open(&nl))
		tap_bail("family: %s", strerror(errno));
}

#define NETNS_TESTS 4

static struct state outside;

static void other_netns(void)
{
	struct state s;

	if (unshare(CLONE_NEWNET))
		tap_bail("unshare: %s", strerror(errno));
	reopen();
	s = state_now(&nl);
	tap_ok(!s.count && !s.generation, "a new network namespace has no rules");
	tap_equal(rules_add(&nl, "attest lport 1", 0), 0, "it can be given some");
	tap_equal(rules_handle(&nl), 1, "with handles of their own");
}

static void test_netns(void)
{
	struct state s;

	need(rules_only(&nl, "deny lport 1"), "only");
	outside = state_now(&nl);
	in_child(other_netns);
	s = state_now(&nl);
	tap_ok(state_same(&s, &outside), "the rules outside are not touched");
}

/* All that reads or changes rules, as somebody who may not. */
#define NOBODY_TESTS 6

static void nobody(const char *who)
{
	char name[128];
	snprintf(name, sizeof(name), "%s: adding a rule", who);
	refused(rules_add(&nl, "deny", 0), EPERM, "CAP_NET_ADMIN", name);
	snprintf(name, sizeof(name), "%s: deleting one", who);
	refused(rules_delete(&nl, 1), EPERM, "CAP_NET_ADMIN", name);
	snprintf(name, sizeof(name), "%s: a flush", who);
	refused(rules_flush(&nl), EPERM, "CAP_NET_ADMIN", name);
	snprintf(name, sizeof(name), "%s: asking for the rules", who);
	refused(rules_state(&nl), EPERM, "CAP_NET_ADMIN", name);
	snprintf(name, sizeof(name), "%s: locking them", who);
	nl_begin(&nl, TLSBIND_CMD_LOCK);
	refused(nl_call(&nl), EPERM, "CAP_NET_ADMIN", name);
	tap_equal(dump(&nl, &listed), EPERM, "%s: listing them is refused", who);
}

static void as_user(void)
{
	if (setresuid(1234, 1234, 1234))
		tap_bail("setresuid: %s", strerror(errno));
	reopen();
	nobody("another user");
}

static void without_capability(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		tap_bail("capget: %s", strerror(errno));
	d[0].effective &= ~(1U << CAP_NET_ADMIN);
	d[0].permitted &= ~(1U << CAP_NET_ADMIN);
	if (syscall(SYS_capset, &h, d))
		tap_bail("capset: %s", strerror(errno));
	reopen();
	nobody("root without CAP_NET_ADMIN");
}

static void enter_userns(int more)
{
	if (setresuid(1234, 1234, 1234))
		tap_bail("setresuid: %s", strerror(errno));
	/* Its files in /proc are its own again. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER) || write_text("/proc/self/setgroups", "deny") ||
	    write_text("/proc/self/uid_map", "0 1234 1") || unshare(more))
		tap_bail("user namespace: %s", strerror(errno));
	reopen();
}

static void userns_alone(void)
{
	enter_userns(0);
	nobody("root of a user namespace in the network namespace of another");
}

/* Somebody with all capabilities puts rules into a network namespace. */
static void put_rules(const char *netns, const char *const *rules)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		tap_bail("%s: %s", netns, strerror(errno));
	reopen();
	need(rules_replace(&nl, rules), "rules for another");
}

static int ready[2], go[2];
static char put_into[64];

static void put_theirs(void)
{
	static const char *const rules[] = { "deny uid 5", "attest", "pass uid 6", NULL };

	put_rules(put_into, rules);
}

#define CONTAINER_TESTS 15

static void container(void)
{
	static const char *const with_attest[] = { "deny", "attest", NULL };
	char c = 0;

	enter_userns(CLONE_NEWNET);
	tap_equal(rules_add(&nl, "deny uid 7", 0), 0, "root of a container denies");
	tap_equal(rules_add(&nl, "pass uid 8", 0), 0, "or passes");
	refused(rules_add(&nl, "attest", 0), EPERM, "attest speaks for the whole guest",
		"in a container a rule with attest");
	refused(rules_replace(&nl, with_attest), EPERM, "attest speaks for the whole guest",
		"and a set of rules that has one");
	refused(rules_add(&nl, "gate mutual", 0), EPERM, "mutual speaks for the whole guest",
		"and a gate that gives evidence, too");
	tap_equal(state_now(&nl).count, 2, "then nothing has changed");
	tap_equal(rules_add(&nl, "gate rport 443", 0), 0, "root of a container gates");
	nl_begin(&nl, TLSBIND_CMD_LOCK);
	refused(nl_call(&nl), EPERM, "initial user namespace", "in a container locking");
	if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
		tap_bail("pipe: %s", strerror(errno));
	dump(&nl, &listed);
	tap_equal(listed.count, 3, "the guest's root can give it rules with attest");
	refused(rules_delete(&nl, listed.handles[0]), EPERM, "lets connections be attested follows",
		"in a container deleting what comes before attest");
	tap_equal(rules_delete(&nl, listed.handles[2]), 0, "not so what comes after it");
	tap_equal(rules_add(&nl, "deny uid 9", listed.handles[1]), 0, "nor denying more");
	tap_equal(rules_delete(&nl, listed.handles[1]), 0, "nor deleting attest itself");
	tap_equal(rules_delete(&nl, listed.handles[0]), 0, "and then what came before");
	tap_equal(rules_flush(&nl), 0, "nor flushing all");
}

/* The container stops half-way, until root has put rules into it. */
static void test_container(void)
{
	int status, pipes[2];
	char c;

	if (pipe(ready) || pipe(go) || pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	pid_t pid = fork();

	if (!pid) {
		container();
		_exit(write(pipes[1], &tap, sizeof(tap)) != sizeof(tap));
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1) {
		snprintf(put_into, sizeof(put_into), "/proc/%d/ns/net", pid);
		in_child(put_theirs);
	}
	if (write(go[1], "", 1) != 1)
		tap_bail("pipe: %s", strerror(errno));
	close(pipes[1]);
	waitpid(pid, &status, 0);
	if (status || read(pipes[0], &tap, sizeof(tap)) != sizeof(tap))
		tap_bail("the container ended early: status %d", status);
}

int main(void)
{
	struct state before, after;

	tap_plan(NETNS_TESTS + 3 * NOBODY_TESTS + CONTAINER_TESTS + 1);
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("family: %s", strerror(errno));
	test_netns();
	before = state_now(&nl);
	in_child(as_user);
	in_child(without_capability);
	in_child(userns_alone);
	test_container();
	reopen();
	after = state_now(&nl);
	tap_ok(state_same(&before, &after), "none of these people has changed anything");
	return tap_done();
}
