// SPDX-License-Identifier: MIT
/*
 * What is not ours stays as it was: unknown options, sockets without kTLS, kTLS's
 * own options. Each question is asked without and with the module.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"

#define SUITE 0x1301

/* Kinds of socket that are asked. */
enum kind { TCP, TCP6, UDP, UNIX, ULP, TLS, CLOSED, KINDS };

static const char *const kind_names[] = {
	"TCP without kTLS", "TCP over IPv6 without kTLS", "UDP", "a Unix socket",
	"kTLS without keys", "kTLS", "a closed descriptor",
};

/* Options of kTLS and numbers that are nobody's. */
static const int options[] = {
	TLS_TX, TLS_RX, TLS_TX_ZEROCOPY_RO, TLS_RX_EXPECT_NO_PAD, 5, 6, 0, -1,
	TLSBIND_CHALLENGE - 1, TLSBIND_PEER + 1, 0x746300,
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

struct answer {
	int set, get, len;
};

static int make(enum kind kind)
{
	int fd[2];

	if (kind == UDP)
		return socket(AF_INET, SOCK_DGRAM, 0);
	if (kind == UNIX)
		return socket(AF_UNIX, SOCK_STREAM, 0);
	if (ktls_tcp_pair(kind == TCP6 ? AF_INET6 : AF_INET, fd))
		return -1;
	if (kind == ULP && ktls_attach(fd[0]))
		return -1;
	if (kind == TLS) {
		struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2);

		if (ktls_install_both(fd[0], &a, &b))
			return -1;
	}
	if (kind == CLOSED)
		close(fd[0]);
	return fd[0];
}

static struct answer ask(int fd, int option)
{
	char buf[256] = "";
	struct answer a;
	socklen_t len = 4;

	a.set = setsockopt(fd, SOL_TLS, option, buf, len) ? errno : 0;
	len = sizeof(struct tls12_crypto_info_aes_gcm_128);
	a.get = getsockopt(fd, SOL_TLS, option, buf, &len) ? errno : 0;
	a.len = a.get ? 0 : len;
	return a;
}

static void ask_all(struct answer answers[KINDS][OPTIONS])
{
	for (int kind = 0; kind < KINDS; kind++) {
		int fd = make(kind);

		if (fd < 0)
			tap_bail("%s: %s", kind_names[kind], strerror(errno));
		for (size_t i = 0; i < OPTIONS; i++)
			answers[kind][i] = ask(fd, options[i]);
		if (kind != CLOSED)
			close(fd);
	}
}

static void test_same(void)
{
	static struct answer before[KINDS][OPTIONS], after[KINDS][OPTIONS];

	ask_all(before);
	guest_need("load_module && allow_all");
	ask_all(after);
	for (int kind = 0; kind < KINDS; kind++)
		tap_ok(!memcmp(before[kind], after[kind], sizeof(before[kind])),
		       "%s answers %zu options as without the module", kind_names[kind], OPTIONS);
	tap_ok(before[TLS][0].set != ENOPROTOOPT && !before[TLS][0].get && before[TLS][0].len == 40 &&
	       before[TLS][OPTIONS - 1].get == ENOPROTOOPT,
	       "and kTLS really answered: a key is read, an unknown option is not");
}

static void test_ours(void)
{
	/* What each of them says on its own; kTLS is tested elsewhere. */
	static const struct {
		int set, get;
	} want[KINDS] = {
		[TCP] = { ENOPROTOOPT, EOPNOTSUPP }, [TCP6] = { ENOPROTOOPT, ENOPROTOOPT },
		[UDP] = { ENOPROTOOPT, EOPNOTSUPP }, [CLOSED] = { EBADF, EBADF },
	};
	char buf[256] = "";

	for (int kind = 0; kind < KINDS; kind++) {
		if (!want[kind].set)
			continue;
		int fd = make(kind), wrong = 0;

		for (int option = TLSBIND_CHALLENGE; option <= TLSBIND_PEER; option++) {
			socklen_t len = sizeof(buf);
			int set = setsockopt(fd, SOL_TLS, option, buf, 104) ? errno : 0;
			int get = getsockopt(fd, SOL_TLS, option, buf, &len) ? errno : 0;

			if (set == want[kind].set && get == want[kind].get)
				continue;
			tap_diag("option %#x: set %s, get %s", option, strerrorname_np(set),
				 strerrorname_np(get));
			wrong++;
		}
		tap_ok(!wrong, "%s: each of our options gives %s", kind_names[kind],
		       strerror(want[kind].set));
	}
}

static void test_direction(void)
{
	static const int gets[] = { TLSBIND_EVIDENCE, TLSBIND_INFO, TLSBIND_PEER };
	static const int sets[] = { TLSBIND_CHALLENGE, TLSBIND_EVENTFD };
	int fd = make(TLS), udp = make(UDP);
	char buf[4096] = "";
	socklen_t len;

	for (int i = 0; i < 3; i++)
		tap_errno(setsockopt(fd, SOL_TLS, gets[i], buf, 104), ENOPROTOOPT,
			  "option %#x cannot be set", gets[i]);
	for (int i = 0; i < 2; i++) {
		len = sizeof(buf);
		tap_errno(getsockopt(fd, SOL_TLS, sets[i], buf, &len), ENOPROTOOPT,
			  "option %#x cannot be read", sets[i]);
	}
	len = sizeof(buf);
	tap_ok(getsockopt(fd, IPPROTO_TCP, TLSBIND_INFO, buf, &len) && errno == ENOPROTOOPT,
	       "our numbers mean nothing at another level");
	len = sizeof(int);
	tap_ok(!getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, buf, &len), "other levels work as ever");
	close(fd);
	close(udp);
}

static void test_parameters(void)
{
	int fd[2];

	tap_errno(guest_param_try(GUEST_MODULE, "timeout_ms", "-1"), EINVAL,
		  "timeout_ms takes no negative number");
	tap_errno(guest_param_try(GUEST_MODULE, "timeout_ms", "later"), EINVAL,
		  "timeout_ms takes a number");
	tap_equal(guest_param_get(GUEST_MODULE, "timeout_ms"), 70000, "and keeps what it was");
	guest_need("unload_module && load_module");
	if (ktls_pair(AF_INET, SUITE, 41, fd))
		tap_bail("pair: %s", strerror(errno));
	tap_errno(evidence_ask(fd[0], 1), EACCES, "without rules every challenge is refused");
	ktls_close_pair(fd);
}

int main(void)
{
	tap_plan(KINDS + 1 + 4 + 7 + 4);
	guest_need("modprobe tls");
	test_same();
	test_ours();
	test_direction();
	test_parameters();
	return tap_done();
}
