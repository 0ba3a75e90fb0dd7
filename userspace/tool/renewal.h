/* SPDX-License-Identifier: MIT */
/* Evidence that is renewed while the connection is used. */
#ifndef TLSBIND_RENEWAL_H
#define TLSBIND_RENEWAL_H

#include <poll.h>
#include "connect.h"

struct tool_renewal;

/**
 * tool_renewal_new() - the first evidence was accepted, more is to follow
 * @c: who is asked, what is accepted, and for how long; stays until it is freed
 * @ssl: the connection; likewise
 * @verdict: of the first evidence; not needed any more afterwards
 * @out: to be freed with tool_renewal_free(); NULL on failure
 *
 * Return: TOOL_OK; another exit code after a message.
 */
int tool_renewal_new(const struct connect *c, SSL *ssl, const struct connect_verdict *verdict,
		     struct tool_renewal **out);

/** tool_renewal_free() - end it, and a question that is open; NULL is welcome */
void tool_renewal_free(struct tool_renewal *renewal);

/**
 * tool_renewal_turn() - do what is to be done now, without waiting for anything
 * @renewal: the renewal
 * @held: set if there are keys that no evidence is about, and they are not welcome: nothing
 *	may be sent, and nothing that was received may be handed on
 *
 * To be called after bytes were received and before they are handed on, and before bytes
 * are sent.
 *
 * Return: TOOL_OK; otherwise, after a message, the exit code with which the connection has to
 * be reset: TOOL_LAPSED, or the class of a rejection.
 */
int tool_renewal_turn(struct tool_renewal *renewal, bool *held);

#define TOOL_RENEWAL_FDS	3

/**
 * tool_renewal_poll() - wait, until tool_renewal_turn() has something to do at most
 * @renewal: the renewal
 * @fds: what to wait for besides, as poll(2) has it; what happened is not told apart, each
 *	revents is zero or not
 *
 * Return: as poll(2).
 */
int tool_renewal_poll(struct tool_renewal *renewal, struct pollfd fds[TOOL_RENEWAL_FDS]);

#endif /* TLSBIND_RENEWAL_H */
