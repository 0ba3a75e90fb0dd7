// SPDX-License-Identifier: MIT
#include <string.h>
#include <openssl/conf.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "common.h"

/* So wide that no test depends on the clock of a guest. */
#define CERT_NOT_BEFORE	"20200101000000Z"
#define CERT_NOT_AFTER	"20491231235959Z"

static void cert_name_add(X509_NAME *name, const char *field, const char *value)
{
	if (X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, (const unsigned char *)value,
				       -1, -1, 0) != 1)
		die("cannot set %s=%s", field, value);
}

static void cert_set_subject(X509 *cert, const char *cn)
{
	X509_NAME *name = X509_NAME_new();

	if (!name)
		die("out of memory");
	cert_name_add(name, "O", MOCK_WARNING);
	cert_name_add(name, "CN", cn);
	if (X509_set_subject_name(cert, name) != 1)
		die("cannot set the subject");
	X509_NAME_free(name);
}

static void cert_add_extensions(X509 *cert, const struct cert_spec *spec)
{
	X509V3_CTX ctx;
	CONF *conf = NCONF_new(NULL);
	BIO *text = BIO_new_mem_buf(spec->conf, -1);
	long line = 0;

	if (!conf || !text || NCONF_load_bio(conf, text, &line) <= 0)
		die("bad extensions of %s, line %ld", spec->cn, line);
	X509V3_set_ctx(&ctx, spec->issuer ? spec->issuer : cert, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	if (X509V3_EXT_add_nconf(conf, &ctx, "ext", cert) != 1)
		die("cannot add the extensions of %s", spec->cn);
	BIO_free(text);
	NCONF_free(conf);
}

static void cert_sign(X509 *cert, const struct cert_spec *spec)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = spec->pss ? EVP_sha384() : EVP_sha256();
	EVP_PKEY_CTX *pkey = NULL;

	if (!ctx || EVP_DigestSignInit(ctx, &pkey, md, NULL, spec->issuer_key) != 1)
		die("cannot sign %s", spec->cn);
	if (spec->pss &&
	    (EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING) != 1 ||
	     EVP_PKEY_CTX_set_rsa_mgf1_md(pkey, EVP_sha384()) != 1 ||
	     EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, RSA_PSS_SALTLEN_DIGEST) != 1))
		die("no RSASSA-PSS for %s", spec->cn);
	if (X509_sign_ctx(cert, ctx) <= 0)
		die("cannot sign %s", spec->cn);
	EVP_MD_CTX_free(ctx);
}

X509 *cert_make(const struct cert_spec *spec)
{
	X509 *cert = X509_new();

	if (!cert || X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), spec->serial) != 1 ||
	    ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), CERT_NOT_BEFORE) != 1 ||
	    ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), CERT_NOT_AFTER) != 1 ||
	    X509_set_pubkey(cert, spec->key) != 1)
		die("cannot begin the certificate %s", spec->cn);

	cert_set_subject(cert, spec->cn);
	if (X509_set_issuer_name(cert, X509_get_subject_name(spec->issuer ? spec->issuer : cert)) != 1)
		die("cannot set the issuer of %s", spec->cn);
	if (spec->conf)
		cert_add_extensions(cert, spec);
	cert_sign(cert, spec);
	return cert;
}
