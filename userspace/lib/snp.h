/* SPDX-License-Identifier: MIT */
/* AMD SEV-SNP attestation reports: AMD 56860, ATTESTATION_REPORT; AMD 57230. */
#ifndef TLSBIND_SNP_H
#define TLSBIND_SNP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "tlsbind.h"

#define TLSBIND_SNP_REPORT_SIZE		1184
#define TLSBIND_SNP_TCB_SIZE		8
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
 * @guest_svn: version of the guest, from the ID block
 * @policy: guest policy
 * @family_id: from the ID block, 16 bytes
 * @image_id: from the ID block, 16 bytes
 * @vmpl: level that the report was asked from
 * @current_tcb: TCB_VERSION of what runs now
 * @platform_info: bits. Turin sets some that no document we have names
 * @author_key_en: the digest of an author key is in @author_key_digest
 * @mask_chip_key: the platform hides the chip's identity
 * @signer: kind of key that signed it
 * @report_data: bytes that the guest chose
 * @measurement: launch digest
 * @host_data: bytes that the hypervisor chose at launch, 32
 * @id_key_digest: SHA-384 of the key that signed the ID block
 * @author_key_digest: SHA-384 of the key that signed the ID key
 * @report_id: this guest, 32 bytes
 * @report_id_ma: its migration agent, 32 bytes, all 0xff if there is none
 * @reported_tcb: TCB_VERSION that the signing key was derived for
 * @family: CPUID family; 0 in version 2, which does not tell
 * @model: CPUID model, likewise
 * @stepping: CPUID stepping, likewise
 * @chip_id: chip, zero for VLEK
 * @committed_tcb: TCB_VERSION that the platform cannot go back below
 * @current_firmware: build, minor, major of what runs now
 * @committed_firmware: likewise of what was committed
 * @launch_tcb: TCB_VERSION of what ran when the guest was launched
 * @launch_mit_vector: mitigations at launch; 0 before version 5
 * @current_mit_vector: mitigations now, likewise
 * @signed_part: what the signature covers
 * @r: little-endian, 72 bytes
 * @s: little-endian, 72 bytes
 *
 * Spans point into the report. A TCB_VERSION has 8 bytes, each a component by
 * itself.
 */
struct tlsbind_snp {
	uint32_t version;
	uint32_t guest_svn;
	uint64_t policy;
	struct tlsbind_span family_id;
	struct tlsbind_span image_id;
	uint32_t vmpl;
	struct tlsbind_span current_tcb;
	uint64_t platform_info;
	bool author_key_en;
	bool mask_chip_key;
	enum tlsbind_snp_signer signer;
	struct tlsbind_span report_data;
	struct tlsbind_span measurement;
	struct tlsbind_span host_data;
	struct tlsbind_span id_key_digest;
	struct tlsbind_span author_key_digest;
	struct tlsbind_span report_id;
	struct tlsbind_span report_id_ma;
	struct tlsbind_span reported_tcb;
	uint8_t family;
	uint8_t model;
	uint8_t stepping;
	struct tlsbind_span chip_id;
	struct tlsbind_span committed_tcb;
	struct tlsbind_span current_firmware;
	struct tlsbind_span committed_firmware;
	struct tlsbind_span launch_tcb;
	uint64_t launch_mit_vector;
	uint64_t current_mit_vector;
	struct tlsbind_span signed_part;
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
 * Compares kind of key, product, names, TCB components and chip id.
 *
 * Return: 0; -EKEYREJECTED if something does not fit.
 */
int tlsbind_snp_certificate(const struct tlsbind_snp *snp, const X509 *cert, char *why,
			    size_t size);

/**
 * tlsbind_snp_chain() - does the root certify this product?
 * @chain: from tlsbind_chain_verify()
 * @why: what does not fit, text; unchanged if it does
 * @size: size of @why
 *
 * Each of AMD's roots is for one product. What a root of one's own is for, is
 * not known.
 *
 * Return: 0; -EKEYREJECTED if it is a pinned root of another product.
 */
int tlsbind_snp_chain(STACK_OF(X509) *chain, char *why, size_t size);

#endif /* TLSBIND_SNP_H */
