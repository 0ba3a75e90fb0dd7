/* SPDX-License-Identifier: MIT */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "quota.h"

#define QUOTA_REQUEST	1000	/* of level */
#define QUOTA_FULL_MS	1000	/* until an empty bucket is full */

static int quota_compare(const void *a, const void *b)
{
	const struct quota *left = a, *right = b;

	return memcmp(&left->address, &right->address, sizeof(left->address));
}

/* Return: false for what is no peer. */
static bool quota_address(const struct sockaddr *address, struct in6_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (address && address->sa_family == AF_INET) {
		out->s6_addr[10] = out->s6_addr[11] = 0xff;
		memcpy(&out->s6_addr[12], &((const struct sockaddr_in *)address)->sin_addr, 4);
		return true;
	}
	if (!address || address->sa_family != AF_INET6)
		return false;
	*out = ((const struct sockaddr_in6 *)address)->sin6_addr;
	if (!IN6_IS_ADDR_V4MAPPED(out))
		memset(&out->s6_addr[8], 0, 8);
	return true;
}

static struct quota *quota_find(const struct quotas *quotas, const struct in6_addr *address)
{
	struct quota key = { .address = *address };
	struct quota **found = (struct quota **)tfind(&key, &quotas->tree, quota_compare);

	return found ? *found : NULL;
}

void quotas_init(struct quotas *quotas, unsigned int rate, unsigned int limit)
{
	quotas->tree = NULL;
	TAILQ_INIT(&quotas->idle);
	quotas->rate = rate;
	quotas->limit = limit;
}

static void quota_forget(struct quotas *quotas, struct quota *quota)
{
	TAILQ_REMOVE(&quotas->idle, quota, idle);
	tdelete(quota, &quotas->tree, quota_compare);
	free(quota);
}

void quotas_exit(struct quotas *quotas)
{
	struct quota *quota;

	while ((quota = TAILQ_FIRST(&quotas->idle)))
		quota_forget(quotas, quota);
}

/* Their buckets are full by now: as if they had never been there. */
static void quotas_expire(struct quotas *quotas, int64_t now)
{
	struct quota *quota;

	while ((quota = TAILQ_FIRST(&quotas->idle)) && now - quota->left >= QUOTA_FULL_MS)
		quota_forget(quotas, quota);
}

bool quotas_full(const struct quotas *quotas, const struct sockaddr *address)
{
	struct in6_addr key;
	const struct quota *quota;

	if (!quotas->limit || !quota_address(address, &key))
		return false;
	quota = quota_find(quotas, &key);
	return quota && quota->connections >= quotas->limit;
}

static struct quota *quota_new(struct quotas *quotas, const struct in6_addr *address, int64_t now)
{
	struct quota *quota = calloc(1, sizeof(*quota));

	if (!quota)
		return NULL;
	quota->address = *address;
	quota->level = (uint64_t)quotas->rate * QUOTA_REQUEST;
	quota->filled = now;
	if (tsearch(quota, &quotas->tree, quota_compare))
		return quota;
	free(quota);
	return NULL;
}

bool quota_enter(struct quotas *quotas, const struct sockaddr *address, int64_t now,
		 struct quota **out)
{
	struct in6_addr key;
	struct quota *quota;

	*out = NULL;
	quotas_expire(quotas, now);
	if (!quota_address(address, &key))
		return true;
	quota = quota_find(quotas, &key);
	if (!quota)
		quota = quota_new(quotas, &key, now);
	else if (!quota->connections)
		TAILQ_REMOVE(&quotas->idle, quota, idle);
	if (!quota)
		return false;
	quota->connections++;
	*out = quota;
	return true;
}

void quota_leave(struct quotas *quotas, struct quota *quota, int64_t now)
{
	if (!quota || --quota->connections)
		return;
	quota->left = now;
	TAILQ_INSERT_TAIL(&quotas->idle, quota, idle);
}

bool quota_charge(const struct quotas *quotas, struct quota *quota, int64_t now)
{
	uint64_t full = (uint64_t)quotas->rate * QUOTA_REQUEST;

	if (!quotas->rate || !quota)
		return true;
	/* A millisecond brings as many thousandths as there are requests in a second. */
	if (now - quota->filled >= QUOTA_FULL_MS)
		quota->level = full;
	else
		quota->level += (uint64_t)(now - quota->filled) * quotas->rate;
	if (quota->level > full)
		quota->level = full;
	quota->filled = now;
	if (quota->level < QUOTA_REQUEST)
		return false;
	quota->level -= QUOTA_REQUEST;
	return true;
}
