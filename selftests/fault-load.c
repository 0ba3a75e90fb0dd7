// SPDX-License-Identifier: MIT
/*
 * Each allocation of loading the module fails in turn, and each of unloading it. It
 * is not loaded and has left nothing behind, or it is loaded and works; it always goes.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "evidence.h"
#include "fault.h"
#include "guest.h"

#define SUITE		0x1301
#define SOON		(5000 * guest_slow())	/* ms: a bound, not a sleep */
#define MODULE_FILE	"/opt/tlsbind/modules/tlsbind.ko"
#define HOOKS_FILE	"/sys/kernel/tracing/enabled_functions"
#define EXPEDITED	"/sys/kernel/rcu_expedited"

/** struct tally - faults, and how often something was not as it must be */
static struct tally {
	unsigned int loads;		/* faults while loading */
	unsigned int absorbed;		/* it was loaded all the same */
	unsigned int unloads;		/* faults while unloading */
	unsigned int undocumented;	/* an errno that loading does not have */
	unsigned int broken;		/* it was loaded and did not work */
	unsigned int left;		/* it was not loaded, and something was left of it */
	unsigned int stuck;		/* it could not be unloaded, or something was left */
} tally;

static bool unload_ended;		/* unloading had nothing left to fail */
static int fd[2];			/* a connection that is older than its unloading */

static int load(void)
{
	int file = open(MODULE_FILE, O_RDONLY | O_CLOEXEC), ret, error;

	if (file < 0)
		tap_bail("%s: %s", MODULE_FILE, strerror(errno));
	ret = syscall(SYS_finit_module, file, "", 0);
	error = errno;
	close(file);
	errno = error;
	return ret;
}

static bool hooked(void)
{
	FILE *file = fopen(HOOKS_FILE, "re");
	bool found = false;
	char line[512];

	if (!file)
		tap_bail("%s: %s", HOOKS_FILE, strerror(errno));
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, "tls_", 4);
	fclose(file);
	return found;
}

/* No module, no redirection, and no socket of it, which would keep kTLS in its place. */
static bool all_gone(void)
{
	long long end = guest_ms() + SOON;

	while (guest_tls_users() && guest_ms() < end)
		usleep(5000);
	return access("/sys/module/" GUEST_MODULE, F_OK) && !hooked() && !guest_tls_users();
}

/* What TCP says when it has no memory; the last one is that for a port. */
static bool documented(int error)
{
	return error == ENOMEM || error == ENOBUFS || error == ENFILE || error == EADDRINUSE;
}

/* It sees keys and commits to them. */
static bool works(void)
{
	struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2);
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	struct tlsbind_peer peer;
	socklen_t len = sizeof(peer);

	evidence_commitment(TLSBIND_DIRECTION_TX, &b, tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &a, rx);
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	return !getsockopt(fd[0], SOL_TLS, TLSBIND_PEER, &peer, &len) &&
	       !memcmp(peer.tx_commitment, tx, sizeof(tx)) &&
	       !memcmp(peer.rx_commitment, rx, sizeof(rx));
}

/* It sees nothing any more, and data flows. */
static bool silent(void)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);
	bool good = getsockopt(fd[0], SOL_TLS, TLSBIND_INFO, &info, &len) && errno == ENOPROTOOPT &&
		    ktls_echo(fd[0], fd[1], "ping", 4) && ktls_echo(fd[1], fd[0], "pong", 4);

	close(fd[0]);
	ktls_reset(fd[1]);
	return good;
}

/* With the next of its faults. */
static void unload(void)
{
	int ret;

	fault_arm(unload_ended ? 0 : tally.unloads + 1);
	ret = syscall(SYS_delete_module, GUEST_MODULE, O_NONBLOCK);
	if (!unload_ended) {
		unload_ended = !fault_fired();
		tally.unloads += !unload_ended;
	}
	if ((ret || !silent() || !all_gone()) && ++tally.stuck)
		tap_diag("unloading, fault %u: %s, or something is left", tally.unloads, strerror(errno));
}

static void judge_load(int error)
{
	if (error && !documented(error) && ++tally.undocumented)
		tap_diag("loading, fault %u: %s", tally.loads, strerror(error));
	if (error && !all_gone() && ++tally.left)
		tap_diag("loading, fault %u (%s): something is left", tally.loads, strerror(error));
	if (!error && !works() && ++tally.broken)
		tap_diag("loading, fault %u: it does not work", tally.loads);
}

static void test_load(void)
{
	bool fired = true;
	int error = 0;

	while (fired && tally.loads < FAULT_MANY) {
		fault_arm(tally.loads + 1);
		error = load() ? errno : 0;
		fired = fault_fired();
		tally.loads += fired;
		tally.absorbed += fired && !error;
		judge_load(error);
		if (!error)
			unload();
	}
	tap_ok(!fired && !error && tally.loads > 40, "loading: %u faults until there was nothing left to fail",
	       tally.loads);
}

/* What is left of them: each load that worked was unloaded with one. */
static void test_unload(void)
{
	while (!unload_ended && tally.unloads < FAULT_MANY) {
		if (load() || !works())
			tap_bail("load: %s", strerror(errno));
		unload();
	}
	tap_ok(unload_ended && tally.unloads > 5,
	       "unloading: %u faults until there was nothing left to fail", tally.unloads);
}

static void wait_for_rcu(void)
{
	fault_put("0", EXPEDITED);
}

int main(void)
{
	long long start;

	fault_plan(6);
	guest_need("modprobe tls && load_ciphers");
	/* What the kernel makes once and keeps is not to be counted. */
	if (load() || !works() || syscall(SYS_delete_module, GUEST_MODULE, O_NONBLOCK) || !silent())
		tap_bail("load: %s", strerror(errno));
	fault_setup();
	/* Most of the time would go into grace periods. */
	atexit(wait_for_rcu);
	fault_put("1", EXPEDITED);
	start = guest_ms();
	test_load();
	test_unload();
	tap_diag("%u of the faults of loading were absorbed; %lld ms", tally.absorbed, guest_ms() - start);
	tap_equal(tally.undocumented, 0, "if it was not loaded, there was no memory");
	tap_equal(tally.left, 0, "and nothing of it was left");
	tap_equal(tally.broken, 0, "if it was loaded, it worked");
	tap_equal(tally.stuck, 0, "and could be unloaded, and nothing was left");
	return tap_done();
}
