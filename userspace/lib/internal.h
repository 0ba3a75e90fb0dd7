/* SPDX-License-Identifier: MIT */
/* What the files of the library share and do not export. */
#ifndef TLSBIND_INTERNAL_H
#define TLSBIND_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tlsbind.h"

/** tlsbind_hex() - lower-case hex of bytes, cut to what fits into @size */
void tlsbind_hex(const void *data, size_t len, char *out, size_t size);

/**
 * tlsbind_unhex() - bytes from hex digits
 * @text: exactly 2 * @len digits
 * @out: the bytes
 * @len: how many
 *
 * Return: 0; -EBADMSG for anything else.
 */
int tlsbind_unhex(const char *text, uint8_t *out, size_t len);

#endif /* TLSBIND_INTERNAL_H */
