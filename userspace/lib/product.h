/* SPDX-License-Identifier: MIT */
/* AMD's products with SEV-SNP, and what each calls the components of its TCB: AMD 57230. */
#ifndef TLSBIND_PRODUCT_H
#define TLSBIND_PRODUCT_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "snp.h"

#define TLSBIND_AMD_OID(arc)	"1.3.6.1.4.1.3704.1." arc

enum tlsbind_snp_product {
	TLSBIND_SNP_UNKNOWN,
	TLSBIND_SNP_MILAN,
	TLSBIND_SNP_GENOA,
	TLSBIND_SNP_TURIN,
	TLSBIND_SNP_PRODUCTS
};

/**
 * struct tlsbind_snp_component - one component of TCB_VERSION
 * @oid: extension of VCEK and VLEK certificates that holds it
 * @name: short, for people
 * @byte: its place in TCB_VERSION; all other bytes are reserved
 */
struct tlsbind_snp_component {
	const char *oid;
	const char *name;
	size_t byte;
};

/** tlsbind_product_name() - such as "Milan" */
const char *tlsbind_product_name(enum tlsbind_snp_product product);

/** tlsbind_product_find() - by exactly that name; Return: TLSBIND_SNP_UNKNOWN if there is none */
enum tlsbind_snp_product tlsbind_product_find(const char *name);

/**
 * tlsbind_product_cpuid() - product that a report is from
 * @snp: report of version 3 or later
 *
 * Return: TLSBIND_SNP_UNKNOWN for a family and model that are none of these.
 */
enum tlsbind_snp_product tlsbind_product_cpuid(const struct tlsbind_snp *snp);

/**
 * tlsbind_product_cert() - product that a certificate is for
 * @cert: VCEK or VLEK certificate
 *
 * Return: TLSBIND_SNP_UNKNOWN if the certificate does not say, or names
 * another.
 */
enum tlsbind_snp_product tlsbind_product_cert(const X509 *cert);

/**
 * tlsbind_product_components() - what TCB_VERSION consists of
 * @product: product
 *
 * Return: a list that ends with an @oid of NULL; an empty one if @product is
 * not known.
 */
const struct tlsbind_snp_component *tlsbind_product_components(enum tlsbind_snp_product product);

/** tlsbind_product_describe() - a TCB_VERSION as text, such as "bl 3 tee 0 snp 8 ucode 115" */
void tlsbind_product_describe(enum tlsbind_snp_product product, struct tlsbind_span tcb,
			      char *out, size_t size);

#endif /* TLSBIND_PRODUCT_H */
