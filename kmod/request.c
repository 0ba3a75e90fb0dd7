// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifetime of a request, and evidence as a sequence of TLVs.
 */
#include "request.h"

#include <linux/bug.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "report.h"
#include "sock.h"

/**
 * tlsbind_request_new() - allocate a request
 * @ts: the socket that is asked about
 * @nonce: the relying party's
 * @app_data: the application's
 *
 * Context: process, may sleep.
 * Return: a request with one reference, or NULL without memory.
 */
struct tlsbind_request *
tlsbind_request_new(struct tlsbind_sock *ts,
		    const u8 nonce[TLSBIND_NONCE_SIZE],
		    const u8 app_data[TLSBIND_APP_DATA_SIZE])
{
	struct tlsbind_request *request;

	request = kzalloc(sizeof(*request), GFP_KERNEL_ACCOUNT);
	if (!request)
		return NULL;
	INIT_LIST_HEAD(&request->node);
	INIT_LIST_HEAD(&request->asked);
	refcount_set(&request->ref, 1);
	tlsbind_sock_hold(ts);
	request->ts = ts;
	request->state = TLSBIND_REQUEST_WAITING;
	memcpy(request->claims.nonce, nonce, sizeof(request->claims.nonce));
	memcpy(request->claims.app_data, app_data,
	       sizeof(request->claims.app_data));
	return request;
}

/**
 * tlsbind_request_get() - take another reference
 * @request: request that the caller holds a reference on
 *
 * Return: @request
 */
struct tlsbind_request *tlsbind_request_get(struct tlsbind_request *request)
{
	refcount_inc(&request->ref);
	return request;
}

/**
 * tlsbind_request_put() - drop a reference
 * @request: request or NULL
 *
 * Context: process, may sleep, not under evidence.c's lock.
 */
void tlsbind_request_put(struct tlsbind_request *request)
{
	if (!request || !refcount_dec_and_test(&request->ref))
		return;
	tlsbind_report_put(request->report);
	tlsbind_sock_put(request->ts);
	kfree(request);
}

/**
 * tlsbind_request_error() - how it ended
 * @request: done
 *
 * Return: 0 if there is evidence, else the errno for the challenger.
 */
int tlsbind_request_error(const struct tlsbind_request *request)
{
	return request->error;
}

/**
 * tlsbind_request_encoded_size() - room that its evidence needs
 * @request: done, without error
 *
 * Return: bytes.
 */
size_t tlsbind_request_encoded_size(const struct tlsbind_request *request)
{
	const struct tlsbind_report *report = request->report;
	size_t size;

	size = sizeof(request->claims) + 2 * sizeof(__be32) +
	       request->path_len * sizeof(struct tlsbind_hash) +
	       TLSBIND_BOOT_NONCE_SIZE + strlen(report->provider) +
	       report->out_len + 7 * TLSBIND_TLV_HEADER_SIZE;
	if (report->aux_len)
		size += TLSBIND_TLV_HEADER_SIZE + report->aux_len;
	return size;
}

static u8 *tlsbind_request_tlv(u8 *at, u16 type, const void *value, u32 len)
{
	put_unaligned_be16(type, at);
	put_unaligned_be32(len, at + sizeof(__be16));
	memcpy(at + TLSBIND_TLV_HEADER_SIZE, value, len);
	return at + TLSBIND_TLV_HEADER_SIZE + len;
}

/**
 * tlsbind_request_encode() - write evidence
 * @request: done, without error
 * @buffer: where to
 * @size: tlsbind_request_encoded_size()
 */
void tlsbind_request_encode(const struct tlsbind_request *request, void *buffer,
			    size_t size)
{
	const struct tlsbind_report *report = request->report;
	__be32 index = cpu_to_be32(request->index);
	__be32 tree_size = cpu_to_be32(request->tree_size);
	u8 *at = buffer;

	at = tlsbind_request_tlv(at, TLSBIND_TLV_CLAIMS, &request->claims,
				 sizeof(request->claims));
	at = tlsbind_request_tlv(at, TLSBIND_TLV_LEAF_INDEX, &index,
				 sizeof(index));
	at = tlsbind_request_tlv(at, TLSBIND_TLV_TREE_SIZE, &tree_size,
				 sizeof(tree_size));
	at = tlsbind_request_tlv(at, TLSBIND_TLV_PATH, request->path,
				 request->path_len * sizeof(struct tlsbind_hash));
	at = tlsbind_request_tlv(at, TLSBIND_TLV_BOOT_NONCE, report->boot_nonce,
				 TLSBIND_BOOT_NONCE_SIZE);
	at = tlsbind_request_tlv(at, TLSBIND_TLV_PROVIDER, report->provider,
				 strlen(report->provider));
	at = tlsbind_request_tlv(at, TLSBIND_TLV_REPORT, report->out,
				 report->out_len);
	if (report->aux_len)
		at = tlsbind_request_tlv(at, TLSBIND_TLV_AUX, report->aux,
					 report->aux_len);
	WARN_ON_ONCE(at != (u8 *)buffer + size);
}
