// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be said of a socket's keys: to a relying party, to the owner, to a
 * relying party that asks about its own socket.
 */
#include "claims.h"

#include <linux/lockdep.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <net/tls.h>

#include "commitment.h"
#include "origin.h"
#include "policy.h"
#include "sock.h"

static bool tlsbind_claims_one_direction(const struct tlsbind_sock *ts)
{
	return !ts->tx.present || !ts->rx.present;
}

/* The key whose installer the claims name. */
static const struct tlsbind_sock_key *
tlsbind_claims_key(const struct tlsbind_sock *ts)
{
	return ts->tx.present ? &ts->tx : &ts->rx;
}

/* Was a key installed under other rules than those with this digest? */
static bool tlsbind_claims_changed(const struct tlsbind_sock_key *key,
				   const u8 digest[TLSBIND_HASH_SIZE])
{
	return key->present && memcmp(key->origin->verdict.digest, digest,
				      TLSBIND_HASH_SIZE);
}

static bool tlsbind_claims_exportable(const struct tlsbind_sock_key *key)
{
	return key->present && !(key->origin->verdict.options &
				 TLSBIND_OPTION_NO_EXPORT);
}

/* Was a key that is there installed under a rule that asks for no verdict? */
static bool tlsbind_claims_ungated(const struct tlsbind_sock_key *key)
{
	return key->present &&
	       key->origin->verdict.action != TLSBIND_ACTION_GATE;
}

/* Were all keys that are there installed under rules that ask for a verdict? */
static bool tlsbind_claims_gated(const struct tlsbind_sock *ts)
{
	return (ts->tx.present || ts->rx.present) &&
	       !tlsbind_claims_ungated(&ts->tx) &&
	       !tlsbind_claims_ungated(&ts->rx);
}

/* @guest: flags of the guest; @digest: of the rules now */
static u32 tlsbind_claims_flags(const struct tlsbind_sock *ts, u32 guest,
				const u8 digest[TLSBIND_HASH_SIZE])
{
	u32 flags = ts->flags | guest;

	lockdep_assert_held(&ts->lock);
	if (tlsbind_claims_one_direction(ts))
		flags |= TLSBIND_F_ONE_DIRECTION;
	if (tlsbind_claims_changed(&ts->tx, digest) ||
	    tlsbind_claims_changed(&ts->rx, digest))
		flags |= TLSBIND_F_POLICY_CHANGED;
	if (tlsbind_claims_gated(ts))
		flags |= TLSBIND_F_GATED;
	if (ts->no_export && !tlsbind_claims_exportable(&ts->tx) &&
	    !tlsbind_claims_exportable(&ts->rx))
		flags |= TLSBIND_F_NO_EXPORT;
	return flags;
}

/* Why there is nothing to say of the keys, whatever the rules allow; or 0. */
static int tlsbind_claims_defect(const struct tlsbind_sock *ts)
{
	bool none = !ts->tx.present && !ts->rx.present;

	lockdep_assert_held(&ts->lock);
	if (none && (!ts->error || ts->error == -ECONNABORTED))
		return -ENOKEY;
	return ts->error;
}

/**
 * tlsbind_claims_ready() - has the socket keys that can be spoken of?
 * @ts: its state
 *
 * Context: process.
 * Return: 0, TLS 1.2 included; -ENOKEY, -ESTALE, -EKEYREJECTED or
 * -ECONNABORTED, see tlsbind_claims_make().
 */
int tlsbind_claims_ready(struct tlsbind_sock *ts)
{
	int ret;

	spin_lock(&ts->lock);
	ret = tlsbind_claims_defect(ts);
	spin_unlock(&ts->lock);
	return ret;
}

static int tlsbind_claims_error(const struct tlsbind_sock *ts)
{
	int ret = tlsbind_claims_defect(ts);

	if (ret)
		return ret;
	if (ts->closed)
		return -ECONNABORTED;
	if (ts->installing)
		return -EBUSY;
	if (ts->tls_version != TLS_1_3_VERSION || !ts->cipher_suite)
		return -EPROTONOSUPPORT;
	return 0;
}

/* May a key be attested by this rule? */
static int tlsbind_claims_permit(const struct tlsbind_sock *ts,
				 const struct tlsbind_verdict *verdict)
{
	u32 need = 0;

	if (tlsbind_claims_one_direction(ts))
		need |= TLSBIND_OPTION_TX_ONLY;
	if (ts->local_only)
		need |= TLSBIND_OPTION_LOOPBACK;
	if (ts->flags & TLSBIND_F_NIC)
		need |= TLSBIND_OPTION_NIC;
	if (!tlsbind_policy_grants(verdict) ||
	    (need & ~verdict->options))
		return -EACCES;
	return 0;
}

/*
 * What the rules say now: each key that is there must be attested by the rule
 * that its installer falls under. Both are judged by the same rules, those of
 * @verdict, which is that of the key that the claims name.
 */
static int tlsbind_claims_judge(const struct tlsbind_sock *ts,
				struct tlsbind_verdict *verdict)
{
	const struct tlsbind_origin *named = tlsbind_claims_key(ts)->origin;
	const struct tlsbind_origin *rx = ts->rx.origin ?: named;
	const struct net *net = tlsbind_sock_net(ts);
	struct tlsbind_verdict other;
	struct tlsbind_flow flow;
	int ret;

	lockdep_assert_held(&ts->lock);
	tlsbind_sock_flow(ts, &flow);
	if (rx == named) {
		tlsbind_policy_judge(net, &flow, &named->caller, verdict);
		return tlsbind_claims_permit(ts, verdict);
	}
	do {
		tlsbind_policy_judge(net, &flow, &named->caller, verdict);
		tlsbind_policy_judge(net, &flow, &rx->caller, &other);
		ret = tlsbind_claims_permit(ts, verdict);
		if (!ret)
			ret = tlsbind_claims_permit(ts, &other);
	} while (other.generation != verdict->generation);
	return ret;
}

/* Without a key there is nobody to name. */
static void tlsbind_claims_fill_caller(struct tlsbind_claims *claims,
				       const struct tlsbind_origin *origin)
{
	static const struct tlsbind_caller nobody;
	const struct tlsbind_caller *caller = origin ? &origin->caller : &nobody;

	claims->uid = cpu_to_be32(caller->uid);
	claims->cgroup_id = cpu_to_be64(caller->cgroup_id);
	claims->netns = cpu_to_be64(caller->netns);
	claims->exe_digest_kind = caller->exe.kind;
	claims->exe_digest_len = caller->exe.len;
	memcpy(claims->exe_digest, caller->exe.digest,
	       sizeof(claims->exe_digest));
}

static void tlsbind_claims_fill_keys(struct tlsbind_claims *claims,
				     const struct tlsbind_sock *ts,
				     const struct tlsbind_commitments *to)
{
	claims->tls_version = cpu_to_be16(ts->tls_version);
	claims->cipher_suite = cpu_to_be16(ts->cipher_suite);
	claims->installed_ns = cpu_to_be64(ts->installed_ns);
	claims->tx_generation = cpu_to_be32(ts->tx.generation);
	claims->rx_generation = cpu_to_be32(ts->rx.generation);
	memcpy(claims->tx_commitment, to->tx.own, sizeof(claims->tx_commitment));
	memcpy(claims->rx_commitment, to->rx.own, sizeof(claims->rx_commitment));
}

/**
 * tlsbind_claims_make() - state what is true of the socket now
 * @ts: its state
 * @claims: everything but nonce and app_data is filled; those are left alone
 *
 * Context: process, may sleep.
 * Return: 0; -ESTALE if the socket has keys that were not seen; -EKEYREJECTED
 * if a key could not be committed to; -ECONNABORTED if the rules ended the
 * connection; -ENOKEY if there is none; -EBUSY while
 * one is being installed; -EPROTONOSUPPORT for TLS 1.2; -EACCES if the rules
 * do not allow it.
 */
int tlsbind_claims_make(struct tlsbind_sock *ts, struct tlsbind_claims *claims)
{
	/* Before the rules: if they are locked, these are the locked ones. */
	u32 guest = tlsbind_policy_flags();
	const struct tlsbind_commitments *to;
	struct tlsbind_verdict verdict = {};
	struct tlsbind_commitments room;
	int ret;

	claims->version = cpu_to_be16(TLSBIND_PROTOCOL_VERSION);

	tlsbind_commitment_keep(ts);
	spin_lock(&ts->lock);
	/* Here, or a key that is claimed might be younger. */
	claims->evidence_ns = cpu_to_be64(ktime_get_boottime_ns());
	to = tlsbind_commitment_make(ts, &room);
	ret = tlsbind_claims_error(ts);
	if (!ret)
		ret = tlsbind_claims_judge(ts, &verdict);
	claims->flags = cpu_to_be32(tlsbind_claims_flags(ts, guest,
							 verdict.digest));
	claims->rule = cpu_to_be64(verdict.rule);
	memcpy(claims->policy_digest, verdict.digest,
	       sizeof(claims->policy_digest));
	tlsbind_claims_fill_caller(claims, tlsbind_claims_key(ts)->origin);
	tlsbind_claims_fill_keys(claims, ts, to);
	spin_unlock(&ts->lock);
	return ret;
}

/**
 * tlsbind_claims_answered() - there is evidence with these claims
 * @ts: the socket's state
 * @claims: as tlsbind_claims_make() filled them
 *
 * Context: process.
 */
void tlsbind_claims_answered(struct tlsbind_sock *ts,
			     const struct tlsbind_claims *claims)
{
	spin_lock(&ts->lock);
	if (claims->tx_generation == cpu_to_be32(ts->tx.generation) &&
	    claims->rx_generation == cpu_to_be32(ts->rx.generation))
		ts->stale = false;
	spin_unlock(&ts->lock);
}

/**
 * tlsbind_claims_told() - flags as others than relying parties are told
 * @ts: a socket's state
 *
 * Context: process.
 * Return: TLSBIND_F_*.
 */
u32 tlsbind_claims_told(struct tlsbind_sock *ts)
{
	u32 flags = tlsbind_policy_flags();
	struct tlsbind_policy_state policy;

	tlsbind_policy_state(tlsbind_sock_net(ts), &policy);
	spin_lock(&ts->lock);
	flags = tlsbind_claims_flags(ts, flags, policy.digest);
	spin_unlock(&ts->lock);
	return flags;
}

/**
 * tlsbind_claims_info() - describe the socket to its owner
 * @ts: its state
 * @info: filled
 *
 * Context: process, may sleep.
 */
void tlsbind_claims_info(struct tlsbind_sock *ts, struct tlsbind_info *info)
{
	info->flags = tlsbind_claims_told(ts);
	tlsbind_commitment_keep(ts);
	spin_lock(&ts->lock);
	tlsbind_commitment_id(ts, info->connection_id);
	info->tx_generation = ts->tx.generation;
	info->rx_generation = ts->rx.generation;
	info->tls_version = ts->tls_version;
	info->cipher_suite = ts->cipher_suite;
	spin_unlock(&ts->lock);
}

/**
 * tlsbind_claims_peer() - tell a relying party what its peer must present
 * @ts: state of the relying party's own socket
 * @peer: filled
 *
 * Context: process, may sleep.
 * Return: 0; -ENODATA if a direction is not in the kernel; otherwise an errno
 * of tlsbind_claims_make().
 */
int tlsbind_claims_peer(struct tlsbind_sock *ts, struct tlsbind_peer *peer)
{
	const struct tlsbind_commitments *to;
	struct tlsbind_commitments room;
	int ret;

	tlsbind_commitment_keep(ts);
	spin_lock(&ts->lock);
	to = tlsbind_commitment_make(ts, &room);
	ret = tlsbind_claims_error(ts);
	if (!ret && (!ts->tx.present || !ts->rx.present))
		ret = -ENODATA;
	memcpy(peer->connection_id, to->mirror_id, sizeof(peer->connection_id));
	memcpy(peer->tx_commitment, to->rx.mirror, sizeof(peer->tx_commitment));
	memcpy(peer->rx_commitment, to->tx.mirror, sizeof(peer->rx_commitment));
	peer->tx_generation = ts->rx.generation;
	peer->rx_generation = ts->tx.generation;
	spin_unlock(&ts->lock);
	return ret;
}
