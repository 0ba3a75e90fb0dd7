/* SPDX-License-Identifier: MIT */
/* Certificates and reports in the shape of AMD's, of every product, and wrong in any way. */
#ifndef TLSBIND_TESTS_AMD_H
#define TLSBIND_TESTS_AMD_H

#include <openssl/x509.h>
#include "common.h"

#define AMD_OID(arc)		"1.3.6.1.4.1.3704.1." arc
#define AMD_EXTENSIONS_MAX	16

/** struct amd_extension - one of AMD's extensions: raw bytes under an OID */
struct amd_extension {
	const char *oid;
	uint8_t value[72];
	size_t len;
};

/**
 * struct amd_case - a report and the certificate of its key
 * @report: version 3
 * @subject: common name
 * @second: one more common name; NULL for none
 * @issuer: common name
 * @extensions: in AMD's order
 * @count: how many
 */
struct amd_case {
	uint8_t report[1184];
	const char *subject;
	const char *second;
	const char *issuer;
	struct amd_extension extensions[AMD_EXTENSIONS_MAX];
	size_t count;
};

/** enum amd_kind - whose key signed */
enum amd_kind {
	AMD_MILAN,
	AMD_GENOA,
	AMD_TURIN,
	AMD_MILAN_VLEK,
	AMD_TURIN_VLEK,
};

/** amd_default() - a report and a certificate that fit */
void amd_default(struct amd_case *c, enum amd_kind kind);

/** amd_extension() - one of the extensions of a case, to be changed */
struct amd_extension *amd_extension(struct amd_case *c, const char *oid);

/** amd_set() - replace the value of an extension, add it if it is not there */
void amd_set(struct amd_case *c, const char *oid, const void *value, size_t len);

/** amd_drop() - take an extension away */
void amd_drop(struct amd_case *c, const char *oid);

/** amd_certificate() - the certificate, not signed */
X509 *amd_certificate(const struct amd_case *c);

#endif /* TLSBIND_TESTS_AMD_H */
