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

/* The program that is copied: installs a key and tells what is said of it. */
static int show(void)
{
	struct ktls_key k = ktls_key(SUITE, getpid());
	struct tlsbind_claims c;
	struct exe exe;
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]) || ktls_install(fd[0], TLS_TX, &k))
		return 2;
	evidence_of(fd[0], &c);
	exe.kind = c.exe_digest_kind;
	exe.len = c.exe_digest_len;
	memcpy(exe.digest, c.exe_digest, sizeof(exe.digest));
	return write(STDOUT_FILENO, &exe, sizeof(exe)) != sizeof(exe);
}

static struct exe run(const char *path)
{
	struct exe exe = { .kind = 0xff };
	int pipes[2], status;
	pid_t pid;

	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		execl(path, path, "show", (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	if (read(pipes[0], &exe, sizeof(exe)) != sizeof(exe))
		tap_diag("%s said nothing", path);
	close(pipes[0]);
	waitpid(pid, &status, 0);
	return exe;
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

static void same(const struct exe *got, const struct exe *want, const char *what)
{
	tap_equal(got->kind, want->kind, "%s: kind", what);
	tap_equal(got->len, want->len, "%s: length", what);
	tap_bytes(got->digest, want->digest, sizeof(got->digest), "%s: digest and padding", what);
}

#define VERITY_TESTS 17

static void test_verity(void)
{
	struct exe none = {}, got, want, other;
	int fd;

	copy(DIR "/plain", "");
	got = run(DIR "/plain");
	same(&got, &none, "a program that nobody measures");

	copy(DIR "/sha256", "");
	want = verity(DIR "/sha256", FS_VERITY_HASH_ALG_SHA256);
	got = run(DIR "/sha256");
	same(&got, &want, "fs-verity with SHA-256");
	tap_equal(want.len, 32, "which has 32 bytes");

	copy(DIR "/sha512", "");
	want = verity(DIR "/sha512", FS_VERITY_HASH_ALG_SHA512);
	got = run(DIR "/sha512");
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
	got = run(DIR "/script");
	same(&got, &want, "of a script its interpreter counts");

	copy("./copy", "");
	symlink(DIR "/sha256", "./link");
	got = run("./copy");
	tap_equal(got.kind, TLSBIND_EXE_NONE, "the same bytes without fs-verity are not measured");
	got = run("./link");
	tap_bytes(got.digest, want.digest, sizeof(want.digest), "a name is nothing, the file counts");
}

#define IMA_TESTS 12

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
	struct exe got, want, none = {};

	if (!ima_policy()) {
		for (int i = 0; i < IMA_TESTS; i++)
			tap_skip("IMA", "this kernel does not measure, or has a policy already");
		return;
	}
	copy(DIR "/ima", "");
	owned(DIR "/ima");
	want = sha256(DIR "/ima");
	got = run(DIR "/ima");
	same(&got, &want, "a program that IMA measures");

	copy(DIR "/ima", "changed");
	want = sha256(DIR "/ima");
	got = run(DIR "/ima");
	same(&got, &want, "when it was changed");

	copy(DIR "/both", "");
	owned(DIR "/both");
	want = verity(DIR "/both", FS_VERITY_HASH_ALG_SHA256);
	got = run(DIR "/both");
	same(&got, &want, "fs-verity comes first");

	copy(DIR "/stranger", "");
	got = run(DIR "/stranger");
	same(&got, &none, "what IMA does not measure is not hashed for us");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "show"))
		return show();
	if (mount(NULL, DISK, NULL, MS_REMOUNT, NULL) || mkdir(DIR, 0755))
		tap_skip_all("no disk with fs-verity to write to");
	tap_plan(VERITY_TESTS + IMA_TESTS);
	guest_setup();
	test_verity();
	test_ima();
	return tap_done();
}
