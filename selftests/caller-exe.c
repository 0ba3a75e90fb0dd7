// SPDX-License-Identifier: MIT
/*
 * Which executable installed the key: its fs-verity digest, else what IMA measured of it,
 * else none. Copies of this program do it, on the disk that the tests come from, which
 * is made for each boot and has fs-verity.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <linux/fsverity.h>
#include <openssl/sha.h>

#include "evidence.h"
#include "guest.h"
#include "rules.h"

#define SUITE	0x1301
#define DISK	"/opt/tlsbind"
#define DIR	DISK "/caller-exe"
#define OWNER	4242	/* whose programs IMA measures */
#define POLICY	"/sys/kernel/security/ima/policy"

/** struct exe - what the claims say of an executable */
struct exe {
	uint8_t kind;
	uint8_t len;
	uint8_t digest[TLSBIND_EXE_DIGEST_SIZE];
};

static void evidence_of(int fd, struct tlsbind_claims *claims)
{
	static uint8_t buf[65536];
	struct evidence e;
	ssize_t len;

	evidence_ask(fd, 1);
	len = evidence_read(fd, buf, sizeof(buf));
	if (len < 0 || !evidence_parse(&e, buf, len) || !evidence_bound_to(&e, 1))
		exit(3);
	*claims = e.claims;
}

/** struct callers - of the keys to send with, of all sockets that are listed */
struct callers {
	unsigned int count;
	struct exe exe;		/* of the last */
};

static void take_caller(struct nl *nl, const void *attrs, size_t len, void *arg)
{
	size_t sock_len = 0, caller_len = 0, digest_len = 0;
	const void *sock = nl_find(attrs, len, TLSBIND_A_CONNECTION_SOCK, &sock_len);
	const void *caller, *digest;
	struct callers *callers = arg;
	struct exe *exe = &callers->exe;

	(void)nl;
	callers->count++;
	if (!sock)
		exit(5);
	caller = nl_find(sock, sock_len, TLSBIND_A_SOCK_TX_CALLER, &caller_len);
	if (!caller || !nl_find(caller, caller_len, TLSBIND_A_CALLER_EXE_KIND, NULL))
		exit(6);
	exe->kind = nl_number(caller, caller_len, TLSBIND_A_CALLER_EXE_KIND);
	digest = nl_find(caller, caller_len, TLSBIND_A_CALLER_EXE_DIGEST, &digest_len);
	if (digest_len > sizeof(exe->digest))
		exit(7);
	exe->len = digest_len;
	if (digest)
		memcpy(exe->digest, digest, digest_len);
}

/* What netlink says of the one socket that has a key. */
static struct exe listed(void)
{
	struct callers callers = { 0 };
	struct nl nl;

	if (nl_open(&nl))
		exit(4);
	nl_begin_family(&nl, nl.family, TLSBIND_CMD_SOCK_GET, NLM_F_DUMP);
	if (nl_send(&nl) || nl_receive(&nl, take_caller, &callers) || callers.count != 1)
		exit(4);
	nl_close(&nl);
	return callers.exe;
}

/** struct told - what is said of the executable that installed a key */
struct told {
	struct exe claimed;	/* in evidence */
	struct exe listed;	/* by netlink */
};

/* Return: a socket that it has installed a key in; -1 with errno. */
static int install(void)
{
	struct ktls_key k = ktls_key(SUITE, getpid());
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		exit(2);
	return ktls_install(fd[0], TLS_TX, &k) ? -1 : fd[0];
}

/* The program that is copied: installs a key and tells what is said of it. */
static int show(void)
{
	struct tlsbind_claims c;
	struct told told;
	int fd = install();

	if (fd < 0)
		return 2;
	evidence_of(fd, &c);
	told.claimed.kind = c.exe_digest_kind;
	told.claimed.len = c.exe_digest_len;
	memcpy(told.claimed.digest, c.exe_digest, sizeof(told.claimed.digest));
	told.listed = listed();
	return write(STDOUT_FILENO, &told, sizeof(told)) != sizeof(told);
}

/* Or tells only whether it may: by its exit status, which is an errno. */
static int try_to_install(void)
{
	return install() < 0 ? errno : 0;
}

/* Start a copy; what it writes goes to @out. Return: its exit status. */
static int start(const char *path, const char *what, void *out, size_t size)
{
	int pipes[2], status;
	pid_t pid;

	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		execl(path, path, what, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	if (size && read(pipes[0], out, size) != (ssize_t)size)
		tap_diag("%s said nothing", path);
	close(pipes[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct told run_told(const char *path)
{
	struct told told = { .claimed.kind = 0xff, .listed.kind = 0xff };

	start(path, "show", &told, sizeof(told));
	return told;
}

static struct exe run(const char *path)
{
	return run_told(path).claimed;
}

/* A copy of this program with @salt behind its end, by which it is another. */
static void copy(const char *path, const char *salt)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			tap_bail("%s: %s", path, strerror(errno));
	if (in < 0 || out < 0 || n || write(out, salt, strlen(salt)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	close(in);
	close(out);
}

/* Switches fs-verity on. Return: what the kernel measures. */
static struct exe verity(const char *path, unsigned int algorithm)
{
	union {
		struct fsverity_digest head;
		uint8_t bytes[sizeof(struct fsverity_digest) + 64];
	} measured = { .head.digest_size = 64 };
	struct fsverity_enable_arg arg = { .version = 1, .hash_algorithm = algorithm };
	struct exe exe = { .kind = TLSBIND_EXE_FSVERITY };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		tap_bail("%s: %s", path, strerror(errno));
	arg.block_size = st.st_blksize < 4096 ? st.st_blksize : 4096;
	if (ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) || ioctl(fd, FS_IOC_MEASURE_VERITY, &measured))
		tap_bail("fs-verity of %s: %s", path, strerror(errno));
	close(fd);
	exe.len = measured.head.digest_size;
	memcpy(exe.digest, measured.bytes + sizeof(measured.head), exe.len);
	return exe;
}

static struct exe sha256(const char *path)
{
	struct exe exe = { .kind = TLSBIND_EXE_IMA, .len = SHA256_DIGEST_LENGTH };
	static uint8_t content[4 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, content, sizeof(content));

	if (fd < 0 || n < 1 || n == sizeof(content))
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
	SHA256(content, n, exe.digest);
	return exe;
}

#define SAME_TESTS 4

static void same(const struct told *got, const struct exe *want, const char *what)
{
	tap_equal(got->claimed.kind, want->kind, "%s: kind", what);
	tap_equal(got->claimed.len, want->len, "%s: length", what);
	tap_bytes(got->claimed.digest, want->digest, sizeof(want->digest), "%s: digest and padding", what);
	if (!tap_ok(!memcmp(&got->listed, want, sizeof(*want)), "%s: netlink says the same", what))
		tap_diag("kind %u, %u bytes", got->listed.kind, got->listed.len);
}

/* In place of all rules, one about an executable, before one for everybody. */
static void about(const char *action, const struct exe *exe)
{
	char rule[256];
	const char *const rules[] = { rule, RULES_ALLOW_ALL, NULL };
	int n = snprintf(rule, sizeof(rule), "%s exe %s:", action,
			 exe->kind == TLSBIND_EXE_FSVERITY ? "fsverity" : "ima");
	struct nl nl;

	for (int i = 0; i < exe->len; i++)
		n += snprintf(rule + n, sizeof(rule) - n, "%02x", exe->digest[i]);
	if (nl_open(&nl) || rules_replace(&nl, rules))
		tap_bail("%s: %s", rule, nl.text);
	nl_close(&nl);
}

/* Whether a copy may install a key, as an errno. */
static int tried(const char *path)
{
	return start(path, "try", NULL, 0);
}

#define VERITY_TESTS (4 * SAME_TESTS + 5)

static void test_verity(void)
{
	struct exe none = {}, want, other;
	struct told got;
	int fd;

	copy(DIR "/plain", "");
	got = run_told(DIR "/plain");
	same(&got, &none, "a program that nobody measures");

	copy(DIR "/sha256", "");
	want = verity(DIR "/sha256", FS_VERITY_HASH_ALG_SHA256);
	got = run_told(DIR "/sha256");
	same(&got, &want, "fs-verity with SHA-256");
	tap_equal(want.len, 32, "which has 32 bytes");

	copy(DIR "/sha512", "");
	want = verity(DIR "/sha512", FS_VERITY_HASH_ALG_SHA512);
	got = run_told(DIR "/sha512");
	same(&got, &want, "fs-verity with SHA-512");
	tap_equal(want.len, 64, "which has 64 bytes");

	copy(DIR "/other", "x");
	verity(DIR "/other", FS_VERITY_HASH_ALG_SHA256);
	want = run(DIR "/sha256");
	other = run(DIR "/other");
	tap_ok(want.len == other.len && memcmp(want.digest, other.digest, want.len),
	       "another program has another digest");

	/* The kernel adds the script's name, then our argument: the first counts. */
	fd = open(DIR "/script", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	if (write(fd, "#!" DIR "/sha256 show\n", strlen("#!" DIR "/sha256 show\n")) < 0)
		tap_bail("script: %s", strerror(errno));
	close(fd);
	got = run_told(DIR "/script");
	same(&got, &want, "of a script its interpreter counts");

	copy("./copy", "");
	symlink(DIR "/sha256", "./link");
	got = run_told("./copy");
	tap_equal(got.claimed.kind, TLSBIND_EXE_NONE, "the same bytes without fs-verity are not measured");
	got = run_told("./link");
	tap_bytes(got.claimed.digest, want.digest, sizeof(want.digest), "a name is nothing, the file counts");
}

#define RULE_TESTS 6

/* What a rule by executable is about: the copy with the digest, and no other. */
static void test_rule(void)
{
	struct exe sha256, sha512;

	copy(DIR "/denied", "denied");
	copy(DIR "/denied512", "denied");
	copy(DIR "/free", "free");
	sha256 = verity(DIR "/denied", FS_VERITY_HASH_ALG_SHA256);
	sha512 = verity(DIR "/denied512", FS_VERITY_HASH_ALG_SHA512);
	verity(DIR "/free", FS_VERITY_HASH_ALG_SHA256);
	about("deny", &sha256);
	tap_equal(tried(DIR "/denied"), EACCES, "a rule is about an executable: its key is refused");
	tap_equal(tried(DIR "/denied512"), 0, "but not that of the same bytes with another digest");
	tap_equal(tried(DIR "/free"), 0, "nor of another executable");
	tap_equal(tried("/proc/self/exe"), 0, "nor of one that nobody measures");
	about("deny", &sha512);
	tap_equal(tried(DIR "/denied512"), EACCES, "the same with a digest of 64 bytes");
	sha256.kind = TLSBIND_EXE_IMA;
	about("deny", &sha256);
	tap_equal(tried(DIR "/denied"), 0, "a digest is one of its kind only");
	guest_allow(1);
}

#define IMA_TESTS (4 * SAME_TESTS + 2)

/* A policy that has IMA measure what OWNER's programs are. */
static bool ima_policy(void)
{
	int fd = open(POLICY, O_WRONLY | O_CLOEXEC);
	char rule[64];
	ssize_t n;

	snprintf(rule, sizeof(rule), "measure func=BPRM_CHECK fowner=%d\n", OWNER);
	n = fd < 0 ? -1 : write(fd, rule, strlen(rule));
	return fd >= 0 && !close(fd) && n > 0;
}

static void owned(const char *path)
{
	if (chown(path, OWNER, 0))
		tap_bail("chown %s: %s", path, strerror(errno));
}

static void test_ima(void)
{
	struct exe want, none = {};
	struct told got;

	if (!ima_policy()) {
		for (int i = 0; i < IMA_TESTS; i++)
			tap_skip("IMA", "this kernel does not measure, or has a policy already");
		return;
	}
	copy(DIR "/ima", "");
	owned(DIR "/ima");
	want = sha256(DIR "/ima");
	got = run_told(DIR "/ima");
	same(&got, &want, "a program that IMA measures");

	copy(DIR "/ima", "changed");
	want = sha256(DIR "/ima");
	got = run_told(DIR "/ima");
	same(&got, &want, "when it was changed");
	about("deny", &want);
	tap_equal(tried(DIR "/ima"), EACCES, "a rule can be about what IMA measured");
	want.digest[31] ^= 1;
	about("deny", &want);
	tap_equal(tried(DIR "/ima"), 0, "and one that differs in a bit is about something else");
	guest_allow(1);

	copy(DIR "/both", "");
	owned(DIR "/both");
	want = verity(DIR "/both", FS_VERITY_HASH_ALG_SHA256);
	got = run_told(DIR "/both");
	same(&got, &want, "fs-verity comes first");

	copy(DIR "/stranger", "");
	got = run_told(DIR "/stranger");
	same(&got, &none, "what IMA does not measure is not hashed for us");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "show"))
		return show();
	if (argc > 1 && !strcmp(argv[1], "try"))
		return try_to_install();
	if (mount(NULL, DISK, NULL, MS_REMOUNT, NULL) || mkdir(DIR, 0755))
		tap_skip_all("no disk with fs-verity to write to");
	tap_plan(VERITY_TESTS + RULE_TESTS + IMA_TESTS);
	guest_setup();
	test_verity();
	test_rule();
	test_ima();
	return tap_done();
}
