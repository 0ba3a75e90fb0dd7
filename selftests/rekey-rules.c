// SPDX-License-Identifier: MIT
/*
 * What a rule says of rekeys, and OpenSSL and GnuTLS make of it: "rekey keep" and "rekey abort",
 * and a rule that denies by the time of the KeyUpdate. (For "rekey stale" see rekey-libraries.)
 */
#define _GNU_SOURCE
#include "rekey-evidence.h"
#include "rekey-gnutls.h"
#include "rekey-openssl.h"
#include "rules.h"

/* The client is attested; the server, which relies on it, has its keys in user space. */
static struct rekey_pair attested(const struct rekey_library *library, struct nl *nl, const char *rule)
{
	struct rekey_pair p;

	if (rules_only(nl, rule))
		tap_bail("%s: %s", rule, nl->text);
	p = rekey_open(library, true, &rekey_openssl, false);
	if (!rekey_talk(&p.a, &p.b, "hello"))
		tap_bail("no data");
	return p;
}

#define KEEP_TESTS 2

static void test_keep(const struct rekey_library *library, struct nl *nl, struct genl *ask)
{
	struct rekey_pair p = attested(library, nl, "attest loopback rekey keep");

	tap_ok(!rekey_update(&p.a, false) && rekey_talk(&p.a, &p.b, "there") &&
	       !rekey_update(&p.b, false) && rekey_talk(&p.b, &p.a, "back") &&
	       rekey_is(ask, &p.a, 1, 1, false), "%s, keep: nothing is stale", library->name);
	tap_ok(rekey_accepted(&p.a, &p.b, 1, 1), "%s, keep: evidence is about the new keys", library->name);
	rekey_close(&p);
}

static bool is_reset(struct rekey_end *end)
{
	char text[64];
	ssize_t n = end->library->recv(end, text, sizeof(text));

	if (n < 0 && strstr(end->error, strerror(ECONNRESET)))
		return true;
	tap_diag("%zd bytes, %s", n, end->error);
	return false;
}

#define REFUSED_TESTS 4

/* The next key is refused, and the connection aborted. @own: it is to send with. */
static void refused(struct rekey_pair *p, struct genl *ask, bool own, const char *name)
{
	char text[64];
	int ret;

	if (own)
		ret = rekey_update(&p->a, false);
	else
		ret = rekey_update(&p->b, false) || rekey_send(&p->b, "under the new key") ? 0 :
		      p->a.library->recv(&p->a, text, sizeof(text)) < 0;
	tap_ok(ret, "%s: the KeyUpdate fails: %s", name, p->a.error);
	tap_ok(rekey_is(ask, &p->a, 0, 0, false), "%s: nothing is known of the key", name);
	tap_ok(rekey_send(&p->a, "more") < 0, "%s: the library sends nothing", name);
	tap_ok(is_reset(&p->b), "%s: the other end sees a reset, and no data", name);
	rekey_close(p);
}

static void test_refused(const struct rekey_library *library, struct nl *nl, struct genl *ask)
{
	struct rekey_pair p;
	char name[64];

	for (int own = 0; own < 2; own++) {
		p = attested(library, nl, "attest loopback rekey abort");
		snprintf(name, sizeof(name), "%s, abort, %s key", library->name, own ? "sending" : "receiving");
		refused(&p, ask, own, name);
		p = attested(library, nl, "attest loopback");
		if (rules_only(nl, "deny"))
			tap_bail("deny: %s", nl->text);
		snprintf(name, sizeof(name), "%s, denied, %s key", library->name, own ? "sending" : "receiving");
		refused(&p, ask, own, name);
	}
}

int main(int argc, char **argv)
{
	static const struct rekey_library *const libraries[] = { &rekey_openssl, &rekey_gnutls };
	static struct nl nl;
	struct genl ask;

	(void)argc;
	if (!guest_rekeys())
		tap_skip_all("kTLS cannot rekey");
	rekey_setup(argv);
	tap_plan(2 * (KEEP_TESTS + 4 * REFUSED_TESTS));
	guest_setup();
	genl_need(&ask);
	if (nl_open(&nl))
		tap_bail("netlink");
	for (int i = 0; i < 2; i++) {
		test_keep(libraries[i], &nl, &ask);
		test_refused(libraries[i], &nl, &ask);
	}
	return tap_done();
}
