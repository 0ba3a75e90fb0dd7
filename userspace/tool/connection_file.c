/* SPDX-License-Identifier: MIT */
/*
 * Every member must be there: an omitted one would be a condition of the protocol that
 * nobody looked at.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include "connection_file.h"
#include "describe.h"
#include "tool.h"
#include "trust.h"

#define CONNECTION_GENERATION_MAX	65536	/* each is a computation */

/* Strings of JSON may be secrets. The memory is malloc()'s, so that free() fits, too. */
static void connection_free(void *data)
{
	if (data)
		OPENSSL_cleanse(data, malloc_usable_size(data));
	free(data);
}

static bool connection_members(const char *path, json_t *object, const char *const names[])
{
	const char *const *name;
	size_t count = 0;

	for (name = names; *name; name++, count++)
		if (!json_object_get(object, *name)) {
			tool_message("%s: no member \"%s\"", path, *name);
			return false;
		}
	if (json_object_size(object) == count)
		return true;
	tool_message("%s: a member that is not known", path);
	return false;
}

/* The key of a generation, from the traffic secret of generation 0. */
static bool connection_key(uint16_t suite, const char *hex, uint32_t generation,
			   struct tlsbind_key *key)
{
	uint8_t secret[TLSBIND_TRAFFIC_SECRET_MAX];
	size_t len = 0;
	bool ok;

	ok = tool_unhex(hex, secret, sizeof(secret), &len);
	while (ok && generation--)
		ok = !tlsbind_traffic_update(suite, secret, len);
	ok = ok && !tlsbind_traffic_key(suite, secret, len, key);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ok;
}

/**
 * struct connection_direction - where what is known of a direction goes
 * @name: member
 * @direction: TLSBIND_DIRECTION_*
 * @generation: of its key
 * @commitment: to its key
 */
struct connection_direction {
	const char *name;
	unsigned int direction;
	uint32_t *generation;
	uint8_t *commitment;
};

static bool connection_direction(const char *path, json_t *root, uint16_t suite,
				 const struct connection_direction *d)
{
	static const char *const members[] = { "secret", "generation", NULL };
	json_t *object = json_object_get(root, d->name);
	const char *secret = json_string_value(json_object_get(object, "secret"));
	const json_t *generation = json_object_get(object, "generation");
	struct tlsbind_key key;
	bool ok;

	if (!connection_members(path, object, members))
		return false;
	if (!json_is_integer(generation) || json_integer_value(generation) < 0 ||
	    json_integer_value(generation) > CONNECTION_GENERATION_MAX) {
		tool_message("%s: %s.generation is not a number from 0 to %d", path, d->name,
			     CONNECTION_GENERATION_MAX);
		return false;
	}
	*d->generation = (uint32_t)json_integer_value(generation);
	ok = secret && connection_key(suite, secret, *d->generation, &key) &&
	     !tlsbind_commitment(&key, d->direction, d->commitment);
	OPENSSL_cleanse(&key, sizeof(key));
	if (!ok)
		tool_message("%s: %s.secret is no traffic secret of this suite, in hex", path,
			     d->name);
	return ok;
}

static bool connection_bool(const char *path, json_t *root, const char *name, bool *out)
{
	const json_t *value = json_object_get(root, name);

	*out = json_is_true(value);
	if (json_is_boolean(value))
		return true;
	tool_message("%s: %s is neither true nor false", path, name);
	return false;
}

static bool connection_parse(const char *path, json_t *root, struct tlsbind_connection *out)
{
	static const char *const members[] = {
		"cipher-suite", "dhe", "full-handshake", "no-early-data", "tx", "rx", NULL
	};
	const struct connection_direction tx = {
		"tx", TLSBIND_DIRECTION_TX, &out->tx_generation, out->tx_commitment,
	}, rx = {
		"rx", TLSBIND_DIRECTION_RX, &out->rx_generation, out->rx_commitment,
	};
	const char *suite = json_string_value(json_object_get(root, "cipher-suite"));

	if (!connection_members(path, root, members))
		return false;
	out->tls_version = TLS1_3_VERSION;
	out->cipher_suite = suite ? tool_describe_suite_number(suite) : 0;
	if (!tlsbind_suite_key_size(out->cipher_suite)) {
		tool_message("%s: cipher-suite is not the name of one", path);
		return false;
	}
	snprintf(out->group, sizeof(out->group), "%s", "as the file says");
	return connection_bool(path, root, "dhe", &out->dhe) &&
	       connection_bool(path, root, "full-handshake", &out->full_handshake) &&
	       connection_bool(path, root, "no-early-data", &out->no_early_data) &&
	       connection_direction(path, root, out->cipher_suite, &tx) &&
	       connection_direction(path, root, out->cipher_suite, &rx);
}

int tool_connection_read(const char *path, struct tlsbind_connection *out)
{
	json_error_t error;
	uint8_t *text;
	json_t *root;
	size_t len;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (tool_trust_read(path, &text, &len))
		return -1;
	json_set_alloc_funcs(malloc, connection_free);
	root = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &error);
	OPENSSL_cleanse(text, len);
	free(text);
	if (!root)
		tool_message("%s:%d: no JSON", path, error.line);
	ok = root && connection_parse(path, root, out);
	json_decref(root);
	if (ok)
		return 0;
	memset(out, 0, sizeof(*out));
	return -1;
}
