/* SPDX-License-Identifier: MIT */
/*
 * Synthetic evidence: genuine but for its root, which is made here. A case is
 * filled by synth_default(), changed in exactly one place by a test, and then
 * signed and encoded.
 */
#ifndef TLSBIND_TESTS_SYNTH_H
#define TLSBIND_TESTS_SYNTH_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "common.h"

/** struct synth_pki - a vendor, its CA and a signing key */
struct synth_pki {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	char root_file[64];
};

/* Variants of a signing certificate that must not be accepted. */
enum synth_leaf {
	SYNTH_LEAF_GOOD,
	SYNTH_LEAF_EXPIRED,
	SYNTH_LEAF_UNDER_ROOT,	/* no intermediate */
	SYNTH_LEAF_CA,
	SYNTH_LEAF_SHA1,
	SYNTH_LEAF_CSP,		/* SNP: says that it is a VLEK, too */
	SYNTH_LEAF_NAME,	/* SNP: product "Milano" */
	SYNTH_LEAF_SUBJECT,	/* TDX: subject of another kind of certificate */
};

/* What a flip is applied to. */
enum synth_where {
	SYNTH_SIGNED,		/* report or quote, before it is signed */
	SYNTH_QE,		/* TDX: quoting enclave's report, before it is signed */
	SYNTH_LATE,		/* report or quote, after it was signed */
	SYNTH_AUX,		/* SNP: certificate table */
};

/** struct synth_flip - xor a value into one byte */
struct synth_flip {
	enum synth_where where;
	size_t offset;
	uint8_t value;
};

/**
 * struct synth_case - everything that evidence and its verification consist of
 * @tdx: TDX quote instead of SNP report
 * @pki: who signs
 * @claims: wire format
 * @index: leaf index
 * @size: tree size
 * @path: inclusion path
 * @nodes: nodes in @path
 * @boot_nonce: of the attester
 * @provider: name in the evidence
 * @measurement: in the report
 * @policy: SNP guest policy, TDX attributes
 * @vmpl: SNP
 * @tcb: byte 0 of the reported TCB; the certificate says 3
 * @qe_mrsigner: TDX: first byte of the quoting enclave's MRSIGNER
 * @v5: TDX: version 5, with the body of TDX 1.5
 * @report_data_flip: xor into the first byte of the hash in REPORT_DATA
 * @signature_flip: xor into the first byte of the signature
 * @flips: further changes
 * @flip_count: how many
 * @connection: the relying party's
 * @nonce: the relying party's
 * @appraisal: the relying party's
 */
struct synth_case {
	bool tdx;
	struct synth_pki *pki;
	struct tlsbind_claims claims;
	uint32_t index;
	uint32_t size;
	uint8_t path[TLSBIND_PATH_MAX][TLSBIND_HASH_SIZE];
	size_t nodes;
	uint8_t boot_nonce[TLSBIND_BOOT_NONCE_SIZE];
	const char *provider;
	uint8_t measurement[TLSBIND_MEASUREMENT_SIZE];
	uint64_t policy;
	uint32_t vmpl;
	uint8_t tcb;
	uint8_t qe_mrsigner;
	bool v5;
	uint8_t report_data_flip;
	uint8_t signature_flip;
	const struct synth_flip *flips;
	size_t flip_count;
	struct tlsbind_connection connection;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	struct tlsbind_appraisal *appraisal;
};

/** synth_pki_new() - keys, certificates, and a PEM file with the root */
struct synth_pki *synth_pki_new(bool tdx);

/** synth_pki_free() - drop them, and the file */
void synth_pki_free(struct synth_pki *pki);

/** synth_pki_leaf() - replace the signing certificate by a variant */
void synth_pki_leaf(struct synth_pki *pki, bool tdx, enum synth_leaf leaf);

/** synth_default() - a case that is accepted */
void synth_default(struct synth_case *c, struct synth_pki *pki, bool tdx);

/** synth_clear() - drop what a case owns */
void synth_clear(struct synth_case *c);

/** synth_encode() - sign, and encode as TLVs; the bytes belong to the caller */
struct test_bytes synth_encode(const struct synth_case *c);

/** synth_verify() - encode and verify; the result belongs to the caller */
struct tlsbind_result *synth_verify(struct synth_case *c);

#endif /* TLSBIND_TESTS_SYNTH_H */
