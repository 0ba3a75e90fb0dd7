/* SPDX-License-Identifier: MIT */
#include "td.h"

static const struct synth_flip newest[] = { TD_NEWEST };

void td_init(struct td *td, struct synth_pki *pki)
{
	synth_default(&td->c, pki, true);
	tlsbind_appraisal_free(td->c.appraisal);
	td->c.appraisal = tlsbind_appraisal_new();
	assert_int_equal(tlsbind_appraisal_add_root(td->c.appraisal, pki->root_file), 0);
	tlsbind_appraisal_any_measurement(td->c.appraisal);
	td->c.flips = newest;
	td->c.flip_count = TD_NEWEST_COUNT;
	td->signer = collateral_signer(pki, SIGNER_GOOD);
	td->info = collateral_tcbinfo(NULL);
	td->identity = collateral_qeidentity(NULL);
}

void td_clear(struct td *td)
{
	synth_clear(&td->c);
	collateral_signer_clear(&td->signer);
	free(td->info);
	free(td->identity);
}

void td_add(struct td *td, const char *change)
{
	char *text = collateral_dcap(td->c.pki, &td->signer, td->info, td->identity, change);

	assert_int_equal(collateral_add(td->c.appraisal, text), 0);
	free(text);
}

struct tlsbind_result *td_result(struct td *td, const char *failures, enum tlsbind_class class_)
{
	struct tlsbind_result *result;
	uint8_t nonce[TLSBIND_NONCE_SIZE];

	memcpy(nonce, td->c.nonce, sizeof(nonce));
	result = synth_verify(&td->c);
	memcpy(td->c.nonce, nonce, sizeof(nonce));
	if (strcmp(test_failures(result), failures)) {
		tlsbind_result_print(result, stderr);
		fail_msg("fails \"%s\" instead of \"%s\"", test_failures(result), failures);
	}
	assert_int_equal(tlsbind_result_class(result), class_);
	return result;
}

void td_expect(struct td *td, const char *failures, enum tlsbind_class class_)
{
	tlsbind_result_free(td_result(td, failures, class_));
}
