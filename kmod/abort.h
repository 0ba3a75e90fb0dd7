/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ending a connection whose key is refused.
 */
#ifndef _TLSBIND_ABORT_H
#define _TLSBIND_ABORT_H

#include <linux/types.h>

struct sock;
struct tlsbind_flow;
struct tlsbind_sock;

void tlsbind_abort(struct tlsbind_sock *ts, struct sock *sk,
		   const struct tlsbind_flow *flow, bool tx, int error);

#endif
