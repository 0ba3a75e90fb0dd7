/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing a function to whoever calls it with our tag.
 */
#ifndef _TLSBIND_GUARD_H
#define _TLSBIND_GUARD_H

#include <linux/ftrace.h>
#include <linux/tlsbind.h>
#include <linux/types.h>

/**
 * struct tlsbind_guard_kind - what kind of function is guarded
 * @data: finds REPORT_DATA among the arguments, in kernel memory that nobody
 *	else writes to during the call; 0 or a negative errno
 * @repeats: other tasks call it again with the REPORT_DATA of the last report
 */
struct tlsbind_guard_kind {
	int (*data)(struct ftrace_regs *fregs, const void **data, size_t *len);
	bool repeats;
};

/**
 * struct tlsbind_guard - one guard
 * @ops: its handler in ftrace
 * @kind: of what
 * @armed: it is in place
 */
struct tlsbind_guard {
	struct ftrace_ops ops;
	const struct tlsbind_guard_kind *kind;
	bool armed;
};

int tlsbind_guard_arm_name(struct tlsbind_guard *guard, const char *function);
int tlsbind_guard_arm_ip(struct tlsbind_guard *guard, unsigned long ip);
void tlsbind_guard_disarm(struct tlsbind_guard *guard);
void tlsbind_guard_admit(const u8 report_data[TLSBIND_REPORT_DATA_SIZE]);
void tlsbind_guard_admit_end(void);

#endif
