/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rule_file.h"
#include "tool.h"

/* After so many wrong lines the file is probably none of rules. */
#define TOOL_RULE_FILE_ERRORS	20

/* Return: NULL; or what is wrong with the line. */
static const char *tool_rule_file_line(const char *line, size_t len, struct tool_rule *rule,
				       bool *empty, char *error)
{
	char *words[TOOL_RULE_WORDS], *buffer = malloc(len + 1);
	const char *why = "out of memory";
	int count;

	if (!buffer)
		return why;
	why = strlen(line) == len ? tool_words_split(line, buffer, words, TOOL_RULE_WORDS, &count) :
				    "a zero byte";
	*empty = !why && !count;
	if (!why && count) {
		int took = tool_rule_parse(rule, count, words, error);

		if (took < 0)
			why = error;
		else if (took < count)
			why = "\"before\" is for the command line";
	}
	free(buffer);
	return why;
}

/* Return: whether the rule could be kept. */
static bool tool_rule_file_keep(struct tool_rules *rules, unsigned int **lines,
				const struct tool_rule *rule, unsigned int line)
{
	struct tool_rule *kept = tool_rules_add(rules);
	unsigned int *grown;

	if (!kept)
		return false;
	*kept = *rule;
	grown = reallocarray(*lines, rules->room, sizeof(*grown));
	if (!grown)
		return false;
	*lines = grown;
	(*lines)[rules->count - 1] = line;
	return true;
}

/*
 * The next line, without its end, in TOOL_RULE_LINE_MAX + 1 bytes. Return: its length;
 * TOOL_RULE_LINE_MAX + 1 if there is no room for it; -1 at the end of the file, or if
 * the file cannot be read.
 */
static ssize_t tool_rule_file_next(FILE *file, char *line)
{
	ssize_t len = 0;
	int c;

	while ((c = getc(file)) != EOF && c != '\n') {
		if (len == TOOL_RULE_LINE_MAX)
			return len + 1;
		line[len++] = (char)c;
	}
	line[len] = '\0';
	return ferror(file) || (c == EOF && !len) ? -1 : len;
}

static int tool_rule_file_parse(const char *name, FILE *file, struct tool_rules *rules,
				unsigned int **lines)
{
	char line[TOOL_RULE_LINE_MAX + 1], error[TOOL_RULE_ERROR];
	unsigned int number = 0, errors = 0;
	struct tool_rule rule;
	const char *why;
	ssize_t len = 0;

	/* Behind a line without end there is nothing to be found. */
	while (errors < TOOL_RULE_FILE_ERRORS && len <= TOOL_RULE_LINE_MAX &&
	       (len = tool_rule_file_next(file, line)) >= 0) {
		bool empty = false;

		number++;
		if (len > TOOL_RULE_LINE_MAX)
			why = "longer than 65535 bytes";
		else
			why = tool_rule_file_line(line, (size_t)len, &rule, &empty, error);
		if (empty)
			continue;
		if (!why && rules->count == TLSBIND_RULES_MAX)
			why = "too many rules";
		if (!why && !tool_rule_file_keep(rules, lines, &rule, number))
			why = "out of memory";
		if (why) {
			tool_message("%s:%u: %s", name, number, why);
			errors++;
		}
	}
	/* A part of a file is not taken for the whole, whatever the reason. */
	if (len < 0 && !feof(file)) {
		tool_message("%s: %s", name, strerror(errno));
		errors++;
	}
	return errors ? -1 : 0;
}

int tool_rule_file_read(const char *path, struct tool_rules *rules, unsigned int **lines)
{
	bool input = !strcmp(path, "-");
	FILE *file = input ? stdin : fopen(path, "re");
	int ret;

	*lines = NULL;
	if (!file) {
		tool_message("%s: %s", path, strerror(errno));
		return -1;
	}
	ret = tool_rule_file_parse(input ? "-" : path, file, rules, lines);
	if (!input)
		fclose(file);
	return ret;
}

static int tool_rule_file_put(FILE *out, const struct tool_rules *rules)
{
	struct tool_print print;
	size_t i;

	tool_print_begin(&print, out, false);
	tool_print_text(&print, "# Rules of tlsbind, see tlsbind-rules(5).\n");
	for (i = 0; i < rules->count; i++) {
		tool_rule_print(&print, &rules->rule[i]);
		tool_print_text(&print, "\n");
	}
	return tool_print_end(&print);
}

/* Owner first: what the owner may must not be for another one. */
static void tool_rule_file_hand_on(const char *path, int fd)
{
	struct stat old;

	if (stat(path, &old))
		return;
	if (fchown(fd, old.st_uid, old.st_gid) || fchmod(fd, old.st_mode & 07777))
		tool_message("%s: cannot keep its owner and permissions: %s", path,
			     strerror(errno));
}

/* Return: a file beside @path with its owner and permissions, or 0600; NULL after a message. */
static FILE *tool_rule_file_new(const char *path, char *name, size_t size)
{
	FILE *file;
	int fd;

	if ((size_t)snprintf(name, size, "%s.XXXXXX", path) >= size) {
		tool_message("%s: %s", path, strerror(ENAMETOOLONG));
		return NULL;
	}
	fd = mkstemp(name);
	if (fd >= 0)
		tool_rule_file_hand_on(path, fd);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (file)
		return file;
	tool_message("%s: %s", path, strerror(errno));
	if (fd >= 0) {
		close(fd);
		unlink(name);
	}
	return NULL;
}

static int tool_rule_file_rename(const char *path, const struct tool_rules *rules)
{
	char name[4096];
	FILE *file = tool_rule_file_new(path, name, sizeof(name));
	bool told, good;

	if (!file)
		return -1;
	told = tool_rule_file_put(file, rules);
	good = !told && !fsync(fileno(file));
	if (fclose(file))
		good = false;
	if (good && !rename(name, path))
		return 0;
	if (!told)
		tool_message("%s: %s", path, strerror(errno));
	unlink(name);
	return -1;
}

/* What is no regular file cannot be replaced. */
static int tool_rule_file_into(const char *path, const struct tool_rules *rules)
{
	FILE *file = fopen(path, "we");
	int ret;

	if (!file) {
		tool_message("%s: %s", path, strerror(errno));
		return -1;
	}
	ret = tool_rule_file_put(file, rules);
	if (!fclose(file) || ret)
		return ret;
	tool_message("%s: %s", path, strerror(errno));
	return -1;
}

/* A link stays one; one that leads nowhere is refused. */
static int tool_rule_file_replace(const char *path, const struct tool_rules *rules)
{
	char *real = realpath(path, NULL);
	struct stat st;
	int ret = -1;

	if (!real && errno == ENOENT && lstat(path, &st))
		real = strdup(path);
	if (real)
		ret = tool_rule_file_rename(real, rules);
	else
		tool_message("%s: %s", path, strerror(errno));
	free(real);
	return ret;
}

/* A cgroup that is gone has no path, and the kernel takes no rule with its id. */
static void tool_rule_file_warn(const char *name, const struct tool_rules *rules)
{
	char *path;
	size_t i;

	for (i = 0; i < rules->count; i++) {
		if (!rules->rule[i].cgroup)
			continue;
		path = tool_cgroup_path(rules->rule[i].cgroup);
		if (!path)
			tool_message("%s:%zu: cgroup id:%" PRIu64 " has no path; if it is gone, this "
				     "file cannot be loaded", name, i + 2, rules->rule[i].cgroup);
		free(path);
	}
}

int tool_rule_file_write(const char *path, const struct tool_rules *rules)
{
	bool output = !path || !strcmp(path, "-");
	struct stat old;
	int ret;

	if (output)
		ret = tool_rule_file_put(stdout, rules);
	else if (!stat(path, &old) && !S_ISREG(old.st_mode))
		ret = tool_rule_file_into(path, rules);
	else
		ret = tool_rule_file_replace(path, rules);
	if (!ret)
		tool_rule_file_warn(output ? "-" : path, rules);
	return ret;
}

int tool_rules_digest(const struct tool_rules *rules, uint8_t digest[TLSBIND_HASH_SIZE])
{
	struct tlsbind_rule_wire *wire = calloc(rules->count + 1, sizeof(*wire));
	size_t i;
	int ret = -ENOMEM;

	for (i = 0; wire && i < rules->count; i++)
		tool_rule_wire(&rules->rule[i], &wire[i]);
	if (wire)
		ret = tlsbind_policy_digest(wire, rules->count, digest);
	free(wire);
	if (!ret)
		return 0;
	tool_error("no digest: %s", strerror(-ret));
	return -1;
}
