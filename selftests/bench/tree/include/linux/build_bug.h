/* SPDX-License-Identifier: MIT */
/* static_assert() as the kernel has it, with and without a message. */
#ifndef TREE_BUILD_BUG_H
#define TREE_BUILD_BUG_H

#include <assert.h>

#undef static_assert
#define static_assert(...)		tree_static_assert(__VA_ARGS__, "")
#define tree_static_assert(expr, msg, ...)	_Static_assert(expr, msg)

#endif
