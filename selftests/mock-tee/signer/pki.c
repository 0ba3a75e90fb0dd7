// SPDX-License-Identifier: MIT
/*
 * mock-tee-pki DIR: makes a new test PKI in the shape of AMD's and Intel's.
 *
 * The CA keys are forgotten at once: what is not in DIR afterwards can never be
 * certified by this PKI.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "cert.h"
#include "common.h"

#define CA_EXT(constraints, usage)			\
	"[ext]\n"					\
	"basicConstraints=critical," constraints "\n"	\
	"keyUsage=critical," usage "\n"			\
	"subjectKeyIdentifier=hash\n"			\
	"authorityKeyIdentifier=keyid\n"

#define OID_AMD		"1.3.6.1.4.1.3704.1"
#define OID_PCK		"1.2.840.113741.1.13.1"

/* "MOCK TEE" and random bytes, as hexadecimal text. */
static char *pki_unique_hex(size_t len)
{
	uint8_t bytes[64];
	char *hex = malloc(2 * len + 1);

	if (!hex || len > sizeof(bytes) || RAND_bytes(bytes, (int)len) != 1)
		die("no random bytes");
	memcpy(bytes, "MOCK TEE", 8);
	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	return hex;
}

static FILE *pki_open(const char *dir, const char *name, mode_t mode)
{
	char *path = mock_path(dir, name);
	mode_t old = umask(0777 & ~mode);
	FILE *file;

	if (unlink(path) && errno != ENOENT)
		die("cannot replace %s: %s", path, strerror(errno));
	file = fopen(path, "wx");
	if (!file)
		die("cannot write %s: %s", path, strerror(errno));
	umask(old);
	free(path);
	return file;
}

static void pki_close(FILE *file, const char *name)
{
	if (ferror(file) | fclose(file))
		die("cannot write %s: %s", name, strerror(errno));
}

static void pki_save_cert(const char *dir, const char *name, X509 *cert)
{
	FILE *file = pki_open(dir, name, 0644);

	if (PEM_write_X509(file, cert) != 1)
		die("cannot write %s", name);
	pki_close(file, name);
}

static void pki_save_key(const char *dir, const char *name, EVP_PKEY *key)
{
	FILE *file = pki_open(dir, name, 0600);

	if (PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1)
		die("cannot write %s", name);
	pki_close(file, name);
}

static EVP_PKEY *pki_rsa(void)
{
	EVP_PKEY *key = EVP_RSA_gen(4096);

	if (!key)
		die("cannot make an RSA key");
	return key;
}

static EVP_PKEY *pki_ec(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	if (!key)
		die("cannot make a key on %s", curve);
	return key;
}

/*
 * AMD's extensions, in AMD's order. The signer reads them back and makes reports
 * of that chip and TCB. A microcode SPL over 127 has a DER INTEGER of two bytes.
 */
static char *pki_vcek_ext(void)
{
	char *hwid = pki_unique_hex(64), *text;
	int len;

	len = asprintf(&text,
		       "[ext]\n"
		       OID_AMD ".1=ASN1:INTEGER:0\n"
		       OID_AMD ".2=ASN1:IA5STRING:Milan-B0\n"
		       OID_AMD ".3.1=ASN1:INTEGER:4\n"
		       OID_AMD ".3.2=ASN1:INTEGER:0\n"
		       OID_AMD ".3.4=ASN1:INTEGER:0\n"
		       OID_AMD ".3.5=ASN1:INTEGER:0\n"
		       OID_AMD ".3.6=ASN1:INTEGER:0\n"
		       OID_AMD ".3.7=ASN1:INTEGER:0\n"
		       OID_AMD ".3.3=ASN1:INTEGER:24\n"
		       OID_AMD ".3.8=ASN1:INTEGER:219\n"
		       OID_AMD ".4=DER:%s\n", hwid);
	if (len < 0)
		die("out of memory");
	free(hwid);
	return text;
}

/* ARK, ASK and VCEK: all signed with RSASSA-PSS, the VCEK with serial number 0. */
static void pki_snp(const char *dir)
{
	EVP_PKEY *ark_key = pki_rsa(), *ask_key = pki_rsa(), *vcek_key = pki_ec("P-384");
	char *vcek_ext = pki_vcek_ext();
	X509 *ark, *ask, *vcek;

	ark = cert_make(&(struct cert_spec) {
		.cn = "ARK-Milan", .serial = 0x10000, .key = ark_key, .issuer_key = ark_key,
		.pss = true, .conf = CA_EXT("CA:TRUE", "keyCertSign,cRLSign"),
	});
	ask = cert_make(&(struct cert_spec) {
		.cn = "SEV-Milan", .serial = 0x10001, .key = ask_key, .issuer = ark,
		.issuer_key = ark_key, .pss = true, .conf = CA_EXT("CA:TRUE,pathlen:0", "keyCertSign"),
	});
	vcek = cert_make(&(struct cert_spec) {
		.cn = "SEV-VCEK", .serial = 0, .key = vcek_key, .issuer = ask,
		.issuer_key = ask_key, .pss = true, .conf = vcek_ext,
	});

	pki_save_cert(dir, "ark.pem", ark);
	pki_save_cert(dir, "ask.pem", ask);
	pki_save_cert(dir, "vcek.pem", vcek);
	pki_save_key(dir, "vcek.key", vcek_key);

	X509_free(ark);
	X509_free(ask);
	X509_free(vcek);
	EVP_PKEY_free(ark_key);
	EVP_PKEY_free(ask_key);
	EVP_PKEY_free(vcek_key);
	free(vcek_ext);
}

/* The section [NAME] that stands for SEQUENCE { OID, value }. */
static void pki_pair(FILE *out, const char *name, const char *oid, const char *value)
{
	fprintf(out, "[%s]\noid=OID:" OID_PCK "%s\nvalue=%s\n", name, oid, value);
}

static void pki_pck_tcb(FILE *out)
{
	const uint8_t svn[16] = MOCK_CPUSVN;
	char name[16], oid[16], value[24];

	fprintf(out, "[tcb_list]\n");
	for (int i = 1; i <= 18; i++)
		fprintf(out, "f%d=SEQUENCE:tcb%d\n", i, i);
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "tcb%d", i + 1);
		snprintf(oid, sizeof(oid), ".2.%d", i + 1);
		snprintf(value, sizeof(value), "INTEGER:%u", svn[i]);
		pki_pair(out, name, oid, value);
	}
	snprintf(value, sizeof(value), "INTEGER:%d", MOCK_PCESVN);
	pki_pair(out, "tcb17", ".2.17", value);
	fprintf(out, "[tcb18]\noid=OID:" OID_PCK ".2.18\nvalue=FORMAT:HEX,OCTETSTRING:");
	for (int i = 0; i < 16; i++)
		fprintf(out, "%02x", svn[i]);
	fprintf(out, "\n");
}

/* Intel's extension, complete; FMSPC and PPID begin with "MOCK" in ASCII. */
static char *pki_pck_ext(void)
{
	char *text = NULL, *ppid = pki_unique_hex(16), *instance = pki_unique_hex(16);
	char value[80];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		die("out of memory");
	fprintf(out, "[ext]\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
		     "keyUsage=critical,digitalSignature,nonRepudiation\n"
		     "basicConstraints=critical,CA:FALSE\n" OID_PCK "=ASN1:SEQUENCE:pck\n[pck]\n");
	for (const char *part = "1234567"; *part; part++)
		fprintf(out, "p%c=SEQUENCE:p%c\n", *part, *part);

	snprintf(value, sizeof(value), "FORMAT:HEX,OCTETSTRING:%s", ppid);
	pki_pair(out, "p1", ".1", value);
	pki_pair(out, "p2", ".2", "SEQUENCE:tcb_list");
	pki_pair(out, "p3", ".3", "FORMAT:HEX,OCTETSTRING:0000");
	pki_pair(out, "p4", ".4", "FORMAT:HEX,OCTETSTRING:4d4f434b0000");
	pki_pair(out, "p5", ".5", "ENUM:1");
	snprintf(value, sizeof(value), "FORMAT:HEX,OCTETSTRING:%s", instance);
	pki_pair(out, "p6", ".6", value);
	pki_pair(out, "p7", ".7", "SEQUENCE:config_list");
	fprintf(out, "[config_list]\nc1=SEQUENCE:c1\nc2=SEQUENCE:c2\nc3=SEQUENCE:c3\n");
	pki_pair(out, "c1", ".7.1", "BOOL:TRUE");
	pki_pair(out, "c2", ".7.2", "BOOL:FALSE");
	pki_pair(out, "c3", ".7.3", "BOOL:TRUE");
	pki_pck_tcb(out);

	if (fclose(out))
		die("out of memory");
	free(ppid);
	free(instance);
	return text;
}

/* Root CA, PCK platform CA and PCK certificate: all P-256. */
static void pki_tdx(const char *dir)
{
	EVP_PKEY *root_key = pki_ec("P-256"), *ca_key = pki_ec("P-256"), *pck_key = pki_ec("P-256");
	char *pck_ext = pki_pck_ext();
	X509 *root, *ca, *pck;

	root = cert_make(&(struct cert_spec) {
		.cn = "Intel SGX Root CA (MOCK)", .serial = 1, .key = root_key,
		.issuer_key = root_key, .conf = CA_EXT("CA:TRUE,pathlen:1", "keyCertSign,cRLSign"),
	});
	ca = cert_make(&(struct cert_spec) {
		.cn = "Intel SGX PCK Platform CA (MOCK)", .serial = 2, .key = ca_key, .issuer = root,
		.issuer_key = root_key, .conf = CA_EXT("CA:TRUE,pathlen:0", "keyCertSign,cRLSign"),
	});
	pck = cert_make(&(struct cert_spec) {
		.cn = "Intel SGX PCK Certificate (MOCK)", .serial = 3, .key = pck_key, .issuer = ca,
		.issuer_key = ca_key, .conf = pck_ext,
	});

	pki_save_cert(dir, "root.pem", root);
	pki_save_cert(dir, "pck-ca.pem", ca);
	pki_save_cert(dir, "pck.pem", pck);
	pki_save_key(dir, "pck.key", pck_key);

	X509_free(root);
	X509_free(ca);
	X509_free(pck);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(pck_key);
	free(pck_ext);
}

static void pki_measurement(const char *dir)
{
	FILE *file = pki_open(dir, "measurement.hex", 0644);

	for (int i = 0; i < MOCK_MEASUREMENT_LEN; i++)
		fprintf(file, "%02x", (unsigned char)MOCK_MEASUREMENT[i]);
	fputc('\n', file);
	pki_close(file, "measurement.hex");
}

int main(int argc, char **argv)
{
	if (argc != 2 || argv[1][0] == '-') {
		fputs("usage: mock-tee-pki DIR\n", stderr);
		return 2;
	}
	if (mkdir(argv[1], 0755) && errno != EEXIST)
		die("cannot make %s: %s", argv[1], strerror(errno));

	pki_snp(argv[1]);
	pki_tdx(argv[1]);
	pki_measurement(argv[1]);
	return 0;
}
