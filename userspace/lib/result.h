/* SPDX-License-Identifier: MIT */
/*
 * A list of checks. Each starts as not reached, which is not accepted; none is
 * ever set from fail to pass.
 */
#ifndef TLSBIND_RESULT_H
#define TLSBIND_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tlsbind.h"

enum tlsbind_check_id {
	TLSBIND_CHECK_TLS_VERSION,
	TLSBIND_CHECK_TLS_KEY_EXCHANGE,
	TLSBIND_CHECK_TLS_RESUMPTION,
	TLSBIND_CHECK_TLS_EARLY_DATA,
	TLSBIND_CHECK_EVIDENCE_FORMAT,
	TLSBIND_CHECK_CLAIMS_VERSION,
	TLSBIND_CHECK_CLAIMS_NONCE,
	TLSBIND_CHECK_CLAIMS_SUITE,
	TLSBIND_CHECK_CLAIMS_GENERATION,
	TLSBIND_CHECK_CLAIMS_FLAGS,
	TLSBIND_CHECK_APPRAISAL_GENERATION,
	TLSBIND_CHECK_APPRAISAL_UID,
	TLSBIND_CHECK_APPRAISAL_EXECUTABLE,
	TLSBIND_CHECK_APPRAISAL_RULES_DIGEST,
	TLSBIND_CHECK_APPRAISAL_KEY_AGE,
	TLSBIND_CHECK_APPRAISAL_UPTIME,
	TLSBIND_CHECK_APPRAISAL_APP_DATA,
	TLSBIND_CHECK_BINDING_TX,
	TLSBIND_CHECK_BINDING_RX,
	TLSBIND_CHECK_TREE_INCLUSION,
	TLSBIND_CHECK_REPORT_DATA,
	TLSBIND_CHECK_REPORT_CHAIN,
	TLSBIND_CHECK_REPORT_SIGNATURE,
	TLSBIND_CHECK_REPORT_CERTIFICATE,
	TLSBIND_CHECK_REPORT_DEBUG,
	TLSBIND_CHECK_REPORT_VMPL,
	TLSBIND_CHECK_TCB_REVOCATION,
	TLSBIND_CHECK_TCB_COLLATERAL,
	TLSBIND_CHECK_TCB_QE,
	TLSBIND_CHECK_TCB_MODULE,
	TLSBIND_CHECK_TCB_STATUS,
	TLSBIND_CHECK_TCB_MINIMUM,
	TLSBIND_CHECK_APPRAISAL_MEASUREMENT,
	TLSBIND_CHECK_APPRAISAL_HOST_DATA,
	TLSBIND_CHECK_APPRAISAL_ID_KEY_DIGEST,
	TLSBIND_CHECK_APPRAISAL_AUTHOR_KEY_DIGEST,
	TLSBIND_CHECK_APPRAISAL_FAMILY_ID,
	TLSBIND_CHECK_APPRAISAL_IMAGE_ID,
	TLSBIND_CHECK_APPRAISAL_GUEST_SVN,
	TLSBIND_CHECK_APPRAISAL_CHIP_ID,
	TLSBIND_CHECK_APPRAISAL_GUEST_POLICY,
	TLSBIND_CHECK_APPRAISAL_PLATFORM_INFO,
	TLSBIND_CHECK_APPRAISAL_RTMR0,
	TLSBIND_CHECK_APPRAISAL_RTMR1,
	TLSBIND_CHECK_APPRAISAL_RTMR2,
	TLSBIND_CHECK_APPRAISAL_RTMR3,
	TLSBIND_CHECK_APPRAISAL_MR_CONFIG_ID,
	TLSBIND_CHECK_APPRAISAL_MR_OWNER,
	TLSBIND_CHECK_APPRAISAL_MR_OWNER_CONFIG,
	TLSBIND_CHECK_APPRAISAL_MR_SERVICE_TD,
	TLSBIND_CHECK_APPRAISAL_MR_SEAM,
	TLSBIND_CHECK_APPRAISAL_PPID,
	TLSBIND_CHECK_APPRAISAL_PLATFORM_INSTANCE_ID,
	TLSBIND_CHECK_APPRAISAL_ATTRIBUTES,
	TLSBIND_CHECK_APPRAISAL_XFAM,
	TLSBIND_CHECK_COUNT
};

#define TLSBIND_CHECK_BIT(id)	(UINT64_C(1) << (id))
#define TLSBIND_CHECKS_ALL	(TLSBIND_CHECK_BIT(TLSBIND_CHECK_COUNT) - 1)
_Static_assert(TLSBIND_CHECK_COUNT < 64, "a bit for each check");

/* Those that evidence can be asked without the connection that it is about. */
#define TLSBIND_CHECKS_UNBOUND \
	(TLSBIND_CHECKS_ALL & ~(TLSBIND_CHECK_BIT(TLSBIND_CHECK_TLS_VERSION) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_TLS_KEY_EXCHANGE) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_TLS_RESUMPTION) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_TLS_EARLY_DATA) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_CLAIMS_SUITE) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_CLAIMS_GENERATION) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_BINDING_TX) | \
				TLSBIND_CHECK_BIT(TLSBIND_CHECK_BINDING_RX)))

/* Those that a hardware report can be asked without a connection. */
#define TLSBIND_CHECKS_REPORT \
	(TLSBIND_CHECK_BIT(TLSBIND_CHECK_EVIDENCE_FORMAT) | \
	 (TLSBIND_CHECKS_ALL & ~(TLSBIND_CHECK_BIT(TLSBIND_CHECK_REPORT_DATA) - 1)))

/**
 * struct tlsbind_result - all checks of one verification
 * @required: bit for each check that is part of this result
 * @checks: by enum tlsbind_check_id
 */
struct tlsbind_result {
	uint64_t required;
	struct tlsbind_check checks[TLSBIND_CHECK_COUNT];
};

/** tlsbind_result_new() - every check not reached; Return: NULL if memory ran out */
struct tlsbind_result *tlsbind_result_new(uint64_t required);

/** tlsbind_result_set() - verdict and texts of a check */
void tlsbind_result_set(struct tlsbind_result *result, enum tlsbind_check_id id, bool pass,
			const char *expected, const char *got);

/** tlsbind_result_bytes() - compare in constant time, and show both in hex */
void tlsbind_result_bytes(struct tlsbind_result *result, enum tlsbind_check_id id,
			  const uint8_t *expected, struct tlsbind_span got, size_t len);

/** tlsbind_result_reclass() - let a check count as a failure of another class */
void tlsbind_result_reclass(struct tlsbind_result *result, enum tlsbind_check_id id,
			    enum tlsbind_class class_);

/** tlsbind_result_drop() - a check that does not exist for this kind of evidence */
void tlsbind_result_drop(struct tlsbind_result *result, enum tlsbind_check_id id);

/**
 * tlsbind_result_merge() - take over what another result has
 * @result: what has failed there stays failed
 * @from: checks that were not reached there are left alone, and those dropped
 *	there are dropped
 */
void tlsbind_result_merge(struct tlsbind_result *result, const struct tlsbind_result *from);

#endif /* TLSBIND_RESULT_H */
