// SPDX-License-Identifier: MIT
/*
 * The module is loaded and unloaded again and again while data flows through
 * connections older than it, others are made and closed, and challenges wait.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "evidence.h"
#include "guest.h"
#include "rules.h"

#define ROUNDS		(20 / guest_slow())
#define PUMPS		4	/* processes that send and receive */
#define CHURNS		2	/* processes that open and close */
#define SUITE		0x1301
#define MODULE_FILE	"/opt/tlsbind/modules/tlsbind.ko"
#define PAUSE		2000	/* us between records: leaves the processor to others */
#define SOON		(20000 * guest_slow())	/* ms: a bound, not a sleep */

/** struct shared - what the processes tell each other */
struct shared {
	volatile bool stop;
	volatile unsigned long pumped[PUMPS];	/* records that came through */
	volatile unsigned long churned[CHURNS];	/* connections made and closed */
	volatile int wrong[PUMPS + CHURNS];	/* errno or line of what must not be */
};

static struct shared *shared;

static bool loaded(void)
{
	return !access("/sys/module/" GUEST_MODULE, F_OK);
}

static int allow_all(void)
{
	struct nl nl;
	int ret = nl_open(&nl);

	if (!ret)
		ret = rules_only(&nl, RULES_ALLOW_ALL);
	nl_close(&nl);
	return ret;
}

static int load(void)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret ? ret : allow_all();
}

static int unload(void)
{
	return syscall(SYS_delete_module, GUEST_MODULE, O_NONBLOCK);
}

/* --- traffic --- */

/* Records of changing length and content both ways, compared. */
static void pump(int n, int fd[2])
{
	unsigned char out[1000], in[sizeof(out)];

	for (unsigned long i = 0; !shared->stop; i++) {
		size_t len = 1 + i * 37 % sizeof(out);
		int from = i & 1;

		memset(out, i, len);
		if (send(fd[from], out, len, MSG_NOSIGNAL) != (ssize_t)len ||
		    recv(fd[!from], in, len, MSG_WAITALL) != (ssize_t)len || memcmp(in, out, len)) {
			shared->wrong[n] = errno ? errno : EBADMSG;
			return;
		}
		shared->pumped[n]++;
		usleep(PAUSE);
	}
}

static bool expected_errno(int error)
{
	/* EACCES: before there is a rule. */
	return !error || error == EACCES || error == ENOPROTOOPT || error == ESTALE || error == ESHUTDOWN ||
	       error == EBUSY || error == ENODATA || error == EAGAIN;
}

/* New connections; every option of ours, whether the module is there or not. */
static void churn(int n)
{
	static uint8_t buf[65536];

	for (unsigned int i = 0; !shared->stop; i++) {
		struct tlsbind_info info;
		socklen_t len = sizeof(info);
		int fd[2], errors[3];

		/* A key of its own: one that another socket holds is refused. */
		if (ktls_pair(i & 1 ? AF_INET6 : AF_INET, SUITE, 10000 + 2 * (i * CHURNS + n), fd)) {
			shared->wrong[PUMPS + n] = errno;
			return;
		}
		fcntl(fd[0], F_SETFL, O_NONBLOCK);
		errors[0] = evidence_ask(fd[0], i) ? errno : 0;
		errors[1] = evidence_read(fd[0], buf, sizeof(buf)) < 0 ? errno : 0;
		errors[2] = getsockopt(fd[0], SOL_TLS, TLSBIND_INFO, &info, &len) ? errno : 0;
		for (int j = 0; j < 3; j++)
			if (!expected_errno(errors[j]))
				shared->wrong[PUMPS + n] = errors[j];
		ktls_close_pair(fd);
		shared->churned[n]++;
		usleep(PAUSE);
	}
}

static pid_t children[PUMPS + CHURNS];

static void start_traffic(void)
{
	int fd[2];

	for (int i = 0; i < PUMPS + CHURNS; i++) {
		if (i < PUMPS && ktls_pair(i & 1 ? AF_INET6 : AF_INET, ktls_suites[i].suite,
					   1 + 2 * i, fd))
			tap_bail("kTLS pair: %s", strerror(errno));
		children[i] = fork();
		if (!children[i]) {
			if (i < PUMPS)
				pump(i, fd);
			else
				churn(i - PUMPS);
			_exit(0);
		}
		if (i < PUMPS)
			ktls_close_pair(fd);
	}
}

static bool stop_traffic(void)
{
	bool good = true;
	int status;

	shared->stop = true;
	for (int i = 0; i < PUMPS + CHURNS; i++) {
		waitpid(children[i], &status, 0);
		good = good && !status;
	}
	return good;
}

/* Every process did something since the last call. */
static bool traffic_flows(void)
{
	static unsigned long seen[PUMPS + CHURNS];
	long long end = guest_ms() + SOON;

	for (int i = 0; i < PUMPS + CHURNS; i++) {
		volatile unsigned long *count = i < PUMPS ? &shared->pumped[i] :
						&shared->churned[i - PUMPS];

		while (*count == seen[i] && guest_ms() < end)
			usleep(500);
		if (*count == seen[i])
			return false;
		seen[i] = *count;
	}
	return true;
}

/* --- one round --- */

/** struct tally - in how many rounds something was as it must be */
struct tally {
	int loads, seen, stale, flows_loaded, unloads, gone, flows_unloaded;
	int shut_down, answered, other;
	long long load_ms, unload_ms;
};

/** struct waiter - a thread that waits for evidence */
struct waiter {
	pthread_t thread;
	int fd[2];
	int result;
};

static void *waiter_run(void *arg)
{
	struct waiter *w = arg;

	errno = 0;
	w->result = evidence_fetch(w->fd[0], 77) ? 0 : errno ? errno : EPROTO;
	return NULL;
}

static void waiter_start(struct waiter *w, unsigned int seed)
{
	if (ktls_pair(AF_INET, SUITE, seed, w->fd) || evidence_ask(w->fd[0], 77))
		tap_bail("challenge: %s", strerror(errno));
	pthread_create(&w->thread, NULL, waiter_run, w);
}

static void waiter_end(struct waiter *w, struct tally *t)
{
	pthread_join(w->thread, NULL);
	if (w->result == ESHUTDOWN || w->result == ENOPROTOOPT)
		t->shut_down++;
	else if (!w->result)
		t->answered++;
	else
		t->other++;
	close(w->fd[1]);
}

static int info_errno(int fd)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, SOL_TLS, TLSBIND_INFO, &info, &len) ? errno : 0;
}

/* A socket that was keyed in one round is kept into the next, under another module. */
static void one_round(int round, struct tally *t)
{
	static int kept = -1;
	struct waiter w;
	long long start = guest_ms();

	t->loads += !load();
	t->load_ms += guest_ms() - start;
	t->stale += round == 0 || info_errno(kept) == ESTALE;
	if (kept >= 0)
		close(kept);
	waiter_start(&w, 5000 + 2 * round);
	t->seen += !info_errno(w.fd[0]);
	t->flows_loaded += traffic_flows();
	start = guest_ms();
	t->unloads += !unload();
	t->unload_ms += guest_ms() - start;
	t->gone += !loaded();
	waiter_end(&w, t);
	kept = w.fd[0];
	t->flows_unloaded += traffic_flows();
}

int main(void)
{
	struct tally t = { 0 };
	long long start;
	int users;

	tap_plan(13);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	guest_need("modprobe tls && load_ciphers && load_mock sev_guest");
	mock_set("delay_ms", "30");
	start_traffic();
	start = guest_ms();
	for (int i = 0; i < ROUNDS; i++)
		one_round(i, &t);
	tap_diag("%d rounds in %lld ms; loading takes %lld ms, unloading %lld ms", ROUNDS,
		 /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): guest_slow() is at most 100 */
		 guest_ms() - start, t.load_ms / ROUNDS, t.unload_ms / ROUNDS);
	tap_equal(t.loads, ROUNDS, "the module was loaded %d times", ROUNDS);
	tap_equal(t.unloads, ROUNDS, "and unloaded as often");
	tap_equal(t.gone, ROUNDS, "and gone each time");
	tap_equal(t.seen, ROUNDS, "each time it saw a new key");
	tap_equal(t.stale, ROUNDS, "and did not trust one that an earlier load had seen");
	tap_equal(t.flows_loaded, ROUNDS, "data flowed in all connections while it was loaded");
	tap_equal(t.flows_unloaded, ROUNDS, "and while it was not");
	tap_equal(t.other, 0, "nobody who waited got anything but evidence or the end");
	tap_ok(t.shut_down > ROUNDS / 10, "unloading ended a wait %d times, %d were answered before",
	       t.shut_down, t.answered);
	tap_ok(stop_traffic(), "the processes that made traffic ended well");
	int wrong = 0;

	for (int i = 0; i < PUMPS; i++)
		wrong = shared->wrong[i] ? shared->wrong[i] : wrong;
	tap_equal(wrong, 0, "not one record was lost or changed");
	wrong = 0;
	for (int i = 0; i < CHURNS; i++)
		wrong = shared->wrong[PUMPS + i] ? shared->wrong[PUMPS + i] : wrong;
	tap_equal(wrong, 0, "connections made meanwhile saw no unexpected error");
	users = guest_sh("unload_mock; wait_for 10 eval 'test $(cat /sys/module/tls/refcnt) -le 1' || "
			 "{ cat /sys/module/tls/refcnt; ss -tanoem | sed 's/^/# /'; false; }");
	tap_equal(users, 0, "nothing holds kTLS any more");
	return tap_done();
}
