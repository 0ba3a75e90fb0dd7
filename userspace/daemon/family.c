/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include "family.h"
#include "nl.h"

/* Set by a message about ours. */
static int family_news(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	bool *ours = arg;

	if (header->nlmsg_type == GENL_ID_CTRL && genlmsg_valid_hdr(header, 0) &&
	    !genlmsg_parse(header, 0, tb, CTRL_ATTR_MAX, NULL) &&
	    !strcmp(tool_nl_string(tb[CTRL_ATTR_FAMILY_NAME], ""), TLSBIND_FAMILY_NAME))
		*ours = true;
	return NL_OK;
}

static int family_any_seq(struct nl_msg *message, void *arg)
{
	(void)message;
	(void)arg;
	return NL_OK;
}

/* One datagram. That some were lost is news, too. */
static void family_ready(void *arg, uint32_t events)
{
	struct family *family = arg;
	bool ours = false;

	(void)events;
	nl_socket_modify_cb(family->sock, NL_CB_VALID, NL_CB_CUSTOM, family_news, &ours);
	if (nl_recvmsgs_default(family->sock) < 0)
		ours = true;
	if (ours)
		family->changed(family->arg);
}

int family_open(struct family *family)
{
	int group;

	family->watch = (struct loop_watch){ .fd = -1, .ready = family_ready, .arg = family };
	family->sock = nl_socket_alloc();
	if (!family->sock)
		return -ENOMEM;
	if (genl_connect(family->sock))
		return -EIO;
	group = genl_ctrl_resolve_grp(family->sock, "nlctrl", "notify");
	if (group < 0 || nl_socket_add_membership(family->sock, group))
		return -EIO;
	nl_socket_modify_cb(family->sock, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, family_any_seq, NULL);
	nl_socket_set_nonblocking(family->sock);
	family->watch.fd = nl_socket_get_fd(family->sock);
	return loop_add(family->loop, &family->watch, EPOLLIN);
}

void family_close(struct family *family)
{
	loop_remove(family->loop, &family->watch);
	nl_socket_free(family->sock);
	family->sock = NULL;
}

/* By a socket of its own: what is heard on ours is not to be taken for an answer. */
int family_number(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	int number = 0;

	if (sock && !genl_connect(sock))
		number = genl_ctrl_resolve(sock, TLSBIND_FAMILY_NAME);
	nl_socket_free(sock);
	return number > 0 ? number : 0;
}
