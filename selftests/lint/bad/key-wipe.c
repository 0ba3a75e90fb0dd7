// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. A line that must be reported says BAD, any other must not be. */
#include "key.h"

int early_return(const union tls_crypto_context *crypto)
{
	struct tlsbind_key_material key;
	int ret;

	ret = tlsbind_key_read(crypto, &key);
	if (ret)
		return ret;	/* BAD */
	memzero_explicit(&key, sizeof(key));
	return 0;
}

int wiped(const union tls_crypto_context *crypto)
{
	struct tlsbind_key_material key;
	int ret;

	if (!crypto)
		return -EINVAL;
	ret = tlsbind_key_read(crypto, &key);
	memzero_explicit(&key, sizeof(key));
	return ret;
}

void falls_off_the_end(const union tls_crypto_context *crypto)
{
	struct tlsbind_key_material key = {};

	tlsbind_key_read(crypto, &key);
	use(&key);
}	/* BAD */

int array(struct tlsbind_commit_input *input)
{
	u8 traffic_secret[48];
	int ret = derive(input, traffic_secret);

	if (!ret)
		memzero_explicit(traffic_secret, sizeof(traffic_secret));
	return ret;	/* BAD */
}

void heap(struct tlsbind_key_material *key, struct tlsbind_key_material *other)
{
	*other = *key;	/* BAD */
	kfree(key);	/* BAD */
	kfree_sensitive(other);
}

void context(struct tls_context *ctx)
{
	union tls_crypto_context copy;

	copy = ctx->crypto_send;	/* BAD */
	use(&copy);
	memzero_explicit(&copy, sizeof(copy));
}
