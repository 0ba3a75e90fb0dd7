/* SPDX-License-Identifier: MIT */
/* What the installation of a key costs, in both directions of a connection. */
#ifndef TLSBIND_BENCH_COST_H
#define TLSBIND_BENCH_COST_H

#include "count.h"
#include "../ktls.h"
#include "../tap.h"

#define COST_SUITE	0x1301
#define COST_SAMPLES	101
#define COST_WARM	5	/* not counted */

/** struct cost - of a key to send with, and of one to receive with */
struct cost {
	uint64_t tx, rx;
};

/** struct cost_listener - where connections are made to */
struct cost_listener {
	int fd;
	struct sockaddr_storage address;
	socklen_t len;
};

static inline uint64_t cost_install(int fd, int direction, unsigned int seed)
{
	struct ktls_key key = ktls_key(COST_SUITE, seed);
	uint8_t info[KTLS_INFO_MAX];
	socklen_t len = ktls_encode(&key, info);
	uint64_t start = count_now();
	int ret = setsockopt(fd, SOL_TLS, direction, info, len);

	start = count_now() - start;
	if (ret)
		tap_bail("key: %s", strerror(errno));
	return start;
}

/* Both keys of a connection of its own that has kTLS already. */
static inline struct cost cost_once(const struct cost_listener *at)
{
	static unsigned int seed;
	struct cost cost;
	int fd[2];

	if (ktls_connect(at->fd, &at->address, at->len, fd) || ktls_attach(fd[0]))
		tap_bail("connection: %s", strerror(errno));
	cost.tx = cost_install(fd[0], TLS_TX, seed++);
	cost.rx = cost_install(fd[0], TLS_RX, seed++);
	ktls_reset(fd[0]);
	ktls_reset(fd[1]);
	return cost;
}

/** cost_measure() - Return: medians of COST_SAMPLES connections. */
static inline struct cost cost_measure(const struct cost_listener *at)
{
	uint64_t tx[COST_SAMPLES], rx[COST_SAMPLES];
	struct cost cost;

	for (int i = 0; i < COST_WARM; i++)
		cost_once(at);
	for (int i = 0; i < COST_SAMPLES; i++) {
		cost = cost_once(at);
		tx[i] = cost.tx;
		rx[i] = cost.rx;
	}
	cost.tx = count_median(tx, COST_SAMPLES);
	cost.rx = count_median(rx, COST_SAMPLES);
	return cost;
}

#endif
