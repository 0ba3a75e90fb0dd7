/* SPDX-License-Identifier: MIT */
/* Evidence TLVs: there is one encoding of what was understood, and it is the input. */
#include <string.h>
#include "fuzz.h"

static size_t put(uint8_t *out, size_t at, unsigned int type, const void *value, size_t len)
{
	const uint8_t head[6] = {
		(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
		(uint8_t)(len >> 8), (uint8_t)len,
	};

	memcpy(out + at, head, sizeof(head));
	if (len)
		memcpy(out + at + sizeof(head), value, len);
	return at + sizeof(head) + len;
}

static size_t put_number(uint8_t *out, size_t at, unsigned int type, uint32_t value)
{
	const uint8_t bytes[4] = {
		(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value,
	};

	return put(out, at, type, bytes, sizeof(bytes));
}

/* Written down without the library. */
static void encode_again(const struct tlsbind_evidence *e, const uint8_t *data, size_t size)
{
	uint8_t *out = malloc(size + 512);
	size_t at = 0;

	FUZZ_HOLDS(out);
	FUZZ_HOLDS(e->claims.len + e->path.len + e->boot_nonce.len + strlen(e->provider) +
		   e->report.len + e->aux.len <= size);
	at = put(out, at, TLSBIND_TLV_CLAIMS, e->claims.data, e->claims.len);
	at = put_number(out, at, TLSBIND_TLV_LEAF_INDEX, e->leaf_index);
	at = put_number(out, at, TLSBIND_TLV_TREE_SIZE, e->tree_size);
	at = put(out, at, TLSBIND_TLV_PATH, e->path.data, e->path.len);
	at = put(out, at, TLSBIND_TLV_BOOT_NONCE, e->boot_nonce.data, e->boot_nonce.len);
	at = put(out, at, TLSBIND_TLV_PROVIDER, e->provider, strlen(e->provider));
	at = put(out, at, TLSBIND_TLV_REPORT, e->report.data, e->report.len);
	if (e->aux.data)
		at = put(out, at, TLSBIND_TLV_AUX, e->aux.data, e->aux.len);
	FUZZ_HOLDS(at == size && !memcmp(out, data, size));
	free(out);
}

static void verify(const uint8_t *data, size_t size, const uint8_t *claims)
{
	static struct tlsbind_appraisal *appraisal;
	struct tlsbind_connection conn = {
		.tls_version = 0x0304, .cipher_suite = 0x1302,
		.dhe = true, .full_handshake = true, .no_early_data = true,
	};
	uint8_t nonce[TLSBIND_NONCE_SIZE] = { 1 };
	struct tlsbind_claims copy;
	struct tlsbind_result *result;

	if (!appraisal) {
		appraisal = tlsbind_appraisal_new();
		FUZZ_HOLDS(appraisal);
		tlsbind_appraisal_any_measurement(appraisal);
		tlsbind_appraisal_any_tcb(appraisal);
		tlsbind_appraisal_allow_flags(appraisal, ~0U);
	}
	/* As if the relying party had exactly what the claims say. */
	if (claims) {
		memcpy(&copy, claims, sizeof(copy));
		memcpy(nonce, copy.nonce, sizeof(nonce));
		memcpy(conn.tx_commitment, copy.tx_commitment, sizeof(conn.tx_commitment));
		memcpy(conn.rx_commitment, copy.rx_commitment, sizeof(conn.rx_commitment));
	}
	FUZZ_HOLDS(!tlsbind_verify(data, size, &conn, nonce, appraisal, &result));
	FUZZ_HOLDS(!tlsbind_result_accepted(result));
	tlsbind_result_free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_evidence evidence;

	if (tlsbind_evidence_parse(data, size, &evidence)) {
		verify(data, size, NULL);
		return 0;
	}
	fuzz_inside(evidence.claims, data, size);
	fuzz_inside(evidence.path, data, size);
	fuzz_inside(evidence.boot_nonce, data, size);
	fuzz_inside(evidence.report, data, size);
	fuzz_inside(evidence.aux, data, size);
	FUZZ_HOLDS(evidence.claims.len == TLSBIND_CLAIMS_SIZE);
	FUZZ_HOLDS(evidence.boot_nonce.len == TLSBIND_BOOT_NONCE_SIZE);
	encode_again(&evidence, data, size);
	verify(data, size, evidence.claims.data);
	return 0;
}
