/* SPDX-License-Identifier: MIT */
/* The generic netlink family of the kernel module, Documentation/netlink/specs/tlsbind.yaml. */
#ifndef TLSBIND_NL_H
#define TLSBIND_NL_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/tlsbind_netlink.h>
#include "rule.h"

/* A rule in a message is not larger: a nest and each of its attributes once. */
#define TOOL_NL_RULE_SIZE	256

/** typedef tool_nl_answer - takes a message; Return: 0 or a negative errno */
typedef int tool_nl_answer(struct nlmsghdr *message, void *arg);

/**
 * struct tool_nl - a socket of the family
 * @sock: the socket
 * @family: number of the family
 * @seq: of the request under way
 * @error: negative errno of the kernel's answer; 0
 * @offset: of the attribute that the kernel did not like, in the request; 0 if it did
 *	not say
 * @text: what the kernel said; empty if nothing
 * @done: the answer is complete
 * @interrupted: what was dumped changed meanwhile
 * @answer: called for each message of the answer
 * @arg: for @answer
 */
struct tool_nl {
	struct nl_sock *sock;
	int family;
	uint32_t seq;
	int error;
	uint32_t offset;
	char text[256];
	bool done;
	bool interrupted;
	tool_nl_answer *answer;
	void *arg;
};

/**
 * tool_nl_open() - connect
 * @nl: closed with tool_nl_close(), even after an error
 *
 * Return: TOOL_OK; TOOL_NO_MODULE if there is no such family, TOOL_USAGE if there is
 * no netlink at all, both after a message.
 */
int tool_nl_open(struct tool_nl *nl);

/** tool_nl_connect() - the same, without a message if there is no such family */
int tool_nl_connect(struct tool_nl *nl);

/** tool_nl_close() - end it */
void tool_nl_close(struct tool_nl *nl);

/**
 * tool_nl_new() - a request
 * @nl: the socket
 * @command: TLSBIND_CMD_*
 * @flags: NLM_F_DUMP or 0
 * @size: room for attributes
 *
 * Return: to be given to tool_nl_call(), or freed with nlmsg_free(); NULL if memory
 * ran out.
 */
struct nl_msg *tool_nl_new(const struct tool_nl *nl, uint8_t command, int flags, size_t size);

/**
 * tool_nl_call() - send a request, and take the answer until it is complete
 * @nl: the socket
 * @message: freed; NULL is as if memory had run out
 * @answer: called for each message; NULL if there are none of interest
 * @arg: for @answer
 *
 * Return: 0; the kernel's negative errno, for tool_nl_refused(); what @answer
 * returned; -EIO if the kernel cannot be understood.
 */
int tool_nl_call(struct tool_nl *nl, struct nl_msg *message, tool_nl_answer *answer, void *arg);

/**
 * tool_nl_dump() - everything, as it was at one moment
 * @nl: the socket
 * @command: TLSBIND_CMD_*
 * @answer: called for each message, after all have come
 * @arg: for @answer
 *
 * Asks again, a few times, if what is dumped changes meanwhile; @nl->interrupted tells
 * that it changed every time.
 *
 * Return: as tool_nl_call().
 */
int tool_nl_dump(struct tool_nl *nl, uint8_t command, tool_nl_answer *answer, void *arg);

/**
 * tool_nl_receive() - one datagram, after a request that was acknowledged
 * @nl: the socket
 * @answer: called for each message in it, whatever its sequence number
 * @arg: for @answer
 *
 * Return: 0; what @answer returned; -ENOBUFS if messages were lost; -ENODEV if the
 * family is gone, see tool_nl_listen(); another error of the socket.
 */
int tool_nl_receive(struct tool_nl *nl, tool_nl_answer *answer, void *arg);

/** tool_nl_idle() - is there nothing to receive just now? */
bool tool_nl_idle(const struct tool_nl *nl);

/**
 * tool_nl_join() - a multicast group
 * @nl: the socket; gets room for some thousand messages
 * @family: name of its family
 * @group: its name
 *
 * Return: 0; -ENOENT if there is none; another negative errno.
 */
int tool_nl_join(struct tool_nl *nl, const char *family, const char *group);

/**
 * tool_nl_listen() - a multicast group of the family, and the end of the family
 * @nl: the socket
 * @group: name of the group
 *
 * The kernel takes the group away together with the module, and does not say so on
 * the socket: whoever listened to the group alone would wait for ever.
 *
 * Return: 0 or a negative errno; -ENODEV if the family is gone already.
 */
int tool_nl_listen(struct tool_nl *nl, const char *group);

/** tool_nl_gone() - is the family that was connected to gone, or another one? */
bool tool_nl_gone(const struct tool_nl *nl);

/**
 * tool_nl_refused() - say that the kernel refused, and why
 * @nl: after tool_nl_call()
 * @error: what it returned
 * @what: was to be done
 *
 * Return: exit code: TOOL_NO_SUCH for -ENOENT, TOOL_REFUSED for all others.
 */
int tool_nl_refused(const struct tool_nl *nl, int error, const char *what);

/** tool_nl_attributes() - attributes by number; @message is one of ours. Return: 0, -EBADMSG */
int tool_nl_attributes(struct nlmsghdr *message, struct nlattr *tb[], int max);

/** tool_nl_number() - an unsigned integer of any size; 0 if @attribute is NULL */
uint64_t tool_nl_number(const struct nlattr *attribute);

/** tool_nl_bytes() - at most @size bytes, zero padded; Return: how many there are of them */
size_t tool_nl_bytes(const struct nlattr *attribute, void *out, size_t size);

/** tool_nl_string() - a string; @fallback if @attribute is NULL or holds none */
const char *tool_nl_string(const struct nlattr *attribute, const char *fallback);

/** tool_nl_address() - 4 or 16 bytes; Return: false for anything else */
bool tool_nl_address(const struct nlattr *attribute, struct in6_addr *out);

/** tool_nl_put_rule() - TLSBIND_A_RULES_RULE; Return: 0 or a negative errno */
int tool_nl_put_rule(struct nl_msg *message, const struct tool_rule *rule);

/** tool_nl_rule() - a rule from TLSBIND_A_RULES_RULE; Return: 0 or -EBADMSG */
int tool_nl_rule(struct nlattr *attribute, struct tool_rule *rule);

#endif /* TLSBIND_NL_H */
