/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "cursor.h"
#include "minimum.h"
#include "policy_tcb.h"

#define TLSBIND_GRACE_MAX	36500

/* Every component must be stated: one that is left out would be a minimum of zero. */
static int tlsbind_policy_product(struct tlsbind_minimum *minimum, json_t *object,
				  const struct tlsbind_snp_component *parts, const char *where,
				  const struct tlsbind_policy_error *error)
{
	const char *keys[TLSBIND_SNP_TCB_SIZE + 1] = { NULL };
	char path[96];
	uint64_t value;
	size_t i;
	int ret;

	for (i = 0; i < TLSBIND_SNP_TCB_SIZE && parts[i].oid; i++)
		keys[i] = parts[i].name;
	ret = tlsbind_policy_keys(object, where, keys, error);
	for (i = 0; keys[i] && !ret; i++) {
		snprintf(path, sizeof(path), "%s.%s", where, keys[i]);
		ret = tlsbind_policy_number(json_object_get(object, keys[i]), path, UINT8_MAX,
					    &value, error);
		minimum->tcb[parts[i].byte] = (uint8_t)value;
	}
	if (!ret && tlsbind_is_zero(minimum->tcb, sizeof(minimum->tcb)))
		ret = tlsbind_policy_wrong(error, "%s: a minimum of zeros asks for nothing",
					   where);
	minimum->set = !ret;
	return ret;
}

int tlsbind_policy_minimum(struct tlsbind_appraisal *appraisal, json_t *value,
			   const struct tlsbind_policy_error *error)
{
	enum tlsbind_snp_product product;
	json_t *object;
	const char *key;
	char where[64];
	int ret = 0;

	if (tlsbind_policy_is_any(value))
		return 0;
	if (!json_is_object(value) || !json_object_size(value))
		return tlsbind_policy_wrong(error, "snp." TLSBIND_POLICY_MINIMUM
					    " must be stated: products or \"any\"");
	json_object_foreach(value, key, object) {
		product = tlsbind_product_find(key);
		if (product == TLSBIND_SNP_UNKNOWN)
			return tlsbind_policy_wrong(error, "snp." TLSBIND_POLICY_MINIMUM
						    ": no such product: \"%.40s\"", key);
		snprintf(where, sizeof(where), "snp." TLSBIND_POLICY_MINIMUM ".%s", key);
		ret = tlsbind_policy_product(&appraisal->minimums[product], object,
					     tlsbind_product_components(product), where, error);
		if (ret)
			break;
	}
	return ret;
}

/* Of the three TCBs that are compared, the lowest. Return: false if that is zero. */
static bool tlsbind_policy_lowest(const struct tlsbind_snp *snp,
				  const struct tlsbind_snp_component *parts,
				  uint8_t out[TLSBIND_SNP_TCB_SIZE])
{
	const struct tlsbind_span tcbs[] = {
		snp->reported_tcb, snp->committed_tcb, snp->launch_tcb,
	};
	size_t i;

	memset(out, 0, TLSBIND_SNP_TCB_SIZE);
	for (; parts->oid; parts++) {
		uint8_t lowest = UINT8_MAX;

		for (i = 0; i < sizeof(tcbs) / sizeof(tcbs[0]); i++)
			if (tcbs[i].len == TLSBIND_SNP_TCB_SIZE &&
			    tcbs[i].data[parts->byte] < lowest)
				lowest = tcbs[i].data[parts->byte];
		out[parts->byte] = lowest;
	}
	return !tlsbind_is_zero(out, TLSBIND_SNP_TCB_SIZE);
}

json_t *tlsbind_policy_minimum_suggest(const struct tlsbind_report *report)
{
	enum tlsbind_snp_product product = TLSBIND_SNP_UNKNOWN;
	const struct tlsbind_snp_component *parts;
	uint8_t tcb[TLSBIND_SNP_TCB_SIZE];
	json_t *object;

	if (report->provider && !strcmp(report->provider, TLSBIND_PROVIDER_SNP)) {
		if (report->snp.version >= 3)
			product = tlsbind_product_cpuid(&report->snp);
		else if (report->leaf)
			product = tlsbind_product_cert(report->leaf);
	}
	parts = tlsbind_product_components(product);
	if (!tlsbind_policy_lowest(&report->snp, parts, tcb))
		return json_string("any");
	object = json_object();
	for (; object && parts->oid; parts++) {
		if (json_object_set_new(object, parts->name, json_integer(tcb[parts->byte]))) {
			json_decref(object);
			object = NULL;
		}
	}
	return object ? json_pack("{s:o}", tlsbind_product_name(product), object) : NULL;
}

static int tlsbind_policy_status(struct tlsbind_appraisal *appraisal, const json_t *list,
				 const struct tlsbind_policy_error *error)
{
	enum tlsbind_tcb_status status;
	uint32_t accepted = 0;
	const json_t *name;
	size_t i;

	if (!json_is_array(list) || !json_array_size(list))
		return tlsbind_policy_wrong(error, "tcb.status: a list of at least one status is "
					    "required");
	json_array_foreach(list, i, name) {
		status = json_is_string(name) ?
			 tlsbind_tcb_from_name(json_string_value(name)) :
			 TLSBIND_TCB_UNKNOWN;
		if (status <= TLSBIND_TCB_UNKNOWN || status >= TLSBIND_TCB_REVOKED)
			return tlsbind_policy_wrong(error, "tcb.status[%zu]: not the name of a "
						    "status that can be accepted", i);
		accepted |= 1U << status;
	}
	appraisal->tcb_statuses = accepted;
	return 0;
}

int tlsbind_policy_tcb(struct tlsbind_appraisal *appraisal, json_t *value,
		       const struct tlsbind_policy_error *error)
{
	static const char *const keys[] = {
		"status", "grace-days", "evaluation-data-number", NULL
	};
	uint64_t days = 0, number = 0;
	json_t *evaluation, *grace;
	int ret;

	if (!value)
		return 0;
	if (tlsbind_policy_is_any(value)) {
		appraisal->any_tcb = true;
		return 0;
	}
	if (json_is_string(value))
		return tlsbind_policy_wrong(error, "tcb: an object or \"any\" is required");
	ret = tlsbind_policy_keys(value, "tcb", keys, error);
	if (!ret)
		ret = tlsbind_policy_status(appraisal, json_object_get(value, "status"), error);
	grace = ret ? NULL : json_object_get(value, "grace-days");
	if (grace)
		ret = tlsbind_policy_number(grace, "tcb.grace-days", TLSBIND_GRACE_MAX, &days,
					    error);
	evaluation = ret ? NULL : json_object_get(value, "evaluation-data-number");
	if (evaluation)
		ret = tlsbind_policy_number(evaluation, "tcb.evaluation-data-number", UINT32_MAX,
					    &number, error);
	if (!ret)
		appraisal->grace_days = (unsigned int)days;
	if (!ret && number > appraisal->evaluation)
		appraisal->evaluation = (uint32_t)number;
	return ret;
}

const char *tlsbind_policy_tcb_conflict(const struct tlsbind_appraisal *appraisal)
{
	if (appraisal->any_tcb)
		return "any TCB was accepted besides the policy";
	if (appraisal->tcb_statuses != 1U << TLSBIND_TCB_UP_TO_DATE || appraisal->grace_days)
		return "TCB levels were accepted besides the policy";
	if (tlsbind_minimum_is_set(appraisal))
		return "a minimum TCB was given besides the policy";
	return NULL;
}
