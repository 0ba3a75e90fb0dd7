// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function is guarded by an ftrace handler at its entry, as in hook.c. Nearly
 * always the handler does nothing. If the function was given REPORT_DATA that
 * begins with our tag, and it is not what the worker is having signed, the CPU
 * continues in tlsbind_guard_refuse() instead.
 *
 * The handler runs in the task that called the function, which may be
 * preempted in it but does not sleep. It reads arguments that are in kernel
 * memory already, so the data cannot change between its look and the use. This
 * module never calls a guarded function itself; the worker reaches it through
 * configfs, as everybody does. So there is no recursion to be told apart.
 */
#include "guard.h"

#include <linux/container_of.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "net.h"

#define TLSBIND_GUARD_MAGIC_SIZE	sizeof(TLSBIND_TAG_MAGIC)

/* Taken in process context only: no guarded function is called elsewhere. */
static DEFINE_SPINLOCK(tlsbind_guard_lock);
/* Who is having what signed; the latter stays when the former has ended. */
static const struct task_struct *tlsbind_guard_task;
static u8 tlsbind_guard_report_data[TLSBIND_REPORT_DATA_SIZE];

/*
 * In place of the guarded function, with its arguments. All of them return int
 * or ssize_t, which is the same register.
 */
static long notrace tlsbind_guard_refuse(void)
{
	return -EPERM;
}

static bool tlsbind_guard_admitted(const struct tlsbind_guard_kind *kind,
				   const u8 data[TLSBIND_REPORT_DATA_SIZE])
{
	bool admitted;

	spin_lock(&tlsbind_guard_lock);
	admitted = (kind->repeats || current == tlsbind_guard_task) &&
		   !memcmp(data, tlsbind_guard_report_data,
			   TLSBIND_REPORT_DATA_SIZE);
	spin_unlock(&tlsbind_guard_lock);
	return admitted;
}

/*
 * What cannot be read is refused: nothing is known about it. Fewer than eight
 * bytes are not our tag, and no TEE signs fewer than 64. A tag with fewer than
 * 64 bytes is never the worker's.
 */
static bool tlsbind_guard_refuses(const struct tlsbind_guard_kind *kind,
				  struct ftrace_regs *fregs)
{
	u8 copy[TLSBIND_REPORT_DATA_SIZE] = {};
	const void *data;
	size_t len;

	if (kind->data(fregs, &data, &len))
		return true;
	if (len < TLSBIND_GUARD_MAGIC_SIZE)
		return false;
	len = min(len, sizeof(copy));
	if (copy_from_kernel_nofault(copy, data, len))
		return true;
	if (memcmp(copy, TLSBIND_TAG_MAGIC, TLSBIND_GUARD_MAGIC_SIZE))
		return false;
	return len < sizeof(copy) || !tlsbind_guard_admitted(kind, copy);
}

static void notrace tlsbind_guard_handle(unsigned long ip,
					 unsigned long parent_ip,
					 struct ftrace_ops *ops,
					 struct ftrace_regs *fregs)
{
	const struct tlsbind_guard *guard =
		container_of(ops, struct tlsbind_guard, ops);

	if (!tlsbind_guard_refuses(guard->kind, fregs))
		return;
	tlsbind_net_count(&init_net, TLSBIND_STAT_DOORS);
	ftrace_regs_set_instruction_pointer(fregs,
					    (unsigned long)tlsbind_guard_refuse);
}

static void tlsbind_guard_prepare(struct tlsbind_guard *guard)
{
	guard->ops = (struct ftrace_ops) {
		.func = tlsbind_guard_handle,
		.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
			 (IS_ENABLED(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS) ?
			  0 : FTRACE_OPS_FL_SAVE_REGS),
	};
}

/* Only with a filter: without one all functions would be meant. */
static int tlsbind_guard_register(struct tlsbind_guard *guard, int filtered)
{
	int ret = filtered;

	if (!ret)
		ret = register_ftrace_function(&guard->ops);
	if (ret)
		ftrace_free_filter(&guard->ops);
	guard->armed = !ret;
	return ret;
}

/**
 * tlsbind_guard_arm_name() - guard a function wherever it is now
 * @guard: with @kind set, not armed
 * @function: its name, in the kernel and in every module that is loaded
 *
 * A module whose functions ftrace has not enabled yet is not among them.
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL if there is no such function, or it cannot be traced;
 * -EBUSY if somebody else redirects it, or ftrace is switched off; -ENOMEM;
 * -ENODEV if ftrace is dead.
 */
int tlsbind_guard_arm_name(struct tlsbind_guard *guard, const char *function)
{
	char name[64];
	int len;

	/* ftrace writes into what it is given. */
	len = strscpy(name, function, sizeof(name));
	if (len < 0)
		return -EINVAL;
	tlsbind_guard_prepare(guard);
	return tlsbind_guard_register(guard,
				      ftrace_set_filter(&guard->ops, name, len,
							1));
}

/**
 * tlsbind_guard_arm_ip() - guard one function
 * @guard: with @kind set, not armed
 * @ip: its address
 *
 * Context: process, may sleep.
 * Return: as tlsbind_guard_arm_name().
 */
int tlsbind_guard_arm_ip(struct tlsbind_guard *guard, unsigned long ip)
{
	tlsbind_guard_prepare(guard);
	return tlsbind_guard_register(guard,
				      ftrace_set_filter_ip(&guard->ops, ip, 0,
							   1));
}

/**
 * tlsbind_guard_disarm() - undo either
 * @guard: armed or not; may be freed afterwards
 *
 * The memory of a module is not the kernel's own, so ftrace treats the guard as
 * one that will be freed: unregistering waits until every task that was in the
 * handler, or was sent to tlsbind_guard_refuse(), has slept or left. Neither
 * sleeps; a task that is preempted there is waited for. So no task is in our
 * code through this guard afterwards, and no other drain is needed.
 *
 * Does not return if ftrace is dead: freeing what it still jumps to would be
 * worse.
 *
 * Context: process, may sleep.
 */
void tlsbind_guard_disarm(struct tlsbind_guard *guard)
{
	int ret;

	if (!guard->armed)
		return;
	ret = unregister_ftrace_function(&guard->ops);
	if (ret) {
		pr_emerg("cannot take a guard away: ftrace is dead (%d); reboot\n",
			 ret);
		for (;;)
			ssleep(3600);
	}
	ftrace_free_filter(&guard->ops);
	guard->armed = false;
}

/**
 * tlsbind_guard_admit() - the current task is having this signed
 * @report_data: copied
 *
 * The task alone would not do: while it is admitted it may come to run
 * something of somebody else's. These 64 bytes alone would, as nobody but the
 * worker makes them: a second report about them says nothing that the first
 * does not.
 *
 * Context: the worker.
 */
void tlsbind_guard_admit(const u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	spin_lock(&tlsbind_guard_lock);
	memcpy(tlsbind_guard_report_data, report_data,
	       sizeof(tlsbind_guard_report_data));
	tlsbind_guard_task = current;
	spin_unlock(&tlsbind_guard_lock);
}

/**
 * tlsbind_guard_admit_end() - no task is having anything signed
 *
 * Context: the worker.
 */
void tlsbind_guard_admit_end(void)
{
	spin_lock(&tlsbind_guard_lock);
	tlsbind_guard_task = NULL;
	spin_unlock(&tlsbind_guard_lock);
}
