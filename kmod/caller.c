// SPDX-License-Identifier: GPL-2.0-only
#include "caller.h"

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/nsproxy.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

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
#endif
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
	memset(caller, 0, sizeof(*caller));
	caller->uid = from_kuid(&init_user_ns, current_euid());
	tlsbind_caller_cgroup(caller);
	caller->netns = current->nsproxy->net_ns->ns.inum;
}
