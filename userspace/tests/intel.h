/* SPDX-License-Identifier: MIT */
/* What Intel's certificates have in them, made for test keys. */
#ifndef TLSBIND_TESTS_INTEL_H
#define TLSBIND_TESTS_INTEL_H

#include <openssl/x509.h>
#include "common.h"

#define INTEL_FMSPC	"00a06d080000"
#define INTEL_PCEID	"0000"
#define INTEL_PPID	"50505050505050505050505050505050"
#define INTEL_INSTANCE	"49494949494949494949494949494949"
#define INTEL_PCESVN	13

/* SVN of component number @i, from 0. */
#define INTEL_SVN(i)	((i) < 4 ? 3 - (i) / 2 : 0)

/**
 * struct intel_change - replace one line of what the PCK extension is made from
 * @line: what stands before "=", such as "ppid.value" or "pck.ppid"
 * @value: what stands behind it from now on; NULL takes the line out
 */
struct intel_change {
	const char *line;
	const char *value;
};

/**
 * intel_pck_extension() - add the extension of a PCK certificate
 * @cert: not signed yet
 * @changes: ended by a NULL line; may be NULL
 */
void intel_pck_extension(X509 *cert, const struct intel_change *changes);

#endif /* TLSBIND_TESTS_INTEL_H */
