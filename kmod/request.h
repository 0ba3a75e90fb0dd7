/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One challenge and its answer.
 */
#ifndef _TLSBIND_REQUEST_H
#define _TLSBIND_REQUEST_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/tlsbind.h>
#include <linux/types.h>

#include "binding.h"

struct tlsbind_report;
struct tlsbind_sock;

/**
 * enum tlsbind_request_state - where a request is
 * @TLSBIND_REQUEST_WAITING: in the queue
 * @TLSBIND_REQUEST_SIGNING: the report that answers it is being made
 * @TLSBIND_REQUEST_DONE: in no list; answered, failed or cancelled
 * @TLSBIND_REQUEST_READING: as DONE, and a task is being told; if that fails it
 *	is DONE again
 */
enum tlsbind_request_state {
	TLSBIND_REQUEST_WAITING,
	TLSBIND_REQUEST_SIGNING,
	TLSBIND_REQUEST_DONE,
	TLSBIND_REQUEST_READING,
};

/**
 * struct tlsbind_request - one challenge and its answer
 * @node: in the queue or in the list of those being signed
 * @ref: one of the socket unless others ask, one of the list or the worker, one
 *	of each reader
 * @ts: the socket; the request holds a reference on it
 * @deadline: in jiffies; then it fails with -ETIMEDOUT
 * @state: enum tlsbind_request_state; under evidence.c's lock
 * @error: 0 or a negative errno; final once @state is DONE
 * @asked: in the socket's list of what others ask, until @state is DONE
 * @tell: called once when it is DONE, without locks; NULL if the socket's owner
 *	waits for it
 * @asker: for @tell
 * @claims: nonce and app_data from the start, the rest by statement.c
 * @leaf: the hash of @claims
 * @refusal: 0, or why it is not signed
 * @index: of the leaf
 * @tree_size: number of leaves
 * @path_len: nodes in @path
 * @path: from the leaf's sibling up
 * @report: the hardware's answer, shared by the whole tree
 *
 * All from @claims on is written by its maker before it is in any list, then, from SIGNING
 * on, by the worker and its work item, until that drops the reference that it has. Others read
 * it once it is DONE without @error, when that is over; after an error they may read
 * nothing but the nonce, which does not change.
 */
struct tlsbind_request {
	struct list_head node;
	refcount_t ref;
	struct tlsbind_sock *ts;
	unsigned long deadline;
	enum tlsbind_request_state state;
	int error;
	struct list_head asked;
	void (*tell)(struct tlsbind_request *request);
	void *asker;
	struct tlsbind_claims claims;
	struct tlsbind_hash leaf;
	int refusal;
	u32 index;
	u32 tree_size;
	u8 path_len;
	struct tlsbind_hash path[TLSBIND_PATH_MAX];
	struct tlsbind_report *report;
};

struct tlsbind_request *
tlsbind_request_new(struct tlsbind_sock *ts,
		    const u8 nonce[TLSBIND_NONCE_SIZE],
		    const u8 app_data[TLSBIND_APP_DATA_SIZE]);
struct tlsbind_request *tlsbind_request_get(struct tlsbind_request *request);
void tlsbind_request_put(struct tlsbind_request *request);
int tlsbind_request_error(const struct tlsbind_request *request);
size_t tlsbind_request_encoded_size(const struct tlsbind_request *request);
void tlsbind_request_encode(const struct tlsbind_request *request, void *buffer,
			    size_t size);

#endif
