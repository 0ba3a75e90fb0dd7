/* SPDX-License-Identifier: MIT */
/* Sockets, flags and the like, as several commands print them. */
#ifndef TLSBIND_DESCRIBE_H
#define TLSBIND_DESCRIBE_H

#include <netlink/attr.h>
#include "print.h"

/**
 * tool_describe_sock() - members of an object that is open
 * @print: where to
 * @sock: attribute with TLSBIND_A_SOCK_*
 * @brief: text of one line, without the keys
 *
 * Return: 0 or -EBADMSG.
 */
int tool_describe_sock(struct tool_print *print, struct nlattr *sock, bool brief);

/**
 * tool_describe_hold() - members of an object that is open
 * @print: where to
 * @tb: attributes TLSBIND_A_HOLD_*
 * @brief: text of one line, without the keys
 *
 * Return: 0 or -EBADMSG.
 */
int tool_describe_hold(struct tool_print *print, struct nlattr *tb[], bool brief);

/** tool_describe_flags() - an array of names; as text separated by commas, or "none" */
void tool_describe_flags(struct tool_print *print, const char *key, const char *prefix,
			 uint32_t flags);

/** tool_describe_error() - an errno by its name */
void tool_describe_error(struct tool_print *print, const char *key, const char *prefix,
			 uint32_t error);

/** tool_describe_suite() - a cipher suite by its IANA name */
void tool_describe_suite(struct tool_print *print, const char *key, const char *prefix,
			 uint16_t suite);

/** tool_describe_suite_number() - a cipher suite from its IANA name; Return: 0 if it is none */
uint16_t tool_describe_suite_number(const char *name);

#endif /* TLSBIND_DESCRIBE_H */
