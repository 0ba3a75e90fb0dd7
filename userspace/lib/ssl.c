/* SPDX-License-Identifier: MIT */
/*
 * What a relying party knows about its own OpenSSL connection.
 *
 * OpenSSL hands out traffic secrets through its key log callback only, once,
 * during the handshake. Later generations are derived here, in step with the
 * KeyUpdate messages that the message callback sees: a received one takes
 * effect when it has been read, a sent one when it has been written, and the
 * callback comes at exactly these two moments.
 *
 * The message callback also sees the ServerHello, which alone says for certain
 * whether a key exchange took place: OpenSSL may name the group of the session
 * that was resumed.
 *
 * State hangs on the SSL object as ex_data and is wiped and freed with it.
 */
#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include "connection.h"
#include "cursor.h"
#include "hello.h"
#include "internal.h"

/* One direction, named by who sends with it. */
struct tlsbind_direction {
	uint8_t secret[TLSBIND_TRAFFIC_SECRET_MAX];
	size_t secret_len;	/* 0: not seen yet */
	uint32_t generation;
	uint8_t first[TLSBIND_COMMITMENT_SIZE];	/* valid if generation > 0 */
};

enum { TLSBIND_SENDER_CLIENT, TLSBIND_SENDER_SERVER };

struct tlsbind_ssl {
	struct tlsbind_direction by[2];
	bool key_share;		/* the ServerHello holds one */
	int error;		/* of a derivation in a callback; sticks */
};

static CRYPTO_ONCE tlsbind_ssl_once = CRYPTO_ONCE_STATIC_INIT;
static int tlsbind_ssl_index = -1;

static void tlsbind_ssl_ex_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl,
				void *argp)
{
	(void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
	OPENSSL_clear_free(ptr, sizeof(struct tlsbind_ssl));
}

/* SSL_dup(): the copy is another connection, and starts without state. */
static int tlsbind_ssl_ex_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ptr,
			      int idx, long argl, void *argp)
{
	(void)to, (void)from, (void)idx, (void)argl, (void)argp;
	*ptr = NULL;
	return 1;
}

static void tlsbind_ssl_init(void)
{
	tlsbind_ssl_index = SSL_get_ex_new_index(0, NULL, NULL, tlsbind_ssl_ex_dup,
						 tlsbind_ssl_ex_free);
}

static struct tlsbind_ssl *tlsbind_ssl_get(const SSL *ssl)
{
	if (!CRYPTO_THREAD_run_once(&tlsbind_ssl_once, tlsbind_ssl_init) || tlsbind_ssl_index < 0)
		return NULL;
	return SSL_get_ex_data(ssl, tlsbind_ssl_index);
}

/* A line is "LABEL <64 hex digits of the client random> <hex secret>". */
static void tlsbind_ssl_keylog(const SSL *ssl, const char *line)
{
	static const char *const labels[] = {
		[TLSBIND_SENDER_CLIENT] = "CLIENT_TRAFFIC_SECRET_0 ",
		[TLSBIND_SENDER_SERVER] = "SERVER_TRAFFIC_SECRET_0 ",
	};
	struct tlsbind_ssl *state = tlsbind_ssl_get(ssl);
	const char *hex = strrchr(line, ' ');
	struct tlsbind_direction *dir = NULL;
	size_t i;

	for (i = 0; state && i < 2; i++)
		if (!strncmp(line, labels[i], strlen(labels[i])))
			dir = &state->by[i];
	if (!dir || !hex)
		return;
	if (dir->secret_len ||
	    !OPENSSL_hexstr2buf_ex(dir->secret, sizeof(dir->secret), &dir->secret_len, hex + 1,
				   '\0')) {
		dir->secret_len = 0;
		state->error = -EIO;
	}
}

static uint16_t tlsbind_ssl_suite(const SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);

	return cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0;
}

/* The attester is our peer: it sends with tx. */
static unsigned int tlsbind_ssl_direction(const SSL *ssl, int sender)
{
	int self = SSL_is_server((SSL *)ssl) ? TLSBIND_SENDER_SERVER : TLSBIND_SENDER_CLIENT;

	return sender == self ? TLSBIND_DIRECTION_RX : TLSBIND_DIRECTION_TX;
}

static int tlsbind_ssl_commit(const SSL *ssl, int sender, uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	struct tlsbind_ssl *state = tlsbind_ssl_get(ssl);
	struct tlsbind_direction *dir = &state->by[sender];
	struct tlsbind_key key;
	int ret = -ENOKEY;

	if (dir->secret_len)
		ret = tlsbind_traffic_key(tlsbind_ssl_suite(ssl), dir->secret, dir->secret_len,
					  &key);
	if (!ret)
		ret = tlsbind_commitment(&key, tlsbind_ssl_direction(ssl, sender), out);
	OPENSSL_cleanse(&key, sizeof(key));
	return ret;
}

static int tlsbind_ssl_ratchet(const SSL *ssl, int sender)
{
	struct tlsbind_ssl *state = tlsbind_ssl_get(ssl);
	struct tlsbind_direction *dir = &state->by[sender];
	int ret = 0;

	if (!dir->generation)
		ret = tlsbind_ssl_commit(ssl, sender, dir->first);
	if (!ret)
		ret = tlsbind_traffic_update(tlsbind_ssl_suite(ssl), dir->secret,
					     dir->secret_len);
	if (!ret && ++dir->generation == 0)
		ret = -EOVERFLOW;
	return ret;
}

/* What begins with a type and a length of three bytes. */
static void tlsbind_ssl_server_hello(struct tlsbind_ssl *state, const void *buf, size_t len)
{
	struct tlsbind_span whole = { buf, len }, body;
	struct tlsbind_hello hello;

	body = tlsbind_span_slice(whole, 4, len < 4 ? 0 : len - 4);
	if (tlsbind_hello_server(body.data, body.len, &hello))
		state->error = -EIO;
	state->key_share = hello.key_share && !hello.retry;
}

static void tlsbind_ssl_message(int sent, int version, int type, const void *buf, size_t len,
				SSL *ssl, void *arg)
{
	struct tlsbind_ssl *state = tlsbind_ssl_get(ssl);
	int sender = !sent == !SSL_is_server(ssl) ? TLSBIND_SENDER_SERVER : TLSBIND_SENDER_CLIENT;
	int ret;

	(void)version, (void)arg;
	if (!state || type != SSL3_RT_HANDSHAKE || !len)
		return;
	switch (*(const uint8_t *)buf) {
	case SSL3_MT_SERVER_HELLO:
		tlsbind_ssl_server_hello(state, buf, len);
		break;
	case SSL3_MT_KEY_UPDATE:
		ret = tlsbind_ssl_ratchet(ssl, sender);
		if (ret)
			state->error = ret;
		break;
	default:
		break;
	}
}

int tlsbind_ssl_attach(SSL *ssl)
{
	SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
	struct tlsbind_ssl *state;

	if (!SSL_in_before(ssl))
		return -EINVAL;
	if (tlsbind_ssl_get(ssl))
		return -EBUSY;
	if (SSL_CTX_get_keylog_callback(ctx) &&
	    SSL_CTX_get_keylog_callback(ctx) != tlsbind_ssl_keylog)
		return -EBUSY;
	state = OPENSSL_zalloc(sizeof(*state));
	if (!state || tlsbind_ssl_index < 0 ||
	    !SSL_set_ex_data(ssl, tlsbind_ssl_index, state)) {
		OPENSSL_free(state);
		return -ENOMEM;
	}
	SSL_CTX_set_keylog_callback(ctx, tlsbind_ssl_keylog);
	SSL_set_msg_callback(ssl, tlsbind_ssl_message);
	return 0;
}

static int tlsbind_ssl_commitments(SSL *ssl, const struct tlsbind_ssl *state,
				   struct tlsbind_connection *out)
{
	uint8_t first_tx[TLSBIND_COMMITMENT_SIZE], first_rx[TLSBIND_COMMITMENT_SIZE];
	int self = SSL_is_server(ssl) ? TLSBIND_SENDER_SERVER : TLSBIND_SENDER_CLIENT;
	int ret;

	ret = tlsbind_ssl_commit(ssl, !self, out->tx_commitment);
	if (!ret)
		ret = tlsbind_ssl_commit(ssl, self, out->rx_commitment);
	if (ret)
		return ret;
	out->tx_generation = state->by[!self].generation;
	out->rx_generation = state->by[self].generation;
	memcpy(first_tx, out->tx_generation ? state->by[!self].first : out->tx_commitment,
	       sizeof(first_tx));
	memcpy(first_rx, out->rx_generation ? state->by[self].first : out->rx_commitment,
	       sizeof(first_rx));
	ret = tlsbind_connection_id(first_tx, first_rx, out->connection_id);
	out->has_id = !ret;
	return ret;
}

static void tlsbind_ssl_facts(SSL *ssl, const struct tlsbind_ssl *state,
			      struct tlsbind_connection *out)
{
	int group = state->key_share ? (int)SSL_get_negotiated_group(ssl) : 0;
	const struct tlsbind_handshake handshake = {
		.dhe = group != 0,
		.full_handshake = !SSL_session_reused(ssl),
		.no_early_data = SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_NOT_SENT,
		.group = group ? SSL_group_to_name(ssl, group) : NULL,
	};

	tlsbind_connection_facts(out, &handshake);
}

int tlsbind_ssl_connection(SSL *ssl, struct tlsbind_connection *out)
{
	struct tlsbind_ssl *state = tlsbind_ssl_get(ssl);
	struct tlsbind_connection conn = { 0 };
	int ret;

	memset(out, 0, sizeof(*out));
	if (!state)
		return -EINVAL;
	if (!SSL_is_init_finished(ssl))
		return -ENOTCONN;
	conn.tls_version = (uint16_t)SSL_version(ssl);
	conn.cipher_suite = tlsbind_ssl_suite(ssl);
	if (conn.tls_version != TLS1_3_VERSION || !tlsbind_suite_key_size(conn.cipher_suite)) {
		*out = conn;
		return -ENOTSUP;
	}
	if (state->error)
		return state->error;
	/*
	 * What is written next goes out under a key that nobody knows yet. After close_notify
	 * there is no next.
	 */
	if (SSL_get_key_update_type(ssl) != SSL_KEY_UPDATE_NONE &&
	    !(SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN))
		return -EAGAIN;
	tlsbind_ssl_facts(ssl, state, &conn);
	ret = tlsbind_ssl_commitments(ssl, state, &conn);
	if (!ret)
		*out = conn;
	return ret;
}
