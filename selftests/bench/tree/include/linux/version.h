/* SPDX-License-Identifier: MIT */
/* A kernel that has SHA-384 as a function. */
#define KERNEL_VERSION(a, b, c)	(((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE	KERNEL_VERSION(6, 17, 0)
