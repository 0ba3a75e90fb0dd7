/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Group commit: one report answers all who wait.
 */
#ifndef _TLSBIND_BATCH_H
#define _TLSBIND_BATCH_H

int tlsbind_batch_init(void);
void tlsbind_batch_exit(void);
void tlsbind_batch_flush(void);
void tlsbind_batch_kick(void);

#endif
