// SPDX-License-Identifier: MIT
/*
 * What a tree costs beyond its hashes: the module's own binding.c, built for user space,
 * makes leaves, tree and every path of as many claims as fit into a larger tree than the
 * module makes: once with SHA-384 of libcrypto, and once with a function in its place that
 * only fills its result. Processor time of this machine, the least of some rounds, for each leaf.
 * Prints a table and, in one line, JSON.
 *   bench-tree
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../kmod/binding.h"

#include <crypto/sha2.h>

#define ROUNDS		9

static const u32 sizes[] = { 1024, 8192, TLSBIND_TREE_SIZE_MAX };

static_assert(TLSBIND_TREE_SIZE_MAX == 65536, "tree/include is not the first to be searched");

static struct tlsbind_claims *claims;
static struct tlsbind_hash *nodes;
static struct tlsbind_hash (*paths)[TLSBIND_PATH_MAX];
static uint64_t hashes;
static bool hashing;

void sha384(const void *data, size_t len, u8 *out)
{
	hashes++;
	if (hashing)
		SHA384(data, len, out);
	else
		memset(out, *(const u8 *)data, SHA384_DIGEST_SIZE);
}

void hmac_sha384_usingrawkey(const u8 *key, size_t key_len, const void *data, size_t len, u8 *out)
{
	HMAC(EVP_sha384(), key, key_len, data, len, out, NULL);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* All that the module does for a report, but for what it says of sockets. */
static uint64_t grow(u32 size)
{
	const struct tlsbind_hash *root;
	uint64_t start = now();
	u32 i;

	for (i = 0; i < size; i++)
		if (tlsbind_binding_leaf(&claims[i], &nodes[i]))
			abort();
	if (tlsbind_binding_tree(nodes, size, &root))
		abort();
	for (i = 0; i < size; i++)
		tlsbind_binding_path(nodes, size, i, paths[i]);
	return now() - start;
}

/* Return: the least time that it takes, with hashes or without. */
static uint64_t measure(u32 size, bool with)
{
	uint64_t least = UINT64_MAX, count, ns;

	hashing = with;
	for (int i = 0; i < ROUNDS; i++) {
		count = hashes;
		ns = grow(size);
		if (hashes - count != 2 * (uint64_t)size - 1)
			abort();
		least = ns < least ? ns : least;
	}
	return least;
}

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

int main(void)
{
	char json[1024];
	int used = 0;

	claims = allocate(TLSBIND_TREE_SIZE_MAX, sizeof(*claims));
	nodes = allocate(TLSBIND_BINDING_NODES(TLSBIND_TREE_SIZE_MAX), sizeof(*nodes));
	paths = allocate(TLSBIND_TREE_SIZE_MAX, sizeof(*paths));
	for (u32 i = 0; i < TLSBIND_TREE_SIZE_MAX; i++)
		memcpy(claims[i].nonce, &i, sizeof(i));
	printf("A tree, nanoseconds of this machine for each leaf, least of %d:\n", ROUNDS);
	printf("%12s %12s %12s\n", "leaves", "all", "but hashes");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double all = (double)measure(sizes[i], true) / sizes[i];
		double beyond = (double)measure(sizes[i], false) / sizes[i];

		printf("%12u %12.0f %12.0f\n", sizes[i], all, beyond);
		used += snprintf(json + used, sizeof(json) - used,
				 "%s{\"leaves\":%u,\"all_ns\":%.1f,\"beyond_ns\":%.1f}",
				 i ? "," : "", sizes[i], all, beyond);
	}
	printf("[%s]\n", json);
	return 0;
}
