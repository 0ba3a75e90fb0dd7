/* SPDX-License-Identifier: MIT */
/* Signed statements of Intel about platforms and quoting enclaves. */
#ifndef TLSBIND_COLLATERAL_H
#define TLSBIND_COLLATERAL_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "appraisal.h"
#include "pck.h"
#include "qeidentity.h"
#include "tcbinfo.h"
#include "tlsbind.h"

#define TLSBIND_COLLATERAL_MAX	256	/* statements in an appraisal */

/* What a statement is about. */
enum tlsbind_collateral_kind {
	TLSBIND_COLLATERAL_TCBINFO,
	TLSBIND_COLLATERAL_QEIDENTITY,
};

/**
 * struct tlsbind_collateral - one statement, read and not verified
 * @kind: what it is about
 * @body: the bytes that are signed, owned
 * @len: how many
 * @signature: r and s, big-endian
 * @chain: certificates that came with it; NULL if none did
 * @info: if @kind says so
 * @identity: if @kind says so
 */
struct tlsbind_collateral {
	enum tlsbind_collateral_kind kind;
	uint8_t *body;
	size_t len;
	uint8_t signature[64];
	STACK_OF(X509) *chain;
	union {
		struct tlsbind_tcbinfo info;
		struct tlsbind_qeidentity identity;
	};
};

/** tlsbind_collateral_free() - end a statement; NULL is welcome */
void tlsbind_collateral_free(struct tlsbind_collateral *collateral);

/** tlsbind_collateral_issued() - Return: start of its validity, seconds since 1970 */
time_t tlsbind_collateral_issued(const struct tlsbind_collateral *collateral);

/** tlsbind_collateral_next() - Return: end of its validity, seconds since 1970 */
time_t tlsbind_collateral_next(const struct tlsbind_collateral *collateral);

/** tlsbind_collateral_evaluation() - Return: its tcbEvaluationDataNumber */
uint32_t tlsbind_collateral_evaluation(const struct tlsbind_collateral *collateral);

/**
 * tlsbind_collateral_find() - the newest statement about something
 * @appraisal: where to look
 * @kind: about what
 * @pck: platform that a TCB info must be about; NULL finds none
 *
 * Newest is the one with the highest tcbEvaluationDataNumber, among those the one
 * that was issued last. Whether it holds does not matter here: there is no
 * falling back to an older one.
 *
 * Return: the statement, which @appraisal keeps; NULL if there is none.
 */
const struct tlsbind_collateral *tlsbind_collateral_find(const struct tlsbind_appraisal *appraisal,
							 enum tlsbind_collateral_kind kind,
							 const struct tlsbind_pck *pck);

/**
 * tlsbind_collateral_verify() - is a statement Intel's?
 * @collateral: the statement
 * @appraisal: roots, further certificates, revocation lists, time
 * @root: root that the PCK certificate chains to: the key must be the same; NULL
 *	if that certificate chains to none
 * @why: what is wrong, text
 * @size: size of @why
 *
 * Return: 0; -EKEYREJECTED if it is not, -EKEYREVOKED if its signer is known to
 * be revoked, -ENOMEM.
 */
int tlsbind_collateral_verify(const struct tlsbind_collateral *collateral,
			      const struct tlsbind_appraisal *appraisal, X509 *root, char *why,
			      size_t size);

#endif /* TLSBIND_COLLATERAL_H */
