/* SPDX-License-Identifier: MIT */
#ifndef TLSBIND_APPRAISAL_H
#define TLSBIND_APPRAISAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <openssl/x509.h>
#include "policy.h"
#include "product.h"
#include "tlsbind.h"

struct tlsbind_collateral;

/**
 * struct tlsbind_minimum - lowest TCB for an SNP product
 * @set: there is one
 * @tcb: as the product orders TCB_VERSION
 */
struct tlsbind_minimum {
	bool set;
	uint8_t tcb[TLSBIND_SNP_TCB_SIZE];
};

/**
 * struct tlsbind_appraisal - what the relying party wants
 * @identity: names this state of this object: new after each change, and never that
 *	of another object; 0 only before the first
 * @roots: roots, compared by public key
 * @roots_named: @roots, even if there are none, and not the pinned keys are trusted
 * @untrusted: further certificates from files
 * @measurements: those that are accepted
 * @measurement_count: how many these are
 * @any_measurement: every measurement will do
 * @flags: TLSBIND_F_* that are accepted
 * @psk_dhe: a pre-shared key beside a fresh key exchange will do
 * @vmpl: SNP: the one VMPL that is accepted
 * @vmpl_set: @vmpl was asked for by name
 * @crls: revocation lists, of whatever vendor
 * @minimums: by enum tlsbind_snp_product
 * @collateral: statements of Intel, each owned
 * @collateral_count: how many
 * @evaluation: least tcbEvaluationDataNumber of a statement
 * @any_tcb: neither TCB level nor revocation is judged
 * @tcb_statuses: accepted ones, a bit for each enum tlsbind_tcb_status
 * @grace_days: for which an out-of-date TCB level is accepted all the same
 * @time_set: @time is the time of verification, else the present is
 * @time: seconds since 1970
 * @policy: if loaded, it decides in the place of @measurements, @any_measurement,
 *	@flags and @vmpl, which are empty then
 */
struct tlsbind_appraisal {
	uint64_t identity;
	STACK_OF(X509) *roots;
	bool roots_named;
	STACK_OF(X509) *untrusted;
	uint8_t (*measurements)[TLSBIND_MEASUREMENT_SIZE];
	size_t measurement_count;
	bool any_measurement;
	uint32_t flags;
	bool psk_dhe;
	uint32_t vmpl;
	bool vmpl_set;
	STACK_OF(X509_CRL) *crls;
	struct tlsbind_minimum minimums[TLSBIND_SNP_PRODUCTS];
	struct tlsbind_collateral **collateral;
	size_t collateral_count;
	uint32_t evaluation;
	bool any_tcb;
	uint32_t tcb_statuses;
	unsigned int grace_days;
	bool time_set;
	time_t time;
	struct tlsbind_policy policy;
};

/**
 * tlsbind_appraisal_read() - a whole file, shorter than TLSBIND_EVIDENCE_SIZE_MAX
 * @path: the file
 * @data: the bytes, to be freed with free(); NULL on failure
 * @span: the same
 *
 * Return: 0; -EFBIG, -EIO, -ENOMEM, or the error of opening the file.
 */
int tlsbind_appraisal_read(const char *path, uint8_t **data, struct tlsbind_span *span);

/**
 * tlsbind_appraisal_changed() - what was judged under an appraisal counts no more
 * @appraisal: every function that changes it calls this, before it does anything
 */
void tlsbind_appraisal_changed(struct tlsbind_appraisal *appraisal);

/** tlsbind_appraisal_now() - time of verification; Return: seconds since 1970 */
time_t tlsbind_appraisal_now(const struct tlsbind_appraisal *appraisal);

#endif /* TLSBIND_APPRAISAL_H */
