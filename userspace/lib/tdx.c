/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include "chain.h"
#include "cursor.h"
#include "pck.h"
#include "tdx.h"

#define TLSBIND_TDX_HEADER_SIZE		48
#define TLSBIND_TDX_BODY_HEADER_SIZE	6	/* version 5: type and size of the body */
#define TLSBIND_TDX_BODY_1_0_SIZE	584
#define TLSBIND_TDX_BODY_1_5_SIZE	648
#define TLSBIND_TDX_KEY_ECDSA_P256	2
#define TLSBIND_TDX_TEE			0x81
#define TLSBIND_TDX_CERT_QE_REPORT	6
#define TLSBIND_TDX_CERT_PCK_CHAIN	5
#define TLSBIND_TDX_QE_PROD_ID		2
#define TLSBIND_SGX_FLAG_DEBUG		2
#define TLSBIND_TDX_PCK_NAME		"SGX PCK Certificate"

static const uint8_t tlsbind_tdx_vendor[16] = {
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
	0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

/* MRSIGNER of Intel's quoting enclaves for TDs, as in every QE identity "TD_QE". */
static const uint8_t tlsbind_tdx_qe_mrsigner[32] = {
	0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17,
	0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03,
	0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd, 0xdf,
	0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5,
};

static void tlsbind_tdx_parse_header(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	struct tlsbind_span vendor;

	out->version = tlsbind_cursor_le16(c);
	if (out->version != 4 && out->version != 5)
		tlsbind_cursor_fail(c);
	if (tlsbind_cursor_le16(c) != TLSBIND_TDX_KEY_ECDSA_P256)
		tlsbind_cursor_fail(c);
	if (tlsbind_cursor_le32(c) != TLSBIND_TDX_TEE)
		tlsbind_cursor_fail(c);
	tlsbind_cursor_zero(c, 4);
	vendor = tlsbind_cursor_take(c, sizeof(tlsbind_tdx_vendor));
	if (vendor.data && memcmp(vendor.data, tlsbind_tdx_vendor, vendor.len))
		tlsbind_cursor_fail(c);
	tlsbind_cursor_skip(c, 20);		/* user data */
}

/* Type and size of the body, which version 4 leaves out. Return: header and body. */
static size_t tlsbind_tdx_parse_type(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	size_t start = TLSBIND_TDX_HEADER_SIZE, want = TLSBIND_TDX_BODY_1_0_SIZE;

	out->body_type = TLSBIND_TDX_BODY_1_0;
	if (out->version != 5)
		return start + want;
	start += TLSBIND_TDX_BODY_HEADER_SIZE;
	out->body_type = tlsbind_cursor_le16(c);
	if (out->body_type == TLSBIND_TDX_BODY_1_5)
		want = TLSBIND_TDX_BODY_1_5_SIZE;
	else if (out->body_type != TLSBIND_TDX_BODY_1_0)
		tlsbind_cursor_fail(c);
	if (tlsbind_cursor_le32(c) != want)
		tlsbind_cursor_fail(c);
	return start + want;
}

/* SEAM module not signed by Intel's own key, or with attributes: not understood here. */
static void tlsbind_tdx_parse_seam(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	out->tee_tcb_svn = tlsbind_cursor_take(c, TLSBIND_TDX_SVN_SIZE);
	out->mr_seam = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	out->mr_signer_seam = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	out->seam_attributes = tlsbind_cursor_take(c, 8);
	if (!tlsbind_span_is_zero(out->mr_signer_seam) ||
	    !tlsbind_span_is_zero(out->seam_attributes))
		tlsbind_cursor_fail(c);
}

static void tlsbind_tdx_parse_body(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	size_t i;

	tlsbind_tdx_parse_seam(c, out);
	out->attributes = tlsbind_cursor_le64(c);
	out->xfam = tlsbind_cursor_le64(c);
	out->mrtd = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	out->mr_config_id = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	out->mr_owner = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	out->mr_owner_config = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	for (i = 0; i < TLSBIND_TDX_RTMR_COUNT; i++)
		out->rtmr[i] = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
	out->report_data = tlsbind_cursor_take(c, TLSBIND_REPORT_DATA_SIZE);
	if (out->body_type != TLSBIND_TDX_BODY_1_5)
		return;
	out->tee_tcb_svn_2 = tlsbind_cursor_take(c, TLSBIND_TDX_SVN_SIZE);
	out->mr_service_td = tlsbind_cursor_take(c, TLSBIND_MEASUREMENT_SIZE);
}

static void tlsbind_tdx_parse_qe(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	struct tlsbind_cursor qe;

	out->qe_report = tlsbind_cursor_take(c, 384);
	tlsbind_cursor_span(&qe, out->qe_report);
	tlsbind_cursor_skip(&qe, 16);		/* CPUSVN */
	out->qe_miscselect = tlsbind_cursor_take(&qe, 4);
	tlsbind_cursor_skip(&qe, 28);
	out->qe_attributes = tlsbind_cursor_take(&qe, 16);
	tlsbind_cursor_skip(&qe, 32 + 32);	/* MRENCLAVE */
	out->qe_mrsigner = tlsbind_cursor_take(&qe, 32);
	tlsbind_cursor_skip(&qe, 96);
	out->qe_prod_id = tlsbind_cursor_le16(&qe);
	out->qe_isvsvn = tlsbind_cursor_le16(&qe);
	tlsbind_cursor_skip(&qe, 60);
	out->qe_report_data = tlsbind_cursor_take(&qe, 64);
	if (!tlsbind_cursor_done(&qe))
		tlsbind_cursor_fail(c);
}

/* Certification data of type 6: the quoting enclave's report and what certifies it. */
static void tlsbind_tdx_parse_certification(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	tlsbind_tdx_parse_qe(c, out);
	out->qe_signature = tlsbind_cursor_take(c, 64);
	out->qe_auth = tlsbind_cursor_take(c, tlsbind_cursor_le16(c));
	if (tlsbind_cursor_le16(c) != TLSBIND_TDX_CERT_PCK_CHAIN)
		tlsbind_cursor_fail(c);
	out->pck_chain = tlsbind_cursor_take(c, tlsbind_cursor_le32(c));
	if (!tlsbind_cursor_done(c))
		tlsbind_cursor_fail(c);
}

static void tlsbind_tdx_parse_signature(struct tlsbind_cursor *c, struct tlsbind_tdx *out)
{
	struct tlsbind_cursor certification;

	out->signature = tlsbind_cursor_take(c, 64);
	out->attestation_key = tlsbind_cursor_take(c, 64);
	if (tlsbind_cursor_le16(c) != TLSBIND_TDX_CERT_QE_REPORT)
		tlsbind_cursor_fail(c);
	tlsbind_cursor_span(&certification, tlsbind_cursor_take(c, tlsbind_cursor_le32(c)));
	tlsbind_tdx_parse_certification(&certification, out);
	if (certification.bad || !tlsbind_cursor_done(c))
		tlsbind_cursor_fail(c);
}

int tlsbind_tdx_parse(struct tlsbind_span quote, struct tlsbind_tdx *out)
{
	struct tlsbind_cursor c, signature;
	size_t signed_size;

	memset(out, 0, sizeof(*out));
	tlsbind_cursor_span(&c, quote);
	tlsbind_tdx_parse_header(&c, out);
	signed_size = tlsbind_tdx_parse_type(&c, out);
	tlsbind_tdx_parse_body(&c, out);
	tlsbind_cursor_span(&signature, tlsbind_cursor_take(&c, tlsbind_cursor_le32(&c)));
	tlsbind_tdx_parse_signature(&signature, out);
	tlsbind_cursor_zero(&c, c.left);
	out->signed_part = tlsbind_span_slice(quote, 0, signed_size);
	if (!signature.bad && tlsbind_cursor_done(&c) && out->signed_part.data)
		return 0;
	memset(out, 0, sizeof(*out));
	return -EBADMSG;
}

/* ATTRIBUTES.FLAGS.DEBUG; what is not there counts as set. */
static bool tlsbind_tdx_qe_debug(const struct tlsbind_tdx *tdx)
{
	struct tlsbind_cursor c;
	uint64_t flags;

	tlsbind_cursor_span(&c, tdx->qe_attributes);
	flags = tlsbind_cursor_le64(&c);
	return c.bad || flags & TLSBIND_SGX_FLAG_DEBUG;
}

/* A P-256 key from its coordinates; libcrypto checks that the point is on the curve. */
static EVP_PKEY *tlsbind_tdx_key(struct tlsbind_span xy)
{
	char group[] = "prime256v1";
	uint8_t point[65] = { 0x04 };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	if (xy.len != sizeof(point) - 1)
		goto out;
	memcpy(point + 1, xy.data, xy.len);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
out:
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

int tlsbind_tdx_ecdsa(EVP_PKEY *pkey, struct tlsbind_span sig, struct tlsbind_span data)
{
	struct tlsbind_span r = tlsbind_span_slice(sig, 0, 32);
	struct tlsbind_span s = tlsbind_span_slice(sig, 32, 32);

	if (sig.len != 64)
		return -EKEYREJECTED;
	return tlsbind_ecdsa_verify(pkey, "prime256v1", EVP_sha256(),
				    BN_bin2bn(r.data, (int)r.len, NULL),
				    BN_bin2bn(s.data, (int)s.len, NULL), data);
}

static bool tlsbind_tdx_key_is_certified(const struct tlsbind_tdx *tdx)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t want[64] = { 0 };
	bool ok;

	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	     EVP_DigestUpdate(ctx, tdx->attestation_key.data, tdx->attestation_key.len) &&
	     EVP_DigestUpdate(ctx, tdx->qe_auth.data, tdx->qe_auth.len) &&
	     EVP_DigestFinal_ex(ctx, want, NULL) && tdx->qe_report_data.len == sizeof(want) &&
	     !CRYPTO_memcmp(want, tdx->qe_report_data.data, sizeof(want));
	EVP_MD_CTX_free(ctx);
	return ok;
}

int tlsbind_tdx_signature(const struct tlsbind_tdx *tdx, X509 *pck, char *why, size_t size)
{
	int ret = -EKEYREJECTED;
	EVP_PKEY *key;

	ERR_set_mark();
	key = tlsbind_tdx_key(tdx->attestation_key);
	if (tlsbind_tdx_ecdsa(X509_get0_pubkey(pck), tdx->qe_signature, tdx->qe_report))
		snprintf(why, size, "quoting enclave's report is not signed by the PCK key");
	else if (!tlsbind_tdx_key_is_certified(tdx))
		snprintf(why, size, "quoting enclave's report is about another attestation key");
	else if (!key || tlsbind_tdx_ecdsa(key, tdx->signature, tdx->signed_part))
		snprintf(why, size, "quote is not signed by the attestation key");
	else
		ret = 0;
	if (!ret)
		snprintf(why, size, "quote, attestation key and quoting enclave's report verify");
	EVP_PKEY_free(key);
	ERR_pop_to_mark();
	return ret;
}

int tlsbind_tdx_certificate(const struct tlsbind_tdx *tdx, const X509 *pck, char *why,
			    size_t size)
{
	struct tlsbind_pck platform;

	if (!tlsbind_chain_is_called(pck, TLSBIND_TDX_PCK_NAME) || tlsbind_pck_parse(pck, &platform))
		snprintf(why, size, "not a PCK certificate");
	else if (tlsbind_tdx_qe_debug(tdx))
		snprintf(why, size, "quoting enclave can be debugged");
	else if (tdx->qe_mrsigner.len != sizeof(tlsbind_tdx_qe_mrsigner) ||
		 memcmp(tdx->qe_mrsigner.data, tlsbind_tdx_qe_mrsigner, tdx->qe_mrsigner.len))
		snprintf(why, size, "quoting enclave is not signed by Intel");
	else if (tdx->qe_prod_id != TLSBIND_TDX_QE_PROD_ID)
		snprintf(why, size, "ISVPRODID %u is no TD quoting enclave", tdx->qe_prod_id);
	else {
		snprintf(why, size, "PCK certificate and Intel's TD quoting enclave");
		return 0;
	}
	return -EKEYREJECTED;
}
