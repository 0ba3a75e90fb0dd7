/* SPDX-License-Identifier: MIT */
/* Appraisal policies by the numbers that rules of the gate name. */
#ifndef TLSBIND_JUDGE_POLICIES_H
#define TLSBIND_JUDGE_POLICIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tlsbind.h"

#define JUDGE_POLICIES_MAX	64
#define JUDGE_TRUST_MAX		64

/**
 * struct judge_numbered - [NUMBER=]TEXT of the command line
 * @has_number: one was given
 * @number: that; 0 if none was given
 * @text: the rest
 */
struct judge_numbered {
	bool has_number;
	uint16_t number;
	const char *text;
};

/**
 * struct judge_trust - an option about vendors, TOOL_TRUST_OPTIONS
 * @name: of the option
 * @argument: of the option
 */
struct judge_trust {
	const char *name;
	const char *argument;
};

/**
 * struct judge_sources - which files policies come from
 * @policy: policies
 * @policies: how many
 * @trust: what holds for all of them, in its order
 * @trusts: how many
 * @psk_dhe: resumed connections are accepted
 */
struct judge_sources {
	struct judge_numbered policy[JUDGE_POLICIES_MAX];
	size_t policies;
	struct judge_trust trust[JUDGE_TRUST_MAX];
	size_t trusts;
	bool psk_dhe;
};

/**
 * judge_numbered_parse() - [NUMBER=]TEXT
 * @text: of the command line; what is kept is not copied
 * @out: filled
 *
 * What does not begin with digits and "=" is all TEXT.
 *
 * Return: false if the number is above 65535, or there is no TEXT.
 */
bool judge_numbered_parse(const char *text, struct judge_numbered *out);

struct judge_policies;

/**
 * judge_policies_new() - read all files
 * @sources: which
 *
 * Return: NULL after a message, if one file is not what it should be.
 */
struct judge_policies *judge_policies_new(const struct judge_sources *sources);

/** judge_policies_free() - end them; NULL is allowed */
void judge_policies_free(struct judge_policies *policies);

/** judge_policies_find() - the policy with this number; NULL if there is none */
const struct tlsbind_appraisal *judge_policies_find(const struct judge_policies *policies,
						    uint16_t number);

#endif /* TLSBIND_JUDGE_POLICIES_H */
