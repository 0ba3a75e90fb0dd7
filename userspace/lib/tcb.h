/* SPDX-License-Identifier: MIT */
/*
 * TCB status of a TD's platform: Intel TDX DCAP Quoting Library API, appendix
 * "Quote verification"; Intel PCS API version 4, "Get TDX TCB Info".
 */
#ifndef TLSBIND_TCB_H
#define TLSBIND_TCB_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "appraisal.h"
#include "pck.h"
#include "qeidentity.h"
#include "tcbinfo.h"
#include "tdx.h"
#include "tlsbind.h"

/**
 * struct tlsbind_tcb_part - the level that a part of the TCB has
 * @status: of the level; unknown if the part is below all levels
 * @since: day on which something newer came that the part lacks; 0 if nothing
 *	says which
 * @advisories: of the level, kept by the collateral; may be NULL
 */
struct tlsbind_tcb_part {
	enum tlsbind_tcb_status status;
	time_t since;
	const char *advisories;
};

/**
 * struct tlsbind_tcb - the TCB of a quote
 * @sgx: CPU and PCE alone
 * @platform: CPU, PCE and what TEE_TCB_SVN says
 * @module: TDX module at the launch of the TD
 * @running: TDX module at present; up to date where quotes do not tell it
 * @enclave: quoting enclave
 * @status: of all together
 * @since: day on which @status became TLSBIND_TCB_OUT_OF_DATE; 0 if unknown
 */
struct tlsbind_tcb {
	struct tlsbind_tcb_part sgx;
	struct tlsbind_tcb_part platform;
	struct tlsbind_tcb_part module;
	struct tlsbind_tcb_part running;
	struct tlsbind_tcb_part enclave;
	enum tlsbind_tcb_status status;
	time_t since;
};

/**
 * tlsbind_tcb_evaluate() - what TCB a quote has
 * @tdx: the quote
 * @pck: platform, from the PCK certificate
 * @info: TCB info for this platform; NULL if there is none
 * @identity: of the quoting enclave; NULL if there is none
 * @out: the TCB. Without @info or @identity, what depends on it is unknown
 */
void tlsbind_tcb_evaluate(const struct tlsbind_tdx *tdx, const struct tlsbind_pck *pck,
			  const struct tlsbind_tcbinfo *info,
			  const struct tlsbind_qeidentity *identity, struct tlsbind_tcb *out);

/**
 * tlsbind_tcb_module() - is the TDX module of a quote one that Intel knows?
 * @tdx: the quote
 * @info: TCB info
 *
 * Return: NULL if it is; otherwise what differs.
 */
const char *tlsbind_tcb_module(const struct tlsbind_tdx *tdx, const struct tlsbind_tcbinfo *info);

/**
 * tlsbind_tcb_accepted() - does an appraisal accept this TCB?
 * @tcb: the TCB
 * @appraisal: statuses, days of grace, time
 *
 * Return: false if unknown or revoked, whatever @appraisal says.
 */
bool tlsbind_tcb_accepted(const struct tlsbind_tcb *tcb,
			  const struct tlsbind_appraisal *appraisal);

#endif /* TLSBIND_TCB_H */
