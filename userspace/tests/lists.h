/* SPDX-License-Identifier: MIT */
/* Revocation lists made for tests. */
#ifndef TLSBIND_TESTS_LISTS_H
#define TLSBIND_TESTS_LISTS_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "common.h"

/** enum list_flaw - what is wrong with a list */
enum list_flaw {
	LIST_GOOD,
	LIST_EXPIRED,
	LIST_FUTURE,		/* not yet valid */
	LIST_ENDLESS,		/* no nextUpdate */
	LIST_SHA1,
	LIST_BROKEN,		/* signature */
	LIST_DELTA,		/* changes only */
	LIST_PARTIAL,		/* some certificates only */
	LIST_CRITICAL,		/* unknown critical extension */
	LIST_FOREIGN,		/* entry with a critical extension: may be another issuer's */
};

/**
 * list_new() - a list of what an issuer revoked
 * @issuer: gives the name
 * @key: signs
 * @revoked: has this certificate on it; may be NULL
 * @flaw: what is wrong
 */
X509_CRL *list_new(X509 *issuer, EVP_PKEY *key, X509 *revoked, enum list_flaw flaw);

/** list_add() - put a list into a policy, by way of a file; takes the list */
void list_add(struct tlsbind_appraisal *appraisal, X509_CRL *list, bool pem);

#endif /* TLSBIND_TESTS_LISTS_H */
