/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who installed a key.
 */
#ifndef _TLSBIND_CALLER_H
#define _TLSBIND_CALLER_H

#include <linux/tlsbind.h>
#include <linux/types.h>

/* A rule names no cgroup deeper than this. */
#define TLSBIND_CALLER_CGROUPS	16

/**
 * struct tlsbind_exe - what is known of an executable
 * @kind: TLSBIND_EXE_*
 * @len: bytes used in @digest; 0 if @kind is TLSBIND_EXE_NONE
 * @digest: zero padded
 */
struct tlsbind_exe {
	u8 kind;
	u8 len;
	u8 digest[TLSBIND_EXE_DIGEST_SIZE];
};

/**
 * struct tlsbind_caller - the task that installed a key
 * @uid: in the initial user namespace
 * @cgroup_id: cgroup v2
 * @cgroups: of those that @cgroup_id is below and itself, from the root on; as
 *	many as there are and fit, then, if there is room, one zero
 * @netns: inode number of its network namespace
 * @exe: digest of its executable
 */
struct tlsbind_caller {
	u32 uid;
	u64 cgroup_id;
	u64 cgroups[TLSBIND_CALLER_CGROUPS];
	u64 netns;
	struct tlsbind_exe exe;
};

void tlsbind_caller_get(struct tlsbind_caller *caller);

#endif
