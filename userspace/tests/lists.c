/* SPDX-License-Identifier: MIT */
#include "lists.h"
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static X509_EXTENSION *list_extension(const char *oid, int critical)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	assert_non_null(object);
	assert_true(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x02\x01\x01", 3));
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
	return ext;
}

static void list_extend(X509_CRL *list, const char *oid, int critical)
{
	X509_EXTENSION *ext = list_extension(oid, critical);

	assert_true(X509_CRL_add_ext(list, ext, -1));
	X509_EXTENSION_free(ext);
}

static void list_dates(X509_CRL *list, enum list_flaw flaw)
{
	ASN1_TIME *time = ASN1_TIME_new();

	X509_gmtime_adj(time, flaw == LIST_FUTURE ? 600 : -7200);
	assert_true(X509_CRL_set1_lastUpdate(list, time));
	X509_gmtime_adj(time, flaw == LIST_EXPIRED ? -600 : 7200);
	if (flaw != LIST_ENDLESS)
		assert_true(X509_CRL_set1_nextUpdate(list, time));
	ASN1_TIME_free(time);
}

static void list_revoke(X509_CRL *list, X509 *revoked, enum list_flaw flaw)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *time = ASN1_TIME_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	X509_EXTENSION *ext = list_extension("1.2.3.4", 1);

	X509_gmtime_adj(time, -3600);
	assert_true(ASN1_INTEGER_set(serial, 0x7777));
	assert_true(X509_REVOKED_set_revocationDate(entry, time));
	assert_true(X509_REVOKED_set_serialNumber(
			entry, revoked ? X509_get_serialNumber(revoked) : serial));
	if (flaw == LIST_FOREIGN)
		assert_true(X509_REVOKED_add_ext(entry, ext, -1));
	assert_true(X509_CRL_add0_revoked(list, entry));
	X509_EXTENSION_free(ext);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(time);
}

/* As a file would have it, with one bit of the signature flipped. */
static X509_CRL *list_break(X509_CRL *list)
{
	uint8_t *der = NULL;
	const uint8_t *p;
	int len = i2d_X509_CRL(list, &der);

	assert_true(len > 0);
	der[len - 1] ^= 1;
	p = der;
	X509_CRL_free(list);
	list = d2i_X509_CRL(NULL, &p, len);
	assert_non_null(list);
	OPENSSL_free(der);
	return list;
}

X509_CRL *list_new(X509 *issuer, EVP_PKEY *key, X509 *revoked, enum list_flaw flaw)
{
	X509_CRL *list = X509_CRL_new();

	assert_true(X509_CRL_set_version(list, X509_CRL_VERSION_2));
	assert_true(X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer)));
	list_dates(list, flaw);
	list_revoke(list, revoked, flaw);
	if (flaw == LIST_DELTA)
		list_extend(list, "deltaCRL", 0);
	if (flaw == LIST_PARTIAL)
		list_extend(list, "issuingDistributionPoint", 0);
	if (flaw == LIST_CRITICAL)
		list_extend(list, "1.2.3.4", 1);
	assert_true(X509_CRL_sign(list, key, flaw == LIST_SHA1 ? EVP_sha1() : EVP_sha384()));
	return flaw == LIST_BROKEN ? list_break(list) : list;
}

void list_add(struct tlsbind_appraisal *appraisal, X509_CRL *list, bool pem)
{
	char path[] = "/tmp/tlsbind-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	assert_true(pem ? PEM_write_X509_CRL(file, list) : i2d_X509_CRL_fp(file, list));
	fclose(file);
	assert_int_equal(tlsbind_appraisal_add_crl(appraisal, path), 0);
	unlink(path);
	X509_CRL_free(list);
}
