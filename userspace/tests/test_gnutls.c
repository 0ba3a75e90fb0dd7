/* SPDX-License-Identifier: MIT */
/* What is learnt from real GnuTLS connections, to OpenSSL and to itself, in memory. */
#include <fcntl.h>
#include <unistd.h>
#include <sys/socket.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "leased.h"
#include "observer.h"
#include "tlsbind-gnutls.h"

static struct synth_pki *pki;
static gnutls_certificate_credentials_t server_credentials, client_credentials;
static gnutls_datum_t ticket_key;
static gnutls_anti_replay_t anti_replay;

/* Whatever it is, it is new. */
static int replay_add(void *ptr, time_t until, const gnutls_datum_t *key,
		      const gnutls_datum_t *data)
{
	(void)ptr, (void)until, (void)key, (void)data;
	return 0;
}

static int setup(void **state)
{
	gnutls_datum_t cert, key;
	BIO *pem = BIO_new(BIO_s_mem());
	char *data;

	(void)state;
	pki = synth_pki_new(true);
	PEM_write_bio_X509(pem, pki->root);
	cert.size = (unsigned int)BIO_get_mem_data(pem, &data);
	cert.data = (unsigned char *)OPENSSL_memdup(data, cert.size);
	(void)BIO_reset(pem);
	PEM_write_bio_PrivateKey(pem, pki->root_key, NULL, NULL, 0, NULL, NULL);
	key.size = (unsigned int)BIO_get_mem_data(pem, &data);
	key.data = (unsigned char *)data;
	gnutls_certificate_allocate_credentials(&server_credentials);
	gnutls_certificate_allocate_credentials(&client_credentials);
	assert_int_equal(gnutls_certificate_set_x509_key_mem(server_credentials, &cert, &key,
							     GNUTLS_X509_FMT_PEM), 0);
	gnutls_session_ticket_key_generate(&ticket_key);
	gnutls_anti_replay_init(&anti_replay);
	gnutls_anti_replay_set_add_function(anti_replay, replay_add);
	OPENSSL_free(cert.data);
	BIO_free(pem);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gnutls_certificate_free_credentials(server_credentials);
	gnutls_certificate_free_credentials(client_credentials);
	gnutls_free(ticket_key.data);
	gnutls_anti_replay_deinit(anti_replay);
	synth_pki_free(pki);
	return 0;
}

/* A GnuTLS client, and a server of either kind. */
struct pair {
	int fd[2];
	gnutls_session_t client, server;
	SSL_CTX *ctx;
	SSL *ssl;
};

#define PRIORITY	"NORMAL:-VERS-ALL:+VERS-TLS1.3"

static gnutls_session_t session_new(unsigned int flags, int fd, const char *priority)
{
	gnutls_session_t session;

	assert_int_equal(gnutls_init(&session, flags | GNUTLS_NONBLOCK), 0);
	assert_int_equal(gnutls_priority_set_direct(session, priority, NULL), 0);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
			       flags & GNUTLS_SERVER ? server_credentials : client_credentials);
	gnutls_transport_set_int(session, fd);
	return session;
}

static void pair_sockets(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd), 0);
}

/* GnuTLS at both ends. */
static void pair_new(struct pair *p, const char *priority, unsigned int client_flags)
{
	pair_sockets(p);
	p->client = session_new(GNUTLS_CLIENT | client_flags, p->fd[0], priority);
	p->server = session_new(GNUTLS_SERVER | GNUTLS_ENABLE_EARLY_DATA, p->fd[1], priority);
	assert_int_equal(gnutls_session_ticket_enable_server(p->server, &ticket_key), 0);
	gnutls_anti_replay_enable(p->server, anti_replay);
}

/* An OpenSSL server, whose key log an independent observer reads. */
static void pair_new_openssl(struct pair *p, const char *priority, int max_version)
{
	pair_sockets(p);
	p->client = session_new(GNUTLS_CLIENT, p->fd[0], priority);
	p->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(p->ctx, pki->root);
	SSL_CTX_use_PrivateKey(p->ctx, pki->root_key);
	SSL_CTX_set_max_proto_version(p->ctx, max_version);
	observer_watch(p->ctx);
	SSL_CTX_set_options(p->ctx, SSL_OP_ALLOW_NO_DHE_KEX);
	p->ssl = SSL_new(p->ctx);
	SSL_set_fd(p->ssl, p->fd[1]);
	SSL_set_accept_state(p->ssl);
}

static void pair_free(struct pair *p)
{
	if (p->client)
		gnutls_deinit(p->client);
	if (p->server)
		gnutls_deinit(p->server);
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	close(p->fd[0]);
	close(p->fd[1]);
}

/* Let both ends work until neither has anything to do. */
static void pair_pump(struct pair *p)
{
	char buffer[64];

	for (int i = 0; i < 20; i++) {
		(void)gnutls_record_recv(p->client, buffer, sizeof(buffer));
		if (p->server)
			(void)gnutls_record_recv(p->server, buffer, sizeof(buffer));
		else
			(void)SSL_read(p->ssl, buffer, sizeof(buffer));
	}
	ERR_clear_error();
}

static void pair_shake(struct pair *p)
{
	int client = GNUTLS_E_AGAIN, server = GNUTLS_E_AGAIN;

	for (int i = 0; i < 100 && (client || server); i++) {
		if (client)
			client = gnutls_handshake(p->client);
		if (server && p->server)
			server = gnutls_handshake(p->server);
		else if (server)
			server = SSL_do_handshake(p->ssl) != 1;
	}
	if (client || server)
		fail_msg("no handshake: %s, %s", gnutls_strerror(client),
			 p->server ? gnutls_strerror(server) : "OpenSSL");
	pair_pump(p);
}

/* The client attests the server: tx is what the server sends with. */
static void check_view(struct pair *p, unsigned int client_updates, unsigned int server_updates)
{
	struct tlsbind_connection conn;
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE], id[16];

	assert_int_equal(tlsbind_gnutls_connection(p->client, &conn), 0);
	assert_int_equal(conn.tls_version, 0x0304);
	assert_true(conn.dhe && conn.full_handshake && conn.no_early_data && conn.has_id);
	assert_int_equal(conn.tx_generation, server_updates);
	assert_int_equal(conn.rx_generation, client_updates);
	observer_commit(true, conn.cipher_suite, server_updates, TLSBIND_DIRECTION_TX, tx);
	assert_memory_equal(conn.tx_commitment, tx, sizeof(tx));
	observer_commit(false, conn.cipher_suite, client_updates, TLSBIND_DIRECTION_RX, rx);
	assert_memory_equal(conn.rx_commitment, rx, sizeof(rx));
	observer_commit(true, conn.cipher_suite, 0, 1, tx);
	observer_commit(false, conn.cipher_suite, 0, 2, rx);
	assert_int_equal(tlsbind_connection_id(tx, rx, id), 0);
	assert_memory_equal(conn.connection_id, id, sizeof(id));
}

static void test_every_suite(void **state)
{
	static const struct {
		const char *priority;
		uint16_t suite;
	} suites[] = {
		{ PRIORITY ":-CIPHER-ALL:+AES-128-GCM", 0x1301 },
		{ PRIORITY ":-CIPHER-ALL:+AES-256-GCM", 0x1302 },
		{ PRIORITY ":-CIPHER-ALL:+CHACHA20-POLY1305", 0x1303 },
		{ PRIORITY ":-CIPHER-ALL:+AES-128-CCM", 0x1304 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct tlsbind_connection conn;
		struct pair p;

		pair_new_openssl(&p, suites[i].priority, TLS1_3_VERSION);
		SSL_CTX_set_ciphersuites(p.ctx, "TLS_AES_128_CCM_SHA256");
		assert_int_equal(SSL_set_ciphersuites(p.ssl, "TLS_AES_128_GCM_SHA256:"
						      "TLS_AES_256_GCM_SHA384:"
						      "TLS_CHACHA20_POLY1305_SHA256:"
						      "TLS_AES_128_CCM_SHA256"), 1);
		assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
		pair_shake(&p);
		check_view(&p, 0, 0);
		assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
		assert_int_equal(conn.cipher_suite, suites[i].suite);
		pair_free(&p);
	}
}

static void server_update(struct pair *p, int type)
{
	assert_int_equal(SSL_key_update(p->ssl, type), 1);
	assert_int_equal(SSL_do_handshake(p->ssl), 1);
	assert_int_equal(SSL_write(p->ssl, "x", 1), 1);
	pair_pump(p);
}

/* GnuTLS takes no more than one KeyUpdate in a second. */
static void test_key_updates(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new_openssl(&p, PRIORITY, TLS1_3_VERSION);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	pair_shake(&p);
	check_view(&p, 0, 0);
	server_update(&p, SSL_KEY_UPDATE_NOT_REQUESTED);
	check_view(&p, 0, 1);
	assert_int_equal(gnutls_session_key_update(p.client, 0), 0);
	pair_pump(&p);
	check_view(&p, 1, 1);
	/* Unseen for several generations. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(gnutls_session_key_update(p.client, 0), 0);
	pair_pump(&p);
	check_view(&p, 6, 1);
	sleep(2);
	server_update(&p, SSL_KEY_UPDATE_REQUESTED);
	/* What it writes next goes out under a key that nobody knows yet. */
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -EAGAIN);
	assert_false(conn.tls_version || conn.dhe);
	assert_int_equal(gnutls_record_send(p.client, "x", 1), 1);
	pair_pump(&p);
	check_view(&p, 7, 2);
	pair_free(&p);
}

/* Keys change by either end; one that is owed is known when it is sent. */
static void test_lease(void **state)
{
	struct tlsbind_lease *lease = tlsbind_lease_new(LEASED_LENGTH, LEASED_REKEY);
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new_openssl(&p, PRIORITY, TLS1_3_VERSION);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_lease(p.client, lease, 0), TLSBIND_LEASE_OVER);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
		leased_accept(lease, pki, &conn);
		assert_int_equal(tlsbind_gnutls_lease(p.client, lease, 0), TLSBIND_LEASE_GOOD);
		if (i == 0)
			assert_int_equal(gnutls_session_key_update(p.client, 0), 0);
		else
			server_update(&p, SSL_KEY_UPDATE_REQUESTED);
		assert_int_equal(tlsbind_gnutls_lease(p.client, lease, 0), TLSBIND_LEASE_STALE);
		if (i == 1)
			assert_int_equal(gnutls_session_key_update(p.client, 0), 0);
		pair_pump(&p);
		sleep(i == 1 ? 2 : 0);
	}
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -EAGAIN);
	assert_int_equal(tlsbind_gnutls_lease(p.client, lease, LEASED_REKEY), TLSBIND_LEASE_OVER);
	pair_free(&p);
	tlsbind_lease_free(lease);
}

static void test_too_many_updates(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new_openssl(&p, PRIORITY, TLS1_3_VERSION);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	pair_shake(&p);
	for (int i = 0; i < 1024; i++) {
		assert_int_equal(gnutls_session_key_update(p.client, 0), 0);
		pair_pump(&p);
	}
	check_view(&p, 1024, 0);
	for (int i = 0; i < 1025; i++) {
		assert_int_equal(gnutls_session_key_update(p.client, 0), 0);
		pair_pump(&p);
	}
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOKEY);
	assert_false(conn.tls_version || conn.dhe);
	pair_free(&p);
}

/* Each end attests the other; GnuTLS says the same as OpenSSL of the same connection. */
static void test_two_views(void **state)
{
	struct tlsbind_connection client, server, openssl;
	struct pair p;

	(void)state;
	pair_new(&p, PRIORITY, 0);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	assert_int_equal(tlsbind_gnutls_attach(p.server), 0);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &client), 0);
	assert_int_equal(tlsbind_gnutls_connection(p.server, &server), 0);
	assert_true(server.dhe && server.full_handshake && server.no_early_data);
	assert_string_equal(client.group, server.group);
	assert_memory_not_equal(client.tx_commitment, server.rx_commitment, 48);
	assert_memory_not_equal(client.connection_id, server.connection_id, 16);
	pair_free(&p);

	/* Two relying parties cannot be at one end; but both can be at both ends of one. */
	pair_new_openssl(&p, PRIORITY, TLS1_3_VERSION);
	SSL_CTX_set_keylog_callback(p.ctx, NULL);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	assert_int_equal(tlsbind_ssl_attach(p.ssl), 0);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &client), 0);
	assert_int_equal(tlsbind_ssl_connection(p.ssl, &openssl), 0);
	assert_int_equal(client.cipher_suite, openssl.cipher_suite);
	assert_memory_not_equal(client.tx_commitment, openssl.tx_commitment, 48);
	pair_free(&p);
}

static void test_tls12(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new_openssl(&p, "NORMAL", TLS1_2_VERSION);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOTSUP);
	assert_int_equal(conn.tls_version, 0x0303);
	assert_false(conn.dhe || conn.full_handshake || conn.no_early_data || conn.has_id);
	pair_free(&p);
}

/* A suite that tlsbind has no key size for. */
static void test_unknown_suite(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new(&p, PRIORITY ":-CIPHER-ALL:+AES-128-CCM-8", 0);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOTSUP);
	assert_int_equal(conn.tls_version, 0x0304);
	assert_int_equal(conn.cipher_suite, 0);
	assert_false(conn.dhe || conn.full_handshake || conn.no_early_data || conn.has_id);
	pair_free(&p);
}

static void test_retry(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new_openssl(&p, PRIORITY ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1", TLS1_3_VERSION);
	assert_int_equal(SSL_set1_groups_list(p.ssl, "P-384"), 1);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	pair_shake(&p);
	check_view(&p, 0, 0);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
	assert_string_equal(conn.group, "SECP384R1");
	pair_free(&p);
}

static unsigned int foreign_calls;

static int foreign(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	(void)session, (void)label, (void)secret;
	foreign_calls++;
	return 0;
}

static void test_not_attached(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_new(&p, PRIORITY, 0);
	assert_int_equal(tlsbind_gnutls_attach(NULL), -EINVAL);
	assert_int_equal(tlsbind_gnutls_connection(NULL, &conn), -EINVAL);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -EINVAL);
	gnutls_session_set_keylog_function(p.client, foreign);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	assert_int_equal(tlsbind_gnutls_attach(p.client), -EBUSY);
	assert_int_equal(tlsbind_gnutls_connection(p.client, NULL), -EINVAL);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOTCONN);
	/* The client has sent its hello, the server has answered, nothing is finished. */
	(void)gnutls_handshake(p.client);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOTCONN);
	(void)gnutls_handshake(p.server);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOTCONN);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
	/* The application's own key log goes on. */
	assert_true(foreign_calls >= 4);
	/* Too late for the server. */
	assert_int_equal(tlsbind_gnutls_attach(p.server), -EINVAL);
	assert_int_equal(tlsbind_gnutls_connection(p.server, &conn), -EINVAL);
	pair_free(&p);
}

/* Tickets of a first connection; the sockets of @p are the second one's. */
static void pair_resume(struct pair *p, const char *priority, unsigned int flags)
{
	gnutls_datum_t data;

	pair_new(p, priority, flags);
	assert_int_equal(tlsbind_gnutls_attach(p->client), 0);
	assert_int_equal(tlsbind_gnutls_attach(p->server), 0);
	pair_shake(p);
	assert_int_equal(gnutls_session_get_data2(p->client, &data), 0);
	pair_free(p);
	pair_new(p, priority, flags);
	assert_int_equal(gnutls_session_set_data(p->client, data.data, data.size), 0);
	gnutls_free(data.data);
	assert_int_equal(tlsbind_gnutls_attach(p->client), 0);
	assert_int_equal(tlsbind_gnutls_attach(p->server), 0);
}

static void test_resumed(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_resume(&p, PRIORITY, 0);
	pair_shake(&p);
	assert_true(gnutls_session_is_resumed(p.client));
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
	assert_false(conn.full_handshake);
	assert_true(conn.dhe && conn.no_early_data);
	assert_int_equal(tlsbind_gnutls_connection(p.server, &conn), 0);
	assert_false(conn.full_handshake);
	assert_true(conn.dhe && conn.no_early_data);
	pair_free(&p);
}

/* psk_ke: no fresh key exchange at all. */
static void test_psk_only(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	pair_resume(&p, PRIORITY, 0);
	assert_int_equal(gnutls_priority_set_direct(p.client, PRIORITY ":-KX-ALL:+PSK", NULL), 0);
	assert_int_equal(gnutls_priority_set_direct(p.server, PRIORITY ":-KX-ALL:+PSK", NULL), 0);
	pair_shake(&p);
	assert_true(gnutls_session_is_resumed(p.client));
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
	assert_false(conn.full_handshake);
	assert_false(conn.dhe);
	pair_free(&p);
}

static void test_early_data(void **state)
{
	struct tlsbind_connection conn;
	struct pair p;

	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		pair_resume(&p, PRIORITY, GNUTLS_ENABLE_EARLY_DATA);
		if (refused) {
			gnutls_deinit(p.server);
			p.server = session_new(GNUTLS_SERVER, p.fd[1], PRIORITY);
			gnutls_session_ticket_enable_server(p.server, &ticket_key);
			assert_int_equal(tlsbind_gnutls_attach(p.server), 0);
		}
		assert_int_equal(gnutls_record_send_early_data(p.client, "early", 5), 0);
		pair_shake(&p);
		assert_int_equal(!(gnutls_session_get_flags(p.client) & GNUTLS_SFLAGS_EARLY_DATA),
				 refused);
		assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), 0);
		assert_false(conn.no_early_data);
		assert_false(conn.full_handshake);
		assert_int_equal(tlsbind_gnutls_connection(p.server, &conn), 0);
		assert_false(conn.no_early_data);
		pair_free(&p);
	}
}

/* The keys in use are not those of the secrets that were seen. */
static void test_foreign_keys(void **state)
{
	static const uint8_t zero[48];
	const gnutls_datum_t secret = { (unsigned char *)zero, 48 };
	struct tlsbind_connection conn;
	struct pair p;
	gnutls_keylog_func keylog;

	(void)state;
	pair_new(&p, PRIORITY, 0);
	assert_int_equal(tlsbind_gnutls_attach(p.client), 0);
	keylog = gnutls_session_get_keylog_function(p.client);
	gnutls_session_set_keylog_function(p.client, foreign);
	pair_shake(&p);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOTCONN);
	assert_int_equal(keylog(p.client, "CLIENT_TRAFFIC_SECRET_0", &secret), 0);
	assert_int_equal(keylog(p.client, "SERVER_TRAFFIC_SECRET_0", &secret), 0);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -ENOKEY);
	/* A second one of the same kind. */
	assert_int_equal(keylog(p.client, "SERVER_TRAFFIC_SECRET_0", &secret), 0);
	assert_int_equal(tlsbind_gnutls_connection(p.client, &conn), -EIO);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_suite), cmocka_unit_test(test_key_updates),
		cmocka_unit_test(test_too_many_updates), cmocka_unit_test(test_lease),
		cmocka_unit_test(test_two_views),
		cmocka_unit_test(test_tls12), cmocka_unit_test(test_unknown_suite),
		cmocka_unit_test(test_retry), cmocka_unit_test(test_not_attached),
		cmocka_unit_test(test_resumed), cmocka_unit_test(test_psk_only),
		cmocka_unit_test(test_early_data), cmocka_unit_test(test_foreign_keys),
	};

	return cmocka_run_group_tests_name("gnutls", tests, setup, teardown);
}
