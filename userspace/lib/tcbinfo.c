/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"
#include "tcbinfo.h"

#define TLSBIND_TCBINFO_LEVELS_MAX	256
#define TLSBIND_TCBINFO_MODULES_MAX	32
#define TLSBIND_TCBINFO_VERSION		3

/* The sixteen SVNs of an array of components. */
static int tlsbind_tcbinfo_svns(const json_t *tcb, const char *name, uint8_t out[16])
{
	json_t *array = tlsbind_pcs_array(tcb, name, 16);
	uint64_t svn;
	size_t i;

	if (json_array_size(array) != 16)
		return -EBADMSG;
	for (i = 0; i < 16; i++) {
		if (tlsbind_pcs_number(json_array_get(array, i), "svn", UINT8_MAX, &svn))
			return -EBADMSG;
		out[i] = (uint8_t)svn;
	}
	return 0;
}

static int tlsbind_tcbinfo_level(const json_t *item, struct tlsbind_tcb_level *out)
{
	const json_t *tcb = json_object_get(item, "tcb");
	uint64_t pcesvn;
	int ret;

	ret = tlsbind_pcs_state(item, &out->state);
	if (!ret)
		ret = tlsbind_tcbinfo_svns(tcb, "sgxtcbcomponents", out->sgx);
	if (!ret)
		ret = tlsbind_tcbinfo_svns(tcb, "tdxtcbcomponents", out->tdx);
	if (!ret)
		ret = tlsbind_pcs_number(tcb, "pcesvn", UINT16_MAX, &pcesvn);
	if (!ret)
		out->pcesvn = (uint16_t)pcesvn;
	return ret;
}

static int tlsbind_tcbinfo_levels(const json_t *root, struct tlsbind_tcbinfo *out)
{
	json_t *array = tlsbind_pcs_array(root, "tcbLevels", TLSBIND_TCBINFO_LEVELS_MAX);
	size_t i;
	int ret = 0;

	if (!array)
		return -EBADMSG;
	out->levels = calloc(json_array_size(array), sizeof(*out->levels));
	if (!out->levels)
		return -ENOMEM;
	out->level_count = json_array_size(array);
	for (i = 0; i < out->level_count && !ret; i++)
		ret = tlsbind_tcbinfo_level(json_array_get(array, i), &out->levels[i]);
	return ret;
}

/* Signer and attributes. The mask is read to see that it is one: all bits are compared. */
static int tlsbind_tcbinfo_signer(const json_t *item, struct tlsbind_tdx_module *out)
{
	uint8_t mask[sizeof(out->attributes)];
	int ret;

	ret = tlsbind_pcs_hex(item, "mrsigner", out->mrsigner, sizeof(out->mrsigner));
	if (!ret)
		ret = tlsbind_pcs_hex(item, "attributes", out->attributes,
				      sizeof(out->attributes));
	if (!ret)
		ret = tlsbind_pcs_hex(item, "attributesMask", mask, sizeof(mask));
	return ret;
}

/* "TDX_03" is major version 3. Version 0 has no identity. */
static int tlsbind_tcbinfo_version(const json_t *item, uint8_t *out)
{
	static const char prefix[] = "TDX_";
	const char *id = tlsbind_pcs_string(item, "id");

	if (!id || strncmp(id, prefix, sizeof(prefix) - 1) ||
	    tlsbind_unhex(id + sizeof(prefix) - 1, out, 1) || !*out)
		return -EBADMSG;
	return 0;
}

static int tlsbind_tcbinfo_modules(const json_t *root, struct tlsbind_tcbinfo *out)
{
	const json_t *array = json_object_get(root, "tdxModuleIdentities");
	size_t i, count = json_array_size(array);
	uint8_t version;
	int ret = 0;

	if (!array || (json_is_array(array) && !count))
		return 0;
	if (!json_is_array(array) || count > TLSBIND_TCBINFO_MODULES_MAX)
		return -EBADMSG;
	out->modules = calloc(count, sizeof(*out->modules));
	if (!out->modules)
		return -ENOMEM;
	for (i = 0; i < count && !ret; i++) {
		const json_t *item = json_array_get(array, i);
		struct tlsbind_tdx_module *module = &out->modules[i];

		ret = tlsbind_tcbinfo_version(item, &version);
		if (!ret && tlsbind_tcbinfo_module(out, version))
			ret = -EBADMSG;
		if (ret)
			break;
		module->version = version;
		out->module_count = i + 1;
		ret = tlsbind_tcbinfo_signer(item, module);
		if (!ret)
			ret = tlsbind_pcs_svn_levels(item, &module->levels);
	}
	return ret;
}

static int tlsbind_tcbinfo_header(const json_t *root, struct tlsbind_tcbinfo *out)
{
	uint64_t version, type, evaluation;

	if (!tlsbind_pcs_is(root, "id", "TDX") ||
	    tlsbind_pcs_number(root, "version", UINT32_MAX, &version) ||
	    version != TLSBIND_TCBINFO_VERSION ||
	    tlsbind_pcs_number(root, "tcbType", 0, &type) ||
	    tlsbind_pcs_number(root, "tcbEvaluationDataNumber", UINT32_MAX, &evaluation) ||
	    tlsbind_pcs_time(root, "issueDate", &out->issued) ||
	    tlsbind_pcs_time(root, "nextUpdate", &out->next) || out->next < out->issued ||
	    tlsbind_pcs_hex(root, "fmspc", out->fmspc, sizeof(out->fmspc)) ||
	    tlsbind_pcs_hex(root, "pceId", out->pceid, sizeof(out->pceid)))
		return -EBADMSG;
	out->evaluation = (uint32_t)evaluation;
	return 0;
}

int tlsbind_tcbinfo_parse(struct tlsbind_span text, struct tlsbind_tcbinfo *out)
{
	json_t *root = tlsbind_pcs_parse(text);
	int ret;

	memset(out, 0, sizeof(*out));
	ret = tlsbind_tcbinfo_header(root, out);
	if (!ret)
		ret = tlsbind_tcbinfo_signer(json_object_get(root, "tdxModule"), &out->module);
	if (!ret)
		ret = tlsbind_tcbinfo_modules(root, out);
	if (!ret)
		ret = tlsbind_tcbinfo_levels(root, out);
	json_decref(root);
	return ret;
}

void tlsbind_tcbinfo_clear(struct tlsbind_tcbinfo *info)
{
	size_t i;

	for (i = 0; i < info->module_count; i++)
		tlsbind_svn_levels_clear(&info->modules[i].levels);
	for (i = 0; i < info->level_count; i++)
		free(info->levels[i].state.advisories);
	free(info->modules);
	free(info->levels);
	memset(info, 0, sizeof(*info));
}

const struct tlsbind_tdx_module *tlsbind_tcbinfo_module(const struct tlsbind_tcbinfo *info,
							uint8_t version)
{
	size_t i;

	if (!version)
		return &info->module;
	for (i = 0; i < info->module_count; i++)
		if (info->modules[i].version == version)
			return &info->modules[i];
	return NULL;
}
