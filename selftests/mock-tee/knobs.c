// SPDX-License-Identifier: GPL-2.0-only
/* The knobs: module parameters that tests turn at run time. */
#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mock_tee.h"

/*
 * Whoever else wants a report sleeps uninterruptibly on tsm's rwsem meanwhile.
 * This, and the wait for the signer after it, must end before the hung task
 * detector of the test guest (60 s) looks at them.
 */
#define MOCK_TEE_HOLD_MS_MAX	50000

static char *provider = "sev_guest";
module_param(provider, charp, 0444);
MODULE_PARM_DESC(provider, "sev_guest (default) or tdx_guest");

static int mock_tee_delay_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, MOCK_TEE_HOLD_MS_MAX);
}

static const struct kernel_param_ops mock_tee_delay_ops = {
	.set = mock_tee_delay_set,
	.get = param_get_uint,
};

static unsigned int delay_ms;
module_param_cb(delay_ms, &mock_tee_delay_ops, &delay_ms, 0644);
__MODULE_PARM_TYPE(delay_ms, "uint");
MODULE_PARM_DESC(delay_ms, "time that each report takes, at most 50000");

static int mock_tee_error_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, MAX_ERRNO);
}

static const struct kernel_param_ops mock_tee_error_ops = {
	.set = mock_tee_error_set,
	.get = param_get_uint,
};

static unsigned int error;
module_param_cb(error, &mock_tee_error_ops, &error, 0644);
__MODULE_PARM_TYPE(error, "uint");
MODULE_PARM_DESC(error, "errno that each report fails with, 0 for none");

/* When the present hang ends, in jiffies; 0 while nobody has run into it. */
static DEFINE_SPINLOCK(mock_tee_hang_lock);
static unsigned long mock_tee_hang_end;
static bool hang;

static int mock_tee_hang_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_bool(val, kp);

	if (ret)
		return ret;
	spin_lock(&mock_tee_hang_lock);
	mock_tee_hang_end = 0;
	spin_unlock(&mock_tee_hang_lock);
	wake_up_all(&mock_tee_wq);
	return 0;
}

static const struct kernel_param_ops mock_tee_hang_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = mock_tee_hang_set,
	.get = param_get_bool,
};

module_param_cb(hang, &mock_tee_hang_ops, &hang, 0644);
__MODULE_PARM_TYPE(hang, "bool");
MODULE_PARM_DESC(hang, "reports block until this is cleared, or 50 s have passed");

static const char * const mock_tee_fault_names[] = {
	[MOCK_TEE_FAULT_NONE] = "none",
	[MOCK_TEE_FAULT_TRUNCATE] = "truncate",
	[MOCK_TEE_FAULT_GARBAGE] = "garbage",
	[MOCK_TEE_FAULT_WRONG_DATA] = "wrong-data",
	[MOCK_TEE_FAULT_EMPTY] = "empty",
};

static int fault;

static int mock_tee_fault_set(const char *val, const struct kernel_param *kp)
{
	int ret = sysfs_match_string(mock_tee_fault_names, val);

	if (ret < 0)
		return ret;
	WRITE_ONCE(fault, ret);
	return 0;
}

static int mock_tee_fault_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", mock_tee_fault_names[READ_ONCE(fault)]);
}

static const struct kernel_param_ops mock_tee_fault_ops = {
	.set = mock_tee_fault_set,
	.get = mock_tee_fault_get,
};

module_param_cb(fault, &mock_tee_fault_ops, NULL, 0644);
__MODULE_PARM_TYPE(fault, "charp");
MODULE_PARM_DESC(fault, "none, truncate, garbage, wrong-data or empty");

static bool gone;

static int mock_tee_gone_set(const char *val, const struct kernel_param *kp)
{
	bool was = gone;
	int ret;

	ret = param_set_bool(val, kp);
	if (ret)
		return ret;
	ret = mock_tee_provider_show(!gone);
	if (ret)
		gone = was;
	return ret;
}

static const struct kernel_param_ops mock_tee_gone_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = mock_tee_gone_set,
	.get = param_get_bool,
};

module_param_cb(gone, &mock_tee_gone_ops, &gone, 0644);
__MODULE_PARM_TYPE(gone, "bool");
MODULE_PARM_DESC(gone, "1 unregisters the provider, 0 registers it again");

static atomic_long_t mock_tee_reports = ATOMIC_LONG_INIT(0);

static int mock_tee_reports_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%lu\n", (unsigned long)atomic_long_read(&mock_tee_reports));
}

static const struct kernel_param_ops mock_tee_reports_ops = {
	.get = mock_tee_reports_get,
};

module_param_cb(reports, &mock_tee_reports_ops, NULL, 0444);
__MODULE_PARM_TYPE(reports, "ulong");
MODULE_PARM_DESC(reports, "reports made so far (read only)");

static int mock_tee_signer_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%c\n", mock_tee_exchange_served() ? 'Y' : 'N');
}

static const struct kernel_param_ops mock_tee_signer_ops = {
	.get = mock_tee_signer_get,
};

module_param_cb(signer, &mock_tee_signer_ops, NULL, 0444);
__MODULE_PARM_TYPE(signer, "bool");
MODULE_PARM_DESC(signer, "is the device open? (read only)");

/**
 * mock_tee_knob_provider() - name of the provider that the mock poses as
 *
 * Return: the module parameter, not checked.
 */
const char *mock_tee_knob_provider(void)
{
	return provider;
}

/**
 * mock_tee_knob_is_tdx() - does the mock pose as tdx_guest?
 *
 * Return: true if so.
 */
bool mock_tee_knob_is_tdx(void)
{
	return !strcmp(provider, "tdx_guest");
}

/**
 * mock_tee_knob_gone() - is the provider to be unregistered?
 *
 * Return: true if so.
 */
bool mock_tee_knob_gone(void)
{
	return gone;
}

/*
 * Ends at once when the provider is to disappear. A timer of high resolution, so that 39 ms
 * are not 40 to 44, as they would be with 250 ticks in a second.
 */
static int mock_tee_knob_delay(unsigned int ms)
{
	int ret;

	if (!ms)
		return 0;
	ret = wait_event_interruptible_hrtimeout(mock_tee_wq, mock_tee_provider_leaving(),
						 ms_to_ktime(ms));
	if (ret == -ETIME)
		return 0;
	return ret ?: -ENXIO;
}

/* One hang is 50 s from its first victim on, however many come after it. */
static long mock_tee_hang_left(void)
{
	long left;

	spin_lock(&mock_tee_hang_lock);
	if (!mock_tee_hang_end)
		mock_tee_hang_end = (jiffies + msecs_to_jiffies(MOCK_TEE_HOLD_MS_MAX)) ?: 1;
	left = (long)(mock_tee_hang_end - jiffies);
	spin_unlock(&mock_tee_hang_lock);
	return max(left, 0L);
}

static int mock_tee_knob_hang(void)
{
	long left;

	if (!READ_ONCE(hang))
		return 0;
	left = wait_event_interruptible_timeout(mock_tee_wq,
						!READ_ONCE(hang) || mock_tee_provider_leaving(),
						mock_tee_hang_left());
	if (left < 0)
		return left;
	if (mock_tee_provider_leaving())
		return -ENXIO;
	return left ? 0 : -ETIMEDOUT;
}

/**
 * mock_tee_knob_hold() - take as long as the knobs delay_ms and hang say
 *
 * Return: 0, -ERESTARTSYS on a signal, -ENXIO if the provider is to disappear,
 * -ETIMEDOUT if the hang lasted for 50 s.
 */
int mock_tee_knob_hold(void)
{
	int ret;

	ret = mock_tee_knob_delay(READ_ONCE(delay_ms));
	if (ret)
		return ret;
	return mock_tee_knob_hang();
}

/**
 * mock_tee_knob_error() - what the knob "error" says
 *
 * Return: 0 or a negative errno.
 */
int mock_tee_knob_error(void)
{
	return -(int)READ_ONCE(error);
}

/**
 * mock_tee_knob_fault() - what the knob "fault" says
 *
 * Return: the fault to put into the next report.
 */
enum mock_tee_fault mock_tee_knob_fault(void)
{
	return READ_ONCE(fault);
}

/**
 * mock_tee_knob_count() - a report was made
 */
void mock_tee_knob_count(void)
{
	atomic_long_inc(&mock_tee_reports);
}
