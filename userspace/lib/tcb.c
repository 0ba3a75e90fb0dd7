/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>
#include "cursor.h"
#include "tcb.h"

#define TLSBIND_TCB_DAY		86400

static const char *const tlsbind_tcb_names[TLSBIND_TCB_STATUSES] = {
	[TLSBIND_TCB_UNKNOWN] = "Unknown",
	[TLSBIND_TCB_UP_TO_DATE] = "UpToDate",
	[TLSBIND_TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
	[TLSBIND_TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
	[TLSBIND_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
	[TLSBIND_TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
	[TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] =
		"TDRelaunchAdvisedConfigurationNeeded",
	[TLSBIND_TCB_OUT_OF_DATE] = "OutOfDate",
	[TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
	[TLSBIND_TCB_REVOKED] = "Revoked",
};

const char *tlsbind_tcb_name(enum tlsbind_tcb_status status)
{
	return (unsigned int)status < TLSBIND_TCB_STATUSES ? tlsbind_tcb_names[status] : NULL;
}

enum tlsbind_tcb_status tlsbind_tcb_from_name(const char *name)
{
	int i;

	for (i = TLSBIND_TCB_UP_TO_DATE; i < TLSBIND_TCB_STATUSES; i++)
		if (name && !strcmp(tlsbind_tcb_names[i], name))
			return (enum tlsbind_tcb_status)i;
	return TLSBIND_TCB_UNKNOWN;
}

/* Is each SVN from @first on at least what is asked for? Missing ones are not. */
static bool tlsbind_tcb_reaches(struct tlsbind_span got, const uint8_t want[16], size_t first)
{
	size_t i;

	if (got.len != 16)
		return false;
	for (i = first; i < 16; i++)
		if (got.data[i] < want[i])
			return false;
	return true;
}

/* One of the sixteen SVNs; 0, which is the worst, if it is not there. */
static uint8_t tlsbind_tcb_svn(struct tlsbind_span svns, size_t index)
{
	struct tlsbind_span one = tlsbind_span_slice(svns, index, 1);

	return one.len ? *one.data : 0;
}

/* Does the platform reach a level? @tdx is NULL to ask for CPU and PCE alone. */
static bool tlsbind_tcb_fits(const struct tlsbind_tcb_level *level, const struct tlsbind_pck *pck,
			     const struct tlsbind_tdx *tdx)
{
	struct tlsbind_span components = { pck->components, sizeof(pck->components) };
	size_t first;

	if (!tlsbind_tcb_reaches(components, level->sgx, 0) || pck->pcesvn < level->pcesvn)
		return false;
	if (!tdx)
		return true;
	/* A module with an identity of its own has levels of its own. */
	first = tlsbind_tcb_svn(tdx->tee_tcb_svn, 1) ? 2 : 0;
	return tlsbind_tcb_reaches(tdx->tee_tcb_svn, level->tdx, first);
}

/*
 * A level became old on the day of the first level after it. Levels are not in the
 * order of their days, for some differ in components that have days of their own.
 */
static void tlsbind_tcb_supersede(struct tlsbind_tcb_part *part, time_t own, time_t newer)
{
	if (newer > own && (!part->since || newer < part->since))
		part->since = newer;
}

static void tlsbind_tcb_find(const struct tlsbind_tcbinfo *info, const struct tlsbind_pck *pck,
			     const struct tlsbind_tdx *tdx, struct tlsbind_tcb_part *out)
{
	size_t i, at = 0;

	while (at < info->level_count && !tlsbind_tcb_fits(&info->levels[at], pck, tdx))
		at++;
	if (at == info->level_count)
		return;
	out->status = info->levels[at].state.status;
	out->advisories = info->levels[at].state.advisories;
	for (i = 0; i < at; i++)
		tlsbind_tcb_supersede(out, info->levels[at].state.date,
				      info->levels[i].state.date);
}

static void tlsbind_tcb_find_svn(const struct tlsbind_svn_levels *levels, uint16_t isvsvn,
				 struct tlsbind_tcb_part *out)
{
	size_t i, at = 0;

	while (at < levels->count && isvsvn < levels->list[at].isvsvn)
		at++;
	if (at == levels->count)
		return;
	out->status = levels->list[at].state.status;
	out->advisories = levels->list[at].state.advisories;
	for (i = 0; i < at; i++)
		tlsbind_tcb_supersede(out, levels->list[at].state.date,
				      levels->list[i].state.date);
}

/* The level of a module without identity is part of the platform's. */
static void tlsbind_tcb_find_module(struct tlsbind_span svns, const struct tlsbind_tcbinfo *info,
				    struct tlsbind_tcb_part *out)
{
	uint8_t version = tlsbind_tcb_svn(svns, 1);
	const struct tlsbind_tdx_module *module = tlsbind_tcbinfo_module(info, version);

	if (!version)
		out->status = TLSBIND_TCB_UP_TO_DATE;
	else if (module)
		tlsbind_tcb_find_svn(&module->levels, tlsbind_tcb_svn(svns, 0), out);
}

/*
 * Intel's own verifier looks at the present module only to advise a relaunch. Here one
 * that is unknown, revoked or out of date counts as it would at launch.
 */
static void tlsbind_tcb_find_running(const struct tlsbind_tdx *tdx,
				     const struct tlsbind_tcbinfo *info,
				     struct tlsbind_tcb_part *out)
{
	if (tdx->body_type == TLSBIND_TDX_BODY_1_5)
		tlsbind_tcb_find_module(tdx->tee_tcb_svn_2, info, out);
	else
		out->status = TLSBIND_TCB_UP_TO_DATE;
}

static bool tlsbind_tcb_is_old(enum tlsbind_tcb_status status)
{
	return status == TLSBIND_TCB_OUT_OF_DATE ||
	       status == TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

static bool tlsbind_tcb_needs_configuration(enum tlsbind_tcb_status status)
{
	return status == TLSBIND_TCB_CONFIGURATION_NEEDED ||
	       status == TLSBIND_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
	       status == TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED ||
	       status == TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

/* What is left of a status when module or quoting enclave are out of date. */
static enum tlsbind_tcb_status tlsbind_tcb_converge(enum tlsbind_tcb_status status,
						    enum tlsbind_tcb_status part)
{
	if (part != TLSBIND_TCB_OUT_OF_DATE)
		return status;
	return tlsbind_tcb_needs_configuration(status) ?
	       TLSBIND_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED : TLSBIND_TCB_OUT_OF_DATE;
}

/* Is the module that runs now the newest of its kind, and its loader too? */
static bool tlsbind_tcb_runs_newest(const struct tlsbind_tdx *tdx,
				    const struct tlsbind_tcbinfo *info)
{
	const struct tlsbind_tcb_level *newest = &info->levels[0];
	uint8_t version = tlsbind_tcb_svn(tdx->tee_tcb_svn_2, 1);
	uint8_t svn = tlsbind_tcb_svn(tdx->tee_tcb_svn_2, 0);
	const struct tlsbind_tdx_module *module = tlsbind_tcbinfo_module(info, version);

	if (tdx->tee_tcb_svn_2.len != TLSBIND_TDX_SVN_SIZE || !module ||
	    tlsbind_tcb_svn(tdx->tee_tcb_svn_2, 2) < newest->tdx[2])
		return false;
	if (!version)
		return svn >= newest->tdx[0];
	return module->levels.count && svn >= module->levels.list[0].isvsvn &&
	       module->levels.list[0].state.status == TLSBIND_TCB_UP_TO_DATE;
}

/* Out of date for nothing but the module that the TD was launched under? */
static bool tlsbind_tcb_needs_relaunch(const struct tlsbind_tdx *tdx,
				       const struct tlsbind_tcbinfo *info,
				       const struct tlsbind_tcb *tcb)
{
	return tdx->body_type == TLSBIND_TDX_BODY_1_5 && tlsbind_tcb_is_old(tcb->status) &&
	       tcb->module.status == TLSBIND_TCB_OUT_OF_DATE &&
	       tcb->enclave.status == TLSBIND_TCB_UP_TO_DATE &&
	       !tlsbind_tcb_is_old(tcb->sgx.status) && tlsbind_tcb_runs_newest(tdx, info);
}

static void tlsbind_tcb_combine(const struct tlsbind_tdx *tdx, const struct tlsbind_tcbinfo *info,
				struct tlsbind_tcb *tcb)
{
	tcb->status = tlsbind_tcb_converge(tcb->platform.status, tcb->module.status);
	if (tlsbind_tcb_needs_relaunch(tdx, info, tcb))
		tcb->status = tlsbind_tcb_needs_configuration(tcb->sgx.status) ||
			      tlsbind_tcb_needs_configuration(tcb->status) ?
			      TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED :
			      TLSBIND_TCB_TD_RELAUNCH_ADVISED;
	tcb->status = tlsbind_tcb_converge(tcb->status, tcb->running.status);
	tcb->status = tlsbind_tcb_converge(tcb->status, tcb->enclave.status);
}

/* The day on which the first part became old; 0 if that of one is unknown. */
static time_t tlsbind_tcb_since(const struct tlsbind_tcb_part *const parts[4])
{
	time_t since = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		if (!tlsbind_tcb_is_old(parts[i]->status))
			continue;
		if (!parts[i]->since)
			return 0;
		if (!since || parts[i]->since < since)
			since = parts[i]->since;
	}
	return since;
}

static bool tlsbind_tcb_any(const struct tlsbind_tcb *tcb, enum tlsbind_tcb_status status)
{
	return tcb->sgx.status == status || tcb->platform.status == status ||
	       tcb->module.status == status || tcb->running.status == status ||
	       tcb->enclave.status == status;
}

void tlsbind_tcb_evaluate(const struct tlsbind_tdx *tdx, const struct tlsbind_pck *pck,
			  const struct tlsbind_tcbinfo *info,
			  const struct tlsbind_qeidentity *identity, struct tlsbind_tcb *out)
{
	const struct tlsbind_tcb_part *const parts[4] = {
		&out->platform, &out->module, &out->running, &out->enclave,
	};

	memset(out, 0, sizeof(*out));
	if (info) {
		tlsbind_tcb_find(info, pck, NULL, &out->sgx);
		tlsbind_tcb_find(info, pck, tdx, &out->platform);
		tlsbind_tcb_find_module(tdx->tee_tcb_svn, info, &out->module);
		tlsbind_tcb_find_running(tdx, info, &out->running);
	}
	if (identity)
		tlsbind_tcb_find_svn(&identity->levels, tdx->qe_isvsvn, &out->enclave);
	/* Revoked anywhere is revoked; then, unknown anywhere is unknown. */
	if (tlsbind_tcb_any(out, TLSBIND_TCB_REVOKED))
		out->status = TLSBIND_TCB_REVOKED;
	else if (info && identity && !tlsbind_tcb_any(out, TLSBIND_TCB_UNKNOWN))
		tlsbind_tcb_combine(tdx, info, out);
	out->since = tlsbind_tcb_since(parts);
}

const char *tlsbind_tcb_module(const struct tlsbind_tdx *tdx, const struct tlsbind_tcbinfo *info)
{
	const struct tlsbind_tdx_module *module =
		tlsbind_tcbinfo_module(info, tlsbind_tcb_svn(tdx->tee_tcb_svn, 1));

	if (!module)
		return "no identity";
	if (tdx->mr_signer_seam.len != sizeof(module->mrsigner) ||
	    memcmp(tdx->mr_signer_seam.data, module->mrsigner, sizeof(module->mrsigner)))
		return "MRSIGNERSEAM differs";
	if (tdx->seam_attributes.len != sizeof(module->attributes) ||
	    memcmp(tdx->seam_attributes.data, module->attributes, sizeof(module->attributes)))
		return "SEAMATTRIBUTES differ";
	return NULL;
}

static bool tlsbind_tcb_in_grace(const struct tlsbind_tcb *tcb,
				 const struct tlsbind_appraisal *appraisal)
{
	/* Days are below 2^32 and dates below 2^38: the sum is far from an overflow. */
	int64_t end = (int64_t)tcb->since + (int64_t)appraisal->grace_days * TLSBIND_TCB_DAY;

	return appraisal->grace_days && tcb->status == TLSBIND_TCB_OUT_OF_DATE && tcb->since > 0 &&
	       (int64_t)tlsbind_appraisal_now(appraisal) <= end;
}

bool tlsbind_tcb_accepted(const struct tlsbind_tcb *tcb,
			  const struct tlsbind_appraisal *appraisal)
{
	if (tcb->status <= TLSBIND_TCB_UNKNOWN || tcb->status >= TLSBIND_TCB_REVOKED)
		return false;
	return appraisal->tcb_statuses & 1U << tcb->status || tlsbind_tcb_in_grace(tcb, appraisal);
}
