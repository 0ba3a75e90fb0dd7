// SPDX-License-Identifier: GPL-2.0-only
#include "policy.h"

#include <linux/compiler.h>
#include <linux/moduleparam.h>
#include <linux/tlsbind.h>

static bool tlsbind_policy_allow_all;
module_param_named(unsafe_allow_all, tlsbind_policy_allow_all, bool, 0644);
MODULE_PARM_DESC(unsafe_allow_all,
		 "answer every challenge, whoever installed the keys; evidence says so (default: off, every challenge is refused)");

/**
 * tlsbind_policy_allows() - may a connection be attested?
 *
 * Return: true if so.
 */
bool tlsbind_policy_allows(void)
{
	return READ_ONCE(tlsbind_policy_allow_all);
}

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

	if (tlsbind_policy_allows())
		flags |= TLSBIND_F_ALLOW_ALL;
	return flags;
}
