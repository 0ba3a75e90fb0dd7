// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common.h"

void die(const char *format, ...)
{
	va_list args;

	fputs("mock-tee: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	ERR_print_errors_fp(stderr);
	exit(1);
}

char *mock_path(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		die("out of memory");
	return path;
}

static BIO *mock_open(const char *dir, const char *name)
{
	char *path = mock_path(dir, name);
	BIO *bio = BIO_new_file(path, "r");

	if (!bio)
		die("cannot open %s", path);
	free(path);
	return bio;
}

X509 *mock_load_cert(const char *dir, const char *name)
{
	BIO *bio = mock_open(dir, name);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	if (!cert)
		die("%s/%s is no certificate", dir, name);
	BIO_free(bio);
	return cert;
}

EVP_PKEY *mock_load_key(const char *dir, const char *name)
{
	BIO *bio = mock_open(dir, name);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	if (!key)
		die("%s/%s is no private key", dir, name);
	BIO_free(bio);
	return key;
}

ECDSA_SIG *mock_ecdsa(EVP_PKEY *key, const EVP_MD *md, const uint8_t *data, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256];
	const uint8_t *pos = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, md, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, der, &der_len, data, len) != 1)
		die("cannot sign");
	EVP_MD_CTX_free(ctx);

	sig = d2i_ECDSA_SIG(NULL, &pos, (long)der_len);
	if (!sig)
		die("cannot read my own signature");
	return sig;
}
