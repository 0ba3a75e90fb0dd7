/* SPDX-License-Identifier: MIT */
/*
 * A policy: one statement for each field, and the checks that follow from them. Where a
 * field of the evidence at hand has no statement, its check fails.
 */
#ifndef TLSBIND_POLICY_H
#define TLSBIND_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include "field.h"
#include "result.h"
#include "statement.h"

/**
 * struct tlsbind_policy - what was stated
 * @loaded: somebody wanted a policy. From then on nothing is accepted without
 *	statements, even if loading it failed
 * @statements: by enum tlsbind_field_id
 */
struct tlsbind_policy {
	bool loaded;
	struct tlsbind_statement statements[TLSBIND_FIELD_COUNT];
};

/** tlsbind_policy_clear() - forget all statements, and not that a policy was wanted */
void tlsbind_policy_clear(struct tlsbind_policy *policy);

/**
 * tlsbind_policy_begin() - take the checks away that only a policy can decide
 * @policy: if it is loaded, nothing is taken away
 * @result: of which none was set yet
 */
void tlsbind_policy_begin(const struct tlsbind_policy *policy, struct tlsbind_result *result);

/**
 * tlsbind_policy_judge_claims() - checks of claims
 * @policy: nothing is done unless it is loaded
 * @claims: claims
 * @result: the checks are set there
 */
void tlsbind_policy_judge_claims(const struct tlsbind_policy *policy,
				 const struct tlsbind_claims *claims,
				 struct tlsbind_result *result);

/**
 * tlsbind_policy_judge_report() - checks of a hardware report
 * @policy: nothing is done unless it is loaded
 * @facts: with either SNP or TDX
 * @result: the checks are set there; those of the other vendor are dropped
 */
void tlsbind_policy_judge_report(const struct tlsbind_policy *policy,
				 const struct tlsbind_facts *facts,
				 struct tlsbind_result *result);

/**
 * tlsbind_policy_allows() - bits that may be one
 * @policy: a policy
 * @id: a field of TLSBIND_KIND_BITS
 *
 * Return: those that the policy does not want to be zero; none if it is not loaded, or
 * states nothing about this field.
 */
uint64_t tlsbind_policy_allows(const struct tlsbind_policy *policy, enum tlsbind_field_id id);

#endif /* TLSBIND_POLICY_H */
