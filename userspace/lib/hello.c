/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "cursor.h"
#include "hello.h"

/* RFC 8446 section 4.2. */
enum {
	TLSBIND_HELLO_PRE_SHARED_KEY = 41,
	TLSBIND_HELLO_EARLY_DATA = 42,
	TLSBIND_HELLO_KEY_SHARE = 51,
};

/* Section 4.1.3: what a HelloRetryRequest has in place of random bytes. */
static bool tlsbind_hello_is_retry(struct tlsbind_span random)
{
	static const uint8_t retry[32] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
		0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
		0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};

	return random.len == sizeof(retry) && !memcmp(random.data, retry, sizeof(retry));
}

/* The extensions, which end the message. */
static int tlsbind_hello_extensions(struct tlsbind_cursor *hello, struct tlsbind_hello *out)
{
	struct tlsbind_cursor list;

	tlsbind_cursor_span(&list, tlsbind_cursor_take(hello, tlsbind_cursor_be16(hello)));
	if (!tlsbind_cursor_done(hello))
		return -EBADMSG;
	while (list.left && !list.bad) {
		switch (tlsbind_cursor_be16(&list)) {
		case TLSBIND_HELLO_KEY_SHARE:
			out->key_share = true;
			break;
		case TLSBIND_HELLO_PRE_SHARED_KEY:
			out->pre_shared_key = true;
			break;
		case TLSBIND_HELLO_EARLY_DATA:
			out->early_data = true;
			break;
		default:
			break;
		}
		tlsbind_cursor_skip(&list, tlsbind_cursor_be16(&list));
	}
	return tlsbind_cursor_done(&list) ? 0 : -EBADMSG;
}

static int tlsbind_hello_parse(const void *body, size_t len, bool client,
			       struct tlsbind_hello *out)
{
	struct tlsbind_hello hello = { 0 };
	struct tlsbind_cursor cursor;
	struct tlsbind_span random;
	int ret;

	memset(out, 0, sizeof(*out));
	tlsbind_cursor_init(&cursor, body, len);
	tlsbind_cursor_skip(&cursor, 2);			/* legacy_version */
	random = tlsbind_cursor_take(&cursor, 32);
	tlsbind_cursor_skip(&cursor, tlsbind_cursor_u8(&cursor));	/* legacy_session_id */
	if (client) {
		tlsbind_cursor_skip(&cursor, tlsbind_cursor_be16(&cursor));	/* cipher_suites */
		tlsbind_cursor_skip(&cursor, tlsbind_cursor_u8(&cursor));	/* compression */
	} else {
		tlsbind_cursor_skip(&cursor, 2 + 1);
	}
	ret = tlsbind_hello_extensions(&cursor, &hello);
	if (ret)
		return ret;
	hello.retry = !client && tlsbind_hello_is_retry(random);
	*out = hello;
	return 0;
}

int tlsbind_hello_server(const void *body, size_t len, struct tlsbind_hello *out)
{
	return tlsbind_hello_parse(body, len, false, out);
}

int tlsbind_hello_client(const void *body, size_t len, struct tlsbind_hello *out)
{
	return tlsbind_hello_parse(body, len, true, out);
}
