/* SPDX-License-Identifier: MIT */
#include "intel_collateral.h"
#include <time.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "intel.h"
#include "lists.h"

#define HEX48	"000000000000000000000000000000000000000000000000" \
		"000000000000000000000000000000000000000000000000"

static const char tcbinfo[] =
"{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"@ISSUE@\",\"nextUpdate\":\"@NEXT@\","
"\"fmspc\":\"00A06D080000\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17,"
"\"tdxModule\":{\"mrsigner\":\"" HEX48 "\",\"attributes\":\"0000000000000000\","
"\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},"
"\"tdxModuleIdentities\":[{\"id\":\"TDX_03\",\"mrsigner\":\"" HEX48 "\","
"\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\","
"\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3},\"tcbDate\":\"2024-11-13T00:00:00Z\","
"\"tcbStatus\":\"UpToDate\"}]},"
"{\"id\":\"TDX_01\",\"mrsigner\":\"" HEX48 "\","
"\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\","
"\"tcbLevels\":["
"{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
"{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
"\"advisoryIDs\":[\"INTEL-SA-01036\",\"INTEL-SA-01099\"]},"
"{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"OutOfDate\"},"
"{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2022-08-09T00:00:00Z\",\"tcbStatus\":\"Revoked\"}]}],"
"\"tcbLevels\":["
"{\"tcb\":{\"sgxtcbcomponents\":@[3,3,2,2],\"pcesvn\":13,\"tdxtcbcomponents\":@[5,0,2]},"
"\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
"{\"tcb\":{\"sgxtcbcomponents\":@[3,3,2,2],\"pcesvn\":5,\"tdxtcbcomponents\":@[5,0,2]},"
"\"tcbDate\":\"2018-01-04T00:00:00Z\",\"tcbStatus\":\"ConfigurationNeeded\"},"
"{\"tcb\":{\"sgxtcbcomponents\":@[3,3,2,1],\"pcesvn\":13,\"tdxtcbcomponents\":@[3,0,1]},"
"\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
"\"advisoryIDs\":[\"INTEL-SA-00837\"]},"
"{\"tcb\":{\"sgxtcbcomponents\":@[2,2,2,1],\"pcesvn\":5,\"tdxtcbcomponents\":@[1,0,0]},"
"\"tcbDate\":\"2018-01-04T00:00:00Z\",\"tcbStatus\":\"OutOfDateConfigurationNeeded\","
"\"advisoryIDs\":[\"INTEL-SA-00837\",\"INTEL-SA-00960\"]},"
"{\"tcb\":{\"sgxtcbcomponents\":@[1,1,1,1],\"pcesvn\":5,\"tdxtcbcomponents\":@[0]},"
"\"tcbDate\":\"2017-01-04T00:00:00Z\",\"tcbStatus\":\"Revoked\"}]}";

static const char qeidentity[] =
"{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"@ISSUE@\",\"nextUpdate\":\"@NEXT@\","
"\"tcbEvaluationDataNumber\":17,\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
"\"attributes\":\"11000000000000000000000000000000\","
"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
"\"mrsigner\":\"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5\","
"\"isvprodid\":2,\"tcbLevels\":["
"{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
"{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
"\"advisoryIDs\":[\"INTEL-SA-00477\"]},"
"{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2018-01-04T00:00:00Z\",\"tcbStatus\":\"Revoked\"}]}";

/* @text with the first @from replaced, and freed; fails the test if there is none. */
static char *replace(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from), *out;

	if (!at)
		fail_msg("\"%s\" is not there", from);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >= 0);
	free(text);
	return out;
}

static char *replace_time(char *text, const char *from, time_t when)
{
	char to[32];

	strftime(to, sizeof(to), "%Y-%m-%dT%H:%M:%SZ", gmtime(&when));
	while (strstr(text, from))
		text = replace(text, from, to);
	return text;
}

/* "@[3,2]" becomes an array of sixteen objects. */
static char *expand(char *text)
{
	char *at, *end, *array, token[64];
	size_t len;
	FILE *out;

	while ((at = strstr(text, "@["))) {
		int number = 0, svn;

		end = strchr(at, ']');
		snprintf(token, sizeof(token), "%.*s", (int)(end - at + 1), at);
		out = open_memstream(&array, &len);
		for (at += 2; number < 16; number++) {
			svn = at < end ? (int)strtol(at, &at, 10) : 0;
			at += at < end;
			fprintf(out, "%s{\"svn\":%d,\"category\":\"BIOS\"}", number ? "," : "[",
				svn);
		}
		fputs("]", out);
		fclose(out);
		text = replace(text, token, array);
		free(array);
	}
	return text;
}

static char *finish(const char *base, const struct edit *edits)
{
	char *text = strdup(base);

	assert_non_null(text);
	for (; edits && edits->from; edits++)
		text = replace(text, edits->from, edits->to);
	text = replace_time(text, "@ISSUE@", time(NULL) - 1800);
	text = replace_time(text, "@NEXT@", time(NULL) + 1800);
	return expand(text);
}

char *collateral_tcbinfo(const struct edit *edits)
{
	return finish(tcbinfo, edits);
}

char *collateral_qeidentity(const struct edit *edits)
{
	return finish(qeidentity, edits);
}

struct signer collateral_signer(const struct synth_pki *pki, enum signer_flaw flaw)
{
	bool root = flaw != SIGNER_UNDER_CA;
	struct signer signer = { EVP_EC_gen("P-256"), X509_new() };
	X509_NAME *subject = X509_get_subject_name(signer.cert);
	const char *name = flaw == SIGNER_NAME ? "Intel SGX PCK Certificate" :
						 "Intel SGX TCB Signing";
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
						  flaw == SIGNER_CA ? "critical,CA:TRUE" :
								      "critical,CA:FALSE");

	X509_set_version(signer.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(signer.cert), 0x5151 + (long)flaw);
	X509_gmtime_adj(X509_getm_notBefore(signer.cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(signer.cert), flaw == SIGNER_EXPIRED ? -1 : 86400);
	X509_set_pubkey(signer.cert, signer.key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
				   -1, 0);
	X509_set_issuer_name(signer.cert, X509_get_subject_name(root ? pki->root : pki->ca));
	X509_add_ext(signer.cert, ext, -1);
	X509_EXTENSION_free(ext);
	assert_true(X509_sign(signer.cert, root ? pki->root_key : pki->ca_key,
			      flaw == SIGNER_SHA1 ? EVP_sha1() : EVP_sha256()));
	return signer;
}

void collateral_signer_clear(struct signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->cert);
}

char *collateral_sign(EVP_PKEY *key, const char *body)
{
	uint8_t der[128], raw[64];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *hex = calloc(1, 129);
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, (const uint8_t *)body, strlen(body)), 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	for (int i = 0; i < 64; i++)
		sprintf(hex + 2 * i, "%02x", raw[i]);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return hex;
}

char *collateral_pcs(const char *name, const char *body, const char *signature)
{
	char *text;

	assert_true(asprintf(&text, "{\"%s\":%s,\"signature\":\"%s\"}", name, body, signature) > 0);
	return text;
}

static json_t *chain_json(X509 *first, X509 *second)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	json_t *out;
	long len;

	PEM_write_bio_X509(bio, first);
	PEM_write_bio_X509(bio, second);
	len = BIO_get_mem_data(bio, &data);
	out = json_stringn(data, (size_t)len);
	BIO_free(bio);
	return out;
}

static json_t *list_json(X509 *issuer, EVP_PKEY *key)
{
	X509_CRL *list = list_new(issuer, key, NULL, LIST_GOOD);
	uint8_t *der = NULL;
	int len = i2d_X509_CRL(list, &der);
	char *hex = calloc(2, (size_t)len + 1);
	json_t *out;

	for (int i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", der[i]);
	out = json_string(hex);
	free(hex);
	OPENSSL_free(der);
	X509_CRL_free(list);
	return out;
}

static void change_json(json_t *root, const char *change)
{
	const char *blank = strchr(change, ' ');
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(blank - change), change);
	if (blank[1])
		json_object_set_new(root, name, json_loads(blank + 1, JSON_DECODE_ANY, NULL));
	else
		assert_int_equal(json_object_del(root, name), 0);
}

char *collateral_dcap(const struct synth_pki *pki, const struct signer *signer, const char *info,
		      const char *identity, const char *change)
{
	char *info_signature = collateral_sign(signer->key, info);
	char *identity_signature = collateral_sign(signer->key, identity), *text;
	json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:s, s:s}",
				 "pck_crl_issuer_chain", chain_json(pki->ca, pki->root),
				 "root_ca_crl", list_json(pki->root, pki->root_key),
				 "pck_crl", list_json(pki->ca, pki->ca_key),
				 "tcb_info_issuer_chain", chain_json(signer->cert, pki->root),
				 "tcb_info", info, "tcb_info_signature", info_signature,
				 "qe_identity_issuer_chain", chain_json(signer->cert, pki->root),
				 "qe_identity", identity,
				 "qe_identity_signature", identity_signature);

	assert_non_null(root);
	if (change)
		change_json(root, change);
	text = json_dumps(root, 0);
	json_decref(root);
	free(info_signature);
	free(identity_signature);
	return text;
}

int collateral_add(struct tlsbind_appraisal *appraisal, const char *text)
{
	char path[] = "/tmp/tlsbind-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	int ret;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	ret = tlsbind_appraisal_add_collateral(appraisal, path);
	unlink(path);
	return ret;
}

void collateral_add_cert(struct tlsbind_appraisal *appraisal, X509 *cert)
{
	char path[] = "/tmp/tlsbind-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	PEM_write_X509(file, cert);
	fclose(file);
	assert_int_equal(tlsbind_appraisal_add_certificate(appraisal, path), 0);
	unlink(path);
}
