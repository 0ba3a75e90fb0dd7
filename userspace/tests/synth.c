/* SPDX-License-Identifier: MIT */
#include "synth.h"
#include "intel.h"
#include <unistd.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define SYNTH_AMD(arc)	"1.3.6.1.4.1.3704.1." arc
#define SYNTH_CHIP	0xc1

static void put_le(uint8_t *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void put_be(uint8_t *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

static void cert_extension(X509 *cert, const char *oid, const void *data, int len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, data, len);
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
	assert_true(X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void cert_vcek(X509 *cert, enum synth_leaf leaf)
{
	static const char *const spls[] = {
		SYNTH_AMD("3.1"), SYNTH_AMD("3.2"), SYNTH_AMD("3.3"), SYNTH_AMD("3.8"),
	};
	static const uint8_t values[][4] = {
		{ 2, 1, 3 }, { 2, 1, 0 }, { 2, 1, 8 }, { 2, 2, 0, 0xdb },
	};
	uint8_t chip[64];

	cert_extension(cert, SYNTH_AMD("1"), "\x02\x01\x00", 3);
	for (size_t i = 0; i < 4; i++)
		cert_extension(cert, spls[i], values[i], 2 + values[i][1]);
	if (leaf == SYNTH_LEAF_NAME)
		cert_extension(cert, SYNTH_AMD("2"), "\x16\x06" "Milano", 8);
	else
		cert_extension(cert, SYNTH_AMD("2"), "\x16\x08" "Milan-B0", 10);
	if (leaf == SYNTH_LEAF_CSP)
		cert_extension(cert, SYNTH_AMD("5"), "\x16\x03" "csp", 5);
	memset(chip, SYNTH_CHIP, sizeof(chip));
	cert_extension(cert, SYNTH_AMD("4"), chip, sizeof(chip));
}

static X509 *cert_new(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
		      bool ca, enum synth_leaf leaf)
{
	static long serial = 1;
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);
	X509_EXTENSION *ext;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), leaf == SYNTH_LEAF_EXPIRED ? -1 : 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
				   (const unsigned char *)"tlsbind unit tests", -1, -1, 0);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
				   -1, 0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject);
	if (ca) {
		ext = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
		X509_add_ext(cert, ext, -1);
		X509_EXTENSION_free(ext);
	} else if (!strcmp(name, "SEV-VCEK")) {
		cert_vcek(cert, leaf);
	} else {
		intel_pck_extension(cert, NULL);
	}
	assert_true(X509_sign(cert, issuer_key,
			      leaf == SYNTH_LEAF_SHA1 ? EVP_sha1() : EVP_sha384()));
	return cert;
}

static const char *synth_leaf_name(bool tdx, enum synth_leaf leaf)
{
	if (!tdx)
		return "SEV-VCEK";
	return leaf == SYNTH_LEAF_SUBJECT ? "Intel SGX TCB Signing" : "Intel SGX PCK Certificate";
}

void synth_pki_leaf(struct synth_pki *pki, bool tdx, enum synth_leaf leaf)
{
	bool root = leaf == SYNTH_LEAF_UNDER_ROOT;

	X509_free(pki->leaf);
	pki->leaf = cert_new(synth_leaf_name(tdx, leaf), pki->key, root ? pki->root : pki->ca,
			     root ? pki->root_key : pki->ca_key, leaf == SYNTH_LEAF_CA, leaf);
}

struct synth_pki *synth_pki_new(bool tdx)
{
	const char *curve = tdx ? "P-256" : "P-384";
	struct synth_pki *pki = calloc(1, sizeof(*pki));
	FILE *file;

	assert_non_null(pki);
	pki->root_key = EVP_EC_gen(curve);
	pki->ca_key = EVP_EC_gen(curve);
	pki->key = EVP_EC_gen(curve);
	pki->root = cert_new("root", pki->root_key, NULL, pki->root_key, true, SYNTH_LEAF_GOOD);
	pki->ca = cert_new(tdx ? "CA" : "SEV-Milan", pki->ca_key, pki->root, pki->root_key, true,
			   SYNTH_LEAF_GOOD);
	synth_pki_leaf(pki, tdx, SYNTH_LEAF_GOOD);
	snprintf(pki->root_file, sizeof(pki->root_file), "/tmp/tlsbind-test-XXXXXX");
	file = fdopen(mkstemp(pki->root_file), "w");
	assert_non_null(file);
	PEM_write_X509(file, pki->root);
	fclose(file);
	return pki;
}

void synth_pki_free(struct synth_pki *pki)
{
	unlink(pki->root_file);
	X509_free(pki->root);
	X509_free(pki->ca);
	X509_free(pki->leaf);
	EVP_PKEY_free(pki->root_key);
	EVP_PKEY_free(pki->ca_key);
	EVP_PKEY_free(pki->key);
	free(pki);
}

void synth_default(struct synth_case *c, struct synth_pki *pki, bool tdx)
{
	struct tlsbind_connection *conn = &c->connection;

	memset(c, 0, sizeof(*c));
	c->tdx = tdx;
	c->pki = pki;
	c->provider = tdx ? "tdx_guest" : "sev_guest";
	conn->tls_version = 0x0304;
	conn->cipher_suite = 0x1302;
	conn->dhe = conn->full_handshake = conn->no_early_data = true;
	memset(conn->tx_commitment, 0x11, sizeof(conn->tx_commitment));
	memset(conn->rx_commitment, 0x22, sizeof(conn->rx_commitment));
	memset(c->nonce, 0x33, sizeof(c->nonce));
	memset(c->boot_nonce, 0x44, sizeof(c->boot_nonce));
	memset(c->measurement, 0x55, sizeof(c->measurement));
	memset(c->path, 0x66, sizeof(c->path));
	c->index = 2;
	c->size = 5;
	c->nodes = 3;
	c->policy = tdx ? 0x10000000 : 0x30000;
	c->tcb = 3;
	c->qe_mrsigner = 0xdc;
	put_be((uint8_t *)&c->claims.version, 1, 2);
	put_be((uint8_t *)&c->claims.tls_version, 0x0304, 2);
	put_be((uint8_t *)&c->claims.cipher_suite, 0x1302, 2);
	memcpy(c->claims.nonce, c->nonce, sizeof(c->nonce));
	memcpy(c->claims.tx_commitment, conn->tx_commitment, TLSBIND_COMMITMENT_SIZE);
	memcpy(c->claims.rx_commitment, conn->rx_commitment, TLSBIND_COMMITMENT_SIZE);
	c->appraisal = tlsbind_appraisal_new();
	assert_int_equal(tlsbind_appraisal_add_root(c->appraisal, pki->root_file), 0);
	tlsbind_appraisal_any_tcb(c->appraisal);
	assert_int_equal(tlsbind_appraisal_add_measurement(c->appraisal, c->measurement,
							   sizeof(c->measurement)), 0);
}

void synth_clear(struct synth_case *c)
{
	tlsbind_appraisal_free(c->appraisal);
	c->appraisal = NULL;
}

/* r and s, each @len bytes, one after the other; big-endian, or each in a field of 72. */
static void sign(EVP_PKEY *key, const EVP_MD *md, const uint8_t *data, size_t data_len,
		 uint8_t *out, bool snp)
{
	uint8_t der[256];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, data, data_len), 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	if (snp) {
		assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), out, 72), 72);
		assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), out + 72, 72), 72);
	} else {
		assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32), 32);
		assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32), 32);
	}
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

/* REPORT_DATA for the tree of this case; for a tree that is none, any will do. */
static void case_report_data(const struct synth_case *c, uint8_t out[TLSBIND_REPORT_DATA_SIZE])
{
	uint8_t leaf[TLSBIND_HASH_SIZE], root[TLSBIND_HASH_SIZE];

	assert_int_equal(tlsbind_leaf((const uint8_t *)&c->claims, leaf), 0);
	(void)tlsbind_path_root(leaf, c->index, c->size, c->path[0], c->nodes, root);
	assert_int_equal(tlsbind_report_data(c->size, root, c->boot_nonce, out), 0);
	out[TLSBIND_TAG_SIZE] ^= c->report_data_flip;
}

static void flip(const struct synth_case *c, enum synth_where where, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < c->flip_count; i++) {
		if (c->flips[i].where != where)
			continue;
		assert_true(c->flips[i].offset < len);
		data[c->flips[i].offset] ^= c->flips[i].value;
	}
}

static void snp_report(const struct synth_case *c, uint8_t out[1184])
{
	static const uint8_t tcb[8] = { 3, 0, 0, 0, 0, 0, 8, 0xdb };

	memset(out, 0, 1184);
	put_le(out, 3, 4);
	put_le(out + 0x08, c->policy, 8);
	put_le(out + 0x30, c->vmpl, 4);
	put_le(out + 0x34, 1, 4);
	case_report_data(c, out + 0x50);
	memcpy(out + 0x90, c->measurement, 48);
	memcpy(out + 0x180, tcb, 8);
	out[0x180] = c->tcb;
	out[0x188] = 0x19;
	out[0x189] = 0x01;
	memset(out + 0x1a0, SYNTH_CHIP, 64);
	flip(c, SYNTH_SIGNED, out, 0x2a0);
	sign(c->pki->key, EVP_sha384(), out, 0x2a0, out + 0x2a0, true);
	out[0x2a0] ^= c->signature_flip;
	flip(c, SYNTH_LATE, out, 1184);
}

/* VCEK and ASK in DER. */
static struct test_bytes snp_table(const struct synth_case *c)
{
	static const uint8_t vcek[] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
					0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };
	static const uint8_t ask[] = { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
				       0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 };
	int vcek_len = i2d_X509(c->pki->leaf, NULL), ask_len = i2d_X509(c->pki->ca, NULL);
	struct test_bytes table = { calloc(1, 72 + (size_t)vcek_len + (size_t)ask_len),
				    72 + (size_t)vcek_len + (size_t)ask_len };
	uint8_t *p = table.data + 72;

	memcpy(table.data, vcek, 16);
	put_le(table.data + 16, 72, 4);
	put_le(table.data + 20, (uint64_t)vcek_len, 4);
	memcpy(table.data + 24, ask, 16);
	put_le(table.data + 40, 72 + (uint64_t)vcek_len, 4);
	put_le(table.data + 44, (uint64_t)ask_len, 4);
	i2d_X509(c->pki->leaf, &p);
	i2d_X509(c->pki->ca, &p);
	flip(c, SYNTH_AUX, table.data, table.len);
	return table;
}

static void tdx_qe_report(const struct synth_case *c, const uint8_t *key, const uint8_t *auth,
			  uint8_t out[384])
{
	static const uint8_t mrsigner[32] = {
		0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
		0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
		0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5,
	};
	uint8_t bound[64 + 32];

	memset(out, 0, 384);
	out[48] = 0x15;
	memcpy(out + 128, mrsigner, sizeof(mrsigner));
	out[128] = c->qe_mrsigner;
	put_le(out + 256, 2, 2);
	memcpy(bound, key, 64);
	memcpy(bound + 64, auth, 32);
	assert_int_equal(EVP_Digest(bound, sizeof(bound), out + 320, NULL, EVP_sha256(), NULL), 1);
}

/* Header and body. */
static void tdx_body(const struct synth_case *c, uint8_t *q)
{
	static const uint8_t vendor[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
					    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
	uint8_t *body = q + (c->v5 ? 54 : 48);

	put_le(q, c->v5 ? 5 : 4, 2);
	put_le(q + 2, 2, 2);
	put_le(q + 4, 0x81, 4);
	memcpy(q + 12, vendor, sizeof(vendor));
	if (c->v5) {
		put_le(q + 48, 3, 2);
		put_le(q + 50, 648, 4);
	}
	put_le(body + 120, c->policy, 8);
	memcpy(body + 136, c->measurement, 48);
	case_report_data(c, body + 520);
}

/* PCK, CA and root in DER, as in Intel's own sample. */
static struct test_bytes tdx_quote(const struct synth_case *c)
{
	int chain_len = i2d_X509(c->pki->leaf, NULL) + i2d_X509(c->pki->ca, NULL) +
			i2d_X509(c->pki->root, NULL);
	size_t head = c->v5 ? 54 + 648 : 632, len = head + 4 + 590 + 32 + (size_t)chain_len;
	struct test_bytes quote = { calloc(1, len), len };
	uint8_t *q = quote.data, *s = q + head + 4, point[65], *p;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	size_t n;

	tdx_body(c, q);
	put_le(q + head, len - head - 4, 4);
	flip(c, SYNTH_SIGNED, q, head);
	sign(key, EVP_sha256(), q, head, s, false);
	s[0] ^= c->signature_flip;
	EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					sizeof(point), &n);
	memcpy(s + 64, point + 1, 64);
	put_le(s + 128, 6, 2);
	put_le(s + 130, len - head - 4 - 134, 4);
	put_le(s + 582, 32, 2);
	memset(s + 584, 0x77, 32);
	tdx_qe_report(c, s + 64, s + 584, s + 134);
	flip(c, SYNTH_QE, s + 134, 384);
	sign(c->pki->key, EVP_sha256(), s + 134, 384, s + 518, false);
	put_le(s + 616, 5, 2);
	put_le(s + 618, (uint64_t)chain_len, 4);
	p = s + 622;
	i2d_X509(c->pki->leaf, &p);
	i2d_X509(c->pki->ca, &p);
	i2d_X509(c->pki->root, &p);
	assert_ptr_equal(p, q + len);
	flip(c, SYNTH_LATE, q, len);
	EVP_PKEY_free(key);
	return quote;
}

static void tlv(struct test_bytes *out, unsigned int type, const void *data, size_t len)
{
	out->data = realloc(out->data, out->len + 6 + len);
	put_be(out->data + out->len, type, 2);
	put_be(out->data + out->len + 2, len, 4);
	if (len)
		memcpy(out->data + out->len + 6, data, len);
	out->len += 6 + len;
}

struct test_bytes synth_encode(const struct synth_case *c)
{
	struct test_bytes out = { NULL, 0 }, report, aux = { NULL, 0 };
	uint8_t number[4];

	tlv(&out, 1, &c->claims, sizeof(c->claims));
	put_be(number, c->index, 4);
	tlv(&out, 2, number, 4);
	put_be(number, c->size, 4);
	tlv(&out, 3, number, 4);
	tlv(&out, 4, c->path, c->nodes * TLSBIND_HASH_SIZE);
	tlv(&out, 5, c->boot_nonce, sizeof(c->boot_nonce));
	tlv(&out, 6, c->provider, strlen(c->provider));
	if (c->tdx) {
		report = tdx_quote(c);
	} else {
		report.len = 1184;
		report.data = malloc(report.len);
		snp_report(c, report.data);
		aux = snp_table(c);
	}
	tlv(&out, 7, report.data, report.len);
	if (aux.len)
		tlv(&out, 8, aux.data, aux.len);
	free(report.data);
	free(aux.data);
	return out;
}

struct tlsbind_result *synth_verify(struct synth_case *c)
{
	struct test_bytes evidence = synth_encode(c);
	struct tlsbind_result *result;

	assert_int_equal(tlsbind_verify(evidence.data, evidence.len, &c->connection, c->nonce,
					c->appraisal, &result), 0);
	free(evidence.data);
	return result;
}
