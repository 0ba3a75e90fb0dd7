/* SPDX-License-Identifier: MIT */
/* Connections from keys, and from what the kernel says of a socket. */
#include "common.h"
#include <sys/socket.h>

#define SOL_TLS_LEVEL	282

static const struct tlsbind_handshake full = { true, true, true, "x25519" };

static struct tlsbind_key key_of(json_t *object, const char *key, const char *iv)
{
	struct tlsbind_key out = {
		.tls_version = (uint16_t)test_number(object, "tls_version"),
		.cipher_suite = (uint16_t)test_number(object, "cipher_suite"),
	};
	struct test_bytes bytes = test_bytes(object, key);

	memcpy(out.key, bytes.data, bytes.len);
	free(bytes.data);
	bytes = test_bytes(object, iv);
	memcpy(out.iv, bytes.data, bytes.len);
	free(bytes.data);
	return out;
}

static void test_keys(void **state)
{
	json_t *root = test_known_answers(), *item;
	struct tlsbind_connection conn;
	size_t i;

	(void)state;
	json_array_foreach(test_array(root, "connections"), i, item) {
		struct tlsbind_key tx = key_of(item, "tx_key", "tx_iv");
		struct tlsbind_key rx = key_of(item, "rx_key", "rx_iv");

		assert_int_equal(tlsbind_keys_connection(&tx, &rx, 0, 0, &full, &conn), 0);
		test_equal(item, "tx_commitment", conn.tx_commitment, TLSBIND_COMMITMENT_SIZE);
		test_equal(item, "rx_commitment", conn.rx_commitment, TLSBIND_COMMITMENT_SIZE);
		test_equal(item, "connection_id", conn.connection_id, sizeof(conn.connection_id));
		assert_true(conn.has_id && conn.dhe && conn.full_handshake && conn.no_early_data);
		assert_int_equal(conn.tls_version, 0x0304);
		assert_int_equal(conn.cipher_suite, tx.cipher_suite);
		assert_string_equal(conn.group, "x25519");
	}
	json_decref(root);
}

static struct tlsbind_key some_key(uint8_t fill)
{
	struct tlsbind_key key = { .tls_version = 0x0304, .cipher_suite = 0x1301 };

	memset(key.key, fill, sizeof(key.key));
	memset(key.iv, fill, sizeof(key.iv));
	return key;
}

/* The name of a connection comes from its first keys. */
static void test_keys_later(void **state)
{
	struct tlsbind_key tx = some_key(1), rx = some_key(2);
	struct tlsbind_handshake unknown = { 0 };
	struct tlsbind_connection conn;

	(void)state;
	assert_int_equal(tlsbind_keys_connection(&tx, &rx, 1, 0, &unknown, &conn), 0);
	assert_false(conn.has_id || conn.dhe || conn.full_handshake || conn.no_early_data);
	assert_int_equal(conn.tx_generation, 1);
	assert_int_equal(conn.rx_generation, 0);
	assert_string_equal(conn.group, "none");
	assert_int_equal(tlsbind_keys_connection(&tx, &rx, 0, 7, &unknown, &conn), 0);
	assert_false(conn.has_id);
	assert_int_equal(conn.rx_generation, 7);
}

static void refused(const struct tlsbind_key *tx, const struct tlsbind_key *rx, int want)
{
	static const struct tlsbind_connection zero;
	struct tlsbind_connection conn;

	memset(&conn, 0xff, sizeof(conn));
	assert_int_equal(tlsbind_keys_connection(tx, rx, 0, 0, &full, &conn), want);
	assert_memory_equal(&conn, &zero, sizeof(conn));
}

static void test_keys_refused(void **state)
{
	struct tlsbind_key tx = some_key(1), rx = some_key(2), bad;
	struct tlsbind_connection conn;

	(void)state;
	refused(NULL, &rx, -EINVAL);
	refused(&tx, NULL, -EINVAL);
	assert_int_equal(tlsbind_keys_connection(&tx, &rx, 0, 0, NULL, &conn), -EINVAL);
	assert_int_equal(tlsbind_keys_connection(&tx, &rx, 0, 0, &full, NULL), -EINVAL);
	refused(&tx, &tx, -EINVAL);
	bad = some_key(2);
	bad.tls_version = 0x0303;
	refused(&tx, &bad, -ENOTSUP);
	refused(&bad, &rx, -ENOTSUP);
	bad = some_key(2);
	bad.cipher_suite = 0x1304;
	refused(&tx, &bad, -EINVAL);
	bad.cipher_suite = 0xc02f;
	refused(&bad, &bad, -ENOTSUP);
	bad = some_key(0);
	refused(&bad, &rx, -ENOKEY);
	refused(&tx, &bad, -ENOKEY);
	/* Only what the suite uses counts. */
	bad = some_key(0);
	bad.key[16] = 1;
	refused(&bad, &rx, -ENOKEY);
	bad = tx;
	bad.key[16] ^= 1;
	refused(&tx, &bad, -EINVAL);
}

/* The kernel, as far as these two options go. */
static struct {
	struct tlsbind_info info;
	struct tlsbind_peer peer;
	int info_error, peer_error;
	socklen_t info_short;
	unsigned int updates;	/* KeyUpdates, each between the two questions */
	unsigned int asked;
} kernel;

static void kernel_reset(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.info.tls_version = 0x0304;
	kernel.info.cipher_suite = 0x1303;
	kernel.info.tx_generation = kernel.peer.rx_generation = 4;
	kernel.info.rx_generation = kernel.peer.tx_generation = 2;
	memset(kernel.info.connection_id, 9, TLSBIND_CONNECTION_ID_SIZE);
	memset(kernel.peer.connection_id, 1, TLSBIND_CONNECTION_ID_SIZE);
	memset(kernel.peer.tx_commitment, 2, TLSBIND_COMMITMENT_SIZE);
	memset(kernel.peer.rx_commitment, 3, TLSBIND_COMMITMENT_SIZE);
}

static int kernel_answer(int error, const void *answer, size_t size, void *value, socklen_t *len)
{
	assert_int_equal(*len, size);
	if (error) {
		errno = error;
		return -1;
	}
	memcpy(value, answer, size);
	return 0;
}

/* Instead of the C library's. */
int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict len)
{
	int ret;

	assert_int_equal(fd, 42);
	assert_int_equal(level, SOL_TLS_LEVEL);
	kernel.asked++;
	if (option == TLSBIND_INFO) {
		ret = kernel_answer(kernel.info_error, &kernel.info, sizeof(kernel.info), value,
				    len);
		*len -= kernel.info_short;
		if (kernel.updates) {
			kernel.updates--;
			kernel.info.rx_generation++;
			kernel.peer.tx_generation++;
		}
		return ret;
	}
	assert_int_equal(option, TLSBIND_PEER);
	return kernel_answer(kernel.peer_error, &kernel.peer, sizeof(kernel.peer), value, len);
}

static void test_socket(void **state)
{
	struct tlsbind_connection conn;

	(void)state;
	kernel_reset();
	assert_int_equal(tlsbind_socket_connection(42, &full, &conn), 0);
	assert_int_equal(conn.tls_version, 0x0304);
	assert_int_equal(conn.cipher_suite, 0x1303);
	assert_int_equal(conn.tx_generation, 2);
	assert_int_equal(conn.rx_generation, 4);
	assert_memory_equal(conn.tx_commitment, kernel.peer.tx_commitment, 48);
	assert_memory_equal(conn.rx_commitment, kernel.peer.rx_commitment, 48);
	assert_memory_equal(conn.connection_id, kernel.peer.connection_id, 16);
	assert_true(conn.has_id && conn.dhe && conn.full_handshake && conn.no_early_data);
}

static void test_socket_rekeys(void **state)
{
	struct tlsbind_connection conn;

	(void)state;
	kernel_reset();
	kernel.updates = 3;
	assert_int_equal(tlsbind_socket_connection(42, &full, &conn), 0);
	assert_int_equal(conn.tx_generation, 5);
	assert_int_equal(kernel.asked, 8);
	kernel_reset();
	kernel.updates = 1000;
	assert_int_equal(tlsbind_socket_connection(42, &full, &conn), -EAGAIN);
	assert_false(conn.tls_version || conn.dhe);
}

static void socket_refused(int want)
{
	static const struct tlsbind_connection zero;
	struct tlsbind_connection conn;

	memset(&conn, 0xff, sizeof(conn));
	assert_int_equal(tlsbind_socket_connection(42, &full, &conn), want);
	assert_memory_equal(&conn, &zero, sizeof(conn));
	kernel_reset();
}

static void test_socket_refused(void **state)
{
	struct tlsbind_connection conn;

	(void)state;
	kernel_reset();
	assert_int_equal(tlsbind_socket_connection(42, NULL, &conn), -EINVAL);
	assert_int_equal(tlsbind_socket_connection(42, &full, NULL), -EINVAL);
	kernel.info_error = ENOPROTOOPT;
	socket_refused(-ENOPROTOOPT);
	kernel.peer_error = ENODATA;
	socket_refused(-ENODATA);
	kernel.info_short = 4;
	socket_refused(-EPROTO);
	kernel.info.tls_version = 0x0303;
	socket_refused(-ENOTSUP);
	kernel.info.cipher_suite = 0;
	socket_refused(-ENOTSUP);
	memset(kernel.peer.tx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
	socket_refused(-ENOKEY);
	memset(kernel.peer.rx_commitment, 0, TLSBIND_COMMITMENT_SIZE);
	socket_refused(-ENOKEY);
	kernel.info.tx_generation++;
	socket_refused(-EAGAIN);
	/* A connection without a name is one all the same. */
	memset(kernel.peer.connection_id, 0, TLSBIND_CONNECTION_ID_SIZE);
	assert_int_equal(tlsbind_socket_connection(42, &full, &conn), 0);
	assert_false(conn.has_id);
}

static const uint8_t zero_commitment[TLSBIND_COMMITMENT_SIZE];

/* What the kernel said of somebody else's connection, and not one bit else. */
static void test_peer(void **state)
{
	struct tlsbind_connection conn, socket;
	struct tlsbind_handshake some = { .dhe = true, .no_early_data = true };

	(void)state;
	kernel_reset();
	assert_int_equal(tlsbind_peer_connection(&kernel.peer, 0x0304, 0x1303, &full, &conn), 0);
	assert_int_equal(tlsbind_socket_connection(42, &full, &socket), 0);
	assert_memory_equal(&conn, &socket, sizeof(conn));
	assert_int_equal(tlsbind_peer_connection(&kernel.peer, 0x0304, 0x1301, &some, &conn), 0);
	assert_int_equal(conn.cipher_suite, 0x1301);
	assert_true(conn.dhe && conn.no_early_data && !conn.full_handshake);
	/* A connection without a name is one all the same. */
	memset(kernel.peer.connection_id, 0, TLSBIND_CONNECTION_ID_SIZE);
	assert_int_equal(tlsbind_peer_connection(&kernel.peer, 0x0304, 0x1303, &full, &conn), 0);
	assert_false(conn.has_id);
}

static void peer_refused(const struct tlsbind_peer *peer, uint16_t version, uint16_t suite,
			 const struct tlsbind_handshake *handshake, int want)
{
	static const struct tlsbind_connection zero;
	struct tlsbind_connection conn;

	memset(&conn, 0xff, sizeof(conn));
	assert_int_equal(tlsbind_peer_connection(peer, version, suite, handshake, &conn), want);
	assert_memory_equal(&conn, &zero, sizeof(conn));
}

static void test_peer_refused(void **state)
{
	struct tlsbind_peer bad;

	(void)state;
	kernel_reset();
	assert_int_equal(tlsbind_peer_connection(&kernel.peer, 0x0304, 0x1303, &full, NULL),
			 -EINVAL);
	peer_refused(NULL, 0x0304, 0x1303, &full, -EINVAL);
	peer_refused(&kernel.peer, 0x0304, 0x1303, NULL, -EINVAL);
	peer_refused(&kernel.peer, 0x0303, 0x1303, &full, -ENOTSUP);
	peer_refused(&kernel.peer, 0, 0x1303, &full, -ENOTSUP);
	peer_refused(&kernel.peer, 0x0304, 0, &full, -ENOTSUP);
	peer_refused(&kernel.peer, 0x0304, 0xc02f, &full, -ENOTSUP);
	bad = kernel.peer;
	memcpy(bad.tx_commitment, zero_commitment, sizeof(bad.tx_commitment));
	peer_refused(&bad, 0x0304, 0x1303, &full, -ENOKEY);
	bad = kernel.peer;
	memcpy(bad.rx_commitment, zero_commitment, sizeof(bad.rx_commitment));
	peer_refused(&bad, 0x0304, 0x1303, &full, -ENOKEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys), cmocka_unit_test(test_keys_later),
		cmocka_unit_test(test_keys_refused), cmocka_unit_test(test_socket),
		cmocka_unit_test(test_socket_rekeys), cmocka_unit_test(test_socket_refused),
		cmocka_unit_test(test_peer), cmocka_unit_test(test_peer_refused),
	};

	return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
