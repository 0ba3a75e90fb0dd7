/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may have evidence. Can only say yes or no.
 */
#ifndef _TLSBIND_POLICY_H
#define _TLSBIND_POLICY_H

#include <linux/tlsbind.h>
#include <linux/types.h>

struct tlsbind_net;

bool tlsbind_policy_allows(const struct tlsbind_claims *claims);
u32 tlsbind_policy_flags(void);
void tlsbind_policy_drop(struct tlsbind_net *tn);

#endif
