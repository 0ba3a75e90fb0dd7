/* SPDX-License-Identifier: MIT */
/* Two connections that one report answers, verified with a cache. */
#ifndef TLSBIND_TESTS_TWINS_H
#define TLSBIND_TESTS_TWINS_H

#include "both.h"

static void put(struct test_bytes *out, unsigned int type, const void *data, size_t len)
{
	uint8_t head[6] = { 0, (uint8_t)type, 0, 0, (uint8_t)(len >> 8), (uint8_t)len };

	out->data = realloc(out->data, out->len + sizeof(head) + len);
	memcpy(out->data + out->len, head, sizeof(head));
	if (len)
		memcpy(out->data + out->len + sizeof(head), data, len);
	out->len += sizeof(head) + len;
}

/* Other claims with a report that is there already. */
static struct test_bytes assemble(const struct tlsbind_evidence *from,
				  const struct tlsbind_claims *claims, uint8_t index,
				  const uint8_t sibling[TLSBIND_HASH_SIZE])
{
	struct test_bytes out = { NULL, 0 };

	put(&out, 1, claims, sizeof(*claims));
	put(&out, 2, (uint8_t []){ 0, 0, 0, index }, 4);
	put(&out, 3, (uint8_t []){ 0, 0, 0, 2 }, 4);
	put(&out, 4, sibling, TLSBIND_HASH_SIZE);
	put(&out, 5, from->boot_nonce.data, from->boot_nonce.len);
	put(&out, 6, from->provider, strlen(from->provider));
	put(&out, 7, from->report.data, from->report.len);
	if (from->aux.len)
		put(&out, 8, from->aux.data, from->aux.len);
	return out;
}

/* Two connections that one report answers. */
struct twins {
	struct synth_case c;	/* of the first */
	struct tlsbind_connection second;
	uint8_t second_nonce[TLSBIND_NONCE_SIZE];
	struct test_bytes evidence[2];
};

static void twins_new(struct twins *t, int tdx)
{
	uint8_t leaf[2][TLSBIND_HASH_SIZE];
	struct tlsbind_evidence parsed;
	struct tlsbind_claims claims;

	synth_default(&t->c, pki[tdx], tdx);
	claims = t->c.claims;
	t->second = t->c.connection;
	memset(t->second.tx_commitment, 0x71, TLSBIND_COMMITMENT_SIZE);
	memset(t->second.rx_commitment, 0x72, TLSBIND_COMMITMENT_SIZE);
	memset(t->second_nonce, 0x73, TLSBIND_NONCE_SIZE);
	memcpy(claims.tx_commitment, t->second.tx_commitment, TLSBIND_COMMITMENT_SIZE);
	memcpy(claims.rx_commitment, t->second.rx_commitment, TLSBIND_COMMITMENT_SIZE);
	memcpy(claims.nonce, t->second_nonce, TLSBIND_NONCE_SIZE);
	assert_int_equal(tlsbind_leaf((const uint8_t *)&t->c.claims, leaf[0]), 0);
	assert_int_equal(tlsbind_leaf((const uint8_t *)&claims, leaf[1]), 0);
	t->c.index = 0;
	t->c.size = 2;
	t->c.nodes = 1;
	memcpy(t->c.path[0], leaf[1], TLSBIND_HASH_SIZE);
	t->evidence[0] = synth_encode(&t->c);
	assert_int_equal(tlsbind_evidence_parse(t->evidence[0].data, t->evidence[0].len, &parsed),
			 0);
	t->evidence[1] = assemble(&parsed, &claims, 1, leaf[0]);
}

static void twins_free(struct twins *t)
{
	free(t->evidence[0].data);
	free(t->evidence[1].data);
	synth_clear(&t->c);
}

/* Verify with the cache, or without; the names of what failed. */
static const char *ask(struct tlsbind_cache *cache, const struct twins *t, int which,
		       const struct tlsbind_appraisal *appraisal, char **json)
{
	const struct tlsbind_connection *conn = which ? &t->second : &t->c.connection;
	const struct test_bytes *evidence = &t->evidence[which];
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	static const uint8_t zero[TLSBIND_NONCE_SIZE];
	struct tlsbind_result *result;
	const char *failures;

	memcpy(nonce, which ? t->second_nonce : t->c.nonce, sizeof(nonce));
	if (cache)
		assert_int_equal(tlsbind_verify_cached(cache, evidence->data, evidence->len, conn,
						       nonce, appraisal, &result), 0);
	else
		assert_int_equal(tlsbind_verify(evidence->data, evidence->len, conn, nonce,
						appraisal, &result), 0);
	assert_memory_equal(nonce, zero, sizeof(zero));
	failures = test_failures(result);
	assert_int_equal(tlsbind_result_accepted(result), !*failures);
	if (json)
		*json = tlsbind_result_json(result);
	tlsbind_result_free(result);
	return failures;
}

static void check_info(struct tlsbind_cache *cache, size_t reports, uint64_t hits,
		       uint64_t misses)
{
	struct tlsbind_cache_info info;

	tlsbind_cache_info(cache, &info);
	assert_int_equal(info.reports, reports);
	assert_int_equal(info.hits, hits);
	assert_int_equal(info.misses, misses);
}

#endif /* TLSBIND_TESTS_TWINS_H */
