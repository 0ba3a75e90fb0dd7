// SPDX-License-Identifier: MIT
/* Who installed the key: uid, cgroup and network namespace of that task, not of the asker. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "evidence.h"
#include "guest.h"

#define SUITE	0x1301
#define CGROUP	"/sys/fs/cgroup/tlsbind-caller"

/** struct place - where a child goes before it installs keys */
struct place {
	uid_t uid;
	bool netns;
	bool userns;
	const char *cgroup;
};

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static bool go_to(const struct place *place)
{
	if (place->cgroup && write_text(place->cgroup, "0"))
		return false;
	if (place->netns && unshare(CLONE_NEWNET))
		return false;
	if (place->uid && setresuid(place->uid, place->uid, place->uid))
		return false;
	/* Its files in /proc are its own again. */
	prctl(PR_SET_DUMPABLE, 1);
	/* In there the task is root; in the initial namespace it is still @uid. */
	if (place->userns && (unshare(CLONE_NEWUSER) ||
			      write_text("/proc/self/setgroups", "deny")))
		return false;
	if (place->userns) {
		char map[32];

		snprintf(map, sizeof(map), "0 %u 1", place->uid);
		if (write_text("/proc/self/uid_map", map) || getuid())
			return false;
	}
	return true;
}

/* Keys on @fd by a child in @place. Return: inode of its network namespace. */
static uint64_t install_there(int fd, const struct place *place, unsigned int seed, int direction)
{
	struct ktls_key k = ktls_key(SUITE, seed);
	uint64_t netns = 0;
	int pipes[2], status;

	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	pid_t pid = fork();

	if (!pid) {
		if (!go_to(place) || ktls_install(fd, direction, &k))
			_exit(1);
		netns = inode_of("/proc/self/ns/net");
		_exit(write(pipes[1], &netns, sizeof(netns)) != sizeof(netns));
	}
	close(pipes[1]);
	waitpid(pid, &status, 0);
	if (status || read(pipes[0], &netns, sizeof(netns)) != sizeof(netns))
		tap_bail("the child could not install a key: status %d", status);
	close(pipes[0]);
	return netns;
}

static void claims_of(int fd, struct tlsbind_claims *claims)
{
	static uint8_t buf[65536];
	struct evidence e;
	ssize_t len;

	evidence_ask(fd, 1);
	len = evidence_read(fd, buf, sizeof(buf));
	if (len < 0 || !evidence_parse(&e, buf, len) || !evidence_bound_to(&e, 1))
		tap_bail("no evidence: %s", strerror(errno));
	*claims = e.claims;
}

static int new_socket(void)
{
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || ktls_attach(fd[0]))
		tap_bail("pair: %s", strerror(errno));
	return fd[0];
}

#define HERE_TESTS 8

static void test_here(void)
{
	uint64_t before = guest_boot_ns(), after, installed, made;
	struct ktls_key k = ktls_key(SUITE, 1);
	struct tlsbind_claims c;
	int fd = new_socket();

	ktls_install(fd, TLS_TX, &k);
	after = guest_boot_ns();
	claims_of(fd, &c);
	tap_equal(be32toh(c.uid), 0, "uid of this process");
	tap_equal(be64toh(c.netns), inode_of("/proc/self/ns/net"), "its network namespace");
	tap_ok(be64toh(c.cgroup_id) == inode_of("/sys/fs/cgroup/test"), "its cgroup");
	installed = be64toh(c.installed_ns);
	made = be64toh(c.evidence_ns);
	tap_ok(installed >= before && installed <= after, "time of installation");
	tap_ok(made >= after && made <= guest_boot_ns(), "time of evidence");
	tap_ok(be64toh(c.rule) == 1 && !c.reserved && !memcmp(c.reserved2, "\0\0\0\0\0\0", 6),
	       "the rule's handle, nothing reserved");
	static const uint8_t zeros[TLSBIND_EXE_DIGEST_SIZE];

	tap_ok(memcmp(c.policy_digest, zeros, sizeof(c.policy_digest)) &&
	       !memcmp(c.app_data, zeros, sizeof(c.app_data)), "the rules' digest, no application data");
	tap_ok(c.exe_digest_len <= sizeof(c.exe_digest) && !c.exe_digest_kind == !c.exe_digest_len &&
	       !memcmp(c.exe_digest + c.exe_digest_len, zeros, sizeof(zeros) - c.exe_digest_len),
	       "the digest of the executable has its kind, length and padding");
	close(fd);
}

#define APP_DATA_TESTS 2

static void test_app_data(void)
{
	struct tlsbind_challenge challenge = { .nonce = "n" };
	struct ktls_key k = ktls_key(SUITE, 2);
	uint8_t buf[65536];
	struct evidence e;
	int fd = new_socket();
	ssize_t len;

	for (int i = 0; i < TLSBIND_APP_DATA_SIZE; i++)
		challenge.app_data[i] = 255 - i;
	ktls_install(fd, TLS_RX, &k);
	setsockopt(fd, SOL_TLS, TLSBIND_CHALLENGE, &challenge, sizeof(challenge));
	len = evidence_read(fd, buf, sizeof(buf));
	if (len < 0 || !evidence_parse(&e, buf, len))
		tap_bail("no evidence: %s", strerror(errno));
	tap_bytes(e.claims.app_data, challenge.app_data, sizeof(challenge.app_data),
		  "application data is in the claims");
	tap_ok(evidence_bound(&e), "and signed with them");
	close(fd);
}

static void test_place(const char *name, const struct place *place)
{
	int fd = new_socket();
	uint64_t netns = install_there(fd, place, 3, TLS_TX);
	struct tlsbind_claims c;

	claims_of(fd, &c);
	tap_equal(be32toh(c.uid), place->uid, "%s: uid", name);
	tap_equal(be64toh(c.netns), netns, "%s: network namespace", name);
	tap_equal(be64toh(c.cgroup_id), inode_of(place->cgroup ? CGROUP : "/sys/fs/cgroup/test"),
		  "%s: cgroup", name);
	close(fd);
}

#define PLACES 5

static void test_places(void)
{
	static const char procs[] = CGROUP "/cgroup.procs";
	static const struct {
		const char *name;
		struct place place;
	} places[PLACES] = {
		{ "another user", { .uid = 1234 } },
		{ "another network namespace", { .netns = true } },
		{ "another cgroup", { .cgroup = procs } },
		{ "a user namespace where it is root", { .uid = 1234, .userns = true } },
		{ "another everything", { .uid = 65534, .netns = true, .cgroup = procs } },
	};

	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		tap_bail("%s: %s", CGROUP, strerror(errno));
	for (int i = 0; i < PLACES; i++)
		test_place(places[i].name, &places[i].place);
	rmdir(CGROUP);
}

#define WHOSE_TESTS 3

/* Two users, one for each direction: the claims speak of the tx key's. */
static void test_whose(void)
{
	static const struct place one = { .uid = 1001 }, two = { .uid = 1002 };
	struct tlsbind_claims c;
	int fd = new_socket();

	install_there(fd, &one, 4, TLS_RX);
	claims_of(fd, &c);
	tap_equal(be32toh(c.uid), 1001, "with an rx key only: its installer");
	install_there(fd, &two, 5, TLS_TX);
	claims_of(fd, &c);
	tap_equal(be32toh(c.uid), 1002, "with both: the installer of the tx key");
	close(fd);
	fd = new_socket();
	install_there(fd, &two, 6, TLS_TX);
	install_there(fd, &one, 7, TLS_RX);
	claims_of(fd, &c);
	tap_equal(be32toh(c.uid), 1002, "in the other order too");
	close(fd);
}

int main(void)
{
	tap_plan(HERE_TESTS + APP_DATA_TESTS + 3 * PLACES + WHOSE_TESTS);
	guest_setup();
	test_here();
	test_app_data();
	test_places();
	test_whose();
	return tap_done();
}
