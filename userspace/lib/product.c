/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <openssl/asn1.h>
#include "chain.h"
#include "cursor.h"
#include "der.h"
#include "product.h"

static const char *const tlsbind_product_names[TLSBIND_SNP_PRODUCTS] = {
	[TLSBIND_SNP_UNKNOWN] = "unknown",
	[TLSBIND_SNP_MILAN] = "Milan",
	[TLSBIND_SNP_GENOA] = "Genoa",
	[TLSBIND_SNP_TURIN] = "Turin",
};

static const struct tlsbind_snp_component tlsbind_product_milan[] = {
	{ TLSBIND_AMD_OID("3.1"), "bl", 0 },
	{ TLSBIND_AMD_OID("3.2"), "tee", 1 },
	{ TLSBIND_AMD_OID("3.3"), "snp", 6 },
	{ TLSBIND_AMD_OID("3.8"), "ucode", 7 },
	{ NULL, NULL, 0 },
};

static const struct tlsbind_snp_component tlsbind_product_turin[] = {
	{ TLSBIND_AMD_OID("3.9"), "fmc", 0 },
	{ TLSBIND_AMD_OID("3.1"), "bl", 1 },
	{ TLSBIND_AMD_OID("3.2"), "tee", 2 },
	{ TLSBIND_AMD_OID("3.3"), "snp", 3 },
	{ TLSBIND_AMD_OID("3.8"), "ucode", 7 },
	{ NULL, NULL, 0 },
};

static const struct tlsbind_snp_component tlsbind_product_none[] = {
	{ NULL, NULL, 0 },
};

const char *tlsbind_product_name(enum tlsbind_snp_product product)
{
	return tlsbind_product_names[product];
}

enum tlsbind_snp_product tlsbind_product_find(const char *name)
{
	int i;

	for (i = TLSBIND_SNP_UNKNOWN + 1; i < TLSBIND_SNP_PRODUCTS; i++)
		if (!strcmp(name, tlsbind_product_names[i]))
			return (enum tlsbind_snp_product)i;
	return TLSBIND_SNP_UNKNOWN;
}

enum tlsbind_snp_product tlsbind_product_cpuid(const struct tlsbind_snp *snp)
{
	if (snp->family == 0x19 && snp->model <= 0x0f)
		return TLSBIND_SNP_MILAN;
	if (snp->family == 0x19 && ((snp->model >= 0x10 && snp->model <= 0x1f) ||
				    (snp->model >= 0xa0 && snp->model <= 0xaf)))
		return TLSBIND_SNP_GENOA;
	if (snp->family == 0x1a && snp->model <= 0x11)
		return TLSBIND_SNP_TURIN;
	return TLSBIND_SNP_UNKNOWN;
}

/* An IA5String, "Genoa" or with a stepping, "Milan-B0". */
enum tlsbind_snp_product tlsbind_product_cert(const X509 *cert)
{
	struct tlsbind_span name = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("2"));
	struct tlsbind_span text = tlsbind_der_content(name, V_ASN1_IA5STRING);
	size_t len;
	int i;

	for (i = TLSBIND_SNP_UNKNOWN + 1; i < TLSBIND_SNP_PRODUCTS; i++) {
		len = strlen(tlsbind_product_names[i]);
		if (text.len >= len && !memcmp(text.data, tlsbind_product_names[i], len) &&
		    (text.len == len || text.data[len] == '-'))
			return (enum tlsbind_snp_product)i;
	}
	return TLSBIND_SNP_UNKNOWN;
}

const struct tlsbind_snp_component *tlsbind_product_components(enum tlsbind_snp_product product)
{
	switch (product) {
	case TLSBIND_SNP_MILAN:
	case TLSBIND_SNP_GENOA:
		return tlsbind_product_milan;
	case TLSBIND_SNP_TURIN:
		return tlsbind_product_turin;
	case TLSBIND_SNP_UNKNOWN:
	case TLSBIND_SNP_PRODUCTS:
		break;
	}
	return tlsbind_product_none;
}

void tlsbind_product_describe(enum tlsbind_snp_product product, struct tlsbind_span tcb,
			      char *out, size_t size)
{
	const struct tlsbind_snp_component *part = tlsbind_product_components(product);
	size_t used = 0;

	snprintf(out, size, "nothing");
	for (; part->oid && tcb.len == TLSBIND_SNP_TCB_SIZE && used < size; part++)
		used += (size_t)snprintf(out + used, size - used, "%s%s %u", used ? " " : "",
					 part->name, tcb.data[part->byte]);
}
