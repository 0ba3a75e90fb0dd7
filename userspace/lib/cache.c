/* SPDX-License-Identifier: MIT */
/*
 * Verified reports. One report answers many challenges, and a gateway meets the same
 * peers again and again: what a report says and whether it is genuine has to be
 * found out once. Nothing that is about a connection is kept.
 *
 * Why an entry cannot say more than verifying again would:
 *  - its key is a hash over all bytes of the report and of what came with it, and over the
 *    appraisal: its identity, which is new after each change and never that of another
 *    object, and its own bytes, should a change have been missed;
 *  - it is used only in the window of time in which no date lies (window.h), and for
 *    as long as the owner of the cache allows;
 *  - it is kept only if the evidence that brought it was accepted as a whole, and it
 *    holds verdicts check by check: one that it lacks is "not reached" in the
 *    result, and thus a rejection.
 *
 * A table of sets: a hash may lie in the few places of one set. So neither looking nor
 * replacing takes longer in a large table. Everything is under one lock, which is held for
 * copying and never while something is verified.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "cache.h"

#define TLSBIND_CACHE_WAYS	8
#define TLSBIND_CACHE_MAX	(1U << 20)

/**
 * struct tlsbind_cached - one report
 * @hash: its key
 * @finding: what was found; without checks the place is free
 * @kept: since when, seconds of a clock that nobody sets
 * @used: number of the last use
 */
struct tlsbind_cached {
	uint8_t hash[TLSBIND_HASH_SIZE];
	struct tlsbind_finding finding;
	time_t kept;
	uint64_t used;
};

struct tlsbind_cache {
	pthread_mutex_t lock;
	struct tlsbind_cached (*sets)[TLSBIND_CACHE_WAYS];
	size_t count;
	time_t seconds;
	uint64_t uses;
	struct tlsbind_cache_info info;
};

struct tlsbind_cache *tlsbind_cache_new(size_t reports, unsigned int seconds)
{
	struct tlsbind_cache *cache;

	if (!reports || reports > TLSBIND_CACHE_MAX || !seconds)
		return NULL;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->count = (reports + TLSBIND_CACHE_WAYS - 1) / TLSBIND_CACHE_WAYS;
	cache->seconds = seconds;
	cache->sets = calloc(cache->count, sizeof(*cache->sets));
	if (!cache->sets || pthread_mutex_init(&cache->lock, NULL)) {
		free(cache->sets);
		free(cache);
		return NULL;
	}
	return cache;
}

static void tlsbind_cached_clear(struct tlsbind_cache *cache, struct tlsbind_cached *cached)
{
	if (!cached->finding.checks)
		return;
	tlsbind_result_free(cached->finding.checks);
	memset(cached, 0, sizeof(*cached));
	cache->info.reports--;
}

void tlsbind_cache_flush(struct tlsbind_cache *cache)
{
	size_t set, way;

	pthread_mutex_lock(&cache->lock);
	for (set = 0; set < cache->count; set++)
		for (way = 0; way < TLSBIND_CACHE_WAYS; way++)
			tlsbind_cached_clear(cache, &cache->sets[set][way]);
	pthread_mutex_unlock(&cache->lock);
}

void tlsbind_cache_free(struct tlsbind_cache *cache)
{
	if (!cache)
		return;
	tlsbind_cache_flush(cache);
	pthread_mutex_destroy(&cache->lock);
	free(cache->sets);
	free(cache);
}

void tlsbind_cache_info(struct tlsbind_cache *cache, struct tlsbind_cache_info *out)
{
	pthread_mutex_lock(&cache->lock);
	*out = cache->info;
	pthread_mutex_unlock(&cache->lock);
}

/* Each part after its length, so that no two lists of parts have the same bytes. */
static bool tlsbind_cache_hash(EVP_MD_CTX *ctx, const void *data, size_t len)
{
	uint64_t size = len;

	return EVP_DigestUpdate(ctx, &size, sizeof(size)) == 1 &&
	       (!len || EVP_DigestUpdate(ctx, data, len) == 1);
}

struct tlsbind_cache_key tlsbind_cache_key(const struct tlsbind_evidence *evidence,
					   const struct tlsbind_appraisal *appraisal)
{
	struct tlsbind_cache_key key = { .valid = false };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	key.valid = appraisal->identity && ctx &&
		    EVP_DigestInit_ex(ctx, EVP_sha384(), NULL) == 1 &&
		    tlsbind_cache_hash(ctx, appraisal, sizeof(*appraisal)) &&
		    tlsbind_cache_hash(ctx, evidence->provider, strlen(evidence->provider)) &&
		    tlsbind_cache_hash(ctx, evidence->report.data, evidence->report.len) &&
		    tlsbind_cache_hash(ctx, evidence->aux.data, evidence->aux.len) &&
		    EVP_DigestFinal_ex(ctx, key.hash, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return key;
}

static time_t tlsbind_cache_clock(void)
{
	struct timespec ts;

	return clock_gettime(CLOCK_BOOTTIME, &ts) ? -1 : ts.tv_sec;
}

static struct tlsbind_cached *tlsbind_cache_set(struct tlsbind_cache *cache,
						const struct tlsbind_cache_key *key)
{
	uint64_t number;

	memcpy(&number, key->hash, sizeof(number));
	return cache->sets[number % cache->count];
}

/* An entry whose time is over goes; the wall clock may be set, this clock cannot. */
static bool tlsbind_cached_holds(const struct tlsbind_cache *cache,
				 const struct tlsbind_cached *cached, time_t now, time_t clock)
{
	return clock >= cached->kept && clock - cached->kept < cache->seconds &&
	       tlsbind_window_holds(&cached->finding.window, now);
}

bool tlsbind_cache_find(struct tlsbind_cache *cache, const struct tlsbind_cache_key *key,
			time_t now, struct tlsbind_result *result,
			uint8_t report_data[TLSBIND_REPORT_DATA_SIZE])
{
	time_t clock = tlsbind_cache_clock();
	struct tlsbind_cached *cached;
	bool found = false;
	size_t way;

	if (!cache || !key->valid)
		return false;
	pthread_mutex_lock(&cache->lock);
	cached = tlsbind_cache_set(cache, key);
	for (way = 0; way < TLSBIND_CACHE_WAYS && !found; way++, cached++) {
		if (!cached->finding.checks || CRYPTO_memcmp(cached->hash, key->hash, sizeof(key->hash)))
			continue;
		found = tlsbind_cached_holds(cache, cached, now, clock);
		if (found) {
			tlsbind_result_merge(result, cached->finding.checks);
			memcpy(report_data, cached->finding.report_data, TLSBIND_REPORT_DATA_SIZE);
			cached->used = ++cache->uses;
		} else {
			tlsbind_cached_clear(cache, cached);
			break;
		}
	}
	cache->info.hits += found;
	cache->info.misses += !found;
	pthread_mutex_unlock(&cache->lock);
	return found;
}

/* The same report again, or else a free place, or else what was not used for longest. */
static struct tlsbind_cached *tlsbind_cache_place(struct tlsbind_cache *cache,
						  const struct tlsbind_cache_key *key)
{
	struct tlsbind_cached *set = tlsbind_cache_set(cache, key), *place = set;
	size_t way;

	for (way = 0; way < TLSBIND_CACHE_WAYS; way++) {
		if (set[way].finding.checks &&
		    !CRYPTO_memcmp(set[way].hash, key->hash, sizeof(key->hash)))
			return &set[way];
		if (place->finding.checks && (!set[way].finding.checks || set[way].used < place->used))
			place = &set[way];
	}
	return place;
}

void tlsbind_cache_keep(struct tlsbind_cache *cache, const struct tlsbind_cache_key *key,
			struct tlsbind_finding *finding)
{
	time_t clock = tlsbind_cache_clock();
	struct tlsbind_cached *place;

	if (!cache || !key->valid || clock < 0 || !finding->checks) {
		tlsbind_result_free(finding->checks);
		finding->checks = NULL;
		return;
	}
	pthread_mutex_lock(&cache->lock);
	place = tlsbind_cache_place(cache, key);
	tlsbind_cached_clear(cache, place);
	memcpy(place->hash, key->hash, sizeof(place->hash));
	place->finding = *finding;
	place->kept = clock;
	place->used = ++cache->uses;
	cache->info.reports++;
	pthread_mutex_unlock(&cache->lock);
	finding->checks = NULL;
}
