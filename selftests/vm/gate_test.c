// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module of mistakes: loading it with fault=NAME makes one, so that the test
 * harness can show that the debug kernel sees it and that the run fails.
 */

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "none, leak, atomic, rcu, deadlock, undefined, overflow or use-after-free");

static DEFINE_MUTEX(gate_test_first);
static DEFINE_MUTEX(gate_test_second);

/* Kept where the compiler cannot know what becomes of it. */
static void *volatile gate_test_object;
static volatile unsigned int gate_test_shift = 40;
static void __rcu *gate_test_pointer;

static void gate_test_none(void)
{
	gate_test_object = kmalloc(100, GFP_KERNEL);
	kfree(gate_test_object);
	gate_test_object = NULL;
}

static void gate_test_leak(void)
{
	gate_test_object = kmalloc(100, GFP_KERNEL);
	gate_test_object = NULL;
}

static void gate_test_use_after_free(void)
{
	char *object = kzalloc(100, GFP_KERNEL);

	gate_test_object = object;
	kfree(object);
	pr_info("gate_test: read %d\n", *(volatile char *)gate_test_object);
}

static void gate_test_overflow(void)
{
	char *object = kzalloc(100, GFP_KERNEL);

	gate_test_object = object;
	((volatile char *)gate_test_object)[100] = 1;
	kfree(object);
}

/* Never at the same time: only lockdep can see that this may end badly. */
static void gate_test_deadlock(void)
{
	mutex_lock(&gate_test_first);
	mutex_lock(&gate_test_second);
	mutex_unlock(&gate_test_second);
	mutex_unlock(&gate_test_first);

	mutex_lock(&gate_test_second);
	mutex_lock(&gate_test_first);
	mutex_unlock(&gate_test_first);
	mutex_unlock(&gate_test_second);
}

static void gate_test_atomic(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static void gate_test_undefined(void)
{
	pr_info("gate_test: shifted to %d\n", 1 << gate_test_shift);
}

static void gate_test_rcu(void)
{
	gate_test_object = rcu_dereference(gate_test_pointer);
}

static const struct {
	const char *name;
	void (*make)(void);
} gate_test_faults[] = {
	{ "none", gate_test_none },
	{ "leak", gate_test_leak },
	{ "atomic", gate_test_atomic },
	{ "rcu", gate_test_rcu },
	{ "deadlock", gate_test_deadlock },
	{ "undefined", gate_test_undefined },
	{ "overflow", gate_test_overflow },
	{ "use-after-free", gate_test_use_after_free },
};

static int __init gate_test_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gate_test_faults); i++) {
		if (strcmp(fault, gate_test_faults[i].name))
			continue;
		gate_test_faults[i].make();
		return 0;
	}
	return -EINVAL;
}

static void __exit gate_test_exit(void)
{
}

module_init(gate_test_init);
module_exit(gate_test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("tlsbind: deliberate mistakes, to test the test harness");
