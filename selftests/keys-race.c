// SPDX-License-Identifier: MIT
/*
 * Two tasks give a socket a key for the same direction at once. What is said of
 * the key afterwards must be true of the one that kTLS has, whoever came first.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "evidence.h"
#include "guest.h"

#define SUITE	0x1301
#define ROUNDS	(300 / guest_slow())

/** struct installer - a thread that installs one key in each round */
struct installer {
	pthread_t thread;
	pthread_barrier_t *barrier;
	volatile int *fd;	/* -1: no more rounds */
	unsigned int seed;
	int error;
};

static void *installer_run(void *arg)
{
	struct installer *in = arg;

	for (unsigned int round = 0;; round++) {
		struct ktls_key k = ktls_key(SUITE, in->seed + 2 * round);

		pthread_barrier_wait(in->barrier);
		if (*in->fd < 0)
			return NULL;
		in->error = ktls_install(*in->fd, TLS_TX, &k) ? errno : 0;
		pthread_barrier_wait(in->barrier);
	}
}

/* The key that kTLS has, as the kernel hands it out. */
static bool installed_is(int fd, const struct ktls_key *k)
{
	uint8_t want[256] = { 0 }, got[256] = { 0 };
	socklen_t len = ktls_encode(k, want), size = len;

	if (getsockopt(fd, SOL_TLS, TLS_TX, got, &size) || size != len)
		tap_bail("reading the key: %s", strerror(errno));
	return !memcmp(got, want, len);
}

/** struct tally - in how many rounds something was so */
struct tally {
	int expected, generation, commitment, refused;
};

static void judge(int fd, unsigned int round, const struct installer in[2], struct tally *t)
{
	uint8_t want[TLSBIND_COMMITMENT_SIZE];
	static uint8_t buf[65536];
	int taken = !in[0].error + !in[1].error;
	struct evidence e;
	ssize_t len;

	t->expected += taken && (!in[0].error || in[0].error == EBUSY) &&
		       (!in[1].error || in[1].error == EBUSY);
	t->refused += 2 - taken;
	evidence_ask(fd, round);
	len = evidence_read(fd, buf, sizeof(buf));
	if (len < 0 || !evidence_parse(&e, buf, len) || !evidence_bound_to(&e, round))
		tap_bail("no evidence: %s", strerror(errno));
	t->generation += (int)be32toh(e.claims.tx_generation) == taken - 1;
	for (int i = 0; i < 2; i++) {
		struct ktls_key k = ktls_key(SUITE, in[i].seed + 2 * round);

		if (!installed_is(fd, &k))
			continue;
		evidence_commitment(TLSBIND_DIRECTION_TX, &k, want);
		t->commitment += !memcmp(want, e.claims.tx_commitment, sizeof(want));
	}
}

int main(void)
{
	pthread_barrier_t barrier;
	volatile int fd = -1;
	struct installer in[2];
	struct tally t = { 0 };

	tap_plan(4);
	guest_setup();
	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 2; i++) {
		in[i] = (struct installer){ .barrier = &barrier, .fd = &fd, .seed = 1000 + i };
		pthread_create(&in[i].thread, NULL, installer_run, &in[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		int pair[2];

		if (ktls_tcp_pair(AF_INET, pair) || ktls_attach(pair[0]))
			tap_bail("pair: %s", strerror(errno));
		fd = pair[0];
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		judge(fd, round, in, &t);
		ktls_close_pair(pair);
	}
	fd = -1;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 2; i++)
		pthread_join(in[i].thread, NULL);
	tap_diag("%d of %d installations were refused", t.refused, 2 * ROUNDS);
	tap_equal(t.expected, ROUNDS, "one key was taken, and the other too or it was told EBUSY");
	tap_equal(t.generation, ROUNDS, "the generation counts those that were taken");
	tap_equal(t.commitment, ROUNDS, "the commitment is to the key that kTLS has");
	tap_ok(guest_rekeys() || t.refused == ROUNDS, "without rekeys there is one key");
	return tap_done();
}
