// SPDX-License-Identifier: MIT
/*
 * The installation of a key costs no more than it did: instructions of the guest, compared
 * with those written down here. They depend on the kernel and on who compiled it: when it is
 * another one, and the count without the module has changed, too, write down what is printed.
 */
#define _GNU_SOURCE
#include "count.h"
#include "../guest.h"
#include "../ktls.h"
#include "../rules.h"

#define SUITE		0x1301
#define SAMPLES		51
#define WARM		5	/* not counted */
#define SLACK		10	/* percent */
#define RULES		1000

/* Medians, of both directions. */
struct cost {
	uint64_t tx, rx;
};

/** struct recorded - what it cost when this was written */
struct recorded {
	int major, minor;	/* this kernel or newer */
	struct cost none;	/* without a rule */
	struct cost rules;	/* the last of 1,000 lets it be attested */
};

static const struct recorded recorded[] = {
	{ 7, 0, { 7540, 7675 }, { 8277, 8412 } },
	{ 6, 12, { 9645, 9838 }, { 10316, 10509 } },
};

static struct sockaddr_storage address;
static socklen_t address_len;
static int listener;
static struct nl nl;

static const struct recorded *recorded_here(void)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		if (guest_kernel(recorded[i].major, recorded[i].minor))
			return &recorded[i];
	tap_bail("nothing is written down for this kernel");
}

static uint64_t install(int fd, int direction, unsigned int seed)
{
	struct ktls_key key = ktls_key(SUITE, seed);
	uint8_t info[KTLS_INFO_MAX];
	socklen_t len = ktls_encode(&key, info);
	uint64_t start = count_now();

	if (setsockopt(fd, SOL_TLS, direction, info, len))
		tap_bail("key: %s", strerror(errno));
	return count_now() - start;
}

/* Both keys of a connection of its own. */
static struct cost install_both(void)
{
	static unsigned int seed;
	struct cost cost;
	int fd[2];

	if (ktls_connect(listener, &address, address_len, fd) || ktls_attach(fd[0]))
		tap_bail("connection: %s", strerror(errno));
	cost.tx = install(fd[0], TLS_TX, seed++);
	cost.rx = install(fd[0], TLS_RX, seed++);
	ktls_reset(fd[0]);
	ktls_reset(fd[1]);
	return cost;
}

static struct cost measure(const char *what)
{
	uint64_t tx[SAMPLES], rx[SAMPLES];
	struct cost cost;

	for (int i = 0; i < WARM; i++)
		install_both();
	for (int i = 0; i < SAMPLES; i++) {
		cost = install_both();
		tx[i] = cost.tx;
		rx[i] = cost.rx;
	}
	cost.tx = count_median(tx, SAMPLES);
	cost.rx = count_median(rx, SAMPLES);
	printf("# %s: %llu to send with, %llu to receive with\n", what, (unsigned long long)cost.tx,
	       (unsigned long long)cost.rx);
	return cost;
}

static void set_rules(void)
{
	char rule[96];

	nl_begin(&nl, TLSBIND_CMD_RULES_REPLACE);
	for (int i = 1; i < RULES; i++) {
		snprintf(rule, sizeof(rule), "deny rport %d", i);
		rules_put(&nl, rule);
	}
	snprintf(rule, sizeof(rule), RULES_ALLOW_ALL " rport %u",
		 ntohs(((struct sockaddr_in *)&address)->sin_port));
	rules_put(&nl, rule);
	if (nl_call(&nl))
		tap_bail("rules: %s", nl.text);
}

static void compare(const char *what, uint64_t got, uint64_t was)
{
	tap_ok(100 * got <= (100 + SLACK) * was, "%s: %llu instructions, where it was %llu", what,
	       (unsigned long long)got, (unsigned long long)was);
}

int main(void)
{
	const struct recorded *was = recorded_here();
	struct cost none, rules;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!count_exact())
		tap_bail("virtual time is not counted in instructions");
	guest_need("load_ciphers; modprobe tls");
	listener = ktls_listen(AF_INET, &address, &address_len);
	if (listener < 0)
		tap_bail("listener: %s", strerror(errno));
	tap_plan(4);
	measure("without the module");
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	none = measure("without a rule");
	set_rules();
	rules = measure("with 1,000 rules");
	compare("a key to send with", none.tx, was->none.tx);
	compare("a key to receive with", none.rx, was->none.rx);
	compare("a key to send with, under 1,000 rules", rules.tx, was->rules.tx);
	compare("a key to receive with, under 1,000 rules", rules.rx, was->rules.rx);
	return tap_done();
}
