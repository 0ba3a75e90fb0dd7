/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include "certtable.h"
#include "chain.h"
#include "crl.h"
#include "cursor.h"
#include "internal.h"
#include "minimum.h"
#include "platform.h"
#include "report.h"

/* Add the certificates that an entry holds, if it is there; *@first is one of them. */
static int tlsbind_report_add(struct tlsbind_report *report, struct tlsbind_span content,
			      X509 **first, char *why, size_t size)
{
	STACK_OF(X509) *more = NULL;
	X509 *cert;
	int ret = 0;

	*first = NULL;
	if (!content.len)
		return 0;
	ret = tlsbind_chain_parse(content, false, &more);
	if (ret) {
		snprintf(why, size, "malformed certificate in %zu bytes", content.len);
		return ret;
	}
	while ((cert = sk_X509_shift(more))) {
		if (!sk_X509_push(report->certs, cert)) {
			X509_free(cert);
			ret = -ENOMEM;
			break;
		}
		if (!*first)
			*first = cert;
	}
	sk_X509_pop_free(more, X509_free);
	return ret;
}

/* A certificate from a file that fits this report. */
static X509 *tlsbind_report_find_vcek(const struct tlsbind_snp *snp, STACK_OF(X509) *certs)
{
	char why[160];
	int i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (!tlsbind_snp_certificate(snp, cert, why, sizeof(why)))
			return cert;
	}
	return NULL;
}

static int tlsbind_report_parse_snp(struct tlsbind_span report, struct tlsbind_span aux,
				    const struct tlsbind_appraisal *appraisal,
				    struct tlsbind_report *out, char *why, size_t size)
{
	struct tlsbind_certtable table;
	X509 *other;
	int ret;

	if (tlsbind_snp_parse(report, &out->snp)) {
		snprintf(why, size, "malformed SNP report of %zu bytes", report.len);
		return -EBADMSG;
	}
	out->provider = TLSBIND_PROVIDER_SNP;
	out->measurement = out->snp.measurement;
	out->report_data = out->snp.report_data;
	if (tlsbind_certtable_parse(aux, &table)) {
		snprintf(why, size, "malformed certificate table of %zu bytes", aux.len);
		return -EBADMSG;
	}
	ret = tlsbind_report_add(out, out->snp.signer == TLSBIND_SNP_VCEK ? table.vcek :
				 table.vlek, &out->leaf, why, size);
	if (!ret)
		ret = tlsbind_report_add(out, table.ask, &other, why, size);
	if (!ret)
		ret = tlsbind_report_add(out, table.ark, &other, why, size);
	if (!ret && !out->leaf)
		out->leaf = tlsbind_report_find_vcek(&out->snp, appraisal->untrusted);
	return ret;
}

static int tlsbind_report_parse_tdx(struct tlsbind_span report, struct tlsbind_span aux,
				    struct tlsbind_report *out, char *why, size_t size)
{
	if (tlsbind_tdx_parse(report, &out->tdx)) {
		snprintf(why, size, "malformed TDX quote of %zu bytes", report.len);
		return -EBADMSG;
	}
	out->provider = TLSBIND_PROVIDER_TDX;
	out->measurement = out->tdx.mrtd;
	out->report_data = out->tdx.report_data;
	if (aux.len) {
		snprintf(why, size, "auxiliary blob of %zu bytes with a TDX quote", aux.len);
		return -EBADMSG;
	}
	return tlsbind_report_add(out, out->tdx.pck_chain, &out->leaf, why, size);
}

int tlsbind_report_parse(const char *provider, struct tlsbind_span report,
			 struct tlsbind_span aux, const struct tlsbind_appraisal *appraisal,
			 struct tlsbind_report *out, char *why, size_t size)
{
	memset(out, 0, sizeof(*out));
	out->certs = sk_X509_new_null();
	if (!out->certs) {
		snprintf(why, size, "out of memory");
		return -ENOMEM;
	}
	if (!strcmp(provider, TLSBIND_PROVIDER_SNP))
		return tlsbind_report_parse_snp(report, aux, appraisal, out, why, size);
	if (!strcmp(provider, TLSBIND_PROVIDER_TDX))
		return tlsbind_report_parse_tdx(report, aux, out, why, size);
	snprintf(why, size, "unknown provider \"%.40s\"", provider);
	return -EBADMSG;
}

void tlsbind_report_clear(struct tlsbind_report *report)
{
	sk_X509_pop_free(report->certs, X509_free);
	memset(report, 0, sizeof(*report));
}

static void tlsbind_report_judge_signature(const struct tlsbind_report *report,
					   struct tlsbind_result *result)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	char why[160] = "";
	int ret;

	if (snp) {
		ret = tlsbind_snp_signature(&report->snp, report->leaf);
		snprintf(why, sizeof(why), "report signature %s",
			 ret ? "does not verify" : "verifies");
	} else {
		ret = tlsbind_tdx_signature(&report->tdx, report->leaf, why, sizeof(why));
	}
	tlsbind_result_set(result, TLSBIND_CHECK_REPORT_SIGNATURE, !ret, "signatures that verify",
			   why);
}

static void tlsbind_report_judge_certificate(const struct tlsbind_report *report,
					     STACK_OF(X509) *chain,
					     struct tlsbind_result *result)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	char why[160] = "";
	int ret;

	if (snp)
		ret = tlsbind_snp_certificate(&report->snp, report->leaf, why, sizeof(why));
	else
		ret = tlsbind_tdx_certificate(&report->tdx, report->leaf, why, sizeof(why));
	if (!ret && snp && chain)
		ret = tlsbind_snp_chain(chain, why, sizeof(why));
	tlsbind_result_set(result, TLSBIND_CHECK_REPORT_CERTIFICATE, !ret,
			   "certificate that fits the report", why);
}

/* AMD's lists revoke intermediates only, Intel's revoke PCK certificates too. */
static void tlsbind_report_judge_revocation(const struct tlsbind_report *report,
					    STACK_OF(X509) *chain,
					    const struct tlsbind_appraisal *appraisal,
					    struct tlsbind_result *result)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	char why[160] = "no chain to ask for";
	int ret = -EINVAL;

	if (chain)
		ret = tlsbind_crl_check_chain(chain, snp ? 1 : 0, appraisal, why, sizeof(why));
	tlsbind_result_set(result, TLSBIND_CHECK_TCB_REVOCATION, !ret,
			   "current lists without these certificates", why);
}

static void tlsbind_report_judge_minimum(const struct tlsbind_report *report,
					 const struct tlsbind_appraisal *appraisal,
					 struct tlsbind_result *result)
{
	char want[160], got[160];
	int ret;

	if (strcmp(report->provider, TLSBIND_PROVIDER_SNP)) {
		tlsbind_result_drop(result, TLSBIND_CHECK_TCB_MINIMUM);
		return;
	}
	if (!report->leaf)
		return;
	ret = tlsbind_minimum_check(&report->snp, report->leaf, appraisal, want, sizeof(want), got,
				  sizeof(got));
	tlsbind_result_set(result, TLSBIND_CHECK_TCB_MINIMUM, !ret, want, got);
}

static void tlsbind_report_judge_leaf(const struct tlsbind_report *report,
				      const struct tlsbind_appraisal *appraisal,
				      struct tlsbind_result *result)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	STACK_OF(X509) *chain = NULL;
	char why[160] = "no certificate of the signing key";
	int ret = -EKEYREJECTED;

	if (report->leaf)
		ret = tlsbind_chain_verify(report->leaf, report->certs, appraisal,
					   snp ? TLSBIND_VENDOR_AMD : TLSBIND_VENDOR_INTEL, 3,
					   &chain, why, sizeof(why));
	tlsbind_result_set(result, TLSBIND_CHECK_REPORT_CHAIN, !ret, "chain to a trusted root",
			   why);
	tlsbind_report_judge_revocation(report, chain, appraisal, result);
	if (report->leaf) {
		tlsbind_report_judge_signature(report, result);
		tlsbind_report_judge_certificate(report, chain, result);
	}
	if (snp)
		tlsbind_platform_drop(result);
	else
		tlsbind_platform_judge(&report->tdx, report->leaf,
				       chain ? sk_X509_value(chain, 2) : NULL, appraisal, result);
	sk_X509_pop_free(chain, X509_free);
}

/*
 * Neither host nor migration agent may look into the guest, unless a policy says so of
 * the very bit.
 */
static void tlsbind_report_judge_debug(const struct tlsbind_report *report,
				       const struct tlsbind_appraisal *appraisal,
				       struct tlsbind_result *result)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	uint64_t bits = snp ? report->snp.policy : report->tdx.attributes;
	uint64_t debug = snp ? TLSBIND_SNP_POLICY_DEBUG : TLSBIND_TDX_ATTRIBUTE_TUD;
	uint64_t migrate = snp ? TLSBIND_SNP_POLICY_MIGRATE : TLSBIND_TDX_ATTRIBUTE_MIGRATABLE;
	uint64_t allowed = tlsbind_policy_allows(&appraisal->policy,
						 snp ? TLSBIND_FIELD_SNP_POLICY :
						       TLSBIND_FIELD_TDX_ATTRIBUTES);
	char got[64];

	snprintf(got, sizeof(got), "%s%s0x%llx", bits & debug ? "debug, " : "",
		 bits & migrate ? "migratable, " : "", (unsigned long long)bits);
	tlsbind_result_set(result, TLSBIND_CHECK_REPORT_DEBUG,
			   !(bits & (debug | migrate) & ~allowed),
			   allowed & (debug | migrate) ? "what the policy allows" :
							 "neither debug nor migration", got);
}

static void tlsbind_report_judge_vmpl(const struct tlsbind_report *report,
				      const struct tlsbind_appraisal *appraisal,
				      struct tlsbind_result *result)
{
	char expected[16], got[16];

	if (strcmp(report->provider, TLSBIND_PROVIDER_SNP)) {
		tlsbind_result_drop(result, TLSBIND_CHECK_REPORT_VMPL);
		return;
	}
	if (appraisal->policy.loaded)
		return;
	snprintf(expected, sizeof(expected), "%u", appraisal->vmpl);
	snprintf(got, sizeof(got), "%u", report->snp.vmpl);
	tlsbind_result_set(result, TLSBIND_CHECK_REPORT_VMPL,
			   report->snp.vmpl == appraisal->vmpl, expected, got);
}

static void tlsbind_report_judge_measurement(const struct tlsbind_report *report,
					     const struct tlsbind_appraisal *appraisal,
					     struct tlsbind_result *result)
{
	struct tlsbind_span got = report->measurement;
	char expected[2 * TLSBIND_MEASUREMENT_SIZE + 32], text[2 * TLSBIND_MEASUREMENT_SIZE + 1];
	bool found = appraisal->any_measurement;
	size_t i, count = appraisal->measurement_count;

	if (appraisal->policy.loaded)
		return;
	for (i = 0; i < count && got.len == TLSBIND_MEASUREMENT_SIZE; i++)
		found |= !memcmp(appraisal->measurements[i], got.data, got.len);
	tlsbind_hex(got.data, got.len, text, sizeof(text));
	if (count == 1)
		tlsbind_hex(appraisal->measurements[0], TLSBIND_MEASUREMENT_SIZE, expected,
			    sizeof(expected));
	else
		snprintf(expected, sizeof(expected), "one of %zu measurements", count);
	if (appraisal->any_measurement)
		snprintf(expected, sizeof(expected), "any");
	tlsbind_result_set(result, TLSBIND_CHECK_APPRAISAL_MEASUREMENT,
			   found && got.len == TLSBIND_MEASUREMENT_SIZE, expected, text);
}

static void tlsbind_report_judge_policy(const struct tlsbind_report *report,
					const struct tlsbind_appraisal *appraisal,
					struct tlsbind_result *result)
{
	bool snp = !strcmp(report->provider, TLSBIND_PROVIDER_SNP);
	struct tlsbind_facts facts = {
		.snp = snp ? &report->snp : NULL,
		.tdx = snp ? NULL : &report->tdx,
	};
	struct tlsbind_pck pck;

	if (!snp && report->leaf && !tlsbind_pck_parse(report->leaf, &pck))
		facts.pck = &pck;
	tlsbind_policy_judge_report(&appraisal->policy, &facts, result);
}

void tlsbind_report_drop(const struct tlsbind_appraisal *appraisal, struct tlsbind_result *result)
{
	tlsbind_policy_begin(&appraisal->policy, result);
	if (appraisal->any_tcb) {
		tlsbind_result_drop(result, TLSBIND_CHECK_TCB_REVOCATION);
		tlsbind_platform_drop(result);
	}
	if (!tlsbind_minimum_is_set(appraisal))
		tlsbind_result_drop(result, TLSBIND_CHECK_TCB_MINIMUM);
}

void tlsbind_report_judge(const struct tlsbind_report *report,
			  const struct tlsbind_appraisal *appraisal,
			  struct tlsbind_result *result)
{
	if (!report->provider)
		return;
	/* SSL_get_error() of a connection in this thread would take our errors for its own. */
	ERR_set_mark();
	tlsbind_report_judge_leaf(report, appraisal, result);
	tlsbind_report_judge_minimum(report, appraisal, result);
	tlsbind_report_judge_debug(report, appraisal, result);
	tlsbind_report_judge_vmpl(report, appraisal, result);
	tlsbind_report_judge_measurement(report, appraisal, result);
	tlsbind_report_judge_policy(report, appraisal, result);
	ERR_pop_to_mark();
}
