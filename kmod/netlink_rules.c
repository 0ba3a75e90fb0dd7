// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules as netlink has them. A request is read whole and checked whole before
 * policy.c is asked to change anything, and the answer is allocated before,
 * too: what is answered with an error has changed nothing.
 */
#include "netlink.h"

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "net.h"
#include "netlink_rule.h"
#include "policy.h"
#include "rule.h"
#include "rules.h"

static struct nlattr *tlsbind_nl_first(const struct genl_info *info)
{
	return (struct nlattr *)((u8 *)nlmsg_data(info->nlhdr) + GENL_HDRLEN);
}

static int tlsbind_nl_left(const struct genl_info *info)
{
	return nlmsg_len(info->nlhdr) - GENL_HDRLEN;
}

static u32 tlsbind_nl_count_rules(const struct genl_info *info)
{
	struct nlattr *attr;
	u32 count = 0;
	int rem;

	nla_for_each_attr(attr, tlsbind_nl_first(info), tlsbind_nl_left(info),
			  rem)
		count += nla_type(attr) == TLSBIND_A_RULES_RULE;
	return count;
}

static void tlsbind_nl_put_list(struct tlsbind_rule **list, u32 count)
{
	while (count--)
		tlsbind_rule_put(list[count]);
	kvfree(list);
}

/* All rules in a request, in their order; or an ERR_PTR(). */
static struct tlsbind_rule **tlsbind_nl_read_list(const struct genl_info *info,
						  bool privileged, u32 count)
{
	struct tlsbind_rule **list, *rule;
	struct nlattr *attr;
	u32 n = 0;
	int rem;

	list = kvmalloc_array(count + 1, sizeof(*list), GFP_KERNEL);
	if (!list)
		return ERR_PTR(-ENOMEM);
	nla_for_each_attr(attr, tlsbind_nl_first(info), tlsbind_nl_left(info),
			  rem) {
		if (nla_type(attr) != TLSBIND_A_RULES_RULE)
			continue;
		rule = tlsbind_nl_read_rule(attr, privileged, info->extack);
		if (IS_ERR(rule)) {
			tlsbind_nl_put_list(list, n);
			return ERR_CAST(rule);
		}
		list[n++] = rule;
		cond_resched();
	}
	return list;
}

/* Who sends it, and what he expects. */
static int tlsbind_nl_edit(struct sk_buff *skb, struct genl_info *info,
			   struct tlsbind_policy_edit *edit)
{
	const struct nlattr *generation = info->attrs[TLSBIND_A_RULES_GENERATION];

	memset(edit, 0, sizeof(*edit));
	edit->extack = info->extack;
	edit->privileged = netlink_capable(skb, CAP_NET_ADMIN);
	edit->conditional = generation;
	if (generation)
		edit->generation = nla_get_u32(generation);
	return tlsbind_netlink_admin(skb, info);
}

struct tlsbind_nl_reply {
	struct sk_buff *skb;
	void *header;
};

static int tlsbind_nl_reply_begin(struct tlsbind_nl_reply *reply,
				  struct genl_info *info)
{
	reply->skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!reply->skb)
		return -ENOMEM;
	reply->header = genlmsg_put_reply(reply->skb, info, &tlsbind_nl_family,
					  0, info->genlhdr->cmd);
	if (reply->header)
		return 0;
	nlmsg_free(reply->skb);
	return -EMSGSIZE;
}

/* Send the answer, unless there is an error to tell instead. */
static int tlsbind_nl_reply_end(struct tlsbind_nl_reply *reply,
				struct genl_info *info, int error)
{
	if (error) {
		nlmsg_free(reply->skb);
		return error;
	}
	genlmsg_end(reply->skb, reply->header);
	return genlmsg_reply(reply->skb, info);
}

static int tlsbind_nl_put_state(struct sk_buff *skb,
				const struct tlsbind_policy_state *state)
{
	return nla_put_u32(skb, TLSBIND_A_RULES_GENERATION, state->generation) ||
	       nla_put_u32(skb, TLSBIND_A_RULES_COUNT, state->count) ||
	       nla_put(skb, TLSBIND_A_RULES_DIGEST, sizeof(state->digest),
		       state->digest) ? -EMSGSIZE : 0;
}

static int tlsbind_nl_put_whole(struct sk_buff *skb, const struct net *net)
{
	/* First: if they are locked, what is read then is locked. */
	bool locked = tlsbind_policy_locked();
	struct tlsbind_policy_state state;

	tlsbind_policy_state(net, &state);
	return tlsbind_nl_put_state(skb, &state) ?:
	       nla_put_u8(skb, TLSBIND_A_RULES_LOCKED, locked);
}

static int tlsbind_nl_put_one(struct sk_buff *skb, struct genl_info *info,
			      u64 handle)
{
	const struct tlsbind_rules *rules;
	u32 position = TLSBIND_RULES_NONE;
	int ret = -ENOENT;

	rcu_read_lock();
	rules = rcu_dereference(tlsbind_net(genl_info_net(info))->rules);
	if (rules)
		position = tlsbind_rules_position(rules, handle);
	if (position != TLSBIND_RULES_NONE)
		ret = tlsbind_nl_put_rule(skb, rules->entries[position].rule) ?:
		      nla_put_u32(skb, TLSBIND_A_RULES_GENERATION,
				  rules->generation);
	rcu_read_unlock();
	if (ret == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[TLSBIND_A_RULES_HANDLE],
				    "handle: there is no such rule");
	return ret;
}

/**
 * tlsbind_nl_rules_get_doit() - one rule, or the rules as a whole
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -EPERM without CAP_NET_ADMIN; -ENOENT if there is no such rule;
 * -ENOMEM.
 */
int tlsbind_nl_rules_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *handle = info->attrs[TLSBIND_A_RULES_HANDLE];
	struct tlsbind_nl_reply reply;
	int ret;

	ret = tlsbind_netlink_admin(skb, info);
	if (!ret)
		ret = tlsbind_nl_reply_begin(&reply, info);
	if (ret)
		return ret;
	if (handle)
		ret = tlsbind_nl_put_one(reply.skb, info, nla_get_u64(handle));
	else
		ret = tlsbind_nl_put_whole(reply.skb, genl_info_net(info));
	return tlsbind_nl_reply_end(&reply, info, ret);
}

static int tlsbind_nl_dump_rule(struct sk_buff *skb, struct netlink_callback *cb,
				const struct tlsbind_rules *rules, u32 position)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, &tlsbind_nl_family,
				   NLM_F_MULTI, TLSBIND_CMD_RULES_GET);
	int ret;

	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	ret = tlsbind_nl_put_rule(skb, rules->entries[position].rule) ?:
	      nla_put_u32(skb, TLSBIND_A_RULES_GENERATION, rules->generation);
	if (ret)
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
	return ret;
}

/**
 * tlsbind_nl_rules_get_dumpit() - all rules in their order
 * @skb: to be filled
 * @cb: state of the dump
 *
 * Between two parts the rules may change. Then the rest is of the new ones, and
 * the kernel marks the dump as interrupted.
 *
 * Context: process.
 * Return: bytes filled, 0 at the end; -EPERM without CAP_NET_ADMIN; -EMSGSIZE if
 * not one rule fits.
 */
int tlsbind_nl_rules_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net = sock_net(cb->skb->sk);
	const struct tlsbind_rules *rules;
	u32 *position = (u32 *)cb->ctx;
	int ret = 0;

	if (!netlink_ns_capable(cb->skb, net->user_ns, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG(cb->extack,
			       "needs CAP_NET_ADMIN in the user namespace of the network namespace");
		return -EPERM;
	}
	rcu_read_lock();
	rules = rcu_dereference(tlsbind_net(net)->rules);
	if (rules)
		cb->seq = rules->generation;
	while (rules && !ret && *position < rules->count) {
		ret = tlsbind_nl_dump_rule(skb, cb, rules, *position);
		if (!ret)
			++*position;
	}
	rcu_read_unlock();
	return ret && !skb->len ? ret : skb->len;
}

static int tlsbind_nl_add(struct genl_info *info, struct tlsbind_policy_edit *edit,
			  struct tlsbind_rule *rule)
{
	const struct nlattr *before = info->attrs[TLSBIND_A_RULES_BEFORE];
	struct tlsbind_nl_reply reply;
	int ret;

	ret = tlsbind_nl_reply_begin(&reply, info);
	if (ret)
		return ret;
	ret = tlsbind_policy_add(genl_info_net(info), edit, rule,
				 before ? nla_get_u64(before) : 0);
	if (ret == -ENOENT)
		NL_SET_BAD_ATTR(info->extack, before);
	if (!ret)
		ret = tlsbind_netlink_put_u64(reply.skb, TLSBIND_A_RULES_HANDLE,
					      rule->handle) ?:
		      nla_put_u32(reply.skb, TLSBIND_A_RULES_GENERATION,
				  edit->state.generation);
	return tlsbind_nl_reply_end(&reply, info, ret);
}

/**
 * tlsbind_nl_rules_add_doit() - add one rule
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL for a rule that makes no sense; -EOPNOTSUPP for a gate;
 * -EPERM without the capability that it needs, or if the rules are locked;
 * -ENOENT for a cgroup or a rule that is not there; an error of
 * tlsbind_policy_add().
 */
int tlsbind_nl_rules_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[TLSBIND_A_RULES_RULE];
	struct tlsbind_policy_edit edit;
	struct tlsbind_rule *rule;
	int ret;

	ret = tlsbind_nl_edit(skb, info, &edit);
	if (ret)
		return ret;
	if (!nest) {
		NL_SET_ERR_MSG(info->extack, "rule: missing");
		return -EINVAL;
	}
	if (tlsbind_nl_count_rules(info) != 1) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest, "rule: more than one");
		return -EINVAL;
	}
	rule = tlsbind_nl_read_rule(nest, edit.privileged, info->extack);
	if (IS_ERR(rule))
		return PTR_ERR(rule);
	ret = tlsbind_nl_add(info, &edit, rule);
	tlsbind_rule_put(rule);
	return ret;
}

/**
 * tlsbind_nl_rules_delete_doit() - delete one rule
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL without a handle; -EPERM without the capability that it
 * needs, or if the rules are locked; an error of tlsbind_policy_delete().
 */
int tlsbind_nl_rules_delete_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *handle = info->attrs[TLSBIND_A_RULES_HANDLE];
	struct tlsbind_policy_edit edit;
	int ret;

	ret = tlsbind_nl_edit(skb, info, &edit);
	if (ret)
		return ret;
	if (!handle) {
		NL_SET_ERR_MSG(info->extack, "handle: missing");
		return -EINVAL;
	}
	ret = tlsbind_policy_delete(genl_info_net(info), &edit,
				    nla_get_u64(handle));
	if (ret == -ENOENT)
		NL_SET_BAD_ATTR(info->extack, handle);
	return ret;
}

static int tlsbind_nl_replace(struct genl_info *info,
			      struct tlsbind_policy_edit *edit,
			      struct tlsbind_rule **list, u32 count)
{
	struct tlsbind_nl_reply reply;
	int ret;

	ret = tlsbind_nl_reply_begin(&reply, info);
	if (ret)
		return ret;
	ret = tlsbind_policy_replace(genl_info_net(info), edit, list, count) ?:
	      tlsbind_nl_put_state(reply.skb, &edit->state);
	return tlsbind_nl_reply_end(&reply, info, ret);
}

/**
 * tlsbind_nl_rules_replace_doit() - other rules instead of all that are
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -ENOSPC for more than TLSBIND_RULES_MAX rules; an error of
 * tlsbind_nl_rules_add_doit() for one of them, or of tlsbind_policy_replace().
 */
int tlsbind_nl_rules_replace_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 count = tlsbind_nl_count_rules(info);
	struct tlsbind_policy_edit edit;
	struct tlsbind_rule **list;
	int ret;

	ret = tlsbind_nl_edit(skb, info, &edit);
	if (ret)
		return ret;
	if (count > TLSBIND_RULES_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[TLSBIND_A_RULES_RULE],
				    "rule: more than 16384, the most there can be");
		return -ENOSPC;
	}
	list = tlsbind_nl_read_list(info, edit.privileged, count);
	if (IS_ERR(list))
		return PTR_ERR(list);
	ret = tlsbind_nl_replace(info, &edit, list, count);
	tlsbind_nl_put_list(list, count);
	return ret;
}

/**
 * tlsbind_nl_lock_doit() - freeze all rules until reboot
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0; -EPERM without CAP_NET_ADMIN in the initial user namespace;
 * -ESTALE if the rules are not those of the generation given.
 */
int tlsbind_nl_lock_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsbind_policy_edit edit;
	int ret;

	ret = tlsbind_nl_edit(skb, info, &edit);
	if (ret)
		return ret;
	if (!edit.privileged) {
		NL_SET_ERR_MSG(info->extack,
			       "locking needs CAP_NET_ADMIN in the initial user namespace");
		return -EPERM;
	}
	return tlsbind_policy_lock(genl_info_net(info), &edit);
}
