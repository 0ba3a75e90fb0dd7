/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sites.h"

void judge_sites_init(struct judge_sites *sites, unsigned int open_max)
{
	sites->tree = NULL;
	TAILQ_INIT(&sites->ready[JUDGE_TURN_HOLD]);
	TAILQ_INIT(&sites->ready[JUDGE_TURN_RENEWAL]);
	sites->open_max = open_max;
}

static void judge_site_address(const struct in6_addr *address, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		inet_ntop(AF_INET, &address->s6_addr[12], out, (socklen_t)size);
	} else {
		inet_ntop(AF_INET6, address, text, sizeof(text));
		snprintf(out, size, "[%s]", text);
	}
}

char *judge_site_url(const char *pattern, const struct in6_addr *address)
{
	char host[INET6_ADDRSTRLEN + 2], *url = NULL;
	const char *found;
	size_t len;
	FILE *out = open_memstream(&url, &len);

	if (!out)
		return NULL;
	judge_site_address(address, host, sizeof(host));
	while ((found = strstr(pattern, JUDGE_SITE_ADDRESS))) {
		fprintf(out, "%.*s%s", (int)(found - pattern), pattern, host);
		pattern = found + strlen(JUDGE_SITE_ADDRESS);
	}
	fputs(pattern, out);
	if (!fclose(out))
		return url;
	free(url);
	return NULL;
}

static int judge_site_compare(const void *a, const void *b)
{
	return strcmp(((const struct judge_site *)a)->url, ((const struct judge_site *)b)->url);
}

static bool judge_site_free(const struct judge_sites *sites, const struct judge_site *site,
			    enum judge_turn turn)
{
	unsigned int half = sites->open_max > 1 ? sites->open_max / 2 : 1;

	return site->open[JUDGE_TURN_HOLD] + site->open[JUDGE_TURN_RENEWAL] < sites->open_max &&
	       (turn == JUDGE_TURN_HOLD || site->open[turn] < half);
}

/* Among those that may be asked, exactly if it may. */
static void judge_site_place(struct judge_sites *sites, struct judge_site *site)
{
	enum judge_turn turn;
	bool ready;

	for (turn = JUDGE_TURN_HOLD; turn < JUDGE_TURNS; turn++) {
		ready = !TAILQ_EMPTY(&site->waiting[turn]) && judge_site_free(sites, site, turn);
		if (ready && !site->ready[turn])
			TAILQ_INSERT_TAIL(&sites->ready[turn], site, link[turn]);
		if (!ready && site->ready[turn])
			TAILQ_REMOVE(&sites->ready[turn], site, link[turn]);
		site->ready[turn] = ready;
	}
}

static struct judge_site *judge_site_new(struct judge_sites *sites, char *url)
{
	struct judge_site *site = calloc(1, sizeof(*site));

	if (!site)
		return NULL;
	site->url = url;
	TAILQ_INIT(&site->waiting[JUDGE_TURN_HOLD]);
	TAILQ_INIT(&site->waiting[JUDGE_TURN_RENEWAL]);
	if (tsearch(site, &sites->tree, judge_site_compare))
		return site;
	free(site);
	return NULL;
}

int judge_sites_enter(struct judge_sites *sites, struct judge_hold *hold, const char *pattern)
{
	struct judge_site key = { .url = judge_site_url(pattern, &hold->address) }, **found, *site;

	if (!key.url)
		return -ENOMEM;
	found = (struct judge_site **)tfind(&key, &sites->tree, judge_site_compare);
	site = found ? *found : judge_site_new(sites, key.url);
	if (found || !site)
		free(key.url);
	if (!site)
		return -ENOMEM;
	site->holds++;
	hold->site = site;
	return 0;
}

void judge_sites_leave(struct judge_sites *sites, struct judge_hold *hold)
{
	struct judge_site *site = hold->site;

	hold->site = NULL;
	if (!site || --site->holds)
		return;
	tdelete(site, &sites->tree, judge_site_compare);
	free(site->url);
	free(site);
}

void judge_sites_queue(struct judge_sites *sites, struct judge_hold *hold, enum judge_turn turn)
{
	TAILQ_INSERT_TAIL(&hold->site->waiting[turn], hold, link);
	hold->queued = true;
	hold->turn = turn;
	judge_site_place(sites, hold->site);
}

void judge_sites_unqueue(struct judge_sites *sites, struct judge_hold *hold)
{
	if (!hold->queued)
		return;
	TAILQ_REMOVE(&hold->site->waiting[hold->turn], hold, link);
	hold->queued = false;
	judge_site_place(sites, hold->site);
}

struct judge_hold *judge_sites_next(struct judge_sites *sites, enum judge_turn turn)
{
	struct judge_site *site = TAILQ_FIRST(&sites->ready[turn]);
	struct judge_hold *hold;

	if (!site)
		return NULL;
	hold = TAILQ_FIRST(&site->waiting[turn]);
	TAILQ_REMOVE(&site->waiting[turn], hold, link);
	hold->queued = false;
	site->open[turn]++;
	TAILQ_REMOVE(&sites->ready[turn], site, link[turn]);
	site->ready[turn] = false;
	judge_site_place(sites, site);
	return hold;
}

void judge_sites_asked(struct judge_sites *sites, struct judge_hold *hold)
{
	hold->site->open[hold->turn]--;
	judge_site_place(sites, hold->site);
}
