// SPDX-License-Identifier: GPL-2.0-only
#include "policy.h"

#include <linux/compiler.h>
#include <linux/moduleparam.h>

static bool tlsbind_policy_allow_all;
module_param_named_unsafe(unsafe_allow_all, tlsbind_policy_allow_all, bool, 0644);
MODULE_PARM_DESC(unsafe_allow_all,
		 "answer every challenge, whoever installed the keys; evidence says so (default: off, every challenge is refused)");

/**
 * tlsbind_policy_flags() - what a relying party must know about the policy
 *
 * The report doors are open: anyone in the guest who can reach the report
 * interface can have REPORT_DATA of his choice signed, our tag included.
 *
 * Return: TLSBIND_F_* flags that hold for every connection.
 */
u32 tlsbind_policy_flags(void)
{
	u32 flags = TLSBIND_F_DOORS_OPEN;

	if (READ_ONCE(tlsbind_policy_allow_all))
		flags |= TLSBIND_F_ALLOW_ALL;
	return flags;
}

/**
 * tlsbind_policy_allows() - may these claims be signed?
 * @claims: with the flags of tlsbind_policy_flags() in them
 *
 * The parameter may change at any time. What the claims say of it decides, so
 * that nothing is signed that does not say why it was allowed.
 *
 * Return: true if so.
 */
bool tlsbind_policy_allows(const struct tlsbind_claims *claims)
{
	return claims->flags & cpu_to_be32(TLSBIND_F_ALLOW_ALL);
}

void tlsbind_policy_drop(struct tlsbind_net *tn)
{
}
