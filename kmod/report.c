// SPDX-License-Identifier: GPL-2.0-only
/*
 * One hardware report at a time. The report is neither parsed nor judged: it
 * is evidence for somebody else.
 */
#include "report.h"

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "door.h"
#include "event.h"
#include "tsm.h"

/* What a provider may give: 32 KiB by the kernel's own limit on most. */
#define TLSBIND_REPORT_SIZE_MAX		(256 * 1024)

/* Another writer of our entry makes us try again, this often. */
#define TLSBIND_REPORT_TRIES		3

static u8 tlsbind_report_nonce[TLSBIND_BOOT_NONCE_SIZE] __ro_after_init;

/* The worker's: attributes are read here first. */
static void *tlsbind_report_buffer;

/* Whoever holds it may use tsm.c; for as long as a report takes. */
static DEFINE_MUTEX(tlsbind_report_mutex);

/* Whether a provider was there the last time that we looked, and when. */
static bool tlsbind_report_present;
static unsigned long tlsbind_report_looked;

static DEFINE_SPINLOCK(tlsbind_report_last_lock);
static char tlsbind_report_last[TLSBIND_REPORT_PROVIDER_MAX];

static void tlsbind_report_saw(bool present)
{
	lockdep_assert_held(&tlsbind_report_mutex);
	WRITE_ONCE(tlsbind_report_present, present);
}

/* An entry can be made only if there is a provider. */
static int tlsbind_report_open(void)
{
	int ret = tlsbind_tsm_open();

	tlsbind_report_saw(!ret);
	return ret;
}

/* While a report is being made, what was seen when it began is still true. */
static void tlsbind_report_look_work(struct work_struct *work)
{
	if (mutex_trylock(&tlsbind_report_mutex)) {
		if (!tlsbind_report_open())
			tlsbind_tsm_close();
		mutex_unlock(&tlsbind_report_mutex);
	}
	WRITE_ONCE(tlsbind_report_looked, jiffies);
	wake_up_var(&tlsbind_report_looked);
}

static DECLARE_WORK(tlsbind_report_look, tlsbind_report_look_work);

static bool tlsbind_report_fresh(void)
{
	return !time_after(jiffies, READ_ONCE(tlsbind_report_looked) + HZ);
}

/**
 * tlsbind_report_available() - is a provider of reports registered?
 *
 * Whoever asks need not be privileged, so it is looked no more than once in a
 * second, and not in his name. While another program has a report made,
 * configfs-tsm does not let us look; that may take a minute, and all of generic
 * netlink would wait with us. So we wait for a moment only.
 *
 * Context: process, may sleep for 100 ms.
 * Return: true if so when it was last seen: a second ago, or before a report of
 * another program was begun.
 */
bool tlsbind_report_available(void)
{
	if (!tlsbind_report_fresh()) {
		queue_work(system_unbound_wq, &tlsbind_report_look);
		wait_var_event_timeout(&tlsbind_report_looked,
				       tlsbind_report_fresh(), HZ / 10);
	}
	return READ_ONCE(tlsbind_report_present);
}

/**
 * tlsbind_report_last_provider() - who made the last report?
 * @provider: filled, at least with the final zero; empty if none was made
 *
 * Context: process.
 */
void tlsbind_report_last_provider(char provider[TLSBIND_REPORT_PROVIDER_MAX])
{
	spin_lock(&tlsbind_report_last_lock);
	strscpy(provider, tlsbind_report_last, TLSBIND_REPORT_PROVIDER_MAX);
	spin_unlock(&tlsbind_report_last_lock);
}

/**
 * tlsbind_report_init() - draw the boot nonce
 *
 * Context: process, may sleep until there is enough randomness.
 * Return: 0; -ENOMEM; -ERESTARTSYS.
 */
int tlsbind_report_init(void)
{
	int ret = get_random_bytes_wait(tlsbind_report_nonce,
					sizeof(tlsbind_report_nonce));

	if (ret)
		return ret;
	tlsbind_report_looked = jiffies - 2 * HZ;
	tlsbind_report_buffer = kvmalloc(TLSBIND_REPORT_SIZE_MAX, GFP_KERNEL);
	return tlsbind_report_buffer ? 0 : -ENOMEM;
}

/**
 * tlsbind_report_exit() - let go of configfs-tsm
 *
 * Context: process, may sleep; no report is being made.
 */
void tlsbind_report_exit(void)
{
	cancel_work_sync(&tlsbind_report_look);
	tlsbind_tsm_exit();
	kvfree(tlsbind_report_buffer);
}

/**
 * tlsbind_report_boot_nonce() - what sets this load of the module apart
 *
 * Return: 32 random bytes.
 */
const u8 *tlsbind_report_boot_nonce(void)
{
	return tlsbind_report_nonce;
}

/**
 * tlsbind_report_get() - take another reference
 * @report: report that the caller holds a reference on
 *
 * Return: @report
 */
struct tlsbind_report *tlsbind_report_get(struct tlsbind_report *report)
{
	refcount_inc(&report->ref);
	return report;
}

/**
 * tlsbind_report_put() - drop a reference
 * @report: report or NULL
 *
 * Context: process, may sleep.
 */
void tlsbind_report_put(struct tlsbind_report *report)
{
	if (!report || !refcount_dec_and_test(&report->ref))
		return;
	kvfree(report->out);
	kvfree(report->aux);
	kfree(report);
}

static int tlsbind_report_generation(unsigned int *generation)
{
	char text[16];
	ssize_t n = tlsbind_tsm_read("generation", text, sizeof(text) - 1);

	if (n < 0)
		return n;
	text[n] = 0;
	return kstrtouint(strim(text), 10, generation);
}

static int tlsbind_report_provider(char provider[TLSBIND_REPORT_PROVIDER_MAX])
{
	ssize_t n = tlsbind_tsm_read("provider", provider,
				     TLSBIND_REPORT_PROVIDER_MAX - 1);

	if (n < 0)
		return n;
	provider[n] = 0;
	strim(provider);
	return *provider ? 0 : -EIO;
}

/* An attribute that a provider does not have is an empty one. */
static int tlsbind_report_blob(const char *attribute, void **blob, size_t *len)
{
	ssize_t n = tlsbind_tsm_read(attribute, tlsbind_report_buffer,
				     TLSBIND_REPORT_SIZE_MAX);

	if (n == -ENOENT)
		n = 0;
	if (n <= 0)
		return n;
	*blob = kvmemdup(tlsbind_report_buffer, n, GFP_KERNEL);
	if (!*blob)
		return -ENOMEM;
	*len = n;
	return 0;
}

static int tlsbind_report_read(struct tlsbind_report *report)
{
	int ret;

	ret = tlsbind_report_blob("outblob", &report->out, &report->out_len);
	if (!ret && !report->out_len)
		ret = -EIO;
	if (!ret)
		ret = tlsbind_report_blob("auxblob", &report->aux,
					  &report->aux_len);
	if (!ret)
		ret = tlsbind_report_provider(report->provider);
	return ret;
}

/*
 * The attribute "generation" grows by one with each write. It tells whether
 * our write took effect, and whether the report answers it or the write of
 * somebody else (-EAGAIN).
 */
static int tlsbind_report_try(struct tlsbind_report *report,
			      const u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	unsigned int before, written, after;
	int ret;

	ret = tlsbind_report_generation(&before);
	if (!ret)
		ret = tlsbind_tsm_write("inblob", report_data,
					TLSBIND_REPORT_DATA_SIZE);
	if (!ret)
		ret = tlsbind_report_generation(&written);
	if (ret)
		return ret;
	if (written == before)
		return -EIO;
	if (written != before + 1)
		return -EAGAIN;

	ret = tlsbind_report_read(report);
	if (!ret)
		ret = tlsbind_report_generation(&after);
	if (!ret && after != written)
		ret = -EAGAIN;
	return ret;
}

static void tlsbind_report_clear(struct tlsbind_report *report)
{
	kvfree(report->out);
	kvfree(report->aux);
	report->out = NULL;
	report->out_len = 0;
	report->aux = NULL;
	report->aux_len = 0;
}

static int tlsbind_report_fill(struct tlsbind_report *report,
			       const u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	int ret, tries = TLSBIND_REPORT_TRIES;

	ret = tlsbind_report_open();
	if (ret)
		return ret;
	tlsbind_door_admit(report_data);
	do {
		tlsbind_report_clear(report);
		ret = tlsbind_report_try(report, report_data);
	} while (ret == -EAGAIN && --tries);
	tlsbind_door_admit_end();
	tlsbind_tsm_close();
	return ret;
}

/* What challengers learn of a provider's error: a documented set. */
static int tlsbind_report_errno(int error)
{
	switch (error) {
	case -ENODEV:
	case -ENOENT:
	case -ENXIO:
		return -EOPNOTSUPP;
	case -EBUSY:
	case -ETIMEDOUT:
	case -ENOMEM:
		return error;
	case -EAGAIN:
		return -EBUSY;
	default:
		return -EIO;
	}
}

static void tlsbind_report_note(const struct tlsbind_report *report, int error,
				u64 ns)
{
	tlsbind_event_report(error ? "" : report->provider, error, ns);
	if (error)
		return;
	spin_lock(&tlsbind_report_last_lock);
	strscpy(tlsbind_report_last, report->provider);
	spin_unlock(&tlsbind_report_last_lock);
}

/**
 * tlsbind_report_make() - have the hardware sign
 * @report_data: 64 bytes
 *
 * Context: the worker; sleeps as long as the provider takes.
 * Return: a report with one reference; or an ERR_PTR(): -EOPNOTSUPP without a
 * provider; -EBUSY, -ETIMEDOUT, -ENOMEM as the provider says; -EBUSY also if
 * somebody keeps writing to our entry; -EIO for everything else, an empty
 * report included.
 */
struct tlsbind_report *
tlsbind_report_make(const u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	u64 start = ktime_get_boottime_ns();
	struct tlsbind_report *report;
	int ret;

	report = kzalloc(sizeof(*report), GFP_KERNEL);
	if (!report)
		return ERR_PTR(-ENOMEM);
	refcount_set(&report->ref, 1);
	memcpy(report->boot_nonce, tlsbind_report_nonce,
	       sizeof(report->boot_nonce));

	mutex_lock(&tlsbind_report_mutex);
	ret = tlsbind_report_fill(report, report_data);
	mutex_unlock(&tlsbind_report_mutex);
	tlsbind_report_note(report, ret, ktime_get_boottime_ns() - start);
	if (ret) {
		tlsbind_report_put(report);
		return ERR_PTR(tlsbind_report_errno(ret));
	}
	return report;
}
