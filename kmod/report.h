/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One hardware report.
 */
#ifndef _TLSBIND_REPORT_H
#define _TLSBIND_REPORT_H

#include <linux/refcount.h>
#include <linux/tlsbind.h>
#include <linux/types.h>

#define TLSBIND_REPORT_PROVIDER_MAX	32

/**
 * struct tlsbind_report - what the provider gave for one REPORT_DATA
 * @ref: one of each request that it answers
 * @boot_nonce: that REPORT_DATA was made with
 * @provider: its name, without newline
 * @out: report or quote, as the provider gave it: neither parsed nor judged
 * @out_len: bytes in @out, at least 1
 * @aux: certificates, or NULL
 * @aux_len: bytes in @aux
 */
struct tlsbind_report {
	refcount_t ref;
	u8 boot_nonce[TLSBIND_BOOT_NONCE_SIZE];
	char provider[TLSBIND_REPORT_PROVIDER_MAX];
	void *out;
	size_t out_len;
	void *aux;
	size_t aux_len;
};

int tlsbind_report_init(void);
void tlsbind_report_exit(void);
const u8 *tlsbind_report_boot_nonce(void);
bool tlsbind_report_available(void);
void tlsbind_report_last_provider(char provider[TLSBIND_REPORT_PROVIDER_MAX]);
struct tlsbind_report *
tlsbind_report_make(const u8 report_data[TLSBIND_REPORT_DATA_SIZE]);
struct tlsbind_report *tlsbind_report_get(struct tlsbind_report *report);
void tlsbind_report_put(struct tlsbind_report *report);

#endif
