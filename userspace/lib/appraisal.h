/* SPDX-License-Identifier: MIT */
#ifndef TLSBIND_APPRAISAL_H
#define TLSBIND_APPRAISAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <openssl/x509.h>
#include "tlsbind.h"

/**
 * struct tlsbind_appraisal - what the relying party wants
 * @roots: vendor roots, compared by public key
 * @untrusted: further certificates from files
 * @measurements: those that are accepted
 * @measurement_count: how many these are
 * @any_measurement: every measurement will do
 * @flags: TLSBIND_F_* that are accepted
 * @vmpl: SNP: the one VMPL that is accepted
 * @crls: revocation lists, of whatever vendor
 * @any_tcb: neither TCB level nor revocation is judged
 * @tcb_statuses: accepted ones, a bit for each enum tlsbind_tcb_status
 * @grace_days: for which an out-of-date TCB level is accepted all the same
 * @time_set: @time is the time of verification, else the present is
 * @time: seconds since 1970
 */
struct tlsbind_appraisal {
	STACK_OF(X509) *roots;
	STACK_OF(X509) *untrusted;
	uint8_t (*measurements)[TLSBIND_MEASUREMENT_SIZE];
	size_t measurement_count;
	bool any_measurement;
	uint32_t flags;
	uint32_t vmpl;
	STACK_OF(X509_CRL) *crls;
	bool any_tcb;
	uint32_t tcb_statuses;
	unsigned int grace_days;
	bool time_set;
	time_t time;
};

#endif /* TLSBIND_APPRAISAL_H */
