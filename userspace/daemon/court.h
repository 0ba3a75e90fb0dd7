/* SPDX-License-Identifier: MIT */
/*
 * Judging held connections: from what the kernel says of each to its verdict.
 *
 * A hold is in one of three states: in the queue of its responder, being asked about, or
 * waiting until its responder is asked again. In each it is on the docket, which has one
 * timer for all: so each has a verdict before its deadline, whatever the responder does.
 *
 * It leaves all three by its verdict, or because the kernel does not hold it any more; its
 * handle is known then to nobody, and a verdict never sent twice. Admitted is only what
 * judge_appraise() admitted: there is one place where that happens.
 *
 * A lease that is to be renewed is a hold, too, by which nobody is held. What is not
 * evidence decides nothing about it before its time is up: a responder that is restarted
 * costs no connection. Evidence that is not accepted does. More than there is room
 * for stay with the kernel, which is asked for them later. It is also asked now and then
 * which of them are still wanted: of a connection that ends nobody tells.
 */
#ifndef TLSBIND_JUDGE_COURT_H
#define TLSBIND_JUDGE_COURT_H

#include "docket.h"
#include "judge_ask.h"
#include "hold.h"
#include "nl.h"
#include "policies.h"
#include "sites.h"
#include "tally.h"

/* An answer may take so long, ms; then it is asked anew, if there is time. */
#define JUDGE_ASK_TIME	15000

/* Ms before the second question about a connection; each further time twice that, to a limit. */
#define JUDGE_RETRY_MIN	100
#define JUDGE_RETRY_MAX	3200

/* The limit of leases is an eighth of what time is left, but not more than this. */
#define JUDGE_RENEWAL_MAX	60000

/* If a responder wants to be asked after the end of a lease, it is asked once so long before. */
#define JUDGE_RENEWAL_LAST	5000

/* What may have waited for longer to be read, ms, has less time than it says: in a crowd. */
#define JUDGE_NEWS_LATE	(JUDGE_MARGIN / 4)
#define JUDGE_NEWS_CROWD	32

/* Then the kernel is asked how much, ms later: when the rest of a crowd is there. */
#define JUDGE_NEWS_LIST	100

/* Ms after which the kernel is asked which leases are still to be renewed. */
#define JUDGE_RELIST	60000

/**
 * struct judge_kernel - the kernel, as far as a judge needs it
 * @verdict: TLSBIND_CMD_VERDICT; Return: 0, -ENOENT if that is not held any more, or
 *	another negative errno
 * @dump: TLSBIND_CMD_HOLD_GET; Return: 0, -EAGAIN if the list is not complete because it
 *	changed, or another negative errno
 * @arg: for both
 */
struct judge_kernel {
	int (*verdict)(void *arg, uint64_t handle, bool admit);
	int (*dump)(void *arg, tool_nl_answer *answer, void *answer_arg);
	void *arg;
};

/**
 * struct judge_rules - how to judge, from the command line
 * @sources: where policies come from
 * @handshake: what is vouched for
 * @responder: patterns of URLs
 * @responders: how many
 * @cafile: CA certificates for https; NULL for the system's
 * @holds: at most so many connections at once; more are rejected. As many leases
 * @questions: at most so many are open
 * @peer_questions: of these, to one responder
 */
struct judge_rules {
	struct judge_sources sources;
	struct tlsbind_handshake handshake;
	struct judge_numbered responder[JUDGE_POLICIES_MAX];
	size_t responders;
	const char *cafile;
	unsigned int holds;
	unsigned int questions;
	unsigned int peer_questions;
};

/**
 * struct judge_court - all cases
 * @rules: how to judge
 * @kernel: the kernel
 * @loop: the loop
 * @policies: by number
 * @cache: reports that were verified
 * @asker: open questions
 * @sites: responders
 * @holds: tree of tsearch(3), by handle
 * @names: the same, by connection id
 * @docket: the same, by deadline
 * @renewals: how many of them are leases
 * @left_out: there were more leases
 * @expire: when the first on the docket is to be given up
 * @swept: when one was given up just now, and the next is due, us; otherwise 0
 * @relist: of whoever calls judge_court_dump(): set if that is wanted; NULL if he cannot
 * @tally: what became of those before
 * @dismissed: the kernel said that this is not the judge (any more)
 */
struct judge_court {
	const struct judge_rules *rules;
	struct judge_kernel kernel;
	struct loop *loop;
	struct judge_policies *policies;
	struct tlsbind_cache *cache;
	struct judge_asker asker;
	struct judge_sites sites;
	void *holds;
	void *names;
	struct judge_docket docket;
	size_t renewals;
	bool left_out;
	struct loop_timer expire;
	int64_t swept;
	struct loop_timer *relist;
	struct judge_tally tally;
	bool dismissed;
};

/**
 * judge_court_init() - open the court
 * @court: filled; ended with judge_court_exit(), even after an error
 * @rules: stay the caller's
 * @kernel: copied
 * @loop: the loop
 *
 * Return: 0; -EINVAL after a message, for a policy that is none; -ENOMEM.
 */
int judge_court_init(struct judge_court *court, const struct judge_rules *rules,
		     const struct judge_kernel *kernel, struct loop *loop);

/** judge_court_exit() - close it. No verdict is sent: the kernel aborts what is held */
void judge_court_exit(struct judge_court *court);

/**
 * judge_court_hear() - a message of the kernel
 * @message: the message; others than of holds are left alone
 * @arg: the court
 *
 * Return: 0.
 */
int judge_court_hear(struct nlmsghdr *message, void *arg);

/**
 * judge_court_dump() - messages were lost, or it is time: ask for all holds
 * @court: the court
 *
 * What is not known is heard, and what is known has the deadline that the kernel says;
 * what is held no more is forgotten.
 *
 * Return: 0; -EAGAIN or another negative errno: to be called again.
 */
int judge_court_dump(struct judge_court *court);

/** judge_court_reload() - read policies anew; on failure the old ones stay, after a message */
void judge_court_reload(struct judge_court *court);

/** judge_court_report() - the tally to the log */
void judge_court_report(const struct judge_court *court);

#endif /* TLSBIND_JUDGE_COURT_H */
