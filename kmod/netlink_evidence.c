// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence for whoever names a connection: for daemons that answer in the name
 * of programs that know nothing of it.
 *
 * A question is acknowledged at once. The answer is a message of its own, sent
 * by whoever ends the request: the worker, its deadline, the closing of the
 * socket, or unload. If the asker is known to have gone by then, nothing is sent:
 * the port may be somebody else's. Netlink frees a port a moment before it tells
 * of that; who has it then gets an answer with a sequence number that is not his.
 */
#include "netlink.h"

#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/tlsbind.h>
#include <net/net_namespace.h>

#include "claims.h"
#include "event.h"
#include "evidence.h"
#include "net.h"
#include "policy.h"
#include "request.h"
#include "sock.h"

/* Questions that are not answered yet, of one netlink socket and of a namespace. */
#define TLSBIND_ASKER_MAX	256
#define TLSBIND_ASKERS_MAX	1024

/* A netlink attribute has less than 64 KiB. */
#define TLSBIND_ASKER_PART	(32 * 1024)

/**
 * struct tlsbind_asker - who waits for an answer
 * @node: among those of the network namespace
 * @portid: the netlink socket; 0 once it is closed
 * @seq: of the question
 */
struct tlsbind_asker {
	struct list_head node;
	u32 portid;
	u32 seq;
};

static unsigned int tlsbind_asker_count(const struct tlsbind_net *tn, u32 portid)
{
	const struct tlsbind_asker *asker;
	unsigned int count = 0;

	lockdep_assert_held(&tn->asks_lock);
	list_for_each_entry(asker, &tn->asks, node)
		count += asker->portid == portid;
	return count;
}

/* An asker in the list of the namespace; -EAGAIN if there are too many. */
static struct tlsbind_asker *tlsbind_asker_new(struct tlsbind_net *tn,
					       const struct genl_info *info)
{
	struct tlsbind_asker *asker = kzalloc(sizeof(*asker), GFP_KERNEL_ACCOUNT);
	bool room;

	if (!asker)
		return ERR_PTR(-ENOMEM);
	asker->portid = info->snd_portid;
	asker->seq = info->snd_seq;

	spin_lock(&tn->asks_lock);
	room = tn->asking < TLSBIND_ASKERS_MAX &&
	       tlsbind_asker_count(tn, asker->portid) < TLSBIND_ASKER_MAX;
	if (room) {
		list_add(&asker->node, &tn->asks);
		tn->asking++;
	}
	spin_unlock(&tn->asks_lock);
	if (room)
		return asker;
	kfree(asker);
	return ERR_PTR(-EAGAIN);
}

/* Return: where to send the answer, 0 if nowhere. */
static u32 tlsbind_asker_free(struct tlsbind_net *tn,
			      struct tlsbind_asker *asker)
{
	u32 portid;

	spin_lock(&tn->asks_lock);
	list_del(&asker->node);
	tn->asking--;
	portid = asker->portid;
	spin_unlock(&tn->asks_lock);
	kfree(asker);
	return portid;
}

/**
 * tlsbind_netlink_asker_gone() - what a netlink socket asked for is for nobody
 * @net: its network namespace
 * @portid: the socket, which is closed
 *
 * Context: process.
 */
void tlsbind_netlink_asker_gone(struct net *net, u32 portid)
{
	struct tlsbind_net *tn = tlsbind_net(net);
	struct tlsbind_asker *asker;

	spin_lock(&tn->asks_lock);
	list_for_each_entry(asker, &tn->asks, node)
		if (asker->portid == portid)
			asker->portid = 0;
	spin_unlock(&tn->asks_lock);
}

static size_t tlsbind_netlink_evidence_size(const struct tlsbind_request *request,
					    int error)
{
	size_t size = nla_total_size(TLSBIND_CONNECTION_ID_SIZE) +
		      nla_total_size(TLSBIND_NONCE_SIZE) +
		      nla_total_size(sizeof(u32));
	size_t evidence;

	if (error)
		return size;
	evidence = tlsbind_request_encoded_size(request);
	return size + NLA_ALIGN(evidence) +
	       DIV_ROUND_UP(evidence, TLSBIND_ASKER_PART) * NLA_HDRLEN;
}

static int tlsbind_netlink_put_parts(struct sk_buff *skb,
				     const struct tlsbind_request *request)
{
	size_t size = tlsbind_request_encoded_size(request), at, len;
	u8 *buffer = kvmalloc(size, GFP_KERNEL);
	int ret = 0;

	if (!buffer)
		return -ENOMEM;
	tlsbind_request_encode(request, buffer, size);
	for (at = 0; !ret && at < size; at += len) {
		len = min_t(size_t, size - at, TLSBIND_ASKER_PART);
		ret = nla_put(skb, TLSBIND_A_EVIDENCE_PART, len, buffer + at);
	}
	kvfree(buffer);
	return ret;
}

static int tlsbind_netlink_put_evidence(struct sk_buff *skb,
					const struct tlsbind_request *request,
					int error)
{
	u8 id[TLSBIND_CONNECTION_ID_SIZE];

	tlsbind_connection_key(tlsbind_sock_net(request->ts),
			       request->ts->connection.twin.key, id);
	if (nla_put(skb, TLSBIND_A_EVIDENCE_ID, sizeof(id), id) ||
	    nla_put(skb, TLSBIND_A_EVIDENCE_NONCE, TLSBIND_NONCE_SIZE,
		    request->claims.nonce))
		return -EMSGSIZE;
	if (error)
		return nla_put_u32(skb, TLSBIND_A_EVIDENCE_ERROR, -error);
	return tlsbind_netlink_put_parts(skb, request);
}

static struct sk_buff *
tlsbind_netlink_evidence_message(const struct tlsbind_request *request,
				 int error)
{
	const struct tlsbind_asker *asker = request->asker;
	struct sk_buff *skb;
	int ret = -EMSGSIZE;
	void *hdr;

	skb = genlmsg_new(tlsbind_netlink_evidence_size(request, error),
			  GFP_KERNEL | __GFP_NOWARN);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	hdr = genlmsg_put(skb, READ_ONCE(asker->portid), asker->seq,
			  &tlsbind_nl_family, 0, TLSBIND_CMD_EVIDENCE_GET);
	if (hdr)
		ret = tlsbind_netlink_put_evidence(skb, request, error);
	if (ret) {
		nlmsg_free(skb);
		return ERR_PTR(ret);
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/*
 * Without memory for evidence there may be some for an error. An asker whose
 * receive buffer is full is told so by the kernel (ENOBUFS), and asks again.
 */
static void tlsbind_netlink_evidence_tell(struct tlsbind_request *request)
{
	struct net *net = tlsbind_sock_net(request->ts);
	struct sk_buff *skb;
	u32 portid;

	skb = tlsbind_netlink_evidence_message(request, request->error);
	if (IS_ERR(skb) && !request->error)
		skb = tlsbind_netlink_evidence_message(request, PTR_ERR(skb));
	portid = tlsbind_asker_free(tlsbind_net(net), request->asker);
	request->asker = NULL;
	if (IS_ERR(skb))
		return;
	if (portid)
		genlmsg_unicast(net, skb, portid);
	else
		nlmsg_free(skb);
}

/*
 * Why there will be no evidence, for a human. Connections with TLS 1.2 have no
 * id to ask by.
 */
static void tlsbind_netlink_evidence_explain(struct genl_info *info, int error)
{
	switch (error) {
	case -EACCES:
		GENL_SET_ERR_MSG(info, "id: no rule lets this connection be attested");
		break;
	case -ESTALE:
		GENL_SET_ERR_MSG(info, "id: has keys older than the module");
		break;
	case -EKEYREJECTED:
		GENL_SET_ERR_MSG(info, "id: a key was refused, or not committed to");
		break;
	case -EBUSY:
		GENL_SET_ERR_MSG(info, "id: a key is being installed just now");
		break;
	case -EDQUOT:
		GENL_SET_ERR_MSG(info, "id: more challenges than the rate of its rule");
		break;
	case -EAGAIN:
		GENL_SET_ERR_MSG(info, "too many questions are not answered yet");
		break;
	case -ECONNABORTED:
		GENL_SET_ERR_MSG(info, "id: the connection is closed, or was ended by the rules");
		break;
	case -ESHUTDOWN:
		GENL_SET_ERR_MSG(info, "the module is being unloaded");
		break;
	case -EIO:
		GENL_SET_ERR_MSG(info, "the kernel's SHA-384 failed");
		break;
	}
}

static int tlsbind_netlink_evidence_ask(struct tlsbind_sock *ts,
					const struct genl_info *info)
{
	static const u8 app_data[TLSBIND_APP_DATA_SIZE];
	struct tlsbind_net *tn = tlsbind_net(tlsbind_sock_net(ts));
	struct tlsbind_request *request;
	struct tlsbind_asker *asker;
	int ret;

	asker = tlsbind_asker_new(tn, info);
	if (IS_ERR(asker))
		return PTR_ERR(asker);
	ret = -ENOMEM;
	request = tlsbind_request_new(ts,
				      nla_data(info->attrs[TLSBIND_A_EVIDENCE_NONCE]),
				      app_data);
	if (!request)
		goto err_asker;
	request->asker = asker;
	request->tell = tlsbind_netlink_evidence_tell;
	ret = tlsbind_evidence_ask(request);
	tlsbind_request_put(request);
	if (ret)
		goto err_asker;
	return 0;

err_asker:
	tlsbind_asker_free(tn, asker);
	return ret;
}

/**
 * tlsbind_nl_evidence_get_doit() - take a question, TLSBIND_CMD_EVIDENCE_GET
 * @skb: the request
 * @info: the same, parsed
 *
 * Context: process, may sleep.
 * Return: 0: there will be an answer; or, with a text: -EPERM; -EINVAL if the
 * nonce is missing; an errno of tlsbind_netlink_connection() or
 * tlsbind_statement_make(); -EACCES if no rule allows it; -EDQUOT if the rate of
 * the rule is used up; -EAGAIN if too many
 * questions are not answered; -ECONNABORTED; -ESHUTDOWN; -ENOMEM.
 */
int tlsbind_nl_evidence_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsbind_sock *ts;
	int ret;

	ret = tlsbind_netlink_admin(skb, info);
	if (ret)
		return ret;
	if (GENL_REQ_ATTR_CHECK(info, TLSBIND_A_EVIDENCE_NONCE)) {
		GENL_SET_ERR_MSG(info, "nonce is missing: 32 bytes of the relying party");
		return -EINVAL;
	}
	ts = tlsbind_netlink_connection(info, TLSBIND_A_EVIDENCE_ID);
	if (IS_ERR(ts))
		return PTR_ERR(ts);
	ret = tlsbind_netlink_evidence_ask(ts, info);
	tlsbind_event_challenge(ts, ret);
	tlsbind_netlink_evidence_explain(info, ret);
	tlsbind_sock_put(ts);
	return ret;
}
