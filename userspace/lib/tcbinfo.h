/* SPDX-License-Identifier: MIT */
/* TCB info: what Intel says of a kind of platform. PCS API version 4, TCB info version 3. */
#ifndef TLSBIND_TCBINFO_H
#define TLSBIND_TCBINFO_H

#include "pck.h"
#include "pcs.h"
#include "tdx.h"
#include "tlsbind.h"

/**
 * struct tlsbind_tcb_level - a TCB level of a platform
 * @sgx: least SVN of each component, for the PCK certificate's
 * @pcesvn: least SVN of the provisioning certification enclave
 * @tdx: least SVNs, for TEE_TCB_SVN
 * @state: what is said of it
 */
struct tlsbind_tcb_level {
	uint8_t sgx[TLSBIND_PCK_COMPONENTS];
	uint16_t pcesvn;
	uint8_t tdx[TLSBIND_TDX_SVN_SIZE];
	struct tlsbind_tcb_state state;
};

/**
 * struct tlsbind_tdx_module - who a TDX module is
 * @version: its major version, TEE_TCB_SVN[1]; 0 for the one without identity of its own
 * @mrsigner: what MRSIGNERSEAM must be
 * @attributes: what SEAMATTRIBUTES must be
 * @levels: by TEE_TCB_SVN[0]; none if @version is 0
 */
struct tlsbind_tdx_module {
	uint8_t version;
	uint8_t mrsigner[TLSBIND_MEASUREMENT_SIZE];
	uint8_t attributes[8];
	struct tlsbind_svn_levels levels;
};

/**
 * struct tlsbind_tcbinfo - TCB info for TDX
 * @issued: it holds from then on
 * @next: and until then
 * @evaluation: tcbEvaluationDataNumber, grows with each TCB recovery
 * @fmspc: platforms that it is about
 * @pceid: likewise
 * @module: TDX module of version 0
 * @modules: TDX modules of later versions
 * @module_count: how many
 * @levels: newest first
 * @level_count: at least one
 */
struct tlsbind_tcbinfo {
	time_t issued;
	time_t next;
	uint32_t evaluation;
	uint8_t fmspc[TLSBIND_FMSPC_SIZE];
	uint8_t pceid[TLSBIND_PCEID_SIZE];
	struct tlsbind_tdx_module module;
	struct tlsbind_tdx_module *modules;
	size_t module_count;
	struct tlsbind_tcb_level *levels;
	size_t level_count;
};

/**
 * tlsbind_tcbinfo_parse() - read a TCB info
 * @text: value of the member "tcbInfo", exactly
 * @out: to be ended with tlsbind_tcbinfo_clear(), also on failure
 *
 * Members that are not known are passed over.
 *
 * Return: 0; -EBADMSG if it is not for TDX, not version 3, or malformed,
 * -ENOMEM.
 */
int tlsbind_tcbinfo_parse(struct tlsbind_span text, struct tlsbind_tcbinfo *out);

/** tlsbind_tcbinfo_clear() - drop what it holds */
void tlsbind_tcbinfo_clear(struct tlsbind_tcbinfo *info);

/**
 * tlsbind_tcbinfo_module() - identity of a TDX module
 * @info: the TCB info
 * @version: major version
 *
 * Return: the identity, which @info keeps; NULL if there is none.
 */
const struct tlsbind_tdx_module *tlsbind_tcbinfo_module(const struct tlsbind_tcbinfo *info,
							uint8_t version);

#endif /* TLSBIND_TCBINFO_H */
