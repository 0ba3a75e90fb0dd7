/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/genl/genl.h>
#include "ears.h"
#include "tool.h"

#define EARS_AGAIN_MS	100

/* Of a key that was refused there may be something to say, too. */
static bool ears_about_key(uint64_t kind)
{
	return kind == TLSBIND_EVENT_KEY || kind == TLSBIND_EVENT_REKEY ||
	       kind == TLSBIND_EVENT_DENY;
}

static int ears_event(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_EVENT_MAX + 1], *sock[TLSBIND_A_SOCK_MAX + 1];
	struct genlmsghdr *header = nlmsg_data(message);
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct ears *ears = arg;

	if (tool_nl_attributes(message, tb, TLSBIND_A_EVENT_MAX) ||
	    header->cmd != TLSBIND_CMD_EVENT_NTF ||
	    !ears_about_key(tool_nl_number(tb[TLSBIND_A_EVENT_KIND])) ||
	    !tb[TLSBIND_A_EVENT_SOCK] ||
	    nla_parse_nested(sock, TLSBIND_A_SOCK_MAX, tb[TLSBIND_A_EVENT_SOCK], NULL) ||
	    !sock[TLSBIND_A_SOCK_ID])
		return 0;
	if (tool_nl_bytes(sock[TLSBIND_A_SOCK_ID], id, sizeof(id)) == sizeof(id))
		ears->heard(ears->arg, id);
	return 0;
}

static void ears_again(void *arg)
{
	struct ears *ears = arg;

	ears->again_after = loop_now() + EARS_AGAIN_MS;
	ears->lost(ears->arg);
}

/* Nobody closes the ears from within. */
static void ears_ready(void *arg, uint32_t events)
{
	struct ears *ears = arg;
	int ret;

	(void)events;
	do {
		ret = tool_nl_receive(&ears->nl, ears_event, ears);
		if (ret && !ears->again.set)
			loop_timer_set(ears->loop, &ears->again, ears->again_after);
	} while ((!ret || ret == -ENOBUFS) && !tool_nl_idle(&ears->nl));
}

void ears_init(struct ears *ears)
{
	ears->nl.sock = NULL;
	ears->watch = (struct loop_watch){ .fd = -1, .ready = ears_ready, .arg = ears };
	ears->again = (struct loop_timer){ .due = ears_again, .arg = ears };
	ears->again_after = 0;
}

int ears_open(struct ears *ears)
{
	int code, ret;

	if (ears->nl.sock)
		return 0;
	code = tool_nl_connect(&ears->nl);
	ret = code == TOOL_OK ? tool_nl_join(&ears->nl, TLSBIND_FAMILY_NAME, TLSBIND_MCGRP_EVENTS) :
	      code == TOOL_NO_MODULE ? -ENODEV : -EIO;
	if (!ret) {
		nl_socket_set_nonblocking(ears->nl.sock);
		ears->watch.fd = nl_socket_get_fd(ears->nl.sock);
		ret = loop_add(ears->loop, &ears->watch, EPOLLIN);
	}
	if (!ret)
		return 1;
	ears_close(ears);
	return ret == -ENOENT ? -ENODEV : ret;
}

void ears_close(struct ears *ears)
{
	loop_timer_clear(ears->loop, &ears->again);
	loop_remove(ears->loop, &ears->watch);
	tool_nl_close(&ears->nl);
}
