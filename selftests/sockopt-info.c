// SPDX-License-Identifier: MIT
/* getsockopt(TLSBIND_INFO) and getsockopt(TLSBIND_PEER). */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"

#define SUITE 0x1303

static const uint8_t zeros[64];

static int get(int fd, int option, void *buf, socklen_t *len)
{
	return getsockopt(fd, SOL_TLS, option, buf, len);
}

static int info_get(int fd, struct tlsbind_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0xa5, sizeof(*info));
	return get(fd, TLSBIND_INFO, info, &len);
}

static int peer_get(int fd, struct tlsbind_peer *peer)
{
	socklen_t len = sizeof(*peer);

	memset(peer, 0xa5, sizeof(*peer));
	return get(fd, TLSBIND_PEER, peer, &len);
}

#define SIZE_TESTS 13	/* for each of two options */

static void test_sizes(int fd, int option, const char *name, socklen_t size)
{
	const socklen_t shorter[] = { 0, 1, size - 1 };
	static uint8_t buf[8192];
	const socklen_t page = sysconf(_SC_PAGESIZE);
	uint8_t exact[256];
	socklen_t len;

	for (size_t i = 0; i < 3; i++) {
		len = shorter[i];
		tap_errno(get(fd, option, buf, &len), EINVAL, "%s: %u bytes are too small", name,
			  shorter[i]);
	}
	len = -1;
	tap_errno(get(fd, option, buf, &len), EINVAL, "%s: a negative length is refused", name);
	len = size;
	tap_errno(get(fd, option, NULL, &len), EFAULT, "%s: a null pointer is refused", name);
	tap_errno(get(fd, option, buf, NULL), EFAULT, "%s: a null length is refused", name);
	len = size;
	tap_errno(get(fd, option, exact, &len), 0, "%s: %u bytes are right", name, size);
	tap_equal(len, size, "%s: and that is the length told", name);
	memset(buf, 0xa5, sizeof(buf));
	len = page + 1;
	tap_errno(get(fd, option, buf, &len), EINVAL, "%s: more than a page is refused", name);
	tap_ok(buf[0] == 0xa5 && !memcmp(buf, buf + 1, sizeof(buf) - 1), "%s: and not touched", name);
	len = page;
	tap_errno(get(fd, option, buf, &len), 0, "%s: a larger buffer is accepted", name);
	tap_ok(len == size && !memcmp(buf, exact, size), "%s: with the same contents and length", name);
	bool clear = true;

	for (size_t i = size; i < page; i++)
		clear = clear && !buf[i];
	tap_ok(clear && buf[page] == 0xa5, "%s: its tail is zero, and nothing beyond", name);
}

#define VALUE_TESTS 12

static void test_values(int fd[2])
{
	struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2);
	uint8_t a_tx[48], a_rx[48], b_tx[48], b_rx[48], id[16], peer_id[16];
	struct tlsbind_info info, peer_info;
	struct tlsbind_peer peer;

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, a_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, a_rx);
	evidence_commitment(TLSBIND_DIRECTION_TX, &b, b_tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &a, b_rx);
	evidence_connection_id(a_tx, a_rx, id);
	evidence_connection_id(b_tx, b_rx, peer_id);

	tap_errno(info_get(fd[0], &info), 0, "info of one end");
	tap_bytes(info.connection_id, id, 16, "its connection id");
	tap_ok(info.tls_version == 0x0304 && info.cipher_suite == SUITE, "TLS version and suite");
	tap_ok(!info.tx_generation && !info.rx_generation, "no rekey yet");
	tap_equal(info.flags, 0, "no flag says that report doors are open");
	tap_errno(info_get(fd[1], &peer_info), 0, "info of the other end");
	tap_bytes(peer_info.connection_id, peer_id, 16, "its connection id, other than the first");

	tap_errno(peer_get(fd[0], &peer), 0, "what the peer must present");
	tap_bytes(peer.connection_id, peer_info.connection_id, 16, "is named as the peer names it");
	tap_bytes(peer.tx_commitment, b_tx, 48, "has the peer's sending key");
	tap_bytes(peer.rx_commitment, b_rx, 48, "has the peer's receiving key");
	tap_ok(!peer.tx_generation && !peer.rx_generation, "and generations of 0");
}

#define ORDER_TESTS 8

/* Both orders of installation; the state between them. */
static void test_order(bool tx_first)
{
	struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2);
	struct tlsbind_info half, full, want;
	struct tlsbind_peer peer;
	const char *first = tx_first ? "tx" : "rx";
	int fd[2], whole[2];

	if (ktls_pair(AF_INET6, SUITE, 1, whole) || info_get(whole[0], &want))
		tap_bail("pair: %s", strerror(errno));
	ktls_close_pair(whole);
	if (ktls_tcp_pair(AF_INET6, fd) || ktls_attach(fd[0]))
		tap_bail("pair: %s", strerror(errno));
	tap_errno(info_get(fd[0], &half), ENOKEY, "%s first: info without a key", first);
	tap_errno(peer_get(fd[0], &peer), ENOKEY, "%s first: peer without a key", first);
	ktls_install(fd[0], tx_first ? TLS_TX : TLS_RX, tx_first ? &a : &b);
	tap_ok(!info_get(fd[0], &half) && (half.flags & TLSBIND_F_ONE_DIRECTION),
	       "%s alone: flagged as one direction", first);
	tap_bytes(half.connection_id, zeros, 16, "%s alone: no connection id", first);
	tap_ok(half.tls_version == 0x0304 && half.cipher_suite == SUITE, "%s alone: version and suite",
	       first);
	tap_errno(peer_get(fd[0], &peer), ENODATA, "%s alone: no peer to compare", first);
	ktls_install(fd[0], tx_first ? TLS_RX : TLS_TX, tx_first ? &b : &a);
	tap_ok(!info_get(fd[0], &full) && !memcmp(&full, &want, sizeof(full)),
	       "%s first: both keys give the same as the other order", first);
	tap_errno(peer_get(fd[0], &peer), 0, "%s first: both keys: the peer is known", first);
	ktls_close_pair(fd);
}

#define TLS12_TESTS 5

static void test_tls12(void)
{
	struct ktls_key a = ktls_key(SUITE, 5), b = ktls_key(SUITE, 6);
	struct tlsbind_info info;
	struct tlsbind_peer peer;
	int fd[2];

	a.version = b.version = TLS_1_2_VERSION;
	if (ktls_tcp_pair(AF_INET, fd) || ktls_install_both(fd[0], &a, &b))
		tap_bail("TLS 1.2: %s", strerror(errno));
	tap_errno(info_get(fd[0], &info), 0, "TLS 1.2: info");
	tap_equal(info.tls_version, 0x0303, "TLS 1.2: says so");
	tap_equal(info.cipher_suite, 0, "TLS 1.2: has no suite");
	tap_bytes(info.connection_id, zeros, 16, "TLS 1.2: has no connection id");
	tap_errno(peer_get(fd[0], &peer), EPROTONOSUPPORT, "TLS 1.2: has no peer");
	ktls_close_pair(fd);
}

#define STALE_TESTS 5

static void test_stale(int old[2])
{
	struct tlsbind_info info;
	struct tlsbind_peer peer;

	tap_errno(info_get(old[0], &info), ESTALE, "info on keys older than the module");
	tap_errno(peer_get(old[0], &peer), ESTALE, "peer on keys older than the module");
	guest_allow(false);
	if (ktls_pair(AF_INET, SUITE, 7, old) || info_get(old[0], &info))
		tap_bail("pair: %s", strerror(errno));
	tap_equal(info.flags, 0, "without rules there is info, too");
	guest_allow(true);
	info_get(old[0], &info);
	tap_equal(info.flags, TLSBIND_F_POLICY_CHANGED,
		  "that the rules changed since the keys were installed is flagged");
	guest_allow(false);
	info_get(old[0], &info);
	tap_equal(info.flags, 0, "unless they are the same again");
}

int main(void)
{
	int old[2], fd[2];

	tap_plan(2 * SIZE_TESTS + VALUE_TESTS + 2 * ORDER_TESTS + TLS12_TESTS + STALE_TESTS);
	guest_need("modprobe tls");
	if (ktls_pair(AF_INET, SUITE, 1, old))
		tap_bail("kTLS pair: %s", strerror(errno));
	guest_need("load_module && allow_all");
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	test_sizes(fd[0], TLSBIND_INFO, "info", sizeof(struct tlsbind_info));
	test_sizes(fd[0], TLSBIND_PEER, "peer", sizeof(struct tlsbind_peer));
	test_values(fd);
	ktls_close_pair(fd);
	test_order(true);
	test_order(false);
	test_tls12();
	test_stale(old);
	return tap_done();
}
