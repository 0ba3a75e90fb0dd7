/* SPDX-License-Identifier: MIT */
/* TDX quotes: taken apart within bounds, and never accepted. */
#include "fuzz.h"
#include "tdx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_span span = { data, size };
	struct tlsbind_tdx tdx;
	int i;

	if (!tlsbind_tdx_parse(span, &tdx)) {
		FUZZ_HOLDS(tdx.version == 4 || tdx.version == 5);
		fuzz_inside(tdx.tee_tcb_svn, data, size);
		fuzz_inside(tdx.mr_seam, data, size);
		fuzz_inside(tdx.mr_signer_seam, data, size);
		fuzz_inside(tdx.mrtd, data, size);
		fuzz_inside(tdx.mr_config_id, data, size);
		fuzz_inside(tdx.mr_owner, data, size);
		fuzz_inside(tdx.mr_owner_config, data, size);
		for (i = 0; i < TLSBIND_TDX_RTMR_COUNT; i++)
			fuzz_inside(tdx.rtmr[i], data, size);
		fuzz_inside(tdx.report_data, data, size);
		fuzz_inside(tdx.tee_tcb_svn_2, data, size);
		fuzz_inside(tdx.mr_service_td, data, size);
		fuzz_inside(tdx.signed_part, data, size);
		fuzz_inside(tdx.signature, data, size);
		fuzz_inside(tdx.attestation_key, data, size);
		fuzz_inside(tdx.qe_report, data, size);
		fuzz_inside(tdx.qe_signature, data, size);
		fuzz_inside(tdx.qe_auth, data, size);
		fuzz_inside(tdx.pck_chain, data, size);
		fuzz_inside(tdx.qe_report_data, data, size);
	}
	fuzz_never_accepted(TLSBIND_PROVIDER_TDX, data, size, NULL, 0);
	return 0;
}
