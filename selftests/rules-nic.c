// SPDX-License-Identifier: MIT
/*
 * A network card that begins to take keys while one is being installed: when the rules
 * were asked there was none. The mock's card takes keys of TLS 1.2 to receive with.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"
#include "rules.h"
#include "rules-line.h"
#include "stall.h"

static struct nl nl;

static int info_of(int fd, struct tlsbind_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(fd, SOL_TLS, TLSBIND_INFO, info, &len);
}

/* Install an rx key under a rule; @late: the card is there when kTLS has its bytes. */
static int install(struct line *l, const char *rule, bool late)
{
	struct stall s;

	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
	*l = line_open(FAR4);
	l->tx.version = l->rx.version = TLS_1_2_VERSION;
	stall_begin(&s, &l->rx, TLS_RX, l->fd[0]);
	if (late)
		mock_set("nic", "tlsbind-near");
	return stall_end(&s);
}

/* The card gives back what it took while it is still one. */
static void finish(struct line *l)
{
	line_close(l);
	mock_set("nic", "\n");
}

static long long denied(void)
{
	nl_begin(&nl, TLSBIND_CMD_STATS_GET);
	if (nl_call(&nl))
		tap_bail("counters: %s", nl.text);
	return nl_number(nl.answer, nl.answer_len, TLSBIND_A_STATS_DENIED);
}

#define TAKEN_TESTS (3 * 3)

/* Otherwise the refusal would not be for the card. */
static void test_taken(void)
{
	static const struct {
		const char *rule;
		bool late;
	} cases[] = { { "attest tls12", false }, { "attest tls12 nic", true }, { "pass", true } };

	for (int i = 0; i < 3; i++) {
		struct tlsbind_info info = { 0 };
		struct line l;

		tap_equal(install(&l, cases[i].rule, cases[i].late), 0, "%s: a key %s is installed",
			  cases[i].rule, cases[i].late ? "that a card takes" : "without a card");
		tap_ok(!info_of(l.fd[0], &info) && !!(info.flags & TLSBIND_F_NIC) == cases[i].late,
		       "%s: a flag says whose it is", cases[i].rule);
		tap_ok(!line_tx(&l) && line_lives(&l), "%s: the connection lives", cases[i].rule);
		finish(&l);
	}
}

#define REFUSED_TESTS 5

static void test_refused(void)
{
	struct tlsbind_info info;
	struct line l;
	long long before = denied();

	tap_equal(install(&l, "attest tls12", true), EACCES, "a key that a card has taken after all is refused");
	tap_ok(line_dead(&l, EACCES), "and the connection aborted");
	tap_errno(info_of(l.fd[0], &info), EKEYREJECTED, "nothing is said of it any more");
	tap_errno(evidence_ask(l.fd[0], 1), ENOTCONN, "and it cannot be asked about");
	tap_equal(denied() - before, 1, "it is counted as refused");
	finish(&l);
}

int main(void)
{
	tap_plan(TAKEN_TESTS + REFUSED_TESTS);
	guest_need("load_mock sev_guest && load_module");
	if (nl_open(&nl))
		tap_bail("family: %s", strerror(errno));
	network();
	listen_everywhere();
	test_taken();
	test_refused();
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
