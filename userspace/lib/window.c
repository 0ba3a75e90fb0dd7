/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <string.h>
#include <openssl/asn1.h>
#include "collateral.h"
#include "window.h"

#define TLSBIND_WINDOW_DAY	86400
#define TLSBIND_WINDOW_NEVER	((time_t)INT64_MAX)

_Static_assert(sizeof(time_t) == sizeof(int64_t), "time_t");

void tlsbind_window_init(struct tlsbind_window *window, time_t now)
{
	window->now = now;
	window->from = (time_t)INT64_MIN;
	window->until = TLSBIND_WINDOW_NEVER;
	window->bad = false;
}

void tlsbind_window_date(struct tlsbind_window *window, time_t date)
{
	if (date <= window->now && date > window->from)
		window->from = date;
	if (date > window->now && date < window->until)
		window->until = date;
}

static void tlsbind_window_asn1(struct tlsbind_window *window, const ASN1_TIME *time)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (time && ASN1_TIME_to_tm(time, &tm))
		tlsbind_window_date(window, timegm(&tm));
	else
		window->bad = true;
}

void tlsbind_window_certificates(struct tlsbind_window *window, const STACK_OF(X509) *certs)
{
	int i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		const X509 *cert = sk_X509_value(certs, i);

		tlsbind_window_asn1(window, X509_get0_notBefore(cert));
		tlsbind_window_asn1(window, X509_get0_notAfter(cert));
	}
}

void tlsbind_window_crls(struct tlsbind_window *window, const STACK_OF(X509_CRL) *crls)
{
	int i;

	for (i = 0; i < sk_X509_CRL_num(crls); i++) {
		const X509_CRL *crl = sk_X509_CRL_value(crls, i);

		tlsbind_window_asn1(window, X509_CRL_get0_lastUpdate(crl));
		/* The one date that a list may lack. */
		if (X509_CRL_get0_nextUpdate(crl))
			tlsbind_window_asn1(window, X509_CRL_get0_nextUpdate(crl));
	}
}

/* The end of grace, should this be the date that it counts from; neither number is large. */
static void tlsbind_window_level(struct tlsbind_window *window, time_t date, unsigned int days)
{
	if (days)
		tlsbind_window_date(window, date + (time_t)days * TLSBIND_WINDOW_DAY);
}

static void tlsbind_window_levels(struct tlsbind_window *window,
				  const struct tlsbind_svn_levels *levels, unsigned int days)
{
	size_t i;

	for (i = 0; i < levels->count; i++)
		tlsbind_window_level(window, levels->list[i].state.date, days);
}

static void tlsbind_window_collateral(struct tlsbind_window *window,
				      const struct tlsbind_collateral *collateral,
				      unsigned int days)
{
	size_t i;

	tlsbind_window_date(window, tlsbind_collateral_issued(collateral));
	tlsbind_window_date(window, tlsbind_collateral_next(collateral));
	tlsbind_window_certificates(window, collateral->chain);
	if (collateral->kind == TLSBIND_COLLATERAL_QEIDENTITY) {
		tlsbind_window_levels(window, &collateral->identity.levels, days);
		return;
	}
	tlsbind_window_levels(window, &collateral->info.module.levels, days);
	for (i = 0; i < collateral->info.module_count; i++)
		tlsbind_window_levels(window, &collateral->info.modules[i].levels, days);
	for (i = 0; i < collateral->info.level_count; i++)
		tlsbind_window_level(window, collateral->info.levels[i].state.date, days);
}

void tlsbind_window_appraisal(struct tlsbind_window *window,
			      const struct tlsbind_appraisal *appraisal)
{
	size_t i;

	tlsbind_window_certificates(window, appraisal->roots);
	tlsbind_window_certificates(window, appraisal->untrusted);
	tlsbind_window_crls(window, appraisal->crls);
	for (i = 0; i < appraisal->collateral_count; i++)
		tlsbind_window_collateral(window, appraisal->collateral[i], appraisal->grace_days);
}

bool tlsbind_window_holds(const struct tlsbind_window *window, time_t when)
{
	return !window->bad && window->from < when && when < window->until;
}
