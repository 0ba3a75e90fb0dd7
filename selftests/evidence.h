/* SPDX-License-Identifier: MIT */
/*
 * Asking for evidence and taking it apart, for the tests: written from the
 * protocol, sharing nothing with the module or libtlsbind. vectors-kernel checks
 * it against selftests/vectors before it is believed.
 */
#ifndef TLSBIND_EVIDENCE_H
#define TLSBIND_EVIDENCE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <poll.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <linux/tlsbind.h>

#include "ktls.h"

#define EVIDENCE_MAX		(1 << 20)
#define EVIDENCE_SNP_REPORT_DATA 0x50	/* where an SNP report has REPORT_DATA */

/** struct evidence - evidence taken apart; pointers lead into the bytes it came from */
struct evidence {
	struct tlsbind_claims claims;
	uint32_t leaf_index;
	uint32_t tree_size;
	const uint8_t *path;
	uint32_t path_nodes;
	const uint8_t *boot_nonce;
	const char *provider;
	uint32_t provider_len;
	const uint8_t *report;
	uint32_t report_len;
	const uint8_t *aux;
	uint32_t aux_len;
};

static inline void evidence_nonce(uint8_t nonce[TLSBIND_NONCE_SIZE], unsigned int seed)
{
	for (int i = 0; i < TLSBIND_NONCE_SIZE; i++)
		nonce[i] = seed * 13 + i;
	memcpy(nonce, &seed, sizeof(seed));
}

/** evidence_ask() - a challenge whose nonce comes from @seed. */
static inline int evidence_ask(int fd, unsigned int seed)
{
	struct tlsbind_challenge c = { 0 };

	evidence_nonce(c.nonce, seed);
	return setsockopt(fd, SOL_TLS, TLSBIND_CHALLENGE, &c, sizeof(c));
}

/** evidence_read() - Return: length of the evidence, or -1. */
static inline ssize_t evidence_read(int fd, void *buf, size_t size)
{
	socklen_t len = size;

	return getsockopt(fd, SOL_TLS, TLSBIND_EVIDENCE, buf, &len) ? -1 : (ssize_t)len;
}

/* One TLV that must be there and of this type; moves *p behind it. */
static inline const uint8_t *evidence_tlv(const uint8_t **p, const uint8_t *end, uint16_t type,
					  uint32_t *len)
{
	const uint8_t *value = *p + TLSBIND_TLV_HEADER_SIZE;
	uint16_t t;
	uint32_t l;

	if (end - *p < TLSBIND_TLV_HEADER_SIZE)
		return NULL;
	memcpy(&t, *p, 2);
	memcpy(&l, *p + 2, 4);
	if (be16toh(t) != type || be32toh(l) > (size_t)(end - value))
		return NULL;
	*len = be32toh(l);
	*p = value + *len;
	return value;
}

static inline bool evidence_u32(const uint8_t **p, const uint8_t *end, uint16_t type,
				uint32_t *number)
{
	uint32_t len;
	const uint8_t *value = evidence_tlv(p, end, type, &len);

	if (!value || len != 4)
		return false;
	memcpy(number, value, 4);
	*number = be32toh(*number);
	return true;
}

/** evidence_parse() - Return: whether @buf is evidence and nothing else. */
static inline bool evidence_parse(struct evidence *e, const uint8_t *buf, size_t size)
{
	const uint8_t *p = buf, *end = buf + size, *value;
	uint32_t len;

	memset(e, 0, sizeof(*e));
	value = evidence_tlv(&p, end, TLSBIND_TLV_CLAIMS, &len);
	if (!value || len != TLSBIND_CLAIMS_SIZE)
		return false;
	memcpy(&e->claims, value, len);
	if (!evidence_u32(&p, end, TLSBIND_TLV_LEAF_INDEX, &e->leaf_index) ||
	    !evidence_u32(&p, end, TLSBIND_TLV_TREE_SIZE, &e->tree_size))
		return false;
	e->path = evidence_tlv(&p, end, TLSBIND_TLV_PATH, &len);
	if (!e->path || len % TLSBIND_HASH_SIZE)
		return false;
	e->path_nodes = len / TLSBIND_HASH_SIZE;
	e->boot_nonce = evidence_tlv(&p, end, TLSBIND_TLV_BOOT_NONCE, &len);
	if (!e->boot_nonce || len != TLSBIND_BOOT_NONCE_SIZE)
		return false;
	e->provider = (const char *)evidence_tlv(&p, end, TLSBIND_TLV_PROVIDER, &e->provider_len);
	e->report = e->provider ? evidence_tlv(&p, end, TLSBIND_TLV_REPORT, &e->report_len) : NULL;
	if (!e->report)
		return false;
	if (p < end)
		e->aux = evidence_tlv(&p, end, TLSBIND_TLV_AUX, &e->aux_len);
	return p == end;
}

static inline void evidence_sha384(const void *data, size_t len, uint8_t out[TLSBIND_HASH_SIZE])
{
	EVP_Digest(data, len, out, NULL, EVP_sha384(), NULL);
}

/** evidence_commitment() - the protocol's commitment to a key. */
static inline void evidence_commitment(uint8_t direction, const struct ktls_key *k,
				       uint8_t out[TLSBIND_COMMITMENT_SIZE])
{
	size_t key_len = ktls_suite_find(k->suite)->key_len;
	uint8_t m[64], *p = m;

	p = (uint8_t *)memcpy(p, TLSBIND_LABEL_KEY, sizeof(TLSBIND_LABEL_KEY)) +
	    sizeof(TLSBIND_LABEL_KEY);
	*p++ = direction;
	*p++ = k->version >> 8;
	*p++ = k->version & 0xff;
	*p++ = k->suite >> 8;
	*p++ = k->suite & 0xff;
	*p++ = 0;
	*p++ = key_len;
	*p++ = TLSBIND_IV_SIZE;
	p = (uint8_t *)memcpy(p, k->iv, TLSBIND_IV_SIZE) + TLSBIND_IV_SIZE;
	HMAC(EVP_sha384(), k->key, key_len, m, p - m, out, NULL);
}

/** evidence_connection_id() - the protocol's name of a connection. */
static inline void evidence_connection_id(const uint8_t *c_tx, const uint8_t *c_rx,
					  uint8_t id[TLSBIND_CONNECTION_ID_SIZE])
{
	uint8_t m[sizeof(TLSBIND_LABEL_CONNECTION) + 2 * TLSBIND_COMMITMENT_SIZE];
	uint8_t digest[TLSBIND_HASH_SIZE];

	memcpy(m, TLSBIND_LABEL_CONNECTION, sizeof(TLSBIND_LABEL_CONNECTION));
	memcpy(m + sizeof(TLSBIND_LABEL_CONNECTION), c_tx, TLSBIND_COMMITMENT_SIZE);
	memcpy(m + sizeof(m) - TLSBIND_COMMITMENT_SIZE, c_rx, TLSBIND_COMMITMENT_SIZE);
	evidence_sha384(m, sizeof(m), digest);
	memcpy(id, digest, TLSBIND_CONNECTION_ID_SIZE);
}

static inline void evidence_leaf(const struct tlsbind_claims *claims,
				 uint8_t leaf[TLSBIND_HASH_SIZE])
{
	uint8_t m[1 + TLSBIND_CLAIMS_SIZE] = { TLSBIND_PREFIX_LEAF };

	memcpy(m + 1, claims, TLSBIND_CLAIMS_SIZE);
	evidence_sha384(m, sizeof(m), leaf);
}

static inline void evidence_node(const uint8_t *left, const uint8_t *right,
				 uint8_t node[TLSBIND_HASH_SIZE])
{
	uint8_t m[1 + 2 * TLSBIND_HASH_SIZE] = { TLSBIND_PREFIX_NODE };

	memcpy(m + 1, left, TLSBIND_HASH_SIZE);
	memcpy(m + 1 + TLSBIND_HASH_SIZE, right, TLSBIND_HASH_SIZE);
	evidence_sha384(m, sizeof(m), node);
}

/** evidence_root() - RFC 9162 section 2.1.3.2. Return: false if the path cannot be one. */
static inline bool evidence_root(const uint8_t *leaf, uint32_t index, uint32_t size,
				 const uint8_t *path, uint32_t nodes,
				 uint8_t root[TLSBIND_HASH_SIZE])
{
	uint32_t fn = index, sn = size - 1;

	if (index >= size)
		return false;
	memcpy(root, leaf, TLSBIND_HASH_SIZE);
	for (; nodes--; path += TLSBIND_HASH_SIZE, fn >>= 1, sn >>= 1) {
		if (!sn)
			return false;
		if (!(fn & 1) && fn != sn) {
			evidence_node(root, path, root);
			continue;
		}
		evidence_node(path, root, root);
		while (fn && !(fn & 1)) {
			fn >>= 1;
			sn >>= 1;
		}
	}
	return !sn;
}

/** evidence_report_data() - REPORT_DATA for this root. */
static inline void evidence_report_data(uint32_t tree_size, const uint8_t *root,
					const uint8_t *boot_nonce,
					uint8_t out[TLSBIND_REPORT_DATA_SIZE])
{
	static const uint8_t tag[TLSBIND_TAG_SIZE] = { 'T', 'L', 'S', 'B', 'I', 'N', 'D', 0, 1, 1 };
	uint8_t m[sizeof(TLSBIND_LABEL_REPORT) + 16 + 4 + 48 + 32], *p = m;
	uint32_t size = htobe32(tree_size);

	p = (uint8_t *)memcpy(p, TLSBIND_LABEL_REPORT, sizeof(TLSBIND_LABEL_REPORT)) +
	    sizeof(TLSBIND_LABEL_REPORT);
	p = (uint8_t *)memcpy(p, tag, sizeof(tag)) + sizeof(tag);
	p = (uint8_t *)memcpy(p, &size, 4) + 4;
	p = (uint8_t *)memcpy(p, root, TLSBIND_HASH_SIZE) + TLSBIND_HASH_SIZE;
	memcpy(p, boot_nonce, TLSBIND_BOOT_NONCE_SIZE);
	memcpy(out, tag, sizeof(tag));
	evidence_sha384(m, sizeof(m), out + sizeof(tag));
}

/** evidence_expected() - what the report must contain. Return: false if the tree is broken. */
static inline bool evidence_expected(const struct evidence *e,
				     uint8_t report_data[TLSBIND_REPORT_DATA_SIZE])
{
	uint8_t leaf[TLSBIND_HASH_SIZE], root[TLSBIND_HASH_SIZE];

	if (!e->boot_nonce)
		return false;
	evidence_leaf(&e->claims, leaf);
	if (!evidence_root(leaf, e->leaf_index, e->tree_size, e->path, e->path_nodes, root))
		return false;
	evidence_report_data(e->tree_size, root, e->boot_nonce, report_data);
	return true;
}

/** evidence_bound() - Return: claims, tree and boot nonce are what the SNP report signs. */
static inline bool evidence_bound(const struct evidence *e)
{
	uint8_t want[TLSBIND_REPORT_DATA_SIZE];

	return evidence_expected(e, want) && e->report &&
	       e->report_len >= EVIDENCE_SNP_REPORT_DATA + sizeof(want) &&
	       !memcmp(e->report + EVIDENCE_SNP_REPORT_DATA, want, sizeof(want));
}

/** evidence_bound_to() - evidence_bound(), and the nonce is that of @seed. */
static inline bool evidence_bound_to(const struct evidence *e, unsigned int seed)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE];

	evidence_nonce(nonce, seed);
	return !memcmp(e->claims.nonce, nonce, sizeof(nonce)) && evidence_bound(e);
}

/** evidence_fetch() - wait for evidence about the challenge of @seed. Return: it is right. */
static inline bool evidence_fetch(int fd, unsigned int seed)
{
	static __thread uint8_t buf[65536];
	struct evidence e;
	ssize_t n = evidence_read(fd, buf, sizeof(buf));

	return n > 0 && evidence_parse(&e, buf, n) && evidence_bound_to(&e, seed);
}

/** evidence_eventfd() - attach a new eventfd. Return: it, or -1. */
static inline int evidence_eventfd(int fd)
{
	__s32 event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (event < 0 || !setsockopt(fd, SOL_TLS, TLSBIND_EVENTFD, &event, sizeof(event)))
		return event;
	close(event);
	return -1;
}

/** evidence_signalled() - wait at most @ms. Return: the count of @event, 0 if not signalled. */
static inline uint64_t evidence_signalled(int event, int ms)
{
	struct pollfd p = { .fd = event, .events = POLLIN };
	uint64_t count = 0;

	if (poll(&p, 1, ms) != 1 || read(event, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

#endif
