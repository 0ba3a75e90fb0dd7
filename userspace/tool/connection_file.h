/* SPDX-License-Identifier: MIT */
/* A connection that somebody else has seen, from a file. */
#ifndef TLSBIND_CONNECTION_FILE_H
#define TLSBIND_CONNECTION_FILE_H

#include "tlsbind.h"

/**
 * tool_connection_read() - the connection that evidence must be about
 * @path: JSON, tlsbind-verify(8); it has traffic secrets
 * @out: the connection; zeroed on failure
 *
 * Return: 0; -1 after a message.
 */
int tool_connection_read(const char *path, struct tlsbind_connection *out);

#endif /* TLSBIND_CONNECTION_FILE_H */
