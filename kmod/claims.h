/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be said of a socket's keys.
 */
#ifndef _TLSBIND_CLAIMS_H
#define _TLSBIND_CLAIMS_H

#include <linux/tlsbind.h>

struct tlsbind_sock;

int tlsbind_claims_ready(struct tlsbind_sock *ts);
int tlsbind_claims_make(struct tlsbind_sock *ts, struct tlsbind_claims *claims);
void tlsbind_claims_answered(struct tlsbind_sock *ts,
			     const struct tlsbind_claims *claims);
u32 tlsbind_claims_told(struct tlsbind_sock *ts);
void tlsbind_claims_info(struct tlsbind_sock *ts, struct tlsbind_info *info);
int tlsbind_claims_peer(struct tlsbind_sock *ts, struct tlsbind_peer *peer);

#endif
