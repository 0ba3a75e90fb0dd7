/* SPDX-License-Identifier: MIT */
#ifndef TLSBIND_STATS_H
#define TLSBIND_STATS_H

#include <stdint.h>
#include <stdio.h>
#include <linux/tlsbind_netlink.h>
#include "print.h"

/** tool_stats_print() - all counters; @value is by TLSBIND_A_STATS_* */
void tool_stats_print(struct tool_print *print, const uint64_t value[TLSBIND_A_STATS_MAX + 1]);

/** tool_stats_prometheus() - the same for the textfile collector of the node exporter */
void tool_stats_prometheus(FILE *out, const uint64_t value[TLSBIND_A_STATS_MAX + 1]);

#endif /* TLSBIND_STATS_H */
