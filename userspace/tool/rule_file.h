/* SPDX-License-Identifier: MIT */
/* Files of rules, tlsbind-rules(5). */
#ifndef TLSBIND_RULE_FILE_H
#define TLSBIND_RULE_FILE_H

#include "rule.h"

/* A rule is shorter, even if every byte of its words is escaped. */
#define TOOL_RULE_LINE_MAX	65535

/**
 * tool_rule_file_read() - all rules of a file
 * @path: the file; "-" is standard input
 * @rules: the rules, for tool_rules_free() in any case
 * @lines: line number of each rule, to be freed with free()
 *
 * Return: 0; -1 after a message, FILE:LINE: WHY, for each line that is wrong.
 */
int tool_rule_file_read(const char *path, struct tool_rules *rules, unsigned int **lines);

/**
 * tool_rule_file_write() - rules as a file that can be read again
 * @path: replaced in one step, if it is a regular file; NULL is standard output
 * @rules: the rules
 *
 * A cgroup without a path is written as its id, with a message that says so.
 *
 * Return: 0; -1 after a message.
 */
int tool_rule_file_write(const char *path, const struct tool_rules *rules);

/** tool_rules_digest() - digest of rules, as in claims; Return: 0; -1 after a message */
int tool_rules_digest(const struct tool_rules *rules, uint8_t digest[TLSBIND_HASH_SIZE]);

#endif /* TLSBIND_RULE_FILE_H */
