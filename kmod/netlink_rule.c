// SPDX-License-Identifier: GPL-2.0-only
/*
 * One rule as netlink has it: read from a request and checked, put into an answer.
 */
#include "netlink_rule.h"

#include <linux/cgroup.h>
#include <linux/err.h>
#include <net/ipv6.h>
#include <net/netlink.h>

#include "netlink.h"
#include "rule.h"

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

/* With gate: what is about evidence needs mutual; some keys are never judged. */
static int tlsbind_nl_check_gate(const struct tlsbind_nl_rule_reader *r)
{
	const struct tlsbind_rule *rule = r->rule;
	const struct nlattr *options = r->tb[TLSBIND_A_RULE_OPTIONS];

	if (rule->options & (TLSBIND_OPTION_TLS12 | TLSBIND_OPTION_TX_ONLY)) {
		NL_SET_ERR_MSG_ATTR(r->extack, options,
				    "options: tls12 and tx-only do not go with action gate, since nobody can judge such connections");
		return -EINVAL;
	}
	if (tlsbind_rule_grants(rule->action, rule->options))
		return 0;
	if (rule->options & TLSBIND_OPTION_LOOPBACK) {
		NL_SET_ERR_MSG_ATTR(r->extack, options,
				    "options: with action gate, loopback needs mutual");
		return -EINVAL;
	}
	if (rule->rate) {
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[TLSBIND_A_RULE_RATE],
				    "rate: with action gate, needs mutual");
		return -EINVAL;
	}
	return 0;
}

static int tlsbind_nl_check_no_gate(const struct tlsbind_nl_rule_reader *r)
{
	const struct tlsbind_rule *rule = r->rule;

	if (rule->policy) {
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[TLSBIND_A_RULE_POLICY],
				    "policy: goes with action gate only");
		return -EINVAL;
	}
	if (rule->lease) {
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[TLSBIND_A_RULE_LEASE],
				    "lease: goes with action gate only");
		return -EINVAL;
	}
	if (rule->options & TLSBIND_OPTION_MUTUAL) {
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[TLSBIND_A_RULE_OPTIONS],
				    "options: mutual goes with action gate only");
		return -EINVAL;
	}
	return 0;
}

/* Whose keys are not looked at, or never taken, has nothing granted. */
static int tlsbind_nl_check_bare(const struct tlsbind_nl_rule_reader *r)
{
	const struct tlsbind_rule *rule = r->rule;
	struct nlattr *const *tb = r->tb;

	if (rule->options) {
		NL_SET_ERR_MSG_ATTR(r->extack, tb[TLSBIND_A_RULE_OPTIONS],
				    "options: go with actions attest and gate only");
		return -EINVAL;
	}
	if (rule->rekey != TLSBIND_REKEY_STALE) {
		NL_SET_ERR_MSG_ATTR(r->extack, tb[TLSBIND_A_RULE_REKEY],
				    "rekey: goes with actions attest and gate only");
		return -EINVAL;
	}
	if (rule->rate) {
		NL_SET_ERR_MSG_ATTR(r->extack, tb[TLSBIND_A_RULE_RATE],
				    "rate: goes with actions attest and gate only");
		return -EINVAL;
	}
	return 0;
}

/* A rule that lets anybody be attested speaks for the whole guest. */
static int tlsbind_nl_check_privilege(const struct tlsbind_nl_rule_reader *r)
{
	if (r->privileged ||
	    !tlsbind_rule_grants(r->rule->action, r->rule->options))
		return 0;
	if (r->rule->action == TLSBIND_ACTION_ATTEST)
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[TLSBIND_A_RULE_ACTION],
				    "action: attest speaks for the whole guest, so it needs CAP_NET_ADMIN in the initial user namespace");
	else
		NL_SET_ERR_MSG_ATTR(r->extack, r->tb[TLSBIND_A_RULE_OPTIONS],
				    "options: mutual speaks for the whole guest, so it needs CAP_NET_ADMIN in the initial user namespace");
	return -EPERM;
}

static int tlsbind_nl_check_grants(const struct tlsbind_nl_rule_reader *r)
{
	int ret = tlsbind_nl_check_privilege(r);

	if (!ret && r->rule->action == TLSBIND_ACTION_GATE)
		return tlsbind_nl_check_gate(r);
	if (!ret)
		ret = tlsbind_nl_check_no_gate(r);
	if (!ret && r->rule->action != TLSBIND_ACTION_ATTEST)
		ret = tlsbind_nl_check_bare(r);
	return ret;
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
	if (tb[TLSBIND_A_RULE_POLICY])
		r->rule->policy = nla_get_u16(tb[TLSBIND_A_RULE_POLICY]);
	if (tb[TLSBIND_A_RULE_LEASE])
		r->rule->lease = nla_get_u32(tb[TLSBIND_A_RULE_LEASE]);
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

/**
 * tlsbind_nl_read_rule() - the rule in a nest
 * @nest: the attribute of a request
 * @privileged: whether the sender may have rules with attest
 * @extack: to be told what is wrong
 *
 * Context: process, may sleep.
 * Return: the rule, with a reference for the caller; or an ERR_PTR() of the errors
 * of tlsbind_nl_rules_add_doit().
 */
struct tlsbind_rule *tlsbind_nl_read_rule(const struct nlattr *nest,
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
		ret = tlsbind_netlink_put_u64(skb, TLSBIND_A_RULE_CGROUP,
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
	if (!ret && rule->policy)
		ret = nla_put_u16(skb, TLSBIND_A_RULE_POLICY, rule->policy);
	if (!ret && rule->lease)
		ret = nla_put_u32(skb, TLSBIND_A_RULE_LEASE, rule->lease);
	return ret;
}

/**
 * tlsbind_nl_put_rule() - a rule as a nest
 * @skb: to be filled
 * @rule: the rule
 *
 * Context: any.
 * Return: 0; -EMSGSIZE if it does not fit, nothing is left of it then.
 */
int tlsbind_nl_put_rule(struct sk_buff *skb, const struct tlsbind_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, TLSBIND_A_RULES_RULE);
	int ret;

	if (!nest)
		return -EMSGSIZE;
	ret = tlsbind_netlink_put_u64(skb, TLSBIND_A_RULE_HANDLE, rule->handle) ?:
	      tlsbind_nl_put_end(skb, &tlsbind_nl_local, &rule->local,
				 rule->local_prefix, rule->local_port_min,
				 rule->local_port_max) ?:
	      tlsbind_nl_put_end(skb, &tlsbind_nl_remote, &rule->remote,
				 rule->remote_prefix, rule->remote_port_min,
				 rule->remote_port_max) ?:
	      tlsbind_nl_put_caller(skb, rule) ?:
	      tlsbind_nl_put_grants(skb, rule) ?:
	      tlsbind_netlink_put_u64(skb, TLSBIND_A_RULE_MATCHES,
				      atomic64_read(&rule->matches));
	if (ret)
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return ret;
}
