/* SPDX-License-Identifier: MIT */
/* Certificate revocation lists. */
#ifndef TLSBIND_CRL_H
#define TLSBIND_CRL_H

#include <stddef.h>
#include <openssl/x509.h>
#include "appraisal.h"
#include "tlsbind.h"

/**
 * tlsbind_crl_parse() - revocation lists, PEM or DER
 * @span: exactly one list in DER, or any number in PEM with whatever text
 *	around them
 * @out: at least one list, of the caller; NULL on failure
 *
 * Nothing is verified here.
 *
 * Return: 0; -EBADMSG, -ENOMEM.
 */
int tlsbind_crl_parse(struct tlsbind_span span, STACK_OF(X509_CRL) **out);

/**
 * tlsbind_crl_check() - is a certificate known not to be revoked?
 * @cert: certificate, verified to be signed by @issuer
 * @issuer: verified as well; not @cert itself
 * @appraisal: lists (@crls) and time
 * @why: what was found, text
 * @size: size of @why
 *
 * Only lists count that @issuer signed. It takes one that is current, and
 * complete, to know. Where any has @cert, it is revoked, whatever the dates of
 * the list are.
 *
 * Return: 0; -EKEYREVOKED if @cert is on a list, -ENOKEY if there is no
 * current list.
 */
int tlsbind_crl_check(X509 *cert, X509 *issuer, const struct tlsbind_appraisal *appraisal,
		      char *why, size_t size);

/**
 * tlsbind_crl_check_chain() - tlsbind_crl_check() for certificates of a chain
 * @chain: from tlsbind_chain_verify(): leaf first, root last
 * @first: index of the first certificate to look at: 1 for SNP, whose leaves
 *	no list can revoke, 0 for TDX
 * @appraisal: lists and time
 * @why: what was found, text: about the worst certificate
 * @size: size of @why
 *
 * Looks at all from @first to the one below the root.
 *
 * Return: 0; -EKEYREVOKED if one is revoked, else -ENOKEY if for one there is
 * no current list, -EINVAL if there is none to look at.
 */
int tlsbind_crl_check_chain(STACK_OF(X509) *chain, int first,
			    const struct tlsbind_appraisal *appraisal, char *why, size_t size);

#endif /* TLSBIND_CRL_H */
