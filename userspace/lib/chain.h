/* SPDX-License-Identifier: MIT */
/* Certificates: parsing, chains to a vendor root, raw ECDSA signatures. */
#ifndef TLSBIND_CHAIN_H
#define TLSBIND_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "anchor.h"
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
 * tlsbind_chain_verify() - does a certificate chain to a trusted root?
 * @leaf: end entity, not a CA
 * @untrusted: certificates that came with @leaf; may be NULL. Each must be
 *	part of the chain, or a root with the key of a trusted one
 * @appraisal: roots, further certificates, time
 * @vendor: whose pinned keys count if @appraisal names no roots
 * @links: number of certificates that the chain must have, leaf and root
 *	included: 3 for keys that sign reports, 2 for the key that signs Intel's
 *	TCB information
 * @chain: leaf first, root last, of the caller, who ends it with
 *	sk_X509_pop_free(); NULL on failure. May be NULL
 * @why: what is wrong, text
 * @size: size of @why
 *
 * Where @appraisal names roots, only those count. Otherwise the root is a
 * certificate from @untrusted or @appraisal that is signed by itself with a key
 * that is pinned. Either way OpenSSL finds the root by its name and proves it
 * by its key, so it is the key that is trusted.
 *
 * Return: 0; -EKEYREJECTED if there is no such chain, -ENOMEM.
 */
int tlsbind_chain_verify(X509 *leaf, STACK_OF(X509) *untrusted,
			 const struct tlsbind_appraisal *appraisal, enum tlsbind_vendor vendor,
			 int links, STACK_OF(X509) **chain, char *why, size_t size);

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
 * tlsbind_chain_is_called() - does the common name of a certificate contain a text?
 * @cert: certificate
 * @text: part of the name
 *
 * Return: false also if there is no common name, more than one, or one with a
 * zero byte.
 */
bool tlsbind_chain_is_called(const X509 *cert, const char *text);

/**
 * tlsbind_chain_extension() - value of an extension
 * @cert: certificate
 * @oid: dotted object id
 *
 * Return: content of the OCTET STRING that X.509 wraps around the value; an
 * absent span if there is no such extension, an empty one if there are several.
 * Lives as long as @cert.
 */
struct tlsbind_span tlsbind_chain_extension(const X509 *cert, const char *oid);

#endif /* TLSBIND_CHAIN_H */
