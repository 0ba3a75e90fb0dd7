/* SPDX-License-Identifier: MIT */
/*
 * For how long evidence counts.
 *
 * Evidence says what a peer was at some moment after its nonce was drawn, so it is as old as
 * its nonce, and that is what everything here is counted from: a responder that takes
 * its time gains none. It is about certain keys, so those of now are compared each time.
 *
 * A lease that is over stays over, whatever comes later: what the caller then did cannot
 * be taken back, and a clock that is set back, keys that are those of before again, or
 * evidence that comes too late must not make it undone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

/**
 * struct tlsbind_lease - evidence, and how long it counts; times are the caller's, in ms
 * @length: of evidence, from its nonce on
 * @rekey: within which keys that changed must have evidence of their own
 * @keys: what the evidence is about
 * @begun: there was evidence
 * @over: nothing counts any more
 * @changed: the keys are others than @keys
 * @now: the latest time that was told
 * @renew: when to ask again
 * @end: when the evidence is too old
 * @settle: with @changed: when there must have been evidence about the new keys
 */
struct tlsbind_lease {
	uint64_t length;
	uint64_t rekey;
	struct tlsbind_connection keys;
	bool begun;
	bool over;
	bool changed;
	uint64_t now;
	uint64_t renew;
	uint64_t end;
	uint64_t settle;
};

struct tlsbind_lease *tlsbind_lease_new(uint64_t length, uint64_t rekey)
{
	struct tlsbind_lease *lease;

	if (!length || length > TLSBIND_LEASE_MAX)
		return NULL;
	lease = calloc(1, sizeof(*lease));
	if (!lease)
		return NULL;
	lease->length = length;
	lease->rekey = rekey;
	return lease;
}

void tlsbind_lease_free(struct tlsbind_lease *lease)
{
	free(lease);
}

static uint64_t tlsbind_lease_add(uint64_t time, uint64_t more)
{
	return time > UINT64_MAX - more ? UINT64_MAX : time + more;
}

/* It never goes back, so that a clock that does makes nothing longer. */
static uint64_t tlsbind_lease_clock(struct tlsbind_lease *lease, uint64_t now)
{
	if (now > lease->now)
		lease->now = now;
	return lease->now;
}

static bool tlsbind_lease_same(const struct tlsbind_connection *a,
			       const struct tlsbind_connection *b)
{
	return a->tx_generation == b->tx_generation && a->rx_generation == b->rx_generation &&
	       !memcmp(a->tx_commitment, b->tx_commitment, sizeof(a->tx_commitment)) &&
	       !memcmp(a->rx_commitment, b->rx_commitment, sizeof(a->rx_commitment));
}

int tlsbind_lease_begin(struct tlsbind_lease *lease, const struct tlsbind_result *result,
			const struct tlsbind_connection *connection, uint64_t asked,
			uint64_t now, uint32_t random)
{
	if (!lease || !result || !connection || asked > now)
		return -EINVAL;
	if (!tlsbind_result_accepted(result) || !tlsbind_result_find(result, "binding.tx"))
		return -EACCES;
	now = tlsbind_lease_clock(lease, now);
	if (lease->over || (lease->begun && now >= lease->end) ||
	    now >= tlsbind_lease_add(asked, lease->length))
		return -ETIMEDOUT;
	lease->begun = true;
	lease->keys = *connection;
	lease->end = tlsbind_lease_add(asked, lease->length);
	/* 2^30 at most by 2^32 - 1: no overflow. */
	lease->renew = asked + lease->length / 2 - (lease->length / 8 * random >> 32);
	return 0;
}

/* The time for new keys began when they were first seen; further ones get no more of it. */
static enum tlsbind_lease_state tlsbind_lease_changed(struct tlsbind_lease *lease)
{
	if (!lease->changed)
		lease->settle = tlsbind_lease_add(lease->now, lease->rekey);
	lease->changed = true;
	lease->over = lease->now >= lease->settle;
	return lease->over ? TLSBIND_LEASE_OVER : TLSBIND_LEASE_STALE;
}

enum tlsbind_lease_state tlsbind_lease_look(struct tlsbind_lease *lease,
					    const struct tlsbind_connection *connection,
					    uint64_t now)
{
	if (!lease || !lease->begun || lease->over)
		return TLSBIND_LEASE_OVER;
	if (tlsbind_lease_clock(lease, now) >= lease->end) {
		lease->over = true;
		return TLSBIND_LEASE_OVER;
	}
	if (!connection || !tlsbind_lease_same(connection, &lease->keys))
		return tlsbind_lease_changed(lease);
	lease->changed = false;
	return lease->now < lease->renew ? TLSBIND_LEASE_GOOD : TLSBIND_LEASE_DUE;
}

enum tlsbind_lease_state tlsbind_ssl_lease(SSL *ssl, struct tlsbind_lease *lease, uint64_t now)
{
	struct tlsbind_connection connection;
	bool known = !tlsbind_ssl_connection(ssl, &connection);

	return tlsbind_lease_look(lease, known ? &connection : NULL, now);
}

uint64_t tlsbind_lease_next(const struct tlsbind_lease *lease, uint64_t now)
{
	uint64_t at;

	if (!lease || !lease->begun || lease->over)
		return 0;
	if (now < lease->now)
		now = lease->now;
	if (lease->changed)
		at = lease->settle < lease->end ? lease->settle : lease->end;
	else
		at = now < lease->renew ? lease->renew : lease->end;
	return at > now ? at - now : 0;
}
