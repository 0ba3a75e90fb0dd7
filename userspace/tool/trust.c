/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tool.h"
#include "trust.h"

/* A CMW is base64 and a few names more. */
#define TOOL_TRUST_FILE_MAX	(2 * TLSBIND_EVIDENCE_SIZE_MAX)

static int tool_trust_file(int error, const char *path, const char *kind)
{
	if (error == -EBADMSG)
		tool_error("%s: no %s", path, kind);
	else if (error)
		tool_error("%s: %s", path, strerror(-error));
	return error ? -1 : 1;
}

int tool_trust_option(struct tlsbind_appraisal *appraisal, const char *name,
		      const char *argument)
{
	uint64_t number;

	if (!strcmp(name, "root"))
		return tool_trust_file(tlsbind_appraisal_add_root(appraisal, argument), argument,
				       "certificate of the kind wanted");
	if (!strcmp(name, "certificate"))
		return tool_trust_file(tlsbind_appraisal_add_certificate(appraisal, argument),
				       argument, "certificate of the kind wanted");
	if (!strcmp(name, "crl"))
		return tool_trust_file(tlsbind_appraisal_add_crl(appraisal, argument), argument,
				       "revocation list");
	if (!strcmp(name, "collateral"))
		return tool_trust_file(tlsbind_appraisal_add_collateral(appraisal, argument),
				       argument, "TCB info for TDX or identity of its enclave");
	if (strcmp(name, "time"))
		return 0;
	if (!tool_number(argument, 0, INT64_MAX, &number)) {
		tool_message("not a number of seconds: %s", argument);
		return -1;
	}
	tlsbind_appraisal_set_time(appraisal, (time_t)number);
	return 1;
}

int tool_trust_policy(struct tlsbind_appraisal *appraisal, const char *path)
{
	char why[256];

	if (!tlsbind_appraisal_load(appraisal, path, why, sizeof(why)))
		return 0;
	tool_message("%s: %s", path, why);
	return -1;
}

static int tool_trust_read_max(const char *path, size_t max, uint8_t **data, size_t *len)
{
	bool input = !strcmp(path, "-");
	FILE *file = input ? stdin : fopen(path, "rbe");
	const char *why = NULL;

	*data = NULL;
	*len = 0;
	if (!file) {
		tool_message("%s: %s", path, strerror(errno));
		return -1;
	}
	*data = malloc(max + 1);
	if (*data)
		*len = fread(*data, 1, max + 1, file);
	if (!*data)
		why = strerror(ENOMEM);
	else if (ferror(file))
		why = strerror(errno);
	else if (*len > max)
		why = strerror(EFBIG);
	else if (!*len)
		why = "empty";
	if (!input)
		fclose(file);
	if (!why)
		return 0;
	tool_message("%s: %s", path, why);
	free(*data);
	*data = NULL;
	*len = 0;
	return -1;
}

int tool_trust_read(const char *path, uint8_t **data, size_t *len)
{
	return tool_trust_read_max(path, TLSBIND_EVIDENCE_SIZE_MAX, data, len);
}

/* TLVs begin with a zero byte, JSON cannot. */
int tool_trust_evidence(const char *path, uint8_t **data, size_t *len)
{
	uint8_t *raw;
	size_t raw_len;
	int ret;

	*data = NULL;
	*len = 0;
	if (tool_trust_read_max(path, TOOL_TRUST_FILE_MAX, &raw, &raw_len))
		return -1;
	if (!raw[0]) {
		*data = raw;
		*len = raw_len;
		return 0;
	}
	ret = tlsbind_cmw_unwrap((const char *)raw, raw_len, data, len);
	free(raw);
	if (!ret)
		return 0;
	tool_message("%s: neither evidence nor a CMW of it", path);
	return -1;
}
