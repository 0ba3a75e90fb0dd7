/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Challenges that wait, and group commit: one report answers all of them.
 */
#ifndef _TLSBIND_EVIDENCE_H
#define _TLSBIND_EVIDENCE_H

#include <linux/tlsbind.h>
#include <linux/types.h>

struct eventfd_ctx;
struct tlsbind_report;
struct tlsbind_request;
struct tlsbind_sock;

void tlsbind_evidence_stop(void);
void tlsbind_evidence_exit(void);
int tlsbind_evidence_challenge(struct tlsbind_sock *ts,
			       const u8 nonce[TLSBIND_NONCE_SIZE],
			       const u8 app_data[TLSBIND_APP_DATA_SIZE]);
u32 tlsbind_evidence_take(struct tlsbind_request **requests, u32 max);
void tlsbind_evidence_answer(struct tlsbind_request *request, int error,
			     struct tlsbind_report *report);
int tlsbind_evidence_ask(struct tlsbind_request *request);
struct tlsbind_request *tlsbind_evidence_wait(struct tlsbind_sock *ts,
					      long timeout);
void tlsbind_evidence_told(struct tlsbind_sock *ts,
			   struct tlsbind_request *request, bool consumed);
int tlsbind_evidence_eventfd(struct tlsbind_sock *ts,
			     struct eventfd_ctx *eventfd);
void tlsbind_evidence_forget(struct tlsbind_sock *ts);
void tlsbind_evidence_free(struct tlsbind_sock *ts);

#endif
