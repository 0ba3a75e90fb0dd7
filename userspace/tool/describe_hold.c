/* SPDX-License-Identifier: MIT */
/* A connection that waits for a verdict, the first or another one. */
#include <errno.h>
#include "describe.h"
#include "nl.h"

static void describe_peer_key(struct tool_print *print, const char *key, const char *prefix,
			      struct nlattr *generation, struct nlattr *commitment)
{
	if (!generation && !commitment)
		return;
	tool_print_object(print, key);
	tool_print_number(print, "generation", prefix, tool_nl_number(generation));
	if (commitment)
		tool_print_hex(print, "commitment", prefix ? " commitment " : NULL,
			       nla_data(commitment), (size_t)nla_len(commitment));
	tool_print_close(print);
}

/* From the side of the peer: what its evidence has to say. */
static void describe_peer(struct tool_print *print, struct nlattr *tb[], bool brief)
{
	struct nlattr *id = tb[TLSBIND_A_HOLD_PEER_ID];

	tool_print_object(print, "peer");
	if (id)
		tool_print_hex(print, "id", brief ? " peer " : "\n    peer ", nla_data(id),
			       (size_t)nla_len(id));
	describe_peer_key(print, "tx", brief ? NULL : "\n    peer tx generation ",
			  tb[TLSBIND_A_HOLD_PEER_TX_GENERATION],
			  tb[TLSBIND_A_HOLD_PEER_TX_COMMITMENT]);
	describe_peer_key(print, "rx", brief ? NULL : "\n    peer rx generation ",
			  tb[TLSBIND_A_HOLD_PEER_RX_GENERATION],
			  tb[TLSBIND_A_HOLD_PEER_RX_COMMITMENT]);
	tool_print_close(print);
}

int tool_describe_hold(struct tool_print *print, struct nlattr *tb[], bool brief)
{
	int ret;

	tool_print_number(print, "hold", "hold ", tool_nl_number(tb[TLSBIND_A_HOLD_HANDLE]));
	tool_print_number(print, "policy", " policy ", tool_nl_number(tb[TLSBIND_A_HOLD_POLICY]));
	tool_print_number(print, "timeout", " timeout ",
			  tool_nl_number(tb[TLSBIND_A_HOLD_TIMEOUT]));
	tool_print_text(print, " ms");
	tool_print_bool(print, "renewal", " renewal", tb[TLSBIND_A_HOLD_RENEWAL]);
	tool_print_text(print, " ");
	tool_print_object(print, "sock");
	ret = tool_describe_sock(print, tb[TLSBIND_A_HOLD_SOCK], true);
	tool_print_close(print);
	describe_peer(print, tb, brief);
	return ret;
}
