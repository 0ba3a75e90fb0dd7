/* SPDX-License-Identifier: MIT */
/* Evidence TLVs: ascending, each once, exact sizes, nothing behind. */
#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "cursor.h"
#include "internal.h"

/* The value of the next TLV if it has this type; otherwise the cursor is bad. */
static void tlsbind_tlv(struct tlsbind_cursor *cursor, unsigned int type,
			struct tlsbind_cursor *value)
{
	if (tlsbind_cursor_be16(cursor) != type)
		tlsbind_cursor_fail(cursor);
	tlsbind_cursor_span(value, tlsbind_cursor_take(cursor, tlsbind_cursor_be32(cursor)));
}

static void tlsbind_tlv_bytes(struct tlsbind_cursor *cursor, unsigned int type,
			      struct tlsbind_span *out)
{
	struct tlsbind_cursor value;

	tlsbind_tlv(cursor, type, &value);
	*out = tlsbind_cursor_rest(&value);
}

static void tlsbind_tlv_fixed(struct tlsbind_cursor *cursor, unsigned int type, size_t len,
			      struct tlsbind_span *out)
{
	tlsbind_tlv_bytes(cursor, type, out);
	if (out->len != len)
		tlsbind_cursor_fail(cursor);
}

static uint32_t tlsbind_tlv_u32(struct tlsbind_cursor *cursor, unsigned int type)
{
	struct tlsbind_cursor value;
	uint32_t number;

	tlsbind_tlv(cursor, type, &value);
	number = tlsbind_cursor_be32(&value);
	if (!tlsbind_cursor_done(&value))
		tlsbind_cursor_fail(cursor);
	return number;
}

/* KBUILD_MODNAME of the provider: what C identifiers are made of. */
static void tlsbind_tlv_name(struct tlsbind_cursor *cursor, unsigned int type,
			     char out[TLSBIND_PROVIDER_SIZE_MAX])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	struct tlsbind_span name;

	tlsbind_tlv_bytes(cursor, type, &name);
	if (!name.len || name.len >= TLSBIND_PROVIDER_SIZE_MAX) {
		tlsbind_cursor_fail(cursor);
		return;
	}
	memcpy(out, name.data, name.len);
	if (strspn(out, alphabet) != name.len)
		tlsbind_cursor_fail(cursor);
}

/* Zero where the layout says so, so that evidence has one encoding only. */
static bool tlsbind_claims_canonical(struct tlsbind_span span)
{
	struct tlsbind_claims claims;
	size_t used;

	if (span.len != sizeof(claims))
		return false;
	memcpy(&claims, span.data, sizeof(claims));
	used = claims.exe_digest_len;
	return !claims.reserved &&
	       tlsbind_is_zero(claims.reserved2, sizeof(claims.reserved2)) &&
	       claims.exe_digest_kind <= TLSBIND_EXE_IMA &&
	       used <= sizeof(claims.exe_digest) &&
	       (claims.exe_digest_kind == TLSBIND_EXE_NONE) == !used &&
	       (used == sizeof(claims.exe_digest) ||
		tlsbind_is_zero(claims.exe_digest + used, sizeof(claims.exe_digest) - used));
}

int tlsbind_evidence_parse(const void *data, size_t len, struct tlsbind_evidence *out)
{
	struct tlsbind_cursor c;

	memset(out, 0, sizeof(*out));
	if (len > TLSBIND_EVIDENCE_SIZE_MAX)
		return -EBADMSG;
	tlsbind_cursor_init(&c, data, len);
	tlsbind_tlv_fixed(&c, TLSBIND_TLV_CLAIMS, TLSBIND_CLAIMS_SIZE, &out->claims);
	out->leaf_index = tlsbind_tlv_u32(&c, TLSBIND_TLV_LEAF_INDEX);
	out->tree_size = tlsbind_tlv_u32(&c, TLSBIND_TLV_TREE_SIZE);
	tlsbind_tlv_bytes(&c, TLSBIND_TLV_PATH, &out->path);
	tlsbind_tlv_fixed(&c, TLSBIND_TLV_BOOT_NONCE, TLSBIND_BOOT_NONCE_SIZE, &out->boot_nonce);
	tlsbind_tlv_name(&c, TLSBIND_TLV_PROVIDER, out->provider);
	tlsbind_tlv_bytes(&c, TLSBIND_TLV_REPORT, &out->report);
	if (c.left)
		tlsbind_tlv_bytes(&c, TLSBIND_TLV_AUX, &out->aux);
	if (tlsbind_cursor_done(&c) &&
	    out->report.len &&
	    out->tree_size >= 1 && out->tree_size <= TLSBIND_TREE_SIZE_MAX &&
	    out->path.len % TLSBIND_HASH_SIZE == 0 &&
	    out->path.len / TLSBIND_HASH_SIZE <= TLSBIND_PATH_MAX &&
	    tlsbind_claims_canonical(out->claims))
		return 0;
	memset(out, 0, sizeof(*out));
	return -EBADMSG;
}

int tlsbind_nonce_new(uint8_t nonce[TLSBIND_NONCE_SIZE])
{
	if (RAND_bytes(nonce, TLSBIND_NONCE_SIZE) == 1)
		return 0;
	memset(nonce, 0, TLSBIND_NONCE_SIZE);
	return -EIO;
}
