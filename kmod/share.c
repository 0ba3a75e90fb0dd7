// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table of the keys that sockets hold now, by commitment. Connections have
 * keys of their own, so two sockets with the same one in the same direction
 * mean that a key came from elsewhere. The two ends of a connection within
 * this machine do not: the direction is part of the commitment.
 *
 * Those who hold the same key form a list in the table. A newcomer becomes its
 * head, and marks itself and the one that was the head before. So of two in a
 * list the younger has marked the older, and each but the first itself: all in
 * a list with more than one are marked, while no newcomer looks at more than
 * one other, however many hold the key.
 */
#include "share.h"

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "sock.h"

static struct rhltable tlsbind_share_table;

static const struct rhashtable_params tlsbind_share_params = {
	.head_offset = offsetof(struct tlsbind_share, node),
	.key_offset = offsetof(struct tlsbind_share, commitment),
	.key_len = sizeof_field(struct tlsbind_share, commitment),
	.automatic_shrinking = true,
};

/**
 * tlsbind_share_init() - make the table
 *
 * Return: 0 or -ENOMEM.
 */
int tlsbind_share_init(void)
{
	return rhltable_init(&tlsbind_share_table, &tlsbind_share_params);
}

/**
 * tlsbind_share_exit() - drop the table
 *
 * Context: process, may sleep; nothing is held any more.
 */
void tlsbind_share_exit(void)
{
	rhltable_destroy(&tlsbind_share_table);
}

static void tlsbind_share_mark(struct tlsbind_sock *ts)
{
	spin_lock(&ts->lock);
	ts->flags |= TLSBIND_F_KEY_SHARED;
	spin_unlock(&ts->lock);
}

/*
 * The state of another that holds the key is freed after a grace period, so it
 * may be marked even if it was released just now.
 */
static bool tlsbind_share_meet(struct tlsbind_share *share)
{
	struct rhlist_head *next;

	rcu_read_lock();
	next = rcu_dereference(share->node.next);
	if (next)
		tlsbind_share_mark(container_of(next, struct tlsbind_share,
						node)->ts);
	rcu_read_unlock();
	if (next)
		tlsbind_share_mark(share->ts);
	return next;
}

/**
 * tlsbind_share_hold() - a socket holds a key from now on
 * @share: of the socket and direction; a key that it was for is released
 * @ts: the socket's state
 * @commitment: of the key
 *
 * If another living socket holds the key in the same direction, both states
 * get TLSBIND_F_KEY_SHARED, for good.
 *
 * Context: process, may sleep; with the socket lock, without that of the state.
 * Return: 0; 1 if another socket holds it; or -ENOMEM, -EBUSY or -E2BIG of a
 * table that does not grow in time: then it is not held.
 */
int tlsbind_share_hold(struct tlsbind_share *share, struct tlsbind_sock *ts,
		       const u8 commitment[TLSBIND_COMMITMENT_SIZE])
{
	int ret, tries = 100;

	tlsbind_share_release(share);
	share->ts = ts;
	memcpy(share->commitment, commitment, sizeof(share->commitment));
	/* The table is grown by a work item, which may need a moment. */
	while ((ret = rhltable_insert(&tlsbind_share_table, &share->node,
				      tlsbind_share_params)) == -EBUSY &&
	       --tries)
		usleep_range(100, 1000);
	if (ret)
		return ret;
	share->held = true;
	return tlsbind_share_meet(share);
}

/**
 * tlsbind_share_release() - a socket does not hold a key any more
 * @share: of the socket and direction; nothing happens if it holds none
 *
 * Context: process; with the socket lock, or when nobody else uses the socket.
 */
void tlsbind_share_release(struct tlsbind_share *share)
{
	if (!share->held)
		return;
	rhltable_remove(&tlsbind_share_table, &share->node,
			tlsbind_share_params);
	share->held = false;
}
