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

#include "policy.h"
#include "sock.h"

static u32 tlsbind_claims_flags(const struct tlsbind_sock *ts)
{
	u32 flags = ts->flags | tlsbind_policy_flags();

	lockdep_assert_held(&ts->lock);
	if (!ts->tx.present || !ts->rx.present)
		flags |= TLSBIND_F_ONE_DIRECTION;
	return flags;
}

/**
 * tlsbind_claims_ready() - has the socket keys that can be spoken of?
 * @ts: its state
 *
 * Context: process.
 * Return: 0, TLS 1.2 included; -ENOKEY, -ESTALE or -EKEYREJECTED, see
 * tlsbind_claims_make().
 */
int tlsbind_claims_ready(struct tlsbind_sock *ts)
{
	int ret;

	spin_lock(&ts->lock);
	ret = ts->error;
	if (!ret && !ts->tx.present && !ts->rx.present)
		ret = -ENOKEY;
	spin_unlock(&ts->lock);
	return ret;
}

static int tlsbind_claims_error(const struct tlsbind_sock *ts)
{
	lockdep_assert_held(&ts->lock);
	if (ts->error)
		return ts->error;
	if (!ts->tx.present && !ts->rx.present)
		return -ENOKEY;
	if (ts->installing)
		return -EBUSY;
	if (ts->tls_version != TLS_1_3_VERSION || !ts->cipher_suite)
		return -EPROTONOSUPPORT;
	return 0;
}

/**
 * tlsbind_claims_make() - state what is true of the socket now
 * @ts: its state
 * @claims: everything but nonce and app_data is filled; those are left alone
 *
 * Context: process.
 * Return: 0; -ESTALE if the socket has keys that were not seen; -EKEYREJECTED
 * if a key could not be committed to; -ENOKEY if there is none; -EBUSY while
 * one is being installed; -EPROTONOSUPPORT for TLS 1.2.
 */
int tlsbind_claims_make(struct tlsbind_sock *ts, struct tlsbind_claims *claims)
{
	int ret;

	claims->version = cpu_to_be16(TLSBIND_PROTOCOL_VERSION);
	claims->evidence_ns = cpu_to_be64(ktime_get_boottime_ns());

	spin_lock(&ts->lock);
	ret = tlsbind_claims_error(ts);
	claims->tls_version = cpu_to_be16(ts->tls_version);
	claims->cipher_suite = cpu_to_be16(ts->cipher_suite);
	claims->flags = cpu_to_be32(tlsbind_claims_flags(ts));
	claims->uid = cpu_to_be32(ts->caller.uid);
	claims->cgroup_id = cpu_to_be64(ts->caller.cgroup_id);
	claims->netns = cpu_to_be64(ts->caller.netns);
	claims->installed_ns = cpu_to_be64(ts->installed_ns);
	claims->tx_generation = cpu_to_be32(ts->tx.generation);
	claims->rx_generation = cpu_to_be32(ts->rx.generation);
	memcpy(claims->tx_commitment, ts->tx.commitment,
	       sizeof(claims->tx_commitment));
	memcpy(claims->rx_commitment, ts->rx.commitment,
	       sizeof(claims->rx_commitment));
	spin_unlock(&ts->lock);
	return ret;
}

/**
 * tlsbind_claims_info() - describe the socket to its owner
 * @ts: its state
 * @info: filled
 *
 * Context: process.
 */
void tlsbind_claims_info(struct tlsbind_sock *ts, struct tlsbind_info *info)
{
	spin_lock(&ts->lock);
	memcpy(info->connection_id, ts->id, sizeof(info->connection_id));
	info->flags = tlsbind_claims_flags(ts);
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
 * Context: process.
 * Return: 0; -ENODATA if a direction is not in the kernel; otherwise an errno
 * of tlsbind_claims_make().
 */
int tlsbind_claims_peer(struct tlsbind_sock *ts, struct tlsbind_peer *peer)
{
	int ret;

	spin_lock(&ts->lock);
	ret = tlsbind_claims_error(ts);
	if (!ret && (!ts->tx.present || !ts->rx.present))
		ret = -ENODATA;
	memcpy(peer->connection_id, ts->mirror_id, sizeof(peer->connection_id));
	memcpy(peer->tx_commitment, ts->rx.mirror, sizeof(peer->tx_commitment));
	memcpy(peer->rx_commitment, ts->tx.mirror, sizeof(peer->rx_commitment));
	peer->tx_generation = ts->rx.generation;
	peer->rx_generation = ts->tx.generation;
	spin_unlock(&ts->lock);
	return ret;
}
