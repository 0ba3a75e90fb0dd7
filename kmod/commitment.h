/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the commitments of a socket's keys, when somebody asks for them.
 */
#ifndef _TLSBIND_COMMITMENT_H
#define _TLSBIND_COMMITMENT_H

#include <linux/tlsbind.h>
#include <linux/types.h>

struct tlsbind_sock;
struct tlsbind_sock_key;

/**
 * struct tlsbind_commitment - to one key
 * @own: as the attester of this connection commits to it
 * @mirror: as the peer, if it is the attester, commits to it
 * @made: they are there; else they are zero
 */
struct tlsbind_commitment {
	u8 own[TLSBIND_COMMITMENT_SIZE];
	u8 mirror[TLSBIND_COMMITMENT_SIZE];
	bool made;
};

/**
 * struct tlsbind_commitments - what depends on a socket's keys
 * @tx: to the key that it sends with
 * @rx: to the key that it receives with
 * @first: to the first key of a direction that was replaced before the other had one
 * @first_tx: which of them that is, if @first is there
 * @named: the next two are there
 * @id: connection id, once both directions are there; before that zero
 * @mirror_id: the same as the peer computes it
 */
struct tlsbind_commitments {
	struct tlsbind_commitment tx;
	struct tlsbind_commitment rx;
	struct tlsbind_commitment first;
	bool first_tx;
	bool named;
	u8 id[TLSBIND_CONNECTION_ID_SIZE];
	u8 mirror_id[TLSBIND_CONNECTION_ID_SIZE];
};

void tlsbind_commitment_keep(struct tlsbind_sock *ts);
const struct tlsbind_commitments *
tlsbind_commitment_make(struct tlsbind_sock *ts,
			struct tlsbind_commitments *room);
bool tlsbind_commitment_id(struct tlsbind_sock *ts,
			   u8 id[TLSBIND_CONNECTION_ID_SIZE]);
void tlsbind_commitment_retire(struct tlsbind_sock *ts,
			       struct tlsbind_sock_key *key);
void tlsbind_commitment_owe(struct tlsbind_sock *ts,
			    struct tlsbind_sock_key *key, bool readable);
void tlsbind_commitment_forget(struct tlsbind_sock *ts);

#endif
