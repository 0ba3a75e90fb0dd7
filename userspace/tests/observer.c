/* SPDX-License-Identifier: MIT */
#include "observer.h"

struct observed {
	uint8_t secret[48];
	size_t len;
};

static struct observed observed_client, observed_server;

static void observer_read(struct observed *out, const char *hex)
{
	OPENSSL_hexstr2buf_ex(out->secret, sizeof(out->secret), &out->len, hex, '\0');
}

void observer_log(const SSL *ssl, const char *line)
{
	const char *hex = strrchr(line, ' ') + 1;

	(void)ssl;
	if (!strncmp(line, "CLIENT_TRAFFIC_SECRET_0", 23))
		observer_read(&observed_client, hex);
	if (!strncmp(line, "SERVER_TRAFFIC_SECRET_0", 23))
		observer_read(&observed_server, hex);
}

void observer_watch(SSL_CTX *ctx)
{
	memset(&observed_client, 0, sizeof(observed_client));
	memset(&observed_server, 0, sizeof(observed_server));
	SSL_CTX_set_keylog_callback(ctx, observer_log);
}

bool observer_saw(void)
{
	return observed_client.len && observed_server.len;
}

void observer_commit(bool server, uint16_t suite, unsigned int updates, unsigned int direction,
		     uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	struct observed copy = server ? observed_server : observed_client;
	struct tlsbind_key key;

	while (updates--)
		assert_int_equal(tlsbind_traffic_update(suite, copy.secret, copy.len), 0);
	assert_int_equal(tlsbind_traffic_key(suite, copy.secret, copy.len, &key), 0);
	assert_int_equal(tlsbind_commitment(&key, direction, out), 0);
}
