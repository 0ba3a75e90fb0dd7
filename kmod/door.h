/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing our tag to everyone else who can have the hardware sign. See
 * Documentation/doors.rst.
 */
#ifndef _TLSBIND_DOOR_H
#define _TLSBIND_DOOR_H

#include <linux/tlsbind.h>
#include <linux/tlsbind_netlink.h>
#include <linux/types.h>

int tlsbind_door_init(void);
void tlsbind_door_exit(void);
void tlsbind_door_admit(const u8 report_data[TLSBIND_REPORT_DATA_SIZE]);
void tlsbind_door_admit_end(void);
bool tlsbind_door_any_open(void);
const char *tlsbind_door_name(unsigned int index);
enum tlsbind_door_state tlsbind_door_state(unsigned int index);

#endif
