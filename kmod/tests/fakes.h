/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes the place of sockets and of the hardware. A socket is a name and
 * an errno; a report is the REPORT_DATA that it was asked for.
 */
#ifndef _TLSBIND_TESTS_FAKES_H
#define _TLSBIND_TESTS_FAKES_H

#include <linux/completion.h>

#include "../claims.h"
#include "../report.h"
#include "../sock.h"

#define TLSBIND_FAKE_CALLS	8

/**
 * struct tlsbind_fake_hardware - the fake provider
 * @calls: how often it was asked
 * @live: reports that are not freed
 * @error: what it answers instead, negative, or 0
 * @spent: the rate of every rule is used up
 * @hold: if set, it does not answer before @release
 * @asked: completed at each call
 * @release: completed by the test, once for each call that is held
 * @report_data: of the first calls
 */
struct tlsbind_fake_hardware {
	unsigned int calls;
	atomic_t live;
	int error;
	bool spent;
	bool hold;
	struct completion asked;
	struct completion release;
	u8 report_data[TLSBIND_FAKE_CALLS][TLSBIND_REPORT_DATA_SIZE];
};

extern struct tlsbind_fake_hardware tlsbind_fake_hardware;

void tlsbind_fake_reset(void);
void tlsbind_fake_sock(struct tlsbind_sock *ts, u32 name);

#endif
