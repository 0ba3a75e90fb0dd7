// SPDX-License-Identifier: MIT
/*
 * What the installation of a key costs: without the module, with it, and with rules of
 * which the last is the one that matches. Prints a table and, in one line, JSON.
 */
#define _GNU_SOURCE
#include <sys/utsname.h>

#include <jansson.h>

#include "count.h"
#include "../guest.h"
#include "../ktls.h"
#include "../rules.h"

#define SUITE		0x1301
#define SAMPLES		101
#define WARM		5	/* not counted */
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

static struct sockaddr_storage address;
static socklen_t address_len;
static int listener;
static struct nl nl;

static void listen_at_port(void)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	int on = 1;

	address_len = ktls_loopback(AF_INET, &address);
	in->sin_port = htons(PORT);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, address_len) ||
	    listen(listener, 16))
		tap_bail("listener: %s", strerror(errno));
}

/* One key, on a connection of its own that has kTLS already. */
static uint64_t install(void)
{
	static unsigned int seed;
	struct ktls_key key = ktls_key(SUITE, seed++);
	uint8_t info[KTLS_INFO_MAX];
	socklen_t len = ktls_encode(&key, info);
	uint64_t start, end;
	int fd[2], ret;

	if (ktls_connect(listener, &address, address_len, fd) || ktls_attach(fd[0]))
		tap_bail("connection: %s", strerror(errno));
	start = count_now();
	ret = setsockopt(fd[0], SOL_TLS, TLS_TX, info, len);
	end = count_now();
	if (ret)
		tap_bail("key: %s", strerror(errno));
	ktls_reset(fd[0]);
	ktls_reset(fd[1]);
	return end - start;
}

static uint64_t measure(void)
{
	uint64_t samples[SAMPLES];

	for (int i = 0; i < WARM; i++)
		install();
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = install();
	return count_median(samples, SAMPLES);
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

/* A line of the table, and of the JSON. @one: with one such rule, 0 if that is senseless. */
static void row(json_t *rows, const char *what, unsigned int rules, uint64_t median,
		uint64_t without, uint64_t one)
{
	printf("%-12s %6u %10llu %10.2f", what, rules, (unsigned long long)median,
	       (double)median / without);
	if (one)
		printf(" %10.2f", (double)median / one);
	printf("\n");
	json_array_append_new(rows, json_pack("{s:s, s:i, s:I}", "rules", what, "count", (int)rules,
					      "median", (json_int_t)median));
}

static void measure_family(json_t *rows, const struct family *family, uint64_t without)
{
	uint64_t one = 0, median;

	for (size_t i = 0; i < COUNTS; i++) {
		set_rules(family, counts[i]);
		median = measure();
		one = i ? one : median;
		row(rows, family->name, counts[i], median, without, one);
	}
}

static json_t *measure_all(void)
{
	json_t *rows = json_array();
	uint64_t without;

	guest_need("load_ciphers; modprobe tls");
	listen_at_port();
	printf("%-12s %6s %10s %10s %10s\n", "rules", "count", "median", "to without", "to one");
	without = measure();
	row(rows, "no module", 0, without, without, 0);
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	row(rows, "none", 0, measure(), without, 0);
	for (size_t i = 0; i < FAMILIES; i++)
		measure_family(rows, &families[i], without);
	return rows;
}

int main(void)
{
	const char *unit = count_exact() ? "instructions" : "ticks";
	struct utsname name;
	json_t *result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&name);
	printf("Installing a key (TLS_TX), %s, median of %d, kernel %s:\n", unit, SAMPLES, name.release);
	result = json_pack("{s:s, s:s, s:i, s:o}", "kernel", name.release, "unit", unit, "samples",
			   SAMPLES, "install", measure_all());
	json_dumpf(result, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(result);
	return 0;
}
