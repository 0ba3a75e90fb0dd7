/* SPDX-License-Identifier: MIT */
/* The kernel's gate: who is told of held connections, and gives the verdicts. */
#ifndef TLSBIND_JUDGE_GATE_H
#define TLSBIND_JUDGE_GATE_H

#include "court.h"
#include "nl.h"

/**
 * struct judge_gate - two netlink sockets
 * @news: what the kernel says by itself: members of the groups, never asked anything
 * @calls: the judge; a request at a time, and each is answered at once
 *
 * With one socket a request's answer would have to be found among news, and would be lost
 * together with them when there are too many.
 */
struct judge_gate {
	struct tool_nl news;
	struct tool_nl calls;
};

/**
 * judge_gate_open() - become the judge of this network namespace
 * @gate: closed with judge_gate_close(), even after an error
 *
 * Return: an exit code: OPTIONS_OK; after a message OPTIONS_NO_MODULE, OPTIONS_REFUSED,
 * OPTIONS_BUSY, or OPTIONS_SYSTEM.
 */
int judge_gate_open(struct judge_gate *gate);

/** judge_gate_close() - resign: what is held is aborted */
void judge_gate_close(struct judge_gate *gate);

/** judge_gate_fd() - readable if there are news */
int judge_gate_fd(const struct judge_gate *gate);

/** judge_gate_kernel() - the boundary that a court wants */
struct judge_kernel judge_gate_kernel(struct judge_gate *gate);

/**
 * judge_gate_news() - take all that there are
 * @gate: the gate
 * @hear: gets each message
 * @arg: for @hear
 *
 * Return: 0; -ENOBUFS if some were lost, and there are none left; -ENODEV if the module is
 * being unloaded; another negative errno.
 */
int judge_gate_news(struct judge_gate *gate, tool_nl_answer *hear, void *arg);

/** judge_gate_gone() - is the module gone? For whoever lost messages: that may have been one */
bool judge_gate_gone(const struct judge_gate *gate);

#endif /* TLSBIND_JUDGE_GATE_H */
