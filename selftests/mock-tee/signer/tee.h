/* SPDX-License-Identifier: MIT */
/* A mock TEE: something that makes evidence over 64 bytes. */
#ifndef MOCK_TEE_TEE_H
#define MOCK_TEE_TEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../mock_tee_dev.h"

/**
 * struct tee_options - what the evidence is to say
 * @pki: directory of the test PKI
 * @debug: the guest may be debugged (SNP policy bit 19, TD attribute bit 0)
 * @vmpl: SNP: this VMPL instead of the one that was asked for; -1 for none
 * @tcb_mismatch: SNP: a REPORTED_TCB other than the VCEK's; TDX: a TEE_TCB_SVN of zero
 * @wrong_signature: one bit of the report's or quote's signature is flipped
 */
struct tee_options {
	const char *pki;
	bool debug;
	int vmpl;
	bool tcb_mismatch;
	bool wrong_signature;
};

/**
 * struct tee_evidence - what comes out
 * @out: report or quote
 * @out_len: its length
 * @aux: auxiliary data
 * @aux_len: its length, 0 if the TEE has none
 */
struct tee_evidence {
	uint8_t out[MOCK_TEE_BLOB_MAX];
	size_t out_len;
	uint8_t aux[MOCK_TEE_BLOB_MAX];
	size_t aux_len;
};

/**
 * struct tee - one kind of TEE
 * @provider: the kernel's name for it
 * @start: reads keys and certificates, once; dies if it cannot
 * @report: fills the evidence, which is zero before
 */
struct tee {
	const char *provider;
	void (*start)(const struct tee_options *options);
	void (*report)(const struct tee_options *options, const uint8_t *data, uint32_t privlevel,
		       struct tee_evidence *evidence);
};

extern const struct tee tee_snp;
extern const struct tee tee_tdx;

#endif
