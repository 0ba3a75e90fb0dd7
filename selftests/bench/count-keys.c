// SPDX-License-Identifier: MIT
/*
 * The installation of a key costs no more than it did: instructions of the guest, compared
 * with those written down here. They depend on the kernel and on who compiled it: when it is
 * another one, and the count without the module has changed, too, write down what is printed.
 */
#define _GNU_SOURCE
#include "../guest.h"
#include "cost.h"
#include "many-rules.h"

#define SLACK		10	/* percent */

/** struct recorded - what it cost when this was written */
struct recorded {
	int major, minor;	/* this kernel or newer */
	struct cost none;	/* without a rule */
	struct cost rules;	/* the last of 1,000 lets it be attested */
};

static const struct recorded recorded[] = {
	{ 7, 0, { 6840, 7395 }, { 7160, 7715 } },
	{ 6, 12, { 9297, 9812 }, { 9590, 10105 } },
};

static struct cost_listener here;
static struct nl nl;

static const struct recorded *recorded_here(void)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		if (guest_kernel(recorded[i].major, recorded[i].minor))
			return &recorded[i];
	tap_bail("nothing is written down for this kernel");
}

static struct cost measure(const char *what)
{
	struct cost cost = cost_measure(&here);

	printf("# %s: %llu to send with, %llu to receive with\n", what, (unsigned long long)cost.tx,
	       (unsigned long long)cost.rx);
	return cost;
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
	here.fd = ktls_listen(AF_INET, &here.address, &here.len);
	if (here.fd < 0)
		tap_bail("listener: %s", strerror(errno));
	tap_plan(4);
	measure("without the module");
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	none = measure("without a rule");
	many_rules(&nl, ntohs(((struct sockaddr_in *)&here.address)->sin_port));
	rules = measure("with 1,000 rules");
	compare("a key to send with", none.tx, was->none.tx);
	compare("a key to receive with", none.rx, was->none.rx);
	compare("a key to send with, under 1,000 rules", rules.tx, was->rules.tx);
	compare("a key to receive with, under 1,000 rules", rules.rx, was->rules.rx);
	return tap_done();
}
