/* SPDX-License-Identifier: MIT */
/* What the files of tlsbind exec share. */
#ifndef TLSBIND_EXEC_H
#define TLSBIND_EXEC_H

#include <limits.h>
#include <stdbool.h>
#include "../exec/seen.h"
#include "tool.h"

/**
 * struct exec - a program, and what it finds
 * @dir: directory with the files
 * @openssl: for OPENSSL_CONF
 * @gnutls: for GNUTLS_SYSTEM_PRIORITY_FILE; empty to leave that alone
 * @seen_file: for the library
 * @seen: the same, mapped
 * @library: libtlsbind-exec.so
 * @pid: the program
 * @remains: a process that it started outlives it
 */
struct exec {
	char dir[PATH_MAX / 2];
	char openssl[PATH_MAX];
	char gnutls[PATH_MAX];
	char seen_file[PATH_MAX];
	struct exec_seen *seen;
	char library[PATH_MAX];
	pid_t pid;
	bool remains;
};

/**
 * tool_exec_openssl() - a configuration of OpenSSL that switches kernel TLS on
 * @path: is written; what OPENSSL_CONF or the system has stays in force
 *
 * Return: 0; -1 after a message.
 */
int tool_exec_openssl(const char *path);

/**
 * tool_exec_gnutls() - the same of GnuTLS
 * @path: is written
 *
 * Return: 0; 1 if there is no GnuTLS on this machine; -1 after a message.
 */
int tool_exec_gnutls(const char *path);

/**
 * tool_exec_run() - run the program until it ends
 * @e: with the names of all files; @e->remains is set
 * @argv: program and arguments
 *
 * Return: its exit status, 128 and more for a signal; TOOL_CANNOT, TOOL_NOT_FOUND or
 * TOOL_EXEC after a message if it could not be run, and then @e->pid is 0.
 */
int tool_exec_run(struct exec *e, char *const argv[]);

/** tool_exec_met() - did every connection that asked get both directions, and one at least? */
bool tool_exec_met(const struct exec_seen *seen);

/** tool_exec_report() - what was seen, on @out */
void tool_exec_report(const struct exec_seen *seen, FILE *out, bool json);

#endif /* TLSBIND_EXEC_H */
