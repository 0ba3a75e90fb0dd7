/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netlink/netlink.h>
#include <netlink/genl/genl.h>
#include "asker.h"
#include "log.h"
#include "question.h"
#include "tool.h"

#define ASKER_AGAIN_MS	100
#define ASKER_RETRY_MS	1000

static struct log_limit asker_log;

/* In the callback of a question that is being asked, its number is that of the socket. */
static struct asker_slot *asker_find(struct asker *asker, uint32_t seq)
{
	struct asker_slot *slot;

	if (asker->pending && asker->pending->used && asker->nl.seq == seq)
		return asker->pending;
	for (slot = asker->slots; slot < asker->slots + ASKER_SLOTS; slot++)
		if (slot->used && slot != asker->pending && slot->seq == seq)
			return slot;
	return NULL;
}

static void asker_free(struct asker_slot *slot)
{
	slot->used = false;
	slot->question = NULL;
	slot->asker->used--;
}

void asker_forget(struct asker_slot *slot)
{
	if (slot)
		slot->question = NULL;
}

/* The parts of evidence, in their order. Return: 0 or a negative errno. */
static int asker_join(struct nlmsghdr *message, uint8_t **evidence, size_t *len)
{
	struct nlattr *attribute;
	int left;

	*evidence = malloc(nlmsg_datalen(message) > 0 ? (size_t)nlmsg_datalen(message) : 1);
	*len = 0;
	if (!*evidence)
		return -ENOMEM;
	nlmsg_for_each_attr(attribute, message, GENL_HDRLEN, left) {
		if (nla_type(attribute) != TLSBIND_A_EVIDENCE_PART)
			continue;
		memcpy(*evidence + *len, nla_data(attribute), (size_t)nla_len(attribute));
		*len += (size_t)nla_len(attribute);
	}
	return *len ? 0 : -EIO;
}

/*
 * A port may have been somebody else's before, who asked under the same number: names
 * and nonces are compared, not numbers alone.
 */
static bool asker_fits(struct nlattr *tb[], const struct question *question)
{
	const struct nlattr *id = tb[TLSBIND_A_EVIDENCE_ID];
	const struct nlattr *nonce = tb[TLSBIND_A_EVIDENCE_NONCE];

	return id && nla_len(id) == sizeof(question->id) &&
	       !memcmp(nla_data(id), question->id, sizeof(question->id)) &&
	       nonce && nla_len(nonce) == sizeof(question->nonce) &&
	       !memcmp(nla_data(nonce), question->nonce, sizeof(question->nonce));
}

static int asker_answer(struct nlmsghdr *message, void *arg)
{
	struct nlattr *tb[TLSBIND_A_EVIDENCE_MAX + 1];
	struct genlmsghdr *header = nlmsg_data(message);
	struct asker_slot *slot = asker_find(arg, message->nlmsg_seq);
	struct question *question = slot ? slot->question : NULL;
	uint8_t *evidence = NULL;
	size_t len = 0;
	int error;

	if (!slot || tool_nl_attributes(message, tb, TLSBIND_A_EVIDENCE_MAX) ||
	    header->cmd != TLSBIND_CMD_EVIDENCE_GET ||
	    (question && !asker_fits(tb, question)))
		return 0;
	asker_free(slot);
	if (!question)
		return 0;
	error = -(int)tool_nl_number(tb[TLSBIND_A_EVIDENCE_ERROR]);
	if (!error)
		error = asker_join(message, &evidence, &len);
	question_answered(question, error, evidence, len);
	return 0;
}

/* Not at once, and not more than ten times a second. */
static void asker_lost(struct asker *asker)
{
	if (asker->again.set)
		return;
	log_trouble(&asker_log, "answers of the kernel were lost; asking again");
	loop_timer_set(asker->loop, &asker->again, asker->again_after);
}

/* What is there. Return: whether something is missing. */
static bool asker_drain(struct asker *asker)
{
	bool lost = false;
	int ret = 0;

	while ((!ret || ret == -ENOBUFS) && !tool_nl_idle(&asker->nl)) {
		ret = tool_nl_receive(&asker->nl, asker_answer, asker);
		lost |= ret;
	}
	return lost;
}

static void asker_ready(void *arg, uint32_t events)
{
	struct asker *asker = arg;

	(void)events;
	if (asker_drain(asker))
		asker_lost(asker);
}

static void asker_disconnect(struct asker *asker)
{
	loop_timer_clear(asker->loop, &asker->again);
	loop_remove(asker->loop, &asker->watch);
	tool_nl_close(&asker->nl);
}

/* For as many answers as may come at once, while this process does something else. */
static void asker_make_room(const struct asker *asker)
{
	int fd = nl_socket_get_fd(asker->nl.sock), room = (int)asker->receive_buffer * 1024 / 2;

	/* The kernel doubles it, for what it needs itself. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

static int asker_connect(struct asker *asker)
{
	int code = tool_nl_connect(&asker->nl), ret = 0;

	if (code != TOOL_OK)
		ret = code == TOOL_NO_MODULE ? -ENODEV : -EIO;
	if (!ret) {
		asker_make_room(asker);
		/* For an acknowledgement that was lost one would wait for ever. */
		nl_socket_set_nonblocking(asker->nl.sock);
		asker->watch.fd = nl_socket_get_fd(asker->nl.sock);
		ret = loop_add(asker->loop, &asker->watch, EPOLLIN);
	}
	if (ret)
		asker_disconnect(asker);
	return ret;
}

/*
 * Which answers were lost is not known, so all are asked for again, by a socket of its
 * own: what comes to the old one, and the places it has in the kernel, go with it.
 */
static void asker_reopen(void *arg)
{
	struct asker *asker = arg;
	struct asker_slot *slot;
	struct question *lost[ASKER_SLOTS];
	size_t count = 0, i;

	asker->again_after = loop_now() + ASKER_AGAIN_MS;
	/* So that each time some are answered, however small the buffer. */
	if (asker->nl.sock)
		asker_drain(asker);
	for (slot = asker->slots; slot < asker->slots + ASKER_SLOTS; slot++) {
		if (slot->used && slot->question)
			lost[count++] = slot->question;
		if (slot->used)
			asker_free(slot);
	}
	asker_disconnect(asker);
	if (asker_connect(asker)) {
		log_trouble(&asker_log, "no connection to the kernel module");
		loop_timer_set(asker->loop, &asker->again, loop_now() + ASKER_RETRY_MS);
	}
	for (i = 0; i < count; i++)
		question_lost(lost[i]);
}

static struct asker *asker_new(struct loop *loop, unsigned int receive_buffer)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	size_t i;

	if (!asker)
		return NULL;
	asker->loop = loop;
	asker->receive_buffer = receive_buffer;
	asker->watch = (struct loop_watch){ .fd = -1, .ready = asker_ready, .arg = asker };
	asker->again.due = asker_reopen;
	asker->again.arg = asker;
	for (i = 0; i < ASKER_SLOTS; i++)
		asker->slots[i].asker = asker;
	return asker;
}

int askers_init(struct askers *askers, struct loop *loop, unsigned int questions,
		unsigned int receive_buffer)
{
	for (askers->count = 0; askers->count * ASKER_SLOTS < questions; askers->count++) {
		askers->asker[askers->count] = asker_new(loop, receive_buffer);
		if (!askers->asker[askers->count])
			return -ENOMEM;
	}
	return 0;
}

void askers_exit(struct askers *askers)
{
	askers_disconnect(askers);
	while (askers->count)
		free(askers->asker[--askers->count]);
}

int askers_connect(struct askers *askers)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < askers->count && !ret; i++)
		ret = asker_connect(askers->asker[i]);
	if (ret)
		askers_disconnect(askers);
	return ret;
}

void askers_disconnect(struct askers *askers)
{
	struct asker_slot *slot;
	unsigned int i;

	for (i = 0; i < askers->count; i++) {
		struct asker *asker = askers->asker[i];

		asker_disconnect(asker);
		for (slot = asker->slots; slot < asker->slots + ASKER_SLOTS; slot++)
			if (slot->used)
				asker_free(slot);
	}
}

unsigned int askers_used(const struct askers *askers)
{
	unsigned int i, used = 0;

	for (i = 0; i < askers->count; i++)
		used += askers->asker[i]->used;
	return used;
}

static struct nl_msg *asker_message(const struct asker *asker, const uint8_t *id,
				    const uint8_t *nonce)
{
	struct nl_msg *message = tool_nl_new(&asker->nl, TLSBIND_CMD_EVIDENCE_GET, 0, 128);

	if (!message)
		return NULL;
	nla_put(message, TLSBIND_A_EVIDENCE_ID, TLSBIND_CONNECTION_ID_SIZE, id);
	nla_put(message, TLSBIND_A_EVIDENCE_NONCE, TLSBIND_NONCE_SIZE, nonce);
	return message;
}

int askers_permitted(struct askers *askers)
{
	static const uint8_t nothing[TLSBIND_NONCE_SIZE];
	struct asker *asker = askers->asker[0];
	int ret = tool_nl_call(&asker->nl, asker_message(asker, nothing, nothing), NULL, NULL);

	return ret == -ENOENT ? 0 : ret;
}

static struct asker_slot *asker_slot(struct askers *askers)
{
	struct asker_slot *slot;
	unsigned int i;

	for (i = 0; i < askers->count; i++) {
		struct asker *asker = askers->asker[i];

		if (!asker->nl.sock || asker->used == ASKER_SLOTS)
			continue;
		for (slot = asker->slots; slot->used; slot++)
			;
		asker->used++;
		slot->used = true;
		return slot;
	}
	return NULL;
}

/*
 * The kernel acknowledges before send() returns, so there is nothing to wait for: if the
 * acknowledgement is not there, it is lost. Until the socket is opened anew nothing is asked
 * by it; what has a place is asked then.
 */
int asker_ask(struct askers *askers, struct question *question)
{
	struct asker_slot *slot = asker_slot(askers);
	struct asker *asker;
	int ret;

	if (!slot)
		return -EAGAIN;
	asker = slot->asker;
	slot->question = question;
	question->slot = slot;
	if (asker->again.set)
		return 0;
	asker->pending = slot;
	ret = tool_nl_call(&asker->nl, asker_message(asker, question->id, question->nonce),
			   asker_answer, asker);
	slot->seq = asker->nl.seq;
	asker->pending = NULL;
	if (ret == -ENOBUFS || ret == -EIO) {
		asker_lost(asker);
		return 0;
	}
	if (ret && slot->used) {
		question->slot = NULL;
		asker_free(slot);
	}
	return ret;
}
