// SPDX-License-Identifier: MIT
/* What anybody may ask by netlink: version, provider, counters. */
#define _GNU_SOURCE
#include "as.h"
#include "evidence.h"
#include "genl.h"

#define SUITE 0x1301

struct answer {
	const struct nlattr *tb[GENL_ATTRS + 1];
	uint8_t bytes[4096];
};

static void keep(const struct nlmsghdr *h, void *arg)
{
	struct answer *a = arg;

	if (h->nlmsg_len > sizeof(a->bytes))
		tap_bail("answer of %u bytes", h->nlmsg_len);
	memcpy(a->bytes, h, h->nlmsg_len);
	genl_attrs(a->tb, GENL_ATTRS, (struct nlmsghdr *)a->bytes);
}

static int ask(struct genl *g, uint8_t cmd, struct answer *a)
{
	memset(a, 0, sizeof(*a));
	return genl_simple(g, cmd, 0, keep, a);
}

#define VERSION_TESTS 4

static void test_version(struct genl *g)
{
	struct answer a;

	tap_equal(ask(g, TLSBIND_CMD_VERSION_GET, &a), 0, "the version is told");
	tap_ok(a.tb[TLSBIND_A_VERSION_MODULE] &&
	       strchr(genl_data(a.tb[TLSBIND_A_VERSION_MODULE]), '.'), "the module has one");
	tap_equal(genl_number(a.tb[TLSBIND_A_VERSION_PROTOCOL]), TLSBIND_PROTOCOL_VERSION,
		  "the protocol has one");
	tap_ok(genl_number(a.tb[TLSBIND_A_VERSION_FLAGS]) >= 0, "flags of every connection are told");
}

static bool provider_is(struct genl *g, long long available)
{
	struct answer a;

	for (int i = 0; i < 200 * guest_slow(); i++, usleep(50000)) {
		if (ask(g, TLSBIND_CMD_PROVIDER_GET, &a))
			return false;
		if (genl_number(a.tb[TLSBIND_A_PROVIDER_AVAILABLE]) == available)
			return true;
	}
	return false;
}

#define PROVIDER_TESTS 6

static void test_provider(struct genl *g)
{
	struct answer a;
	int fd[2];

	tap_ok(provider_is(g, 0), "without a provider none is available");
	guest_need("load_mock sev_guest");
	tap_ok(provider_is(g, 1), "with one it is");
	ask(g, TLSBIND_CMD_PROVIDER_GET, &a);
	tap_ok(!a.tb[TLSBIND_A_PROVIDER_NAME], "it has no name before it made a report");
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	tap_ok(!evidence_ask(fd[0], 1) && evidence_fetch(fd[0], 1), "a report is made");
	ask(g, TLSBIND_CMD_PROVIDER_GET, &a);
	tap_ok(a.tb[TLSBIND_A_PROVIDER_NAME] &&
	       !strcmp(genl_data(a.tb[TLSBIND_A_PROVIDER_NAME]), "sev_guest"), "and has a name then");
	ktls_close_pair(fd);
	tap_ok(access("/sys/kernel/config/tsm/report/tlsbind", F_OK), "looking left no entry behind");
}

static long long stat_get(struct genl *g, int attr)
{
	struct answer a;

	return ask(g, TLSBIND_CMD_STATS_GET, &a) ? -1 : genl_number(a.tb[attr]);
}

#define STATS_TESTS 4

static void test_stats(struct genl *g)
{
	struct answer a;
	int attr, fd[2];

	tap_equal(ask(g, TLSBIND_CMD_STATS_GET, &a), 0, "counters are told");
	for (attr = 1; attr <= TLSBIND_A_STATS_MAX && genl_len(a.tb[attr]) == 8; attr++)
		;
	tap_equal(attr, TLSBIND_A_STATS_MAX + 1, "all of them, as 64 bits");
	if (ktls_pair(AF_INET, SUITE, 3, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	tap_equal(stat_get(g, TLSBIND_A_STATS_SOCKETS), 2, "two ends of a connection are two sockets");
	ktls_close_pair(fd);
	tap_equal(stat_get(g, TLSBIND_A_STATS_SOCKETS), 0, "closed sockets are none");
}

static int unprivileged(void *arg)
{
	struct answer a;
	struct genl g;

	(void)arg;
	if (as_nobody() || genl_open(&g))
		return 1;
	return ask(&g, TLSBIND_CMD_VERSION_GET, &a) || ask(&g, TLSBIND_CMD_PROVIDER_GET, &a) ||
	       ask(&g, TLSBIND_CMD_STATS_GET, &a);
}

int main(void)
{
	struct genl g;

	tap_plan(VERSION_TESTS + PROVIDER_TESTS + STATS_TESTS + 1);
	guest_load();
	genl_need(&g);
	test_version(&g);
	test_provider(&g);
	test_stats(&g);
	tap_equal(as_child(unprivileged, NULL), 0, "nobody in particular may ask all that");
	return tap_done();
}
