/* SPDX-License-Identifier: MIT */
/* What comes by HTTP: challenges and wrapped evidence. Read, written, read: the same. */
#include <string.h>
#include <openssl/err.h>
#include "fuzz.h"

static void challenge(const char *text, size_t size)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], nonce2[TLSBIND_NONCE_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE], id2[TLSBIND_CONNECTION_ID_SIZE];
	static const uint8_t zero[TLSBIND_NONCE_SIZE];
	char *again;

	if (tlsbind_challenge_decode(text, size, nonce, id)) {
		FUZZ_HOLDS(!memcmp(nonce, zero, sizeof(nonce)));
		return;
	}
	again = tlsbind_challenge_encode(nonce, id);
	FUZZ_HOLDS(again);
	FUZZ_HOLDS(!tlsbind_challenge_decode(again, strlen(again), nonce2, id2));
	FUZZ_HOLDS(!memcmp(nonce, nonce2, sizeof(nonce)) && !memcmp(id, id2, sizeof(id)));
	free(again);
}

static void wrapped(const char *text, size_t size)
{
	uint8_t *evidence, *evidence2;
	size_t len, len2;
	char *again;

	if (tlsbind_cmw_unwrap(text, size, &evidence, &len)) {
		FUZZ_HOLDS(!evidence && !len);
		return;
	}
	again = tlsbind_cmw_wrap(evidence, len);
	FUZZ_HOLDS(again);
	FUZZ_HOLDS(!tlsbind_cmw_unwrap(again, strlen(again), &evidence2, &len2));
	FUZZ_HOLDS(len == len2 && !memcmp(evidence, evidence2, len));
	free(evidence);
	free(evidence2);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	challenge((const char *)data, size);
	wrapped((const char *)data, size);
	FUZZ_HOLDS(!ERR_peek_error());
	return 0;
}
