/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "collateral.h"
#include "internal.h"
#include "pck.h"
#include "platform.h"
#include "tcb.h"

/* Room that the texts of a check have. */
#define TLSBIND_PLATFORM_TEXT	sizeof(((struct tlsbind_check *)0)->got)

/* What all steps look at. @info and @identity are there if they are Intel's. */
struct tlsbind_platform {
	const struct tlsbind_tdx *tdx;
	X509 *root;
	const struct tlsbind_appraisal *appraisal;
	struct tlsbind_result *result;
	struct tlsbind_pck pck;
	bool has_pck;
	const struct tlsbind_tcbinfo *info;
	const struct tlsbind_qeidentity *identity;
	struct tlsbind_tcb tcb;
};

/* Text that grows at its end, and is cut where the room ends. */
struct tlsbind_platform_text {
	char text[TLSBIND_PLATFORM_TEXT];
};

__attribute__((format(printf, 2, 3)))
static void tlsbind_platform_append(struct tlsbind_platform_text *out, const char *format, ...)
{
	size_t used = strlen(out->text);
	va_list args;

	va_start(args, format);
	vsnprintf(out->text + used, sizeof(out->text) - used, format, args);
	va_end(args);
}

static void tlsbind_platform_day(time_t when, char out[16])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(out, 16, "%Y-%m-%d", &tm))
		snprintf(out, 16, "?");
}

/* As many advisories as there is room for, and how many more there are. */
static void tlsbind_platform_advisories(struct tlsbind_platform_text *out, const char *list)
{
	const char *separator = ": ";

	while (list && *list) {
		int len = (int)strcspn(list, ",");
		size_t more = 1;
		const char *p;

		for (p = list; *p; p++)
			more += *p == ',';
		if (strlen(out->text) + (size_t)len + 16 > sizeof(out->text)) {
			tlsbind_platform_append(out, "%s%zu more", separator, more);
			return;
		}
		tlsbind_platform_append(out, "%s%.*s", separator, len, list);
		separator = ",";
		list += len;
		list += *list == ',';
	}
}

/* Does a statement hold at the time of verification? Return: false, and why. */
static bool tlsbind_platform_holds(const struct tlsbind_platform *p,
				   const struct tlsbind_collateral *statement,
				   struct tlsbind_platform_text *why)
{
	uint32_t number = tlsbind_collateral_evaluation(statement);
	time_t now = tlsbind_appraisal_now(p->appraisal);
	char day[16];

	if (now < tlsbind_collateral_issued(statement)) {
		tlsbind_platform_day(tlsbind_collateral_issued(statement), day);
		tlsbind_platform_append(why, " holds from %s on", day);
	} else if (now > tlsbind_collateral_next(statement)) {
		tlsbind_platform_day(tlsbind_collateral_next(statement), day);
		tlsbind_platform_append(why, " held until %s", day);
	} else if (number < p->appraisal->evaluation) {
		tlsbind_platform_append(why, " has evaluation number %u", number);
	} else {
		tlsbind_platform_day(tlsbind_collateral_issued(statement), day);
		tlsbind_platform_append(why, " %u of %s", number, day);
		return true;
	}
	return false;
}

/*
 * One statement: there, Intel's, holding. Return: NULL unless it is Intel's. *@ok and *@forged
 * are changed by what fails.
 */
static const struct tlsbind_collateral *
tlsbind_platform_statement(struct tlsbind_platform *p, enum tlsbind_collateral_kind kind,
			   struct tlsbind_platform_text *text, bool *ok, bool *forged)
{
	const struct tlsbind_collateral *statement =
		tlsbind_collateral_find(p->appraisal, kind, p->has_pck ? &p->pck : NULL);
	char why[80] = "";

	if (!statement) {
		tlsbind_platform_append(text, " is missing");
		*ok = false;
		return NULL;
	}
	if (tlsbind_collateral_verify(statement, p->appraisal, p->root, why, sizeof(why))) {
		tlsbind_platform_append(text, ": %s", why);
		*ok = false;
		*forged = true;
		return NULL;
	}
	if (!tlsbind_platform_holds(p, statement, text))
		*ok = false;
	return statement;
}

static void tlsbind_platform_judge_collateral(struct tlsbind_platform *p)
{
	const struct tlsbind_collateral *info, *identity;
	struct tlsbind_platform_text got = { "TCB info" }, want = { "of Intel, current" };
	char fmspc[2 * TLSBIND_FMSPC_SIZE + 1];
	bool ok = true, forged = false;

	tlsbind_hex(p->pck.fmspc, sizeof(p->pck.fmspc), fmspc, sizeof(fmspc));
	if (p->has_pck)
		tlsbind_platform_append(&want, ", for FMSPC %s", fmspc);
	if (p->appraisal->evaluation)
		tlsbind_platform_append(&want, ", from evaluation number %u on",
					p->appraisal->evaluation);
	info = tlsbind_platform_statement(p, TLSBIND_COLLATERAL_TCBINFO, &got, &ok, &forged);
	tlsbind_platform_append(&got, ", QE identity");
	identity = tlsbind_platform_statement(p, TLSBIND_COLLATERAL_QEIDENTITY, &got, &ok,
					      &forged);
	p->info = info ? &info->info : NULL;
	p->identity = identity ? &identity->identity : NULL;
	if (forged)
		tlsbind_result_reclass(p->result, TLSBIND_CHECK_TCB_COLLATERAL,
				       TLSBIND_CLASS_SIGNATURE);
	tlsbind_result_set(p->result, TLSBIND_CHECK_TCB_COLLATERAL, ok && info && identity,
			   want.text, got.text);
}

static bool tlsbind_platform_is_known(enum tlsbind_tcb_status status)
{
	return status > TLSBIND_TCB_UNKNOWN && status < TLSBIND_TCB_REVOKED;
}

static void tlsbind_platform_judge_enclave(struct tlsbind_platform *p)
{
	const char *differs = p->identity ? tlsbind_qeidentity_compare(p->identity, p->tdx) : NULL;
	struct tlsbind_platform_text got = { "" };

	if (!p->identity)
		tlsbind_platform_append(&got, "no identity to compare with");
	else if (differs)
		tlsbind_platform_append(&got, "%s differs", differs);
	else
		tlsbind_platform_append(&got, "SVN %u: %s", p->tdx->qe_isvsvn,
					tlsbind_tcb_name(p->tcb.enclave.status));
	if (p->identity && !differs)
		tlsbind_platform_advisories(&got, p->tcb.enclave.advisories);
	tlsbind_result_set(p->result, TLSBIND_CHECK_TCB_QE, p->identity && !differs &&
			   tlsbind_platform_is_known(p->tcb.enclave.status),
			   "Intel's TD quoting enclave, not revoked", got.text);
}

/* "0501: UpToDate": SVN and version of a module, and its status. */
static void tlsbind_platform_module(struct tlsbind_platform_text *out, struct tlsbind_span svns,
				    const struct tlsbind_tcb_part *part)
{
	char svn[5] = "";

	tlsbind_hex(svns.data, svns.len, svn, sizeof(svn));
	tlsbind_platform_append(out, "%s: %s", svn, tlsbind_tcb_name(part->status));
}

static bool tlsbind_platform_same(struct tlsbind_span a, struct tlsbind_span b)
{
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

static void tlsbind_platform_judge_module(struct tlsbind_platform *p)
{
	const char *differs = p->info ? tlsbind_tcb_module(p->tdx, p->info) : NULL;
	const struct tlsbind_tdx *tdx = p->tdx;
	struct tlsbind_platform_text got = { "" };

	if (!p->info) {
		tlsbind_platform_append(&got, "no identity to compare with");
	} else {
		tlsbind_platform_append(&got, "SVN and version ");
		tlsbind_platform_module(&got, tdx->tee_tcb_svn, &p->tcb.module);
		if (tdx->tee_tcb_svn_2.len &&
		    !tlsbind_platform_same(tdx->tee_tcb_svn, tdx->tee_tcb_svn_2)) {
			tlsbind_platform_append(&got, ", now ");
			tlsbind_platform_module(&got, tdx->tee_tcb_svn_2, &p->tcb.running);
		}
		if (differs)
			tlsbind_platform_append(&got, ", %s", differs);
		else
			tlsbind_platform_advisories(&got, p->tcb.module.advisories);
	}
	tlsbind_result_set(p->result, TLSBIND_CHECK_TCB_MODULE, p->info && !differs &&
			   tlsbind_platform_is_known(p->tcb.module.status) &&
			   tlsbind_platform_is_known(p->tcb.running.status),
			   "Intel's TDX module, not revoked", got.text);
}

static void tlsbind_platform_wanted(const struct tlsbind_appraisal *appraisal,
				    struct tlsbind_platform_text *out)
{
	const char *separator = "";
	int i;

	for (i = TLSBIND_TCB_UP_TO_DATE; i < TLSBIND_TCB_REVOKED; i++) {
		if (!(appraisal->tcb_statuses & 1U << i))
			continue;
		tlsbind_platform_append(out, "%s%s", separator,
					tlsbind_tcb_name((enum tlsbind_tcb_status)i));
		separator = ", ";
	}
	if (appraisal->grace_days)
		tlsbind_platform_append(out, "%sOutOfDate for %u days", separator,
					appraisal->grace_days);
}

static void tlsbind_platform_judge_status(struct tlsbind_platform *p)
{
	struct tlsbind_platform_text got = { "" }, want = { "" };
	char day[16];

	tlsbind_platform_wanted(p->appraisal, &want);
	tlsbind_platform_append(&got, "%s", tlsbind_tcb_name(p->tcb.status));
	if (p->tcb.status == TLSBIND_TCB_OUT_OF_DATE && p->tcb.since) {
		tlsbind_platform_day(p->tcb.since, day);
		tlsbind_platform_append(&got, " since %s", day);
	}
	tlsbind_platform_append(&got, " (platform %s)", tlsbind_tcb_name(p->tcb.platform.status));
	tlsbind_platform_advisories(&got, p->tcb.platform.advisories);
	tlsbind_result_set(p->result, TLSBIND_CHECK_TCB_STATUS,
			   tlsbind_tcb_accepted(&p->tcb, p->appraisal), want.text, got.text);
}

void tlsbind_platform_judge(const struct tlsbind_tdx *tdx, const X509 *pck, X509 *root,
			    const struct tlsbind_appraisal *appraisal,
			    struct tlsbind_result *result)
{
	struct tlsbind_platform p = {
		.tdx = tdx,
		.root = root,
		.appraisal = appraisal,
		.result = result,
	};

	p.has_pck = pck && !tlsbind_pck_parse(pck, &p.pck);
	tlsbind_platform_judge_collateral(&p);
	tlsbind_tcb_evaluate(tdx, &p.pck, p.info, p.identity, &p.tcb);
	tlsbind_platform_judge_enclave(&p);
	tlsbind_platform_judge_module(&p);
	tlsbind_platform_judge_status(&p);
}

void tlsbind_platform_drop(struct tlsbind_result *result)
{
	tlsbind_result_drop(result, TLSBIND_CHECK_TCB_COLLATERAL);
	tlsbind_result_drop(result, TLSBIND_CHECK_TCB_QE);
	tlsbind_result_drop(result, TLSBIND_CHECK_TCB_MODULE);
	tlsbind_result_drop(result, TLSBIND_CHECK_TCB_STATUS);
}
