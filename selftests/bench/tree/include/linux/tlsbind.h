/* SPDX-License-Identifier: MIT */
/* As in the kernel, but for larger trees: what their code would cost is to be seen. */
#ifndef TLSBIND_BENCH_TLSBIND_H
#define TLSBIND_BENCH_TLSBIND_H

#include_next <linux/tlsbind.h>

#undef TLSBIND_TREE_SIZE_MAX
#undef TLSBIND_PATH_MAX
#define TLSBIND_TREE_SIZE_MAX	65536
#define TLSBIND_PATH_MAX	16

#endif
