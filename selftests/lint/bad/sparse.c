// SPDX-License-Identifier: GPL-2.0-only
/* Compiled, never loaded. A line that must be reported says BAD, no other one. */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

static int bad_types(__be32 wire, const int __user *user, int __rcu *shared)
{
	u32 length = wire; /* BAD */

	length += *(const int *)user; /* BAD */
	return length + *shared; /* BAD */
}

static int __init bad_init(void)
{
	return bad_types(cpu_to_be32(1), NULL, NULL);
}
module_init(bad_init);

MODULE_DESCRIPTION("what sparse must see");
MODULE_LICENSE("GPL");
