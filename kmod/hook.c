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
#include <linux/ftrace.h>
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

#define TLSBIND_HOOK_MAX	4

/* A traced address lies this near to the beginning of its function: endbr64. */
#define TLSBIND_HOOK_ENTRY	16

static void tlsbind_hook_divert(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *ops,
				struct ftrace_regs *fregs);

/*
 * One for all hooks, because each unregistration waits for several grace
 * periods.
 *
 * Not FTRACE_OPS_FL_RECURSION: it would make ftrace leave us out when it
 * believes to be in a recursion, and a key would go unseen. The handler calls
 * nothing that is traced.
 */
static struct ftrace_ops tlsbind_hook_ops = {
	.func = tlsbind_hook_divert,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
		 (IS_ENABLED(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS) ?
		  0 : FTRACE_OPS_FL_SAVE_REGS),
};

/* Grows in tlsbind_hook_arm(), and is complete before a call can come. */
static struct tlsbind_hook *tlsbind_hooks[TLSBIND_HOOK_MAX];
static unsigned int tlsbind_hook_count;

/* Calls that are inside a wrapper now. */
static atomic_t tlsbind_hook_inflight = ATOMIC_INIT(0);

/* Somebody waits until there are none. */
static bool tlsbind_hook_draining;

static void notrace tlsbind_hook_divert(unsigned long ip, unsigned long parent_ip,
					struct ftrace_ops *ops,
					struct ftrace_regs *fregs)
{
	unsigned int i;

	if (tlsbind_original_calls(parent_ip))
		return;
	for (i = 0; i < TLSBIND_HOOK_MAX; i++) {
		struct tlsbind_hook *hook = READ_ONCE(tlsbind_hooks[i]);

		if (hook && ip - hook->target < TLSBIND_HOOK_ENTRY) {
			ftrace_regs_set_instruction_pointer(fregs, hook->wrapper);
			return;
		}
	}
}

/**
 * tlsbind_hook_arm() - make calls of the target reach the wrapper
 * @hook: with @target and @wrapper set
 *
 * From the first hook on "sysctl kernel.ftrace_enabled=0" fails with EBUSY,
 * instead of disarming us without a word.
 *
 * Context: process, may sleep; module init.
 * Return: 0; -EINVAL if the target cannot be traced; -EBUSY if somebody else
 * (a live patch) redirects it already; -ENODEV or -EBUSY if ftrace is switched
 * off or dead; -ENOSPC; -ENOMEM. Hooks that were armed before stay armed.
 */
int tlsbind_hook_arm(struct tlsbind_hook *hook)
{
	unsigned int slot = tlsbind_hook_count;
	int ret;

	if (slot == TLSBIND_HOOK_MAX)
		return -ENOSPC;
	WRITE_ONCE(tlsbind_hooks[slot], hook);
	ret = ftrace_set_filter_ip(&tlsbind_hook_ops, hook->target, 0, !slot);
	if (!ret && !slot) {
		ret = register_ftrace_function(&tlsbind_hook_ops);
		if (ret)
			ftrace_free_filter(&tlsbind_hook_ops);
	}
	if (ret)
		WRITE_ONCE(tlsbind_hooks[slot], NULL);
	else
		tlsbind_hook_count++;
	return ret;
}

/**
 * tlsbind_hook_disarm() - undo all tlsbind_hook_arm(), the last one first
 *
 * No new call is diverted afterwards, but calls may still be in a wrapper:
 * tlsbind_hook_drain() waits for them. Does not return if ftrace is dead:
 * freeing code that it still jumps to would be worse.
 *
 * Context: process, may sleep; module exit.
 */
void tlsbind_hook_disarm(void)
{
	int ret;

	if (!tlsbind_hook_count)
		return;
	/*
	 * The first one goes with the ops: without an address it would trace
	 * every function. If there is no memory to take out another one, it
	 * goes then, too.
	 */
	while (--tlsbind_hook_count)
		ftrace_set_filter_ip(&tlsbind_hook_ops,
				     tlsbind_hooks[tlsbind_hook_count]->target,
				     1, 0);

	ret = unregister_ftrace_function(&tlsbind_hook_ops);
	if (ret) {
		/* ftrace has shut itself down after a bug, with us armed. */
		pr_emerg("cannot unload: ftrace is dead (%d); reboot\n", ret);
		for (;;)
			ssleep(3600);
	}
	ftrace_free_filter(&tlsbind_hook_ops);
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
	/* Fully ordered; pairs with tlsbind_hook_drain(): one of both sees the other. */
	if (atomic_dec_and_test(&tlsbind_hook_inflight) &&
	    READ_ONCE(tlsbind_hook_draining))
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
	/* Before it looks at the number, the wait has a full barrier. */
	WRITE_ONCE(tlsbind_hook_draining, true);
	synchronize_rcu_tasks();
	/* In steps, so that a long wait is not reported as a hung task. */
	while (!wait_var_event_timeout(&tlsbind_hook_inflight,
				       !atomic_read(&tlsbind_hook_inflight),
				       10 * HZ))
		pr_notice("waiting for %d calls into kernel TLS to end\n",
			  atomic_read(&tlsbind_hook_inflight));
	synchronize_rcu_tasks();
}
