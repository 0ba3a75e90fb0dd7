/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "cursor.h"

void tlsbind_cursor_init(struct tlsbind_cursor *cursor, const void *data, size_t len)
{
	cursor->data = data;
	cursor->left = data ? len : 0;
	cursor->bad = !data && len;
}

void tlsbind_cursor_span(struct tlsbind_cursor *cursor, struct tlsbind_span span)
{
	tlsbind_cursor_init(cursor, span.data, span.len);
}

void tlsbind_cursor_fail(struct tlsbind_cursor *cursor)
{
	cursor->bad = true;
}

struct tlsbind_span tlsbind_cursor_take(struct tlsbind_cursor *cursor, size_t len)
{
	struct tlsbind_span span = { NULL, 0 };

	if (cursor->bad || len > cursor->left) {
		cursor->bad = true;
		return span;
	}
	span.data = cursor->data;
	span.len = len;
	if (len)
		cursor->data += len;
	cursor->left -= len;
	return span;
}

struct tlsbind_span tlsbind_cursor_rest(struct tlsbind_cursor *cursor)
{
	return tlsbind_cursor_take(cursor, cursor->left);
}

void tlsbind_cursor_copy(struct tlsbind_cursor *cursor, void *out, size_t len)
{
	struct tlsbind_span span = tlsbind_cursor_take(cursor, len);

	if (span.data)
		memcpy(out, span.data, len);
	else
		memset(out, 0, len);
}

void tlsbind_cursor_skip(struct tlsbind_cursor *cursor, size_t len)
{
	(void)tlsbind_cursor_take(cursor, len);
}

void tlsbind_cursor_zero(struct tlsbind_cursor *cursor, size_t len)
{
	struct tlsbind_span span = tlsbind_cursor_take(cursor, len);

	if (len && !tlsbind_span_is_zero(span))
		cursor->bad = true;
}

bool tlsbind_cursor_done(const struct tlsbind_cursor *cursor)
{
	return !cursor->bad && !cursor->left;
}

static uint64_t tlsbind_cursor_be(struct tlsbind_cursor *cursor, size_t len)
{
	struct tlsbind_span span = tlsbind_cursor_take(cursor, len);
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < span.len; i++)
		value = value << 8 | span.data[i];
	return value;
}

static uint64_t tlsbind_cursor_le(struct tlsbind_cursor *cursor, size_t len)
{
	struct tlsbind_span span = tlsbind_cursor_take(cursor, len);
	uint64_t value = 0;
	size_t i;

	for (i = span.len; i > 0; i--)
		value = value << 8 | span.data[i - 1];
	return value;
}

uint8_t tlsbind_cursor_u8(struct tlsbind_cursor *cursor)
{
	return (uint8_t)tlsbind_cursor_be(cursor, 1);
}

uint16_t tlsbind_cursor_be16(struct tlsbind_cursor *cursor)
{
	return (uint16_t)tlsbind_cursor_be(cursor, 2);
}

uint32_t tlsbind_cursor_be32(struct tlsbind_cursor *cursor)
{
	return (uint32_t)tlsbind_cursor_be(cursor, 4);
}

uint64_t tlsbind_cursor_be64(struct tlsbind_cursor *cursor)
{
	return tlsbind_cursor_be(cursor, 8);
}

uint16_t tlsbind_cursor_le16(struct tlsbind_cursor *cursor)
{
	return (uint16_t)tlsbind_cursor_le(cursor, 2);
}

uint32_t tlsbind_cursor_le32(struct tlsbind_cursor *cursor)
{
	return (uint32_t)tlsbind_cursor_le(cursor, 4);
}

uint64_t tlsbind_cursor_le64(struct tlsbind_cursor *cursor)
{
	return tlsbind_cursor_le(cursor, 8);
}

struct tlsbind_span tlsbind_span_slice(struct tlsbind_span span, size_t offset, size_t len)
{
	struct tlsbind_cursor cursor;

	tlsbind_cursor_span(&cursor, span);
	tlsbind_cursor_skip(&cursor, offset);
	return tlsbind_cursor_take(&cursor, len);
}

bool tlsbind_span_is_zero(struct tlsbind_span span)
{
	return span.len && tlsbind_is_zero(span.data, span.len);
}

bool tlsbind_is_zero(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint8_t any = 0;
	size_t i;

	for (i = 0; i < len; i++)
		any |= bytes[i];
	return !any;
}
