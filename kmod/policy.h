/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may have evidence, and whose keys are refused: the rules of each network
 * namespace. Can only say yes or no.
 */
#ifndef _TLSBIND_POLICY_H
#define _TLSBIND_POLICY_H

#include <linux/netlink.h>
#include <linux/tlsbind.h>
#include <linux/tlsbind_netlink.h>
#include <linux/types.h>

struct net;
struct tlsbind_caller;
struct tlsbind_flow;
struct tlsbind_net;
struct tlsbind_rule;

/**
 * struct tlsbind_verdict - what the rules say of a key
 * @action: what becomes of it
 * @rekey: what becomes of a connection whose key is replaced
 * @options: enum tlsbind_option
 * @policy: number of the judge's appraisal policy
 * @lease: seconds that an admission is good for, 0 without end
 * @rule: handle of the rule that decided, 0 if none did
 * @generation: of the rules, 0 if there never were any
 * @digest: of the rules; zero if there are none
 */
struct tlsbind_verdict {
	enum tlsbind_action action;
	enum tlsbind_rekey rekey;
	u32 options;
	u16 policy;
	u32 lease;
	u64 rule;
	u64 generation;
	u8 digest[TLSBIND_HASH_SIZE];
};

/**
 * struct tlsbind_policy_state - the rules of a network namespace as a whole
 * @generation: grows with each change; the lower half, as user space knows it
 * @count: how many there are
 * @digest: zero if there are none
 */
struct tlsbind_policy_state {
	u32 generation;
	u32 count;
	u8 digest[TLSBIND_HASH_SIZE];
};

/**
 * struct tlsbind_policy_edit - a change of the rules
 * @privileged: the sender may decide who is attested
 * @conditional: only if the rules are those of @generation
 * @generation: see @conditional
 * @state: out: the rules after the change
 * @extack: why it was refused; may be NULL
 */
struct tlsbind_policy_edit {
	bool privileged;
	bool conditional;
	u32 generation;
	struct tlsbind_policy_state state;
	struct netlink_ext_ack *extack;
};

bool tlsbind_policy_grants(const struct tlsbind_verdict *verdict);
void tlsbind_policy_judge(const struct net *net, const struct tlsbind_flow *flow,
			  const struct tlsbind_caller *caller,
			  struct tlsbind_verdict *verdict);
struct tlsbind_rule *tlsbind_policy_ask(const struct tlsbind_net *tn,
					const struct tlsbind_flow *flow,
					const struct tlsbind_caller *caller,
					u64 *generation);
bool tlsbind_policy_charge(const struct net *net, u64 rule);
u32 tlsbind_policy_flags(void);
void tlsbind_policy_state(const struct net *net,
			  struct tlsbind_policy_state *state);
bool tlsbind_policy_locked(void);

int tlsbind_policy_add(struct net *net, struct tlsbind_policy_edit *edit,
		       struct tlsbind_rule *rule, u64 before);
int tlsbind_policy_delete(struct net *net, struct tlsbind_policy_edit *edit,
			  u64 handle);
int tlsbind_policy_replace(struct net *net, struct tlsbind_policy_edit *edit,
			   struct tlsbind_rule **list, u32 count);
int tlsbind_policy_lock(struct net *net, struct tlsbind_policy_edit *edit);
void tlsbind_policy_drop(struct tlsbind_net *tn);

#endif
