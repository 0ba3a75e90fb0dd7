// SPDX-License-Identifier: MIT
/*
 * Each allocation, and each copy from or to user space, of each call of ours fails
 * in turn: the call has a documented result, nothing is half done or lost, and the
 * same works afterwards. fault-load does this to loading and unloading.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "fault.h"
#include "guest.h"
#include "rules.h"

#define SUITE		0x1301
#define SOON		(20000 * guest_slow())	/* ms: a bound, not a sleep */
#define ENTRY		"/sys/kernel/config/tsm/report/tlsbind"
#define TDX_DATA	(48 + 520)	/* where a TDX quote has REPORTDATA */
#define MOUNT		10		/* the first report mounts configfs; these many, and then some */

static uint8_t buf[65536];
static int fd[2] = { -1, -1 };		/* fd[0] is the one that faults happen to */
static int event = -1;
static struct ktls_key key[2];		/* fd[0] sends with the first */
static unsigned int seed;
static unsigned int rejected;		/* installed keys without a commitment */
static struct nl nl;

/* --- what the calls need --- */

static void need(bool good, const char *what)
{
	if (!good)
		tap_bail("%s: %s", what, strerror(errno));
}

/* The other end goes last and without a farewell: it waits for none. */
static void end_pair(void)
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		ktls_reset(fd[1]);
	if (event >= 0)
		close(event);
	fd[0] = fd[1] = event = -1;
}

static void bare_pair(void)
{
	end_pair();
	seed += 2;
	key[0] = ktls_key(SUITE, seed);
	key[1] = ktls_key(SUITE, seed + 1);
	need(!ktls_tcp_pair(AF_INET, fd) && !ktls_attach(fd[0]), "kTLS pair");
}

static void key_other_end(void)
{
	need(!ktls_install_both(fd[1], &key[1], &key[0]), "keys of the other end");
}

static void new_pair(void)
{
	bare_pair();
	key_other_end();
}

/* One rule, in a set that no key was installed under: the next one comes from elsewhere than all before. */
static void only_rule(const char *text)
{
	if (rules_only(&nl, text))
		tap_bail("rules: %s", nl.text);
}

static void foreign_pair(void)
{
	new_pair();
	only_rule(RULES_ALLOW_ALL);
}

static void gated_pair(void)
{
	new_pair();
	only_rule("gate");
}

static int install_tx(void)
{
	return ktls_install(fd[0], TLS_TX, &key[0]);
}

static int install_rx(void)
{
	return ktls_install(fd[0], TLS_RX, &key[1]);
}

static void sending_pair(void)
{
	new_pair();
	need(!install_tx(), "sending key");
}

static void keyed_pair(void)
{
	sending_pair();
	need(!install_rx(), "receiving key");
}

static void keyed(void)
{
	if (fd[0] < 0)
		keyed_pair();
}

/* An eventfd, and an answer that nobody has fetched. */
static void answered(void)
{
	keyed();
	if (event < 0)
		event = evidence_eventfd(fd[0]);
	evidence_signalled(event, 0);
	need(!evidence_ask(fd[0], ++seed) && evidence_signalled(event, SOON) == 1, "challenge");
}

static void closing_pair(void)
{
	keyed_pair();
	answered();
}

/* --- what must be true --- */

/* Evidence for the challenge of this nonce, whose quote may be cut short behind REPORTDATA. */
static bool fetched(unsigned int nonce)
{
	uint8_t data[TLSBIND_REPORT_DATA_SIZE], wanted[TLSBIND_NONCE_SIZE];
	ssize_t n = evidence_read(fd[0], buf, sizeof(buf));
	struct evidence e;

	evidence_nonce(wanted, nonce);
	return n > 0 && evidence_parse(&e, buf, n) && evidence_expected(&e, data) &&
	       !memcmp(e.claims.nonce, wanted, sizeof(wanted)) &&
	       e.report_len >= TDX_DATA + sizeof(data) &&
	       !memcmp(e.report + TDX_DATA, data, sizeof(data));
}

static bool answers(int error)
{
	(void)error;
	seed++;
	return !evidence_ask(fd[0], seed) && fetched(seed);
}

static bool no_answer(void)
{
	return evidence_read(fd[0], buf, sizeof(buf)) < 0 && errno == ENODATA;
}

static int info_error(struct tlsbind_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(fd[0], SOL_TLS, TLSBIND_INFO, info, &len) ? errno : 0;
}

/* The commitments are right, and the keys as well. */
static bool keys_right(int error)
{
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	struct tlsbind_peer peer;
	socklen_t len = sizeof(peer);

	(void)error;
	evidence_commitment(TLSBIND_DIRECTION_TX, &key[1], tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &key[0], rx);
	return !getsockopt(fd[0], SOL_TLS, TLSBIND_PEER, &peer, &len) &&
	       !memcmp(peer.tx_commitment, tx, sizeof(tx)) &&
	       !memcmp(peer.rx_commitment, rx, sizeof(rx)) &&
	       ktls_echo(fd[0], fd[1], "ping", 4) && ktls_echo(fd[1], fd[0], "pong", 4);
}

/* --- the worker makes a report --- */

static int ask_and_fetch(void)
{
	return evidence_ask(fd[0], ++seed) || evidence_read(fd[0], buf, sizeof(buf)) < 0 ? -1 : 0;
}

/* An entry that stays keeps providers from being registered. */
static bool report_intact(int error)
{
	(void)error;
	return access(ENTRY, F_OK) && no_answer();
}

/* configfs is mounted once: no report may be made before each step of that has failed. */
static bool report_works(int error)
{
	static unsigned int reports;

	return ++reports <= MOUNT || answers(error);
}

/* --- the calls of a task --- */

static int ask(void)
{
	return evidence_ask(fd[0], seed + 1);
}

/* A challenge that fails does not replace the answer that is there. */
static bool ask_intact(int error)
{
	return fetched(error ? seed : seed + 1) && no_answer();
}

static int fetch(void)
{
	return evidence_read(fd[0], buf, sizeof(buf)) < 0 ? -1 : 0;
}

static bool fetch_intact(int error)
{
	return (!error || fetched(seed)) && no_answer();
}

static int attach(void)
{
	__s32 other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int ret = setsockopt(fd[0], SOL_TLS, TLSBIND_EVENTFD, &other, sizeof(other)), error = errno;

	close(ret ? other : event);
	event = ret ? event : other;
	errno = error;
	return ret;
}

/* After an error it is the old one that is told. */
static bool attach_intact(int error)
{
	evidence_signalled(event, 0);
	return answers(error) && evidence_signalled(event, SOON) == 1;
}

static bool attach_works(int error)
{
	return !attach() && attach_intact(error);
}

static int get_info(void)
{
	struct tlsbind_info info;

	errno = info_error(&info);
	return errno ? -1 : 0;
}

static int get_peer(void)
{
	struct tlsbind_peer peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd[0], SOL_TLS, TLSBIND_PEER, &peer, &len);
}

/* --- keys --- */

/* kTLS had the key, without a commitment: the connection was ended. Another one works. */
static bool ended(void)
{
	char c;

	rejected++;
	send(fd[0], "data", 4, MSG_NOSIGNAL);
	if (!evidence_ask(fd[0], seed) || errno != ENOTCONN ||
	    evidence_read(fd[0], buf, sizeof(buf)) >= 0 || errno != EKEYREJECTED ||
	    recv(fd[1], &c, 1, 0) >= 0 || errno != ECONNRESET)
		return false;
	new_pair();
	return !install_tx() && !install_rx() && keys_right(0);
}

static bool tx_intact(int error)
{
	struct tlsbind_info info;
	int got = info_error(&info);

	if (error == EKEYREJECTED)
		return got == EKEYREJECTED;
	return error ? got == ENOKEY : !got;
}

static bool tx_works(int error)
{
	if (error == EKEYREJECTED)
		return ended();
	return (!error || !install_tx()) && !install_rx() && keys_right(error);
}

/* The program would go on without the kernel: where a verdict is due, the connection is ended. */
static bool gated_intact(int error)
{
	char c;

	only_rule(RULES_ALLOW_ALL);
	return !error || (recv(fd[1], &c, 1, 0) < 0 && errno == ECONNRESET);
}

static bool gated_works(int error)
{
	(void)error;
	new_pair();
	return tx_works(ENOMEM);
}

static bool rx_intact(int error)
{
	static const uint8_t none[TLSBIND_CONNECTION_ID_SIZE];
	struct tlsbind_info info;
	int got = info_error(&info);

	if (!error || error == EKEYREJECTED)
		return got == EKEYREJECTED || (!error && !got);
	return !got && (info.flags & TLSBIND_F_ONE_DIRECTION) &&
	       !memcmp(info.connection_id, none, sizeof(none));
}

static bool rx_works(int error)
{
	if (error == EKEYREJECTED)
		return ended();
	return (!error || !install_rx()) && keys_right(error);
}

static int close_one(void)
{
	int ret = close(fd[0]);

	fd[0] = -1;
	return ret;
}

static bool close_intact(int error)
{
	return !error && !evidence_signalled(event, 0);
}

static bool close_works(int error)
{
	keyed_pair();
	return answers(error);
}

/* --- all of them --- */

static const struct fault_path paths[] = {
	{ "report", true, 40, keyed, ask_and_fetch, { ENOMEM }, report_intact, report_works },
	{ "challenge", false, 2, answered, ask, { ENOMEM, EFAULT }, ask_intact, answers },
	{ "evidence", false, 2, answered, fetch, { ENOMEM, EFAULT }, fetch_intact, answers },
	{ "eventfd", false, 1, answered, attach, { EFAULT }, attach_intact, attach_works },
	{ "info", false, 1, keyed, get_info, { EFAULT }, keys_right, keys_right },
	{ "peer", false, 1, keyed, get_peer, { EFAULT }, keys_right, keys_right },
	{ "sending key", false, 6, new_pair, install_tx, { ENOMEM, EFAULT, EKEYREJECTED }, tx_intact, tx_works },
	{ "key from elsewhere", false, 8, foreign_pair, install_tx, { ENOMEM, EFAULT, EKEYREJECTED }, tx_intact, tx_works },
	{ "key to be gated", false, 8, gated_pair, install_tx, { ENOMEM, EFAULT, EKEYREJECTED }, gated_intact, gated_works },
	{ "receiving key", false, 6, sending_pair, install_rx, { ENOMEM, EFAULT, EKEYREJECTED }, rx_intact, rx_works },
	{ "close", false, 1, closing_pair, close_one, { 0 }, close_intact, close_works },
};

#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void test_rejected(void)
{
	/* What they are made of needs no memory. */
	tap_equal(rejected, 0, "no key went without a commitment");
}

static void test_gone(void)
{
	long long end = guest_ms() + SOON;

	end_pair();
	guest_need("unload_module");
	while (guest_tls_users() && guest_ms() < end)
		usleep(5000);
	tap_equal(guest_tls_users(), 0, "in the end no socket is left");
}

int main(void)
{
	fault_plan(PATHS * FAULT_PATH_TESTS + 1 + 1);
	/* Small evidence: for more than a page the kernel tries a second way, after a fault in the first. */
	guest_need("load_mock tdx_guest fault=truncate");
	guest_need("load_module && allow_all");
	need(!nl_open(&nl), "netlink");
	fault_setup();
	for (size_t i = 0; i < PATHS; i++)
		fault_path(&paths[i]);
	test_rejected();
	end_pair();
	test_gone();
	return tap_done();
}
