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
	bool time_set;
	time_t time;
};

#endif /* TLSBIND_APPRAISAL_H */
