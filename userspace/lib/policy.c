/* SPDX-License-Identifier: MIT */
#include "policy.h"

void tlsbind_policy_clear(struct tlsbind_policy *policy)
{
	int i;

	for (i = 0; i < TLSBIND_FIELD_COUNT; i++)
		tlsbind_statement_clear(&policy->statements[i]);
}

void tlsbind_policy_begin(const struct tlsbind_policy *policy, struct tlsbind_result *result)
{
	int i;

	for (i = 0; !policy->loaded && i < TLSBIND_FIELD_COUNT; i++)
		if (!tlsbind_fields[i].setter)
			tlsbind_result_drop(result, tlsbind_fields[i].check);
}

static void tlsbind_policy_judge_field(const struct tlsbind_policy *policy, int id,
				       const struct tlsbind_facts *facts,
				       struct tlsbind_result *result)
{
	const struct tlsbind_statement *statement = &policy->statements[id];
	const struct tlsbind_field *field = &tlsbind_fields[id];
	struct tlsbind_value value = tlsbind_field_value(field, facts);
	char expected[160], got[160];

	tlsbind_statement_text(statement, field->kind, field->size, field->bits, &value, expected,
			       sizeof(expected));
	tlsbind_value_text(&value, field->kind, got, sizeof(got));
	tlsbind_result_set(result, field->check,
			   tlsbind_statement_agrees(statement, field->kind, field->size, &value),
			   expected, got);
}

static void tlsbind_policy_judge_section(const struct tlsbind_policy *policy,
					 enum tlsbind_section section,
					 const struct tlsbind_facts *facts,
					 struct tlsbind_result *result)
{
	int i;

	for (i = 0; policy->loaded && i < TLSBIND_FIELD_COUNT; i++)
		if (tlsbind_fields[i].section == section)
			tlsbind_policy_judge_field(policy, i, facts, result);
}

void tlsbind_policy_judge_claims(const struct tlsbind_policy *policy,
				 const struct tlsbind_claims *claims,
				 struct tlsbind_result *result)
{
	struct tlsbind_facts facts = { .snp = NULL };

	tlsbind_facts_claims(&facts, claims);
	tlsbind_policy_judge_section(policy, TLSBIND_SECTION_CLAIMS, &facts, result);
}

/* Checks that fields of one hardware have and fields of the other have not. */
static void tlsbind_policy_drop_others(enum tlsbind_section section,
				       struct tlsbind_result *result)
{
	uint64_t own = 0;
	int i;

	for (i = 0; i < TLSBIND_FIELD_COUNT; i++)
		if (tlsbind_fields[i].section == section ||
		    tlsbind_fields[i].section == TLSBIND_SECTION_CLAIMS)
			own |= TLSBIND_CHECK_BIT(tlsbind_fields[i].check);
	for (i = 0; i < TLSBIND_FIELD_COUNT; i++)
		if (!(own & TLSBIND_CHECK_BIT(tlsbind_fields[i].check)))
			tlsbind_result_drop(result, tlsbind_fields[i].check);
}

void tlsbind_policy_judge_report(const struct tlsbind_policy *policy,
				 const struct tlsbind_facts *facts,
				 struct tlsbind_result *result)
{
	enum tlsbind_section section = facts->snp ? TLSBIND_SECTION_SNP : TLSBIND_SECTION_TDX;

	if (!policy->loaded)
		return;
	tlsbind_policy_drop_others(section, result);
	tlsbind_policy_judge_section(policy, section, facts, result);
}

uint64_t tlsbind_policy_allows(const struct tlsbind_policy *policy, enum tlsbind_field_id id)
{
	const struct tlsbind_statement *statement = &policy->statements[id];

	if (!policy->loaded || statement->stated != TLSBIND_STATED_VALUES)
		return 0;
	return ~statement->zeros;
}
