/* SPDX-License-Identifier: MIT */
/* A connection that the kernel holds until there is a verdict, or whose lease is to be renewed. */
#ifndef TLSBIND_JUDGE_HOLD_H
#define TLSBIND_JUDGE_HOLD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/netlink.h>
#include "loop.h"
#include "tally.h"
#include "tlsbind.h"

/* Room for what a log calls a hold, with its zero byte. */
#define JUDGE_HOLD_NAME	160

struct judge_court;
struct judge_question;
struct judge_site;

/**
 * struct judge_hold - what the kernel said, and how far its case is
 * @handle: the kernel's name of it. There is never another with it
 * @policy: number of the appraisal policy
 * @address: of the peer; IPv4 is mapped
 * @port: of the peer
 * @uid: who installed the sending key; UINT32_MAX if that was not told
 * @connection: what the peer's evidence must agree with
 * @renewal: it was admitted before, and goes on meanwhile
 * @listed: the kernel told of it when it was asked, so that its time is that of now
 * @deadline: until when there must be a verdict, ms of loop_now()
 * @margin: how much that is before the kernel's own limit, ms
 * @earliest: it is not given up before
 * @urgent: a renewal is asked about in turn with those that are held from then on, ms
 * @tries: how often it was asked
 * @reason: what the last answer was, if it was none that decides
 * @told: the log says that it is not renewed yet
 * @seen: by the dump that is being taken
 * @why: why there is no evidence yet; empty before the first answer
 * @timer: when to ask again; in the queue, when it becomes urgent
 * @docket: among all, by deadline
 * @link: in the queue of those that are to be asked as soon as there is room
 * @queued: it is in that queue
 * @turn: which queue, or by whose turn it is being asked, enum judge_turn
 * @site: the responder that answers for its peer
 * @question: the responder is being asked; NULL if it is not
 * @court: whose case it is
 */
struct judge_hold {
	uint64_t handle;
	uint16_t policy;
	struct in6_addr address;
	uint16_t port;
	uint32_t uid;
	struct tlsbind_connection connection;
	bool renewal;
	bool listed;
	int64_t deadline;
	int64_t margin;
	int64_t earliest;
	int64_t urgent;
	unsigned int tries;
	enum judge_reason reason;
	bool told;
	bool seen;
	char why[128];
	struct loop_timer timer;
	TAILQ_ENTRY(judge_hold) docket;
	TAILQ_ENTRY(judge_hold) link;
	bool queued;
	unsigned int turn;
	struct judge_site *site;
	struct judge_question *question;
	struct judge_court *court;
};

/*
 * Before the kernel's own limit, ms: a verdict on its way is not late, and a reason is logged. It
 * is a twentieth of the time that there is, which the judge may stand still for without being
 * late, or the least or the most; or a fourth, if that is less.
 */
#define JUDGE_MARGIN		200
#define JUDGE_MARGIN_MAX	2000
#define JUDGE_MARGIN_PART	20

/**
 * judge_hold_parse() - a hold from a message of the kernel
 * @message: gate-ntf, or of the dump of hold-get
 * @handshake: what is vouched for
 * @now: when it came, ms
 * @hold: zeroed but for its handle and @renewal on failure; the handle is 0 if there is none
 *
 * Return: 0; -ENOMSG if @message is another one; -EBADMSG if something is missing or
 * has another size than documented; -ENOTSUP, -ENOKEY as tlsbind_peer_connection(), and
 * -ENOKEY for a connection without a name.
 */
int judge_hold_parse(struct nlmsghdr *message, const struct tlsbind_handshake *handshake,
		     int64_t now, struct judge_hold *hold);

/** judge_hold_name() - how a log calls it: peer, connection id, policy, uid */
void judge_hold_name(const struct judge_hold *hold, char name[JUDGE_HOLD_NAME]);

#endif /* TLSBIND_JUDGE_HOLD_H */
