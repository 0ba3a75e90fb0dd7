/* SPDX-License-Identifier: MIT */
/* What commands that appraise evidence share: vendors' statements, policies, evidence in files. */
#ifndef TLSBIND_TRUST_H
#define TLSBIND_TRUST_H

#include <stddef.h>
#include <stdint.h>
#include "tlsbind.h"

/* Options about what is known of the vendors, for a table of options. */
#define TOOL_TRUST_OPTIONS \
	{ "root", 0, "FILE", "trust the roots in this file, not the vendors' (repeatable)" }, \
	{ "certificate", 0, "FILE", "certificate that the evidence may lack, such as a VCEK" }, \
	{ "crl", 0, "FILE", "revocation list of the vendor (repeatable)" }, \
	{ "collateral", 0, "FILE", "TDX: TCB info, enclave identity, or both (repeatable)" }, \
	{ "time", 0, "SECONDS", "verify evidence as of this time, since 1970 (default now)" }

/**
 * tool_trust_option() - one of TOOL_TRUST_OPTIONS
 * @appraisal: it is put there
 * @name: of the option
 * @argument: of the option
 *
 * Return: 1; 0 if it is another option; -1 after a message.
 */
int tool_trust_option(struct tlsbind_appraisal *appraisal, const char *name,
		      const char *argument);

/**
 * tool_trust_policy() - take a policy from a file
 * @appraisal: with whatever else was asked for; the policy must agree with it
 * @path: the file
 *
 * Return: 0; -1 after a message.
 */
int tool_trust_policy(struct tlsbind_appraisal *appraisal, const char *path);

/**
 * tool_trust_read() - a whole file, of at most TLSBIND_EVIDENCE_SIZE_MAX bytes
 * @path: the file; "-" is standard input
 * @data: the bytes, to be freed with free(); NULL on failure
 * @len: how many
 *
 * Return: 0; -1 after a message.
 */
int tool_trust_read(const char *path, uint8_t **data, size_t *len);

/**
 * tool_trust_evidence() - evidence from a file, of TLVs or wrapped in a CMW
 * @path: the file; "-" is standard input
 * @data: the TLVs, to be freed with free(); NULL on failure
 * @len: their size
 *
 * Return: 0; -1 after a message.
 */
int tool_trust_evidence(const char *path, uint8_t **data, size_t *len);

#endif /* TLSBIND_TRUST_H */
