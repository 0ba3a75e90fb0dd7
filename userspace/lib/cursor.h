/* SPDX-License-Identifier: MIT */
/*
 * A bounded cursor over bytes from outside. It is the only place in the
 * library that does arithmetic on such bytes: parsers ask it, and ask once at
 * the end whether everything that they asked was there.
 */
#ifndef TLSBIND_CURSOR_H
#define TLSBIND_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tlsbind.h"

/**
 * struct tlsbind_cursor - position in a buffer
 * @data: next byte
 * @left: bytes from there to the end
 * @bad: something was asked that is not there; sticks, and everything
 *	read afterwards is zero or absent
 */
struct tlsbind_cursor {
	const uint8_t *data;
	size_t left;
	bool bad;
};

/** tlsbind_cursor_init() - start at the first of @len bytes */
void tlsbind_cursor_init(struct tlsbind_cursor *cursor, const void *data, size_t len);

/** tlsbind_cursor_span() - start at the first byte of a span */
void tlsbind_cursor_span(struct tlsbind_cursor *cursor, struct tlsbind_span span);

/**
 * tlsbind_cursor_take() - the next bytes
 * @cursor: the cursor
 * @len: how many
 *
 * Return: the bytes; an absent span if fewer are left, and the cursor is bad.
 */
struct tlsbind_span tlsbind_cursor_take(struct tlsbind_cursor *cursor, size_t len);

/** tlsbind_cursor_rest() - all bytes that are left; Return: those, maybe none */
struct tlsbind_span tlsbind_cursor_rest(struct tlsbind_cursor *cursor);

/** tlsbind_cursor_copy() - copy the next @len bytes to @out, zero if not there */
void tlsbind_cursor_copy(struct tlsbind_cursor *cursor, void *out, size_t len);

/** tlsbind_cursor_skip() - pass over @len bytes of any value */
void tlsbind_cursor_skip(struct tlsbind_cursor *cursor, size_t len);

/** tlsbind_cursor_zero() - pass over @len bytes that must be zero */
void tlsbind_cursor_zero(struct tlsbind_cursor *cursor, size_t len);

/** tlsbind_cursor_fail() - the caller found a value that may not be */
void tlsbind_cursor_fail(struct tlsbind_cursor *cursor);

/** tlsbind_cursor_done() - Return: all was there, and nothing is left */
bool tlsbind_cursor_done(const struct tlsbind_cursor *cursor);

uint8_t tlsbind_cursor_u8(struct tlsbind_cursor *cursor);
uint16_t tlsbind_cursor_be16(struct tlsbind_cursor *cursor);
uint32_t tlsbind_cursor_be32(struct tlsbind_cursor *cursor);
uint64_t tlsbind_cursor_be64(struct tlsbind_cursor *cursor);
uint16_t tlsbind_cursor_le16(struct tlsbind_cursor *cursor);
uint32_t tlsbind_cursor_le32(struct tlsbind_cursor *cursor);
uint64_t tlsbind_cursor_le64(struct tlsbind_cursor *cursor);

/**
 * tlsbind_span_slice() - part of a span
 * @span: the whole
 * @offset: first byte
 * @len: number of bytes
 *
 * Return: the part; an absent span if it does not lie inside.
 */
struct tlsbind_span tlsbind_span_slice(struct tlsbind_span span, size_t offset, size_t len);

/** tlsbind_span_is_zero() - Return: every byte is zero, and there is at least one */
bool tlsbind_span_is_zero(struct tlsbind_span span);

/** tlsbind_is_zero() - Return: all of @len bytes are zero; takes the same time for all */
bool tlsbind_is_zero(const void *data, size_t len);

#endif /* TLSBIND_CURSOR_H */
