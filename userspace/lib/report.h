/* SPDX-License-Identifier: MIT */
/* A hardware report of whatever vendor: what it says, and whether it is genuine. */
#ifndef TLSBIND_REPORT_H
#define TLSBIND_REPORT_H

#include <openssl/x509.h>
#include "appraisal.h"
#include "result.h"
#include "snp.h"
#include "tdx.h"
#include "tlsbind.h"

/**
 * struct tlsbind_report - a hardware report taken apart
 * @provider: TLSBIND_PROVIDER_*; NULL if it could not be taken apart
 * @snp: if @provider is SNP
 * @tdx: if @provider is TDX
 * @certs: certificates that came with it
 * @leaf: certificate of the signing key, borrowed from @certs or from the
 *	appraisal; NULL if there is none
 * @measurement: of the guest
 * @report_data: that the guest chose
 */
struct tlsbind_report {
	const char *provider;
	union {
		struct tlsbind_snp snp;
		struct tlsbind_tdx tdx;
	};
	STACK_OF(X509) *certs;
	X509 *leaf;
	struct tlsbind_span measurement;
	struct tlsbind_span report_data;
};

/**
 * tlsbind_report_parse() - take a report and what came with it apart
 * @provider: its name; may be one that is not known
 * @report: outblob
 * @aux: auxblob, maybe absent
 * @appraisal: further certificates
 * @out: to be ended with tlsbind_report_clear(), on failure too
 * @why: what is wrong, text
 * @size: size of @why
 *
 * Return: 0; -EBADMSG, -ENOMEM.
 */
int tlsbind_report_parse(const char *provider, struct tlsbind_span report,
			 struct tlsbind_span aux, const struct tlsbind_appraisal *appraisal,
			 struct tlsbind_report *out, char *why, size_t size);

/** tlsbind_report_clear() - drop what the report holds */
void tlsbind_report_clear(struct tlsbind_report *report);

/**
 * tlsbind_report_drop() - leave out the checks that the appraisal does not ask for
 * @appraisal: what is asked for
 * @result: new
 */
void tlsbind_report_drop(const struct tlsbind_appraisal *appraisal, struct tlsbind_result *result);

/**
 * tlsbind_report_judge() - every check of a report but report.data
 * @report: the report
 * @appraisal: roots, lists, measurements, VMPL, time
 * @result: the checks are set there
 */
void tlsbind_report_judge(const struct tlsbind_report *report,
			  const struct tlsbind_appraisal *appraisal,
			  struct tlsbind_result *result);

#endif /* TLSBIND_REPORT_H */
