/* SPDX-License-Identifier: MIT */
/*
 * How long a verdict about a report stays what it is.
 *
 * A verdict depends on time in one way only: through comparisons with dates that
 * stand in what was looked at. So it is the same at two moments if no such
 * date lies between them, whichever way the comparisons go. All dates count,
 * also of certificates and lists that had no part in it: to know which had one
 * would be to verify again.
 */
#ifndef TLSBIND_WINDOW_H
#define TLSBIND_WINDOW_H

#include <stdbool.h>
#include <time.h>
#include <openssl/x509.h>
#include "appraisal.h"

/**
 * struct tlsbind_window - a time in which no date lies
 * @now: time of the verdict
 * @from: last date before or at @now; the window begins after it
 * @until: first date after @now; the window ends before it
 * @bad: a date could not be read: no window at all
 */
struct tlsbind_window {
	time_t now;
	time_t from;
	time_t until;
	bool bad;
};

/** tlsbind_window_init() - all time, seen from @now */
void tlsbind_window_init(struct tlsbind_window *window, time_t now);

/** tlsbind_window_date() - a date: the window lies on one side of it */
void tlsbind_window_date(struct tlsbind_window *window, time_t date);

/** tlsbind_window_certificates() - both dates of each certificate; @certs may be NULL */
void tlsbind_window_certificates(struct tlsbind_window *window, const STACK_OF(X509) *certs);

/** tlsbind_window_crls() - both dates of each list; @crls may be NULL */
void tlsbind_window_crls(struct tlsbind_window *window, const STACK_OF(X509_CRL) *crls);

/** tlsbind_window_appraisal() - every date that an appraisal holds */
void tlsbind_window_appraisal(struct tlsbind_window *window,
			      const struct tlsbind_appraisal *appraisal);

/** tlsbind_window_holds() - Return: @when is inside, and not on its edge */
bool tlsbind_window_holds(const struct tlsbind_window *window, time_t when);

#endif /* TLSBIND_WINDOW_H */
