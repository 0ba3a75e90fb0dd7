/* SPDX-License-Identifier: MIT */
/* SNP reports: taken apart within bounds, and never accepted. */
#include "fuzz.h"
#include "snp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_span span = { data, size };
	struct tlsbind_snp snp;

	if (!tlsbind_snp_parse(span, &snp)) {
		FUZZ_HOLDS(size == 1184);
		fuzz_inside(snp.family_id, data, size);
		fuzz_inside(snp.image_id, data, size);
		fuzz_inside(snp.current_tcb, data, size);
		fuzz_inside(snp.report_data, data, size);
		fuzz_inside(snp.measurement, data, size);
		fuzz_inside(snp.host_data, data, size);
		fuzz_inside(snp.id_key_digest, data, size);
		fuzz_inside(snp.author_key_digest, data, size);
		fuzz_inside(snp.reported_tcb, data, size);
		fuzz_inside(snp.chip_id, data, size);
		fuzz_inside(snp.committed_tcb, data, size);
		fuzz_inside(snp.launch_tcb, data, size);
		fuzz_inside(snp.signed_part, data, size);
		fuzz_inside(snp.r, data, size);
		fuzz_inside(snp.s, data, size);
	}
	fuzz_never_accepted(TLSBIND_PROVIDER_SNP, data, size, NULL, 0);
	return 0;
}
