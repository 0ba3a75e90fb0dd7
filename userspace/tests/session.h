/* SPDX-License-Identifier: MIT */
/*
 * A court with a kernel that is none: what the judge says is written down. Only for one
 * file of a program: log_line() is in here, too, instead of the daemon's.
 */
#ifndef TLSBIND_TESTS_SESSION_H
#define TLSBIND_TESTS_SESSION_H

#include <netinet/in.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <unistd.h>
#include <linux/tlsbind_netlink.h>
#include "answerer.h"
#include "court.h"
#include "log.h"

#define SESSION_VERDICTS	2048
#define SESSION_GUARD		30000	/* ms; no test takes as long */
#define SESSION_SLACK		5000	/* ms that a machine with other work to do may take */

/**
 * struct session - a court, its kernel, a responder
 * @rules: how to judge
 * @loop: the loop
 * @court: the court
 * @answerer: the responder
 * @guest: whose evidence it gives
 * @policy: file with a policy that accepts @guest
 * @pattern: URL of the responder
 * @handle: that had a verdict, in their order
 * @admit: the verdicts
 * @at: when they came, ms
 * @slow: us that the kernel takes for one
 * @count: how many
 * @wanted: at which the loop ends
 * @error: of the next verdicts
 * @dump: handles that the kernel holds
 * @dumps: how many
 * @dump_timeout: how much time they have; 0 for as much as told() says
 * @dump_renewals: they are renewals
 * @dump_error: of the next dump
 * @dump_empty: there are none, and this is true
 * @relist: set if the court wants a dump
 * @guard: ends a test that hangs
 * @hung: it did
 */
struct session {
	struct judge_rules rules;
	struct loop loop;
	struct judge_court court;
	struct answerer answerer;
	struct guest guest;
	char policy[64];
	char pattern[64];
	uint64_t handle[SESSION_VERDICTS];
	bool admit[SESSION_VERDICTS];
	int64_t at[SESSION_VERDICTS];
	useconds_t slow;
	size_t count;
	size_t wanted;
	int error;
	uint64_t dump[8];
	size_t dumps;
	uint32_t dump_timeout;
	bool dump_renewals;
	int dump_error;
	bool dump_empty;
	struct loop_timer relist;
	struct loop_timer guard;
	bool hung;
};

static struct session session;

/* Everything that was written to the log since the court was opened. */
static char session_log[65536];

/* Instead of the daemon's. */
void log_line(enum log_level level, const char *format, ...)
{
	size_t used = strlen(session_log);
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(session_log + used, sizeof(session_log) - used, format, args);
	va_end(args);
	used = strlen(session_log);
	snprintf(session_log + used, sizeof(session_log) - used, "\n");
}

/**
 * struct told - a message of the kernel
 * @handle: the hold
 * @policy: number
 * @timeout: ms
 * @renewal: of a lease
 * @host: last byte of 127.0.0.0/24
 * @connection: what it says
 * @version: of TLS
 * @suite: of TLS
 * @without: attribute that is missing; 0 for none
 * @short_one: attribute that lacks a byte; 0 for none
 */
struct told {
	uint64_t handle;
	uint16_t policy;
	uint32_t timeout;
	bool renewal;
	uint8_t host;
	struct tlsbind_connection connection;
	int without;
	int short_one;
};

static struct told told(uint64_t handle)
{
	struct told t = {
		.handle = handle, .timeout = 10000, .host = 1,
		.connection = session.guest.c.connection,
	};

	memset(t.connection.connection_id, 0x77, sizeof(t.connection.connection_id));
	memcpy(t.connection.connection_id, &handle, sizeof(handle));
	return t;
}

static void told_put(struct nl_msg *message, const struct told *t, int type, const void *data,
		     int len)
{
	if (t->without != type)
		assert_int_equal(nla_put(message, type, len - (t->short_one == type), data), 0);
}

#define TOLD_SOCK	100	/* of attributes within sock, for @without and @short_one */

static void told_put_sock(struct nl_msg *message, const struct told *t)
{
	const struct tlsbind_connection *conn = &t->connection;
	uint8_t address[4] = { 127, 0, 0, t->host };
	struct told inner = { .without = t->without - TOLD_SOCK,
			      .short_one = t->short_one - TOLD_SOCK };
	struct nlattr *nest = nla_nest_start(message, TLSBIND_A_HOLD_SOCK), *caller;
	uint16_t port = 443;

	told_put(message, &inner, TLSBIND_A_SOCK_REMOTE_ADDRESS, address, 4);
	told_put(message, &inner, TLSBIND_A_SOCK_REMOTE_PORT, &port, 2);
	told_put(message, &inner, TLSBIND_A_SOCK_TLS_VERSION, &conn->tls_version, 2);
	told_put(message, &inner, TLSBIND_A_SOCK_CIPHER_SUITE, &conn->cipher_suite, 2);
	caller = nla_nest_start(message, TLSBIND_A_SOCK_TX_CALLER);
	nla_put_u32(message, TLSBIND_A_CALLER_UID, 33);
	nla_nest_end(message, caller);
	nla_nest_end(message, nest);
}

static struct nl_msg *told_message(const struct told *t, uint8_t command)
{
	const struct tlsbind_connection *conn = &t->connection;
	struct nl_msg *message = nlmsg_alloc_size(4096);

	assert_non_null(genlmsg_put(message, 0, 0, 42, 0, 0, command, 1));
	told_put(message, t, TLSBIND_A_HOLD_HANDLE, &t->handle, 8);
	told_put(message, t, TLSBIND_A_HOLD_POLICY, &t->policy, 2);
	told_put(message, t, TLSBIND_A_HOLD_TIMEOUT, &t->timeout, 4);
	if (t->renewal)
		assert_int_equal(nla_put_flag(message, TLSBIND_A_HOLD_RENEWAL), 0);
	told_put(message, t, TLSBIND_A_HOLD_PEER_ID, conn->connection_id, 16);
	told_put(message, t, TLSBIND_A_HOLD_PEER_TX_COMMITMENT, conn->tx_commitment, 48);
	told_put(message, t, TLSBIND_A_HOLD_PEER_RX_COMMITMENT, conn->rx_commitment, 48);
	told_put(message, t, TLSBIND_A_HOLD_PEER_TX_GENERATION, &conn->tx_generation, 4);
	told_put(message, t, TLSBIND_A_HOLD_PEER_RX_GENERATION, &conn->rx_generation, 4);
	if (t->without != TLSBIND_A_HOLD_SOCK)
		told_put_sock(message, t);
	return message;
}

static int session_verdict(void *arg, uint64_t handle, bool admit)
{
	(void)arg;
	assert_true(session.count < SESSION_VERDICTS);
	session.at[session.count] = loop_now();
	if (session.slow)
		usleep(session.slow);
	session.handle[session.count] = handle;
	session.admit[session.count++] = admit;
	if (session.count >= session.wanted)
		loop_end(&session.loop);
	return session.error;
}

static int session_dump(void *arg, tool_nl_answer *answer, void *answer_arg)
{
	(void)arg;
	for (size_t i = 0; i < session.dumps; i++) {
		struct told t = told(session.dump[i]);
		struct nl_msg *message;

		t.renewal = session.dump_renewals;
		if (session.dump_timeout)
			t.timeout = session.dump_timeout;
		message = told_message(&t, TLSBIND_CMD_HOLD_GET);
		assert_int_equal(answer(nlmsg_hdr(message), answer_arg), 0);
		nlmsg_free(message);
	}
	return session.dumps || session.dump_empty ? session.dump_error : -EAGAIN;
}

static void session_guard(void *arg)
{
	(void)arg;
	session.hung = true;
	loop_end(&session.loop);
}

/* As the daemon does, but for asking again. */
static void session_relist(void *arg)
{
	(void)arg;
	judge_court_dump(&session.court);
}

static void session_write_policy(json_t *policy)
{
	assert_int_equal(json_dump_file(policy, session.policy, 0), 0);
	json_decref(policy);
}

/* The responder answers with evidence that the policy accepts, unless the test says else. */
static void session_begin(void)
{
	int fd;

	memset(&session, 0, sizeof(session));
	*session_log = '\0';
	guest_new(&session.guest, false);
	strcpy(session.policy, "/tmp/tlsbind-court-XXXXXX");
	fd = mkstemp(session.policy);
	assert_true(fd >= 0);
	close(fd);
	session_write_policy(guest_policy());
	session.rules.sources.policy[0] = (struct judge_numbered){ .text = session.policy };
	session.rules.sources.policies = 1;
	session.rules.sources.trust[0] = (struct judge_trust){ "root", guest_pki[0]->root_file };
	session.rules.sources.trusts = 1;
	session.rules.handshake = (struct tlsbind_handshake){ true, true, true, NULL };
	session.rules.responder[0].text = session.pattern;
	session.rules.responders = 1;
	session.rules.holds = 4096;
	session.rules.questions = 256;
	session.rules.peer_questions = 64;
	session.answerer.guest = &session.guest;
	session.wanted = 1;
}

static void session_open(void)
{
	static const struct judge_kernel kernel = { session_verdict, session_dump, NULL };

	if (!session.answerer.http && !*session.pattern)
		answerer_start(&session.answerer);
	if (!*session.pattern)
		snprintf(session.pattern, sizeof(session.pattern), "http://{address}:%u",
			 session.answerer.port);
	assert_int_equal(loop_init(&session.loop), 0);
	assert_int_equal(judge_court_init(&session.court, &session.rules, &kernel, &session.loop),
			 0);
	session.court.relist = &session.relist;
	session.relist = (struct loop_timer){ .due = session_relist };
	session.guard = (struct loop_timer){ .due = session_guard };
	loop_timer_set(&session.loop, &session.guard, loop_now() + SESSION_GUARD);
}

static void session_tell(const struct told *t)
{
	struct nl_msg *message = told_message(t, TLSBIND_CMD_GATE_NTF);

	assert_int_equal(judge_court_hear(nlmsg_hdr(message), &session.court), 0);
	nlmsg_free(message);
}

/* Until there are @wanted verdicts. */
static void session_run(size_t wanted)
{
	session.wanted = wanted;
	session.loop.ended = session.count >= wanted;
	assert_int_equal(loop_run(&session.loop), 0);
	if (session.hung)
		fail_msg("no verdict: %zu of %zu\n%s", session.count, wanted, session_log);
}

static void session_end(void)
{
	judge_court_exit(&session.court);
	loop_timer_clear(&session.loop, &session.guard);
	loop_timer_clear(&session.loop, &session.relist);
	assert_true(TAILQ_EMPTY(&session.loop.timers));
	assert_null(session.court.sites.tree);
	assert_int_equal(session.court.docket.count, 0);
	loop_exit(&session.loop);
	if (session.answerer.http) {
		answerer_stop(&session.answerer);
		assert_int_equal(session.answerer.malformed, 0);
	}
	synth_clear(&session.guest.c);
	unlink(session.policy);
}

/* The last verdict is on @handle, for this reason, and the log says @text. */
static __attribute__((unused)) void session_was(uint64_t handle, enum judge_reason reason,
						const char *text)
{
	assert_true(session.count > 0);
	assert_int_equal(session.handle[session.count - 1], handle);
	if (session.court.tally.verdicts[reason] != 1 ||
	    session.admit[session.count - 1] != (reason == JUDGE_ADMITTED) ||
	    !strstr(session_log, text))
		fail_msg("not %s, \"%s\": %s", judge_reason_name(reason), text, session_log);
}

/* Since the connection of judge_one(), or since the test says so. */
#define WITHIN(ms)	(loop_now() - begun < (ms))

static int64_t begun;

/* One connection, judged. */
static __attribute__((unused)) void judge_one(const struct told *t)
{
	session_open();
	begun = loop_now();
	session_tell(t);
	session_run(1);
}

#endif /* TLSBIND_TESTS_SESSION_H */
