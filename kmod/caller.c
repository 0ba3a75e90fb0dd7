// SPDX-License-Identifier: GPL-2.0-only
#include "caller.h"

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/ima.h>
#include <linux/mm_types.h>
#include <linux/nsproxy.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <crypto/hash_info.h>
#include <net/net_namespace.h>

static_assert(FS_VERITY_MAX_DIGEST_SIZE <= TLSBIND_EXE_DIGEST_SIZE);

/*
 * A cgroup never moves to another parent, so whom it is below can be noted now
 * and holds when it is gone.
 */
static void tlsbind_caller_cgroup(struct tlsbind_caller *caller)
{
#ifdef CONFIG_CGROUPS
	struct cgroup *cgroup;
	int level;

	rcu_read_lock();
	cgroup = task_dfl_cgroup(current);
	caller->cgroup_id = cgroup_id(cgroup);
	for (level = 0; level < TLSBIND_CALLER_CGROUPS &&
	     level <= cgroup->level; level++)
		caller->cgroups[level] = cgroup_id(cgroup_ancestor(cgroup, level));
	rcu_read_unlock();
	if (level < TLSBIND_CALLER_CGROUPS)
		caller->cgroups[level] = 0;
#else
	caller->cgroup_id = 0;
	caller->cgroups[0] = 0;
#endif
}

/* The file digest that "fsverity measure" prints. */
static bool tlsbind_caller_fsverity(struct inode *inode, struct tlsbind_exe *exe)
{
	int len = fsverity_get_digest(inode, exe->digest, NULL, NULL);

	if (len <= 0)
		return false;
	exe->kind = TLSBIND_EXE_FSVERITY;
	exe->len = len;
	return true;
}

#ifdef CONFIG_IMA
/* Its server may hand out one content to be measured and another to be run. */
static bool tlsbind_caller_served(const struct inode *inode)
{
	return inode->i_sb->s_iflags & (SB_I_IMA_UNVERIFIABLE_SIGNATURE |
					SB_I_UNTRUSTED_MOUNTER);
}
#endif

/*
 * What IMA has measured already, when the file was executed; nothing is hashed
 * now. On a file system that tells of changes, IMA forgets what it measured
 * when the file is changed.
 */
static bool tlsbind_caller_ima(struct inode *inode, struct tlsbind_exe *exe)
{
#ifdef CONFIG_IMA
	int algo;

	if (tlsbind_caller_served(inode))
		return false;
	algo = ima_inode_hash(inode, exe->digest, sizeof(exe->digest));
	if (algo < 0 || algo >= HASH_ALGO__LAST ||
	    hash_digest_size[algo] > sizeof(exe->digest))
		return false;
	exe->kind = TLSBIND_EXE_IMA;
	exe->len = hash_digest_size[algo];
	return true;
#else
	return false;
#endif
}

/* A kernel thread has none. */
static struct file *tlsbind_caller_exe_file(void)
{
	struct file *file = NULL;

	if (current->mm) {
		rcu_read_lock();
		file = get_file_rcu(&current->mm->exe_file);
		rcu_read_unlock();
	}
	return file;
}

static void tlsbind_caller_exe(struct tlsbind_exe *exe)
{
	struct file *file = tlsbind_caller_exe_file();

	memset(exe, 0, sizeof(*exe));
	if (!file)
		return;
	/* Half an answer of the one must not be in that of the other. */
	if (!tlsbind_caller_fsverity(file_inode(file), exe)) {
		memset(exe, 0, sizeof(*exe));
		if (!tlsbind_caller_ima(file_inode(file), exe))
			memset(exe, 0, sizeof(*exe));
	}
	fput(file);
}

/**
 * tlsbind_caller_get() - describe the current task
 * @caller: filled
 *
 * The effective uid counts, as for every other permission. The executable is
 * the file that the task was started from: of an interpreter's script, the
 * interpreter.
 *
 * Context: process, in the task that installs the key; may sleep.
 */
void tlsbind_caller_get(struct tlsbind_caller *caller)
{
	/* That of the initial user namespace is the kernel's own number of it. */
	caller->uid = __kuid_val(current_euid());
	tlsbind_caller_cgroup(caller);
	caller->netns = current->nsproxy->net_ns->ns.inum;
	tlsbind_caller_exe(&caller->exe);
}
