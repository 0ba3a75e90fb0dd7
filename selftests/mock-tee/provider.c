// SPDX-License-Identifier: GPL-2.0-only
/* The provider that configfs-tsm sees: registration, one report, its faults. */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/string.h>

#include "compat.h"
#include "mock_tee.h"

/*
 * Lock order: the kernel's param_lock, mock_tee_provider_lock, tsm's rwsem.
 * report_new() is called below tsm's rwsem and takes neither of the others.
 */
static DEFINE_MUTEX(mock_tee_provider_lock);
static bool mock_tee_provider_ready;		/* between init and exit */
static bool mock_tee_provider_registered;
static bool mock_tee_provider_left = true;	/* read without the lock */

/**
 * mock_tee_provider_leaving() - must report_new() come to an end now?
 *
 * Return: true from before the provider is unregistered until it is back.
 */
bool mock_tee_provider_leaving(void)
{
	return READ_ONCE(mock_tee_provider_left);
}

/* Bends a good answer; the fault "wrong-data" was put into the question. */
static void mock_tee_provider_bend(struct mock_tee_blobs *blobs, enum mock_tee_fault fault)
{
	switch (fault) {
	case MOCK_TEE_FAULT_TRUNCATE:
		blobs->out_len /= 2;
		break;
	case MOCK_TEE_FAULT_GARBAGE:
		get_random_bytes(blobs->out, blobs->out_len);
		break;
	case MOCK_TEE_FAULT_EMPTY:
		kvfree(blobs->out);
		blobs->out = NULL;
		blobs->out_len = 0;
		break;
	case MOCK_TEE_FAULT_WRONG_DATA:
	case MOCK_TEE_FAULT_NONE:
		break;
	}
}

static int mock_tee_report_new(struct tsm_report *report, void *data)
{
	struct mock_tee_blobs blobs = {};
	u8 inblob[MOCK_TEE_INBLOB_LEN];
	enum mock_tee_fault fault;
	int ret;

	if (report->desc.inblob_len != sizeof(inblob))
		return -EINVAL;
	memcpy(inblob, report->desc.inblob, sizeof(inblob));

	ret = mock_tee_knob_hold();
	if (ret)
		return ret;
	ret = mock_tee_knob_error();
	if (ret)
		return ret;

	fault = mock_tee_knob_fault();
	if (fault == MOCK_TEE_FAULT_WRONG_DATA)
		inblob[sizeof(inblob) - 1] ^= 1;

	ret = mock_tee_exchange(inblob, report->desc.privlevel, &blobs);
	if (ret)
		return ret;
	mock_tee_provider_bend(&blobs, fault);

	report->outblob = blobs.out;
	report->outblob_len = blobs.out_len;
	report->auxblob = blobs.aux;
	report->auxblob_len = blobs.aux_len;
	mock_tee_knob_count();
	return 0;
}

static bool mock_tee_report_attr_visible(int n)
{
	switch (n) {
	case TSM_REPORT_GENERATION:
	case TSM_REPORT_PROVIDER:
		return true;
	case TSM_REPORT_PRIVLEVEL:
	case TSM_REPORT_PRIVLEVEL_FLOOR:
		return !mock_tee_knob_is_tdx();
	}
	return false;
}

static bool mock_tee_report_bin_attr_visible(int n)
{
	switch (n) {
	case TSM_REPORT_INBLOB:
	case TSM_REPORT_OUTBLOB:
		return true;
	case TSM_REPORT_AUXBLOB:
		return !mock_tee_knob_is_tdx();
	}
	return false;
}

/* The name is set once, before the structure is first shown to anybody. */
static struct tsm_report_ops mock_tee_report_ops = {
	.report_new = mock_tee_report_new,
	.report_attr_visible = mock_tee_report_attr_visible,
	.report_bin_attr_visible = mock_tee_report_bin_attr_visible,
};

static int mock_tee_provider_attach(void)
{
	int ret;

	lockdep_assert_held(&mock_tee_provider_lock);
	if (mock_tee_provider_registered)
		return 0;

	WRITE_ONCE(mock_tee_provider_left, false);
	ret = tsm_report_register(&mock_tee_report_ops, NULL);
	if (ret) {
		WRITE_ONCE(mock_tee_provider_left, true);
		return ret;
	}
	mock_tee_provider_registered = true;
	return 0;
}

static void mock_tee_provider_detach(void)
{
	lockdep_assert_held(&mock_tee_provider_lock);
	if (!mock_tee_provider_registered)
		return;

	WRITE_ONCE(mock_tee_provider_left, true);
	wake_up_all(&mock_tee_wq);
	/* Waits for a report_new() in progress, which the lines above end. */
	tsm_report_unregister(&mock_tee_report_ops);
	mock_tee_provider_registered = false;
}

/**
 * mock_tee_provider_show() - register the provider, or make it disappear
 * @present: which of the two
 *
 * Before init it does nothing: init looks at the knob itself.
 *
 * Return: 0, -EBUSY if another provider is registered.
 */
int mock_tee_provider_show(bool present)
{
	int ret = 0;

	mutex_lock(&mock_tee_provider_lock);
	if (mock_tee_provider_ready) {
		if (present)
			ret = mock_tee_provider_attach();
		else
			mock_tee_provider_detach();
	}
	mutex_unlock(&mock_tee_provider_lock);
	return ret;
}

/**
 * mock_tee_provider_init() - register, unless the knob "gone" says no
 *
 * Return: 0, -EBUSY if another provider is registered.
 */
int mock_tee_provider_init(void)
{
	int ret = 0;

	mutex_lock(&mock_tee_provider_lock);
	mock_tee_report_ops.name = mock_tee_knob_provider();
	if (!mock_tee_knob_gone())
		ret = mock_tee_provider_attach();
	mock_tee_provider_ready = !ret;
	mutex_unlock(&mock_tee_provider_lock);
	return ret;
}

/**
 * mock_tee_provider_exit() - unregister for good
 *
 * The parameter files outlive this call by a moment. A write to "gone" that
 * comes after it finds ready false and cannot register again.
 */
void mock_tee_provider_exit(void)
{
	mutex_lock(&mock_tee_provider_lock);
	mock_tee_provider_ready = false;
	mock_tee_provider_detach();
	mutex_unlock(&mock_tee_provider_lock);
}
