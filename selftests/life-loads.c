// SPDX-License-Identifier: MIT
/*
 * The module comes, or goes, between the two keys of a connection. Nobody can judge
 * a connection that has a key which was not seen, so a rule with "gate" ends it.
 */
#define _GNU_SOURCE
#include "rules-line.h"
#include "gate.h"
#include "life.h"
#include "stall.h"

static struct nl nl;
static struct genl judge;

static void module_comes(const char *rule)
{
	guest_need("load_module");
	if (nl_open(&nl) || rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
	gate_judge(&judge);
}

static void module_goes(void)
{
	nl_close(&nl);
	close(judge.fd);
	guest_need("unload_module");
}

/* Refused as it must be: the other end sees a reset, and the judge was not asked. */
static bool refused(struct line *l, int ret)
{
	int error = ret ? errno : 0;

	if (error == ESTALE && gate_quiet(&judge))
		return line_dead(l, ESTALE);
	tap_diag("%s", strerror(error));
	return false;
}

#define GATE_TESTS (guest_rekeys() ? 7 : 5)

static void test_gate(void)
{
	struct line server = line_open(FAR4), client = line_open(FAR6), both = line_keyed(FAR4);
	struct line again = line_keyed(FAR4), fresh;
	struct gate_waiter w;
	struct gate_hold hold;
	struct ktls_key next = ktls_key(SUITE, 4000);

	if (line_tx(&server) || line_rx(&client))
		tap_bail("keys: %s", strerror(errno));
	module_comes("gate");
	tap_ok(line_lives(&both), "what has both keys when the module comes lives on");
	tap_ok(refused(&server, line_rx(&server)), "a sending key that was not seen: the other is refused");
	tap_equal(life_info(server.fd[0]), ESTALE, "and the socket is known as one of which nothing is known");
	tap_ok(refused(&client, line_tx(&client)), "a receiving key that was not seen: the same");
	if (guest_rekeys()) {
		tap_ok(refused(&both, ktls_install(both.fd[0], TLS_RX, &next)),
		       "two keys that were not seen: one for receiving in place of the first is refused");
		tap_ok(refused(&again, ktls_install(again.fd[0], TLS_TX, &next)), "and so is one for sending");
	}
	fresh = line_open(FAR4);
	if (line_rx(&fresh))
		tap_bail("keys: %s", strerror(errno));
	gate_start(&w, fresh.fd[0], TLS_TX, &fresh.tx);
	gate_next(&judge, &hold);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	tap_ok(!gate_join(&w) && line_lives(&fresh), "a connection whose keys were all seen is judged");
	line_close(&server);
	line_close(&client);
	line_close(&both);
	line_close(&again);
	line_close(&fresh);
	module_goes();
}

#define OTHERS_TESTS 4

/* Other rules do not end such connections; there is no evidence of them. */
static void test_others(void)
{
	struct line attested = line_open(FAR4), passed = line_open(FAR4);
	const char *const rules[] = { NULL, NULL };

	if (line_tx(&attested) || line_tx(&passed))
		tap_bail("keys: %s", strerror(errno));
	module_comes("attest");
	tap_errno(line_rx(&attested), 0, "attest: the other key is taken");
	tap_errno(evidence_ask(attested.fd[0], 1), ESTALE, "attest: but there is no evidence");
	tap_ok(line_lives(&attested), "attest: the connection lives");
	rules_replace(&nl, rules);
	tap_ok(!line_rx(&passed) && line_lives(&passed), "no rule: the same");
	line_close(&attested);
	line_close(&passed);
	module_goes();
}

#define WITHIN_TESTS 3

/* A key is on its way into kTLS when the module comes; it is there before the other. */
static void test_within(void)
{
	struct line l = line_open(FAR4);
	struct gate_waiter seen;
	struct stall unseen;

	stall_begin(&unseen, &l.tx, TLS_TX, l.fd[0]);
	module_comes("gate");
	gate_start(&seen, l.fd[0], TLS_RX, &l.rx);
	tap_equal(stall_end(&unseen), 0, "a key that was on its way when the module came is installed");
	tap_equal(gate_join(&seen), ESTALE, "the other, which was seen, is refused");
	tap_ok(line_dead(&l, ESTALE), "and the connection ends");
	line_close(&l);
	module_goes();
}

#define GOES_TESTS 1

static void test_goes(void)
{
	struct line l = line_open(FAR4);

	module_comes("gate");
	if (line_tx(&l))
		tap_bail("key: %s", strerror(errno));
	module_goes();
	tap_ok(line_dead(&l, ESHUTDOWN),
	       "the module goes between two keys: the connection is aborted, and nothing was sent");
	line_close(&l);
}

int main(void)
{
	guest_need("modprobe tls && load_mock sev_guest");
	network();
	listen_everywhere();
	tap_plan(GATE_TESTS + OTHERS_TESTS + WITHIN_TESTS + GOES_TESTS);
	test_gate();
	test_others();
	test_within();
	test_goes();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
