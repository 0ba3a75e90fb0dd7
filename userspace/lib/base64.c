/* SPDX-License-Identifier: MIT */
/* base64url by libcrypto's base64 with the alphabet translated. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "base64.h"

#define TLSBIND_BASE64_MAX	(INT_MAX / 4)

char *tlsbind_base64url_encode(const uint8_t *data, size_t len)
{
	char *text, *c;

	if (len > TLSBIND_BASE64_MAX)
		return NULL;
	text = malloc((len + 2) / 3 * 4 + 1);
	if (!text)
		return NULL;
	text[0] = '\0';
	if (len)
		EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	for (c = text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	text[strcspn(text, "=")] = '\0';
	return text;
}

/* Copy to the alphabet of base64 and pad to a multiple of four characters. */
static char *tlsbind_base64_translate(const char *text, size_t len, size_t padded)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *copy = malloc(padded + 1);
	size_t i;

	if (!copy)
		return NULL;
	for (i = 0; i < len; i++) {
		if (!text[i] || !strchr(alphabet, text[i])) {
			copy[0] = '\0';
			return copy;
		}
		copy[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	}
	memset(copy + len, '=', padded - len);
	copy[padded] = '\0';
	return copy;
}

int tlsbind_base64url_decode(const char *text, size_t len, uint8_t **out, size_t *out_len)
{
	size_t padded = (len + 3) / 4 * 4;
	char *again = NULL, *copy;
	uint8_t *bytes = NULL;
	int ret = -EBADMSG;

	*out = NULL;
	*out_len = 0;
	if (!len || len > TLSBIND_BASE64_MAX || padded - len > 2)
		return -EBADMSG;
	copy = tlsbind_base64_translate(text, len, padded);
	bytes = malloc(padded / 4 * 3);
	if (!copy || !bytes) {
		ret = -ENOMEM;
		goto out;
	}
	if (!copy[0] ||
	    EVP_DecodeBlock(bytes, (unsigned char *)copy, (int)padded) != (int)(padded / 4 * 3))
		goto out;
	*out_len = padded / 4 * 3 - (padded - len);
	/* Bits that no byte uses must be zero: the encoding must be the one that we write. */
	again = tlsbind_base64url_encode(bytes, *out_len);
	if (!again) {
		ret = -ENOMEM;
		goto out;
	}
	if (strlen(again) == len && !memcmp(again, text, len))
		ret = 0;
out:
	if (!ret) {
		*out = bytes;
		bytes = NULL;
	} else {
		*out_len = 0;
	}
	free(bytes);
	free(again);
	free(copy);
	return ret;
}
