// SPDX-License-Identifier: GPL-2.0-only
#include "caller.h"

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/nsproxy.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

static u64 tlsbind_caller_cgroup(void)
{
	u64 id = 0;

#ifdef CONFIG_CGROUPS
	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
#endif
	return id;
}

/**
 * tlsbind_caller_get() - describe the current task
 * @caller: filled
 *
 * The effective uid counts, as for every other permission.
 *
 * Context: process, in the task that installs the key.
 */
void tlsbind_caller_get(struct tlsbind_caller *caller)
{
	caller->uid = from_kuid(&init_user_ns, current_euid());
	caller->cgroup_id = tlsbind_caller_cgroup();
	caller->netns = current->nsproxy->net_ns->ns.inum;
}
