/* SPDX-License-Identifier: MIT */
/* TCB of the platform that a TD runs on, as checks of a result. */
#ifndef TLSBIND_PLATFORM_H
#define TLSBIND_PLATFORM_H

#include <openssl/x509.h>
#include "appraisal.h"
#include "result.h"
#include "tdx.h"

/**
 * tlsbind_platform_judge() - checks tcb.collateral, tcb.qe, tcb.module, tcb.status
 * @tdx: the quote
 * @pck: PCK certificate; NULL if there is none
 * @root: root that @pck chains to; NULL if it does not
 * @appraisal: collateral, revocation lists, statuses, time
 * @result: the checks are set there
 *
 * Without collateral that is Intel's these fail. Where its dates are past or its
 * number is too low, tcb.collateral fails, and the others say what it says.
 */
void tlsbind_platform_judge(const struct tlsbind_tdx *tdx, const X509 *pck, X509 *root,
			    const struct tlsbind_appraisal *appraisal,
			    struct tlsbind_result *result);

/** tlsbind_platform_drop() - leave these checks out of a result */
void tlsbind_platform_drop(struct tlsbind_result *result);

#endif /* TLSBIND_PLATFORM_H */
