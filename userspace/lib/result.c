/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include "internal.h"
#include "result.h"

static const struct {
	const char *name;
	enum tlsbind_class class_;
} tlsbind_checks[TLSBIND_CHECK_COUNT] = {
	[TLSBIND_CHECK_TLS_VERSION] = { "tls.version", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_TLS_KEY_EXCHANGE] = { "tls.key-exchange", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_TLS_RESUMPTION] = { "tls.resumption", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_TLS_EARLY_DATA] = { "tls.early-data", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_EVIDENCE_FORMAT] = { "evidence.format", TLSBIND_CLASS_MALFORMED },
	[TLSBIND_CHECK_CLAIMS_VERSION] = { "claims.version", TLSBIND_CLASS_MALFORMED },
	[TLSBIND_CHECK_CLAIMS_NONCE] = { "claims.nonce", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_CLAIMS_SUITE] = { "claims.suite", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_CLAIMS_GENERATION] = { "claims.generation", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_CLAIMS_FLAGS] = { "claims.flags", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_GENERATION] = { "appraisal.generation", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_UID] = { "appraisal.uid", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_EXECUTABLE] = { "appraisal.executable", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_RULES_DIGEST] = { "appraisal.rules-digest", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_KEY_AGE] = { "appraisal.key-age", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_UPTIME] = { "appraisal.uptime", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_APP_DATA] = { "appraisal.app-data", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_BINDING_TX] = { "binding.tx", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_BINDING_RX] = { "binding.rx", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_TREE_INCLUSION] = { "tree.inclusion", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_REPORT_DATA] = { "report.data", TLSBIND_CLASS_BINDING },
	[TLSBIND_CHECK_REPORT_CHAIN] = { "report.chain", TLSBIND_CLASS_SIGNATURE },
	[TLSBIND_CHECK_REPORT_SIGNATURE] = { "report.signature", TLSBIND_CLASS_SIGNATURE },
	[TLSBIND_CHECK_REPORT_CERTIFICATE] = { "report.certificate", TLSBIND_CLASS_SIGNATURE },
	[TLSBIND_CHECK_REPORT_DEBUG] = { "report.debug", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_REPORT_VMPL] = { "report.vmpl", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_TCB_REVOCATION] = { "tcb.revocation", TLSBIND_CLASS_TCB },
	[TLSBIND_CHECK_TCB_COLLATERAL] = { "tcb.collateral", TLSBIND_CLASS_TCB },
	[TLSBIND_CHECK_TCB_QE] = { "tcb.qe", TLSBIND_CLASS_TCB },
	[TLSBIND_CHECK_TCB_MODULE] = { "tcb.module", TLSBIND_CLASS_TCB },
	[TLSBIND_CHECK_TCB_STATUS] = { "tcb.status", TLSBIND_CLASS_TCB },
	[TLSBIND_CHECK_TCB_MINIMUM] = { "tcb.minimum", TLSBIND_CLASS_TCB },
	[TLSBIND_CHECK_APPRAISAL_MEASUREMENT] = { "appraisal.measurement", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_HOST_DATA] = { "appraisal.host-data", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_ID_KEY_DIGEST] = {
		"appraisal.id-key-digest", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_AUTHOR_KEY_DIGEST] = {
		"appraisal.author-key-digest", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_FAMILY_ID] = { "appraisal.family-id", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_IMAGE_ID] = { "appraisal.image-id", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_GUEST_SVN] = { "appraisal.guest-svn", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_CHIP_ID] = { "appraisal.chip-id", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_GUEST_POLICY] = { "appraisal.guest-policy", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_PLATFORM_INFO] = {
		"appraisal.platform-info", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_RTMR0] = { "appraisal.rtmr0", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_RTMR1] = { "appraisal.rtmr1", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_RTMR2] = { "appraisal.rtmr2", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_RTMR3] = { "appraisal.rtmr3", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_MR_CONFIG_ID] = { "appraisal.mr-config-id", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_MR_OWNER] = { "appraisal.mr-owner", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_MR_OWNER_CONFIG] = {
		"appraisal.mr-owner-config", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_MR_SERVICE_TD] = {
		"appraisal.mr-service-td", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_MR_SEAM] = { "appraisal.mr-seam", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_PPID] = { "appraisal.ppid", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_PLATFORM_INSTANCE_ID] = {
		"appraisal.platform-instance-id", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_ATTRIBUTES] = { "appraisal.attributes", TLSBIND_CLASS_POLICY },
	[TLSBIND_CHECK_APPRAISAL_XFAM] = { "appraisal.xfam", TLSBIND_CLASS_POLICY },
};

struct tlsbind_result *tlsbind_result_new(uint64_t required)
{
	struct tlsbind_result *result = calloc(1, sizeof(*result));
	int i;

	if (!result)
		return NULL;
	result->required = required;
	for (i = 0; i < TLSBIND_CHECK_COUNT; i++) {
		result->checks[i].name = tlsbind_checks[i].name;
		result->checks[i].class_ = tlsbind_checks[i].class_;
	}
	return result;
}

void tlsbind_result_free(struct tlsbind_result *result)
{
	free(result);
}

void tlsbind_result_set(struct tlsbind_result *result, enum tlsbind_check_id id, bool pass,
			const char *expected, const char *got)
{
	struct tlsbind_check *check = &result->checks[id];

	if (check->verdict == TLSBIND_FAIL)
		return;
	check->verdict = pass ? TLSBIND_PASS : TLSBIND_FAIL;
	snprintf(check->expected, sizeof(check->expected), "%s", expected);
	snprintf(check->got, sizeof(check->got), "%s", got);
}

void tlsbind_result_bytes(struct tlsbind_result *result, enum tlsbind_check_id id,
			  const uint8_t *expected, struct tlsbind_span got, size_t len)
{
	bool same = got.len == len && !CRYPTO_memcmp(expected, got.data, len);
	char want[2 * TLSBIND_REPORT_DATA_SIZE + 1], have[2 * TLSBIND_REPORT_DATA_SIZE + 1];

	tlsbind_hex(expected, len, want, sizeof(want));
	tlsbind_hex(got.data, got.len, have, sizeof(have));
	tlsbind_result_set(result, id, same, want, have);
}

void tlsbind_result_reclass(struct tlsbind_result *result, enum tlsbind_check_id id,
			    enum tlsbind_class class_)
{
	result->checks[id].class_ = class_;
}

void tlsbind_result_drop(struct tlsbind_result *result, enum tlsbind_check_id id)
{
	result->required &= ~TLSBIND_CHECK_BIT(id);
}

void tlsbind_result_merge(struct tlsbind_result *result, const struct tlsbind_result *from)
{
	int i;

	for (i = 0; i < TLSBIND_CHECK_COUNT; i++)
		if (from->checks[i].verdict != TLSBIND_NOT_REACHED &&
		    result->checks[i].verdict != TLSBIND_FAIL)
			result->checks[i] = from->checks[i];
	result->required &= from->required;
}

size_t tlsbind_result_count(const struct tlsbind_result *result)
{
	size_t count = 0;
	int i;

	for (i = 0; i < TLSBIND_CHECK_COUNT; i++)
		count += !!(result->required & TLSBIND_CHECK_BIT(i));
	return count;
}

const struct tlsbind_check *tlsbind_result_check(const struct tlsbind_result *result,
						 size_t index)
{
	int i;

	for (i = 0; i < TLSBIND_CHECK_COUNT; i++)
		if (result->required & TLSBIND_CHECK_BIT(i) && !index--)
			return &result->checks[i];
	return NULL;
}

const struct tlsbind_check *tlsbind_result_find(const struct tlsbind_result *result,
						const char *name)
{
	const struct tlsbind_check *check;
	size_t i;

	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (!strcmp(check->name, name))
			return check;
	return NULL;
}

/* Asks every check itself, whatever class it may have. */
bool tlsbind_result_accepted(const struct tlsbind_result *result)
{
	const struct tlsbind_check *check;
	size_t i;

	if (!result || !result->required)
		return false;
	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (check->verdict != TLSBIND_PASS)
			return false;
	return i > 0;
}

static bool tlsbind_result_failed(const struct tlsbind_result *result, enum tlsbind_class class_)
{
	const struct tlsbind_check *check;
	size_t i;

	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (check->class_ == class_ && check->verdict != TLSBIND_PASS)
			return true;
	return false;
}

enum tlsbind_class tlsbind_result_class(const struct tlsbind_result *result)
{
	static const enum tlsbind_class order[] = {
		TLSBIND_CLASS_MALFORMED, TLSBIND_CLASS_SIGNATURE, TLSBIND_CLASS_TCB,
		TLSBIND_CLASS_BINDING, TLSBIND_CLASS_POLICY,
	};
	size_t i;

	if (tlsbind_result_accepted(result))
		return TLSBIND_CLASS_NONE;
	for (i = 0; result && i < sizeof(order) / sizeof(order[0]); i++)
		if (tlsbind_result_failed(result, order[i]))
			return order[i];
	return TLSBIND_CLASS_MALFORMED;
}

/* Columns for the longest name. */
static int tlsbind_result_width(const struct tlsbind_result *result)
{
	const struct tlsbind_check *check;
	size_t i, width = 22;

	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		if (strlen(check->name) > width)
			width = strlen(check->name);
	return (int)width;
}

static void tlsbind_result_print_check(const struct tlsbind_check *check, int width, FILE *out)
{
	switch (check->verdict) {
	case TLSBIND_PASS:
		fprintf(out, "PASS  %-*s %s\n", width, check->name, check->got);
		break;
	case TLSBIND_FAIL:
		fprintf(out, "FAIL  %-*s expected %s, got %s\n", width, check->name,
			check->expected, check->got);
		break;
	case TLSBIND_NOT_REACHED:
		fprintf(out, "FAIL  %-*s could not be evaluated\n", width, check->name);
		break;
	}
}

int tlsbind_result_print(const struct tlsbind_result *result, FILE *out)
{
	const struct tlsbind_check *check;
	int width = tlsbind_result_width(result);
	const char *before = ": ";
	size_t i;

	for (i = 0; (check = tlsbind_result_check(result, i)); i++)
		tlsbind_result_print_check(check, width, out);
	fprintf(out, "evidence %s", tlsbind_result_accepted(result) ? "ACCEPTED" : "REJECTED");
	for (i = 0; (check = tlsbind_result_check(result, i)); i++) {
		if (check->verdict == TLSBIND_PASS)
			continue;
		fprintf(out, "%s%s", before, check->name);
		before = ", ";
	}
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

static const char *tlsbind_result_class_name(enum tlsbind_class class_)
{
	static const char *const classes[] = {
		[TLSBIND_CLASS_NONE] = "none",
		[TLSBIND_CLASS_MALFORMED] = "malformed",
		[TLSBIND_CLASS_SIGNATURE] = "signature",
		[TLSBIND_CLASS_POLICY] = "policy",
		[TLSBIND_CLASS_BINDING] = "binding",
		[TLSBIND_CLASS_TCB] = "tcb",
	};

	return classes[class_];
}

static json_t *tlsbind_result_json_checks(const struct tlsbind_result *result)
{
	static const char *const verdicts[] = {
		[TLSBIND_NOT_REACHED] = "not-reached",
		[TLSBIND_PASS] = "pass",
		[TLSBIND_FAIL] = "fail",
	};
	const struct tlsbind_check *check;
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && (check = tlsbind_result_check(result, i)); i++) {
		json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", check->name,
					 "class", tlsbind_result_class_name(check->class_),
					 "verdict", verdicts[check->verdict],
					 "expected", check->expected, "got", check->got);

		if (!item || json_array_append_new(list, item)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

char *tlsbind_result_json(const struct tlsbind_result *result)
{
	json_t *checks = tlsbind_result_json_checks(result);
	bool accepted = tlsbind_result_accepted(result);
	json_t *root = NULL;
	char *text = NULL;

	if (checks)
		root = json_pack("{s:s, s:s, s:s, s:o}", "status",
				 accepted ? "affirming" : "contraindicated",
				 "verdict", accepted ? "accepted" : "rejected",
				 "class", tlsbind_result_class_name(tlsbind_result_class(result)),
				 "checks", checks);
	if (root)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}
