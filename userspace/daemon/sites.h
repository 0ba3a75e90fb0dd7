/* SPDX-License-Identifier: MIT */
/*
 * Responders, and the connections that wait until theirs is asked.
 *
 * Each has a queue of its own, and they take turns. So one that does not answer, and
 * whatever number of connections to its peers, keeps no other waiting for longer than
 * one question of each.
 *
 * A connection that is held has somebody who waits for it, a lease has time. So those are
 * asked about first, and renewals get half of the questions that a responder is asked at
 * once, until they are urgent.
 */
#ifndef TLSBIND_JUDGE_SITES_H
#define TLSBIND_JUDGE_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include "hold.h"
#include "policies.h"

/* In the URL of a responder: the address of the peer. */
#define JUDGE_SITE_ADDRESS	"{address}"
#define JUDGE_SITE_DEFAULT	"http://" JUDGE_SITE_ADDRESS ":8634"

TAILQ_HEAD(judge_queue, judge_hold);

/**
 * enum judge_turn - whose turn it is
 * @JUDGE_TURN_HOLD: connections that are held, and leases that end soon
 * @JUDGE_TURN_RENEWAL: other leases
 * @JUDGE_TURNS: number of turns
 */
enum judge_turn {
	JUDGE_TURN_HOLD,
	JUDGE_TURN_RENEWAL,
	JUDGE_TURNS,
};

/**
 * struct judge_site - one responder
 * @url: where
 * @holds: connections that it answers for; the last one takes it along
 * @open: questions that it is being asked, by turn
 * @waiting: connections that it is to be asked about, the first first, by turn
 * @ready: it is among those that may be asked now, by turn
 * @link: among these
 */
struct judge_site {
	char *url;
	size_t holds;
	unsigned int open[JUDGE_TURNS];
	struct judge_queue waiting[JUDGE_TURNS];
	bool ready[JUDGE_TURNS];
	TAILQ_ENTRY(judge_site) link[JUDGE_TURNS];
};

TAILQ_HEAD(judge_ready, judge_site);

/**
 * struct judge_sites - all of them
 * @tree: of tsearch(3), by URL
 * @ready: those that may be asked now, whose turn it is first, by turn
 * @open_max: questions that one is asked at once
 */
struct judge_sites {
	void *tree;
	struct judge_ready ready[JUDGE_TURNS];
	unsigned int open_max;
};

/** judge_sites_init() - none yet */
void judge_sites_init(struct judge_sites *sites, unsigned int open_max);

/**
 * judge_site_url() - URL of the responder for a peer
 * @pattern: with JUDGE_SITE_ADDRESS any number of times, or none
 * @address: of the peer; IPv6 comes in brackets, IPv4-mapped as IPv4
 *
 * Return: to be freed with free(); NULL if memory ran out.
 */
char *judge_site_url(const char *pattern, const struct in6_addr *address);

/** judge_sites_enter() - the responder of a hold, and one hold more; Return: 0, -ENOMEM */
int judge_sites_enter(struct judge_sites *sites, struct judge_hold *hold, const char *pattern);

/** judge_sites_leave() - not its any more; it is out of the queue, and no question is open */
void judge_sites_leave(struct judge_sites *sites, struct judge_hold *hold);

/** judge_sites_queue() - it is to be asked about @hold, by this turn */
void judge_sites_queue(struct judge_sites *sites, struct judge_hold *hold, enum judge_turn turn);

/** judge_sites_unqueue() - or not; does nothing if @hold is not in the queue */
void judge_sites_unqueue(struct judge_sites *sites, struct judge_hold *hold);

/**
 * judge_sites_next() - whom to ask now
 * @sites: all
 * @turn: by this turn
 *
 * Return: the hold, out of the queue, its responder with one open question more; NULL if
 * there is none, or all have as many open as they may.
 */
struct judge_hold *judge_sites_next(struct judge_sites *sites, enum judge_turn turn);

/** judge_sites_asked() - one question about @hold is not open any more */
void judge_sites_asked(struct judge_sites *sites, struct judge_hold *hold);

#endif /* TLSBIND_JUDGE_SITES_H */
