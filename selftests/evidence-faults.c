// SPDX-License-Identifier: MIT
/* Evidence when the provider lies, talks nonsense, or goes away. */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"

#define SUITE 0x1301

static uint8_t buf[1 << 18];

static int ask_and_read(int fd, unsigned int seed, struct evidence *e)
{
	ssize_t len;

	memset(e, 0, sizeof(*e));
	if (evidence_ask(fd, seed))
		return errno;
	len = evidence_read(fd, buf, sizeof(buf));
	if (len < 0)
		return errno;
	return evidence_parse(e, buf, len) ? 0 : EPROTO;
}

/* The tree is right whatever the report is. */
static bool tree_right(const struct evidence *e, uint8_t want[TLSBIND_REPORT_DATA_SIZE])
{
	return evidence_expected(e, want);
}

#define PASSED_ON_TESTS 8

/* The kernel neither parses nor judges the report: a relying party does. */
static void test_passed_on(int fd)
{
	uint8_t want[TLSBIND_REPORT_DATA_SIZE];
	struct evidence good, e;
	uint32_t whole;

	tap_equal(ask_and_read(fd, 1, &good), 0, "an honest provider");
	tap_ok(evidence_bound_to(&good, 1), "its report carries our REPORT_DATA");
	whole = good.report_len;

	mock_set("fault", "wrong-data");
	tap_equal(ask_and_read(fd, 2, &e), 0, "a report over other data is passed on");
	tap_ok(tree_right(&e, want) && e.report_len == whole && !evidence_bound(&e),
	       "and does not fit the claims");
	mock_set("fault", "truncate");
	tap_equal(ask_and_read(fd, 3, &e), 0, "a truncated report is passed on");
	tap_ok(tree_right(&e, want) && e.report_len < whole, "with the length that it has");
	mock_set("fault", "garbage");
	tap_equal(ask_and_read(fd, 4, &e), 0, "garbage is passed on");
	tap_ok(tree_right(&e, want) && !evidence_bound(&e), "and does not fit the claims");
	mock_set("fault", "none");
}

#define EMPTY_TESTS 2

static void test_empty(int fd)
{
	struct evidence e;

	mock_set("fault", "empty");
	tap_equal(ask_and_read(fd, 5, &e), EIO, "an empty report is an error, not evidence");
	mock_set("fault", "none");
	tap_ok(!ask_and_read(fd, 6, &e) && evidence_bound_to(&e, 6), "and then all is well again");
}

#define GONE_TESTS 7

static void test_gone(int fd, int other)
{
	struct evidence e;
	int error;

	mock_set("gone", "1");
	tap_equal(ask_and_read(fd, 7, &e), EOPNOTSUPP, "a provider that has gone");
	tap_equal(ask_and_read(fd, 8, &e), EOPNOTSUPP, "is gone for the next challenge too");
	mock_set("gone", "0");
	tap_ok(!ask_and_read(fd, 9, &e) && evidence_bound_to(&e, 9), "when it is back it is used");

	/* Between two requests, one of which waits in the provider. */
	mock_set("delay_ms", "700");
	tap_errno(evidence_ask(fd, 10), 0, "a challenge of which the report takes long");
	mock_wait_busy();
	evidence_ask(other, 11);
	mock_set("gone", "1");
	error = evidence_read(fd, buf, sizeof(buf)) < 0 ? errno : 0;
	tap_ok(!error || error == EOPNOTSUPP || error == EIO,
	       "is answered or told when the provider goes meanwhile (%s)", strerror(error));
	error = evidence_read(other, buf, sizeof(buf)) < 0 ? errno : 0;
	tap_equal(error, EOPNOTSUPP, "the one behind it is told that there is no provider");
	mock_set("delay_ms", "0");
	mock_set("gone", "0");
	tap_ok(!ask_and_read(fd, 12, &e) && evidence_bound_to(&e, 12), "when it is back it is used");
}

#define SIGNER_TESTS 2

/* The provider is there, its device is not. */
static void test_signer(int fd)
{
	struct evidence e;

	guest_need("stop_signer");
	tap_equal(ask_and_read(fd, 13, &e), ETIMEDOUT, "a provider that gets no answer itself");
	guest_need("start_signer sev_guest");
	tap_ok(!ask_and_read(fd, 14, &e) && evidence_bound_to(&e, 14), "and one that does");
}

#define OTHERS_TESTS 5

/* Somebody else uses configfs-tsm at the same time. */
static void test_others(int fd)
{
	struct evidence e;

	tap_equal(guest_sh("mkdir /sys/kernel/config/tsm/report/mine"), 0, "another entry in configfs-tsm");
	tap_ok(!ask_and_read(fd, 15, &e) && evidence_bound_to(&e, 15), "does not disturb ours");
	tap_equal(guest_sh("cd /sys/kernel/config/tsm/report/mine && head -c 64 /dev/zero >inblob &&"
			   "test \"$(head -c 144 outblob | tail -c 64 | tr -d '\\0' | wc -c)\" = 0"), 0,
		  "and can be used");
	tap_equal(guest_sh("rmdir /sys/kernel/config/tsm/report/mine"), 0, "and removed");
	tap_ok(!ask_and_read(fd, 16, &e) && evidence_bound_to(&e, 16), "without disturbing ours");
}

#define TDX_TESTS 4

static void test_tdx(int fd)
{
	uint8_t want[TLSBIND_REPORT_DATA_SIZE];
	struct evidence e;

	guest_need("unload_mock");
	guest_need("load_mock tdx_guest");
	tap_equal(ask_and_read(fd, 17, &e), 0, "a TDX provider that takes the place of the other");
	tap_ok(e.provider_len == 9 && !memcmp(e.provider, "tdx_guest", 9), "is named");
	/* REPORTDATA is the last member of the TD report body: 48 + 520. */
	tap_ok(tree_right(&e, want) && e.report && e.report_len > 48 + 584 &&
	       !memcmp(e.report + 48 + 520, want, sizeof(want)), "its quote carries our REPORT_DATA");
	tap_ok(!e.aux && !e.aux_len, "and has no certificate table");
}

int main(void)
{
	int fd[2];

	tap_plan(PASSED_ON_TESTS + EMPTY_TESTS + GONE_TESTS + SIGNER_TESTS + OTHERS_TESTS + TDX_TESTS);
	guest_setup();
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		tap_bail("kTLS pair: %s", strerror(errno));
	test_passed_on(fd[0]);
	test_empty(fd[0]);
	test_gone(fd[0], fd[1]);
	test_signer(fd[0]);
	test_others(fd[0]);
	test_tdx(fd[0]);
	return tap_done();
}
