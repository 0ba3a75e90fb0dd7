/* SPDX-License-Identifier: MIT */
/*
 * Everything about a guest that a policy states something about: one table. The
 * parser of policy files, the checks, the suggestion of a policy, the schema, the
 * manual page and the tests all follow it.
 */
#ifndef TLSBIND_FIELD_H
#define TLSBIND_FIELD_H

#include "pck.h"
#include "result.h"
#include "snp.h"
#include "statement.h"
#include "tdx.h"

/* Sections of a policy: for a kind of hardware each, and one for the claims. */
enum tlsbind_section {
	TLSBIND_SECTION_SNP,
	TLSBIND_SECTION_TDX,
	TLSBIND_SECTION_CLAIMS,
	TLSBIND_SECTIONS
};

enum tlsbind_field_id {
	TLSBIND_FIELD_SNP_MEASUREMENT,
	TLSBIND_FIELD_SNP_HOST_DATA,
	TLSBIND_FIELD_SNP_ID_KEY_DIGEST,
	TLSBIND_FIELD_SNP_AUTHOR_KEY_DIGEST,
	TLSBIND_FIELD_SNP_FAMILY_ID,
	TLSBIND_FIELD_SNP_IMAGE_ID,
	TLSBIND_FIELD_SNP_GUEST_SVN,
	TLSBIND_FIELD_SNP_VMPL,
	TLSBIND_FIELD_SNP_CHIP_ID,
	TLSBIND_FIELD_SNP_POLICY,
	TLSBIND_FIELD_SNP_PLATFORM_INFO,
	TLSBIND_FIELD_TDX_MRTD,
	TLSBIND_FIELD_TDX_RTMR0,
	TLSBIND_FIELD_TDX_RTMR1,
	TLSBIND_FIELD_TDX_RTMR2,
	TLSBIND_FIELD_TDX_RTMR3,
	TLSBIND_FIELD_TDX_MR_CONFIG_ID,
	TLSBIND_FIELD_TDX_MR_OWNER,
	TLSBIND_FIELD_TDX_MR_OWNER_CONFIG,
	TLSBIND_FIELD_TDX_MR_SERVICE_TD,
	TLSBIND_FIELD_TDX_MR_SEAM,
	TLSBIND_FIELD_TDX_PPID,
	TLSBIND_FIELD_TDX_PLATFORM_INSTANCE_ID,
	TLSBIND_FIELD_TDX_ATTRIBUTES,
	TLSBIND_FIELD_TDX_XFAM,
	TLSBIND_FIELD_CLAIMS_FLAGS,
	TLSBIND_FIELD_CLAIMS_GENERATION,
	TLSBIND_FIELD_CLAIMS_UID,
	TLSBIND_FIELD_CLAIMS_EXECUTABLE,
	TLSBIND_FIELD_CLAIMS_RULES_DIGEST,
	TLSBIND_FIELD_CLAIMS_KEY_AGE,
	TLSBIND_FIELD_CLAIMS_UPTIME,
	TLSBIND_FIELD_CLAIMS_APP_DATA,
	TLSBIND_FIELD_COUNT
};

/**
 * struct tlsbind_facts - what evidence says
 * @snp: SNP report; NULL if there is none
 * @tdx: TDX quote; NULL if there is none
 * @pck: TDX: platform, from the certificate; NULL if that is not known
 * @claims: about the connection; NULL if there are none
 * @executable: from @claims, as statements have it
 */
struct tlsbind_facts {
	const struct tlsbind_snp *snp;
	const struct tlsbind_tdx *tdx;
	const struct tlsbind_pck *pck;
	const struct tlsbind_claims *claims;
	uint8_t executable[TLSBIND_EXECUTABLE_SIZE];
};

/**
 * struct tlsbind_field - a field
 * @section: where a policy has it
 * @check: the check it is for
 * @kind: how it is compared
 * @setter: without a policy its check is decided by functions of the library
 * @nonzero: bytes of zero name nothing, and are not accepted as a value
 * @platform: names one machine; not suggested unless asked for
 * @key: name in the section
 * @size: kinds of bytes: how many
 * @max: kinds of numbers: largest that a policy can have
 * @bits: TLSBIND_KIND_BITS: names
 * @others: TLSBIND_KIND_BITS: bits without a name that must be zero
 * @value: what evidence has there; asked only if there is evidence of this section
 */
struct tlsbind_field {
	enum tlsbind_section section;
	enum tlsbind_check_id check;
	enum tlsbind_kind kind;
	bool setter;
	bool nonzero;
	bool platform;
	const char *key;
	size_t size;
	uint64_t max;
	const struct tlsbind_bit *bits;
	uint64_t others;
	struct tlsbind_value (*value)(const struct tlsbind_facts *facts);
};

extern const struct tlsbind_field tlsbind_fields[TLSBIND_FIELD_COUNT];

/** tlsbind_section_key() - name of a section in a policy */
const char *tlsbind_section_key(enum tlsbind_section section);

/** tlsbind_facts_claims() - add claims, which must live as long as @facts */
void tlsbind_facts_claims(struct tlsbind_facts *facts, const struct tlsbind_claims *claims);

/** tlsbind_field_value() - Return: what evidence has there; absent if it is of another kind */
struct tlsbind_value tlsbind_field_value(const struct tlsbind_field *field,
					 const struct tlsbind_facts *facts);

/** tlsbind_field_bits() - what is stated about bits that a policy does not name */
void tlsbind_field_bits(const struct tlsbind_field *field, struct tlsbind_statement *out);

#endif /* TLSBIND_FIELD_H */
