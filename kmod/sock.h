/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-socket state: lookup and lifetime.
 */
#ifndef _TLSBIND_SOCK_H
#define _TLSBIND_SOCK_H

#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/rbtree_types.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/tlsbind.h>
#include <net/sock.h>

#include "binding.h"
#include "connection.h"
#include "flow.h"
#include "twin.h"

struct tlsbind_asking;
struct tlsbind_commitments;
struct tlsbind_gating;
struct tlsbind_origin;

/**
 * struct tlsbind_sock_key - one direction
 * @share: that a key is held, by its fingerprint, for others that hold the same: see
 *	share.c. It changes while @replacing, not under the lock
 * @present: a key is in the kernel
 * @owed: what is kept in @commitments of the state is not that of the key yet: see
 *	tlsbind_commitment_make()
 * @replacing: kTLS may be changing the key
 * @installing: a task is between tlsbind_install_begin() and _end()
 * @generation: 0 for the first key, one more for each rekey
 * @origin: who installed it, and under which rules; NULL until it is @present
 */
struct tlsbind_sock_key {
	struct tlsbind_twin share;
	bool present : 1;
	bool owed : 1;
	bool replacing : 1;
	bool installing : 1;
	u32 generation;
	struct tlsbind_origin *origin;
};

/**
 * struct tlsbind_sock - what is known about a socket with keys in the kernel
 * @node: in the table, until the socket is closed
 * @sk: the socket, held; its address is the key of the table
 * @ref: one of the table, one of each user
 * @lock: protects everything up to @commitments
 * @tx: what the socket sends with
 * @rx: what it receives with
 * @installed_ns: when the current tx key (rx key if none) was installed
 * @rule: handle of the rule that decided at the last installation of a key, a refused
 *	one as well; 0 if none did
 * @error: 0, or why there is never evidence for this socket: -ESTALE if it had
 *	keys that were not seen, -EKEYREJECTED if one could not be committed to
 *	or was refused when kTLS had it, -ECONNABORTED if one was refused before
 * @aborted: 0, or why the connection was aborted, as the task was told
 * @tls_version: 0x0303 or 0x0304, of the first key
 * @cipher_suite: IANA code point, 0 for TLS 1.2
 * @exporting: tasks that are reading a key back; so many that it cannot count them are
 *	refused
 * @installing: tasks between tlsbind_install_begin() and _end(), one in each direction
 * @flags: TLSBIND_F_* that come from the socket
 * @action: of @rule, enum tlsbind_action
 * @local_only: both ends were on this machine when a key was installed
 * @stale: a key was replaced under a rule with rekey=stale, and no evidence was
 *	given since
 * @gated: a rule asked for a verdict when a key was installed
 * @admitted: a verdict let the connection go on
 * @no_export: reading keys back is refused from now on
 * @closed: the socket is about to be closed, or was
 * @indexed: enum tlsbind_connection_state of @connection; see there for its lock
 * @commitments: of the keys, from the first who asked for them on, or NULL
 * @connection: in the index by connection id, or on the way there, once both
 *	directions are there
 * @gating: what it has to do with verdicts; changes with the socket locked
 * @asking: who asks for evidence, from the first who did on; see evidence.c
 * @rcu: who looks up an id uses what he finds after he has let go of the lock; in place
 *	of @installed_ns and @rule when there
 *	is no reference any more
 */
struct tlsbind_sock {
	struct rb_node node;
	struct sock *sk;
	refcount_t ref;

	spinlock_t lock; /* everything up to @commitments */
	struct tlsbind_sock_key tx;
	struct tlsbind_sock_key rx;
	union {
		struct {
			u64 installed_ns;
			u64 rule;
		};
		struct rcu_head rcu;
	};
	s16 error;
	s16 aborted;
	u16 tls_version;
	u16 cipher_suite;
	u16 exporting;
	u8 installing;
	u8 flags;
	u8 action;
	bool local_only : 1;
	bool stale : 1;
	bool gated : 1;
	bool admitted : 1;
	bool no_export : 1;
	bool closed : 1;
	u8 indexed;
	struct tlsbind_commitments *commitments;

	struct tlsbind_connection connection;
	struct tlsbind_gating *gating;

	struct tlsbind_asking *asking;
};

static_assert(TLSBIND_F_NIC <= U8_MAX && TLSBIND_F_KEY_SHARED <= U8_MAX);

/**
 * struct tlsbind_sock_place - where a walk through all states is
 * @shard: of the table
 * @sk: the last one there was in it; compared, never followed
 */
struct tlsbind_sock_place {
	unsigned int shard;
	const struct sock *sk;
};

/**
 * tlsbind_gating_of() - what a socket has to do with verdicts
 * @ts: its state
 *
 * Return: never NULL. Whoever has not locked the socket may get an empty one at the time
 * at which it gets its own.
 */
static inline struct tlsbind_gating *
tlsbind_gating_of(const struct tlsbind_sock *ts)
{
	return READ_ONCE(ts->gating);
}

/**
 * tlsbind_sock_net() - where a socket is
 * @ts: its state
 *
 * Return: its network namespace, which is there as long as the state is.
 */
static inline struct net *tlsbind_sock_net(const struct tlsbind_sock *ts)
{
	return sock_net(ts->sk);
}

int tlsbind_sock_init(void);
void tlsbind_sock_exit(void);
struct tlsbind_sock *tlsbind_sock_get(struct sock *sk);
struct tlsbind_sock *tlsbind_sock_track(struct sock *sk);
void tlsbind_sock_hold(struct tlsbind_sock *ts);
void tlsbind_sock_put(struct tlsbind_sock *ts);
bool tlsbind_sock_has_keys(struct sock *sk);
bool tlsbind_sock_keyed(struct tlsbind_sock *ts);
void tlsbind_sock_unpublish(struct sock *sk);
u64 tlsbind_sock_cookie(const struct tlsbind_sock *ts);
bool tlsbind_sock_closed(struct tlsbind_sock *ts);
void tlsbind_sock_flow(const struct tlsbind_sock *ts, struct tlsbind_flow *flow);
struct tlsbind_sock *tlsbind_sock_next(struct tlsbind_sock_place *place);

#endif
