/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-socket state: lookup and lifetime.
 */
#ifndef _TLSBIND_SOCK_H
#define _TLSBIND_SOCK_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/tlsbind.h>
#include <linux/wait.h>

#include "binding.h"
#include "caller.h"
#include "connection.h"
#include "flow.h"
#include "policy.h"
#include "twin.h"

struct eventfd_ctx;
struct net;
struct rhashtable_iter;
struct sock;
struct tlsbind_commitments;
struct tlsbind_hold;
struct tlsbind_request;

/**
 * struct tlsbind_sock_key - one direction
 * @owed: what is kept in @commitments of the state is not that of the key yet: see
 *	tlsbind_commitment_make()
 * @replacing: kTLS may be changing the key
 * @generation: 0 for the first key, one more for each rekey
 * @present: a key is in the kernel
 * @gated: it was installed under a rule that asks for a verdict
 * @installing: a task is between tlsbind_install_begin() and _end()
 * @no_export: since it was installed, reading it back is refused
 * @caller: who installed it
 * @policy_digest: of the rules under which that was
 * @share: that it is held, by its fingerprint, for others that hold the same: see
 *	share.c. It changes while @replacing, not under the lock
 * @held: enum tlsbind_twin_place of @share
 */
struct tlsbind_sock_key {
	bool owed;
	bool replacing;
	u32 generation;
	bool present;
	bool gated;
	bool installing;
	bool no_export;
	struct tlsbind_caller caller;
	u8 policy_digest[TLSBIND_HASH_SIZE];
	struct tlsbind_twin share;
	u8 held;
};

/**
 * struct tlsbind_sock - what is known about a socket with keys in the kernel
 * @node: in the table, until the socket is closed
 * @sk: the socket, held; its address is the key of the table
 * @ref: one of the table, one of each user
 * @net: its network namespace, held
 * @cookie: of the socket, as SO_COOKIE has it
 * @connection: in the index by connection id, or on the way there, once both
 *	directions are there
 * @indexed: enum tlsbind_connection_state of @connection
 * @index_place: enum tlsbind_twin_place of @connection
 * @lock: protects everything up to @exporting
 * @error: 0, or why there is never evidence for this socket: -ESTALE if it had
 *	keys that were not seen, -EKEYREJECTED if one could not be committed to
 *	or was refused when kTLS had it, -ECONNABORTED if one was refused before
 * @aborted: 0, or why the connection was aborted, as the task was told
 * @installing: tasks between tlsbind_install_begin() and _end()
 * @flags: TLSBIND_F_* that come from the socket
 * @tls_version: 0x0303 or 0x0304, of the first key
 * @cipher_suite: IANA code point, 0 for TLS 1.2
 * @tx: what the socket sends with
 * @rx: what it receives with
 * @commitments: of the keys, from the first who asked for them on, or NULL
 * @installed_ns: when the current tx key (rx key if none) was installed
 * @flow: its two ends, at the last installation of a key
 * @verdict: of the rules, at the last installation of a key
 * @stale: a key was replaced under a rule with rekey=stale, and no evidence was
 *	given since
 * @gated: a rule asked for a verdict when a key was installed
 * @gate_policy: number of the appraisal policy, from that rule
 * @gate_lease: seconds that an admission is good for, from that rule; 0 without end
 * @admitted: a verdict let the connection go on
 * @no_export: reading keys back is refused from now on
 * @exporting: tasks that are reading a key back
 * @hold: until when the socket is closed for sending, or NULL; protected by
 *	hold.c's lock
 * @lease: how long the connection is admitted, or NULL; likewise
 * @wait: woken when @request is done or the socket goes away
 * @request: the challenge, waiting or answered; protected by evidence.c's lock
 * @eventfd: signalled when @request is done; protected by evidence.c's lock
 * @asked: requests of others, not done; protected by evidence.c's lock
 * @gone: the socket is closed; protected by evidence.c's lock
 * @rcu: lookups do not take a lock
 */
struct tlsbind_sock {
	struct rhash_head node;
	struct sock *sk;
	refcount_t ref;
	struct net *net;
	u64 cookie;
	struct tlsbind_connection connection;
	u8 indexed;
	u8 index_place;

	spinlock_t lock; /* everything up to @exporting */
	int error;
	int aborted;
	unsigned int installing;
	u32 flags;
	u16 tls_version;
	u16 cipher_suite;
	struct tlsbind_sock_key tx;
	struct tlsbind_sock_key rx;
	struct tlsbind_commitments *commitments;
	u64 installed_ns;
	struct tlsbind_flow flow;
	struct tlsbind_verdict verdict;
	bool stale;
	bool gated;
	u16 gate_policy;
	u32 gate_lease;
	bool admitted;
	bool no_export;
	unsigned int exporting;

	struct tlsbind_hold *hold;
	struct tlsbind_hold *lease;

	wait_queue_head_t wait;
	struct tlsbind_request *request;
	struct eventfd_ctx *eventfd;
	struct list_head asked;
	bool gone;
	struct rcu_head rcu;
};

int tlsbind_sock_init(void);
void tlsbind_sock_exit(void);
struct tlsbind_sock *tlsbind_sock_get(struct sock *sk);
struct tlsbind_sock *tlsbind_sock_track(struct sock *sk);
void tlsbind_sock_hold(struct tlsbind_sock *ts);
void tlsbind_sock_put(struct tlsbind_sock *ts);
bool tlsbind_sock_has_keys(struct sock *sk);
bool tlsbind_sock_keyed(struct tlsbind_sock *ts);
void tlsbind_sock_unpublish(struct sock *sk);
void tlsbind_sock_walk(struct rhashtable_iter *iter);

#endif
