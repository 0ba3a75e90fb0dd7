// SPDX-License-Identifier: MIT
/*
 * Intel TDX: quote version 4 (Intel TDX DCAP Quoting Library API, appendix 3)
 * with ECDSA P-256. Integers are little-endian; r, s, X and Y are big-endian.
 */
#include <endian.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "common.h"
#include "tee.h"

#define TDX_ATTRIBUTES		0x10000000ULL	/* SEPT_VE_DISABLE */
#define TDX_ATTRIBUTES_DEBUG	1ULL
#define TDX_XFAM		0x618e7ULL
#define TDX_KEY_TYPE_P256	2
#define TDX_TEE_TYPE		0x81
#define TDX_CERT_PCK_CHAIN	5
#define TDX_CERT_QE_REPORT	6
#define TDX_QE_ATTRIBUTES	0x15ULL
#define TDX_QE_XFRM		0xe7ULL
#define TDX_QE_PRODUCT		2
#define TDX_QE_SVN		7
#define TDX_QE_AUTH_LEN		32
#define TDX_CHAIN_MAX		8192

struct tdx_header {
	uint16_t version;
	uint16_t key_type;
	uint32_t tee_type;
	uint32_t reserved;
	uint8_t qe_vendor[16];
	uint8_t user_data[20];
} __attribute__((packed));

struct tdx_body {
	uint8_t tee_tcb_svn[16];
	uint8_t mrseam[48];
	uint8_t mrsignerseam[48];
	uint64_t seam_attributes;
	uint64_t attributes;
	uint64_t xfam;
	uint8_t mrtd[48];
	uint8_t mrconfigid[48];
	uint8_t mrowner[48];
	uint8_t mrownerconfig[48];
	uint8_t rtmr[4][48];
	uint8_t report_data[64];
} __attribute__((packed));

struct tdx_qe_report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t reserved_20[28];
	uint64_t attributes;
	uint64_t xfrm;
	uint8_t mrenclave[32];
	uint8_t reserved_96[32];
	uint8_t mrsigner[32];
	uint8_t reserved_160[96];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint8_t reserved_260[60];
	uint8_t report_data[64];
} __attribute__((packed));
_Static_assert(sizeof(struct tdx_qe_report) == 384, "QE report length");

/* Everything up to the PCK chain. */
struct tdx_quote {
	struct tdx_header header;
	struct tdx_body body;
	uint32_t signature_len;			/* of all that follows */
	uint8_t signature[64];
	uint8_t attestation_key[64];
	uint16_t cert_type;
	uint32_t cert_len;
	struct tdx_qe_report qe_report;
	uint8_t qe_signature[64];
	uint16_t qe_auth_len;
	uint8_t qe_auth[TDX_QE_AUTH_LEN];
	uint16_t chain_type;
	uint32_t chain_len;
} __attribute__((packed));
_Static_assert(offsetof(struct tdx_quote, signature_len) == 632, "signed length");
_Static_assert(offsetof(struct tdx_quote, qe_report) == 636 + 134, "QE report offset");

static const uint8_t tdx_qe_vendor[16] = {
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07
};

/* Signer of Intel's TD quoting enclave: verifiers ask for it without looking further. */
static const uint8_t tdx_qe_mrsigner[32] = {
	0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03,
	0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5
};

static EVP_PKEY *tdx_ak;			/* attestation key, born at each start */
static struct tdx_quote tdx_template;		/* what all quotes have in common */
static char tdx_chain[TDX_CHAIN_MAX];
static size_t tdx_chain_len;

/* r and s as 32 bytes each. */
static void tdx_sign(EVP_PKEY *key, const void *data, size_t len, uint8_t *out)
{
	ECDSA_SIG *sig = mock_ecdsa(key, EVP_sha256(), data, len);

	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) != 32)
		die("signature too long");
	ECDSA_SIG_free(sig);
}

/* PCK certificate, CA and root in PEM, with the zero byte that Intel's code leaves there. */
static void tdx_load_chain(const char *dir)
{
	static const char * const names[] = { "pck.pem", "pck-ca.pem", "root.pem" };
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text;
	long len;

	for (size_t i = 0; i < 3; i++) {
		X509 *cert = mock_load_cert(dir, names[i]);

		if (PEM_write_bio_X509(bio, cert) != 1)
			die("cannot encode %s", names[i]);
		X509_free(cert);
	}
	len = BIO_get_mem_data(bio, &text);
	if (len <= 0 || (size_t)len >= sizeof(tdx_chain))
		die("certificate chain too long");
	memcpy(tdx_chain, text, (size_t)len);
	tdx_chain_len = (size_t)len + 1;
	BIO_free(bio);
}

static void tdx_make_attestation_key(uint8_t *public_key)
{
	uint8_t point[65];
	size_t len = 0;

	tdx_ak = EVP_EC_gen("P-256");
	if (!tdx_ak ||
	    EVP_PKEY_get_octet_string_param(tdx_ak, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					    sizeof(point), &len) != 1 ||
	    len != sizeof(point) || point[0] != 4)
		die("cannot make the attestation key");
	memcpy(public_key, point + 1, 64);
}

/* The quoting enclave vouches for the attestation key, the PCK for the enclave. */
static void tdx_make_qe_report(struct tdx_quote *quote, EVP_PKEY *pck)
{
	static const uint8_t cpusvn[16] = MOCK_CPUSVN;
	struct tdx_qe_report *qe = &quote->qe_report;
	uint8_t bound[64 + TDX_QE_AUTH_LEN];
	unsigned int len = 0;

	memcpy(qe->cpusvn, cpusvn, sizeof(cpusvn));
	qe->attributes = htole64(TDX_QE_ATTRIBUTES);
	qe->xfrm = htole64(TDX_QE_XFRM);
	memcpy(qe->mrenclave, MOCK_WARNING, sizeof(qe->mrenclave));
	memcpy(qe->mrsigner, tdx_qe_mrsigner, sizeof(qe->mrsigner));
	qe->isvprodid = htole16(TDX_QE_PRODUCT);
	qe->isvsvn = htole16(TDX_QE_SVN);

	memcpy(bound, quote->attestation_key, 64);
	memcpy(bound + 64, quote->qe_auth, TDX_QE_AUTH_LEN);
	if (EVP_Digest(bound, sizeof(bound), qe->report_data, &len, EVP_sha256(), NULL) != 1)
		die("no SHA-256");
	tdx_sign(pck, qe, sizeof(*qe), quote->qe_signature);
}

static void tdx_make_header(struct tdx_header *header)
{
	header->version = htole16(4);
	header->key_type = htole16(TDX_KEY_TYPE_P256);
	header->tee_type = htole32(TDX_TEE_TYPE);
	memcpy(header->qe_vendor, tdx_qe_vendor, sizeof(tdx_qe_vendor));
	if (RAND_bytes(header->user_data, 16) != 1)
		die("no random bytes");
}

static void tdx_start(const struct tee_options *options)
{
	struct tdx_quote *quote = &tdx_template;
	EVP_PKEY *pck = mock_load_key(options->pki, "pck.key");

	tdx_load_chain(options->pki);
	tdx_make_header(&quote->header);
	tdx_make_attestation_key(quote->attestation_key);
	for (uint8_t i = 0; i < TDX_QE_AUTH_LEN; i++)
		quote->qe_auth[i] = i;
	quote->qe_auth_len = htole16(TDX_QE_AUTH_LEN);
	tdx_make_qe_report(quote, pck);
	EVP_PKEY_free(pck);

	quote->cert_type = htole16(TDX_CERT_QE_REPORT);
	quote->chain_type = htole16(TDX_CERT_PCK_CHAIN);
	quote->chain_len = htole32((uint32_t)tdx_chain_len);
	quote->cert_len = htole32((uint32_t)(sizeof(*quote) - offsetof(struct tdx_quote, qe_report) +
					     tdx_chain_len));
	quote->signature_len = htole32((uint32_t)(sizeof(*quote) -
						  offsetof(struct tdx_quote, signature) +
						  tdx_chain_len));
}

static void tdx_fill(const struct tee_options *options, const uint8_t *data, struct tdx_body *body)
{
	static const uint8_t tee_tcb_svn[16] = { 5, 1, 2 };

	if (!options->tcb_mismatch)
		memcpy(body->tee_tcb_svn, tee_tcb_svn, sizeof(tee_tcb_svn));
	memcpy(body->mrseam, "MOCK TDX MODULE", 15);
	body->attributes = htole64(TDX_ATTRIBUTES | (options->debug ? TDX_ATTRIBUTES_DEBUG : 0));
	body->xfam = htole64(TDX_XFAM);
	memcpy(body->mrtd, MOCK_MEASUREMENT, sizeof(body->mrtd));
	for (int i = 0; i < 3; i++) {
		memcpy(body->rtmr[i], "MOCK RTMR", 9);
		body->rtmr[i][9] = (uint8_t)('0' + i);
	}
	memcpy(body->report_data, data, sizeof(body->report_data));
}

static void tdx_report(const struct tee_options *options, const uint8_t *data, uint32_t privlevel,
		       struct tee_evidence *evidence)
{
	struct tdx_quote quote = tdx_template;

	(void)privlevel;			/* a TD has none */
	tdx_fill(options, data, &quote.body);
	tdx_sign(tdx_ak, &quote, offsetof(struct tdx_quote, signature_len), quote.signature);
	if (options->wrong_signature)
		quote.signature[63] ^= 1;

	memcpy(evidence->out, &quote, sizeof(quote));
	memcpy(evidence->out + sizeof(quote), tdx_chain, tdx_chain_len);
	evidence->out_len = sizeof(quote) + tdx_chain_len;
}

const struct tee tee_tdx = {
	.provider = "tdx_guest",
	.start = tdx_start,
	.report = tdx_report,
};
