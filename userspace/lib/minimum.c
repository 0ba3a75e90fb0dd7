/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "cursor.h"
#include "minimum.h"
#include "product.h"

/* To bytes of TCB_VERSION; a component that the product lacks cannot be asked for. */
static int tlsbind_minimum_pack(enum tlsbind_snp_product product,
				const struct tlsbind_snp_tcb *tcb,
				uint8_t out[TLSBIND_SNP_TCB_SIZE])
{
	const uint8_t milan[TLSBIND_SNP_TCB_SIZE] = {
		tcb->boot_loader, tcb->tee, 0, 0, 0, 0, tcb->snp, tcb->microcode,
	};
	const uint8_t turin[TLSBIND_SNP_TCB_SIZE] = {
		tcb->fmc, tcb->boot_loader, tcb->tee, tcb->snp, 0, 0, 0, tcb->microcode,
	};

	switch (product) {
	case TLSBIND_SNP_MILAN:
	case TLSBIND_SNP_GENOA:
		memcpy(out, milan, sizeof(milan));
		return tcb->fmc ? -EINVAL : 0;
	case TLSBIND_SNP_TURIN:
		memcpy(out, turin, sizeof(turin));
		return 0;
	case TLSBIND_SNP_UNKNOWN:
	case TLSBIND_SNP_PRODUCTS:
		break;
	}
	return -EINVAL;
}

int tlsbind_appraisal_set_snp_tcb(struct tlsbind_appraisal *appraisal, const char *product,
				  const struct tlsbind_snp_tcb *minimum)
{
	enum tlsbind_snp_product id = tlsbind_product_find(product);
	uint8_t tcb[TLSBIND_SNP_TCB_SIZE];
	int ret;

	tlsbind_appraisal_changed(appraisal);
	ret = tlsbind_minimum_pack(id, minimum, tcb);
	if (ret)
		return ret;
	if (tlsbind_is_zero(tcb, sizeof(tcb)))
		return -EINVAL;
	if (appraisal->minimums[id].set)
		return -EEXIST;
	memcpy(appraisal->minimums[id].tcb, tcb, sizeof(tcb));
	appraisal->minimums[id].set = true;
	return 0;
}

bool tlsbind_minimum_is_set(const struct tlsbind_appraisal *appraisal)
{
	bool set = false;
	int i;

	for (i = 0; i < TLSBIND_SNP_PRODUCTS; i++)
		set |= appraisal->minimums[i].set;
	return set;
}

/* TCBs are vectors: one is as high as another if each component is. */
static bool tlsbind_minimum_reached(enum tlsbind_snp_product product, struct tlsbind_span tcb,
				    const uint8_t minimum[TLSBIND_SNP_TCB_SIZE])
{
	const struct tlsbind_snp_component *part = tlsbind_product_components(product);

	if (!part->oid || tcb.len != TLSBIND_SNP_TCB_SIZE)
		return false;
	for (; part->oid; part++)
		if (tcb.data[part->byte] < minimum[part->byte])
			return false;
	return true;
}

int tlsbind_minimum_check(const struct tlsbind_snp *snp, const X509 *cert,
			  const struct tlsbind_appraisal *appraisal, char *want,
			  size_t want_size, char *got, size_t got_size)
{
	enum tlsbind_snp_product product = tlsbind_product_cert(cert);
	const struct tlsbind_minimum *minimum = &appraisal->minimums[product];
	const struct tlsbind_span *const tcbs[] = {
		&snp->reported_tcb, &snp->committed_tcb, &snp->launch_tcb,
	};
	char text[3][48];
	bool reached = product != TLSBIND_SNP_UNKNOWN && minimum->set;
	size_t i;

	for (i = 0; i < 3; i++) {
		tlsbind_product_describe(product, *tcbs[i], text[i], sizeof(text[i]));
		reached = reached && tlsbind_minimum_reached(product, *tcbs[i], minimum->tcb);
	}
	snprintf(got, got_size, "reported %s, committed %s, launch %s", text[0], text[1], text[2]);
	tlsbind_product_describe(product, (struct tlsbind_span){ minimum->tcb,
								 sizeof(minimum->tcb) },
				 text[0], sizeof(text[0]));
	if (minimum->set)
		snprintf(want, want_size, "at least %s for %s", text[0],
			 tlsbind_product_name(product));
	else
		snprintf(want, want_size, "a minimum for %s", tlsbind_product_name(product));
	return reached ? 0 : -EKEYREJECTED;
}
