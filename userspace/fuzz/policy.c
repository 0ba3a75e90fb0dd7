/* SPDX-License-Identifier: MIT */
/* Policies: one that was refused accepts nothing, and says why. */
#include <string.h>
#include "appraisal.h"
#include "fuzz.h"
#include "policy_file.h"

/* A connection and evidence that are missing altogether. */
static void accepts_nothing(const struct tlsbind_appraisal *appraisal)
{
	static const struct tlsbind_connection none;
	uint8_t nonce[TLSBIND_NONCE_SIZE] = { 1 };
	struct tlsbind_result *result;

	FUZZ_HOLDS(!tlsbind_verify("", 0, &none, nonce, appraisal, &result));
	FUZZ_HOLDS(!tlsbind_result_accepted(result));
	tlsbind_result_free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	uint64_t before = appraisal->identity;
	char error[256];
	size_t i;
	int ret;

	memset(error, 'x', sizeof(error));
	ret = tlsbind_policy_parse(appraisal, (const char *)data, size, error, sizeof(error));
	FUZZ_HOLDS(appraisal->policy.loaded && appraisal->identity != before);
	FUZZ_HOLDS(memchr(error, '\0', sizeof(error)));
	FUZZ_HOLDS(!ret == !error[0]);
	for (i = 0; ret && i < TLSBIND_FIELD_COUNT; i++)
		FUZZ_HOLDS(appraisal->policy.statements[i].stated == TLSBIND_STATED_NOTHING);
	accepts_nothing(appraisal);
	tlsbind_appraisal_free(appraisal);
	return 0;
}
