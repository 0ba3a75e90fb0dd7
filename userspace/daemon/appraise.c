/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "appraise.h"

static enum judge_reason judge_appraise_reason(const struct tlsbind_result *result)
{
	switch (tlsbind_result_class(result)) {
	case TLSBIND_CLASS_NONE:
		return JUDGE_ADMITTED;
	case TLSBIND_CLASS_MALFORMED:
		return JUDGE_MALFORMED;
	case TLSBIND_CLASS_SIGNATURE:
		return JUDGE_SIGNATURE;
	case TLSBIND_CLASS_TCB:
		return JUDGE_TCB;
	case TLSBIND_CLASS_BINDING:
		return JUDGE_BINDING;
	case TLSBIND_CLASS_POLICY:
		break;
	}
	return JUDGE_APPRAISAL;
}

static void judge_appraise_name(const struct tlsbind_result *result, char checks[JUDGE_CHECKS])
{
	const struct tlsbind_check *check, *first = NULL;
	size_t i, used = 0;

	*checks = '\0';
	for (i = 0; (check = tlsbind_result_check(result, i)); i++) {
		if (check->verdict == TLSBIND_PASS)
			continue;
		if (!first)
			first = check;
		used += (size_t)snprintf(checks + used, JUDGE_CHECKS - used, "%s%s",
					 used ? " " : "", check->name);
		if (used >= JUDGE_CHECKS)
			return;
	}
	if (first && first->verdict == TLSBIND_FAIL)
		snprintf(checks + used, JUDGE_CHECKS - used, " (%s: expected %s, got %s)",
			 first->name, first->expected, first->got);
}

/* Which checks other keys of the connection fail: only these, and only where they differ. */
static bool judge_appraise_only_keys(const struct tlsbind_result *result, bool tx, bool rx)
{
	const struct tlsbind_check *check;
	size_t i;

	for (i = 0; (check = tlsbind_result_check(result, i)); i++) {
		if (check->verdict == TLSBIND_PASS ||
		    !strcmp(check->name, "claims.generation") ||
		    (tx && !strcmp(check->name, "binding.tx")) ||
		    (rx && !strcmp(check->name, "binding.rx")))
			continue;
		return false;
	}
	return true;
}

static bool judge_appraise_behind(const struct tlsbind_result *result,
				  const struct tlsbind_connection *connection,
				  const void *data, size_t len, bool renewal)
{
	struct tlsbind_evidence evidence;
	struct tlsbind_claims claims;
	uint32_t tx, rx;

	if (tlsbind_evidence_parse(data, len, &evidence))
		return false;
	memcpy(&claims, evidence.claims.data, sizeof(claims));
	tx = connection->tx_generation - be32toh(claims.tx_generation);
	rx = connection->rx_generation - be32toh(claims.rx_generation);
	if (!tx && !rx)
		return false;
	if (!renewal && (tx > 1 || rx > 1 || tx > connection->tx_generation ||
			 rx > connection->rx_generation))
		return false;
	return judge_appraise_only_keys(result, tx, rx);
}

enum judge_reason judge_appraise(struct tlsbind_cache *cache,
				 const struct tlsbind_appraisal *appraisal,
				 const struct tlsbind_connection *connection,
				 const void *evidence, size_t len, bool renewal,
				 uint8_t nonce[TLSBIND_NONCE_SIZE], char checks[JUDGE_CHECKS])
{
	struct tlsbind_result *result;
	enum judge_reason reason;

	snprintf(checks, JUDGE_CHECKS, "cannot verify");
	if (tlsbind_verify_cached(cache, evidence, len, connection, nonce, appraisal, &result)) {
		OPENSSL_cleanse(nonce, TLSBIND_NONCE_SIZE);
		return JUDGE_FAULT;
	}
	reason = judge_appraise_reason(result);
	if (reason == JUDGE_BINDING && judge_appraise_behind(result, connection, evidence, len, renewal))
		reason = JUDGE_BEHIND;
	judge_appraise_name(result, checks);
	tlsbind_result_free(result);
	return reason;
}
