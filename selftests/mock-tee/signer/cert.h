/* SPDX-License-Identifier: MIT */
/* One certificate of the test PKI. */
#ifndef MOCK_CERT_H
#define MOCK_CERT_H

#include <stdbool.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/**
 * struct cert_spec - what a certificate is to say
 * @cn: common name; the organization always says that this is a mock
 * @serial: serial number
 * @key: the subject's key
 * @issuer: the issuer's certificate, NULL for a self-signed one
 * @issuer_key: the key that signs
 * @pss: RSASSA-PSS with SHA-384 as AMD does; else ECDSA with SHA-256
 * @conf: extensions in OpenSSL's configuration syntax, section [ext]; or NULL
 */
struct cert_spec {
	const char *cn;
	long serial;
	EVP_PKEY *key;
	X509 *issuer;
	EVP_PKEY *issuer_key;
	bool pss;
	const char *conf;
};

/**
 * cert_make() - make a certificate, or die
 * @spec: what it is to say
 *
 * Return: a certificate that the caller frees.
 */
X509 *cert_make(const struct cert_spec *spec);

#endif
