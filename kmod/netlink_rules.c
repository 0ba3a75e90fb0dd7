// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules as netlink has them. A request is read whole and checked whole before
 * policy.c is asked to change anything, and the answer is allocated before,
 * too: what is answered with an error has changed nothing.
 */
#include "netlink.h"

#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "net.h"
#include "policy.h"
#include "rule.h"
#include "rules.h"

#define TLSBIND_NL_EXE_DIGEST_MIN	20	/* SHA-1, of old IMA policies */

/* What goes before IPv4 addresses in an IPv4-mapped one. */
#define TLSBIND_NL_MAPPED_PREFIX	96

/* One rule that is being read. */
struct tlsbind_nl_rule_reader {
	struct nlattr *tb[TLSBIND_A_RULE_MAX + 1];
	struct tlsbind_rule *rule;
	struct netlink_ext_ack *extack;
	bool privileged;
};

/* Attributes of one end of a connection. */
struct tlsbind_nl_end {
	int address, prefix, port_min, port_max;
};

static const struct tlsbind_nl_end tlsbind_nl_local = {
	TLSBIND_A_RULE_LOCAL_ADDRESS, TLSBIND_A_RULE_LOCAL_PREFIX,
	TLSBIND_A_RULE_LOCAL_PORT_MIN, TLSBIND_A_RULE_LOCAL_PORT_MAX,
};

static const struct tlsbind_nl_end tlsbind_nl_remote = {
	TLSBIND_A_RULE_REMOTE_ADDRESS, TLSBIND_A_RULE_REMOTE_PREFIX,
	TLSBIND_A_RULE_REMOTE_PORT_MIN, TLSBIND_A_RULE_REMOTE_PORT_MAX,
};

static bool tlsbind_nl_clean_beyond(const struct in6_addr *address, u8 prefix)
{
	struct in6_addr clean;

	ipv6_addr_prefix(&clean, address, prefix);
	return ipv6_addr_equal(&clean, address);
}

static int tlsbind_nl_read_prefix(const struct tlsbind_nl_rule_reader *r,
				  const struct nlattr *attr, u8 bits,
				  const struct in6_addr *address, u8 *prefix)
{
	u8 mapped = TLSBIND_PREFIX_MAX - bits;

	*prefix = TLSBIND_PREFIX_MAX;
	if (attr)
		*prefix = nla_get_u8(attr) + mapped;
	if (attr && nla_get_u8(attr) > bits) {
		NL_SET_ERR_MSG_ATTR(r->extack, attr,
				    "prefix: longer than the address");
		return -EINVAL;
	}
	if (!tlsbind_nl_clean_beyond(address, *prefix)) {
		NL_SET_ERR_MSG_ATTR(r->extack, attr,
				    "address: has bits beyond the prefix");
		return -EINVAL;
	}
	return 0;
}

static int tlsbind_nl_read_address(const struct tlsbind_nl_rule_reader *r,
				   const struct tlsbind_nl_end *end,
				   struct in6_addr *address, u8 *prefix)
{
	const struct nlattr *attr = r->tb[end->address];

	if (!attr) {
		if (!r->tb[end->prefix])
			return 0;
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[end->prefix],
				    "prefix: needs an address");
		return -EINVAL;
	}
	switch (nla_len(attr)) {
	case sizeof(struct in_addr):
		ipv6_addr_set_v4mapped(nla_get_in_addr(attr), address);
		break;
	case sizeof(struct in6_addr):
		*address = nla_get_in6_addr(attr);
		break;
	default:
		NL_SET_ERR_MSG_ATTR(r->extack, attr,
				    "address: neither 4 nor 16 bytes");
		return -EINVAL;
	}
	return tlsbind_nl_read_prefix(r, r->tb[end->prefix], nla_len(attr) * 8,
				      address, prefix);
}

static int tlsbind_nl_read_ports(const struct tlsbind_nl_rule_reader *r,
				 const struct tlsbind_nl_end *end,
				 u16 *min, u16 *max)
{
	const struct nlattr *first = r->tb[end->port_min];
	const struct nlattr *last = r->tb[end->port_max];

	if (!first && last) {
		NL_SET_ERR_MSG_ATTR(r->extack, last,
				    "port-max: needs port-min");
		return -EINVAL;
	}
	if (!first)
		return 0;
	*min = nla_get_u16(first);
	*max = last ? nla_get_u16(last) : *min;
	if (*min > *max) {
		NL_SET_ERR_MSG_ATTR(r->extack, last,
				    "port-max: below port-min");
		return -EINVAL;
	}
	return 0;
}

static int tlsbind_nl_read_end(const struct tlsbind_nl_rule_reader *r,
			       const struct tlsbind_nl_end *end,
			       struct in6_addr *address, u8 *prefix,
			       u16 *min, u16 *max)
{
	int ret = tlsbind_nl_read_address(r, end, address, prefix);

	return ret ?: tlsbind_nl_read_ports(r, end, min, max);
}

static int tlsbind_nl_read_uids(const struct tlsbind_nl_rule_reader *r)
{
	const struct nlattr *first = r->tb[TLSBIND_A_RULE_UID_MIN];
	const struct nlattr *last = r->tb[TLSBIND_A_RULE_UID_MAX];

	if (!first && last) {
		NL_SET_ERR_MSG_ATTR(r->extack, last, "uid-max: needs uid-min");
		return -EINVAL;
	}
	if (!first)
		return 0;
	r->rule->uid_min = nla_get_u32(first);
	r->rule->uid_max = last ? nla_get_u32(last) : r->rule->uid_min;
	if (r->rule->uid_min > r->rule->uid_max) {
		NL_SET_ERR_MSG_ATTR(r->extack, last, "uid-max: below uid-min");
		return -EINVAL;
	}
	return 0;
}

/* Callers are known by as many cgroups as struct tlsbind_caller has room for. */
static int tlsbind_nl_check_cgroup(const struct tlsbind_nl_rule_reader *r,
				   const struct nlattr *attr, u64 id)
{
	struct cgroup *cgroup = cgroup_get_from_id(id);
	int level;

	if (IS_ERR(cgroup)) {
		NL_SET_ERR_MSG_ATTR(r->extack, attr,
				    "cgroup: there is none with this id");
		return -ENOENT;
	}
	level = cgroup->level;
	cgroup_put(cgroup);
	if (level < TLSBIND_CALLER_CGROUPS)
		return 0;
	NL_SET_ERR_MSG_ATTR(r->extack, attr,
			    "cgroup: more than 15 levels below the root");
	return -EINVAL;
}

static int tlsbind_nl_read_cgroup(const struct tlsbind_nl_rule_reader *r)
{
	const struct nlattr *attr = r->tb[TLSBIND_A_RULE_CGROUP];

	if (!attr)
		return 0;
	r->rule->cgroup = nla_get_u64(attr);
	return tlsbind_nl_check_cgroup(r, attr, r->rule->cgroup);
}

static int tlsbind_nl_read_exe(const struct tlsbind_nl_rule_reader *r)
{
	const struct nlattr *kind = r->tb[TLSBIND_A_RULE_EXE_KIND];
	const struct nlattr *digest = r->tb[TLSBIND_A_RULE_EXE_DIGEST];
	struct tlsbind_exe *exe = &r->rule->exe;

	if (!kind && !digest)
		return 0;
	if (!kind || !digest) {
		NL_SET_ERR_MSG_ATTR(r->extack, kind ?: digest,
				    "exe-kind, exe-digest: go together");
		return -EINVAL;
	}
	if (nla_get_u8(kind) == TLSBIND_EXE_KIND_NONE) {
		NL_SET_ERR_MSG_ATTR(r->extack, kind,
				    "exe-kind: none has no digest");
		return -EINVAL;
	}
	if (nla_len(digest) < TLSBIND_NL_EXE_DIGEST_MIN) {
		NL_SET_ERR_MSG_ATTR(r->extack, digest,
				    "exe-digest: shorter than 20 bytes");
		return -EINVAL;
	}
	exe->kind = nla_get_u8(kind);
	exe->len = nla_len(digest);
	nla_memcpy(exe->digest, digest, sizeof(exe->digest));
	return 0;
}

/* What a rule grants beside its action goes with attest only. */
static int tlsbind_nl_check_grants(const struct tlsbind_nl_rule_reader *r)
{
	const struct tlsbind_rule *rule = r->rule;
	struct nlattr *const *tb = r->tb;

	if (rule->action == TLSBIND_ACTION_ATTEST)
		return 0;
	if (rule->options) {
		NL_SET_ERR_MSG_ATTR(r->extack, tb[TLSBIND_A_RULE_OPTIONS],
				    "options: go with action attest only");
		return -EINVAL;
	}
	if (rule->rekey != TLSBIND_REKEY_STALE) {
		NL_SET_ERR_MSG_ATTR(r->extack, tb[TLSBIND_A_RULE_REKEY],
				    "rekey: goes with action attest only");
		return -EINVAL;
	}
	if (rule->rate) {
		NL_SET_ERR_MSG_ATTR(r->extack, tb[TLSBIND_A_RULE_RATE],
				    "rate: goes with action attest only");
		return -EINVAL;
	}
	return 0;
}

static int tlsbind_nl_read_grants(const struct tlsbind_nl_rule_reader *r)
{
	struct nlattr *const *tb = r->tb;

	if (tb[TLSBIND_A_RULE_OPTIONS])
		r->rule->options = nla_get_u32(tb[TLSBIND_A_RULE_OPTIONS]);
	if (tb[TLSBIND_A_RULE_REKEY])
		r->rule->rekey = nla_get_u8(tb[TLSBIND_A_RULE_REKEY]);
	if (tb[TLSBIND_A_RULE_RATE])
		r->rule->rate = nla_get_u32(tb[TLSBIND_A_RULE_RATE]);
	return tlsbind_nl_check_grants(r);
}

static int tlsbind_nl_read_action(const struct tlsbind_nl_rule_reader *r,
				  const struct nlattr *nest)
{
	const struct nlattr *attr = r->tb[TLSBIND_A_RULE_ACTION];

	if (!attr) {
		NL_SET_ERR_MSG_ATTR(r->extack, nest, "action: missing");
		return -EINVAL;
	}
	r->rule->action = nla_get_u8(attr);
	if (r->rule->action == TLSBIND_ACTION_GATE) {
		NL_SET_ERR_MSG_ATTR(r->extack, attr,
				    "action: the gate is not there yet");
		return -EOPNOTSUPP;
	}
	if (r->rule->action == TLSBIND_ACTION_ATTEST && !r->privileged) {
		NL_SET_ERR_MSG_ATTR(r->extack, attr,
				    "action: attest speaks for the whole guest, so it needs CAP_NET_ADMIN in the initial user namespace");
		return -EPERM;
	}
	return 0;
}

/* What only answers have. */
static int tlsbind_nl_refuse_answers(const struct tlsbind_nl_rule_reader *r)
{
	const struct nlattr *attr = r->tb[TLSBIND_A_RULE_HANDLE] ?:
				    r->tb[TLSBIND_A_RULE_MATCHES];

	if (!attr)
		return 0;
	NL_SET_ERR_MSG_ATTR(r->extack, attr,
			    "handle, matches: are the kernel's to give");
	return -EINVAL;
}

static int tlsbind_nl_read_fields(const struct tlsbind_nl_rule_reader *r,
				  const struct nlattr *nest)
{
	struct tlsbind_rule *rule = r->rule;
	int ret;

	ret = tlsbind_nl_refuse_answers(r);
	if (!ret)
		ret = tlsbind_nl_read_action(r, nest);
	if (!ret)
		ret = tlsbind_nl_read_end(r, &tlsbind_nl_local, &rule->local,
					  &rule->local_prefix,
					  &rule->local_port_min,
					  &rule->local_port_max);
	if (!ret)
		ret = tlsbind_nl_read_end(r, &tlsbind_nl_remote, &rule->remote,
					  &rule->remote_prefix,
					  &rule->remote_port_min,
					  &rule->remote_port_max);
	if (!ret)
		ret = tlsbind_nl_read_uids(r);
	if (!ret)
		ret = tlsbind_nl_read_cgroup(r);
	if (!ret)
		ret = tlsbind_nl_read_exe(r);
	return ret ?: tlsbind_nl_read_grants(r);
}

/* The rule in this nest, with a reference for the caller; or an ERR_PTR(). */
static struct tlsbind_rule *tlsbind_nl_read_rule(const struct nlattr *nest,
						 bool privileged,
						 struct netlink_ext_ack *extack)
{
	struct tlsbind_nl_rule_reader r = {
		.extack = extack,
		.privileged = privileged,
	};
	int ret;

	ret = nla_parse_nested(r.tb, TLSBIND_A_RULE_MAX, nest,
			       tlsbind_rule_nl_policy, extack);
	if (ret)
		return ERR_PTR(ret);
	r.rule = tlsbind_rule_new();
	if (!r.rule)
		return ERR_PTR(-ENOMEM);
	ret = tlsbind_nl_read_fields(&r, nest);
	if (!ret)
		return r.rule;
	tlsbind_rule_put(r.rule);
	return ERR_PTR(ret);
}

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

static int tlsbind_nl_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

static int tlsbind_nl_put_state(struct sk_buff *skb, const struct net *net)
{
	struct tlsbind_policy_state state;

	tlsbind_policy_state(net, &state);
	return nla_put_u32(skb, TLSBIND_A_RULES_GENERATION, state.generation) ||
	       nla_put_u32(skb, TLSBIND_A_RULES_COUNT, state.count) ||
	       nla_put(skb, TLSBIND_A_RULES_DIGEST, sizeof(state.digest),
		       state.digest) ? -EMSGSIZE : 0;
}

static int tlsbind_nl_put_end(struct sk_buff *skb,
			      const struct tlsbind_nl_end *end,
			      const struct in6_addr *address, u8 prefix,
			      u16 min, u16 max)
{
	bool v4 = ipv6_addr_v4mapped(address) &&
		  prefix >= TLSBIND_NL_MAPPED_PREFIX;
	int ret = 0;

	if (v4)
		ret = nla_put_in_addr(skb, end->address,
				      address->s6_addr32[3]) ?:
		      nla_put_u8(skb, end->prefix,
				 prefix - TLSBIND_NL_MAPPED_PREFIX);
	else if (prefix)
		ret = nla_put_in6_addr(skb, end->address, address) ?:
		      nla_put_u8(skb, end->prefix, prefix);
	if (!ret && (min || max != U16_MAX))
		ret = nla_put_u16(skb, end->port_min, min) ?:
		      nla_put_u16(skb, end->port_max, max);
	return ret;
}

static int tlsbind_nl_put_caller(struct sk_buff *skb,
				 const struct tlsbind_rule *rule)
{
	const struct tlsbind_exe *exe = &rule->exe;
	int ret = 0;

	if (rule->uid_min || rule->uid_max != U32_MAX)
		ret = nla_put_u32(skb, TLSBIND_A_RULE_UID_MIN, rule->uid_min) ?:
		      nla_put_u32(skb, TLSBIND_A_RULE_UID_MAX, rule->uid_max);
	if (!ret && rule->cgroup)
		ret = tlsbind_nl_put_u64(skb, TLSBIND_A_RULE_CGROUP,
					 rule->cgroup);
	if (!ret && exe->kind != TLSBIND_EXE_NONE)
		ret = nla_put_u8(skb, TLSBIND_A_RULE_EXE_KIND, exe->kind) ?:
		      nla_put(skb, TLSBIND_A_RULE_EXE_DIGEST, exe->len,
			      exe->digest);
	return ret;
}

static int tlsbind_nl_put_grants(struct sk_buff *skb,
				 const struct tlsbind_rule *rule)
{
	int ret;

	ret = nla_put_u8(skb, TLSBIND_A_RULE_ACTION, rule->action) ?:
	      nla_put_u32(skb, TLSBIND_A_RULE_OPTIONS, rule->options) ?:
	      nla_put_u8(skb, TLSBIND_A_RULE_REKEY, rule->rekey);
	if (!ret && rule->rate)
		ret = nla_put_u32(skb, TLSBIND_A_RULE_RATE, rule->rate);
	return ret;
}

static int tlsbind_nl_put_rule(struct sk_buff *skb,
			       const struct tlsbind_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, TLSBIND_A_RULES_RULE);
	int ret;

	if (!nest)
		return -EMSGSIZE;
	ret = tlsbind_nl_put_u64(skb, TLSBIND_A_RULE_HANDLE, rule->handle) ?:
	      tlsbind_nl_put_end(skb, &tlsbind_nl_local, &rule->local,
				 rule->local_prefix, rule->local_port_min,
				 rule->local_port_max) ?:
	      tlsbind_nl_put_end(skb, &tlsbind_nl_remote, &rule->remote,
				 rule->remote_prefix, rule->remote_port_min,
				 rule->remote_port_max) ?:
	      tlsbind_nl_put_caller(skb, rule) ?:
	      tlsbind_nl_put_grants(skb, rule) ?:
	      tlsbind_nl_put_u64(skb, TLSBIND_A_RULE_MATCHES,
				 atomic64_read(&rule->matches));
	if (ret)
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return ret;
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
		ret = tlsbind_nl_put_state(reply.skb, genl_info_net(info)) ?:
		      nla_put_u8(reply.skb, TLSBIND_A_RULES_LOCKED,
				 tlsbind_policy_locked());
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
		NL_SET_ERR_MSG(cb->extack, "needs CAP_NET_ADMIN in the user namespace of the network namespace");
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
	if (ret)
		NL_SET_BAD_ATTR(info->extack, before);
	else
		ret = tlsbind_nl_put_u64(reply.skb, TLSBIND_A_RULES_HANDLE,
					 rule->handle) ?:
		      nla_put_u32(reply.skb, TLSBIND_A_RULES_GENERATION,
				  edit->generation);
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
	if (ret)
		NL_SET_BAD_ATTR(info->extack, handle);
	return ret;
}

static int tlsbind_nl_replace(struct genl_info *info,
			      struct tlsbind_policy_edit *edit,
			      struct tlsbind_rule **list, u32 count)
{
	struct net *net = genl_info_net(info);
	struct tlsbind_nl_reply reply;
	int ret;

	ret = tlsbind_nl_reply_begin(&reply, info);
	if (ret)
		return ret;
	ret = tlsbind_policy_replace(net, edit, list, count) ?:
	      tlsbind_nl_put_state(reply.skb, net);
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
		NL_SET_ERR_MSG(info->extack, "locking needs CAP_NET_ADMIN in the initial user namespace");
		return -EPERM;
	}
	return tlsbind_policy_lock(genl_info_net(info), &edit);
}
