/* SPDX-License-Identifier: MIT */
/* Files of rules: lines of errors, the round trip, what is replaced when, the digest. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common.h"
#include "rule_file.h"
#include "tool.h"

static char path[64];

static void put(const char *text, size_t len)
{
	FILE *file = fopen(path, "we");

	size_t written;

	assert_non_null(file);
	written = fwrite(text, 1, len, file);
	fclose(file);
	assert_int_equal(written, len);
}

/** struct listener - what comes on standard error */
struct listener {
	FILE *log;
	int keep;
};

static void listen_to(struct listener *l)
{
	l->log = tmpfile();
	l->keep = dup(STDERR_FILENO);
	assert_non_null(l->log);
	assert_true(l->keep >= 0);
	fflush(stderr);
	assert_true(dup2(fileno(l->log), STDERR_FILENO) >= 0);
}

/* Return: to be freed. */
static char *heard(struct listener *l)
{
	struct test_bytes text;
	char name[64], *said;

	fflush(stderr);
	assert_true(dup2(l->keep, STDERR_FILENO) >= 0);
	close(l->keep);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fileno(l->log));
	text = test_file(name);
	said = calloc(1, text.len + 1);
	assert_non_null(said);
	memcpy(said, text.data, text.len);
	free(text.data);
	fclose(l->log);
	return said;
}

/* Reads what was put; *@said is what came on standard error, to be freed. */
static int read_rules(struct tool_rules *rules, unsigned int **lines, char **said)
{
	struct listener l;
	int ret;

	listen_to(&l);
	ret = tool_rule_file_read(path, rules, lines);
	*said = heard(&l);
	return ret;
}

static int write_rules(const char *to, const struct tool_rules *rules, char **said)
{
	struct listener l;
	int ret;

	listen_to(&l);
	ret = tool_rule_file_write(to, rules);
	*said = heard(&l);
	return ret;
}

/* The message must name the line. */
static void wrong(const char *text, size_t len, const char *message)
{
	struct tool_rules rules = { 0 };
	char expected[512], *said;
	unsigned int *lines;

	put(text, len);
	assert_int_equal(read_rules(&rules, &lines, &said), -1);
	snprintf(expected, sizeof(expected), "tlsbind: %s:%s\n", path, message);
	assert_string_equal(said, expected);
	tool_rules_free(&rules);
	free(lines);
	free(said);
}

#define WRONG(text, message)	wrong(text, sizeof(text) - 1, message)

static void mistakes_are_told_with_their_line(void **state)
{
	(void)state;
	WRONG("attest\n\n# comment\ndeny nonsense\n", "4: no such word: nonsense");
	WRONG("attest lport 2-1", "1: lport: the range is inverted: 2-1");
	WRONG("attest before 1\n", "1: \"before\" is for the command line");
	WRONG("attest \"\n", "1: a quoted word without end, or with an escape that is not \\\", "
	      "\\\\ or \\xHH");
	WRONG("attest\0\n", "1: a zero byte");
	WRONG("pass a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\n",
	      "1: too many words");
}

static void a_wrong_line_cannot_control_the_terminal(void **state)
{
	(void)state;
	WRONG("pass \033[31mred\n", "1: no such word: ?[31mred");
	WRONG("pass \xc2\x9b\x7f\n", "1: no such word: ???");
	WRONG("pass exe \"\\x1b[2J\"\n", "1: exe: not fsverity:HEX or ima:HEX: ?[2J");
}

static void every_wrong_line_is_told(void **state)
{
	struct tool_rules rules = { 0 };
	unsigned int *lines;
	char *said;

	(void)state;
	put("x\nattest\ny\n", 11);
	assert_int_equal(read_rules(&rules, &lines, &said), -1);
	assert_non_null(strstr(said, ":1: "));
	assert_null(strstr(said, ":2: "));
	assert_non_null(strstr(said, ":3: "));
	tool_rules_free(&rules);
	free(lines);
	free(said);
}

static void rules_know_their_lines(void **state)
{
	static const char text[] = "\n# a\nattest lport 1 # b\n\ndeny\r\npass";
	struct tool_rules rules = { 0 };
	unsigned int *lines;
	char *said;

	(void)state;
	put(text, sizeof(text) - 1);
	assert_int_equal(read_rules(&rules, &lines, &said), 0);
	assert_string_equal(said, "");
	assert_int_equal(rules.count, 3);
	assert_int_equal(lines[0], 3);
	assert_int_equal(lines[1], 5);
	assert_int_equal(lines[2], 6);
	tool_rules_free(&rules);
	free(lines);
	free(said);
}

static void there_may_be_so_many_and_no_more(void **state)
{
	static const char line[] = "attest lport 443\n";
	const size_t len = sizeof(line) - 1, max = TLSBIND_RULES_MAX;
	char *text = malloc(len * (max + 1)), *said;
	struct tool_rules rules = { 0 };
	unsigned int *lines;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= max; i++)
		memcpy(text + i * len, line, len);
	put(text, len * max);
	assert_int_equal(read_rules(&rules, &lines, &said), 0);
	assert_int_equal(rules.count, max);
	tool_rules_free(&rules);
	free(lines);
	free(said);
	wrong(text, len * (max + 1), "16385: too many rules");
	free(text);
}

static void a_line_ends_somewhere(void **state)
{
	char *text = malloc(TOOL_RULE_LINE_MAX + 2), *said;
	struct tool_rules rules = { 0 };
	unsigned int *lines;

	(void)state;
	assert_non_null(text);
	memset(text, '#', TOOL_RULE_LINE_MAX + 2);
	text[TOOL_RULE_LINE_MAX] = '\n';
	put(text, TOOL_RULE_LINE_MAX + 1);
	assert_int_equal(read_rules(&rules, &lines, &said), 0);
	assert_string_equal(said, "");
	free(said);
	free(lines);
	text[TOOL_RULE_LINE_MAX] = '#';
	wrong(text, TOOL_RULE_LINE_MAX + 2, "1: longer than 65535 bytes");
	text[TOOL_RULE_LINE_MAX + 1] = '\n';
	wrong(text, TOOL_RULE_LINE_MAX + 2, "1: longer than 65535 bytes");
	free(text);
}

static void a_file_that_cannot_be_read_to_its_end_is_none(void **state)
{
	char directory[] = "/tmp/tlsbind-rules-dir.XXXXXX", file[64], *said;
	struct tool_rules rules = { 0 };
	unsigned int *lines;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s", path);
	snprintf(path, sizeof(path), "%s", directory);
	assert_int_equal(read_rules(&rules, &lines, &said), -1);
	snprintf(path, sizeof(path), "%s", file);
	assert_non_null(strstr(said, "Is a directory"));
	free(said);
	free(lines);
	rmdir(directory);
}

static void what_is_saved_is_what_was_loaded(void **state)
{
	static const char text[] =
		"# Rules of tlsbind, see tlsbind-rules(5).\n"
		"attest local 192.0.2.0/24 lport 443 uid 33-34 tls12 rekey abort rate 10\n"
		"deny remote 2001:db8::/32 rport 1-1024\n"
		"pass cgroup id:17\n";
	struct tool_rules rules = { 0 };
	char expected[128], *said;
	struct test_bytes saved;
	unsigned int *lines;
	struct stat st;

	(void)state;
	put(text, sizeof(text) - 1);
	assert_int_equal(read_rules(&rules, &lines, &said), 0);
	free(said);
	free(lines);
	put("old", 3);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(write_rules(path, &rules, &said), 0);
	/* There is no such cgroup: whoever saves this must know. */
	snprintf(expected, sizeof(expected), "tlsbind: %s:4: ", path);
	assert_non_null(strstr(said, expected));
	assert_non_null(strstr(said, "cgroup id:17"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	free(said);
	saved = test_file(path);
	assert_int_equal(saved.len, sizeof(text) - 1);
	assert_memory_equal(saved.data, text, saved.len);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	tool_rules_free(&rules);
	free(saved.data);
}

static void a_link_stays_a_link(void **state)
{
	static const struct tool_rules rules;
	struct test_bytes saved;
	char link[96], *said;
	struct stat st;

	(void)state;
	snprintf(link, sizeof(link), "%s.link", path);
	put("old", 3);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(write_rules(link, &rules, &said), 0);
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	saved = test_file(path);
	assert_memory_equal(saved.data, "# Rules", 7);
	free(saved.data);
	/* One that leads nowhere is not followed, and not replaced. */
	unlink(link);
	assert_int_equal(symlink("/nonexistent/rules", link), 0);
	assert_int_equal(write_rules(link, &rules, &said), -1);
	assert_non_null(strstr(said, "No such file or directory"));
	free(said);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	unlink(link);
}

static void a_pipe_takes_rules_too(void **state)
{
	static const struct tool_rules rules;
	char name[64], text[64] = "", *said;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[1]);
	assert_int_equal(write_rules(name, &rules, &said), 0);
	assert_string_equal(said, "");
	free(said);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "# Rules of tlsbind, see tlsbind-rules(5).\n");
	close(ends[0]);
	close(ends[1]);
}

static void who_owns_the_file_goes_on_to(void **state)
{
	static const struct tool_rules rules;
	struct stat st;
	char *said;

	(void)state;
	if (geteuid())
		skip();
	put("old", 3);
	assert_int_equal(chown(path, 1234, 1235), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(write_rules(path, &rules, &said), 0);
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 1235);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(chown(path, 0, 0), 0);
}

static void a_new_file_is_for_its_owner(void **state)
{
	static const struct tool_rules rules;
	struct stat st;
	char *said;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write_rules(path, &rules, &said), 0);
	assert_string_equal(said, "");
	free(said);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_write_that_fails_is_told_once(void **state)
{
	struct rlimit limit, small;
	struct tool_rules rules = { 0 };
	struct test_bytes kept;
	char *said;
	int ret;

	(void)state;
	put("old", 3);
	while (rules.count < 1000)
		assert_non_null(tool_rules_add(&rules));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ret = write_rules(path, &rules, &said);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(ret, -1);
	assert_string_equal(said, "tlsbind: cannot write: File too large\n");
	free(said);
	assert_int_equal(write_rules("/dev/full", &rules, &said), -1);
	assert_string_equal(said, "tlsbind: cannot write: No space left on device\n");
	free(said);
	tool_rules_free(&rules);
	kept = test_file(path);
	assert_int_equal(kept.len, 3);
	free(kept.data);
}

/* Computed by Python's hashlib and struct from the description in <linux/tlsbind.h>. */
static void the_digest_is_the_one_in_the_specification(void **state)
{
	static const char text[] =
		"attest lport 443 local 192.0.2.0/24 uid 33-34 tls12 rekey abort rate 10\n"
		"deny remote 2001:db8::/32 rport 1-1024\n"
		"attest exe fsverity:00112233445566778899aabbccddeeff"
		"00112233445566778899aabbccddeeff cgroup id:17\n";
	struct test_bytes want = test_hex("8e163a8a71b2e77b5b8e283738c02746bcb7819633835c2160e6"
					  "0083c23d419d3c76953805a18325219f6aae4dd115b5");
	uint8_t digest[TLSBIND_HASH_SIZE], zero[TLSBIND_HASH_SIZE] = { 0 };
	struct tool_rules rules = { 0 };
	unsigned int *lines;
	char *said;

	(void)state;
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_equal(digest, zero, sizeof(digest));
	put(text, sizeof(text) - 1);
	assert_int_equal(read_rules(&rules, &lines, &said), 0);
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_equal(digest, want.data, sizeof(digest));
	/* Neither handles nor counters are part of it, order is. */
	rules.rule[0].handle = 7;
	rules.rule[0].matches = 8;
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_equal(digest, want.data, sizeof(digest));
	rules.rule[2] = rules.rule[0];
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_not_equal(digest, want.data, sizeof(digest));
	tool_rules_free(&rules);
	free(want.data);
	free(lines);
	free(said);
}

/* Likewise. */
static void the_digest_has_what_is_there_for_gates(void **state)
{
	static const char text[] = "gate remote 192.0.2.0/24 rport 5432 policy 258 lease 3600\n"
				   "gate nic loopback no-export mutual rekey abort rate 10\n";
	struct test_bytes want = test_hex("aa1b607ba90cf238802bda55041278e0e39e9b2813726f1e3521"
					  "f63e53f4e9091b6d0bbe51bba406fe816eaabd351885");
	uint8_t digest[TLSBIND_HASH_SIZE];
	struct tool_rules rules = { 0 };
	unsigned int *lines;
	char *said;

	(void)state;
	put(text, sizeof(text) - 1);
	assert_int_equal(read_rules(&rules, &lines, &said), 0);
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_equal(digest, want.data, sizeof(digest));
	rules.rule[0].policy = 0;
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_not_equal(digest, want.data, sizeof(digest));
	rules.rule[0].policy = 258;
	rules.rule[0].lease = 0;
	assert_int_equal(tool_rules_digest(&rules, digest), 0);
	assert_memory_not_equal(digest, want.data, sizeof(digest));
	tool_rules_free(&rules);
	free(want.data);
	free(lines);
	free(said);
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/tlsbind-rules.XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(a_wrong_line_cannot_control_the_terminal),
		cmocka_unit_test(every_wrong_line_is_told),
		cmocka_unit_test(rules_know_their_lines),
		cmocka_unit_test(there_may_be_so_many_and_no_more),
		cmocka_unit_test(a_line_ends_somewhere),
		cmocka_unit_test(a_file_that_cannot_be_read_to_its_end_is_none),
		cmocka_unit_test(what_is_saved_is_what_was_loaded),
		cmocka_unit_test(a_link_stays_a_link),
		cmocka_unit_test(a_pipe_takes_rules_too),
		cmocka_unit_test(who_owns_the_file_goes_on_to),
		cmocka_unit_test(a_new_file_is_for_its_owner),
		cmocka_unit_test(a_write_that_fails_is_told_once),
		cmocka_unit_test(the_digest_is_the_one_in_the_specification),
		cmocka_unit_test(the_digest_has_what_is_there_for_gates),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
