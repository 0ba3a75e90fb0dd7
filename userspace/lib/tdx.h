/* SPDX-License-Identifier: MIT */
/* Intel TDX quotes, version 4: TDX DCAP Quoting Library API, appendix 3. */
#ifndef TLSBIND_TDX_H
#define TLSBIND_TDX_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "tlsbind.h"

#define TLSBIND_TDX_ATTRIBUTE_TUD	UINT64_C(0xff)		/* debug and the like */
#define TLSBIND_TDX_ATTRIBUTE_MIGRATABLE (UINT64_C(1) << 29)

/**
 * struct tlsbind_tdx - a quote taken apart
 * @attributes: TD ATTRIBUTES
 * @mrtd: measurement of the TD
 * @report_data: bytes that the guest chose
 * @signed_part: header and body
 * @signature: r and s, big-endian, over @signed_part by @attestation_key
 * @attestation_key: X and Y, big-endian, on P-256
 * @qe_report: SGX REPORT body of the quoting enclave
 * @qe_signature: over @qe_report by the PCK key
 * @qe_auth: authentication data, hashed into @qe_report
 * @pck_chain: PCK certificate, intermediate, root: PEM or DER
 * @qe_attributes: ATTRIBUTES.FLAGS of the quoting enclave
 * @qe_mrsigner: who signed the quoting enclave
 * @qe_prod_id: its ISVPRODID
 * @qe_report_data: its REPORTDATA
 *
 * Spans point into the quote.
 */
struct tlsbind_tdx {
	uint64_t attributes;
	struct tlsbind_span mrtd;
	struct tlsbind_span report_data;
	struct tlsbind_span signed_part;
	struct tlsbind_span signature;
	struct tlsbind_span attestation_key;
	struct tlsbind_span qe_report;
	struct tlsbind_span qe_signature;
	struct tlsbind_span qe_auth;
	struct tlsbind_span pck_chain;
	uint64_t qe_attributes;
	struct tlsbind_span qe_mrsigner;
	uint16_t qe_prod_id;
	struct tlsbind_span qe_report_data;
};

/**
 * tlsbind_tdx_parse() - take a quote apart
 * @quote: the bytes; zero bytes may follow, hosts hand out whole buffers
 * @out: zeroed on failure
 *
 * Return: 0; -EBADMSG for anything but a version 4 TD quote with an ECDSA
 * P-256 key and a PCK chain, or lengths that do not agree.
 */
int tlsbind_tdx_parse(struct tlsbind_span quote, struct tlsbind_tdx *out);

/**
 * tlsbind_tdx_signature() - verify both signatures and the hash between them
 * @tdx: the quote
 * @pck: PCK certificate
 * @why: what does not verify, text
 * @size: size of @why
 *
 * PCK key signs the quoting enclave's report, which carries the hash of the
 * attestation key, which signs the quote.
 *
 * Return: 0; -EKEYREJECTED if one does not verify, -ENOMEM.
 */
int tlsbind_tdx_signature(const struct tlsbind_tdx *tdx, X509 *pck, char *why, size_t size);

/**
 * tlsbind_tdx_certificate() - is it a PCK certificate, and Intel's quoting enclave?
 * @tdx: the quote
 * @pck: PCK certificate
 * @why: what does not fit, text
 * @size: size of @why
 *
 * A PCK key signs reports of any enclave that may use the provisioning key, so
 * a quote is worth nothing unless MRSIGNER and ISVPRODID are those of Intel's
 * TD quoting enclave, without debug.
 *
 * Return: 0; -EKEYREJECTED if something does not fit.
 */
int tlsbind_tdx_certificate(const struct tlsbind_tdx *tdx, const X509 *pck, char *why,
			    size_t size);

#endif /* TLSBIND_TDX_H */
