/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who gives verdicts on held connections.
 */
#ifndef _TLSBIND_JUDGE_H
#define _TLSBIND_JUDGE_H

#include <linux/types.h>

struct net;
struct tlsbind_hold;

int tlsbind_judge_appoint(struct net *net, u32 portid);
void tlsbind_judge_ask(struct tlsbind_hold *hold);
void tlsbind_judge_withdraw(struct tlsbind_hold *hold);
void tlsbind_judge_dismiss(struct net *net, u32 portid);
int tlsbind_judge_decide(struct net *net, u32 portid, u64 handle, bool admit);
u64 tlsbind_judge_latest(const struct net *net);
struct tlsbind_hold *tlsbind_judge_next(const struct net *net, u64 *handle);
int tlsbind_judge_question(struct tlsbind_hold *hold, u64 *handle,
			   unsigned int *left);

#endif
