/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long an admission is good for.
 */
#ifndef _TLSBIND_LEASE_H
#define _TLSBIND_LEASE_H

#include <linux/types.h>

struct sock;
struct tlsbind_hold;
struct tlsbind_sock;

struct tlsbind_hold *tlsbind_lease_new(struct tlsbind_sock *ts, struct sock *sk,
				       bool tx, unsigned int seconds);
void tlsbind_lease_renew(struct tlsbind_hold *lease, unsigned long asked_at);
struct tlsbind_hold *tlsbind_lease_begin(struct tlsbind_hold *hold);
void tlsbind_lease_pause(struct tlsbind_sock *ts);
void tlsbind_lease_resume(struct tlsbind_sock *ts);
struct tlsbind_hold *tlsbind_lease_end(struct tlsbind_sock *ts);
unsigned int tlsbind_lease_left(struct tlsbind_sock *ts);

#endif
