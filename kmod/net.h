/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept for each network namespace.
 */
#ifndef _TLSBIND_NET_H
#define _TLSBIND_NET_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "connection.h"

struct net;
struct tlsbind_origin;
struct tlsbind_rules;

/**
 * enum tlsbind_stat - what is counted
 * @TLSBIND_STAT_KEYS: first keys installed
 * @TLSBIND_STAT_REKEYS: keys that replaced one
 * @TLSBIND_STAT_DENIED: keys refused
 * @TLSBIND_STAT_SHARED: keys that another socket held already
 * @TLSBIND_STAT_CHALLENGES: challenges accepted
 * @TLSBIND_STAT_REFUSED: challenges refused by policy
 * @TLSBIND_STAT_ANSWERED: challenges answered with evidence
 * @TLSBIND_STAT_FAILED: challenges that ended without
 * @TLSBIND_STAT_REPORTS: reports of the hardware
 * @TLSBIND_STAT_REPORT_ERRORS: reports that it failed to make
 * @TLSBIND_STAT_DOORS: attempts of user space to have our tag signed
 * @TLSBIND_STAT_HELD: times that a connection was held for a verdict
 * @TLSBIND_STAT_ADMITTED: of those, how many went on
 * @TLSBIND_STAT_RENEWED: times that a lease was renewed
 * @TLSBIND_STAT_LAPSED: connections aborted because it was not
 * @TLSBIND_STATS: how many there are
 *
 * In the order of the attributes TLSBIND_A_STATS_*, from TLSBIND_A_STATS_KEYS on.
 */
enum tlsbind_stat {
	TLSBIND_STAT_KEYS,
	TLSBIND_STAT_REKEYS,
	TLSBIND_STAT_DENIED,
	TLSBIND_STAT_SHARED,
	TLSBIND_STAT_CHALLENGES,
	TLSBIND_STAT_REFUSED,
	TLSBIND_STAT_ANSWERED,
	TLSBIND_STAT_FAILED,
	TLSBIND_STAT_REPORTS,
	TLSBIND_STAT_REPORT_ERRORS,
	TLSBIND_STAT_DOORS,
	TLSBIND_STAT_HELD,
	TLSBIND_STAT_ADMITTED,
	TLSBIND_STAT_RENEWED,
	TLSBIND_STAT_LAPSED,
	TLSBIND_STATS,
};

/**
 * struct tlsbind_net - one network namespace
 * @lock: serializes changes of @rules
 * @rules: the active set, NULL if there never was any; read under RCU
 * @origin: of the latest key that had another one than the key before it, held; NULL
 *	if there was none; read under RCU
 * @generation: of @rules; grows with each change, and never comes again; under @lock
 * @next_handle: of the next rule; under @lock
 * @sockets: with keys now
 * @turnover: grows with each of them that comes or goes; not zero at first
 * @unnamed: sockets that are not in the index by connection id yet
 * @asks_lock: protects @asks and @asking
 * @asks: questions for evidence by netlink that are not answered
 * @asking: how many these are
 * @holds: connections that wait for a verdict; protected by hold.c's lock
 * @holding: how many these are; likewise
 * @leases: connections that were admitted for a time; likewise
 * @asked: of both, those that the judge is asked about, by handle; likewise
 * @judge: netlink socket of whoever gives verdicts, 0 if nobody does; likewise
 * @last_hold: handle of the last question; likewise
 * @stats: by enum tlsbind_stat; reports and doors are counted in init_net
 */
struct tlsbind_net {
	struct mutex lock; /* changes of the rules */
	struct tlsbind_rules __rcu *rules;
	struct tlsbind_origin __rcu *origin;
	u64 generation;
	u64 next_handle;
	atomic_t sockets;
	atomic_t turnover;
	struct tlsbind_unnamed unnamed;
	spinlock_t asks_lock; /* asks and asking */
	struct list_head asks;
	unsigned int asking;
	struct list_head holds;
	unsigned int holding;
	struct list_head leases;
	struct rb_root asked;
	u32 judge;
	u64 last_hold;
	atomic64_t stats[TLSBIND_STATS];
};

int tlsbind_net_init(void);
void tlsbind_net_exit(void);
struct tlsbind_net *tlsbind_net(const struct net *net);
void tlsbind_net_count(const struct net *net, enum tlsbind_stat stat);
void tlsbind_net_count_sock(const struct net *net, bool comes);

#endif
