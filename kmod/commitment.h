/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the commitments of a socket's keys, when somebody asks for them.
 */
#ifndef _TLSBIND_COMMITMENT_H
#define _TLSBIND_COMMITMENT_H

#include <linux/types.h>

struct tlsbind_sock;
struct tlsbind_sock_key;

void tlsbind_commitment_make(struct tlsbind_sock *ts);
void tlsbind_commitment_retire(struct tlsbind_sock *ts,
			       struct tlsbind_sock_key *key);
void tlsbind_commitment_owe(struct tlsbind_sock_key *key, bool readable);
void tlsbind_commitment_forget(struct tlsbind_sock *ts);

#endif
