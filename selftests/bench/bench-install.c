// SPDX-License-Identifier: MIT
/*
 * What the installation of a key costs, in both directions: without the module, with it, and with
 * rules of which the last is the one that matches. Prints a table and, in one line, JSON.
 */
#define _GNU_SOURCE
#include <sys/utsname.h>

#include <jansson.h>

#include "../guest.h"
#include "cost.h"
#include "../rules.h"

#define PORT		20000	/* amid those of the other rules */
#define RULE_LEN	96

/* What the rules of a set demand; one line of text for the i-th that does not match. */
struct family {
	const char *name;
	const char *match;
	void (*other)(char *rule, unsigned int i);
};

static void exact(char *rule, unsigned int i)
{
	snprintf(rule, RULE_LEN, "deny rport %u", 1 + i);
}

/* Eight lengths, each network once. */
static void prefix(char *rule, unsigned int i)
{
	snprintf(rule, RULE_LEN, "deny remote 10.%u.%u.0/%u", i >> 8, i & 255, 24 + i % 8);
}

/* Three ports each, on both sides of ours. */
static void range(char *rule, unsigned int i)
{
	unsigned int first = 1 + 3 * i;

	if (first + 2 >= PORT)
		first += 3;
	snprintf(rule, RULE_LEN, "deny rport %u-%u", first, first + 2);
}

static const struct family families[] = {
	{ "port", RULES_ALLOW_ALL " rport 20000", exact },
	{ "prefix", RULES_ALLOW_ALL " remote 127.0.0.0/8", prefix },
	{ "range", RULES_ALLOW_ALL " rport 19999-20001", range },
};

static const unsigned int counts[] = { 1, 1000, 10000 };

#define FAMILIES	(sizeof(families) / sizeof(families[0]))
#define COUNTS		(sizeof(counts) / sizeof(counts[0]))

static struct cost_listener here;
static struct nl nl;

static void listen_at_port(void)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&here.address;
	int on = 1;

	here.len = ktls_loopback(AF_INET, &here.address);
	in->sin_port = htons(PORT);
	here.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(here.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (here.fd < 0 || bind(here.fd, (struct sockaddr *)&here.address, here.len) ||
	    listen(here.fd, 16))
		tap_bail("listener: %s", strerror(errno));
}

static void set_rules(const struct family *family, unsigned int count)
{
	char rule[RULE_LEN];
	int error;

	nl_begin(&nl, TLSBIND_CMD_RULES_REPLACE);
	for (unsigned int i = 0; i + 1 < count; i++) {
		family->other(rule, i);
		rules_put(&nl, rule);
	}
	rules_put(&nl, family->match);
	error = nl_call(&nl);
	if (error)
		tap_bail("rules: %s: %s", strerror(error), nl.text);
}

/* A line of the table, and of the JSON. @without: the first such line. */
static void row(json_t *rows, const char *what, unsigned int rules, struct cost cost,
		struct cost without)
{
	printf("%-12s %6u %10llu %10.2f %10llu %10.2f\n", what, rules, (unsigned long long)cost.tx,
	       (double)cost.tx / without.tx, (unsigned long long)cost.rx,
	       (double)cost.rx / without.rx);
	json_array_append_new(rows, json_pack("{s:s, s:i, s:I, s:I}", "rules", what, "count", (int)rules,
					      "tx", (json_int_t)cost.tx, "rx", (json_int_t)cost.rx));
}

static json_t *measure_all(void)
{
	json_t *rows = json_array();
	struct cost without;

	guest_need("load_ciphers; modprobe tls");
	listen_at_port();
	printf("%-12s %6s %10s %10s %10s %10s\n", "rules", "count", "TLS_TX", "to without", "TLS_RX",
	       "to without");
	without = cost_measure(&here);
	row(rows, "no module", 0, without, without);
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	row(rows, "none", 0, cost_measure(&here), without);
	for (size_t i = 0; i < FAMILIES; i++)
		for (size_t j = 0; j < COUNTS; j++) {
			set_rules(&families[i], counts[j]);
			row(rows, families[i].name, counts[j], cost_measure(&here), without);
		}
	return rows;
}

int main(void)
{
	const char *unit = count_exact() ? "instructions" : "ticks";
	struct utsname name;
	json_t *result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&name);
	printf("Installing a key, %s, medians of %d, kernel %s:\n", unit, COST_SAMPLES, name.release);
	result = json_pack("{s:s, s:s, s:i, s:o}", "kernel", name.release, "unit", unit, "samples",
			   COST_SAMPLES, "install", measure_all());
	json_dumpf(result, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(result);
	return 0;
}
