/* SPDX-License-Identifier: MIT */
/* Lowest SNP TCB that is accepted. */
#ifndef TLSBIND_MINIMUM_H
#define TLSBIND_MINIMUM_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/x509.h>
#include "appraisal.h"
#include "snp.h"

/** tlsbind_minimum_is_set() - Return: a minimum was given, for whatever product */
bool tlsbind_minimum_is_set(const struct tlsbind_appraisal *appraisal);

/**
 * tlsbind_minimum_check() - are the TCBs of a report high enough?
 * @snp: the report
 * @cert: certificate of the signing key, which names the product
 * @appraisal: the minimums
 * @want: text
 * @want_size: size of @want
 * @got: text
 * @got_size: size of @got
 *
 * Asks for the reported TCB, which the signing key proves, and for those
 * committed and at launch: firmware could go back to the one, and the guest
 * began under the other.
 *
 * Return: 0; -EKEYREJECTED if a component of one is lower, or there is no
 * minimum for the product.
 */
int tlsbind_minimum_check(const struct tlsbind_snp *snp, const X509 *cert,
			  const struct tlsbind_appraisal *appraisal, char *want,
			  size_t want_size, char *got, size_t got_size);

#endif /* TLSBIND_MINIMUM_H */
