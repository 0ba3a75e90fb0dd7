/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mock TEE's parts and what they say to each other.
 *
 * Threading. report_new() runs in the context of whoever reads outblob, with
 * the tsm core's rwsem held for writing, so there is one report at a time and
 * unregistering waits for it. Whatever waits in there must therefore end when
 * mock_tee_provider_leaving() becomes true: else "gone" and rmmod would wait
 * as long as the mock hangs. All waits are interruptible, on mock_tee_wq.
 */
#ifndef MOCK_TEE_H
#define MOCK_TEE_H

#include <linux/types.h>
#include <linux/wait.h>

#include "mock_tee_dev.h"

enum mock_tee_fault {
	MOCK_TEE_FAULT_NONE,
	MOCK_TEE_FAULT_TRUNCATE,
	MOCK_TEE_FAULT_GARBAGE,
	MOCK_TEE_FAULT_WRONG_DATA,
	MOCK_TEE_FAULT_EMPTY,
};

/**
 * struct mock_tee_blobs - what the signer answered
 * @out: report, from kvmalloc(); the owner frees it
 * @out_len: its length
 * @aux: auxiliary data, from kvmalloc(), or NULL; the owner frees it
 * @aux_len: its length
 */
struct mock_tee_blobs {
	u8 *out;
	size_t out_len;
	u8 *aux;
	size_t aux_len;
};

extern wait_queue_head_t mock_tee_wq;

/* provider.c */
int mock_tee_provider_init(void);
void mock_tee_provider_exit(void);
int mock_tee_provider_show(bool present);
bool mock_tee_provider_leaving(void);

/* exchange.c */
int mock_tee_exchange_init(void);
void mock_tee_exchange_exit(void);
int mock_tee_exchange(const u8 *inblob, u32 privlevel, struct mock_tee_blobs *blobs);
bool mock_tee_exchange_served(void);

/* nic.c */
void mock_tee_nic_exit(void);

/* knobs.c */
bool mock_tee_knob_is_tdx(void);
const char *mock_tee_knob_provider(void);
bool mock_tee_knob_gone(void);
int mock_tee_knob_hold(void);
int mock_tee_knob_error(void);
enum mock_tee_fault mock_tee_knob_fault(void);
void mock_tee_knob_count(void);

#endif
