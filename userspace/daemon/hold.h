/* SPDX-License-Identifier: MIT */
/* A connection that the kernel holds until there is a verdict. */
#ifndef TLSBIND_JUDGE_HOLD_H
#define TLSBIND_JUDGE_HOLD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/netlink.h>
#include "loop.h"
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
 * @deadline: until when there must be a verdict, ms of loop_now()
 * @tries: how often it was asked
 * @behind: the last evidence was about the keys before these
 * @seen: by the dump that is being taken
 * @why: why there is no evidence yet; empty before the first answer
 * @timer: its deadline, or when to ask again
 * @link: in the queue of those that are to be asked as soon as there is room
 * @queued: it is in that queue
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
	int64_t deadline;
	unsigned int tries;
	bool behind;
	bool seen;
	char why[128];
	struct loop_timer timer;
	TAILQ_ENTRY(judge_hold) link;
	bool queued;
	struct judge_site *site;
	struct judge_question *question;
	struct judge_court *court;
};

/**
 * judge_hold_parse() - a hold from a message of the kernel
 * @message: gate-ntf, or of the dump of hold-get
 * @handshake: what is vouched for
 * @now: when it came, ms
 * @hold: zeroed but for its handle on failure; the handle is 0 if there is none
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
