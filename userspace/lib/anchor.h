/* SPDX-License-Identifier: MIT */
/* Public keys of the vendors' roots. They are pinned: names do not count. */
#ifndef TLSBIND_ANCHOR_H
#define TLSBIND_ANCHOR_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>

#define TLSBIND_ANCHOR_SIZE	48	/* SHA-384 */

/**
 * enum tlsbind_vendor - who signs a chain
 * @TLSBIND_VENDOR_AMD: ARK of some product
 * @TLSBIND_VENDOR_INTEL: Intel SGX Root CA
 */
enum tlsbind_vendor {
	TLSBIND_VENDOR_AMD,
	TLSBIND_VENDOR_INTEL,
};

/**
 * struct tlsbind_anchor - one pinned key
 * @name: common name of its root certificate
 * @vendor: whose it is
 * @product: SNP: product whose chips it certifies, such as "Milan"; else NULL
 * @spki: SHA-384 of the DER of SubjectPublicKeyInfo
 */
struct tlsbind_anchor {
	const char *name;
	enum tlsbind_vendor vendor;
	const char *product;
	uint8_t spki[TLSBIND_ANCHOR_SIZE];
};

/**
 * tlsbind_anchor_find() - is this the certificate of a pinned root?
 * @cert: any certificate
 *
 * Looks at the public key alone. Whether the certificate is signed with that
 * key too, X509_self_signed() says.
 *
 * Return: the anchor; NULL if the key is not pinned, or libcrypto fails.
 */
const struct tlsbind_anchor *tlsbind_anchor_find(const X509 *cert);

/** tlsbind_anchor_get() - a pinned key by position; Return: NULL past the last */
const struct tlsbind_anchor *tlsbind_anchor_get(size_t index);

#endif /* TLSBIND_ANCHOR_H */
