/* SPDX-License-Identifier: MIT */
/*
 * Who asks, and how much of that is let through: connections at once, requests a second.
 *
 * A peer is an IPv4 address, or the first 64 bits of an IPv6 address: whoever has one address
 * of such a network has them all. What comes by a Unix socket comes from this machine, mostly
 * from a proxy that speaks for many, and is no peer.
 */
#ifndef TLSBINDD_QUOTA_H
#define TLSBINDD_QUOTA_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

/**
 * struct quota - of one peer
 * @idle: among those without a connection, the one that left first is first
 * @address: IPv4-mapped, or with 64 zero bits at its end
 * @connections: open now
 * @level: of its bucket, thousandths of a request
 * @filled: when the bucket was looked at last, milliseconds
 * @left: when its last connection was closed, milliseconds
 */
struct quota {
	TAILQ_ENTRY(quota) idle;
	struct in6_addr address;
	unsigned int connections;
	uint64_t level;
	int64_t filled;
	int64_t left;
};

/**
 * struct quotas - of all that are known
 * @tree: of tsearch(3), by address: nobody can choose addresses that are slow to find
 * @idle: those without a connection, kept while their bucket may not be full
 * @rate: requests a second of each; 0 for no limit
 * @limit: connections of each; 0 for no limit
 */
struct quotas {
	void *tree;
	TAILQ_HEAD(quota_list, quota) idle;
	unsigned int rate;
	unsigned int limit;
};

/** quotas_init() - nobody yet */
void quotas_init(struct quotas *quotas, unsigned int rate, unsigned int limit);

/** quotas_exit() - forget everybody; none has a connection */
void quotas_exit(struct quotas *quotas);

/** quotas_full() - has this address as many connections as it may? */
bool quotas_full(const struct quotas *quotas, const struct sockaddr *address);

/**
 * quota_enter() - a connection more
 * @quotas: the table
 * @address: of the other end
 * @now: milliseconds
 * @out: whose it is, for quota_leave(); NULL if it is nobody's (a Unix socket)
 *
 * Return: false if memory ran out.
 */
bool quota_enter(struct quotas *quotas, const struct sockaddr *address, int64_t now,
		 struct quota **out);

/** quota_leave() - a connection less; @quota may be NULL */
void quota_leave(struct quotas *quotas, struct quota *quota, int64_t now);

/**
 * quota_charge() - a request
 * @quotas: the table
 * @quota: of quota_enter(); NULL may ask as much as he likes
 * @now: milliseconds
 *
 * A bucket of as many requests as there are in a second, which fills in a second.
 *
 * Return: false if there were too many.
 */
bool quota_charge(const struct quotas *quotas, struct quota *quota, int64_t now);

#endif /* TLSBINDD_QUOTA_H */
