/* SPDX-License-Identifier: MIT */
/* VCEK and VLEK certificates against the report: AMD 57230. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/asn1.h>
#include "chain.h"
#include "cursor.h"
#include "snp.h"

#define TLSBIND_AMD_OID(arc)	"1.3.6.1.4.1.3704.1." arc

enum tlsbind_snp_product {
	TLSBIND_SNP_UNKNOWN,
	TLSBIND_SNP_MILAN,
	TLSBIND_SNP_GENOA,
	TLSBIND_SNP_TURIN,
};

static const char *const tlsbind_snp_names[] = {
	[TLSBIND_SNP_UNKNOWN] = "unknown",
	[TLSBIND_SNP_MILAN] = "Milan",
	[TLSBIND_SNP_GENOA] = "Genoa",
	[TLSBIND_SNP_TURIN] = "Turin",
};

/* A component of TCB_VERSION: extension with its value, and byte in the report. */
struct tlsbind_snp_component {
	const char *oid;
	const char *name;
	size_t byte;
};

static const struct tlsbind_snp_component tlsbind_snp_tcb_milan[] = {
	{ TLSBIND_AMD_OID("3.1"), "blSPL", 0 },
	{ TLSBIND_AMD_OID("3.2"), "teeSPL", 1 },
	{ TLSBIND_AMD_OID("3.3"), "snpSPL", 6 },
	{ TLSBIND_AMD_OID("3.8"), "ucodeSPL", 7 },
	{ NULL, NULL, 0 },
};

static const struct tlsbind_snp_component tlsbind_snp_tcb_turin[] = {
	{ TLSBIND_AMD_OID("3.9"), "fmcSPL", 0 },
	{ TLSBIND_AMD_OID("3.1"), "blSPL", 1 },
	{ TLSBIND_AMD_OID("3.2"), "teeSPL", 2 },
	{ TLSBIND_AMD_OID("3.3"), "snpSPL", 3 },
	{ TLSBIND_AMD_OID("3.8"), "ucodeSPL", 7 },
	{ NULL, NULL, 0 },
};

static enum tlsbind_snp_product tlsbind_snp_product_cpuid(const struct tlsbind_snp *snp)
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

/* Content of a DER value that has this tag and a length below 128, and nothing behind. */
static struct tlsbind_span tlsbind_der_content(struct tlsbind_span der, unsigned int tag)
{
	struct tlsbind_span content;
	struct tlsbind_cursor cursor;

	tlsbind_cursor_span(&cursor, der);
	if (tlsbind_cursor_u8(&cursor) != tag)
		tlsbind_cursor_fail(&cursor);
	content = tlsbind_cursor_take(&cursor, tlsbind_cursor_u8(&cursor));
	if (!tlsbind_cursor_done(&cursor) || content.len > 127)
		content = (struct tlsbind_span){ NULL, 0 };
	return content;
}

/* The name extension: an IA5String, "Genoa" or with a stepping, "Milan-B0". */
static enum tlsbind_snp_product tlsbind_snp_product_name(struct tlsbind_span name)
{
	struct tlsbind_span text = tlsbind_der_content(name, V_ASN1_IA5STRING);
	size_t i, len;

	for (i = TLSBIND_SNP_MILAN; i <= TLSBIND_SNP_TURIN; i++) {
		len = strlen(tlsbind_snp_names[i]);
		if (text.len >= len && !memcmp(text.data, tlsbind_snp_names[i], len) &&
		    (text.len == len || text.data[len] == '-'))
			return (enum tlsbind_snp_product)i;
	}
	return TLSBIND_SNP_UNKNOWN;
}

static int tlsbind_snp_product(const struct tlsbind_snp *snp, const X509 *cert,
			       enum tlsbind_snp_product *product, char *why, size_t size)
{
	enum tlsbind_snp_product cpuid = tlsbind_snp_product_cpuid(snp);

	*product = tlsbind_snp_product_name(tlsbind_chain_extension(cert, TLSBIND_AMD_OID("2")));
	if (*product == TLSBIND_SNP_UNKNOWN) {
		snprintf(why, size, "certificate without a known product name");
		return -EKEYREJECTED;
	}
	if (snp->version >= 3 && cpuid != *product) {
		snprintf(why, size, "report from %s, certificate for %s",
			 tlsbind_snp_names[cpuid], tlsbind_snp_names[*product]);
		return -EKEYREJECTED;
	}
	return 0;
}

/* A DER INTEGER from 0 to 255; -1 for anything else. */
static int tlsbind_snp_spl(struct tlsbind_span ext)
{
	struct tlsbind_span content = tlsbind_der_content(ext, V_ASN1_INTEGER);
	struct tlsbind_cursor cursor;
	int value;

	tlsbind_cursor_span(&cursor, content);
	if (content.len == 2)
		tlsbind_cursor_zero(&cursor, 1);
	value = tlsbind_cursor_u8(&cursor);
	if (!tlsbind_cursor_done(&cursor) || (content.len == 2) != (value > 127))
		return -1;
	return value;
}

static int tlsbind_snp_tcb(const struct tlsbind_snp *snp, const X509 *cert,
			   const struct tlsbind_snp_component *tcb, char *why, size_t size)
{
	for (; tcb->oid; tcb++) {
		struct tlsbind_cursor cursor;
		int want, got = tlsbind_snp_spl(tlsbind_chain_extension(cert, tcb->oid));

		tlsbind_cursor_span(&cursor, tlsbind_span_slice(snp->reported_tcb, tcb->byte, 1));
		want = tlsbind_cursor_u8(&cursor);
		if (cursor.bad || got != want) {
			snprintf(why, size, "%s %d in the report, %d in the certificate",
				 tcb->name, want, got);
			return -EKEYREJECTED;
		}
	}
	return 0;
}

/* hwID holds the bytes themselves; Turin's has 8, and the report pads with zero. */
static int tlsbind_snp_chip(const struct tlsbind_snp *snp, const X509 *cert,
			    enum tlsbind_snp_product product, char *why, size_t size)
{
	struct tlsbind_span hwid = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("4"));
	size_t len = product == TLSBIND_SNP_TURIN ? 8 : 64;
	struct tlsbind_span id = tlsbind_span_slice(snp->chip_id, 0, len);
	struct tlsbind_span rest = tlsbind_span_slice(snp->chip_id, len, 64 - len);

	if (hwid.len != len || id.len != len || tlsbind_span_is_zero(id) ||
	    memcmp(hwid.data, id.data, len) ||
	    (rest.len && !tlsbind_span_is_zero(rest))) {
		snprintf(why, size, "chip id of the report is not the hwID of the certificate");
		return -EKEYREJECTED;
	}
	return 0;
}

/*
 * A VCEK certificate has a hwID and no cspID, a VLEK certificate the reverse. That
 * tells them apart as well as their names, and cannot be confused by names.
 */
static int tlsbind_snp_kind(const struct tlsbind_snp *snp, const X509 *cert, char *why,
			    size_t size)
{
	bool chip = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("4")).data;
	bool csp = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("5")).data;
	bool vcek = chip && !csp, vlek = csp && !chip;

	if (snp->signer == TLSBIND_SNP_VCEK ? vcek : vlek)
		return 0;
	snprintf(why, size, "report signed by a %s, certificate of %s",
		 snp->signer == TLSBIND_SNP_VCEK ? "VCEK" : "VLEK",
		 vcek ? "a VCEK" : vlek ? "a VLEK" : "neither VCEK nor VLEK");
	return -EKEYREJECTED;
}

int tlsbind_snp_certificate(const struct tlsbind_snp *snp, const X509 *cert, char *why,
			    size_t size)
{
	enum tlsbind_snp_product product;
	int ret;

	ret = tlsbind_snp_kind(snp, cert, why, size);
	if (!ret)
		ret = tlsbind_snp_product(snp, cert, &product, why, size);
	if (!ret)
		ret = tlsbind_snp_tcb(snp, cert,
				      product == TLSBIND_SNP_TURIN ? tlsbind_snp_tcb_turin :
								     tlsbind_snp_tcb_milan,
				      why, size);
	if (!ret && snp->signer == TLSBIND_SNP_VLEK && !tlsbind_span_is_zero(snp->chip_id)) {
		snprintf(why, size, "chip id in a report that a VLEK signed");
		ret = -EKEYREJECTED;
	}
	if (!ret && snp->signer == TLSBIND_SNP_VCEK)
		ret = tlsbind_snp_chip(snp, cert, product, why, size);
	if (!ret)
		snprintf(why, size, "%s of %s", snp->signer == TLSBIND_SNP_VCEK ? "VCEK" : "VLEK",
			 tlsbind_snp_names[product]);
	return ret;
}
