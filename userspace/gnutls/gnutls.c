/* SPDX-License-Identifier: MIT */
/*
 * What a relying party knows about its own GnuTLS connection.
 *
 * GnuTLS tells the keys of its record layer at any time, but not which
 * generation they are. The key log function gives the first traffic secrets;
 * from these the keys of each generation follow (RFC 8446 section 7.2), and
 * the generation is the one whose key is in use. So there is no counting, and
 * keys that do not come from these secrets are noticed. Secrets of generations
 * that are over are wiped.
 *
 * State hangs on the session as data of an extension that is never sent: the
 * one thing of a session that GnuTLS calls us for when it goes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "connection.h"
#include "cursor.h"
#include "hello.h"
#include "tlsbind-gnutls.h"

/* For private use: RFC 8446 section 11. A name for our data; never on the wire. */
#define TLSBIND_GNUTLS_EXTENSION	65399

#define TLSBIND_GNUTLS_UPDATES		1024

/* One direction, named by who sends with it. */
struct tlsbind_gnutls_direction {
	uint8_t secret[TLSBIND_TRAFFIC_SECRET_MAX];
	size_t secret_len;	/* 0: not seen yet */
	uint32_t generation;
	uint8_t first[TLSBIND_COMMITMENT_SIZE];	/* valid if generation > 0 */
};

enum { TLSBIND_SENDER_CLIENT, TLSBIND_SENDER_SERVER };

struct tlsbind_gnutls {
	struct tlsbind_gnutls_direction by[2];
	struct tlsbind_hello server;	/* the last ServerHello */
	bool answered;			/* there was one, and no HelloRetryRequest */
	bool is_server;			/* it was we who sent it */
	bool asked;			/* a ClientHello was seen */
	bool early_data;		/* one of them offers it */
	bool owed;			/* we owe a KeyUpdate that the peer requested */
	gnutls_keylog_func next;	/* GnuTLS's own, or the application's */
	int error;			/* in a callback; sticks */
};

static struct tlsbind_gnutls *tlsbind_gnutls_get(gnutls_session_t session)
{
	gnutls_ext_priv_data_t data = NULL;

	if (!session || gnutls_ext_get_data(session, TLSBIND_GNUTLS_EXTENSION, &data))
		return NULL;
	return data;
}

static void tlsbind_gnutls_free(gnutls_ext_priv_data_t data)
{
	OPENSSL_clear_free(data, sizeof(struct tlsbind_gnutls));
}

/* Nothing is sent, and what a peer sends under this number means nothing. */
static int tlsbind_gnutls_send(gnutls_session_t session, gnutls_buffer_t buffer)
{
	(void)session, (void)buffer;
	return 0;
}

static int tlsbind_gnutls_receive(gnutls_session_t session, const unsigned char *data, size_t len)
{
	(void)session, (void)data, (void)len;
	return 0;
}

static void tlsbind_gnutls_secret(struct tlsbind_gnutls *state, const char *label,
				  const gnutls_datum_t *secret)
{
	static const char *const labels[] = {
		[TLSBIND_SENDER_CLIENT] = "CLIENT_TRAFFIC_SECRET_0",
		[TLSBIND_SENDER_SERVER] = "SERVER_TRAFFIC_SECRET_0",
	};
	struct tlsbind_gnutls_direction *dir = NULL;
	int i;

	for (i = 0; i < 2; i++)
		if (!strcmp(label, labels[i]))
			dir = &state->by[i];
	if (!dir)
		return;
	if (dir->secret_len || !secret->size || secret->size > sizeof(dir->secret)) {
		state->error = -EIO;
		return;
	}
	memcpy(dir->secret, secret->data, secret->size);
	dir->secret_len = secret->size;
}

static int tlsbind_gnutls_keylog(gnutls_session_t session, const char *label,
				 const gnutls_datum_t *secret)
{
	struct tlsbind_gnutls *state = tlsbind_gnutls_get(session);

	if (!state)
		return 0;
	tlsbind_gnutls_secret(state, label, secret);
	return state->next ? state->next(session, label, secret) : 0;
}

/* @msg is without the header of handshake messages. */
static int tlsbind_gnutls_message(gnutls_session_t session, unsigned int type, unsigned int when,
				  unsigned int incoming, const gnutls_datum_t *msg)
{
	struct tlsbind_gnutls *state = tlsbind_gnutls_get(session);
	struct tlsbind_hello hello;

	(void)when;
	if (!state)
		return 0;
	switch (type) {
	case GNUTLS_HANDSHAKE_CLIENT_HELLO:
		if (tlsbind_hello_client(msg->data, msg->size, &hello))
			state->error = -EIO;
		state->asked = true;
		state->early_data |= hello.early_data;
		break;
	case GNUTLS_HANDSHAKE_SERVER_HELLO:
		if (tlsbind_hello_server(msg->data, msg->size, &hello))
			state->error = -EIO;
		state->server = hello;
		state->answered = !hello.retry;
		state->is_server = !incoming;
		break;
	case GNUTLS_HANDSHAKE_KEY_UPDATE:
		if (!incoming)
			state->owed = false;
		else if (msg->size == 1 && msg->data[0])
			state->owed = true;
		break;
	default:
		break;
	}
	return 0;
}

/* The client's random bytes: the first that comes to be. */
static bool tlsbind_gnutls_begun(gnutls_session_t session)
{
	gnutls_datum_t client = { NULL, 0 }, server = { NULL, 0 };

	gnutls_session_get_random(session, &client, &server);
	return client.size && !tlsbind_is_zero(client.data, client.size);
}

int tlsbind_gnutls_attach(gnutls_session_t session)
{
	struct tlsbind_gnutls *state;

	if (!session || tlsbind_gnutls_begun(session))
		return -EINVAL;
	if (tlsbind_gnutls_get(session))
		return -EBUSY;
	state = OPENSSL_zalloc(sizeof(*state));
	if (!state)
		return -ENOMEM;
	if (gnutls_session_ext_register(session, "tlsbind", TLSBIND_GNUTLS_EXTENSION,
					GNUTLS_EXT_TLS, tlsbind_gnutls_receive, tlsbind_gnutls_send,
					tlsbind_gnutls_free, NULL, NULL,
					GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS)) {
		OPENSSL_free(state);
		return -ENOMEM;
	}
	gnutls_ext_set_data(session, TLSBIND_GNUTLS_EXTENSION, state);
	state->next = gnutls_session_get_keylog_function(session);
	gnutls_session_set_keylog_function(session, tlsbind_gnutls_keylog);
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST,
					   tlsbind_gnutls_message);
	return 0;
}

static uint16_t tlsbind_gnutls_version(gnutls_session_t session)
{
	switch (gnutls_protocol_get_version(session)) {
	case GNUTLS_TLS1_3:
		return TLS1_3_VERSION;
	case GNUTLS_TLS1_2:
		return TLS1_2_VERSION;
	default:
		return 0;
	}
}

static uint16_t tlsbind_gnutls_suite(gnutls_session_t session)
{
	switch (gnutls_cipher_get(session)) {
	case GNUTLS_CIPHER_AES_128_GCM:
		return 0x1301;
	case GNUTLS_CIPHER_AES_256_GCM:
		return 0x1302;
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		return 0x1303;
	case GNUTLS_CIPHER_AES_128_CCM:
		return 0x1304;
	default:
		return 0;
	}
}

/* The key that the record layer uses. */
static int tlsbind_gnutls_current(gnutls_session_t session, bool read, uint16_t suite,
				  struct tlsbind_key *out)
{
	gnutls_datum_t iv = { NULL, 0 }, key = { NULL, 0 };

	memset(out, 0, sizeof(*out));
	if (gnutls_record_get_state(session, read, NULL, &iv, &key, NULL) ||
	    key.size != tlsbind_suite_key_size(suite) || iv.size != sizeof(out->iv))
		return -ENOKEY;
	out->tls_version = TLS1_3_VERSION;
	out->cipher_suite = suite;
	memcpy(out->key, key.data, key.size);
	memcpy(out->iv, iv.data, iv.size);
	return 0;
}

/*
 * Advance a direction to the generation whose key is @current. The direction is
 * changed only if there is one.
 */
static int tlsbind_gnutls_follow(struct tlsbind_gnutls_direction *dir, unsigned int direction,
				 const struct tlsbind_key *current)
{
	struct tlsbind_gnutls_direction next = *dir;
	struct tlsbind_key key;
	unsigned int updates;
	int ret = -ENOKEY;

	for (updates = 0; updates <= TLSBIND_GNUTLS_UPDATES; updates++) {
		ret = tlsbind_traffic_key(current->cipher_suite, next.secret, next.secret_len,
					  &key);
		if (!ret && !next.generation)
			ret = tlsbind_commitment(&key, direction, next.first);
		if (ret || !CRYPTO_memcmp(&key, current, sizeof(key)))
			break;
		ret = tlsbind_traffic_update(current->cipher_suite, next.secret,
					     next.secret_len);
		if (!ret)
			ret = ++next.generation ? -ENOKEY : -EOVERFLOW;
		if (ret != -ENOKEY)
			break;
	}
	if (!ret)
		*dir = next;
	OPENSSL_cleanse(&key, sizeof(key));
	OPENSSL_cleanse(&next, sizeof(next));
	return ret;
}

/* The attester is our peer: what we read with is its tx. */
static int tlsbind_gnutls_commit(gnutls_session_t session, struct tlsbind_gnutls *state,
				 unsigned int direction, uint16_t suite,
				 uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	bool read = direction == TLSBIND_DIRECTION_TX;
	struct tlsbind_gnutls_direction *dir = &state->by[read != state->is_server];
	struct tlsbind_key current;
	int ret;

	ret = tlsbind_gnutls_current(session, read, suite, &current);
	if (!ret)
		ret = tlsbind_gnutls_follow(dir, direction, &current);
	if (!ret)
		ret = tlsbind_commitment(&current, direction, out);
	OPENSSL_cleanse(&current, sizeof(current));
	return ret;
}

static int tlsbind_gnutls_commitments(gnutls_session_t session, struct tlsbind_gnutls *state,
				      struct tlsbind_connection *out)
{
	const struct tlsbind_gnutls_direction *tx = &state->by[!state->is_server];
	const struct tlsbind_gnutls_direction *rx = &state->by[state->is_server];
	int ret;

	ret = tlsbind_gnutls_commit(session, state, TLSBIND_DIRECTION_TX, out->cipher_suite,
				    out->tx_commitment);
	if (!ret)
		ret = tlsbind_gnutls_commit(session, state, TLSBIND_DIRECTION_RX,
					    out->cipher_suite, out->rx_commitment);
	if (!ret)
		ret = tlsbind_connection_id(tx->first, rx->first, out->connection_id);
	if (ret)
		return ret;
	out->has_id = true;
	out->tx_generation = tx->generation;
	out->rx_generation = rx->generation;
	return 0;
}

/* The hellos say what the keys are made of; GnuTLS has to agree. */
static void tlsbind_gnutls_facts(gnutls_session_t session, const struct tlsbind_gnutls *state,
				 struct tlsbind_connection *out)
{
	gnutls_group_t group = state->server.key_share ? gnutls_group_get(session) :
							 GNUTLS_GROUP_INVALID;
	const struct tlsbind_handshake handshake = {
		.dhe = group != GNUTLS_GROUP_INVALID,
		.full_handshake = !state->server.pre_shared_key &&
				  !gnutls_session_is_resumed(session),
		.no_early_data = state->asked && !state->early_data &&
				 !(gnutls_session_get_flags(session) & GNUTLS_SFLAGS_EARLY_DATA),
		.group = group ? gnutls_group_get_name(group) : NULL,
	};

	tlsbind_connection_facts(out, &handshake);
}

int tlsbind_gnutls_connection(gnutls_session_t session, struct tlsbind_connection *out)
{
	struct tlsbind_gnutls *state = tlsbind_gnutls_get(session);
	struct tlsbind_connection conn = { 0 };
	int ret;

	if (!out)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (!state)
		return -EINVAL;
	if (!state->answered)
		return -ENOTCONN;
	conn.tls_version = tlsbind_gnutls_version(session);
	conn.cipher_suite = tlsbind_gnutls_suite(session);
	if (conn.tls_version != TLS1_3_VERSION || !conn.cipher_suite) {
		*out = conn;
		return -ENOTSUP;
	}
	if (state->error)
		return state->error;
	if (!state->by[0].secret_len || !state->by[1].secret_len)
		return -ENOTCONN;
	if (state->owed)
		return -EAGAIN;
	ret = tlsbind_gnutls_commitments(session, state, &conn);
	if (ret)
		return ret;
	tlsbind_gnutls_facts(session, state, &conn);
	*out = conn;
	return 0;
}

enum tlsbind_lease_state tlsbind_gnutls_lease(gnutls_session_t session,
					      struct tlsbind_lease *lease, uint64_t now)
{
	struct tlsbind_connection connection;
	bool known = !tlsbind_gnutls_connection(session, &connection);

	return tlsbind_lease_look(lease, known ? &connection : NULL, now);
}
