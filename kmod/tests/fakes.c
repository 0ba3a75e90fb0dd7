// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../door.h"
#include "../event.h"
#include "../policy.h"

struct tlsbind_fake_hardware tlsbind_fake_hardware;

static const u8 tlsbind_fake_boot_nonce[TLSBIND_BOOT_NONCE_SIZE] = "a boot nonce";

/**
 * tlsbind_fake_reset() - a provider that answers at once
 */
void tlsbind_fake_reset(void)
{
	memset(&tlsbind_fake_hardware, 0, sizeof(tlsbind_fake_hardware));
	init_completion(&tlsbind_fake_hardware.asked);
	init_completion(&tlsbind_fake_hardware.release);
}

/* In no network namespace. */
static struct sock tlsbind_fake_sk;

/**
 * tlsbind_fake_sock() - a socket that may be attested
 * @ts: to be filled
 * @name: told apart by
 */
void tlsbind_fake_sock(struct tlsbind_sock *ts, u32 name)
{
	memset(ts, 0, sizeof(*ts));
	refcount_set(&ts->ref, 1);
	ts->sk = &tlsbind_fake_sk;
	ts->tx.generation = name;
}

/* sock.h: the reference is counted, but the test owns the memory. */

void tlsbind_sock_hold(struct tlsbind_sock *ts)
{
	refcount_inc(&ts->ref);
}

void tlsbind_sock_put(struct tlsbind_sock *ts)
{
	refcount_dec(&ts->ref);
}

int tlsbind_claims_make(struct tlsbind_sock *ts, struct tlsbind_claims *claims)
{
	claims->flags = cpu_to_be32(ts->flags);
	put_unaligned_be32(ts->tx.generation, claims->tx_commitment);
	return ts->error;
}

void tlsbind_claims_answered(struct tlsbind_sock *ts, const struct tlsbind_claims *claims)
{
	ts->stale = false;
}

bool tlsbind_policy_charge(const struct net *net, u64 rule)
{
	return !tlsbind_fake_hardware.spent;
}

/* door.h */

bool tlsbind_door_any_open(void)
{
	return true;
}

/* event.h */

void tlsbind_event_evidence(struct tlsbind_sock *ts, int error)
{
}

/* report.h */

const u8 *tlsbind_report_boot_nonce(void)
{
	return tlsbind_fake_boot_nonce;
}

struct tlsbind_report *
tlsbind_report_make(const u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	struct tlsbind_fake_hardware *hw = &tlsbind_fake_hardware;
	unsigned int call = hw->calls++;
	struct tlsbind_report *report;

	if (call < TLSBIND_FAKE_CALLS)
		memcpy(hw->report_data[call], report_data, TLSBIND_REPORT_DATA_SIZE);
	complete(&hw->asked);
	if (hw->hold)
		wait_for_completion(&hw->release);
	if (hw->error)
		return ERR_PTR(hw->error);

	report = kzalloc(sizeof(*report), GFP_KERNEL);
	if (!report)
		return ERR_PTR(-ENOMEM);
	refcount_set(&report->ref, 1);
	atomic_inc(&hw->live);
	return report;
}

struct tlsbind_report *tlsbind_report_get(struct tlsbind_report *report)
{
	refcount_inc(&report->ref);
	return report;
}

void tlsbind_report_put(struct tlsbind_report *report)
{
	if (!report || !refcount_dec_and_test(&report->ref))
		return;
	atomic_dec(&tlsbind_fake_hardware.live);
	kfree(report);
}
