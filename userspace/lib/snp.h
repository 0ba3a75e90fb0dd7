/* SPDX-License-Identifier: MIT */
/* AMD SEV-SNP attestation reports: AMD 56860, ATTESTATION_REPORT; AMD 57230. */
#ifndef TLSBIND_SNP_H
#define TLSBIND_SNP_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "tlsbind.h"

#define TLSBIND_SNP_REPORT_SIZE		1184
#define TLSBIND_SNP_POLICY_MIGRATE	(UINT64_C(1) << 18)
#define TLSBIND_SNP_POLICY_DEBUG	(UINT64_C(1) << 19)

/* Key that signed a report. */
enum tlsbind_snp_signer {
	TLSBIND_SNP_VCEK = 0,
	TLSBIND_SNP_VLEK = 1,
};

/**
 * struct tlsbind_snp - an attestation report taken apart
 * @version: 2, 3 or 5
 * @policy: guest policy
 * @vmpl: level that the report was asked from
 * @signer: kind of key that signed it
 * @family: CPUID family; 0 in version 2, which does not tell
 * @model: CPUID model, likewise
 * @signed_part: what the signature covers
 * @report_data: bytes that the guest chose
 * @measurement: launch digest
 * @reported_tcb: TCB_VERSION that the signing key was derived for
 * @chip_id: chip, zero for VLEK
 * @r: little-endian, 72 bytes
 * @s: little-endian, 72 bytes
 *
 * Spans point into the report.
 */
struct tlsbind_snp {
	uint32_t version;
	uint64_t policy;
	uint32_t vmpl;
	enum tlsbind_snp_signer signer;
	uint8_t family;
	uint8_t model;
	struct tlsbind_span signed_part;
	struct tlsbind_span report_data;
	struct tlsbind_span measurement;
	struct tlsbind_span reported_tcb;
	struct tlsbind_span chip_id;
	struct tlsbind_span r;
	struct tlsbind_span s;
};

/**
 * tlsbind_snp_parse() - take a report apart
 * @report: the bytes
 * @out: zeroed on failure
 *
 * Return: 0; -EBADMSG for a wrong size, an unknown version, signer or
 * algorithm, and for reserved bytes and bits that are not what they must be.
 */
int tlsbind_snp_parse(struct tlsbind_span report, struct tlsbind_snp *out);

/**
 * tlsbind_snp_signature() - verify the signature of a report
 * @snp: the report
 * @cert: certificate of the signing key
 *
 * Return: 0; -EKEYREJECTED if it does not verify, -ENOMEM.
 */
int tlsbind_snp_signature(const struct tlsbind_snp *snp, X509 *cert);

/**
 * tlsbind_snp_certificate() - does the certificate belong to this report?
 * @snp: the report
 * @cert: certificate of the signing key
 * @why: what does not fit, text
 * @size: size of @why
 *
 * Compares kind of key, product, TCB components and chip id.
 *
 * Return: 0; -EKEYREJECTED if something does not fit.
 */
int tlsbind_snp_certificate(const struct tlsbind_snp *snp, const X509 *cert, char *why,
			    size_t size);

#endif /* TLSBIND_SNP_H */
