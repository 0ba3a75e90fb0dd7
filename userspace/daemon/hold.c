/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <netlink/genl/genl.h>
#include <linux/tlsbind_netlink.h>
#include "hold.h"
#include "nl.h"
#include "tool.h"

/* Exactly this many bytes: what is shorter would be compared with zeros. */
static bool judge_hold_bytes(const struct nlattr *attribute, void *out, size_t size)
{
	if (!attribute || nla_len(attribute) != (int)size)
		return false;
	memcpy(out, nla_data(attribute), size);
	return true;
}

static bool judge_hold_u32(const struct nlattr *attribute, uint32_t *out)
{
	return judge_hold_bytes(attribute, out, sizeof(*out));
}

static bool judge_hold_u16(const struct nlattr *attribute, uint16_t *out)
{
	return judge_hold_bytes(attribute, out, sizeof(*out));
}

static bool judge_hold_peer(struct nlattr *tb[], struct tlsbind_peer *peer)
{
	return judge_hold_bytes(tb[TLSBIND_A_HOLD_PEER_ID], peer->connection_id,
				sizeof(peer->connection_id)) &&
	       judge_hold_bytes(tb[TLSBIND_A_HOLD_PEER_TX_COMMITMENT], peer->tx_commitment,
				sizeof(peer->tx_commitment)) &&
	       judge_hold_bytes(tb[TLSBIND_A_HOLD_PEER_RX_COMMITMENT], peer->rx_commitment,
				sizeof(peer->rx_commitment)) &&
	       judge_hold_u32(tb[TLSBIND_A_HOLD_PEER_TX_GENERATION], &peer->tx_generation) &&
	       judge_hold_u32(tb[TLSBIND_A_HOLD_PEER_RX_GENERATION], &peer->rx_generation);
}

/* For the log alone. */
static uint32_t judge_hold_uid(struct nlattr *caller)
{
	struct nlattr *tb[TLSBIND_A_CALLER_MAX + 1];
	uint32_t uid;

	if (!caller || nla_parse_nested(tb, TLSBIND_A_CALLER_MAX, caller, NULL) ||
	    !judge_hold_u32(tb[TLSBIND_A_CALLER_UID], &uid))
		return UINT32_MAX;
	return uid;
}

static bool judge_hold_sock(struct nlattr *nest, struct judge_hold *hold, uint16_t *version,
			    uint16_t *suite)
{
	struct nlattr *tb[TLSBIND_A_SOCK_MAX + 1];

	if (!nest || nla_parse_nested(tb, TLSBIND_A_SOCK_MAX, nest, NULL))
		return false;
	hold->uid = judge_hold_uid(tb[TLSBIND_A_SOCK_TX_CALLER]);
	return tb[TLSBIND_A_SOCK_REMOTE_ADDRESS] &&
	       tool_nl_address(tb[TLSBIND_A_SOCK_REMOTE_ADDRESS], &hold->address) &&
	       judge_hold_u16(tb[TLSBIND_A_SOCK_REMOTE_PORT], &hold->port) &&
	       judge_hold_u16(tb[TLSBIND_A_SOCK_TLS_VERSION], version) &&
	       judge_hold_u16(tb[TLSBIND_A_SOCK_CIPHER_SUITE], suite);
}

static int64_t judge_hold_margin(int64_t left)
{
	if (left < 4 * (int64_t)JUDGE_MARGIN)
		return left / 4;
	if (left > JUDGE_MARGIN_PART * (int64_t)JUDGE_MARGIN_MAX)
		return JUDGE_MARGIN_MAX;
	return left > JUDGE_MARGIN_PART * (int64_t)JUDGE_MARGIN ? left / JUDGE_MARGIN_PART : JUDGE_MARGIN;
}

static void judge_hold_times(struct judge_hold *hold, int64_t now, int64_t left)
{
	hold->margin = judge_hold_margin(left);
	hold->deadline = now + left - hold->margin;
	hold->earliest = now + left - left / 4;
	hold->urgent = now + left / 2;
}

static int judge_hold_fill(struct nlattr *tb[], const struct tlsbind_handshake *handshake,
			   int64_t now, struct judge_hold *hold)
{
	uint16_t version, suite;
	struct tlsbind_peer peer;
	uint32_t timeout;
	int ret;

	if (!judge_hold_u16(tb[TLSBIND_A_HOLD_POLICY], &hold->policy) ||
	    !judge_hold_u32(tb[TLSBIND_A_HOLD_TIMEOUT], &timeout) ||
	    !judge_hold_peer(tb, &peer) ||
	    !judge_hold_sock(tb[TLSBIND_A_HOLD_SOCK], hold, &version, &suite))
		return -EBADMSG;
	judge_hold_times(hold, now, timeout);
	ret = tlsbind_peer_connection(&peer, version, suite, handshake, &hold->connection);
	return ret || hold->connection.has_id ? ret : -ENOKEY;
}

int judge_hold_parse(struct nlmsghdr *message, const struct tlsbind_handshake *handshake,
		     int64_t now, struct judge_hold *hold)
{
	struct nlattr *tb[TLSBIND_A_HOLD_MAX + 1];
	uint64_t handle;
	uint8_t command;
	int ret;

	memset(hold, 0, sizeof(*hold));
	if (tool_nl_attributes(message, tb, TLSBIND_A_HOLD_MAX))
		return -EBADMSG;
	command = ((struct genlmsghdr *)nlmsg_data(message))->cmd;
	if (command != TLSBIND_CMD_GATE_NTF && command != TLSBIND_CMD_HOLD_GET)
		return -ENOMSG;
	if (!judge_hold_bytes(tb[TLSBIND_A_HOLD_HANDLE], &handle, sizeof(handle)))
		return -EBADMSG;
	ret = judge_hold_fill(tb, handshake, now, hold);
	if (ret)
		memset(hold, 0, sizeof(*hold));
	hold->handle = handle;
	hold->renewal = tb[TLSBIND_A_HOLD_RENEWAL];
	hold->listed = command == TLSBIND_CMD_HOLD_GET;
	hold->reason = JUDGE_NO_ANSWER;
	return ret;
}

void judge_hold_name(const struct judge_hold *hold, char name[JUDGE_HOLD_NAME])
{
	const struct in6_addr *address = &hold->address;
	bool four = IN6_IS_ADDR_V4MAPPED(address);
	char text[INET6_ADDRSTRLEN] = "?", id[2 * TLSBIND_CONNECTION_ID_SIZE + 1], uid[16] = "?";

	inet_ntop(four ? AF_INET : AF_INET6, four ? &address->s6_addr[12] : address->s6_addr, text,
		  sizeof(text));
	tool_hex(hold->connection.connection_id, TLSBIND_CONNECTION_ID_SIZE, id);
	if (hold->uid != UINT32_MAX)
		snprintf(uid, sizeof(uid), "%u", hold->uid);
	snprintf(name, JUDGE_HOLD_NAME, "%s%s%s port %u id %s policy %u uid %s", four ? "" : "[",
		 text, four ? "" : "]", hold->port, id, hold->policy, uid);
}
