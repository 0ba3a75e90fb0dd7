/* SPDX-License-Identifier: MIT */
/* What a policy states about TCB levels and revocation. */
#ifndef TLSBIND_POLICY_TCB_H
#define TLSBIND_POLICY_TCB_H

#include "appraisal.h"
#include "policy_json.h"
#include "report.h"

/* Member of the section of SNP. */
#define TLSBIND_POLICY_MINIMUM	"minimum-tcb"

/**
 * tlsbind_policy_minimum() - no older SNP firmware than this
 * @appraisal: minima are put there
 * @value: an object of products, or "any"; NULL if there is none
 * @error: told there
 *
 * Return: 0; -EBADMSG.
 */
int tlsbind_policy_minimum(struct tlsbind_appraisal *appraisal, json_t *value,
			   const struct tlsbind_policy_error *error);

/**
 * tlsbind_policy_tcb() - TCB status and revocation
 * @appraisal: it is put there
 * @value: an object, or "any"; NULL if there is none: only TCB levels that are up to date
 * @error: told there
 *
 * Return: 0; -EBADMSG.
 */
int tlsbind_policy_tcb(struct tlsbind_appraisal *appraisal, json_t *value,
		       const struct tlsbind_policy_error *error);

/**
 * tlsbind_policy_minimum_suggest() - minimum that a report just reaches
 * @report: of whatever vendor
 *
 * Return: an object of one product, or "any" if the report is not from a
 * product that is known; NULL if memory ran out.
 */
json_t *tlsbind_policy_minimum_suggest(const struct tlsbind_report *report);

/** tlsbind_policy_tcb_conflict() - Return: what was asked for besides a policy; NULL if nothing */
const char *tlsbind_policy_tcb_conflict(const struct tlsbind_appraisal *appraisal);

#endif /* TLSBIND_POLICY_TCB_H */
