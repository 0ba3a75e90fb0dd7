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
	out->guest_svn = tlsbind_cursor_le32(c);
	out->policy = tlsbind_cursor_le64(c);
	out->family_id = tlsbind_cursor_take(c, 16);
	out->image_id = tlsbind_cursor_take(c, 16);
	out->vmpl = tlsbind_cursor_le32(c);
	if (tlsbind_cursor_le32(c) != TLSBIND_SNP_ECDSA_P384_SHA384)
		tlsbind_cursor_fail(c);
	out->current_tcb = tlsbind_cursor_take(c, TLSBIND_SNP_TCB_SIZE);
	out->platform_info = tlsbind_cursor_le64(c);
	keys = tlsbind_cursor_le32(c);
	out->author_key_en = keys & 1;
	out->mask_chip_key = keys & 2;
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
	out->host_data = tlsbind_cursor_take(c, 32);
	out->id_key_digest = tlsbind_cursor_take(c, 48);
	out->author_key_digest = tlsbind_cursor_take(c, 48);
	out->report_id = tlsbind_cursor_take(c, 32);
	out->report_id_ma = tlsbind_cursor_take(c, 32);
}

static void tlsbind_snp_parse_platform(struct tlsbind_cursor *c, struct tlsbind_snp *out)
{
	out->reported_tcb = tlsbind_cursor_take(c, TLSBIND_SNP_TCB_SIZE);
	if (out->version >= 3) {
		out->family = tlsbind_cursor_u8(c);
		out->model = tlsbind_cursor_u8(c);
		out->stepping = tlsbind_cursor_u8(c);
		tlsbind_cursor_zero(c, 21);
	} else {
		tlsbind_cursor_zero(c, 24);
	}
	out->chip_id = tlsbind_cursor_take(c, 64);
	out->committed_tcb = tlsbind_cursor_take(c, TLSBIND_SNP_TCB_SIZE);
	out->current_firmware = tlsbind_cursor_take(c, 3);
	tlsbind_cursor_zero(c, 1);
	out->committed_firmware = tlsbind_cursor_take(c, 3);
	tlsbind_cursor_zero(c, 1);
	out->launch_tcb = tlsbind_cursor_take(c, TLSBIND_SNP_TCB_SIZE);
	if (out->version >= 5) {
		out->launch_mit_vector = tlsbind_cursor_le64(c);
		out->current_mit_vector = tlsbind_cursor_le64(c);
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
	tlsbind_snp_parse_platform(&c, out);
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
