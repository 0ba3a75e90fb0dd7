/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything else, by Kbuild: each of our log lines says whose
 * it is.
 */
#ifndef pr_fmt
#define pr_fmt(fmt) "tlsbind: " fmt
#endif
