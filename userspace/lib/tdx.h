/* SPDX-License-Identifier: MIT */
/* Intel TDX quotes, versions 4 and 5: TDX DCAP Quoting Library API, appendices 3 and 4. */
#ifndef TLSBIND_TDX_H
#define TLSBIND_TDX_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "tlsbind.h"

#define TLSBIND_TDX_ATTRIBUTE_TUD	UINT64_C(0xff)		/* debug and the like */
#define TLSBIND_TDX_ATTRIBUTE_MIGRATABLE (UINT64_C(1) << 29)

/* Body of a quote: TDX DCAP Quoting Library API, appendix 4. */
#define TLSBIND_TDX_BODY_1_0	2
#define TLSBIND_TDX_BODY_1_5	3

#define TLSBIND_TDX_SVN_SIZE	16
#define TLSBIND_TDX_RTMR_COUNT	4

/**
 * struct tlsbind_tdx - a quote taken apart
 * @version: of the quote, 4 or 5
 * @body_type: TLSBIND_TDX_BODY_1_0 or TLSBIND_TDX_BODY_1_5; version 4 always has the former
 * @tee_tcb_svn: SVNs of the TDX module and its loader, TLSBIND_TDX_SVN_SIZE bytes
 * @mr_seam: measurement of the TDX module
 * @mr_signer_seam: who signed the TDX module; zero bytes: Intel
 * @seam_attributes: attributes of the TDX module; zero bytes
 * @attributes: TD ATTRIBUTES
 * @xfam: extended features that the TD may use
 * @mrtd: measurement of the TD
 * @mr_config_id: MRCONFIGID
 * @mr_owner: MROWNER
 * @mr_owner_config: MROWNERCONFIG
 * @rtmr: measurements made while the TD runs
 * @report_data: bytes that the guest chose
 * @tee_tcb_svn_2: SVNs of the module at present, where @tee_tcb_svn has those at
 *	the launch; absent unless TLSBIND_TDX_BODY_1_5
 * @mr_service_td: hash of the service TDs bound to the TD; absent unless
 *	TLSBIND_TDX_BODY_1_5
 * @signed_part: header and body
 * @signature: r and s, big-endian, over @signed_part by @attestation_key
 * @attestation_key: X and Y, big-endian, on P-256
 * @qe_report: SGX REPORT body of the quoting enclave
 * @qe_signature: over @qe_report by the PCK key
 * @qe_auth: authentication data, hashed into @qe_report
 * @pck_chain: PCK certificate, intermediate, root: PEM or DER
 * @qe_miscselect: MISCSELECT of the quoting enclave, 4 bytes
 * @qe_attributes: ATTRIBUTES of the quoting enclave, 16 bytes: flags and XFRM
 * @qe_mrsigner: who signed the quoting enclave
 * @qe_prod_id: its ISVPRODID
 * @qe_isvsvn: its ISVSVN
 * @qe_report_data: its REPORTDATA
 *
 * Spans point into the quote.
 */
struct tlsbind_tdx {
	uint16_t version;
	uint16_t body_type;
	struct tlsbind_span tee_tcb_svn;
	struct tlsbind_span mr_seam;
	struct tlsbind_span mr_signer_seam;
	struct tlsbind_span seam_attributes;
	uint64_t attributes;
	uint64_t xfam;
	struct tlsbind_span mrtd;
	struct tlsbind_span mr_config_id;
	struct tlsbind_span mr_owner;
	struct tlsbind_span mr_owner_config;
	struct tlsbind_span rtmr[TLSBIND_TDX_RTMR_COUNT];
	struct tlsbind_span report_data;
	struct tlsbind_span tee_tcb_svn_2;
	struct tlsbind_span mr_service_td;
	struct tlsbind_span signed_part;
	struct tlsbind_span signature;
	struct tlsbind_span attestation_key;
	struct tlsbind_span qe_report;
	struct tlsbind_span qe_signature;
	struct tlsbind_span qe_auth;
	struct tlsbind_span pck_chain;
	struct tlsbind_span qe_miscselect;
	struct tlsbind_span qe_attributes;
	struct tlsbind_span qe_mrsigner;
	uint16_t qe_prod_id;
	uint16_t qe_isvsvn;
	struct tlsbind_span qe_report_data;
};

/**
 * tlsbind_tdx_parse() - take a quote apart
 * @quote: the bytes; zero bytes may follow, hosts hand out whole buffers
 * @out: zeroed on failure
 *
 * Return: 0; -EBADMSG for anything but a version 4 or 5 quote about a TD with an
 * ECDSA P-256 key and a PCK chain, a TDX module that is not Intel's, or lengths
 * that do not agree.
 */
int tlsbind_tdx_parse(struct tlsbind_span quote, struct tlsbind_tdx *out);

/**
 * tlsbind_tdx_ecdsa() - verify a signature in Intel's form
 * @pkey: public key, on P-256
 * @sig: r and s, 32 bytes each, big-endian
 * @data: what was signed, with SHA-256
 *
 * Return: 0; -EKEYREJECTED if it does not verify, -ENOMEM.
 */
int tlsbind_tdx_ecdsa(EVP_PKEY *pkey, struct tlsbind_span sig, struct tlsbind_span data);

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
