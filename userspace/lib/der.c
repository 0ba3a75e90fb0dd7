/* SPDX-License-Identifier: MIT */
#include <openssl/asn1.h>
#include "cursor.h"
#include "der.h"

struct tlsbind_span tlsbind_der_content(struct tlsbind_span der, unsigned int tag)
{
	struct tlsbind_span content;
	struct tlsbind_cursor cursor;

	tlsbind_cursor_span(&cursor, der);
	if (tlsbind_cursor_u8(&cursor) != tag)
		tlsbind_cursor_fail(&cursor);
	content = tlsbind_cursor_take(&cursor, tlsbind_cursor_u8(&cursor));
	if (!tlsbind_cursor_done(&cursor) || content.len > 127)
		content = (struct tlsbind_span){ NULL, 0 };
	return content;
}

int tlsbind_der_u8(struct tlsbind_span der)
{
	struct tlsbind_span content = tlsbind_der_content(der, V_ASN1_INTEGER);
	struct tlsbind_cursor cursor;
	int value;

	tlsbind_cursor_span(&cursor, content);
	if (content.len == 2)
		tlsbind_cursor_zero(&cursor, 1);
	value = tlsbind_cursor_u8(&cursor);
	if (!tlsbind_cursor_done(&cursor) || (content.len == 2) != (value > 127))
		return -1;
	return value;
}
