/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Redirecting a function of another module. See Documentation/hooking.rst.
 */
#ifndef _TLSBIND_HOOK_H
#define _TLSBIND_HOOK_H

#include <linux/types.h>

/**
 * struct tlsbind_hook - one redirected function
 * @target: the function that is redirected
 * @wrapper: the function that runs in its place, same prototype
 * @seen: a call did reach @wrapper
 *
 * @target and @wrapper are set by the owner before tlsbind_hook_arm().
 */
struct tlsbind_hook {
	unsigned long target;
	unsigned long wrapper;
	bool seen;
};

int tlsbind_hook_arm(struct tlsbind_hook *hook);
void tlsbind_hook_disarm(void);
void tlsbind_hook_drain(void);
void tlsbind_hook_enter(struct tlsbind_hook *hook);
void tlsbind_hook_leave(void);

#endif
