/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making and removing a directory through the VFS, from inside the kernel.
 *
 * 6.12 has lookup_one_len() and the caller locks the parent. Newer kernels have
 * start_creating_noperm() and start_removing_noperm(), which look up and lock,
 * and vfs_mkdir() returns a dentry.
 */
#ifndef _TLSBIND_COMPAT_VFS_H
#define _TLSBIND_COMPAT_VFS_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/version.h>

#define TLSBIND_COMPAT_MODE	0700

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)

static inline int tlsbind_compat_mkdir(const struct path *dir, const char *name)
{
	struct dentry *dentry;

	dentry = start_creating_noperm(dir->dentry, &QSTR(name));
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_really_is_positive(dentry)) {
		end_creating(dentry);
		return -EEXIST;
	}
	dentry = vfs_mkdir(mnt_idmap(dir->mnt), d_inode(dir->dentry), dentry,
			   TLSBIND_COMPAT_MODE, NULL);
	/* Unlocks in case of an error too. */
	end_creating(dentry);
	return PTR_ERR_OR_ZERO(dentry);
}

static inline int tlsbind_compat_rmdir(const struct path *dir, const char *name)
{
	struct dentry *dentry;
	int ret;

	dentry = start_removing_noperm(dir->dentry, &QSTR(name));
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = vfs_rmdir(mnt_idmap(dir->mnt), d_inode(dir->dentry), dentry, NULL);
	end_removing(dentry);
	return ret;
}

#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)

/* Locks the parent, unless it returns an error; tlsbind_compat_end() unlocks. */
static inline struct dentry *tlsbind_compat_start(const struct path *dir,
						  const char *name)
{
	struct dentry *dentry;

	inode_lock_nested(d_inode(dir->dentry), I_MUTEX_PARENT);
	dentry = lookup_one_len(name, dir->dentry, strlen(name));
	if (IS_ERR(dentry))
		inode_unlock(d_inode(dir->dentry));
	return dentry;
}

static inline void tlsbind_compat_end(const struct path *dir,
				      struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(d_inode(dir->dentry));
}

static inline int tlsbind_compat_mkdir(const struct path *dir, const char *name)
{
	struct dentry *dentry = tlsbind_compat_start(dir, name);
	int ret = -EEXIST;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_really_is_negative(dentry))
		ret = vfs_mkdir(mnt_idmap(dir->mnt), d_inode(dir->dentry),
				dentry, TLSBIND_COMPAT_MODE);
	tlsbind_compat_end(dir, dentry);
	return ret;
}

static inline int tlsbind_compat_rmdir(const struct path *dir, const char *name)
{
	struct dentry *dentry = tlsbind_compat_start(dir, name);
	int ret = -ENOENT;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_really_is_positive(dentry))
		ret = vfs_rmdir(mnt_idmap(dir->mnt), d_inode(dir->dentry),
				dentry);
	tlsbind_compat_end(dir, dentry);
	return ret;
}

#else
#error "not known for this kernel: use one before 6.15 or from 7.0 on"
#endif
#endif
