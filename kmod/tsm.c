// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux has no in-kernel interface for reports, but configfs-tsm covers TDX,
 * SNP, SVSM and Arm CCA alike. It is used through a mount of our own: paths of
 * user space may lie in another mount namespace, and kernel threads have an
 * empty root on newer kernels.
 *
 * Everything here runs under the mutex of report.c, or in module exit when
 * nobody else is left: no further locks are needed.
 */
#include "tsm.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>

#include "compat/vfs.h"

#define TLSBIND_TSM_DIR		"tsm/report"
#define TLSBIND_TSM_ENTRY	"tlsbind"

static struct vfsmount *tlsbind_tsm_mnt;

/* Held while the entry in it is ours: removing that must not need memory. */
static struct path tlsbind_tsm_dir;
static bool tlsbind_tsm_ours;

static int tlsbind_tsm_mount(void)
{
	struct file_system_type *type;
	struct vfsmount *mnt;

	if (tlsbind_tsm_mnt)
		return 0;
	type = get_fs_type("configfs");
	if (!type)
		return -ENODEV;
	mnt = kern_mount(type);
	module_put(type->owner);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	tlsbind_tsm_mnt = mnt;
	return 0;
}

static int tlsbind_tsm_lookup(const char *name, struct path *path)
{
	return vfs_path_lookup(tlsbind_tsm_mnt->mnt_root, tlsbind_tsm_mnt, name,
			       LOOKUP_DIRECTORY, path);
}

/**
 * tlsbind_tsm_open() - make our entry under tsm/report
 *
 * An entry of that name that somebody else made is used as it is: whoever can
 * make one can do no more harm with it than without.
 *
 * Context: process, under the mutex of report.c; may sleep.
 * Return: 0; -ENODEV without configfs; -ENOENT without configfs-tsm; -ENXIO
 * without a provider; another errno of the file system.
 */
int tlsbind_tsm_open(void)
{
	int ret;

	ret = tlsbind_tsm_mount();
	if (ret)
		return ret;
	/* It may be there still, if it was in use the last time. */
	tlsbind_tsm_close();
	if (tlsbind_tsm_ours)
		return 0;
	ret = tlsbind_tsm_lookup(TLSBIND_TSM_DIR, &tlsbind_tsm_dir);
	if (ret)
		return ret;
	ret = mnt_want_write(tlsbind_tsm_dir.mnt);
	if (!ret) {
		ret = tlsbind_compat_mkdir(&tlsbind_tsm_dir, TLSBIND_TSM_ENTRY);
		mnt_drop_write(tlsbind_tsm_dir.mnt);
	}
	tlsbind_tsm_ours = !ret;
	if (ret)
		path_put(&tlsbind_tsm_dir);
	return ret == -EEXIST ? 0 : ret;
}

/**
 * tlsbind_tsm_close() - remove our entry
 *
 * No provider can be registered while there is any entry, so it must not
 * outlive the report. One that somebody else made is left alone.
 *
 * Context: process, under the mutex of report.c, or in module exit; may sleep.
 */
void tlsbind_tsm_close(void)
{
	int ret;

	if (!tlsbind_tsm_ours)
		return;
	ret = mnt_want_write(tlsbind_tsm_dir.mnt);
	if (!ret) {
		ret = tlsbind_compat_rmdir(&tlsbind_tsm_dir, TLSBIND_TSM_ENTRY);
		mnt_drop_write(tlsbind_tsm_dir.mnt);
	}
	/* Otherwise somebody uses it: it stays ours, to be removed next time. */
	if (ret && ret != -ENOENT)
		return;
	path_put(&tlsbind_tsm_dir);
	tlsbind_tsm_ours = false;
}

static struct file *tlsbind_tsm_file(const char *attribute, int flags)
{
	char name[64];
	int len;

	len = snprintf(name, sizeof(name), TLSBIND_TSM_DIR "/" TLSBIND_TSM_ENTRY
		       "/%s", attribute);
	if (len >= sizeof(name))
		return ERR_PTR(-ENAMETOOLONG);
	return file_open_root_mnt(tlsbind_tsm_mnt, name, flags, 0);
}

/**
 * tlsbind_tsm_write() - write an attribute of our entry
 * @attribute: its name
 * @data: value
 * @len: its size in bytes
 *
 * A binary attribute takes effect at the last close, and its result is lost
 * there: compare the attribute "generation" before and after.
 *
 * Context: the worker, after tlsbind_tsm_open(); may sleep.
 * Return: 0 or a negative errno.
 */
int tlsbind_tsm_write(const char *attribute, const void *data, size_t len)
{
	struct file *file = tlsbind_tsm_file(attribute, O_WRONLY);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, data, len, &pos);
	__fput_sync(file);
	if (n < 0)
		return n;
	return n == len ? 0 : -EIO;
}

/**
 * tlsbind_tsm_read() - read an attribute of our entry whole
 * @attribute: its name
 * @buffer: where to
 * @size: room in bytes
 *
 * Context: the worker, after tlsbind_tsm_open(); sleeps as long as the provider
 * takes.
 * Return: bytes read, at most @size; -EFBIG if there are more; another
 * negative errno, the provider's own included.
 */
ssize_t tlsbind_tsm_read(const char *attribute, void *buffer, size_t size)
{
	struct file *file = tlsbind_tsm_file(attribute, O_RDONLY);
	size_t done = 0;
	loff_t pos = 0;
	ssize_t n;
	u8 more;

	if (IS_ERR(file))
		return PTR_ERR(file);
	do {
		n = kernel_read(file, buffer + done, size - done, &pos);
		if (n > 0)
			done += n;
	} while (n > 0 && done < size);
	if (n >= 0 && done == size && kernel_read(file, &more, 1, &pos) > 0)
		n = -EFBIG;
	__fput_sync(file);
	return n < 0 ? n : done;
}

/**
 * tlsbind_tsm_exit() - let go of configfs
 *
 * Context: module exit, when the worker is gone; may sleep.
 */
void tlsbind_tsm_exit(void)
{
	if (!tlsbind_tsm_mnt)
		return;
	tlsbind_tsm_close();
	if (tlsbind_tsm_ours)
		path_put(&tlsbind_tsm_dir);
	kern_unmount(tlsbind_tsm_mnt);
}
