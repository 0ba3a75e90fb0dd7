/* SPDX-License-Identifier: MIT */
/* Certificates and revocation lists, and what vendors put into their extensions. */
#include <openssl/err.h>
#include <string.h>
#include "chain.h"
#include "crl.h"
#include "fuzz.h"
#include "pck.h"
#include "snp.h"
#include "tdx.h"

static void look_at(X509 *cert)
{
	static const struct tlsbind_tdx tdx;
	static uint8_t zero[1184];
	struct tlsbind_snp snp;
	struct tlsbind_pck pck;
	char why[160];

	(void)tlsbind_pck_parse(cert, &pck);
	FUZZ_HOLDS(tlsbind_tdx_certificate(&tdx, cert, why, sizeof(why)));
	/* The least that is a report: version 3, SHA-384 with P-384. */
	zero[0] = 3;
	zero[0x34] = 1;
	if (!tlsbind_snp_parse((struct tlsbind_span){ zero, sizeof(zero) }, &snp))
		(void)tlsbind_snp_certificate(&snp, cert, why, sizeof(why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_span span = { data, size };
	STACK_OF(X509_CRL) *lists = NULL;
	STACK_OF(X509) *certs = NULL;
	int i, text;

	for (text = 0; text < 2; text++) {
		if (tlsbind_chain_parse(span, text, &certs))
			continue;
		for (i = 0; i < sk_X509_num(certs); i++)
			look_at(sk_X509_value(certs, i));
		sk_X509_pop_free(certs, X509_free);
	}
	if (!tlsbind_crl_parse(span, &lists))
		FUZZ_HOLDS(sk_X509_CRL_num(lists) > 0);
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	FUZZ_HOLDS(!ERR_peek_error());
	return 0;
}
