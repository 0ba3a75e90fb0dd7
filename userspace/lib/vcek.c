/* SPDX-License-Identifier: MIT */
/* VCEK and VLEK certificates against the report: AMD 57230. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "anchor.h"
#include "chain.h"
#include "cursor.h"
#include "der.h"
#include "product.h"
#include "snp.h"

static const char *tlsbind_vcek_kind(const struct tlsbind_snp *snp)
{
	return snp->signer == TLSBIND_SNP_VCEK ? "VCEK" : "VLEK";
}

/*
 * A VCEK certificate has a hwID and no cspID, a VLEK certificate the reverse. Names
 * tell them apart too, and are looked at as well.
 */
static int tlsbind_vcek_check_kind(const struct tlsbind_snp *snp, const X509 *cert, char *why,
				   size_t size)
{
	bool chip = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("4")).data;
	bool csp = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("5")).data;
	bool vcek = chip && !csp, vlek = csp && !chip;

	if (snp->signer == TLSBIND_SNP_VCEK ? vcek : vlek)
		return 0;
	snprintf(why, size, "report signed by a %s, certificate of %s", tlsbind_vcek_kind(snp),
		 vcek ? "a VCEK" : vlek ? "a VLEK" : "neither VCEK nor VLEK");
	return -EKEYREJECTED;
}

static int tlsbind_vcek_check_product(const struct tlsbind_snp *snp, const X509 *cert, char *why,
				      size_t size)
{
	enum tlsbind_snp_product cpuid = tlsbind_product_cpuid(snp);
	enum tlsbind_snp_product product = tlsbind_product_cert(cert);
	int format = tlsbind_der_u8(tlsbind_chain_extension(cert, TLSBIND_AMD_OID("1")));

	if (product == TLSBIND_SNP_UNKNOWN)
		snprintf(why, size, "certificate without a known product name");
	else if (snp->version >= 3 && cpuid != product)
		snprintf(why, size, "report from %s, certificate for %s",
			 tlsbind_product_name(cpuid), tlsbind_product_name(product));
	else if (format != (product == TLSBIND_SNP_TURIN ? 1 : 0))
		snprintf(why, size, "certificate for %s in format %d",
			 tlsbind_product_name(product), format);
	else
		return 0;
	return -EKEYREJECTED;
}

/* Has a name exactly one common name, and this one? */
static bool tlsbind_vcek_is_called(const X509_NAME *name, const char *want)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return ASN1_STRING_length(text) == (int)strlen(want) &&
	       !memcmp(ASN1_STRING_get0_data(text), want, strlen(want));
}

static int tlsbind_vcek_check_names(const struct tlsbind_snp *snp, const X509 *cert, char *why,
				    size_t size)
{
	bool vcek = snp->signer == TLSBIND_SNP_VCEK;
	const char *product = tlsbind_product_name(tlsbind_product_cert(cert));
	char subject[16], issuer[32];

	snprintf(subject, sizeof(subject), "SEV-%s", tlsbind_vcek_kind(snp));
	snprintf(issuer, sizeof(issuer), "SEV-%s%s", vcek ? "" : "VLEK-", product);
	if (tlsbind_vcek_is_called(X509_get_subject_name(cert), subject) &&
	    tlsbind_vcek_is_called(X509_get_issuer_name(cert), issuer))
		return 0;
	snprintf(why, size, "certificate is not called %s, or not issued by %s", subject, issuer);
	return -EKEYREJECTED;
}

/* Names of places in TCB_VERSION that no product uses; their values must be zero. */
static int tlsbind_vcek_check_reserved(const struct tlsbind_snp *snp, const X509 *cert,
				       const struct tlsbind_snp_component *tcb, char *why,
				       size_t size)
{
	static const char *const spare[] = {
		TLSBIND_AMD_OID("3.4"), TLSBIND_AMD_OID("3.5"), TLSBIND_AMD_OID("3.6"),
		TLSBIND_AMD_OID("3.7"),
	};
	uint8_t rest[TLSBIND_SNP_TCB_SIZE] = { 0 };
	bool bad = snp->reported_tcb.len != sizeof(rest);
	size_t i;

	if (!bad)
		memcpy(rest, snp->reported_tcb.data, sizeof(rest));
	for (; tcb->oid; tcb++)
		rest[tcb->byte] = 0;
	for (i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
		struct tlsbind_span ext = tlsbind_chain_extension(cert, spare[i]);

		bad |= ext.data && tlsbind_der_u8(ext);
	}
	if (!bad && tlsbind_is_zero(rest, sizeof(rest)))
		return 0;
	snprintf(why, size, "TCB with a component that is not known");
	return -EKEYREJECTED;
}

static int tlsbind_vcek_check_tcb(const struct tlsbind_snp *snp, const X509 *cert, char *why,
				  size_t size)
{
	const struct tlsbind_snp_component *tcb =
		tlsbind_product_components(tlsbind_product_cert(cert));

	if (tlsbind_vcek_check_reserved(snp, cert, tcb, why, size))
		return -EKEYREJECTED;
	for (; tcb->oid; tcb++) {
		struct tlsbind_cursor cursor;
		int want, got = tlsbind_der_u8(tlsbind_chain_extension(cert, tcb->oid));

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
static bool tlsbind_vcek_is_chip(const struct tlsbind_snp *snp, const X509 *cert)
{
	struct tlsbind_span hwid = tlsbind_chain_extension(cert, TLSBIND_AMD_OID("4"));
	size_t len = tlsbind_product_cert(cert) == TLSBIND_SNP_TURIN ? 8 : 64;
	struct tlsbind_span id = tlsbind_span_slice(snp->chip_id, 0, len);
	struct tlsbind_span rest = tlsbind_span_slice(snp->chip_id, len, 64 - len);

	return hwid.len == len && id.len == len && !tlsbind_span_is_zero(id) &&
	       !memcmp(hwid.data, id.data, len) && (!rest.len || tlsbind_span_is_zero(rest));
}

/* Who masks the chip's identity cannot prove that the certificate is this chip's. */
static int tlsbind_vcek_check_chip(const struct tlsbind_snp *snp, const X509 *cert, char *why,
				   size_t size)
{
	if (snp->signer == TLSBIND_SNP_VLEK && !tlsbind_span_is_zero(snp->chip_id))
		snprintf(why, size, "chip id in a report that a VLEK signed");
	else if (snp->signer == TLSBIND_SNP_VCEK && !tlsbind_vcek_is_chip(snp, cert))
		snprintf(why, size, "chip id of the report is not the hwID of the certificate");
	else
		return 0;
	return -EKEYREJECTED;
}

int tlsbind_snp_certificate(const struct tlsbind_snp *snp, const X509 *cert, char *why,
			    size_t size)
{
	int ret;

	ret = tlsbind_vcek_check_kind(snp, cert, why, size);
	if (!ret)
		ret = tlsbind_vcek_check_product(snp, cert, why, size);
	if (!ret)
		ret = tlsbind_vcek_check_names(snp, cert, why, size);
	if (!ret)
		ret = tlsbind_vcek_check_tcb(snp, cert, why, size);
	if (!ret)
		ret = tlsbind_vcek_check_chip(snp, cert, why, size);
	if (!ret)
		snprintf(why, size, "%s of %s", tlsbind_vcek_kind(snp),
			 tlsbind_product_name(tlsbind_product_cert(cert)));
	return ret;
}

int tlsbind_snp_chain(STACK_OF(X509) *chain, char *why, size_t size)
{
	const char *product = tlsbind_product_name(tlsbind_product_cert(sk_X509_value(chain, 0)));
	const struct tlsbind_anchor *anchor =
		tlsbind_anchor_find(sk_X509_value(chain, sk_X509_num(chain) - 1));

	if (!anchor || (anchor->product && !strcmp(anchor->product, product)))
		return 0;
	snprintf(why, size, "certificate for %s below %s", product, anchor->name);
	return -EKEYREJECTED;
}
