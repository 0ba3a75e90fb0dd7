/* SPDX-License-Identifier: MIT */
/* A connection from keys that the caller has, or the kernel, whatever the TLS stack is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "connection.h"
#include "cursor.h"

void tlsbind_connection_facts(struct tlsbind_connection *conn,
			      const struct tlsbind_handshake *handshake)
{
	conn->dhe = handshake->dhe;
	conn->full_handshake = handshake->full_handshake;
	conn->no_early_data = handshake->no_early_data;
	snprintf(conn->group, sizeof(conn->group), "%s",
		 handshake->group ? handshake->group : handshake->dhe ? "unnamed" : "none");
}

/* A buffer that nobody filled is no key, and one key never serves both directions. */
static int tlsbind_connection_keys(const struct tlsbind_key *tx, const struct tlsbind_key *rx)
{
	size_t len = tlsbind_suite_key_size(tx->cipher_suite);

	if (tx->tls_version != TLS1_3_VERSION || rx->tls_version != TLS1_3_VERSION || !len)
		return -ENOTSUP;
	if (tx->cipher_suite != rx->cipher_suite)
		return -EINVAL;
	if (tlsbind_is_zero(tx->key, len) || tlsbind_is_zero(rx->key, len))
		return -ENOKEY;
	return CRYPTO_memcmp(tx->key, rx->key, len) ? 0 : -EINVAL;
}

int tlsbind_keys_connection(const struct tlsbind_key *tx, const struct tlsbind_key *rx,
			    uint32_t tx_generation, uint32_t rx_generation,
			    const struct tlsbind_handshake *handshake,
			    struct tlsbind_connection *out)
{
	struct tlsbind_connection conn = { 0 };
	int ret;

	if (!out)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (!tx || !rx || !handshake)
		return -EINVAL;
	ret = tlsbind_connection_keys(tx, rx);
	if (!ret)
		ret = tlsbind_commitment(tx, TLSBIND_DIRECTION_TX, conn.tx_commitment);
	if (!ret)
		ret = tlsbind_commitment(rx, TLSBIND_DIRECTION_RX, conn.rx_commitment);
	/* The name comes from the first keys, and these are not known any more later. */
	if (!ret && !tx_generation && !rx_generation) {
		ret = tlsbind_connection_id(conn.tx_commitment, conn.rx_commitment,
					    conn.connection_id);
		conn.has_id = !ret;
	}
	if (ret)
		return ret;
	conn.tls_version = tx->tls_version;
	conn.cipher_suite = tx->cipher_suite;
	conn.tx_generation = tx_generation;
	conn.rx_generation = rx_generation;
	tlsbind_connection_facts(&conn, handshake);
	*out = conn;
	return 0;
}

int tlsbind_peer_connection(const struct tlsbind_peer *peer, uint16_t tls_version,
			    uint16_t cipher_suite, const struct tlsbind_handshake *handshake,
			    struct tlsbind_connection *out)
{
	struct tlsbind_connection conn = { 0 };

	if (!out)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (!peer || !handshake)
		return -EINVAL;
	if (tls_version != TLS1_3_VERSION || !tlsbind_suite_key_size(cipher_suite))
		return -ENOTSUP;
	if (tlsbind_is_zero(peer->tx_commitment, sizeof(peer->tx_commitment)) ||
	    tlsbind_is_zero(peer->rx_commitment, sizeof(peer->rx_commitment)))
		return -ENOKEY;
	conn.tls_version = tls_version;
	conn.cipher_suite = cipher_suite;
	conn.tx_generation = peer->tx_generation;
	conn.rx_generation = peer->rx_generation;
	memcpy(conn.tx_commitment, peer->tx_commitment, sizeof(conn.tx_commitment));
	memcpy(conn.rx_commitment, peer->rx_commitment, sizeof(conn.rx_commitment));
	memcpy(conn.connection_id, peer->connection_id, sizeof(conn.connection_id));
	conn.has_id = !tlsbind_is_zero(conn.connection_id, sizeof(conn.connection_id));
	tlsbind_connection_facts(&conn, handshake);
	*out = conn;
	return 0;
}
