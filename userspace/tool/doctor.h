/* SPDX-License-Identifier: MIT */
/* What tlsbind needs of this machine, and what is there. */
#ifndef TLSBIND_DOCTOR_H
#define TLSBIND_DOCTOR_H

#include <netlink/msg.h>
#include "print.h"

/**
 * enum doctor_state - what was found
 * @DOCTOR_OK: as it should be
 * @DOCTOR_WARNING: works, and promises less than it could
 * @DOCTOR_MISSING: does not work
 * @DOCTOR_UNKNOWN: cannot be seen from here
 */
enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARNING,
	DOCTOR_MISSING,
	DOCTOR_UNKNOWN,
};

/**
 * struct doctor - an examination
 * @print: with an array open
 * @root: put before each path; empty but for tests
 * @release: of the running kernel
 * @missing: findings with DOCTOR_MISSING
 */
struct doctor {
	struct tool_print *print;
	const char *root;
	const char *release;
	unsigned int missing;
};

/**
 * tool_doctor_say() - one finding
 * @d: the examination
 * @name: what was looked at, a stable name
 * @state: what was found
 * @detail: the same in words
 * @fix: what to do; printed unless all is well
 */
void tool_doctor_say(struct doctor *d, const char *name, enum doctor_state state,
		     const char *detail, const char *fix);

/**
 * tool_doctor_read() - a small file
 * @d: the examination
 * @path: absolute
 * @len: its size; NULL if not wanted
 *
 * Return: its bytes and a zero byte, to be freed with free(); NULL if it cannot be read.
 */
char *tool_doctor_read(const struct doctor *d, const char *path, size_t *len);

/** tool_doctor_kernel() - release, configuration, kTLS, ftrace, ciphers */
void tool_doctor_kernel(struct doctor *d);

/** tool_doctor_boot() - Secure Boot, lockdown, signatures of modules */
void tool_doctor_boot(struct doctor *d);

/** tool_doctor_module() - the module: version, hooks, provider, doors, rules */
void tool_doctor_module(struct doctor *d);

/** tool_doctor_hooks() - which functions are redirected, from ftrace's list */
void tool_doctor_hooks(struct doctor *d);

/**
 * tool_doctor_version() - what the module answers to TLSBIND_CMD_VERSION_GET
 * @message: the answer
 * @doctor: struct doctor
 *
 * Return: 0 or -EBADMSG.
 */
int tool_doctor_version(struct nlmsghdr *message, void *doctor);

/** tool_doctor_provider() - the same for TLSBIND_CMD_PROVIDER_GET */
int tool_doctor_provider(struct nlmsghdr *message, void *doctor);

/** tool_doctor_rules() - the same for TLSBIND_CMD_RULES_GET */
int tool_doctor_rules(struct nlmsghdr *message, void *doctor);

#endif /* TLSBIND_DOCTOR_H */
