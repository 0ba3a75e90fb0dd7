/* SPDX-License-Identifier: MIT */
/* Identity of Intel's TD quoting enclave. PCS API version 4, enclave identity version 2. */
#ifndef TLSBIND_QEIDENTITY_H
#define TLSBIND_QEIDENTITY_H

#include "pcs.h"
#include "tdx.h"
#include "tlsbind.h"

/**
 * struct tlsbind_qeidentity - who the quoting enclave is
 * @issued: it holds from then on
 * @next: and until then
 * @evaluation: tcbEvaluationDataNumber
 * @miscselect: MISCSELECT after @miscselect_mask, in the order of the report's bytes
 * @miscselect_mask: bits that count
 * @attributes: ATTRIBUTES after @attributes_mask
 * @attributes_mask: bits that count
 * @mrsigner: MRSIGNER
 * @isvprodid: ISVPRODID
 * @levels: by ISVSVN
 */
struct tlsbind_qeidentity {
	time_t issued;
	time_t next;
	uint32_t evaluation;
	uint8_t miscselect[4];
	uint8_t miscselect_mask[4];
	uint8_t attributes[16];
	uint8_t attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	struct tlsbind_svn_levels levels;
};

/**
 * tlsbind_qeidentity_parse() - read an enclave identity
 * @text: value of the member "enclaveIdentity", exactly
 * @out: to be ended with tlsbind_qeidentity_clear(), also on failure
 *
 * Return: 0; -EBADMSG if it is not of the TD quoting enclave, not version 2, or
 * malformed, -ENOMEM.
 */
int tlsbind_qeidentity_parse(struct tlsbind_span text, struct tlsbind_qeidentity *out);

/** tlsbind_qeidentity_clear() - drop what it holds */
void tlsbind_qeidentity_clear(struct tlsbind_qeidentity *identity);

/**
 * tlsbind_qeidentity_compare() - is it this quoting enclave that reports in a quote?
 * @identity: the identity
 * @tdx: the quote
 *
 * Return: NULL if it is; otherwise the name of the first field that differs.
 */
const char *tlsbind_qeidentity_compare(const struct tlsbind_qeidentity *identity,
				       const struct tlsbind_tdx *tdx);

#endif /* TLSBIND_QEIDENTITY_H */
