/* SPDX-License-Identifier: MIT */
/* Policies as JSON, tlsbind-policy(5). */
#ifndef TLSBIND_POLICY_FILE_H
#define TLSBIND_POLICY_FILE_H

#include <stddef.h>
#include "appraisal.h"

/**
 * tlsbind_policy_parse() - take a policy from JSON
 * @appraisal: what the policy states is put there. On failure, and ever after, it
 *	accepts nothing
 * @text: the JSON
 * @len: its size
 * @error: what is wrong, and where
 * @size: size of @error
 *
 * Return: 0; -EBADMSG if it is no policy, -EBUSY if @appraisal holds a policy or
 * something that a policy would have to agree with, -ENOMEM.
 */
int tlsbind_policy_parse(struct tlsbind_appraisal *appraisal, const char *text, size_t len,
			 char *error, size_t size);

#endif /* TLSBIND_POLICY_FILE_H */
