/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <netlink/netlink.h>
#include "gate.h"
#include "log.h"
#include "options.h"
#include "tool.h"

#define JUDGE_GATE_VERDICT_SIZE	32	/* a number of 64 bits and one of 8 */

/* The group first: what is held from the appointment on is told, or found by the first dump. */
static int judge_gate_appoint(struct judge_gate *gate)
{
	int ret = tool_nl_listen(&gate->news, TLSBIND_MCGRP_GATE);

	if (!ret)
		ret = tool_nl_call(&gate->calls, tool_nl_new(&gate->calls, TLSBIND_CMD_JUDGE, 0, 0),
				   NULL, NULL);
	return ret;
}

static int judge_gate_refused(const struct judge_gate *gate, int error)
{
	const char *text = *gate->calls.text ? gate->calls.text : strerror(-error);

	log_line(LOG_LEVEL_ERROR, "cannot be the judge: %s", text);
	switch (error) {
	case -EBUSY:
		return OPTIONS_BUSY;
	case -ENODEV:
	case -ENOENT:
	case -EOPNOTSUPP:
		return OPTIONS_NO_MODULE;
	case -ENOMEM:
	case -ENOBUFS:
		return OPTIONS_SYSTEM;
	default:
		return OPTIONS_REFUSED;
	}
}

int judge_gate_open(struct judge_gate *gate)
{
	int code, ret;

	memset(gate, 0, sizeof(*gate));
	code = tool_nl_open(&gate->news);
	if (code == TOOL_OK)
		code = tool_nl_open(&gate->calls);
	if (code)
		return code == TOOL_NO_MODULE ? OPTIONS_NO_MODULE : OPTIONS_SYSTEM;
	ret = judge_gate_appoint(gate);
	return ret ? judge_gate_refused(gate, ret) : OPTIONS_OK;
}

void judge_gate_close(struct judge_gate *gate)
{
	tool_nl_close(&gate->calls);
	tool_nl_close(&gate->news);
}

int judge_gate_fd(const struct judge_gate *gate)
{
	return nl_socket_get_fd(gate->news.sock);
}

static int judge_gate_verdict(void *arg, uint64_t handle, bool admit)
{
	struct judge_gate *gate = arg;
	struct nl_msg *message = tool_nl_new(&gate->calls, TLSBIND_CMD_VERDICT, 0,
					     JUDGE_GATE_VERDICT_SIZE);

	if (message && (nla_put_u64(message, TLSBIND_A_HOLD_HANDLE, handle) ||
			nla_put_u8(message, TLSBIND_A_HOLD_VERDICT,
				   admit ? TLSBIND_DECISION_ADMIT : TLSBIND_DECISION_REJECT))) {
		nlmsg_free(message);
		message = NULL;
	}
	return tool_nl_call(&gate->calls, message, NULL, NULL);
}

static int judge_gate_dump(void *arg, tool_nl_answer *answer, void *answer_arg)
{
	struct judge_gate *gate = arg;
	int ret = tool_nl_dump(&gate->calls, TLSBIND_CMD_HOLD_GET, answer, answer_arg);

	return !ret && gate->calls.interrupted ? -EAGAIN : ret;
}

struct judge_kernel judge_gate_kernel(struct judge_gate *gate)
{
	return (struct judge_kernel){
		.verdict = judge_gate_verdict,
		.dump = judge_gate_dump,
		.arg = gate,
	};
}

int judge_gate_news(struct judge_gate *gate, tool_nl_answer *hear, void *arg)
{
	bool lost = false;
	int ret = 0;

	while (!ret && !tool_nl_idle(&gate->news)) {
		ret = tool_nl_receive(&gate->news, hear, arg);
		if (ret == -ENOBUFS) {
			lost = true;
			ret = 0;
		}
	}
	return !ret && lost ? -ENOBUFS : ret;
}

bool judge_gate_gone(const struct judge_gate *gate)
{
	return tool_nl_gone(&gate->calls);
}
