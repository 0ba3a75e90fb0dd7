// SPDX-License-Identifier: GPL-2.0-only
#include "key.h"

#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/string.h>

/*
 * One row for each cipher that kTLS has for TLS 1.3. The static IV is salt
 * followed by iv; ChaCha20-Poly1305 has no salt.
 */
struct tlsbind_key_layout {
	u16 cipher_type;
	u16 cipher_suite;
	u8 key_offset, key_len;
	u8 salt_offset, salt_len;
	u8 iv_offset, iv_len;
};

#define TLSBIND_KEY_LAYOUT(_type, _suite, _struct) {				\
	.cipher_type = _type,							\
	.cipher_suite = _suite,							\
	.key_offset = offsetof(struct _struct, key),				\
	.key_len = sizeof_field(struct _struct, key),				\
	.salt_offset = offsetof(struct _struct, salt),				\
	.salt_len = sizeof_field(struct _struct, salt),				\
	.iv_offset = offsetof(struct _struct, iv),				\
	.iv_len = sizeof_field(struct _struct, iv),				\
}

static const struct tlsbind_key_layout tlsbind_key_layouts[] = {
	TLSBIND_KEY_LAYOUT(TLS_CIPHER_AES_GCM_128, 0x1301,
			   tls12_crypto_info_aes_gcm_128),
	TLSBIND_KEY_LAYOUT(TLS_CIPHER_AES_GCM_256, 0x1302,
			   tls12_crypto_info_aes_gcm_256),
	TLSBIND_KEY_LAYOUT(TLS_CIPHER_CHACHA20_POLY1305, 0x1303,
			   tls12_crypto_info_chacha20_poly1305),
	TLSBIND_KEY_LAYOUT(TLS_CIPHER_AES_CCM_128, 0x1304,
			   tls12_crypto_info_aes_ccm_128),
	TLSBIND_KEY_LAYOUT(TLS_CIPHER_SM4_GCM, 0x00c6,
			   tls12_crypto_info_sm4_gcm),
	TLSBIND_KEY_LAYOUT(TLS_CIPHER_SM4_CCM, 0x00c7,
			   tls12_crypto_info_sm4_ccm),
};

static const struct tlsbind_key_layout *tlsbind_key_layout(u16 cipher_type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tlsbind_key_layouts); i++)
		if (tlsbind_key_layouts[i].cipher_type == cipher_type)
			return &tlsbind_key_layouts[i];
	return NULL;
}

/**
 * tlsbind_key_read() - copy the key that kTLS uses
 * @crypto: crypto_send or crypto_recv of the socket's tls_context
 * @key: filled; secret, the caller wipes it, after an error too
 *
 * Context: any. Unless the socket is locked kTLS may change @crypto meanwhile, and
 * @key is what nobody ever had: see commitment.c.
 * Return: 0; -EPROTONOSUPPORT if it is not a TLS 1.3 key, or of a cipher whose
 * TLS 1.3 code point is not known here.
 */
int tlsbind_key_read(const union tls_crypto_context *crypto,
		     struct tlsbind_key_material *key)
{
	const struct tlsbind_key_layout *layout;
	const u8 *bytes = (const u8 *)crypto;

	memset(key, 0, sizeof(*key));
	key->tls_version = READ_ONCE(crypto->info.version);
	layout = tlsbind_key_layout(READ_ONCE(crypto->info.cipher_type));
	if (key->tls_version != TLS_1_3_VERSION || !layout)
		return -EPROTONOSUPPORT;
	if (layout->salt_len + layout->iv_len != TLSBIND_IV_SIZE ||
	    layout->key_len > TLSBIND_KEY_SIZE_MAX)
		return -EPROTONOSUPPORT;

	key->cipher_suite = layout->cipher_suite;
	key->key_len = layout->key_len;
	memcpy(key->key, bytes + layout->key_offset, layout->key_len);
	memcpy(key->iv, bytes + layout->salt_offset, layout->salt_len);
	memcpy(key->iv + layout->salt_len, bytes + layout->iv_offset,
	       layout->iv_len);
	return 0;
}
