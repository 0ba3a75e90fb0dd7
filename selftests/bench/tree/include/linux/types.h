/* SPDX-License-Identifier: MIT */
/* The kernel's names of types, for its binding.c in user space. */
#ifndef TLSBIND_BENCH_TYPES_H
#define TLSBIND_BENCH_TYPES_H

#include_next <linux/types.h>

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;

#define __packed		__attribute__((packed))
#define cpu_to_be16(x)		htobe16(x)
#define cpu_to_be32(x)		htobe32(x)

#endif
