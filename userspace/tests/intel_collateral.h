/* SPDX-License-Identifier: MIT */
/*
 * Collateral as Intel would sign it for the PKI of the tests: texts that are
 * changed, signed and put into files.
 */
#ifndef TLSBIND_TESTS_INTEL_COLLATERAL_H
#define TLSBIND_TESTS_INTEL_COLLATERAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "synth.h"

/** struct edit - put @to in the place of @from, which must be there */
struct edit {
	const char *from;
	const char *to;
};

/** enum signer_flaw - what is wrong with the certificate of a signer */
enum signer_flaw {
	SIGNER_GOOD,
	SIGNER_EXPIRED,
	SIGNER_NAME,		/* subject of a PCK certificate */
	SIGNER_CA,
	SIGNER_UNDER_CA,	/* issued by the PCK CA, not by the root */
	SIGNER_SHA1,
};

/** struct signer - key and certificate that sign collateral */
struct signer {
	EVP_PKEY *key;
	X509 *cert;
};

/**
 * collateral_tcbinfo() - TCB info for the platform of intel_pck_extension()
 * @edits: ended by a NULL; may be NULL. They see the text as in the source: what
 *	stands there as @[3,2] becomes sixteen components, @ISSUE@ and @NEXT@ times
 *	half an hour before and after the present
 *
 * Return: the caller's.
 */
char *collateral_tcbinfo(const struct edit *edits);

/** collateral_qeidentity() - likewise, of the quoting enclave in synthetic quotes */
char *collateral_qeidentity(const struct edit *edits);

/** collateral_signer() - below the root of a PKI */
struct signer collateral_signer(const struct synth_pki *pki, enum signer_flaw flaw);

/** collateral_signer_clear() - drop it */
void collateral_signer_clear(struct signer *signer);

/** collateral_sign() - hex of a signature over a text; the caller's */
char *collateral_sign(EVP_PKEY *key, const char *body);

/** collateral_pcs() - {"NAME":BODY,"signature":...}; the caller's */
char *collateral_pcs(const char *name, const char *body, const char *signature);

/**
 * collateral_dcap() - everything in one object of strings
 * @pki: its root ends the chains, and its lists are there
 * @signer: of both statements
 * @info: TCB info
 * @identity: enclave identity
 * @change: member to set to a JSON value; its name, a blank, the value. A value
 *	that is empty takes the member out. May be NULL
 *
 * Return: the caller's.
 */
char *collateral_dcap(const struct synth_pki *pki, const struct signer *signer, const char *info,
		      const char *identity, const char *change);

/** collateral_add() - put a text into a policy, by way of a file; Return: what that returns */
int collateral_add(struct tlsbind_appraisal *appraisal, const char *text);

/** collateral_add_cert() - likewise a certificate */
void collateral_add_cert(struct tlsbind_appraisal *appraisal, X509 *cert);

#endif /* TLSBIND_TESTS_INTEL_COLLATERAL_H */
