/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "policies.h"
#include "tool.h"
#include "trust.h"

/** struct judge_policies - as many as @count, by number in no order */
struct judge_policies {
	size_t count;
	uint16_t number[JUDGE_POLICIES_MAX];
	struct tlsbind_appraisal *appraisal[JUDGE_POLICIES_MAX];
};

bool judge_numbered_parse(const char *text, struct judge_numbered *out)
{
	size_t digits = strspn(text, "0123456789");
	char number[8];
	uint64_t value;

	memset(out, 0, sizeof(*out));
	out->text = text;
	if (!digits || text[digits] != '=')
		return *text != '\0';
	if (digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!tool_number(number, 0, UINT16_MAX, &value))
		return false;
	out->has_number = true;
	out->number = (uint16_t)value;
	out->text = text + digits + 1;
	return *out->text != '\0';
}

/*
 * A policy is loaded last, so that it finds whatever else was asked for. On failure it
 * accepts nothing, and is freed.
 */
static struct tlsbind_appraisal *judge_policies_load(const struct judge_sources *sources,
						     const char *path)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	size_t i;

	if (!appraisal) {
		tool_error("out of memory");
		return NULL;
	}
	if (sources->psk_dhe)
		tlsbind_appraisal_allow_psk_dhe(appraisal);
	for (i = 0; i < sources->trusts; i++)
		if (tool_trust_option(appraisal, sources->trust[i].name,
				      sources->trust[i].argument) <= 0)
			goto fail;
	if (!tool_trust_policy(appraisal, path))
		return appraisal;
fail:
	tlsbind_appraisal_free(appraisal);
	return NULL;
}

struct judge_policies *judge_policies_new(const struct judge_sources *sources)
{
	struct judge_policies *policies = calloc(1, sizeof(*policies));
	size_t i;

	if (!policies) {
		tool_error("out of memory");
		return NULL;
	}
	for (i = 0; i < sources->policies; i++) {
		policies->number[i] = sources->policy[i].number;
		policies->appraisal[i] = judge_policies_load(sources, sources->policy[i].text);
		policies->count++;
		if (!policies->appraisal[i]) {
			judge_policies_free(policies);
			return NULL;
		}
	}
	return policies;
}

void judge_policies_free(struct judge_policies *policies)
{
	size_t i;

	for (i = 0; policies && i < policies->count; i++)
		tlsbind_appraisal_free(policies->appraisal[i]);
	free(policies);
}

const struct tlsbind_appraisal *judge_policies_find(const struct judge_policies *policies,
						    uint16_t number)
{
	size_t i;

	for (i = 0; i < policies->count; i++)
		if (policies->number[i] == number)
			return policies->appraisal[i];
	return NULL;
}
