/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <openssl/bn.h>
#include "chain.h"
#include "cursor.h"
#include "snp.h"

#define TLSBIND_SNP_SIGNED_SIZE		0x2a0
#define TLSBIND_SNP_ECDSA_P384_SHA384	1
#define TLSBIND_SNP_POLICY_RESERVED_1	(UINT64_C(1) << 17)	/* must be one */
#define TLSBIND_SNP_POLICY_KNOWN	((UINT64_C(1) << 26) - 1)

static void tlsbind_snp_parse_head(struct tlsbind_cursor *c, struct tlsbind_snp *out)
{
	uint32_t keys;

	out->version = tlsbind_cursor_le32(c);
	tlsbind_cursor_skip(c, 4);			/* GUEST_SVN */
	out->policy = tlsbind_cursor_le64(c);
	tlsbind_cursor_skip(c, 16 + 16);		/* FAMILY_ID, IMAGE_ID */
	out->vmpl = tlsbind_cursor_le32(c);
	if (tlsbind_cursor_le32(c) != TLSBIND_SNP_ECDSA_P384_SHA384)
		tlsbind_cursor_fail(c);
	/* CURRENT_TCB, PLATFORM_INFO: Turin sets bits that no document we have names. */
	tlsbind_cursor_skip(c, 8 + 8);
	keys = tlsbind_cursor_le32(c);
	out->signer = keys >> 2 & 7;
	if (keys >> 5 || out->signer > TLSBIND_SNP_VLEK)
		tlsbind_cursor_fail(c);
	tlsbind_cursor_zero(c, 4);
	if (!(out->policy & TLSBIND_SNP_POLICY_RESERVED_1) ||
	    out->policy & ~TLSBIND_SNP_POLICY_KNOWN)
		tlsbind_cursor_fail(c);
}

static void tlsbind_snp_parse_body(struct tlsbind_cursor *c, struct tlsbind_snp *out)
{
	out->report_data = tlsbind_cursor_take(c, TLSBIND_REPORT_DATA_SIZE);
	out->measurement = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	/* HOST_DATA, ID_KEY_DIGEST, AUTHOR_KEY_DIGEST, REPORT_ID, REPORT_ID_MA */
	tlsbind_cursor_skip(c, 32 + 48 + 48 + 32 + 32);
	out->reported_tcb = tlsbind_cursor_take(c, 8);
	if (out->version >= 3) {
		out->family = tlsbind_cursor_u8(c);
		out->model = tlsbind_cursor_u8(c);
		tlsbind_cursor_skip(c, 1);		/* stepping */
		tlsbind_cursor_zero(c, 21);
	} else {
		tlsbind_cursor_zero(c, 24);
	}
	out->chip_id = tlsbind_cursor_take(c, 64);
	tlsbind_cursor_skip(c, 8 + 3);			/* COMMITTED_TCB, CURRENT_* */
	tlsbind_cursor_zero(c, 1);
	tlsbind_cursor_skip(c, 3);			/* COMMITTED_* */
	tlsbind_cursor_zero(c, 1);
	tlsbind_cursor_skip(c, 8);			/* LAUNCH_TCB */
	if (out->version >= 5) {
		tlsbind_cursor_skip(c, 8 + 8);		/* mitigation vectors */
		tlsbind_cursor_zero(c, 152);
	} else {
		tlsbind_cursor_zero(c, 168);
	}
}

/* What follows r and s is not signed: it must be zero, or a report has many encodings. */
static void tlsbind_snp_parse_signature(struct tlsbind_cursor *c, struct tlsbind_snp *out)
{
	out->r = tlsbind_cursor_take(c, 72);
	out->s = tlsbind_cursor_take(c, 72);
	tlsbind_cursor_zero(c, 368);
	if (!tlsbind_span_is_zero(tlsbind_span_slice(out->r, 48, 24)) ||
	    !tlsbind_span_is_zero(tlsbind_span_slice(out->s, 48, 24)))
		tlsbind_cursor_fail(c);
}

int tlsbind_snp_parse(struct tlsbind_span report, struct tlsbind_snp *out)
{
	struct tlsbind_cursor c;

	memset(out, 0, sizeof(*out));
	tlsbind_cursor_span(&c, report);
	tlsbind_snp_parse_head(&c, out);
	if (out->version != 2 && out->version != 3 && out->version != 5)
		tlsbind_cursor_fail(&c);
	tlsbind_snp_parse_body(&c, out);
	tlsbind_snp_parse_signature(&c, out);
	out->signed_part = tlsbind_span_slice(report, 0, TLSBIND_SNP_SIGNED_SIZE);
	if (tlsbind_cursor_done(&c))
		return 0;
	memset(out, 0, sizeof(*out));
	return -EBADMSG;
}

int tlsbind_snp_signature(const struct tlsbind_snp *snp, X509 *cert)
{
	return tlsbind_ecdsa_verify(X509_get0_pubkey(cert), "secp384r1", EVP_sha384(),
				    BN_lebin2bn(snp->r.data, (int)snp->r.len, NULL),
				    BN_lebin2bn(snp->s.data, (int)snp->s.len, NULL),
				    snp->signed_part);
}
