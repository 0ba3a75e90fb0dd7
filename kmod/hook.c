// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redirection by ftrace, as live patching does it: at the entry of the target,
 * ftrace calls tlsbind_hook_divert(), which makes the CPU continue in the
 * wrapper with the target's arguments. The wrapper runs in the caller's
 * context; what the target may do, it may do.
 *
 * The wrapper calls the target through a function in original.c. That call
 * reaches tlsbind_hook_divert() too; it is let through because its return
 * address lies in original.c.
 */
#include "hook.h"

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/wait_bit.h>

#include "original.h"

/*
 * Elsewhere a kprobe on the target may hide the return address from
 * tlsbind_hook_divert(); on x86 it goes through ftrace itself.
 */
#ifndef CONFIG_X86_64
#error "tlsbind redirects functions on x86-64 only"
#endif

/* Calls that are inside a wrapper now. */
static atomic_t tlsbind_hook_inflight = ATOMIC_INIT(0);

static void notrace tlsbind_hook_divert(unsigned long ip, unsigned long parent_ip,
					struct ftrace_ops *ops,
					struct ftrace_regs *fregs)
{
	struct tlsbind_hook *hook = ops->private;

	if (!tlsbind_original_calls(parent_ip))
		ftrace_regs_set_instruction_pointer(fregs, hook->wrapper);
}

/**
 * tlsbind_hook_arm() - make calls of the target reach the wrapper
 * @hook: with @target and @wrapper set
 *
 * From here on "sysctl kernel.ftrace_enabled=0" fails with EBUSY, instead of
 * disarming us without a word.
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL if the target cannot be traced; -EBUSY if somebody else
 * (a live patch) redirects it already; -ENODEV or -EBUSY if ftrace is switched
 * off or dead. Nothing is left armed then.
 */
int tlsbind_hook_arm(struct tlsbind_hook *hook)
{
	int ret;

	hook->ops.func = tlsbind_hook_divert;
	hook->ops.private = hook;
	/*
	 * Not FTRACE_OPS_FL_RECURSION: it would make ftrace leave us out when
	 * it believes to be in a recursion, and a key would go unseen. The
	 * handler calls nothing that is traced.
	 */
	hook->ops.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	if (!IS_ENABLED(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS))
		hook->ops.flags |= FTRACE_OPS_FL_SAVE_REGS;

	ret = ftrace_set_filter_ip(&hook->ops, hook->target, 0, 0);
	if (ret)
		return ret;
	ret = register_ftrace_function(&hook->ops);
	if (ret)
		ftrace_free_filter(&hook->ops);
	else
		hook->armed = true;
	return ret;
}

/**
 * tlsbind_hook_disarm() - undo tlsbind_hook_arm()
 * @hook: armed or not
 *
 * No new call is diverted afterwards, but calls may still be in the wrapper:
 * tlsbind_hook_drain() waits for them. Does not return if ftrace is dead:
 * freeing code that it still jumps to would be worse.
 *
 * Context: process, may sleep.
 */
void tlsbind_hook_disarm(struct tlsbind_hook *hook)
{
	int ret;

	if (!hook->armed)
		return;
	ret = unregister_ftrace_function(&hook->ops);
	if (ret) {
		/* ftrace has shut itself down after a bug, with us armed. */
		pr_emerg("cannot unload: ftrace is dead (%d); reboot\n", ret);
		for (;;)
			ssleep(3600);
	}
	ftrace_free_filter(&hook->ops);
	hook->armed = false;
}

/**
 * tlsbind_hook_enter() - first thing a wrapper does
 * @hook: its hook
 */
void tlsbind_hook_enter(struct tlsbind_hook *hook)
{
	atomic_inc(&tlsbind_hook_inflight);
	if (unlikely(!READ_ONCE(hook->seen)))
		WRITE_ONCE(hook->seen, true);
}

/**
 * tlsbind_hook_leave() - last thing a wrapper does
 */
void tlsbind_hook_leave(void)
{
	if (atomic_dec_and_test(&tlsbind_hook_inflight))
		wake_up_var(&tlsbind_hook_inflight);
}

/**
 * tlsbind_hook_drain() - wait until no task runs in a wrapper
 *
 * To be called when all hooks are disarmed. Afterwards no task executes, or
 * will return into, code of this module through a wrapper:
 *
 * A. A task that was diverted before the hook was disarmed may not have reached
 *    tlsbind_hook_enter() yet. It has not slept since, so the first
 *    synchronize_rcu_tasks() waits until it did, or has slept later, which is
 *    after tlsbind_hook_enter().
 * B. A task past tlsbind_hook_enter() is counted, however long it sleeps, in
 *    the target too. The wait ends when the last one is at
 *    tlsbind_hook_leave().
 * C. A task past its decrement may still have to run wake_up_var() and the
 *    wrapper's return instruction. It does not sleep between, so the second
 *    synchronize_rcu_tasks() waits for it.
 *
 * A task that is merely preempted does not count as having slept.
 *
 * Context: process, may sleep, for as long as a call into kTLS lasts.
 */
void tlsbind_hook_drain(void)
{
	synchronize_rcu_tasks();
	/* In steps, so that a long wait is not reported as a hung task. */
	while (!wait_var_event_timeout(&tlsbind_hook_inflight,
				       !atomic_read(&tlsbind_hook_inflight),
				       10 * HZ))
		pr_notice("waiting for %d calls into kernel TLS to end\n",
			  atomic_read(&tlsbind_hook_inflight));
	synchronize_rcu_tasks();
}
