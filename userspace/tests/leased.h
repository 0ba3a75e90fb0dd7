/* SPDX-License-Identifier: MIT */
/* Leases of connections as a TLS library describes them. */
#ifndef TLSBIND_TESTS_LEASED_H
#define TLSBIND_TESTS_LEASED_H

#include <endian.h>
#include "synth.h"

#define LEASED_LENGTH	10000U	/* ms, from time 0 on */
#define LEASED_REKEY	1000U

/* Evidence about this connection is accepted, at time 0. */
static inline void leased_accept(struct tlsbind_lease *lease, struct synth_pki *pki,
				 const struct tlsbind_connection *connection)
{
	struct tlsbind_result *result;
	struct synth_case c;

	synth_default(&c, pki, true);
	c.connection = *connection;
	c.claims.cipher_suite = htobe16(connection->cipher_suite);
	c.claims.tx_generation = htobe32(connection->tx_generation);
	c.claims.rx_generation = htobe32(connection->rx_generation);
	memcpy(c.claims.tx_commitment, connection->tx_commitment, TLSBIND_COMMITMENT_SIZE);
	memcpy(c.claims.rx_commitment, connection->rx_commitment, TLSBIND_COMMITMENT_SIZE);
	result = synth_verify(&c);
	assert_int_equal(tlsbind_lease_begin(lease, result, connection, 0, 0, 0), 0);
	tlsbind_result_free(result);
	synth_clear(&c);
}

#endif /* TLSBIND_TESTS_LEASED_H */
