/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <openssl/evp.h>
#include "internal.h"

_Static_assert(sizeof(struct tlsbind_rule_wire) == TLSBIND_RULE_SIZE, "no padding in rules");

int tlsbind_policy_digest(const struct tlsbind_rule_wire *rules, size_t count,
			  uint8_t digest[TLSBIND_HASH_SIZE])
{
	EVP_MD_CTX *ctx;
	uint32_t number;
	int ok;

	memset(digest, 0, TLSBIND_HASH_SIZE);
	if (!count)
		return 0;
	if (count > UINT32_MAX)
		return -EINVAL;
	number = htobe32((uint32_t)count);
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha384(), NULL) == 1 &&
	     EVP_DigestUpdate(ctx, TLSBIND_LABEL_POLICY, sizeof(TLSBIND_LABEL_POLICY)) == 1 &&
	     EVP_DigestUpdate(ctx, &number, sizeof(number)) == 1 &&
	     EVP_DigestUpdate(ctx, rules, count * sizeof(*rules)) == 1 &&
	     EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (ok)
		return 0;
	memset(digest, 0, TLSBIND_HASH_SIZE);
	return -EIO;
}
