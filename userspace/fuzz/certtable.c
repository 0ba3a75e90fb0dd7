/* SPDX-License-Identifier: MIT */
/* Certificate tables of hosts: entries within bounds, certificates in whatever form. */
#include <openssl/err.h>
#include "certtable.h"
#include "chain.h"
#include "fuzz.h"

static void certificates(struct tlsbind_span span, const uint8_t *data, size_t size)
{
	STACK_OF(X509) *certs = NULL;
	int ret;

	fuzz_inside(span, data, size);
	ret = tlsbind_chain_parse(span, false, &certs);
	FUZZ_HOLDS(ret ? !certs : sk_X509_num(certs) > 0);
	sk_X509_pop_free(certs, X509_free);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsbind_span span = { data, size };
	struct tlsbind_certtable table;

	if (!tlsbind_certtable_parse(span, &table)) {
		certificates(table.vcek, data, size);
		certificates(table.vlek, data, size);
		certificates(table.ask, data, size);
		certificates(table.ark, data, size);
	}
	/* Nothing is left behind for an application that looks at the error queue. */
	FUZZ_HOLDS(!ERR_peek_error());
	return 0;
}
