/* SPDX-License-Identifier: MIT */
/* What the kernel says of a connection, and evidence for it, after rekeys. */
#ifndef TLSBIND_REKEY_EVIDENCE_H
#define TLSBIND_REKEY_EVIDENCE_H

#include "genl.h"
#include "rekey-end.h"

#define REKEY_ROOT	"/opt/tlsbind/pki/ark.pem"

/** rekey_verify() - evidence of @fd against @connection. The result is the caller's. */
static inline struct tlsbind_result *rekey_verify(int fd, const struct tlsbind_connection *connection)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct tlsbind_result *result = NULL;
	uint8_t nonce[TLSBIND_NONCE_SIZE], *evidence;
	size_t len;
	int ret;

	if (!appraisal || tlsbind_appraisal_add_root(appraisal, REKEY_ROOT) || tlsbind_nonce_new(nonce))
		tap_bail("no root, or no nonce");
	tlsbind_appraisal_any_measurement(appraisal);
	tlsbind_appraisal_any_tcb(appraisal);
	tlsbind_appraisal_allow_flags(appraisal, TLSBIND_F_GATED);
	ret = tlsbind_socket_evidence(fd, nonce, NULL, &evidence, &len);
	if (ret)
		tap_bail("evidence: %s", strerror(-ret));
	if (tlsbind_verify(evidence, len, connection, nonce, appraisal, &result))
		tap_bail("no result");
	free(evidence);
	tlsbind_appraisal_free(appraisal);
	return result;
}

/**
 * rekey_accepted() - evidence of @attester is accepted by what @relying's library says
 * @tx: generation that the attester's sending key must have
 * @rx: and its receiving key
 */
static inline bool rekey_accepted(struct rekey_end *attester, struct rekey_end *relying, uint32_t tx,
				  uint32_t rx)
{
	struct tlsbind_connection connection;
	struct tlsbind_result *result;
	int ret = relying->library->connection(relying, &connection);
	bool good;

	if (ret) {
		tap_diag("%s does not know its connection: %s", relying->library->name, strerror(-ret));
		return false;
	}
	result = rekey_verify(attester->fd, &connection);
	good = tlsbind_result_accepted(result);
	if (!good)
		tlsbind_result_print(result, stderr);
	tlsbind_result_free(result);
	if (connection.tx_generation != tx || connection.rx_generation != rx)
		tap_diag("generations %u and %u", connection.tx_generation, connection.rx_generation);
	return good && connection.tx_generation == tx && connection.rx_generation == rx;
}

/** struct rekey_seen - what netlink says of one socket */
struct rekey_seen {
	uint64_t cookie;
	bool found;
	long long stale, tx, rx;
};

static inline uint64_t rekey_cookie(int fd)
{
	socklen_t len = sizeof(uint64_t);
	uint64_t cookie = 0;

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

static inline void rekey_see_one(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[TLSBIND_A_CONNECTION_MAX + 1], *sock[TLSBIND_A_SOCK_MAX + 1];
	struct rekey_seen *seen = arg;

	if (genl_cmd(h) != TLSBIND_CMD_SOCK_GET)
		return;
	genl_attrs(tb, TLSBIND_A_CONNECTION_MAX, h);
	genl_nested(sock, TLSBIND_A_SOCK_MAX, tb[TLSBIND_A_CONNECTION_SOCK]);
	if ((uint64_t)genl_number(sock[TLSBIND_A_SOCK_COOKIE]) != seen->cookie)
		return;
	seen->found = true;
	seen->stale = genl_number(sock[TLSBIND_A_SOCK_STALE]);
	seen->tx = genl_number(sock[TLSBIND_A_SOCK_TX_GENERATION]);
	seen->rx = genl_number(sock[TLSBIND_A_SOCK_RX_GENERATION]);
}

/** rekey_see() - ask the kernel. */
static inline struct rekey_seen rekey_see(struct genl *g, struct rekey_end *end)
{
	struct rekey_seen seen = { .cookie = rekey_cookie(end->fd) };

	if (genl_simple(g, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP, rekey_see_one, &seen) || !seen.found)
		tap_bail("sockets: %s", g->text);
	return seen;
}

/** rekey_is() - the kernel has counted this, and it is stale or not. */
static inline bool rekey_is(struct genl *g, struct rekey_end *end, long long tx, long long rx, bool stale)
{
	struct rekey_seen seen = rekey_see(g, end);

	if (seen.tx == tx && seen.rx == rx && seen.stale == stale)
		return true;
	tap_diag("generations %lld and %lld, stale %lld", seen.tx, seen.rx, seen.stale);
	return false;
}

#endif
