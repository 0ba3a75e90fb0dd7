/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who installed a key.
 */
#ifndef _TLSBIND_CALLER_H
#define _TLSBIND_CALLER_H

#include <linux/types.h>

/**
 * struct tlsbind_caller - the task that installed a key
 * @uid: in the initial user namespace
 * @cgroup_id: cgroup v2
 * @netns: inode number of its network namespace
 */
struct tlsbind_caller {
	u32 uid;
	u64 cgroup_id;
	u64 netns;
};

void tlsbind_caller_get(struct tlsbind_caller *caller);

#endif
