/* SPDX-License-Identifier: MIT */
/* What the programs of the mock TEE share: names, the measurement, files, errors. */
#ifndef MOCK_COMMON_H
#define MOCK_COMMON_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define MOCK_WARNING	"tlsbind MOCK TEST - NOT A REAL TEE"

/* The measurement of the mock guest: SNP launch digest and TDX MRTD alike. */
#define MOCK_MEASUREMENT	"MOCK TEE / " MOCK_WARNING "!!!"
#define MOCK_MEASUREMENT_LEN	48
_Static_assert(sizeof(MOCK_MEASUREMENT) == MOCK_MEASUREMENT_LEN + 1, "48 bytes");

/* The mock platform's CPU security version, in the PCK certificate and the QE report. */
#define MOCK_CPUSVN	{ 7, 7, 2, 2, 3, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0 }
#define MOCK_PCESVN	11

/**
 * die() - print a message and what OpenSSL has to say, exit with status 1
 * @format: as for printf()
 */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/**
 * mock_path() - name of a file of the PKI
 * @dir: the PKI's directory
 * @name: the file in it
 *
 * Return: a string that the caller frees.
 */
char *mock_path(const char *dir, const char *name);

/**
 * mock_load_cert() - read a certificate of the PKI, or die
 * @dir: the PKI's directory
 * @name: the PEM file in it
 *
 * Return: a certificate that the caller frees.
 */
X509 *mock_load_cert(const char *dir, const char *name);

/**
 * mock_load_key() - read a private key of the PKI, or die
 * @dir: the PKI's directory
 * @name: the PEM file in it
 *
 * Return: a key that the caller frees.
 */
EVP_PKEY *mock_load_key(const char *dir, const char *name);

/**
 * mock_ecdsa() - sign, and give r and s as numbers
 * @key: EC private key
 * @md: the hash
 * @data: what to sign
 * @len: its length
 *
 * Return: a signature that the caller frees with ECDSA_SIG_free().
 */
ECDSA_SIG *mock_ecdsa(EVP_PKEY *key, const EVP_MD *md, const uint8_t *data, size_t len);

#endif
