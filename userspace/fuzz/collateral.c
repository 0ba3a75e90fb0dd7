/* SPDX-License-Identifier: MIT */
/* Collateral: statements, and files of them as tools and Intel's service write them. */
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <openssl/err.h>
#include "appraisal.h"
#include "collateral.h"
#include "fuzz.h"
#include "qeidentity.h"
#include "tcbinfo.h"

static void statements(struct tlsbind_span text)
{
	struct tlsbind_qeidentity identity;
	struct tlsbind_tcbinfo info;

	if (!tlsbind_tcbinfo_parse(text, &info))
		FUZZ_HOLDS(info.level_count && info.levels);
	tlsbind_tcbinfo_clear(&info);
	if (!tlsbind_qeidentity_parse(text, &identity))
		FUZZ_HOLDS(identity.levels.count && identity.levels.list);
	tlsbind_qeidentity_clear(&identity);
	fuzz_inside(tlsbind_pcs_bytes(text, "tcbInfo"), text.data, text.len);
	fuzz_inside(tlsbind_pcs_bytes(text, "enclaveIdentity"), text.data, text.len);
}

/* The library takes a path. */
static void file(const uint8_t *data, size_t size)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	int fd = memfd_create("collateral", 0), ret;
	char path[64], why[160];
	size_t i;

	FUZZ_HOLDS(appraisal && fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = tlsbind_appraisal_add_collateral(appraisal, path);
	FUZZ_HOLDS(ret ? !appraisal->collateral_count : appraisal->collateral_count > 0);
	/* Nobody has Intel's key. */
	for (i = 0; i < appraisal->collateral_count; i++)
		FUZZ_HOLDS(tlsbind_collateral_verify(appraisal->collateral[i], appraisal, NULL, why,
						     sizeof(why)));
	tlsbind_appraisal_free(appraisal);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_span text = { data, size };

	statements(text);
	file(data, size);
	FUZZ_HOLDS(!ERR_peek_error());
	return 0;
}
