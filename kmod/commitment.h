/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the commitments of a socket's keys, when somebody asks for them.
 */
#ifndef _TLSBIND_COMMITMENT_H
#define _TLSBIND_COMMITMENT_H

struct tlsbind_key_material;
struct tlsbind_sock;
struct tlsbind_sock_key;

void tlsbind_commitment_owe(struct tlsbind_sock *ts,
			    struct tlsbind_sock_key *key,
			    const struct tlsbind_key_material *material);
void tlsbind_commitment_waive(struct tlsbind_sock *ts,
			      struct tlsbind_sock_key *key);
void tlsbind_commitment_make(struct tlsbind_sock *ts);
void tlsbind_commitment_forget(struct tlsbind_sock *ts);

#endif
