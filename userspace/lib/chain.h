/* SPDX-License-Identifier: MIT */
/* Certificates: parsing, chains to a vendor root, raw ECDSA signatures. */
#ifndef TLSBIND_CHAIN_H
#define TLSBIND_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "appraisal.h"
#include "tlsbind.h"

/**
 * tlsbind_chain_parse() - certificates, PEM or concatenated DER
 * @span: the bytes. Zero bytes and white space may follow.
 * @text: PEM may have other text around it, as files often do
 * @out: at least one certificate, in the order of @span; NULL on failure
 *
 * Return: 0; -EBADMSG, -ENOMEM.
 */
int tlsbind_chain_parse(struct tlsbind_span span, bool text, STACK_OF(X509) **out);

/**
 * tlsbind_chain_verify() - does a certificate chain to a vendor root?
 * @leaf: end entity, not a CA
 * @untrusted: certificates that came with the evidence; may be NULL. Each
 *	must be part of the chain, or a root with the key of a given one; the
 *	latter is not used
 * @appraisal: roots, further certificates, time
 * @why: what is wrong, text
 * @size: size of @why
 *
 * The chain must be leaf, one intermediate, root. OpenSSL finds the root by
 * name and proves it by its key, so it is the key that is pinned.
 *
 * Return: 0; -EKEYREJECTED if there is no such chain, -ENOMEM.
 */
int tlsbind_chain_verify(X509 *leaf, STACK_OF(X509) *untrusted,
			 const struct tlsbind_appraisal *appraisal, char *why, size_t size);

/**
 * tlsbind_ecdsa_verify() - ECDSA signature from two integers
 * @pkey: public key
 * @curve: name of the curve that the key must be on, such as "secp384r1"
 * @md: hash
 * @r: BIGNUM; taken over
 * @s: BIGNUM; taken over
 * @data: what was signed
 *
 * Return: 0; -EKEYREJECTED if it does not verify, -ENOMEM.
 */
int tlsbind_ecdsa_verify(EVP_PKEY *pkey, const char *curve, const EVP_MD *md, BIGNUM *r,
			 BIGNUM *s, struct tlsbind_span data);

/**
 * tlsbind_chain_extension() - value of an extension
 * @cert: certificate
 * @oid: dotted object id
 *
 * Return: content of the OCTET STRING that X.509 wraps around the value; an
 * absent span if there is no such extension or more than one. Lives as long
 * as @cert.
 */
struct tlsbind_span tlsbind_chain_extension(const X509 *cert, const char *oid);

#endif /* TLSBIND_CHAIN_H */
