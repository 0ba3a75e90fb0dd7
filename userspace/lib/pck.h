/* SPDX-License-Identifier: MIT */
/* Intel's extension of a PCK certificate: SGX PCK Certificate and CRL Profile Specification. */
#ifndef TLSBIND_PCK_H
#define TLSBIND_PCK_H

#include <stdbool.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "tlsbind.h"

#define TLSBIND_PCK_COMPONENTS	16
#define TLSBIND_PCK_ID_SIZE	16
#define TLSBIND_FMSPC_SIZE	6
#define TLSBIND_PCEID_SIZE	2

/**
 * struct tlsbind_pck - what a PCK certificate says of its platform
 * @ppid: provisioning id of the processor package
 * @components: SVN of each component of the TCB
 * @pcesvn: SVN of the provisioning certification enclave
 * @cpusvn: the TCB in the CPU's own form; nothing to compute with
 * @pceid: of the provisioning certification enclave
 * @fmspc: family, model, stepping, platform type, customised SKU
 * @sgx_type: 0 standard, 1 scalable, 2 scalable with integrity
 * @has_instance: @instance is there
 * @instance: id of a platform that may have several packages
 */
struct tlsbind_pck {
	uint8_t ppid[TLSBIND_PCK_ID_SIZE];
	uint8_t components[TLSBIND_PCK_COMPONENTS];
	uint16_t pcesvn;
	uint8_t cpusvn[16];
	uint8_t pceid[TLSBIND_PCEID_SIZE];
	uint8_t fmspc[TLSBIND_FMSPC_SIZE];
	uint8_t sgx_type;
	bool has_instance;
	uint8_t instance[TLSBIND_PCK_ID_SIZE];
};

/**
 * tlsbind_pck_parse() - read the extension of a PCK certificate
 * @cert: certificate
 * @out: zeroed on failure
 *
 * Return: 0; -EBADMSG if there is no such extension, or a part of it is
 * missing, double, of another type or size, or unknown.
 */
int tlsbind_pck_parse(const X509 *cert, struct tlsbind_pck *out);

#endif /* TLSBIND_PCK_H */
