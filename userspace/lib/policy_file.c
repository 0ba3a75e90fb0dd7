/* SPDX-License-Identifier: MIT */
/*
 * A policy is complete or it is none: every field of a section that is there must be
 * stated, and nothing may be there that is not understood.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy_file.h"
#include "policy_json.h"
#include "policy_tcb.h"

#define TLSBIND_POLICY_VERSION	1
#define TLSBIND_POLICY_SIZE_MAX	(1U << 20)

/* Members of a section: its fields, and in that of SNP the minimum TCB. */
static int tlsbind_policy_section_keys(json_t *object, enum tlsbind_section section,
				       const struct tlsbind_policy_error *error)
{
	const char *keys[TLSBIND_FIELD_COUNT + 2];
	size_t used = 0;
	int i;

	for (i = 0; i < TLSBIND_FIELD_COUNT; i++)
		if (tlsbind_fields[i].section == section)
			keys[used++] = tlsbind_fields[i].key;
	if (section == TLSBIND_SECTION_SNP)
		keys[used++] = TLSBIND_POLICY_MINIMUM;
	keys[used] = NULL;
	return tlsbind_policy_keys(object, tlsbind_section_key(section), keys, error);
}

static int tlsbind_policy_section(struct tlsbind_appraisal *appraisal, json_t *object,
				  enum tlsbind_section section,
				  const struct tlsbind_policy_error *error)
{
	int i, ret = tlsbind_policy_section_keys(object, section, error);

	for (i = 0; i < TLSBIND_FIELD_COUNT && !ret; i++)
		if (tlsbind_fields[i].section == section)
			ret = tlsbind_policy_statement(
				&tlsbind_fields[i],
				json_object_get(object, tlsbind_fields[i].key),
				&appraisal->policy.statements[i], error);
	if (!ret && section == TLSBIND_SECTION_SNP)
		ret = tlsbind_policy_minimum(appraisal,
					     json_object_get(object, TLSBIND_POLICY_MINIMUM),
					     error);
	return ret;
}

static int tlsbind_policy_version(json_t *root, const struct tlsbind_policy_error *error)
{
	static const char *const keys[] = {
		"tlsbind-policy", "comment", "snp", "tdx", "claims", "tcb", NULL
	};
	const json_t *comment = json_object_get(root, "comment");
	const json_t *version = json_object_get(root, "tlsbind-policy");

	if (!json_is_object(root) || !version)
		return tlsbind_policy_wrong(error, "no policy: no member \"tlsbind-policy\"");
	if (!json_is_integer(version) || json_integer_value(version) != TLSBIND_POLICY_VERSION)
		return tlsbind_policy_wrong(error, "tlsbind-policy: only version %d is known",
					    TLSBIND_POLICY_VERSION);
	if (comment && !json_is_string(comment))
		return tlsbind_policy_wrong(error, "comment: a string is required");
	if (!json_object_get(root, "snp") && !json_object_get(root, "tdx"))
		return tlsbind_policy_wrong(error, "a section \"snp\" or \"tdx\" is required");
	return tlsbind_policy_keys(root, "policy", keys, error);
}

static int tlsbind_policy_root(struct tlsbind_appraisal *appraisal, json_t *root,
			       const struct tlsbind_policy_error *error)
{
	int i, ret = tlsbind_policy_version(root, error);

	for (i = 0; i < TLSBIND_SECTIONS && !ret; i++) {
		json_t *object = json_object_get(root, tlsbind_section_key(i));

		if (object)
			ret = tlsbind_policy_section(appraisal, object, i, error);
	}
	if (!ret)
		ret = tlsbind_policy_tcb(appraisal, json_object_get(root, "tcb"), error);
	return ret;
}

/* What was asked for without a policy, and would not be asked any more with one. */
static const char *tlsbind_policy_conflict(const struct tlsbind_appraisal *appraisal)
{
	if (appraisal->policy.loaded)
		return "a policy was loaded before";
	if (appraisal->measurement_count || appraisal->any_measurement)
		return "measurements were given besides the policy";
	if (appraisal->flags)
		return "flags were allowed besides the policy";
	if (appraisal->vmpl_set)
		return "a VMPL was given besides the policy";
	return tlsbind_policy_tcb_conflict(appraisal);
}

int tlsbind_policy_parse(struct tlsbind_appraisal *appraisal, const char *text, size_t len,
			 char *error, size_t size)
{
	const struct tlsbind_policy_error told = { error, size };
	const char *conflict = tlsbind_policy_conflict(appraisal);
	json_error_t syntax;
	json_t *root;
	int ret;

	tlsbind_appraisal_changed(appraisal);
	if (size)
		error[0] = '\0';
	appraisal->policy.loaded = true;
	if (conflict) {
		tlsbind_policy_clear(&appraisal->policy);
		snprintf(error, size, "%s", conflict);
		return -EBUSY;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &syntax);
	if (!root)
		return tlsbind_policy_wrong(&told, "line %d: %s", syntax.line, syntax.text);
	ret = tlsbind_policy_root(appraisal, root, &told);
	json_decref(root);
	if (ret)
		tlsbind_policy_clear(&appraisal->policy);
	if (ret == -ENOMEM)
		snprintf(error, size, "out of memory");
	return ret;
}

static int tlsbind_policy_read(const char *path, char **text, size_t *len)
{
	FILE *file = fopen(path, "rb");
	int ret = 0;

	*text = NULL;
	*len = 0;
	if (!file)
		return -errno;
	*text = malloc(TLSBIND_POLICY_SIZE_MAX);
	if (*text)
		*len = fread(*text, 1, TLSBIND_POLICY_SIZE_MAX, file);
	if (!*text)
		ret = -ENOMEM;
	else if (ferror(file))
		ret = -EIO;
	else if (!feof(file))
		ret = -EFBIG;
	fclose(file);
	return ret;
}

int tlsbind_appraisal_load(struct tlsbind_appraisal *appraisal, const char *path, char *error,
			   size_t size)
{
	char *text;
	size_t len;
	int ret;

	tlsbind_appraisal_changed(appraisal);
	ret = tlsbind_policy_read(path, &text, &len);
	if (ret) {
		appraisal->policy.loaded = true;
		tlsbind_policy_clear(&appraisal->policy);
		snprintf(error, size, "%s", strerror(-ret));
	} else {
		ret = tlsbind_policy_parse(appraisal, text, len, error, size);
	}
	free(text);
	return ret;
}
