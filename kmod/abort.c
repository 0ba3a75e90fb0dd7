// SPDX-License-Identifier: GPL-2.0-only
#include "abort.h"

#include <linux/errno.h>
#include <linux/tlsbind.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "event.h"
#include "gate.h"
#include "net.h"
#include "sock.h"

/**
 * tlsbind_abort() - end a connection whose key is refused, or not good any more, and tell
 *	of it
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @flow: its two ends, of a time at which it was not closed
 * @tx: direction of the key
 * @error: what the task is told, a negative errno
 *
 * An error alone would not do: TLS libraries answer it by encrypting in user
 * space, silently. Whoever waits for a verdict on the connection does not any
 * more.
 *
 * Context: process, in the task that wanted to install the key or, if nobody
 * waits for a verdict any more or a lease has ended, in the work item of that; takes
 * the socket lock and sleeps.
 */
void tlsbind_abort(struct tlsbind_sock *ts, struct sock *sk,
		   const struct tlsbind_flow *flow, bool tx, int error)
{
	spin_lock(&ts->lock);
	if (!ts->error)
		ts->error = -ECONNABORTED;
	if (!ts->aborted)
		ts->aborted = error;
	spin_unlock(&ts->lock);
	/* Before telling, which may take long. */
	tcp_abort(sk, -error);
	tlsbind_gate_end(ts);
	tlsbind_net_count(tlsbind_sock_net(ts), TLSBIND_STAT_DENIED);
	tlsbind_event_deny(ts, flow, tx ? TLSBIND_DIRECTION_TX :
					  TLSBIND_DIRECTION_RX, error);
}
