// SPDX-License-Identifier: MIT
/*
 * AMD SEV-SNP: attestation report version 3 (AMD 56860) and certificate table
 * (AMD 56421). Integers in both are little-endian, and so are r and s.
 */
#include <endian.h>
#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>

#include "common.h"
#include "tee.h"

#define SNP_REPORT_LEN		1184
#define SNP_SIGNED_LEN		0x2a0
#define SNP_POLICY		0x30000ULL	/* SMT allowed, bit 17 always 1 */
#define SNP_POLICY_DEBUG	(1ULL << 19)
#define SNP_PLATFORM_INFO	0x25ULL		/* SMT, ECC, alias check complete */
#define SNP_SIGALGO_P384	1
#define SNP_FIRMWARE		{ 29, 55, 1, 0 }	/* build, minor, major */
#define SNP_CHIP_ID_LEN		64
#define SNP_RS_LEN		72

/* Milan's TCB_VERSION. */
struct snp_tcb {
	uint8_t boot_loader;
	uint8_t tee;
	uint8_t reserved[4];
	uint8_t snp;
	uint8_t microcode;
};

struct snp_report {
	uint32_t version;
	uint32_t guest_svn;
	uint64_t policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t vmpl;
	uint32_t signature_algo;
	struct snp_tcb current_tcb;
	uint64_t platform_info;
	uint32_t signer_info;			/* 0: VCEK, chip id not masked */
	uint32_t reserved_4c;
	uint8_t report_data[64];
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];
	struct snp_tcb reported_tcb;
	uint8_t cpuid_family;
	uint8_t cpuid_model;
	uint8_t cpuid_stepping;
	uint8_t reserved_18b[21];
	uint8_t chip_id[SNP_CHIP_ID_LEN];
	struct snp_tcb committed_tcb;
	uint8_t current_firmware[4];
	uint8_t committed_firmware[4];
	struct snp_tcb launch_tcb;
	uint8_t reserved_1f8[168];
	uint8_t r[SNP_RS_LEN];
	uint8_t s[SNP_RS_LEN];
	uint8_t reserved_330[368];
} __attribute__((packed));
_Static_assert(sizeof(struct snp_report) == SNP_REPORT_LEN, "report length");
_Static_assert(offsetof(struct snp_report, r) == SNP_SIGNED_LEN, "signed length");

struct snp_table_entry {
	uint8_t guid[16];			/* in the order in which it is printed */
	uint32_t offset;
	uint32_t length;
} __attribute__((packed));

static const uint8_t snp_guid_vcek[16] = {
	0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd
};
static const uint8_t snp_guid_ask[16] = {
	0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82
};
static const uint8_t snp_guid_ark[16] = {
	0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae
};

static EVP_PKEY *snp_key;
static X509 *snp_vcek, *snp_ask, *snp_ark;
static struct snp_tcb snp_tcb;
static uint8_t snp_chip_id[SNP_CHIP_ID_LEN];
static uint8_t snp_report_id[32];		/* of this guest, that is, this run */

static const ASN1_OCTET_STRING *snp_extension(const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int where = X509_get_ext_by_OBJ(snp_vcek, object, -1);

	if (where < 0)
		die("vcek.pem has no extension %s", oid);
	ASN1_OBJECT_free(object);
	return X509_EXTENSION_get_data(X509_get_ext(snp_vcek, where));
}

static uint8_t snp_spl(const char *oid)
{
	const ASN1_OCTET_STRING *value = snp_extension(oid);
	const uint8_t *pos = ASN1_STRING_get0_data(value);
	ASN1_INTEGER *number = d2i_ASN1_INTEGER(NULL, &pos, ASN1_STRING_length(value));
	int64_t spl;

	if (!number || ASN1_INTEGER_get_int64(&spl, number) != 1 || spl < 0 || spl > 255)
		die("bad extension %s in vcek.pem", oid);
	ASN1_INTEGER_free(number);
	return (uint8_t)spl;
}

static void snp_start(const struct tee_options *options)
{
	const ASN1_OCTET_STRING *hwid;

	snp_key = mock_load_key(options->pki, "vcek.key");
	snp_vcek = mock_load_cert(options->pki, "vcek.pem");
	snp_ask = mock_load_cert(options->pki, "ask.pem");
	snp_ark = mock_load_cert(options->pki, "ark.pem");

	snp_tcb.boot_loader = snp_spl("1.3.6.1.4.1.3704.1.3.1");
	snp_tcb.tee = snp_spl("1.3.6.1.4.1.3704.1.3.2");
	snp_tcb.snp = snp_spl("1.3.6.1.4.1.3704.1.3.3");
	snp_tcb.microcode = snp_spl("1.3.6.1.4.1.3704.1.3.8");

	hwid = snp_extension("1.3.6.1.4.1.3704.1.4");
	if (ASN1_STRING_length(hwid) != SNP_CHIP_ID_LEN)
		die("hwID in vcek.pem has the wrong length");
	memcpy(snp_chip_id, ASN1_STRING_get0_data(hwid), SNP_CHIP_ID_LEN);
	if (RAND_bytes(snp_report_id, sizeof(snp_report_id)) != 1)
		die("no random bytes");
}

static void snp_fill(const struct tee_options *options, const uint8_t *data, uint32_t privlevel,
		     struct snp_report *report)
{
	static const uint8_t firmware[4] = SNP_FIRMWARE;

	report->version = htole32(3);
	report->policy = htole64(SNP_POLICY | (options->debug ? SNP_POLICY_DEBUG : 0));
	report->vmpl = htole32(options->vmpl >= 0 ? (uint32_t)options->vmpl : privlevel);
	report->signature_algo = htole32(SNP_SIGALGO_P384);
	report->platform_info = htole64(SNP_PLATFORM_INFO);
	memcpy(report->report_data, data, sizeof(report->report_data));
	memcpy(report->measurement, MOCK_MEASUREMENT, sizeof(report->measurement));
	memcpy(report->report_id, snp_report_id, sizeof(report->report_id));
	memset(report->report_id_ma, 0xff, sizeof(report->report_id_ma));
	report->cpuid_family = 0x19;		/* Milan */
	report->cpuid_model = 1;
	report->cpuid_stepping = 1;
	memcpy(report->chip_id, snp_chip_id, sizeof(report->chip_id));
	memcpy(report->current_firmware, firmware, sizeof(firmware));
	memcpy(report->committed_firmware, firmware, sizeof(firmware));

	report->reported_tcb = snp_tcb;
	if (options->tcb_mismatch)
		report->reported_tcb.snp--;
	report->current_tcb = snp_tcb;
	report->committed_tcb = report->reported_tcb;
	report->launch_tcb = snp_tcb;
}

static void snp_sign(const struct tee_options *options, struct snp_report *report)
{
	ECDSA_SIG *sig = mock_ecdsa(snp_key, EVP_sha384(), (const uint8_t *)report, SNP_SIGNED_LEN);

	if (BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), report->r, SNP_RS_LEN) != SNP_RS_LEN ||
	    BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), report->s, SNP_RS_LEN) != SNP_RS_LEN)
		die("signature too long");
	if (options->wrong_signature)
		report->s[0] ^= 1;
	ECDSA_SIG_free(sig);
}

/* Returns where the next certificate goes. */
static size_t snp_table_add(uint8_t *table, int slot, size_t offset, const uint8_t *guid, X509 *cert)
{
	struct snp_table_entry entry = { .offset = htole32((uint32_t)offset) };
	uint8_t *pos = table + offset;
	int len = i2d_X509(cert, NULL);

	if (len < 0 || offset + (size_t)len > MOCK_TEE_BLOB_MAX || i2d_X509(cert, &pos) != len)
		die("cannot encode a certificate");
	memcpy(entry.guid, guid, sizeof(entry.guid));
	entry.length = htole32((uint32_t)len);
	memcpy(table + (size_t)slot * sizeof(entry), &entry, sizeof(entry));
	return offset + (size_t)len;
}

static void snp_report(const struct tee_options *options, const uint8_t *data, uint32_t privlevel,
		       struct tee_evidence *evidence)
{
	struct snp_report report = { 0 };
	size_t end = 4 * sizeof(struct snp_table_entry);	/* three and a zero entry */

	snp_fill(options, data, privlevel, &report);
	snp_sign(options, &report);
	memcpy(evidence->out, &report, sizeof(report));
	evidence->out_len = sizeof(report);

	end = snp_table_add(evidence->aux, 0, end, snp_guid_vcek, snp_vcek);
	end = snp_table_add(evidence->aux, 1, end, snp_guid_ask, snp_ask);
	end = snp_table_add(evidence->aux, 2, end, snp_guid_ark, snp_ark);
	evidence->aux_len = end;
}

const struct tee tee_snp = {
	.provider = "sev_guest",
	.start = snp_start,
	.report = snp_report,
};
