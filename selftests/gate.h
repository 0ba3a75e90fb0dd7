/* SPDX-License-Identifier: MIT */
/*
 * Connections that are held, and a judge. Include it after rules-line.h.
 *
 *	gate_judge(&judge);
 *	gate_start(&w, line.fd[0], TLS_TX, &line.tx);	in a thread, which will be held
 *	gate_next(&judge, &hold);
 *	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
 *	gate_join(&w);					Return: errno of the installation
 */
#ifndef TLSBIND_GATE_H
#define TLSBIND_GATE_H

#include <pthread.h>
#include <sched.h>

#include "evidence.h"
#include "genl.h"
#include "rules.h"

/** struct gate_waiter - a thread that installs a key */
struct gate_waiter {
	pthread_t thread;
	int fd, direction, error;
	struct ktls_key key;
	bool done;
};

static void *gate_wait_run(void *arg)
{
	struct gate_waiter *w = arg;

	w->error = ktls_install(w->fd, w->direction, &w->key) ? errno : 0;
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/** gate_start() - install a key in a thread of its own. */
static inline void gate_start(struct gate_waiter *w, int fd, int direction, const struct ktls_key *key)
{
	*w = (struct gate_waiter){ .fd = fd, .direction = direction, .key = *key };
	if (pthread_create(&w->thread, NULL, gate_wait_run, w))
		tap_bail("thread");
}

/** gate_done() - has the installation come back? */
static inline bool gate_done(struct gate_waiter *w)
{
	return __atomic_load_n(&w->done, __ATOMIC_ACQUIRE);
}

/** gate_join() - wait for it. Return: its errno, or 0. */
static inline int gate_join(struct gate_waiter *w)
{
	pthread_join(w->thread, NULL);
	return w->error;
}

/** struct gate_hold - what the judge is told */
struct gate_hold {
	uint64_t handle;
	long long policy, timeout, tx_generation, rx_generation;
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	long long action, held, flags, lease;
	bool renewal;
};

static inline void gate_copy(void *to, size_t len, const struct nlattr *a)
{
	memset(to, 0, len);
	if (genl_len(a) == len)
		memcpy(to, genl_data(a), len);
}

/** gate_read() - from a message of commands GATE_NTF and HOLD_GET. */
static inline void gate_read(const struct nlmsghdr *h, struct gate_hold *hold)
{
	const struct nlattr *tb[TLSBIND_A_HOLD_MAX + 1], *sock[TLSBIND_A_SOCK_MAX + 1];

	genl_attrs(tb, TLSBIND_A_HOLD_MAX, h);
	genl_nested(sock, TLSBIND_A_SOCK_MAX, tb[TLSBIND_A_HOLD_SOCK]);
	hold->handle = genl_number(tb[TLSBIND_A_HOLD_HANDLE]);
	hold->policy = genl_number(tb[TLSBIND_A_HOLD_POLICY]);
	hold->timeout = genl_number(tb[TLSBIND_A_HOLD_TIMEOUT]);
	hold->tx_generation = genl_number(tb[TLSBIND_A_HOLD_PEER_TX_GENERATION]);
	hold->rx_generation = genl_number(tb[TLSBIND_A_HOLD_PEER_RX_GENERATION]);
	gate_copy(hold->id, sizeof(hold->id), tb[TLSBIND_A_HOLD_PEER_ID]);
	gate_copy(hold->tx, sizeof(hold->tx), tb[TLSBIND_A_HOLD_PEER_TX_COMMITMENT]);
	gate_copy(hold->rx, sizeof(hold->rx), tb[TLSBIND_A_HOLD_PEER_RX_COMMITMENT]);
	hold->action = genl_number(sock[TLSBIND_A_SOCK_ACTION]);
	hold->held = genl_number(sock[TLSBIND_A_SOCK_HOLD]);
	hold->flags = genl_number(sock[TLSBIND_A_SOCK_FLAGS]);
	hold->lease = genl_number(sock[TLSBIND_A_SOCK_LEASE]);
	hold->renewal = tb[TLSBIND_A_HOLD_RENEWAL];
}

/** gate_next() - the next that is held. Return: errno of receiving, or 0. */
static inline int gate_next(struct genl *judge, struct gate_hold *hold)
{
	static __thread uint8_t buf[16384];
	int error = genl_next(judge, buf, sizeof(buf));

	memset(hold, 0, sizeof(*hold));
	if (error)
		return error;
	if (genl_cmd((struct nlmsghdr *)buf) != TLSBIND_CMD_GATE_NTF)
		return EPROTO;
	gate_read((struct nlmsghdr *)buf, hold);
	return 0;
}

/** gate_quiet() - nobody is held beside those that were told of. */
static inline bool gate_quiet(struct genl *judge)
{
	struct pollfd p = { .fd = judge->fd, .events = POLLIN };

	return !judge->kept && !poll(&p, 1, 0);
}

/** gate_judge() - be the judge of the network namespace that the task is in. */
static inline void gate_judge(struct genl *judge)
{
	int size = 8 << 20;

	genl_need(judge);
	setsockopt(judge->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (genl_join(judge, 1) || genl_simple(judge, TLSBIND_CMD_JUDGE, 0, NULL, NULL))
		tap_bail("judge: %s", judge->text);
}

/** gate_verdict() - Return: errno or 0. */
static inline int gate_verdict(struct genl *judge, uint64_t handle, uint8_t decision)
{
	struct genl_msg m;

	genl_begin(&m, judge->family, TLSBIND_CMD_VERDICT, 0);
	genl_put(&m, TLSBIND_A_HOLD_HANDLE, &handle, sizeof(handle));
	genl_put(&m, TLSBIND_A_HOLD_VERDICT, &decision, sizeof(decision));
	return genl_ask(judge, &m, NULL, NULL);
}

/** struct gate_list - all that are held */
struct gate_list {
	size_t count;
	uint64_t handles[2048];
};

static inline void gate_list_one(const struct nlmsghdr *h, void *arg)
{
	struct gate_list *list = arg;
	struct gate_hold hold;

	if (genl_cmd(h) != TLSBIND_CMD_HOLD_GET || list->count == 2048)
		return;
	gate_read(h, &hold);
	list->handles[list->count++] = hold.handle;
}

/** gate_list() - ask for them. Return: errno or 0. */
static inline int gate_list(struct genl *g, struct gate_list *list)
{
	list->count = 0;
	return genl_simple(g, TLSBIND_CMD_HOLD_GET, NLM_F_DUMP, gate_list_one, list);
}

/** struct gate_stats - the counters, by attribute */
struct gate_stats {
	long long v[TLSBIND_A_STATS_MAX + 1];
};

static inline void gate_stats_one(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[TLSBIND_A_STATS_MAX + 1];
	struct gate_stats *s = arg;

	if (genl_cmd(h) != TLSBIND_CMD_STATS_GET)
		return;
	genl_attrs(tb, TLSBIND_A_STATS_MAX, h);
	for (int i = 0; i <= TLSBIND_A_STATS_MAX; i++)
		s->v[i] = genl_number(tb[i]);
}

/** gate_stats() - those of the network namespace of @g. */
static inline struct gate_stats gate_stats(struct genl *g)
{
	struct gate_stats s = { 0 };

	if (genl_simple(g, TLSBIND_CMD_STATS_GET, 0, gate_stats_one, &s))
		tap_bail("stats: %s", g->text);
	return s;
}

#endif
