/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "qeidentity.h"

#define TLSBIND_QEIDENTITY_VERSION	2

static int tlsbind_qeidentity_header(const json_t *root, struct tlsbind_qeidentity *out)
{
	uint64_t version, evaluation;

	if (!tlsbind_pcs_is(root, "id", "TD_QE") ||
	    tlsbind_pcs_number(root, "version", UINT32_MAX, &version) ||
	    version != TLSBIND_QEIDENTITY_VERSION ||
	    tlsbind_pcs_number(root, "tcbEvaluationDataNumber", UINT32_MAX, &evaluation) ||
	    tlsbind_pcs_time(root, "issueDate", &out->issued) ||
	    tlsbind_pcs_time(root, "nextUpdate", &out->next) || out->next < out->issued)
		return -EBADMSG;
	out->evaluation = (uint32_t)evaluation;
	return 0;
}

static int tlsbind_qeidentity_enclave(const json_t *root, struct tlsbind_qeidentity *out)
{
	uint64_t isvprodid;

	if (tlsbind_pcs_hex(root, "miscselect", out->miscselect, sizeof(out->miscselect)) ||
	    tlsbind_pcs_hex(root, "miscselectMask", out->miscselect_mask,
			    sizeof(out->miscselect_mask)) ||
	    tlsbind_pcs_hex(root, "attributes", out->attributes, sizeof(out->attributes)) ||
	    tlsbind_pcs_hex(root, "attributesMask", out->attributes_mask,
			    sizeof(out->attributes_mask)) ||
	    tlsbind_pcs_hex(root, "mrsigner", out->mrsigner, sizeof(out->mrsigner)) ||
	    tlsbind_pcs_number(root, "isvprodid", UINT16_MAX, &isvprodid))
		return -EBADMSG;
	out->isvprodid = (uint16_t)isvprodid;
	return 0;
}

int tlsbind_qeidentity_parse(struct tlsbind_span text, struct tlsbind_qeidentity *out)
{
	json_t *root = tlsbind_pcs_parse(text);
	int ret;

	memset(out, 0, sizeof(*out));
	ret = tlsbind_qeidentity_header(root, out);
	if (!ret)
		ret = tlsbind_qeidentity_enclave(root, out);
	if (!ret)
		ret = tlsbind_pcs_svn_levels(root, &out->levels);
	json_decref(root);
	return ret;
}

void tlsbind_qeidentity_clear(struct tlsbind_qeidentity *identity)
{
	tlsbind_svn_levels_clear(&identity->levels);
	memset(identity, 0, sizeof(*identity));
}

/* A bit of @want that is not in @mask can never be there, as in Intel's own verifier. */
static bool tlsbind_qeidentity_masked(struct tlsbind_span got, const uint8_t *mask,
				      const uint8_t *want, size_t len)
{
	size_t i;

	if (got.len != len)
		return false;
	for (i = 0; i < len; i++)
		if ((got.data[i] & mask[i]) != want[i])
			return false;
	return true;
}

const char *tlsbind_qeidentity_compare(const struct tlsbind_qeidentity *identity,
				       const struct tlsbind_tdx *tdx)
{
	if (!tlsbind_qeidentity_masked(tdx->qe_miscselect, identity->miscselect_mask,
				       identity->miscselect, sizeof(identity->miscselect)))
		return "MISCSELECT";
	if (!tlsbind_qeidentity_masked(tdx->qe_attributes, identity->attributes_mask,
				       identity->attributes, sizeof(identity->attributes)))
		return "ATTRIBUTES";
	if (tdx->qe_mrsigner.len != sizeof(identity->mrsigner) ||
	    memcmp(tdx->qe_mrsigner.data, identity->mrsigner, sizeof(identity->mrsigner)))
		return "MRSIGNER";
	if (tdx->qe_prod_id != identity->isvprodid)
		return "ISVPRODID";
	return NULL;
}
