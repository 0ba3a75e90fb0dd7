// SPDX-License-Identifier: MIT
/*
 * The two keys of a held connection are not installed by one task that waits: two threads
 * do it at once, users or rules differ, whoever waits is killed or becomes another
 * program, the descriptor goes elsewhere. One verdict opens the socket, nothing else does.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>

#include "as.h"
#include "rules-line.h"
#include "gate.h"
#include "life.h"

#define GATED	1001	/* uid of the rule */
#define ROUNDS	(100 / guest_slow())

static struct nl nl;
static struct genl judge;

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

/* Whatever comes out of trying to send. */
static bool silent(struct line *l)
{
	struct life_bytes before = life_bytes(l->fd);

	send(l->fd[0], "early", 5, MSG_NOSIGNAL);
	return life_same(&before, l->fd);
}

/* What kTLS took before the verdict, and more, arrive now. */
static bool arrives(struct line *l)
{
	char got[11] = "";

	return !ktls_install(l->fd[1], TLS_RX, &l->tx) && send(l->fd[0], "there", 5, MSG_NOSIGNAL) == 5 &&
	       recv(l->fd[1], got, 5, MSG_WAITALL) == 5 && recv(l->fd[1], got + 5, 5, MSG_WAITALL) == 5 &&
	       !memcmp(got, "earlythere", 10);
}

/** struct half - a thread that installs one key in each round */
struct half {
	pthread_t thread;
	pthread_barrier_t *barrier;
	struct line *line;	/* of this round, or NULL: no more */
	int direction;
	uid_t uid;
	int error;
};

static void *half_run(void *arg)
{
	struct half *h = arg;

	/* Of this thread only. */
	if (syscall(SYS_setresuid, -1, h->uid, -1))
		tap_bail("setresuid: %s", strerror(errno));
	for (;;) {
		pthread_barrier_wait(h->barrier);
		if (!h->line)
			return NULL;
		h->error = ktls_install(h->line->fd[0], h->direction,
					h->direction == TLS_TX ? &h->line->tx : &h->line->rx) ? errno : 0;
		pthread_barrier_wait(h->barrier);
	}
}

/** struct tally - in how many rounds something was so */
struct tally {
	int asked, silent, once, ended, lived;
};

static void one_round(pthread_barrier_t *barrier, struct half h[2], bool admit, struct tally *t)
{
	struct gate_hold hold;
	struct line l = line_open(FAR4);

	h[0].line = h[1].line = &l;
	pthread_barrier_wait(barrier);
	if (gate_next(&judge, &hold))
		tap_bail("not held: the installations end with %d and %d", h[0].error, h[1].error);
	t->asked++;
	t->silent += silent(&l);
	t->once += gate_quiet(&judge);
	gate_verdict(&judge, hold.handle, admit ? TLSBIND_DECISION_ADMIT : TLSBIND_DECISION_REJECT);
	pthread_barrier_wait(barrier);
	if (admit)
		t->ended += !h[0].error && !h[1].error;
	else
		t->ended += (h[0].error == EACCES || h[1].error == EACCES) &&
			    (!h[0].error || h[0].error == EACCES) && (!h[1].error || h[1].error == EACCES);
	if (admit)
		t->lived += arrives(&l);
	else
		t->lived += line_dead(&l, EACCES);
	line_close(&l);
}

#define RACE_TESTS 5

static void test_race(const char *what, uid_t tx, uid_t rx)
{
	struct half h[2] = { { .direction = TLS_TX, .uid = tx }, { .direction = TLS_RX, .uid = rx } };
	pthread_barrier_t barrier;
	struct tally t = { 0 };

	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 2; i++) {
		h[i].barrier = &barrier;
		pthread_create(&h[i].thread, NULL, half_run, &h[i]);
	}
	for (int i = 0; i < ROUNDS; i++)
		one_round(&barrier, h, i & 1, &t);
	h[0].line = h[1].line = NULL;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 2; i++)
		pthread_join(h[i].thread, NULL);
	tap_equal(t.asked, ROUNDS, "%s: each connection is held", what);
	tap_equal(t.silent, ROUNDS, "%s: and not a byte sent", what);
	tap_equal(t.once, ROUNDS, "%s: the judge is asked once", what);
	tap_equal(t.ended, ROUNDS, "%s: whoever waits is told of the verdict", what);
	tap_equal(t.lived, ROUNDS, "%s: which is carried out", what);
}

static int install_as(struct line *l, int direction, uid_t uid)
{
	int ret;

	if (seteuid(uid))
		tap_bail("seteuid: %s", strerror(errno));
	ret = ktls_install(l->fd[0], direction, direction == TLS_TX ? &l->tx : &l->rx);
	return seteuid(0) ? -1 : ret;
}

/* The second key, in a thread; then the verdict. Return: it was held, and went on. */
static bool judged(struct line *l, int direction)
{
	struct gate_waiter w;
	struct gate_hold hold;
	bool good;

	gate_start(&w, l->fd[0], direction, direction == TLS_TX ? &l->tx : &l->rx);
	for (int i = 0; i < 1000 && gate_quiet(&judge) && !gate_done(&w); i++)
		usleep(1000);
	if (gate_quiet(&judge)) {
		tap_diag("not held: the installation ends with %d", gate_join(&w));
		return false;
	}
	good = !gate_next(&judge, &hold) && !gate_done(&w) && silent(l) && hold.policy == 5;
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	return !gate_join(&w) && good;
}

#define MIXED_TESTS (guest_rekeys() ? 5 : 4)

/* A rule is about one key: what it demands is demanded of the connection. */
static void test_mixed(void)
{
	struct ktls_key next = ktls_key(SUITE, 5000);
	struct line l = line_open(FAR4);

	only("gate uid 1001 policy 5");
	if (install_as(&l, TLS_RX, GATED))
		tap_bail("rx: %s", strerror(errno));
	tap_ok(judged(&l, TLS_TX), "a receiving key of a gated user, a sending key of another: held");
	line_close(&l);
	l = line_open(FAR4);
	if (install_as(&l, TLS_TX, GATED))
		tap_bail("tx: %s", strerror(errno));
	tap_ok(judged(&l, TLS_RX), "a sending key of a gated user, a receiving key of another: held");
	line_close(&l);
	l = line_open(FAR4);
	only("gate policy 5");
	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	rules_flush(&nl);
	tap_ok(judged(&l, TLS_TX), "the rule is deleted between two keys: held");
	if (guest_rekeys())
		tap_ok(!ktls_install(l.fd[0], TLS_TX, &next) && gate_quiet(&judge),
		       "admitted, without a rule it is not held again");
	line_close(&l);
	l = line_open(FAR4);
	if (line_tx(&l))
		tap_bail("tx: %s", strerror(errno));
	only("gate policy 5");
	tap_ok(judged(&l, TLS_RX), "the rule is added between two keys: held");
	line_close(&l);
}

/* A child that is held. Return: its pid; the hold is in @hold. */
static pid_t held_child(struct line *l, struct gate_hold *hold, int (*run)(struct line *l))
{
	pid_t pid;

	*l = line_open(FAR4);
	if (line_rx(l))
		tap_bail("rx: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(run(l));
	if (gate_next(&judge, hold))
		tap_bail("nobody is held");
	return pid;
}

static int child_status(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int just_install(struct line *l)
{
	return line_tx(l) ? 1 : 0;
}

#define KILLED_TESTS 4

/* Whoever waited for the verdict is gone; another process has the socket, too. */
static void test_killed(void)
{
	struct gate_list list;
	struct gate_hold hold;
	struct line l;
	pid_t pid = held_child(&l, &hold, just_install);
	char c;

	kill(pid, SIGKILL);
	child_status(pid);
	tap_ok(silent(&l), "killed: the socket is shut for whoever else has it");
	tap_ok(line_tx(&l) && errno == EBUSY && line_rx(&l) && errno == EBUSY, "killed: he cannot install keys");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(recv(l.fd[1], &c, 1, 0) < 0 && errno == ECONNRESET,
	       "killed: the verdict is carried out all the same, and nothing was sent");
	close(l.fd[0]);
	tap_ok(!gate_list(&judge, &list) && !list.count, "killed: nothing is held any more");
	close(l.fd[1]);
}

static char exec_fd[16], exec_seed[16];

static void become(int number)
{
	(void)number;
	execl("/proc/self/exe", "life-halves", "again", exec_fd, exec_seed, (char *)NULL);
	_exit(98);
}

/* The same call as before, in the program that was executed. */
static int again(char **argv)
{
	struct line l = { .fd[0] = atoi(argv[2]), .tx = ktls_key(SUITE, atoi(argv[3])) };

	if (write(STDOUT_FILENO, "#", 1) != 1)
		return 97;
	return line_tx(&l) ? errno : send(l.fd[0], "there", 5, 0) != 5;
}

static int install_and_become(struct line *l)
{
	struct sigaction act = { .sa_handler = become };
	unsigned int seed;

	memcpy(&seed, l->tx.key, sizeof(seed));
	snprintf(exec_fd, sizeof(exec_fd), "%d", l->fd[0]);
	snprintf(exec_seed, sizeof(exec_seed), "%u", seed);
	fcntl(l->fd[0], F_SETFD, 0);
	sigaction(SIGUSR1, &act, NULL);
	return line_tx(l) ? 96 : 95;
}

static int ready[2];

static int report_and_become(struct line *l)
{
	dup2(ready[1], STDOUT_FILENO);
	return install_and_become(l);
}

#define EXEC_TESTS 5

/* A handler that interrupts the wait executes another program. */
static void test_exec(void)
{
	struct gate_hold hold;
	char got[5] = "", c;
	struct line l;
	pid_t pid;

	if (pipe(ready))
		tap_bail("pipe: %s", strerror(errno));
	pid = held_child(&l, &hold, report_and_become);
	kill(pid, SIGUSR1);
	tap_ok(read(ready[0], &c, 1) == 1 && c == '#', "exec: whoever was held becomes another program");
	tap_ok(silent(&l), "exec: the socket stays shut");
	tap_ok(gate_quiet(&judge), "exec: the same call again is held by the same hold");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_equal(child_status(pid), 0, "exec: admitted, it goes on");
	ktls_install(l.fd[1], TLS_RX, &l.tx);
	tap_ok(recv(l.fd[1], got, 5, MSG_WAITALL) == 5 && !memcmp(got, "early", 5) &&
	       recv(l.fd[1], got, 5, MSG_WAITALL) == 5 && !memcmp(got, "there", 5), "exec: and sends");
	line_close(&l);
	close(ready[0]);
	close(ready[1]);
}

static int take_and_try(void *arg)
{
	struct line *l = arg;
	struct tlsbind_claims c;
	int fd = life_take(l->fd[1]);

	if (fd < 0 || as_nobody())
		return 99;
	for (int i = 0; i < 3; i++)
		if (send(fd, "early", 5, MSG_NOSIGNAL) == 5 && i == 2)
			tap_diag("kTLS takes what is sent");
	if (!ktls_install(fd, TLS_TX, &l->tx) || errno != EBUSY)
		return 1;
	if (!life_evidence(fd, &l->tx, &l->rx, &c) || be32toh(c.uid) ||
	    !(be32toh(c.flags) & TLSBIND_F_GATED))
		return 2;
	return 0;
}

#define SENT_TESTS 3

/* The descriptor is sent to another process while its keys wait for a verdict. */
static void test_sent(void)
{
	struct life_bytes before;
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = line_open(FAR4), other;
	int way[2];

	only("gate mutual");
	if (line_rx(&l) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way))
		tap_bail("rx: %s", strerror(errno));
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	gate_next(&judge, &hold);
	before = life_bytes(l.fd);
	other = l;
	other.fd[1] = way[1];
	life_send(way[0], l.fd[0]);
	tap_equal(as_child(take_and_try, &other), 0, "sent elsewhere: evidence names who is held");
	tap_ok(life_same(&before, l.fd) && !gate_done(&w), "sent elsewhere: not a byte goes out");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(gate_join(&w) == EACCES && line_dead(&l, EACCES), "sent elsewhere: rejected, it ends everywhere");
	line_close(&l);
	ktls_close_pair(way);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "again"))
		return again(argv);
	guest_need("load_mock sev_guest && load_module");
	network();
	listen_everywhere();
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	gate_judge(&judge);
	tap_plan(3 * RACE_TESTS + MIXED_TESTS + KILLED_TESTS + EXEC_TESTS + SENT_TESTS);
	only("gate");
	test_race("two threads at once", 0, 0);
	only("gate uid 1001");
	test_race("two users at once, the receiving key gated", 0, GATED);
	test_race("two users at once, the sending key gated", GATED, 0);
	test_mixed();
	only("gate");
	test_killed();
	test_exec();
	test_sent();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
