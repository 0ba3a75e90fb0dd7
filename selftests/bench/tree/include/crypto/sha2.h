/* SPDX-License-Identifier: MIT */
/* The kernel's functions by libcrypto, or by nothing: bench-tree decides. */
#ifndef TLSBIND_BENCH_SHA2_H
#define TLSBIND_BENCH_SHA2_H

#include <stddef.h>

#include <linux/types.h>

#define SHA384_BLOCK_SIZE 128
#define SHA384_DIGEST_SIZE 48

void sha384(const void *data, size_t len, u8 *out);
void hmac_sha384_usingrawkey(const u8 *key, size_t key_len, const void *data, size_t len, u8 *out);

#endif
