// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers take the active set under RCU and never wait. A change makes a new
 * set beside the active one, with the rules that stay in both, and puts it in
 * its place; so a rule keeps its counters, and nobody sees half a change.
 */
#include "policy.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "door.h"
#include "event.h"
#include "net.h"
#include "rule.h"
#include "rules.h"

/* Read by each change of rules, written by the lock: outside of every tn->lock. */
static DECLARE_RWSEM(tlsbind_policy_freeze);
static bool tlsbind_policy_frozen;

/**
 * tlsbind_policy_locked() - are the rules frozen until reboot?
 *
 * Return: true if so.
 */
bool tlsbind_policy_locked(void)
{
	/* Pairs with tlsbind_policy_freeze_now(): rules read later are frozen. */
	return smp_load_acquire(&tlsbind_policy_frozen);
}

/**
 * tlsbind_policy_flags() - what a relying party must know about this guest
 *
 * Return: TLSBIND_F_* flags that hold for every connection.
 */
u32 tlsbind_policy_flags(void)
{
	u32 flags = 0;

	if (tlsbind_door_any_open())
		flags |= TLSBIND_F_DOORS_OPEN;
	if (tlsbind_policy_locked())
		flags |= TLSBIND_F_LOCKED;
	return flags;
}

static const struct tlsbind_rules *tlsbind_policy_rules(const struct net *net)
{
	return rcu_dereference(tlsbind_net(net)->rules);
}

static void tlsbind_policy_grant(struct tlsbind_verdict *verdict,
				 const struct tlsbind_rule *rule)
{
	verdict->action = rule->action;
	verdict->rekey = rule->rekey;
	verdict->options = rule->options;
	verdict->policy = rule->policy;
	verdict->lease = rule->lease;
	verdict->rule = rule->handle;
}

/**
 * tlsbind_policy_grants() - may there be evidence?
 * @verdict: what the rules say of a key
 *
 * Context: any.
 * Return: true if the action allows it; options may still be missing.
 */
bool tlsbind_policy_grants(const struct tlsbind_verdict *verdict)
{
	return tlsbind_rule_grants(verdict->action, verdict->options);
}

/**
 * tlsbind_policy_ask() - which rule decides, and of which rules?
 * @tn: network namespace of the socket
 * @flow: of the socket
 * @caller: who installs the key
 * @generation: set to that of the rules, 0 if there never were any
 *
 * Context: any, with the RCU read lock.
 * Return: the rule, for as long as that is held; NULL if none decides.
 */
struct tlsbind_rule *tlsbind_policy_ask(const struct tlsbind_net *tn,
					const struct tlsbind_flow *flow,
					const struct tlsbind_caller *caller,
					u64 *generation)
{
	const struct tlsbind_rules *rules = rcu_dereference(tn->rules);

	*generation = rules ? rules->generation : 0;
	return rules ? tlsbind_rules_find(rules, flow, caller) : NULL;
}

/**
 * tlsbind_policy_judge() - what do the rules say of a key?
 * @net: network namespace of the socket
 * @flow: of the socket
 * @caller: who installs, or has installed, the key
 * @verdict: filled
 *
 * Context: any.
 */
void tlsbind_policy_judge(const struct net *net, const struct tlsbind_flow *flow,
			  const struct tlsbind_caller *caller,
			  struct tlsbind_verdict *verdict)
{
	const struct tlsbind_rules *rules;
	const struct tlsbind_rule *rule;

	memset(verdict, 0, sizeof(*verdict));
	rcu_read_lock();
	rules = tlsbind_policy_rules(net);
	if (rules) {
		verdict->generation = rules->generation;
		memcpy(verdict->digest, rules->digest, sizeof(verdict->digest));
		rule = tlsbind_rules_find(rules, flow, caller);
		if (rule)
			tlsbind_policy_grant(verdict, rule);
	}
	rcu_read_unlock();
}

/* The rule with this handle, for as long as the RCU read lock is held. */
static struct tlsbind_rule *tlsbind_policy_rule(const struct net *net,
						u64 handle)
{
	const struct tlsbind_rules *rules = tlsbind_policy_rules(net);
	u32 position;

	if (!rules)
		return NULL;
	position = tlsbind_rules_position(rules, handle);
	return position == TLSBIND_RULES_NONE ? NULL :
						rules->entries[position].rule;
}

/**
 * tlsbind_policy_charge() - may one more challenge be accepted?
 * @net: network namespace of the socket
 * @rule: handle of the rule that allows it
 *
 * Context: any.
 * Return: false if the rule's rate is used up.
 */
bool tlsbind_policy_charge(const struct net *net, u64 rule)
{
	struct tlsbind_rule *found;
	bool good;

	rcu_read_lock();
	found = tlsbind_policy_rule(net, rule);
	good = !found || tlsbind_rule_charge(found, ktime_get_ns());
	rcu_read_unlock();
	return good;
}

static void tlsbind_policy_describe(const struct tlsbind_rules *rules,
				    struct tlsbind_policy_state *state)
{
	state->generation = rules->generation;
	state->count = rules->count;
	memcpy(state->digest, rules->digest, sizeof(state->digest));
}

/**
 * tlsbind_policy_state() - the rules as a whole
 * @net: network namespace
 * @state: filled
 *
 * Context: any.
 */
void tlsbind_policy_state(const struct net *net,
			  struct tlsbind_policy_state *state)
{
	const struct tlsbind_rules *rules;

	memset(state, 0, sizeof(*state));
	rcu_read_lock();
	rules = tlsbind_policy_rules(net);
	if (rules)
		tlsbind_policy_describe(rules, state);
	rcu_read_unlock();
}

static int tlsbind_policy_permit(const struct tlsbind_net *tn,
				 const struct tlsbind_policy_edit *edit)
{
	lockdep_assert_held(&tn->lock);
	if (tlsbind_policy_frozen) {
		NL_SET_ERR_MSG(edit->extack, "rules are locked until reboot");
		return -EPERM;
	}
	if (edit->conditional && edit->generation != (u32)tn->generation) {
		NL_SET_ERR_MSG(edit->extack, "generation: the rules have changed since");
		return -ESTALE;
	}
	return 0;
}

/* Begin a change: nobody else makes one until tlsbind_policy_leave(). */
static struct tlsbind_net *tlsbind_policy_enter(struct net *net)
{
	struct tlsbind_net *tn = tlsbind_net(net);

	down_read(&tlsbind_policy_freeze);
	mutex_lock(&tn->lock);
	return tn;
}

static void tlsbind_policy_leave(struct tlsbind_net *tn)
{
	mutex_unlock(&tn->lock);
	up_read(&tlsbind_policy_freeze);
}

static struct tlsbind_rules *tlsbind_policy_active(struct tlsbind_net *tn)
{
	return rcu_dereference_protected(tn->rules, lockdep_is_held(&tn->lock));
}

/* Put a set of these rules into the place of the active one. */
static int tlsbind_policy_publish(struct net *net, struct tlsbind_net *tn,
				  struct tlsbind_policy_edit *edit,
				  struct tlsbind_rule **list, u32 count)
{
	struct tlsbind_rules *old = tlsbind_policy_active(tn), *rules;

	rules = tlsbind_rules_new(list, count);
	if (IS_ERR(rules)) {
		NL_SET_ERR_MSG(edit->extack, "no memory for the rules");
		return PTR_ERR(rules);
	}
	rules->generation = ++tn->generation;
	tlsbind_policy_describe(rules, &edit->state);
	rcu_assign_pointer(tn->rules, rules);
	tlsbind_rules_free_rcu(old);
	tlsbind_event_rules(net, rules->generation);
	return 0;
}

/* The active rules in an array with room for one more. */
static struct tlsbind_rule **
tlsbind_policy_list(struct tlsbind_net *tn,
		    const struct tlsbind_policy_edit *edit, u32 *count)
{
	const struct tlsbind_rules *rules = tlsbind_policy_active(tn);
	struct tlsbind_rule **list;
	u32 i;

	*count = rules ? rules->count : 0;
	list = kvmalloc_array(*count + 1, sizeof(*list), GFP_KERNEL);
	if (!list)
		NL_SET_ERR_MSG(edit->extack, "no memory for the rules");
	for (i = 0; list && i < *count; i++)
		list[i] = rules->entries[i].rule;
	return list;
}

/* Where the rule with this handle is. */
static int tlsbind_policy_find(struct tlsbind_net *tn, u64 handle, u32 *position)
{
	const struct tlsbind_rules *rules = tlsbind_policy_active(tn);

	*position = rules ? tlsbind_rules_position(rules, handle) :
			    TLSBIND_RULES_NONE;
	return *position == TLSBIND_RULES_NONE ? -ENOENT : 0;
}

static int tlsbind_policy_insert(struct net *net, struct tlsbind_net *tn,
				 struct tlsbind_policy_edit *edit,
				 struct tlsbind_rule *rule, u64 before)
{
	struct tlsbind_rule **list;
	u32 count, position;
	int ret;

	list = tlsbind_policy_list(tn, edit, &count);
	if (!list)
		return -ENOMEM;
	position = count;
	ret = before ? tlsbind_policy_find(tn, before, &position) : 0;
	if (ret)
		NL_SET_ERR_MSG(edit->extack, "before: no rule with this handle");
	if (!ret && count >= TLSBIND_RULES_MAX) {
		NL_SET_ERR_MSG(edit->extack,
			       "rule: there are 16384 rules already, the most there can be");
		ret = -ENOSPC;
	}
	if (!ret) {
		memmove(list + position + 1, list + position,
			(count - position) * sizeof(*list));
		list[position] = rule;
		rule->handle = tn->next_handle;
		ret = tlsbind_policy_publish(net, tn, edit, list, count + 1);
	}
	if (!ret)
		tn->next_handle++;
	kvfree(list);
	return ret;
}

/**
 * tlsbind_policy_add() - add a rule
 * @net: network namespace
 * @edit: who changes what
 * @rule: the rule, not in any set; it is given its handle
 * @before: handle of the rule that it goes before; 0: it is the last
 *
 * Context: process, may sleep.
 * Return: 0; -EPERM if the rules are locked; -ESTALE if they are not those of
 * @edit; -ENOENT if there is no rule @before; -ENOSPC if there are too many;
 * -ENOMEM. Nothing has changed then.
 */
int tlsbind_policy_add(struct net *net, struct tlsbind_policy_edit *edit,
		       struct tlsbind_rule *rule, u64 before)
{
	struct tlsbind_net *tn = tlsbind_policy_enter(net);
	int ret;

	ret = tlsbind_policy_permit(tn, edit);
	if (!ret)
		ret = tlsbind_policy_insert(net, tn, edit, rule, before);
	tlsbind_policy_leave(tn);
	return ret;
}

/* Without the rule at this position, may a later one let more be attested? */
static bool tlsbind_policy_shields(struct tlsbind_rule **list, u32 count,
				   u32 position)
{
	while (++position < count)
		if (tlsbind_rule_grants(list[position]->action,
					list[position]->options))
			return true;
	return false;
}

static int tlsbind_policy_remove(struct net *net, struct tlsbind_net *tn,
				 struct tlsbind_policy_edit *edit, u64 handle)
{
	struct tlsbind_rule **list;
	u32 count, position;
	int ret;

	list = tlsbind_policy_list(tn, edit, &count);
	if (!list)
		return -ENOMEM;
	ret = tlsbind_policy_find(tn, handle, &position);
	if (ret)
		NL_SET_ERR_MSG(edit->extack, "handle: no rule with this handle");
	if (!ret && !edit->privileged &&
	    tlsbind_policy_shields(list, count, position)) {
		NL_SET_ERR_MSG(edit->extack,
			       "handle: a rule that lets connections be attested follows; deleting one before it needs CAP_NET_ADMIN in the initial user namespace");
		ret = -EPERM;
	}
	if (!ret) {
		count--;
		memmove(list + position, list + position + 1,
			(count - position) * sizeof(*list));
		ret = tlsbind_policy_publish(net, tn, edit, list, count);
	}
	kvfree(list);
	return ret;
}

/**
 * tlsbind_policy_delete() - delete a rule
 * @net: network namespace
 * @edit: who changes what
 * @handle: of the rule
 *
 * Context: process, may sleep.
 * Return: 0; -EPERM if the rules are locked, or if the sender may not decide
 * who is attested, but might by this; -ESTALE if they are not those of @edit;
 * -ENOENT if there is no such rule; -ENOMEM. Nothing has changed then.
 */
int tlsbind_policy_delete(struct net *net, struct tlsbind_policy_edit *edit,
			  u64 handle)
{
	struct tlsbind_net *tn = tlsbind_policy_enter(net);
	int ret;

	ret = tlsbind_policy_permit(tn, edit);
	if (!ret)
		ret = tlsbind_policy_remove(net, tn, edit, handle);
	tlsbind_policy_leave(tn);
	return ret;
}

/**
 * tlsbind_policy_replace() - put other rules into the place of all that are
 * @net: network namespace
 * @edit: who changes what
 * @list: rules in their order, not in any set; they are given their handles
 * @count: how many, at most TLSBIND_RULES_MAX
 *
 * Context: process, may sleep.
 * Return: 0; -EPERM if the rules are locked; -ESTALE if they are not those of
 * @edit; -ENOMEM. Nothing has changed then.
 */
int tlsbind_policy_replace(struct net *net, struct tlsbind_policy_edit *edit,
			   struct tlsbind_rule **list, u32 count)
{
	struct tlsbind_net *tn = tlsbind_policy_enter(net);
	int ret;
	u32 i;

	ret = tlsbind_policy_permit(tn, edit);
	if (!ret) {
		for (i = 0; i < count; i++)
			list[i]->handle = tn->next_handle + i;
		ret = tlsbind_policy_publish(net, tn, edit, list, count);
	}
	if (!ret)
		tn->next_handle += count;
	tlsbind_policy_leave(tn);
	return ret;
}

static int tlsbind_policy_freeze_now(const struct tlsbind_policy_edit *edit)
{
	lockdep_assert_held_write(&tlsbind_policy_freeze);
	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(edit->extack, "the module is being unloaded");
		return -ESHUTDOWN;
	}
	/* Pairs with tlsbind_policy_locked(). */
	smp_store_release(&tlsbind_policy_frozen, true);
	tlsbind_event_lock();
	return 0;
}

/**
 * tlsbind_policy_lock() - freeze all rules and pin the module until reboot
 * @net: network namespace of the sender
 * @edit: a generation there may be given
 *
 * When it returns, no change is under way and none can begin. Again: nothing
 * happens.
 *
 * Context: process, may sleep.
 * Return: 0; -ESTALE if the rules of @net are not those of @edit; -ESHUTDOWN
 * if the module is being unloaded.
 */
int tlsbind_policy_lock(struct net *net, struct tlsbind_policy_edit *edit)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	int ret = 0;

	down_write(&tlsbind_policy_freeze);
	mutex_lock(&tn->lock);
	if (!tlsbind_policy_frozen)
		ret = tlsbind_policy_permit(tn, edit);
	if (!ret && !tlsbind_policy_frozen)
		ret = tlsbind_policy_freeze_now(edit);
	mutex_unlock(&tn->lock);
	up_write(&tlsbind_policy_freeze);
	return ret;
}

/**
 * tlsbind_policy_drop() - a network namespace goes away
 * @tn: what is kept for it; no socket is tracked and no request under way
 *
 * Context: process.
 */
void tlsbind_policy_drop(struct tlsbind_net *tn)
{
	tlsbind_rules_free_rcu(rcu_dereference_protected(tn->rules, true));
	RCU_INIT_POINTER(tn->rules, NULL);
}
