/* SPDX-License-Identifier: MIT */
/* SNP certificate table: AMD 56421, extended guest request. The host writes it. */
#ifndef TLSBIND_CERTTABLE_H
#define TLSBIND_CERTTABLE_H

#include "tlsbind.h"

/**
 * struct tlsbind_certtable - entries of interest; absent spans where missing
 * @vcek: certificate of the chip's key
 * @vlek: certificate of the cloud provider's key
 * @ask: certificate of the key that signs the other two
 * @ark: certificate of the root that signs @ask: a hint, the relying party
 *	knows the keys that it trusts
 *
 * The table's CRL is of no interest: the host would choose the one that suits
 * it among those that have not expired.
 */
struct tlsbind_certtable {
	struct tlsbind_span vcek;
	struct tlsbind_span vlek;
	struct tlsbind_span ask;
	struct tlsbind_span ark;
};

/**
 * tlsbind_certtable_parse() - find the certificates
 * @table: auxblob; an absent or empty one has no entries
 * @out: zeroed on failure; points into @table
 *
 * Return: 0; -EBADMSG for a table without end, entries that reach outside or
 * into the header, or an entry that appears twice.
 */
int tlsbind_certtable_parse(struct tlsbind_span table, struct tlsbind_certtable *out);

#endif /* TLSBIND_CERTTABLE_H */
