/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <string.h>
#include "field.h"

#define TLSBIND_SECONDS_MAX	UINT32_MAX
#define TLSBIND_VMPL_MAX	3

static const char *const tlsbind_section_keys[TLSBIND_SECTIONS] = {
	[TLSBIND_SECTION_SNP] = "snp",
	[TLSBIND_SECTION_TDX] = "tdx",
	[TLSBIND_SECTION_CLAIMS] = "claims",
};

/* AMD 56860, GUEST_POLICY. Reserved bits are checked where a report is parsed. */
static const struct tlsbind_bit tlsbind_bits_snp_policy[] = {
	{ "smt", 16, -1, false },
	{ "migrate-ma", 18, 0, false },
	{ "debug", 19, 0, false },
	{ "single-socket", 20, -1, false },
	{ "cxl-allow", 21, 0, false },
	{ "mem-aes-256-xts", 22, -1, false },
	{ "rapl-dis", 23, -1, false },
	{ "ciphertext-hiding-dram", 24, -1, false },
	{ "page-swap-disable", 25, -1, false },
	{ NULL, 0, -1, false },
};

/* AMD 56860, PLATFORM_INFO. Genuine reports set bits that no document we have names. */
static const struct tlsbind_bit tlsbind_bits_snp_platform[] = {
	{ "smt-en", 0, -1, false },
	{ "tsme-en", 1, -1, false },
	{ "ecc-en", 2, -1, false },
	{ "rapl-dis", 3, -1, false },
	{ "ciphertext-hiding-dram-en", 4, -1, false },
	{ "alias-check-complete", 5, -1, false },
	{ "tio-en", 7, -1, false },
	{ NULL, 0, -1, false },
};

/* Intel 348551, TD ATTRIBUTES. */
static const struct tlsbind_bit tlsbind_bits_tdx_attributes[] = {
	{ "debug", 0, 0, false },
	{ "sept-ve-disable", 28, 1, false },
	{ "migratable", 29, 0, false },
	{ "pks", 30, -1, false },
	{ "kl", 31, -1, false },
	{ "perfmon", 63, -1, false },
	{ NULL, 0, -1, false },
};

/* Intel SDM, XCR0 and IA32_XSS. */
static const struct tlsbind_bit tlsbind_bits_tdx_xfam[] = {
	{ "x87", 0, 1, false },
	{ "sse", 1, 1, false },
	{ "avx", 2, -1, false },
	{ "avx512-opmask", 5, -1, false },
	{ "avx512-zmm-hi256", 6, -1, false },
	{ "avx512-hi16-zmm", 7, -1, false },
	{ "pt", 8, -1, false },
	{ "pkru", 9, -1, false },
	{ "cet-u", 11, -1, false },
	{ "cet-s", 12, -1, false },
	{ "uintr", 14, -1, false },
	{ "lbr", 15, -1, false },
	{ "amx-tilecfg", 17, -1, false },
	{ "amx-tiledata", 18, -1, false },
	{ NULL, 0, -1, false },
};

/* linux/tlsbind.h, TLSBIND_F_*, with the names of tlsbind_flag_name(). */
static const struct tlsbind_bit tlsbind_bits_flags[] = {
	{ "one-direction", 0, 0, false },
	{ "nic", 1, 0, false },
	{ "doors-open", 2, 0, false },
	{ "locked", 3, 0, true },
	{ "no-export", 4, 0, true },
	{ "gated", 5, 0, true },
	{ "key-shared", 6, 0, false },
	{ "policy-changed", 7, 0, false },
	{ NULL, 0, -1, false },
};

static struct tlsbind_value tlsbind_value_span(struct tlsbind_span span)
{
	return (struct tlsbind_value){ .present = span.data && span.len, .bytes = span };
}

static struct tlsbind_value tlsbind_value_bytes(const void *data, size_t len)
{
	return tlsbind_value_span((struct tlsbind_span){ data, len });
}

static struct tlsbind_value tlsbind_value_number(uint64_t number)
{
	return (struct tlsbind_value){ .present = true, .number = number };
}

#define TLSBIND_VALUE(name, expression)							\
static struct tlsbind_value tlsbind_value_##name(const struct tlsbind_facts *facts)	\
{											\
	return expression;								\
}
#define TLSBIND_VALUE_SPAN(name, member)	\
	TLSBIND_VALUE(name, tlsbind_value_span(facts->member))
#define TLSBIND_VALUE_BYTES(name, member)	\
	TLSBIND_VALUE(name, tlsbind_value_bytes(facts->member, sizeof(facts->member)))
#define TLSBIND_VALUE_NUMBER(name, number)	\
	TLSBIND_VALUE(name, tlsbind_value_number(number))

TLSBIND_VALUE_SPAN(measurement, snp->measurement)
TLSBIND_VALUE_SPAN(host_data, snp->host_data)
TLSBIND_VALUE_SPAN(id_key_digest, snp->id_key_digest)
TLSBIND_VALUE_SPAN(author_key_digest, snp->author_key_digest)
TLSBIND_VALUE_SPAN(family_id, snp->family_id)
TLSBIND_VALUE_SPAN(image_id, snp->image_id)
TLSBIND_VALUE_NUMBER(guest_svn, facts->snp->guest_svn)
TLSBIND_VALUE_SPAN(chip_id, snp->chip_id)
TLSBIND_VALUE_NUMBER(policy, facts->snp->policy)
TLSBIND_VALUE_NUMBER(platform_info, facts->snp->platform_info)
TLSBIND_VALUE_SPAN(mrtd, tdx->mrtd)
TLSBIND_VALUE_SPAN(rtmr0, tdx->rtmr[0])
TLSBIND_VALUE_SPAN(rtmr1, tdx->rtmr[1])
TLSBIND_VALUE_SPAN(rtmr2, tdx->rtmr[2])
TLSBIND_VALUE_SPAN(rtmr3, tdx->rtmr[3])
TLSBIND_VALUE_SPAN(mr_config_id, tdx->mr_config_id)
TLSBIND_VALUE_SPAN(mr_owner, tdx->mr_owner)
TLSBIND_VALUE_SPAN(mr_owner_config, tdx->mr_owner_config)
TLSBIND_VALUE_SPAN(mr_service_td, tdx->mr_service_td)
TLSBIND_VALUE_SPAN(mr_seam, tdx->mr_seam)
TLSBIND_VALUE_NUMBER(attributes, facts->tdx->attributes)
TLSBIND_VALUE_NUMBER(xfam, facts->tdx->xfam)
TLSBIND_VALUE_NUMBER(flags, be32toh(facts->claims->flags))
TLSBIND_VALUE_NUMBER(uid, be32toh(facts->claims->uid))
TLSBIND_VALUE_NUMBER(uptime, be64toh(facts->claims->evidence_ns))
TLSBIND_VALUE_BYTES(rules_digest, claims->policy_digest)
TLSBIND_VALUE_BYTES(app_data, claims->app_data)
TLSBIND_VALUE_BYTES(executable, executable)

static struct tlsbind_value tlsbind_value_ppid(const struct tlsbind_facts *facts)
{
	return facts->pck ? tlsbind_value_bytes(facts->pck->ppid, sizeof(facts->pck->ppid)) :
			    (struct tlsbind_value){ .present = false };
}

static struct tlsbind_value tlsbind_value_instance(const struct tlsbind_facts *facts)
{
	return facts->pck && facts->pck->has_instance ?
	       tlsbind_value_bytes(facts->pck->instance, sizeof(facts->pck->instance)) :
	       (struct tlsbind_value){ .present = false };
}

/* Another level than these: the host had the report made, with REPORT_DATA of its own. */
static struct tlsbind_value tlsbind_value_vmpl(const struct tlsbind_facts *facts)
{
	struct tlsbind_value value = tlsbind_value_number(facts->snp->vmpl);

	value.never = facts->snp->vmpl > TLSBIND_VMPL_MAX;
	return value;
}

/* Of both directions the one that was changed more often. */
static struct tlsbind_value tlsbind_value_generation(const struct tlsbind_facts *facts)
{
	uint32_t tx = be32toh(facts->claims->tx_generation);
	uint32_t rx = be32toh(facts->claims->rx_generation);

	return tlsbind_value_number(tx > rx ? tx : rx);
}

/* A key that was installed after the evidence was made has no age. */
static struct tlsbind_value tlsbind_value_key_age(const struct tlsbind_facts *facts)
{
	uint64_t installed = be64toh(facts->claims->installed_ns);
	uint64_t evidence = be64toh(facts->claims->evidence_ns);

	if (installed > evidence)
		return (struct tlsbind_value){ .present = false };
	return tlsbind_value_number(evidence - installed);
}

/* How a field is compared and where its value is, by kind. */
#define TLSBIND_IS_BYTES(bytes, from)	\
	.kind = TLSBIND_KIND_BYTES, .size = (bytes), .value = tlsbind_value_##from
#define TLSBIND_IS_NUMBER(how, largest, from)	\
	.kind = TLSBIND_KIND_##how, .max = (largest), .value = tlsbind_value_##from
#define TLSBIND_IS_BITS(names, unnamed, from)	\
	.kind = TLSBIND_KIND_BITS, .bits = tlsbind_bits_##names, .others = (unnamed), \
	.value = tlsbind_value_##from
#define TLSBIND_OF(part, name, id)	\
	.section = TLSBIND_SECTION_##part, .key = (name), .check = TLSBIND_CHECK_##id

const struct tlsbind_field tlsbind_fields[TLSBIND_FIELD_COUNT] = {
	[TLSBIND_FIELD_SNP_MEASUREMENT] = {
		TLSBIND_OF(SNP, "measurement", APPRAISAL_MEASUREMENT),
		TLSBIND_IS_BYTES(48, measurement), .setter = true, .nonzero = true },
	[TLSBIND_FIELD_SNP_HOST_DATA] = {
		TLSBIND_OF(SNP, "host-data", APPRAISAL_HOST_DATA),
		TLSBIND_IS_BYTES(32, host_data) },
	[TLSBIND_FIELD_SNP_ID_KEY_DIGEST] = {
		TLSBIND_OF(SNP, "id-key-digest", APPRAISAL_ID_KEY_DIGEST),
		TLSBIND_IS_BYTES(48, id_key_digest) },
	[TLSBIND_FIELD_SNP_AUTHOR_KEY_DIGEST] = {
		TLSBIND_OF(SNP, "author-key-digest", APPRAISAL_AUTHOR_KEY_DIGEST),
		TLSBIND_IS_BYTES(48, author_key_digest) },
	[TLSBIND_FIELD_SNP_FAMILY_ID] = {
		TLSBIND_OF(SNP, "family-id", APPRAISAL_FAMILY_ID),
		TLSBIND_IS_BYTES(16, family_id) },
	[TLSBIND_FIELD_SNP_IMAGE_ID] = {
		TLSBIND_OF(SNP, "image-id", APPRAISAL_IMAGE_ID),
		TLSBIND_IS_BYTES(16, image_id) },
	[TLSBIND_FIELD_SNP_GUEST_SVN] = {
		TLSBIND_OF(SNP, "guest-svn", APPRAISAL_GUEST_SVN),
		TLSBIND_IS_NUMBER(MINIMUM, UINT32_MAX, guest_svn) },
	[TLSBIND_FIELD_SNP_VMPL] = {
		TLSBIND_OF(SNP, "vmpl", REPORT_VMPL),
		TLSBIND_IS_NUMBER(NUMBERS, TLSBIND_VMPL_MAX, vmpl), .setter = true },
	[TLSBIND_FIELD_SNP_CHIP_ID] = {
		TLSBIND_OF(SNP, "chip-id", APPRAISAL_CHIP_ID),
		TLSBIND_IS_BYTES(64, chip_id), .nonzero = true, .platform = true },
	[TLSBIND_FIELD_SNP_POLICY] = {
		TLSBIND_OF(SNP, "policy", APPRAISAL_GUEST_POLICY),
		TLSBIND_IS_BITS(snp_policy, 0, policy) },
	[TLSBIND_FIELD_SNP_PLATFORM_INFO] = {
		TLSBIND_OF(SNP, "platform-info", APPRAISAL_PLATFORM_INFO),
		TLSBIND_IS_BITS(snp_platform, 0, platform_info), .platform = true },
	[TLSBIND_FIELD_TDX_MRTD] = {
		TLSBIND_OF(TDX, "mrtd", APPRAISAL_MEASUREMENT),
		TLSBIND_IS_BYTES(48, mrtd), .setter = true, .nonzero = true },
	[TLSBIND_FIELD_TDX_RTMR0] = {
		TLSBIND_OF(TDX, "rtmr0", APPRAISAL_RTMR0), TLSBIND_IS_BYTES(48, rtmr0) },
	[TLSBIND_FIELD_TDX_RTMR1] = {
		TLSBIND_OF(TDX, "rtmr1", APPRAISAL_RTMR1), TLSBIND_IS_BYTES(48, rtmr1) },
	[TLSBIND_FIELD_TDX_RTMR2] = {
		TLSBIND_OF(TDX, "rtmr2", APPRAISAL_RTMR2), TLSBIND_IS_BYTES(48, rtmr2) },
	[TLSBIND_FIELD_TDX_RTMR3] = {
		TLSBIND_OF(TDX, "rtmr3", APPRAISAL_RTMR3), TLSBIND_IS_BYTES(48, rtmr3) },
	[TLSBIND_FIELD_TDX_MR_CONFIG_ID] = {
		TLSBIND_OF(TDX, "mr-config-id", APPRAISAL_MR_CONFIG_ID),
		TLSBIND_IS_BYTES(48, mr_config_id) },
	[TLSBIND_FIELD_TDX_MR_OWNER] = {
		TLSBIND_OF(TDX, "mr-owner", APPRAISAL_MR_OWNER),
		TLSBIND_IS_BYTES(48, mr_owner) },
	[TLSBIND_FIELD_TDX_MR_OWNER_CONFIG] = {
		TLSBIND_OF(TDX, "mr-owner-config", APPRAISAL_MR_OWNER_CONFIG),
		TLSBIND_IS_BYTES(48, mr_owner_config) },
	[TLSBIND_FIELD_TDX_MR_SERVICE_TD] = {
		TLSBIND_OF(TDX, "mr-service-td", APPRAISAL_MR_SERVICE_TD),
		TLSBIND_IS_BYTES(48, mr_service_td) },
	[TLSBIND_FIELD_TDX_MR_SEAM] = {
		TLSBIND_OF(TDX, "mr-seam", APPRAISAL_MR_SEAM),
		TLSBIND_IS_BYTES(48, mr_seam), .nonzero = true, .platform = true },
	[TLSBIND_FIELD_TDX_PPID] = {
		TLSBIND_OF(TDX, "ppid", APPRAISAL_PPID),
		TLSBIND_IS_BYTES(TLSBIND_PCK_ID_SIZE, ppid), .nonzero = true, .platform = true },
	[TLSBIND_FIELD_TDX_PLATFORM_INSTANCE_ID] = {
		TLSBIND_OF(TDX, "platform-instance-id", APPRAISAL_PLATFORM_INSTANCE_ID),
		TLSBIND_IS_BYTES(TLSBIND_PCK_ID_SIZE, instance), .nonzero = true,
		.platform = true },
	[TLSBIND_FIELD_TDX_ATTRIBUTES] = {
		TLSBIND_OF(TDX, "attributes", APPRAISAL_ATTRIBUTES),
		TLSBIND_IS_BITS(tdx_attributes, UINT64_MAX, attributes) },
	[TLSBIND_FIELD_TDX_XFAM] = {
		TLSBIND_OF(TDX, "xfam", APPRAISAL_XFAM),
		TLSBIND_IS_BITS(tdx_xfam, UINT64_MAX, xfam) },
	[TLSBIND_FIELD_CLAIMS_FLAGS] = {
		TLSBIND_OF(CLAIMS, "flags", CLAIMS_FLAGS),
		TLSBIND_IS_BITS(flags, UINT64_MAX, flags), .setter = true },
	[TLSBIND_FIELD_CLAIMS_GENERATION] = {
		TLSBIND_OF(CLAIMS, "generation", APPRAISAL_GENERATION),
		TLSBIND_IS_NUMBER(MAXIMUM, UINT32_MAX, generation) },
	[TLSBIND_FIELD_CLAIMS_UID] = {
		TLSBIND_OF(CLAIMS, "uid", APPRAISAL_UID),
		TLSBIND_IS_NUMBER(NUMBERS, UINT32_MAX, uid) },
	[TLSBIND_FIELD_CLAIMS_EXECUTABLE] = {
		TLSBIND_OF(CLAIMS, "executable", APPRAISAL_EXECUTABLE),
		.kind = TLSBIND_KIND_EXECUTABLE, .size = TLSBIND_EXECUTABLE_SIZE,
		.value = tlsbind_value_executable, .nonzero = true },
	[TLSBIND_FIELD_CLAIMS_RULES_DIGEST] = {
		TLSBIND_OF(CLAIMS, "rules-digest", APPRAISAL_RULES_DIGEST),
		TLSBIND_IS_BYTES(TLSBIND_HASH_SIZE, rules_digest), .nonzero = true },
	[TLSBIND_FIELD_CLAIMS_KEY_AGE] = {
		TLSBIND_OF(CLAIMS, "key-age", APPRAISAL_KEY_AGE),
		TLSBIND_IS_NUMBER(SECONDS, TLSBIND_SECONDS_MAX, key_age) },
	[TLSBIND_FIELD_CLAIMS_UPTIME] = {
		TLSBIND_OF(CLAIMS, "uptime", APPRAISAL_UPTIME),
		TLSBIND_IS_NUMBER(SECONDS, TLSBIND_SECONDS_MAX, uptime) },
	[TLSBIND_FIELD_CLAIMS_APP_DATA] = {
		TLSBIND_OF(CLAIMS, "app-data", APPRAISAL_APP_DATA),
		TLSBIND_IS_BYTES(TLSBIND_APP_DATA_SIZE, app_data) },
};

const char *tlsbind_section_key(enum tlsbind_section section)
{
	return tlsbind_section_keys[section];
}

void tlsbind_facts_claims(struct tlsbind_facts *facts, const struct tlsbind_claims *claims)
{
	facts->claims = claims;
	facts->executable[0] = claims->exe_digest_kind;
	facts->executable[1] = claims->exe_digest_len;
	memcpy(facts->executable + 2, claims->exe_digest, sizeof(claims->exe_digest));
}

static bool tlsbind_field_has(const struct tlsbind_field *field,
			      const struct tlsbind_facts *facts)
{
	switch (field->section) {
	case TLSBIND_SECTION_SNP:
		return facts->snp;
	case TLSBIND_SECTION_TDX:
		return facts->tdx;
	case TLSBIND_SECTION_CLAIMS:
		return facts->claims;
	case TLSBIND_SECTIONS:
		break;
	}
	return false;
}

struct tlsbind_value tlsbind_field_value(const struct tlsbind_field *field,
					 const struct tlsbind_facts *facts)
{
	if (!field->value || !tlsbind_field_has(field, facts))
		return (struct tlsbind_value){ .present = false };
	return field->value(facts);
}

void tlsbind_field_bits(const struct tlsbind_field *field, struct tlsbind_statement *out)
{
	const struct tlsbind_bit *bit;

	tlsbind_statement_clear(out);
	out->zeros = field->others;
	for (bit = field->bits; bit->name; bit++) {
		uint64_t mask = UINT64_C(1) << bit->shift;

		out->zeros &= ~mask;
		if (bit->initial > 0)
			out->ones |= mask;
		else if (!bit->initial)
			out->zeros |= mask;
	}
	out->stated = TLSBIND_STATED_VALUES;
}
