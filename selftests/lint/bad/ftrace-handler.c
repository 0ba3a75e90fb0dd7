// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. A line that must be reported says BAD, any other must not be. */
#include "hook.h"

static void notrace locks(unsigned long ip, unsigned long parent_ip,
			  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct tlsbind_hook *hook = ops->private;

	mutex_lock(&hook->lock);	/* BAD */
	if (!tlsbind_original_calls(parent_ip))
		ftrace_regs_set_instruction_pointer(fregs, hook->wrapper);
	mutex_unlock(&hook->lock);	/* BAD */
}

static void notrace counts(unsigned long ip, unsigned long parent_ip,
			   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	tlsbind_hook_enter(ops->private);	/* BAD */
}

static void notrace right(unsigned long ip, unsigned long parent_ip,
			  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct tlsbind_hook *hook = ops->private;

	if (!tlsbind_original_calls(parent_ip))
		ftrace_regs_set_instruction_pointer(fregs, hook->wrapper);
}

static struct ftrace_ops counting = {
	.func = counts,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

int arm(struct tlsbind_hook *hook)
{
	hook->ops.func = locks;
	hook->ops.func = right;
	return register_ftrace_function(&counting);
}
