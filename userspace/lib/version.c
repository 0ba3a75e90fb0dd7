/* SPDX-License-Identifier: MIT */
#include "tlsbind.h"

const char *tlsbind_version(void)
{
	return TLSBIND_VERSION;
}
