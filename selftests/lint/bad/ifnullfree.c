// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. */
#include <linux/slab.h>

void ifnullfree(void *p)
{
	if (p)
		kfree(p);	/* BAD */
}
