/* SPDX-License-Identifier: MIT */
/* Cgroups of version 2: their ids are the handles of their directories. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "rule.h"

/* As include/linux/exportfs.h has it; kernels since 6.14 want it exactly. */
#define TOOL_FILEID_KERNFS	0xfe


static bool tool_cgroup_is(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* With systemd alone, or beside cgroups of version 1. */
static const char *tool_cgroup_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	size_t i;

	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (tool_cgroup_is(roots[i]))
			return roots[i];
	return NULL;
}

static int tool_cgroup_name(const char *path, uint64_t *id)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int mount;

	if (!tool_cgroup_is(path))
		return access(path, F_OK) ? -errno : -ENOTSUP;
	if (name_to_handle_at(AT_FDCWD, path, &u.handle, &mount, 0))
		return -errno;
	if (u.handle.handle_bytes != sizeof(*id))
		return -ENOTSUP;
	memcpy(id, u.handle.f_handle, sizeof(*id));
	return 0;
}

int tool_cgroup_id(const char *path, uint64_t *id)
{
	const char *root = tool_cgroup_root();
	char full[PATH_MAX];
	int len;

	if (!root)
		return -ENOTSUP;
	if (!strncmp(path, root, strlen(root)))
		root = "";
	len = snprintf(full, sizeof(full), "%s%s%s", root, *root && *path != '/' ? "/" : "", path);
	if (len < 0 || (size_t)len >= sizeof(full))
		return -ENAMETOOLONG;
	return tool_cgroup_name(full, id);
}

static int tool_cgroup_open(int root, uint64_t id)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + sizeof(uint64_t)];
	} u = { .handle = { .handle_bytes = sizeof(id), .handle_type = TOOL_FILEID_KERNFS } };

	memcpy(u.handle.f_handle, &id, sizeof(id));
	return open_by_handle_at(root, &u.handle, O_PATH | O_CLOEXEC);
}

char *tool_cgroup_path(uint64_t id)
{
	const char *root = tool_cgroup_root();
	char link[64], path[PATH_MAX];
	int fd, dir;
	ssize_t n;

	if (!root)
		return NULL;
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return NULL;
	fd = tool_cgroup_open(dir, id);
	close(dir);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (n < (ssize_t)strlen(root) || strncmp(path, root, strlen(root)) != 0)
		return NULL;
	path[n] = '\0';
	return strdup(path[strlen(root)] ? path + strlen(root) : "/");
}
