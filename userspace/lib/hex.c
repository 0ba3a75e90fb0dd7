/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "internal.h"

void tlsbind_hex(const void *data, size_t len, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	size_t i;

	if (!size)
		return;
	for (i = 0; i < len && 2 * i + 2 < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * i] = '\0';
}

int tlsbind_unhex(const char *text, uint8_t *out, size_t len)
{
	size_t written = 0;
	int ok;

	if (strlen(text) != 2 * len)
		return -EBADMSG;
	ERR_set_mark();
	ok = OPENSSL_hexstr2buf_ex(out, len, &written, text, '\0');
	ERR_pop_to_mark();
	return ok && written == len ? 0 : -EBADMSG;
}
