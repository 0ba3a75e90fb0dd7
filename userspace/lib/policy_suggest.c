/* SPDX-License-Identifier: MIT */
/* The reverse of a policy file: the statements with which given evidence agrees. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "cursor.h"
#include "internal.h"
#include "policy_tcb.h"
#include "product.h"
#include "report.h"

static json_t *tlsbind_suggest_hex(struct tlsbind_span span, const char *prefix)
{
	char text[sizeof("fsverity:") + 2 * TLSBIND_STATEMENT_SIZE_MAX + 1];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", prefix);

	tlsbind_hex(span.data, span.len, text + used, sizeof(text) - used);
	return json_pack("[s]", text);
}

/* None and what names nothing cannot be wanted. */
static json_t *tlsbind_suggest_bytes(const struct tlsbind_field *field,
				     const struct tlsbind_value *value)
{
	if (value->bytes.len != field->size ||
	    (field->nonzero && tlsbind_span_is_zero(value->bytes)))
		return json_string("any");
	return tlsbind_suggest_hex(value->bytes, "");
}

static json_t *tlsbind_suggest_executable(const struct tlsbind_facts *facts)
{
	struct tlsbind_span all = { facts->executable, sizeof(facts->executable) };
	struct tlsbind_span digest = tlsbind_span_slice(all, 2, facts->executable[1]);

	if (digest.len < TLSBIND_EXECUTABLE_MIN || tlsbind_span_is_zero(digest))
		return json_string("any");
	if (facts->executable[0] == TLSBIND_EXE_FSVERITY)
		return tlsbind_suggest_hex(digest, "fsverity:");
	if (facts->executable[0] == TLSBIND_EXE_IMA)
		return tlsbind_suggest_hex(digest, "ima:");
	return json_string("any");
}

/* As the evidence has them, but never worse than what is wanted anyway. */
static json_t *tlsbind_suggest_bits(const struct tlsbind_field *field,
				    const struct tlsbind_value *value)
{
	const struct tlsbind_bit *bit;
	json_t *object = json_object();

	for (bit = field->bits; object && bit->name; bit++) {
		int has = value->number >> bit->shift & 1;

		if (bit->initial >= 0 && !bit->promise)
			has = bit->initial > 0;
		if (json_object_set_new(object, bit->name, json_integer(has))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *tlsbind_suggest_field(const struct tlsbind_field *field,
				     const struct tlsbind_facts *facts, bool platform)
{
	struct tlsbind_value value = tlsbind_field_value(field, facts);

	if (!value.present || (field->platform && !platform))
		return field->kind == TLSBIND_KIND_BITS ? json_object() : json_string("any");
	switch (field->kind) {
	case TLSBIND_KIND_BYTES:
		return tlsbind_suggest_bytes(field, &value);
	case TLSBIND_KIND_EXECUTABLE:
		return tlsbind_suggest_executable(facts);
	case TLSBIND_KIND_NUMBERS:
		return value.number <= field->max ?
		       json_pack("[I]", (json_int_t)value.number) : json_string("any");
	case TLSBIND_KIND_MINIMUM:
		return json_integer((json_int_t)value.number);
	case TLSBIND_KIND_BITS:
		return tlsbind_suggest_bits(field, &value);
	case TLSBIND_KIND_MAXIMUM:
	case TLSBIND_KIND_SECONDS:
	case TLSBIND_KIND_NONE:
		break;
	}
	return json_string("any");
}

static json_t *tlsbind_suggest_section(enum tlsbind_section section,
				       const struct tlsbind_facts *facts, bool platform)
{
	json_t *object = json_object();
	int i;

	for (i = 0; object && i < TLSBIND_FIELD_COUNT; i++) {
		const struct tlsbind_field *field = &tlsbind_fields[i];

		if (field->section == section &&
		    json_object_set_new(object, field->key,
					tlsbind_suggest_field(field, facts, platform))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *tlsbind_suggest_root(const struct tlsbind_facts *facts, json_t *minimum,
				    bool platform)
{
	enum tlsbind_section section = facts->snp ? TLSBIND_SECTION_SNP : TLSBIND_SECTION_TDX;
	json_t *root = json_pack("{s:i}", "tlsbind-policy", 1);
	json_t *object = tlsbind_suggest_section(section, facts, platform);
	bool ok;

	ok = root && object;
	if (ok && facts->snp)
		ok = !json_object_set(object, TLSBIND_POLICY_MINIMUM, minimum);
	ok = ok && !json_object_set(root, tlsbind_section_key(section), object);
	json_decref(object);
	if (ok && facts->claims)
		ok = !json_object_set_new(root, tlsbind_section_key(TLSBIND_SECTION_CLAIMS),
					  tlsbind_suggest_section(TLSBIND_SECTION_CLAIMS, facts,
								  platform));
	if (ok)
		return root;
	json_decref(root);
	return NULL;
}

static char *tlsbind_suggest_text(const struct tlsbind_report *report, const uint8_t *claims,
				  bool platform)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	struct tlsbind_facts facts = {
		.snp = snp ? &report->snp : NULL,
		.tdx = snp ? NULL : &report->tdx,
	};
	struct tlsbind_claims copy;
	struct tlsbind_pck pck;
	json_t *minimum, *root;
	char *json, *text = NULL;

	if (!snp && report->leaf && !tlsbind_pck_parse(report->leaf, &pck))
		facts.pck = &pck;
	if (claims) {
		memcpy(&copy, claims, sizeof(copy));
		tlsbind_facts_claims(&facts, &copy);
	}
	minimum = tlsbind_policy_minimum_suggest(report);
	root = minimum ? tlsbind_suggest_root(&facts, minimum, platform) : NULL;
	json = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (json && asprintf(&text, "%s\n", json) < 0)
		text = NULL;
	free(json);
	json_decref(minimum);
	json_decref(root);
	return text;
}

char *tlsbind_policy_suggest(const char *provider, const void *report, size_t report_len,
			     const void *aux, size_t aux_len, const uint8_t *claims, bool platform)
{
	struct tlsbind_span report_span = { report, report_len };
	struct tlsbind_span aux_span = { aux, aux ? aux_len : 0 };
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct tlsbind_report parsed;
	char why[160], *text = NULL;

	if (!appraisal || !provider || !report) {
		tlsbind_appraisal_free(appraisal);
		return NULL;
	}
	if (!tlsbind_report_parse(provider, report_span, aux_span, appraisal, &parsed, why,
				  sizeof(why)))
		text = tlsbind_suggest_text(&parsed, claims, platform);
	tlsbind_report_clear(&parsed);
	tlsbind_appraisal_free(appraisal);
	return text;
}
