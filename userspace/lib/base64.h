/* SPDX-License-Identifier: MIT */
#ifndef TLSBIND_BASE64_H
#define TLSBIND_BASE64_H

#include <stddef.h>
#include <stdint.h>

/**
 * tlsbind_base64url_encode() - RFC 4648 section 5, without padding
 * @data: bytes
 * @len: number of bytes
 *
 * Return: a string, to be freed with free(); NULL if memory ran out.
 */
char *tlsbind_base64url_encode(const uint8_t *data, size_t len);

/**
 * tlsbind_base64url_decode() - the reverse, strictly
 * @text: characters, no padding, no white space
 * @len: number of characters
 * @out: the bytes, to be freed with free(); NULL on failure
 * @out_len: number of bytes
 *
 * Return: 0; -EBADMSG for anything that tlsbind_base64url_encode() would not
 * have written, -ENOMEM.
 */
int tlsbind_base64url_decode(const char *text, size_t len, uint8_t **out, size_t *out_len);

#endif /* TLSBIND_BASE64_H */
