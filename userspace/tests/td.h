/* SPDX-License-Identifier: MIT */
/* A TD whose collateral is signed below the root of the tests, and accepted as it is. */
#ifndef TLSBIND_TESTS_TD_H
#define TLSBIND_TESTS_TD_H

#include "intel_collateral.h"
#include "lists.h"
#include "synth.h"

#define STATEMENTS	"tcb.qe tcb.module tcb.status"

/* TEE_TCB_SVN 6,1,2; ISVSVN 4. */
#define TD_NEWEST							\
	{ SYNTH_SIGNED, 48, 6 }, { SYNTH_SIGNED, 49, 1 },		\
	{ SYNTH_SIGNED, 50, 2 }, { SYNTH_QE, 258, 4 }
#define TD_NEWEST_COUNT	4

/**
 * struct td - everything that a verification takes
 * @c: quote, connection, appraisal
 * @signer: of both statements
 * @info: TCB info
 * @identity: of the quoting enclave
 */
struct td {
	struct synth_case c;
	struct signer signer;
	char *info, *identity;
};

/** td_init() - the newest TCB, and an appraisal without collateral */
void td_init(struct td *td, struct synth_pki *pki);

/** td_clear() - drop what it owns */
void td_clear(struct td *td);

/** td_add() - add collateral and revocation lists; @change as for collateral_dcap() */
void td_add(struct td *td, const char *change);

/**
 * td_result() - verify
 * @td: the TD
 * @failures: exactly these checks must fail
 * @class_: that the result must be of
 *
 * Return: the caller's.
 */
struct tlsbind_result *td_result(struct td *td, const char *failures, enum tlsbind_class class_);

/** td_expect() - likewise, without the result */
void td_expect(struct td *td, const char *failures, enum tlsbind_class class_);

#endif /* TLSBIND_TESTS_TD_H */
