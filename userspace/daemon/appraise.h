/* SPDX-License-Identifier: MIT */
/* Evidence about a held connection: yes or no. */
#ifndef TLSBIND_JUDGE_APPRAISE_H
#define TLSBIND_JUDGE_APPRAISE_H

#include "tally.h"
#include "tlsbind.h"

/* Room for the names of checks that failed, with its zero byte. */
#define JUDGE_CHECKS	256

/**
 * judge_appraise() - the verdict, as far as evidence decides it
 * @cache: of reports that were verified
 * @appraisal: the policy
 * @connection: what the evidence must agree with
 * @evidence: TLVs
 * @len: their size
 * @renewal: the connection goes on meanwhile, and its keys with it
 * @nonce: of the question; wiped
 * @checks: names of the checks that failed, and what the first of them found; empty if
 *	none failed
 *
 * JUDGE_BEHIND is not final, and the only one that is not: but for its keys all is as it
 * should be, and they are the ones before the last rekey, one step and not more. The kernel
 * told of the keys after it, and the peer had not taken it yet when it was asked. Everything
 * else stays what it is, however often one asks: a peer that is a step ahead, too, for it
 * never goes back, and what the kernel said of a held connection cannot change.
 *
 * In a renewal it is, too, if the peer is any number of steps ahead or behind: data flows, and
 * the kernel will ask with the new keys once it has them, or the peer will have taken them.
 *
 * Return: JUDGE_ADMITTED only if tlsbind_result_accepted(); a reason otherwise.
 */
enum judge_reason judge_appraise(struct tlsbind_cache *cache,
				 const struct tlsbind_appraisal *appraisal,
				 const struct tlsbind_connection *connection,
				 const void *evidence, size_t len, bool renewal,
				 uint8_t nonce[TLSBIND_NONCE_SIZE], char checks[JUDGE_CHECKS]);

#endif /* TLSBIND_JUDGE_APPRAISE_H */
