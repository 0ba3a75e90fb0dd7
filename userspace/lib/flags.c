/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "internal.h"

static const struct {
	uint32_t flag;
	const char *name;
} tlsbind_flags[] = {
	{ TLSBIND_F_ONE_DIRECTION, "one-direction" },
	{ TLSBIND_F_NIC, "nic" },
	{ TLSBIND_F_DOORS_OPEN, "doors-open" },
	{ TLSBIND_F_LOCKED, "locked" },
	{ TLSBIND_F_NO_EXPORT, "no-export" },
	{ TLSBIND_F_GATED, "gated" },
	{ TLSBIND_F_KEY_SHARED, "key-shared" },
	{ TLSBIND_F_POLICY_CHANGED, "policy-changed" },
};

uint32_t tlsbind_flag_from_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(tlsbind_flags) / sizeof(tlsbind_flags[0]); i++)
		if (!strcmp(tlsbind_flags[i].name, name))
			return tlsbind_flags[i].flag;
	return 0;
}

const char *tlsbind_flag_name(uint32_t flag)
{
	size_t i;

	for (i = 0; i < sizeof(tlsbind_flags) / sizeof(tlsbind_flags[0]); i++)
		if (tlsbind_flags[i].flag == flag)
			return tlsbind_flags[i].name;
	return NULL;
}
