/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * configfs-tsm as seen from inside the kernel: an entry of our own and its
 * attributes. See Documentation/ABI/testing/configfs-tsm-report in the kernel.
 */
#ifndef _TLSBIND_TSM_H
#define _TLSBIND_TSM_H

#include <linux/types.h>

int tlsbind_tsm_open(void);
void tlsbind_tsm_close(void);
void tlsbind_tsm_exit(void);
int tlsbind_tsm_write(const char *attribute, const void *data, size_t len);
ssize_t tlsbind_tsm_read(const char *attribute, void *buffer, size_t size);

#endif
