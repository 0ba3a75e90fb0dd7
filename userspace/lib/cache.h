/* SPDX-License-Identifier: MIT */
/* Reports that were verified, and what was found. */
#ifndef TLSBIND_CACHE_H
#define TLSBIND_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include "appraisal.h"
#include "result.h"
#include "tlsbind.h"
#include "window.h"

/**
 * struct tlsbind_cache_key - what a verdict depends on, beside the time
 * @hash: of provider, report, auxiliary blob and appraisal
 * @valid: there is a hash; without it nothing is found and nothing is kept
 */
struct tlsbind_cache_key {
	uint8_t hash[TLSBIND_HASH_SIZE];
	bool valid;
};

/** tlsbind_cache_key() - key for the report of some evidence under an appraisal */
struct tlsbind_cache_key tlsbind_cache_key(const struct tlsbind_evidence *evidence,
					   const struct tlsbind_appraisal *appraisal);

/**
 * struct tlsbind_finding - what was found about a report
 * @checks: of the report alone; NULL if there are none
 * @report_data: REPORT_DATA of the report
 * @window: when the verdicts hold
 */
struct tlsbind_finding {
	struct tlsbind_result *checks;
	uint8_t report_data[TLSBIND_REPORT_DATA_SIZE];
	struct tlsbind_window window;
};

/**
 * tlsbind_cache_find() - what was found before
 * @cache: the cache; with NULL nothing is found
 * @key: of the report
 * @now: for this time
 * @result: gets the checks of the report
 * @report_data: REPORT_DATA of the report
 *
 * Return: false if nothing is known, or not for this time; the others are
 * unchanged then.
 */
bool tlsbind_cache_find(struct tlsbind_cache *cache, const struct tlsbind_cache_key *key,
			time_t now, struct tlsbind_result *result,
			uint8_t report_data[TLSBIND_REPORT_DATA_SIZE]);

/**
 * tlsbind_cache_keep() - remember a report that was part of accepted evidence
 * @cache: the cache; may be NULL
 * @key: of the report
 * @finding: its checks are taken over, or dropped
 */
void tlsbind_cache_keep(struct tlsbind_cache *cache, const struct tlsbind_cache_key *key,
			struct tlsbind_finding *finding);

#endif /* TLSBIND_CACHE_H */
