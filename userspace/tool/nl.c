/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include "nl.h"
#include "tool.h"

/* For some thousand events; without the right to it, as much as net.core.rmem_max has. */
#define TOOL_NL_ROOM	(4 << 20)

#ifndef NLM_F_CAPPED
#define NLM_F_CAPPED	0x100
#define NLM_F_ACK_TLVS	0x200
#endif

/* What the controller of all families says: is it that ours is gone? */
static bool tool_nl_farewell(const struct tool_nl *nl, struct nlmsghdr *header)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (header->nlmsg_type != GENL_ID_CTRL || !genlmsg_valid_hdr(header, 0) ||
	    ((struct genlmsghdr *)nlmsg_data(header))->cmd != CTRL_CMD_DELFAMILY)
		return false;
	return !genlmsg_parse(header, 0, tb, CTRL_ATTR_MAX, NULL) &&
	       tool_nl_number(tb[CTRL_ATTR_FAMILY_ID]) == (uint64_t)nl->family;
}

static int tool_nl_valid(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct tool_nl *nl = arg;
	int ret;

	if (!nl->error && tool_nl_farewell(nl, header))
		nl->error = -ENODEV;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;
	if (header->nlmsg_type != nl->family || !nl->answer || nl->error)
		return NL_OK;
	ret = nl->answer(header, nl->arg);
	if (ret)
		nl->error = ret;
	return NL_OK;
}

/* What the kernel says beside the number; the attributes begin at @offset. */
static void tool_nl_extack(struct tool_nl *nl, struct nlmsghdr *header, size_t offset)
{
	struct nlattr *attribute;
	int left = (int)header->nlmsg_len - NLMSG_HDRLEN - (int)NLMSG_ALIGN(offset);

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || left <= 0)
		return;
	attribute = (struct nlattr *)((char *)nlmsg_data(header) + NLMSG_ALIGN(offset));
	for (; nla_ok(attribute, left); attribute = nla_next(attribute, &left)) {
		if (nla_type(attribute) == NLMSGERR_ATTR_MSG)
			snprintf(nl->text, sizeof(nl->text), "%.*s", nla_len(attribute),
				 (char *)nla_data(attribute));
		else if (nla_type(attribute) == NLMSGERR_ATTR_OFFS && nla_len(attribute) == 4)
			nl->offset = nla_get_u32(attribute);
	}
}

static int tool_nl_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct nlmsghdr *header = (struct nlmsghdr *)((char *)error - NLMSG_HDRLEN);
	struct tool_nl *nl = arg;
	size_t offset = sizeof(*error);

	(void)from;
	if (header->nlmsg_seq != nl->seq)
		return NL_SKIP;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += error->msg.nlmsg_len - NLMSG_HDRLEN;
	tool_nl_extack(nl, header, offset);
	nl->error = error->error;
	nl->done = true;
	return NL_STOP;
}

static int tool_nl_ack(struct nl_msg *message, void *arg)
{
	struct tool_nl *nl = arg;

	if (nlmsg_hdr(message)->nlmsg_seq == nl->seq)
		nl->done = true;
	return NL_STOP;
}

/* The end of a dump carries an error if it failed on the way. */
static int tool_nl_finish(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct tool_nl *nl = arg;
	int error = 0;

	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;
	if (nlmsg_datalen(header) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(header), sizeof(error));
	if (error < 0) {
		tool_nl_extack(nl, header, sizeof(error));
		nl->error = error;
	}
	nl->done = true;
	return NL_STOP;
}

/* An answer that is asked for now may come after the acknowledgement of another. */
static int tool_nl_any_seq(struct nl_msg *message, void *arg)
{
	(void)message;
	(void)arg;
	return NL_OK;
}

static void tool_nl_callbacks(struct tool_nl *nl)
{
	struct nl_cb *cb = nl_socket_get_cb(nl->sock);

	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, tool_nl_any_seq, nl);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, tool_nl_valid, nl);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, tool_nl_ack, nl);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, tool_nl_finish, nl);
	nl_cb_err(cb, NL_CB_CUSTOM, tool_nl_error, nl);
	nl_cb_put(cb);
}

int tool_nl_connect(struct tool_nl *nl)
{
	int on = 1, fd, ret;

	memset(nl, 0, sizeof(*nl));
	nl->sock = nl_socket_alloc();
	ret = nl->sock ? genl_connect(nl->sock) : -NLE_NOMEM;
	if (ret) {
		tool_error("no netlink: %s", nl_geterror(ret));
		return TOOL_USAGE;
	}
	nl->family = genl_ctrl_resolve(nl->sock, TLSBIND_FAMILY_NAME);
	if (nl->family < 0)
		return TOOL_NO_MODULE;
	fd = nl_socket_get_fd(nl->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	nl_socket_enable_msg_peek(nl->sock);
	tool_nl_callbacks(nl);
	return TOOL_OK;
}

int tool_nl_open(struct tool_nl *nl)
{
	int code = tool_nl_connect(nl);

	if (code == TOOL_NO_MODULE)
		tool_message("the kernel module is not there: modprobe tlsbind");
	return code;
}

void tool_nl_close(struct tool_nl *nl)
{
	nl_socket_free(nl->sock);
	nl->sock = NULL;
}

struct nl_msg *tool_nl_new(const struct tool_nl *nl, uint8_t command, int flags, size_t size)
{
	struct nl_msg *message = nlmsg_alloc_size(NLMSG_HDRLEN + GENL_HDRLEN + size + NLMSG_ALIGNTO);

	if (message && !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
				    NLM_F_REQUEST | NLM_F_ACK | flags, command,
				    TLSBIND_FAMILY_VERSION)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* The kernel takes no message that is larger than the buffer for sending. */
static void tool_nl_make_room(struct tool_nl *nl, const struct nlmsghdr *header)
{
	int size = (int)header->nlmsg_len + 4096;

	if (header->nlmsg_len < 65536)
		return;
	setsockopt(nl_socket_get_fd(nl->sock), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(nl_socket_get_fd(nl->sock), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

static int tool_nl_errno(int error)
{
	switch (-error) {
	case NLE_NOMEM:
		return errno == ENOBUFS ? -ENOBUFS : -ENOMEM;
	case NLE_MSGSIZE:
		return -EMSGSIZE;
	case NLE_PERM:
		return -EPERM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_DUMP_INTR:
	case NLE_INTR:
		return 0;
	default:
		return -EIO;
	}
}

static int tool_nl_answers(struct tool_nl *nl)
{
	int ret;

	while (!nl->done) {
		ret = nl_recvmsgs_default(nl->sock);
		if (ret == -NLE_DUMP_INTR)
			nl->interrupted = true;
		else if (ret < 0 && !nl->done)
			return tool_nl_errno(ret);
	}
	return nl->error;
}

int tool_nl_call(struct tool_nl *nl, struct nl_msg *message, tool_nl_answer *answer, void *arg)
{
	int ret;

	nl->error = 0;
	nl->offset = 0;
	nl->text[0] = '\0';
	nl->done = nl->interrupted = false;
	nl->answer = answer;
	nl->arg = arg;
	if (!message)
		return -ENOMEM;
	nl_complete_msg(nl->sock, message);
	nl->seq = nlmsg_hdr(message)->nlmsg_seq;
	tool_nl_make_room(nl, nlmsg_hdr(message));
	ret = nl_send(nl->sock, message);
	nlmsg_free(message);
	return ret < 0 ? tool_nl_errno(ret) : tool_nl_answers(nl);
}

/**
 * struct tool_nl_list - messages that have come
 * @message: copies
 * @count: how many
 */
struct tool_nl_list {
	struct nl_msg **message;
	size_t count;
};

static void tool_nl_list_free(struct tool_nl_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		nlmsg_free(list->message[i]);
	free((void *)list->message);
	memset(list, 0, sizeof(*list));
}

static int tool_nl_list_add(struct nlmsghdr *message, void *arg)
{
	struct tool_nl_list *list = arg;
	struct nl_msg **grown;

	/* Room for a power of two is there already, except at one. */
	if (!(list->count & (list->count - 1))) {
		grown = (struct nl_msg **)reallocarray((void *)list->message,
						       list->count ? 2 * list->count : 1,
						       sizeof(struct nl_msg *));
		if (!grown)
			return -ENOMEM;
		list->message = grown;
	}
	list->message[list->count] = nlmsg_convert(message);
	if (!list->message[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

int tool_nl_dump(struct tool_nl *nl, uint8_t command, tool_nl_answer *answer, void *arg)
{
	struct tool_nl_list list = { NULL, 0 };
	int tries = 8, ret;
	size_t i;

	do {
		tool_nl_list_free(&list);
		ret = tool_nl_call(nl, tool_nl_new(nl, command, NLM_F_DUMP, 0), tool_nl_list_add,
				   &list);
	} while (!ret && nl->interrupted && --tries);
	for (i = 0; i < list.count && !ret; i++)
		ret = answer(nlmsg_hdr(list.message[i]), arg);
	tool_nl_list_free(&list);
	return ret;
}

int tool_nl_receive(struct tool_nl *nl, tool_nl_answer *answer, void *arg)
{
	int ret;

	nl->error = 0;
	nl->answer = answer;
	nl->arg = arg;
	ret = nl_recvmsgs_default(nl->sock);
	return ret < 0 ? tool_nl_errno(ret) : nl->error;
}

bool tool_nl_idle(const struct tool_nl *nl)
{
	struct pollfd p = { .fd = nl_socket_get_fd(nl->sock), .events = POLLIN };

	return !poll(&p, 1, 0);
}

int tool_nl_join(struct tool_nl *nl, const char *family, const char *group)
{
	int number = genl_ctrl_resolve_grp(nl->sock, family, group), room = TOOL_NL_ROOM;
	int fd = nl_socket_get_fd(nl->sock);

	if (number < 0)
		return tool_nl_errno(number);
	/* libnl asks for 32768 bytes: fewer than a hundred events. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)))
		return -errno;
	return 0;
}

int tool_nl_listen(struct tool_nl *nl, const char *group)
{
	int ret = tool_nl_join(nl, "nlctrl", "notify");

	if (ret)
		return ret;
	ret = tool_nl_join(nl, TLSBIND_FAMILY_NAME, group);
	return ret == -ENOENT ? -ENODEV : ret;
}

bool tool_nl_gone(const struct tool_nl *nl)
{
	struct tool_nl now;
	int code = tool_nl_connect(&now);
	bool gone = code == TOOL_NO_MODULE || (code == TOOL_OK && now.family != nl->family);

	tool_nl_close(&now);
	return gone;
}

int tool_nl_refused(const struct tool_nl *nl, int error, const char *what)
{
	tool_error("%s: %s%s%s", what, nl->text, *nl->text ? ": " : "", strerror(-error));
	return error == -ENOENT ? TOOL_NO_SUCH : TOOL_REFUSED;
}

int tool_nl_attributes(struct nlmsghdr *message, struct nlattr *tb[], int max)
{
	if (!genlmsg_valid_hdr(message, 0))
		return -EBADMSG;
	return genlmsg_parse(message, 0, tb, max, NULL) ? -EBADMSG : 0;
}
