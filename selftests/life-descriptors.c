// SPDX-License-Identifier: MIT
/*
 * Descriptors travel: by fork, over unix sockets, by pidfd_getfd(), through exec and
 * into other network namespaces. Evidence names whoever installed the keys, and is
 * about these keys, wherever the descriptor is by now.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "as.h"
#include "genl.h"
#include "life.h"
#include "rules.h"

#define SUITE		0x1301
#define INSTALLER	1001
#define HOLDER		1002

/** struct pair - a connection, and the keys of its first end */
struct pair {
	int fd[2];
	struct ktls_key tx, rx;
};

static struct pair pair_open(void)
{
	static unsigned int seed = 100;
	struct pair p = { .tx = ktls_key(SUITE, seed), .rx = ktls_key(SUITE, seed + 1) };

	seed += 2;
	if (ktls_tcp_pair(seed & 2 ? AF_INET : AF_INET6, p.fd) || ktls_attach(p.fd[0]))
		tap_bail("pair: %s", strerror(errno));
	return p;
}

/* As @uid for the moment; the program is root before and after. */
static void install_as(struct pair *p, uid_t uid)
{
	if (seteuid(uid) || ktls_install(p->fd[0], TLS_TX, &p->tx) ||
	    ktls_install(p->fd[0], TLS_RX, &p->rx) || seteuid(0))
		tap_bail("keys: %s", strerror(errno));
	/* Its files in /proc are its own again. */
	prctl(PR_SET_DUMPABLE, 1);
}

static bool says(int fd, const struct pair *p, uid_t uid, uint64_t netns)
{
	struct tlsbind_claims c;
	bool about = life_evidence(fd, &p->tx, &p->rx, &c);

	if (about && be32toh(c.uid) == uid && be64toh(c.netns) == netns)
		return true;
	tap_diag("%s, uid %u, network namespace %llu", about ? "evidence" : strerror(errno),
		 be32toh(c.uid), (unsigned long long)be64toh(c.netns));
	return false;
}

static bool is_listed(const struct pair *p)
{
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct genl_msg m;
	struct genl g;
	int error;

	evidence_commitment(TLSBIND_DIRECTION_TX, &p->tx, tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &p->rx, rx);
	evidence_connection_id(tx, rx, id);
	genl_need(&g);
	genl_begin(&m, g.family, TLSBIND_CMD_SOCK_GET, 0);
	genl_put(&m, TLSBIND_A_CONNECTION_ID, id, sizeof(id));
	error = genl_ask(&g, &m, NULL, NULL);
	close(g.fd);
	return !error;
}

static int ask_as_nobody(void *arg)
{
	struct pair *p = arg;

	return as_nobody() || !says(p->fd[0], p, INSTALLER, life_netns());
}

#define FORK_TESTS 3

static void test_fork(void)
{
	struct pair p = pair_open();

	install_as(&p, INSTALLER);
	tap_equal(as_child(ask_as_nobody, &p), 0,
		  "fork: a child of another uid has evidence of its parent's keys");
	tap_ok(says(p.fd[0], &p, INSTALLER, life_netns()), "so has the parent when the child is gone");
	close(p.fd[0]);
	tap_ok(!is_listed(&p), "closed by the last of both, it is not listed");
	close(p.fd[1]);
}

/* A child that installs keys in a socket of its own, sends it, and is gone. */
static struct pair install_and_send(int unix_fd)
{
	struct pair p = pair_open();
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWNET) || setresuid(INSTALLER, INSTALLER, INSTALLER) ||
		    ktls_install(p.fd[0], TLS_RX, &p.rx) || ktls_install(p.fd[0], TLS_TX, &p.tx))
			_exit(1);
		_exit(!!life_send(unix_fd, p.fd[0]));
	}
	close(p.fd[0]);
	p.fd[0] = -1;
	if (waitpid(pid, &status, 0) != pid || status)
		tap_bail("the child could not install keys: %d", status);
	return p;
}

static void unix_pair(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		tap_bail("socketpair: %s", strerror(errno));
}

#define SCM_TESTS 4

static void test_scm(void)
{
	struct tlsbind_claims c;
	struct pair p;
	int way[2];
	bool about;

	unix_pair(way);
	p = install_and_send(way[0]);
	tap_ok(is_listed(&p), "SCM_RIGHTS: a socket that nobody has but a message is listed");
	p.fd[0] = life_take(way[1]);
	about = life_evidence(p.fd[0], &p.tx, &p.rx, &c);
	tap_ok(about && be32toh(c.uid) == INSTALLER, "who takes it out has evidence that names its sender");
	tap_ok(be64toh(c.netns) && be64toh(c.netns) != life_netns(),
	       "in the network namespace that the sender was in, which is gone");
	ktls_close_pair(p.fd);
	p = install_and_send(way[0]);
	ktls_close_pair(way);
	close(p.fd[1]);
	tap_ok(!is_listed(&p), "with the message the socket is dropped");
}

#define FLIGHT_TESTS 4

/* A challenge is answered while the descriptor is in a message. */
static void test_flight(void)
{
	struct tlsbind_claims c;
	struct pair p = pair_open();
	long users;
	int way[2];

	unix_pair(way);
	install_as(&p, INSTALLER);
	mock_hold();
	evidence_ask(p.fd[0], 1);
	mock_wait_busy();
	tap_errno(life_send(way[0], p.fd[0]), 0, "a descriptor is sent while its challenge waits");
	close(p.fd[0]);
	mock_set("hang", "0");
	p.fd[0] = life_take(way[1]);
	tap_ok(life_read(p.fd[0], 1, &p.tx, &p.rx, &c) && be32toh(c.uid) == INSTALLER,
	       "who takes it out finds the answer");

	mock_hold();
	evidence_ask(p.fd[0], 2);
	mock_wait_busy();
	users = guest_tls_users();
	life_send(way[0], p.fd[0]);
	close(p.fd[0]);
	ktls_close_pair(way);
	tap_ok(!is_listed(&p), "dropped with the message while a report is being made");
	mock_set("hang", "0");
	close(p.fd[1]);
	for (int i = 0; i < 1000 * guest_slow() && guest_tls_users() >= users; i++)
		usleep(10000);
	tap_ok(guest_tls_users() < users, "nothing keeps it");
}

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define PIDFD_TESTS 3

static void test_pidfd(void)
{
	struct pair p = pair_open();
	int ready[2], there[2], pidfd, fd;
	char c;
	pid_t pid;

	if (pipe(ready) || pipe(there))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		install_as(&p, INSTALLER);
		_exit(write(ready[1], "", 1) != 1 || read(there[0], &c, 1) != 1 ||
		      !says(p.fd[0], &p, INSTALLER, life_netns()));
	}
	close(p.fd[0]);
	if (read(ready[0], &c, 1) != 1)
		tap_bail("the child could not install keys");
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	fd = syscall(SYS_pidfd_getfd, pidfd, p.fd[0], 0);
	tap_ok(fd >= 0 && says(fd, &p, INSTALLER, life_netns()),
	       "pidfd_getfd: evidence names who installed the keys");
	if (write(there[1], "", 1) != 1)
		tap_bail("pipe: %s", strerror(errno));
	waitpid(pid, &(int){ 0 }, 0);
	tap_ok(says(fd, &p, INSTALLER, life_netns()), "also when he is gone");
	close(fd);
	tap_ok(!is_listed(&p), "closed, it is not listed");
	close(pidfd);
	close(p.fd[1]);
	close(ready[0]), close(ready[1]), close(there[0]), close(there[1]);
}

/* What the program does when it was executed with a descriptor. */
static int executed(int argc, char **argv)
{
	struct pair p = { .fd[0] = atoi(argv[2]), .tx = ktls_key(SUITE, atoi(argv[3])),
			  .rx = ktls_key(SUITE, atoi(argv[4])) };

	return argc != 5 || getuid() != HOLDER || !says(p.fd[0], &p, INSTALLER, life_netns());
}

static int run_executed(void *arg)
{
	struct pair *p = arg;
	char fd[16], tx[16], rx[16];
	unsigned int seed;

	memcpy(&seed, p->tx.key, sizeof(seed));
	snprintf(fd, sizeof(fd), "%d", p->fd[0]);
	snprintf(tx, sizeof(tx), "%u", seed);
	snprintf(rx, sizeof(rx), "%u", seed + 1);
	if (fcntl(p->fd[0], F_SETFD, 0) || setresuid(HOLDER, HOLDER, HOLDER))
		return 99;
	execl("/proc/self/exe", "life-descriptors", "executed", fd, tx, rx, (char *)NULL);
	return 98;
}

#define EXEC_TESTS 1

static void test_exec(void)
{
	struct pair p = pair_open();

	install_as(&p, INSTALLER);
	tap_equal(as_child(run_executed, &p), 0,
		  "exec: a program of another uid has evidence of its predecessor's keys");
	ktls_close_pair(p.fd);
}

static int move_away(void *arg)
{
	struct pair *p = arg;
	uint64_t home = life_netns();

	install_as(p, INSTALLER);
	if (unshare(CLONE_NEWNET) || life_netns() == home)
		return 99;
	if (!says(p->fd[0], p, INSTALLER, home))
		return 1;
	return is_listed(p) ? 2 : 0;
}

/* Rules and lists are those of the socket's namespace, the caller's is another matter. */
static int move_before(void *arg)
{
	struct pair *p = arg;
	uint64_t here;

	if (unshare(CLONE_NEWNET))
		return 99;
	here = life_netns();
	install_as(p, INSTALLER);
	return says(p->fd[0], p, INSTALLER, here) ? 0 : 1;
}

#define SETNS_TESTS 3

static void test_setns(void)
{
	struct pair p = pair_open(), q = pair_open();

	tap_equal(as_child(move_away, &p), 0,
		  "moved to a network namespace without rules, there is evidence of the old one");
	tap_ok(is_listed(&p), "it is listed where the socket is");
	tap_equal(as_child(move_before, &q), 0, "moved before, evidence names the new one");
	ktls_close_pair(p.fd);
	ktls_close_pair(q.fd);
}

#define DUP_TESTS 3

static void test_dup(void)
{
	struct pair p = pair_open();
	int copies[100];

	install_as(&p, INSTALLER);
	for (int i = 0; i < 100; i++)
		copies[i] = dup(p.fd[0]);
	close(p.fd[0]);
	tap_ok(says(copies[99], &p, INSTALLER, life_netns()), "dup: any of a hundred descriptors will do");
	for (int i = 0; i < 99; i++)
		close(copies[i]);
	tap_ok(is_listed(&p), "and the last is as good as all");
	close(copies[99]);
	tap_ok(!is_listed(&p), "without any, it is not listed");
	close(p.fd[1]);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "executed"))
		return executed(argc, argv);
	tap_plan(FORK_TESTS + SCM_TESTS + FLIGHT_TESTS + PIDFD_TESTS + EXEC_TESTS + SETNS_TESTS + DUP_TESTS);
	guest_setup();
	test_fork();
	test_scm();
	test_flight();
	test_pidfd();
	test_exec();
	test_setns();
	test_dup();
	return tap_done();
}
