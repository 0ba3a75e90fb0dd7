/* SPDX-License-Identifier: MIT */
/* What is learnt from real OpenSSL connections, made in memory. */
#include <openssl/err.h>
#include "leased.h"
#include "observer.h"

static struct synth_pki *pki;
static EVP_PKEY *server_key;
static X509 *server_cert;

static int setup(void **state)
{
	(void)state;
	pki = synth_pki_new(true);
	server_key = pki->root_key;
	server_cert = pki->root;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki);
	return 0;
}

struct pair {
	SSL_CTX *client_ctx, *server_ctx;
	SSL *client, *server;
};

static void pair_contexts(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	p->client_ctx = SSL_CTX_new(TLS_client_method());
	p->server_ctx = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(p->server_ctx, server_cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(p->server_ctx, server_key), 1);
	SSL_CTX_set_session_id_context(p->server_ctx, (const unsigned char *)"test", 4);
}

static void pair_connect(struct pair *p)
{
	BIO *a, *b;

	assert_int_equal(BIO_new_bio_pair(&a, 1 << 16, &b, 1 << 16), 1);
	p->client = SSL_new(p->client_ctx);
	p->server = SSL_new(p->server_ctx);
	SSL_set_bio(p->client, a, a);
	SSL_set_bio(p->server, b, b);
	SSL_set_connect_state(p->client);
	SSL_set_accept_state(p->server);
}

/* Let both ends work until neither has anything to do. */
static void pair_pump(struct pair *p)
{
	char buffer[64];

	for (int i = 0; i < 10; i++) {
		(void)SSL_read(p->client, buffer, sizeof(buffer));
		(void)SSL_read(p->server, buffer, sizeof(buffer));
	}
	ERR_clear_error();
}

static void pair_attach(struct pair *p)
{
	pair_connect(p);
	assert_int_equal(tlsbind_ssl_attach(p->client), 0);
	assert_int_equal(tlsbind_ssl_attach(p->server), 0);
	pair_pump(p);
	assert_true(SSL_is_init_finished(p->client));
	assert_true(SSL_is_init_finished(p->server));
}

static void pair_end(struct pair *p)
{
	/* OpenSSL forgets the session of a connection that was not closed. */
	if (p->client)
		SSL_set_shutdown(p->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	if (p->server)
		SSL_set_shutdown(p->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(p->client);
	SSL_free(p->server);
	p->client = p->server = NULL;
}

static void pair_free(struct pair *p)
{
	pair_end(p);
	SSL_CTX_free(p->client_ctx);
	SSL_CTX_free(p->server_ctx);
}

/* The client attests the server: tx is what the server sends with. */
static void check_client_view(struct pair *p, unsigned int client_updates,
			      unsigned int server_updates)
{
	struct tlsbind_connection conn;
	uint8_t want[TLSBIND_COMMITMENT_SIZE];

	assert_int_equal(tlsbind_ssl_connection(p->client, &conn), 0);
	assert_int_equal(conn.tls_version, 0x0304);
	assert_true(conn.dhe && conn.full_handshake && conn.no_early_data && conn.has_id);
	assert_int_equal(conn.tx_generation, server_updates);
	assert_int_equal(conn.rx_generation, client_updates);
	observer_commit(true, conn.cipher_suite, server_updates, TLSBIND_DIRECTION_TX, want);
	assert_memory_equal(conn.tx_commitment, want, sizeof(want));
	observer_commit(false, conn.cipher_suite, client_updates, TLSBIND_DIRECTION_RX, want);
	assert_memory_equal(conn.rx_commitment, want, sizeof(want));
}

/* The server observes with a plain key log callback, the client is attached. */
static void pair_observe(struct pair *p, const char *suite)
{
	pair_contexts(p);
	assert_int_equal(SSL_CTX_set_ciphersuites(p->client_ctx, suite), 1);
	assert_int_equal(SSL_CTX_set_ciphersuites(p->server_ctx, suite), 1);
	observer_watch(p->server_ctx);
	pair_connect(p);
	assert_int_equal(tlsbind_ssl_attach(p->client), 0);
	pair_pump(p);
	assert_true(SSL_is_init_finished(p->client));
	assert_true(observer_saw());
}

static void test_every_suite(void **state)
{
	static const char *const suites[] = {
		"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
		"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct pair p;

		pair_observe(&p, suites[i]);
		assert_string_equal(SSL_get_cipher_name(p.client), suites[i]);
		check_client_view(&p, 0, 0);
		pair_free(&p);
	}
}

static void key_update(struct pair *p, SSL *ssl, int type)
{
	assert_int_equal(SSL_key_update(ssl, type), 1);
	assert_int_equal(SSL_do_handshake(ssl), 1);
	pair_pump(p);
	/* An answer to a requested update goes out with the next data. */
	assert_int_equal(SSL_write(p->client, "x", 1), 1);
	assert_int_equal(SSL_write(p->server, "x", 1), 1);
	pair_pump(p);
}

static void test_key_updates(void **state)
{
	struct tlsbind_connection first, later;
	struct pair p;

	(void)state;
	pair_observe(&p, "TLS_AES_256_GCM_SHA384");
	assert_int_equal(tlsbind_ssl_connection(p.client, &first), 0);
	key_update(&p, p.server, SSL_KEY_UPDATE_NOT_REQUESTED);
	check_client_view(&p, 0, 1);
	key_update(&p, p.client, SSL_KEY_UPDATE_NOT_REQUESTED);
	check_client_view(&p, 1, 1);
	key_update(&p, p.server, SSL_KEY_UPDATE_REQUESTED);
	check_client_view(&p, 2, 2);
	key_update(&p, p.server, SSL_KEY_UPDATE_NOT_REQUESTED);
	check_client_view(&p, 2, 3);
	/* The name of the connection stays. */
	assert_int_equal(tlsbind_ssl_connection(p.client, &later), 0);
	assert_memory_equal(first.connection_id, later.connection_id, sizeof(first.connection_id));
	assert_memory_not_equal(first.tx_commitment, later.tx_commitment, 48);
	assert_memory_not_equal(first.rx_commitment, later.rx_commitment, 48);
	pair_free(&p);
}

/* A KeyUpdate that the peer requested and we did not send yet: no answer until it is sent. */
static void test_requested_update(void **state)
{
	struct tlsbind_connection conn;
	char buffer[8];
	struct pair p;

	(void)state;
	pair_observe(&p, "TLS_AES_128_GCM_SHA256");
	assert_int_equal(SSL_key_update(p.server, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_write(p.server, "x", 1), 1);
	assert_int_equal(SSL_read(p.client, buffer, sizeof(buffer)), 1);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), -EAGAIN);
	assert_false(conn.dhe || conn.tx_generation);
	assert_int_equal(SSL_key_update(p.client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	assert_int_equal(SSL_do_handshake(p.client), 1);
	check_client_view(&p, 1, 1);
	/* That was the answer: the next write changes nothing any more. */
	assert_int_equal(SSL_write(p.client, "x", 1), 1);
	check_client_view(&p, 1, 1);
	pair_free(&p);
}

/* What is not sent any more goes out under no key. */
static void test_requested_too_late(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_observe(&p, "TLS_AES_128_GCM_SHA256");
	assert_int_equal(SSL_shutdown(p.client), 0);
	assert_int_equal(SSL_key_update(p.server, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_do_handshake(p.server), 1);
	pair_pump(&p);
	assert_int_equal(SSL_get_key_update_type(p.client), SSL_KEY_UPDATE_NOT_REQUESTED);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	assert_int_equal(conn.tx_generation, 1);
	assert_int_equal(conn.rx_generation, 0);
	assert_true(SSL_write(p.client, "x", 1) <= 0);
	ERR_clear_error();
	pair_free(&p);
}

static void test_lease(void **state)
{
	struct tlsbind_lease *lease = tlsbind_lease_new(LEASED_LENGTH, LEASED_REKEY);
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_observe(&p, "TLS_AES_128_GCM_SHA256");
	assert_int_equal(tlsbind_ssl_lease(p.client, lease, 0), TLSBIND_LEASE_OVER);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	leased_accept(lease, pki, &conn);
	assert_int_equal(tlsbind_ssl_lease(p.client, lease, 0), TLSBIND_LEASE_GOOD);
	for (int own = 0; own < 2; own++) {
		key_update(&p, own ? p.client : p.server, SSL_KEY_UPDATE_NOT_REQUESTED);
		assert_int_equal(tlsbind_ssl_lease(p.client, lease, 0), TLSBIND_LEASE_STALE);
		assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
		leased_accept(lease, pki, &conn);
		assert_int_equal(tlsbind_ssl_lease(p.client, lease, 0), TLSBIND_LEASE_GOOD);
	}
	/* One that is owed: not even the keys are known. */
	assert_int_equal(SSL_key_update(p.client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	assert_int_equal(tlsbind_ssl_lease(p.client, lease, 1), TLSBIND_LEASE_STALE);
	assert_int_equal(tlsbind_ssl_lease(p.client, lease, 1 + LEASED_REKEY), TLSBIND_LEASE_OVER);
	pair_free(&p);
	tlsbind_lease_free(lease);
}

/* Each end attests the other: four different commitments, two different names. */
static void test_two_views(void **state)
{
	struct tlsbind_connection client, server;
	struct pair p;

	(void)state;
	pair_contexts(&p);
	pair_attach(&p);
	assert_int_equal(tlsbind_ssl_connection(p.client, &client), 0);
	assert_int_equal(tlsbind_ssl_connection(p.server, &server), 0);
	assert_memory_not_equal(client.tx_commitment, server.tx_commitment, 48);
	assert_memory_not_equal(client.tx_commitment, server.rx_commitment, 48);
	assert_memory_not_equal(client.rx_commitment, server.tx_commitment, 48);
	assert_memory_not_equal(client.connection_id, server.connection_id, 16);
	pair_free(&p);
}

static void test_tls12(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_contexts(&p);
	SSL_CTX_set_max_proto_version(p.client_ctx, TLS1_2_VERSION);
	pair_attach(&p);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), -ENOTSUP);
	assert_int_equal(conn.tls_version, 0x0303);
	assert_false(conn.dhe || conn.full_handshake || conn.no_early_data || conn.has_id);
	pair_free(&p);
}

static void test_not_attached(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_contexts(&p);
	pair_connect(&p);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), -EINVAL);
	assert_int_equal(tlsbind_ssl_attach(p.client), 0);
	assert_int_equal(tlsbind_ssl_attach(p.client), -EBUSY);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), -ENOTCONN);
	pair_pump(&p);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	/* Too late for the server. */
	assert_int_equal(tlsbind_ssl_attach(p.server), -EINVAL);
	pair_free(&p);
}

/* A copy is another connection: it knows nothing, and frees nothing of the original. */
static void test_duplicate(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;
	SSL *copy;

	(void)state;
	pair_contexts(&p);
	p.client = SSL_new(p.client_ctx);
	assert_int_equal(tlsbind_ssl_attach(p.client), 0);
	copy = SSL_dup(p.client);
	assert_non_null(copy);
	assert_int_equal(tlsbind_ssl_connection(copy, &conn), -EINVAL);
	SSL_free(copy);
	pair_free(&p);
}

static void test_foreign_keylog(void **state)
{
	struct pair p;

	(void)state;
	pair_contexts(&p);
	SSL_CTX_set_keylog_callback(p.client_ctx, observer_log);
	pair_connect(&p);
	assert_int_equal(tlsbind_ssl_attach(p.client), -EBUSY);
	pair_free(&p);
}

/* The client's first guess of a group is not the server's: HelloRetryRequest. */
static void test_retry(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_contexts(&p);
	assert_int_equal(SSL_CTX_set1_groups_list(p.client_ctx, "X25519:P-384"), 1);
	assert_int_equal(SSL_CTX_set1_groups_list(p.server_ctx, "P-384"), 1);
	pair_attach(&p);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	assert_true(conn.dhe && conn.full_handshake);
	assert_string_equal(conn.group, "secp384r1");
	assert_int_equal(tlsbind_ssl_connection(p.server, &conn), 0);
	assert_true(conn.dhe && conn.full_handshake);
	pair_free(&p);
}

static SSL_SESSION *session;

static int keep_session(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	SSL_SESSION_free(session);
	session = s;
	return 1;
}

/* A first connection, whose ticket @session then is. */
static void pair_ticket(struct pair *p)
{
	pair_contexts(p);
	SSL_CTX_set_session_cache_mode(p->client_ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(p->client_ctx, keep_session);
	pair_attach(p);
	pair_pump(p);
	assert_non_null(session);
	pair_end(p);
}

static void pair_ticket_free(struct pair *p)
{
	pair_free(p);
	SSL_SESSION_free(session);
	session = NULL;
}

static void test_resumed(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_ticket(&p);
	pair_connect(&p);
	assert_int_equal(SSL_set_session(p.client, session), 1);
	assert_int_equal(tlsbind_ssl_attach(p.client), 0);
	pair_pump(&p);
	assert_true(SSL_session_reused(p.client));
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	assert_false(conn.full_handshake);
	assert_true(conn.no_early_data && conn.dhe);
	pair_ticket_free(&p);
}

/* psk_ke: no fresh key exchange at all. */
static void test_psk_only(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_ticket(&p);
	SSL_CTX_set_options(p.client_ctx, SSL_OP_ALLOW_NO_DHE_KEX);
	SSL_CTX_set_options(p.server_ctx, SSL_OP_ALLOW_NO_DHE_KEX);
#ifdef SSL_OP_PREFER_NO_DHE_KEX
	SSL_CTX_set_options(p.server_ctx, SSL_OP_PREFER_NO_DHE_KEX);
#endif
	pair_connect(&p);
	assert_int_equal(SSL_set_session(p.client, session), 1);
	assert_int_equal(tlsbind_ssl_attach(p.client), 0);
	pair_pump(&p);
	assert_true(SSL_session_reused(p.client));
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	assert_false(conn.full_handshake);
	assert_false(conn.dhe);
	assert_string_equal(conn.group, "none");
	pair_ticket_free(&p);
}

static void test_early_data(void **state)
{
	struct tlsbind_connection conn;
	char buffer[16];
	struct pair p;
	size_t n;

	(void)state;
	pair_contexts(&p);
	SSL_CTX_set_max_early_data(p.server_ctx, 1000);
	SSL_CTX_set_options(p.server_ctx, SSL_OP_NO_ANTI_REPLAY);
	SSL_CTX_set_session_cache_mode(p.client_ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(p.client_ctx, keep_session);
	pair_attach(&p);
	pair_end(&p);
	pair_connect(&p);
	assert_int_equal(SSL_set_session(p.client, session), 1);
	assert_int_equal(tlsbind_ssl_attach(p.client), 0);
	assert_int_equal(SSL_write_early_data(p.client, "early", 5, &n), 1);
	for (int i = 0; i < 10; i++) {
		if (SSL_read_early_data(p.server, buffer, sizeof(buffer), &n) ==
		    SSL_READ_EARLY_DATA_FINISH)
			break;
		(void)SSL_do_handshake(p.client);
	}
	pair_pump(&p);
	assert_int_equal(tlsbind_ssl_connection(p.client, &conn), 0);
	assert_false(conn.no_early_data);
	assert_false(conn.full_handshake);
	pair_ticket_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_suite), cmocka_unit_test(test_key_updates),
		cmocka_unit_test(test_requested_update), cmocka_unit_test(test_two_views),
		cmocka_unit_test(test_requested_too_late), cmocka_unit_test(test_lease),
		cmocka_unit_test(test_tls12),
		cmocka_unit_test(test_not_attached), cmocka_unit_test(test_foreign_keylog),
		cmocka_unit_test(test_duplicate), cmocka_unit_test(test_retry), cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_psk_only),
		cmocka_unit_test(test_early_data),
	};

	return cmocka_run_group_tests_name("ssl", tests, setup, teardown);
}
