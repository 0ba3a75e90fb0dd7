/* SPDX-License-Identifier: MIT */
/* A rule, and its text; tlsbind-rules(5) documents the grammar. */
#ifndef TLSBIND_RULE_H
#define TLSBIND_RULE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/tlsbind.h>
#include <linux/tlsbind_netlink.h>
#include "print.h"

#define TOOL_RULE_GRAMMAR \
	"RULE := ACTION [local ADDR[/LEN]] [lport N[-M]] [remote ADDR[/LEN]] [rport N[-M]]\n" \
	"        [uid N[-M]] [cgroup PATH|id:N] [exe fsverity:HEX|ima:HEX]\n" \
	"        [tls12] [tx-only] [nic] [loopback] [no-export] [mutual]\n" \
	"        [rekey stale|keep|abort] [rate N] [policy N] [lease SECONDS]\n" \
	"ACTION := pass | attest | deny | gate\n"

/* More words than any rule has. */
#define TOOL_RULE_WORDS		32
#define TOOL_RULE_ERROR		256

/* A week: the kernel takes no more. */
#define TOOL_RULE_LEASE_MAX	604800

/* Bits before an IPv4 address, as mapped. */
#define TOOL_MAPPED_PREFIX	96U

/**
 * struct tool_rule - one rule
 * @handle: the kernel's name for it; 0 if it has none yet
 * @matches: key installations that it decided; only from the kernel
 * @local: address, IPv4 as mapped
 * @remote: likewise
 * @local_prefix: bits of @local that count; 0 is any
 * @remote_prefix: likewise
 * @local_port: least and greatest; 0 is any
 * @remote_port: likewise
 * @uid: least and greatest, if @has_uid
 * @has_uid: not any uid
 * @action: enum tlsbind_action
 * @rekey: enum tlsbind_rekey
 * @exe_kind: TLSBIND_EXE_*; TLSBIND_EXE_NONE is any
 * @exe_len: bytes of @exe
 * @exe: digest
 * @cgroup: id; 0 is any
 * @options: enum tlsbind_option
 * @rate: challenges per second; 0 is no limit
 * @policy: number of the judge's policy
 * @lease: seconds that an admission is good for; 0 is without end
 */
struct tool_rule {
	uint64_t handle;
	uint64_t matches;
	struct in6_addr local;
	struct in6_addr remote;
	uint8_t local_prefix;
	uint8_t remote_prefix;
	uint16_t local_port[2];
	uint16_t remote_port[2];
	uint32_t uid[2];
	bool has_uid;
	uint8_t action;
	uint8_t rekey;
	uint8_t exe_kind;
	uint8_t exe_len;
	uint8_t exe[TLSBIND_EXE_DIGEST_SIZE];
	uint64_t cgroup;
	uint32_t options;
	uint32_t rate;
	uint16_t policy;
	uint32_t lease;
};

/**
 * struct tool_rules - a list that grows
 * @rule: the rules
 * @count: how many
 * @room: for how many
 */
struct tool_rules {
	struct tool_rule *rule;
	size_t count;
	size_t room;
};

/** tool_rules_add() - a zeroed rule at the end; NULL if memory ran out */
struct tool_rule *tool_rules_add(struct tool_rules *rules);

/** tool_rules_free() - an empty list */
void tool_rules_free(struct tool_rules *rules);

/**
 * tool_rule_parse() - a rule from words
 * @rule: the result
 * @count: number of words
 * @words: the first of them is the action
 * @error: why not, one line; TOOL_RULE_ERROR bytes
 *
 * Return: number of words that belong to the rule: those before the first "before";
 * -1 if it is none.
 */
int tool_rule_parse(struct tool_rule *rule, int count, char *const words[], char *error);

/**
 * tool_rule_print() - members of an object that is open; text that tool_rule_parse() reads
 * @print: where to
 * @rule: the rule; handle and matches are not printed
 */
void tool_rule_print(struct tool_print *print, const struct tool_rule *rule);

/** tool_rule_wire() - the form in which rules are hashed */
void tool_rule_wire(const struct tool_rule *rule, struct tlsbind_rule_wire *wire);

/** tool_rule_action_name() - name of an action; "?" if it has none */
const char *tool_rule_action_name(uint8_t action);

/** tool_address_print() - an address, IPv4 if it is mapped; with /PREFIX below 128 bits */
void tool_address_print(struct tool_print *print, const char *key, const char *prefix,
			const struct in6_addr *address, uint8_t bits);

/** tool_exe_print() - the digest of an executable, as rules have it */
void tool_exe_print(struct tool_print *print, const char *prefix, uint8_t kind,
		    const uint8_t *digest, size_t len);

/**
 * tool_cgroup_id() - id of a cgroup of version 2
 * @path: below the mount point of the cgroups, or with it
 * @id: the result
 *
 * Return: 0 or a negative errno; -ENOTSUP if it is no such cgroup.
 */
int tool_cgroup_id(const char *path, uint64_t *id);

/**
 * tool_cgroup_path() - path of a cgroup below the mount point, with a leading slash
 * @id: its id
 *
 * Needs CAP_DAC_READ_SEARCH.
 *
 * Return: a string to be freed with free(); NULL if it cannot be told.
 */
char *tool_cgroup_path(uint64_t id);

#endif /* TLSBIND_RULE_H */
