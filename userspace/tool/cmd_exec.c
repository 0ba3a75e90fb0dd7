/* SPDX-License-Identifier: MIT */
/* tlsbind exec: a program whose TLS library is told to use kernel TLS. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "exec.h"

#define EXEC_LIBRARY	"libtlsbind-exec.so"

static const struct tool_option exec_options[] = {
	{ "strict", 0, NULL, "end with 124 unless all connections got both keys into the kernel" },
	{ "quiet", 'q', NULL, "do not report" },
	{ "json", 'j', NULL, "report as JSON" },
	{ "help", 'h', NULL, "this text" },
	{ NULL, 0, NULL, NULL },
};

/* Beside the program, below its lib, or where it was to be installed. */
static bool exec_find_library(char *path, size_t size)
{
	static const char *const places[] = { "%s/" EXEC_LIBRARY, "%s/../lib/tlsbind/" EXEC_LIBRARY };
	char here[PATH_MAX / 2], *slash;
	ssize_t len = readlink("/proc/self/exe", here, sizeof(here) - 1);
	size_t i;

	here[len > 0 ? len : 0] = '\0';
	slash = strrchr(here, '/');
	if (slash)
		*slash = '\0';
	for (i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, i ? places[1] : places[0], here);
		if (!access(path, R_OK))
			return true;
	}
	snprintf(path, size, "%s", TLSBIND_EXEC_LIBRARY);
	return !access(path, R_OK);
}

/* A list of paths has no way to quote what separates them. */
static bool exec_library(struct exec *e)
{
	if (!exec_find_library(e->library, sizeof(e->library)))
		tool_message("%s is not there", e->library);
	else if (strpbrk(e->library, ": \t"))
		tool_message("%s: the path cannot be part of LD_PRELOAD", e->library);
	else
		return true;
	return false;
}

static bool exec_directory(struct exec *e)
{
	const char *places[] = { getenv("TMPDIR"), "/tmp", "/dev/shm" };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!places[i] || *places[i] != '/' ||
		    (size_t)snprintf(e->dir, sizeof(e->dir), "%s/tlsbind-exec-XXXXXX", places[i]) >=
		    sizeof(e->dir))
			continue;
		if (mkdtemp(e->dir))
			return true;
	}
	*e->dir = '\0';
	tool_message("no directory for the configuration: %s", strerror(errno));
	return false;
}

static bool exec_see(struct exec *e)
{
	int fd = open(e->seen_file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	void *seen = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(*e->seen)))
		seen = mmap(NULL, sizeof(*e->seen), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (seen == MAP_FAILED) {
		tool_message("%s: %s", e->seen_file, strerror(errno));
		return false;
	}
	e->seen = seen;
	e->seen->magic = EXEC_SEEN_MAGIC;
	return true;
}

/*
 * Configurations are for everybody to read: a program that becomes another user has to
 * read them still. They have no secrets, and nobody else can write there.
 */
static bool exec_files(struct exec *e)
{
	int gnutls;

	snprintf(e->openssl, sizeof(e->openssl), "%s/openssl.cnf", e->dir);
	snprintf(e->gnutls, sizeof(e->gnutls), "%s/gnutls.conf", e->dir);
	snprintf(e->seen_file, sizeof(e->seen_file), "%s/seen", e->dir);
	if (tool_exec_openssl(e->openssl))
		return false;
	gnutls = tool_exec_gnutls(e->gnutls);
	if (gnutls < 0)
		return false;
	if (!gnutls)
		chmod(e->gnutls, 0644);
	else
		*e->gnutls = '\0';
	chmod(e->openssl, 0644);
	chmod(e->dir, 0755);
	return exec_see(e);
}

static void exec_remove(struct exec *e)
{
	if (e->seen)
		munmap(e->seen, sizeof(*e->seen));
	if (!*e->dir || e->remains)
		return;
	unlink(e->openssl);
	unlink(e->seen_file);
	if (*e->gnutls)
		unlink(e->gnutls);
	rmdir(e->dir);
}

static int exec_run(struct exec *e, char *const argv[], bool strict, bool quiet)
{
	int code = tool_exec_run(e, argv);

	if (!e->pid)
		return code;
	if (!quiet)
		tool_exec_report(e->seen, stderr, tool_json);
	if (e->remains && !quiet && !tool_json)
		tool_message("processes go on without us: %s stays for them", e->dir);
	return strict && !tool_exec_met(e->seen) ? TOOL_STRICT : code;
}

static int exec_usage(const struct tool_command *command)
{
	tool_wrong(command);
	return TOOL_EXEC;
}

static int exec_main(const struct tool_command *command, int argc, char **argv)
{
	const struct tool_option *option;
	bool strict = false, quiet = false, help = false, bad;
	struct exec e = { 0 };
	int code = TOOL_EXEC;

	while ((option = tool_getopt(command, argc, argv, &bad))) {
		strict |= !strcmp(option->name, "strict");
		quiet |= !strcmp(option->name, "quiet");
		tool_json |= !strcmp(option->name, "json");
		help |= !strcmp(option->name, "help");
	}
	if (bad)
		return exec_usage(command);
	if (help) {
		tool_usage(command, stdout);
		return TOOL_OK;
	}
	if (optind == argc) {
		tool_message("exec: which program?");
		return exec_usage(command);
	}
	if (exec_library(&e) && exec_directory(&e) && exec_files(&e))
		code = exec_run(&e, argv + optind, strict, quiet);
	exec_remove(&e);
	return code;
}

const struct tool_command tool_command_exec = {
	.name = "exec",
	.synopsis = "[--strict] [-q] [--] PROGRAM [ARGUMENT...]",
	.help = "run a program, its TLS in the kernel",
	.options = exec_options,
	.program = true,
	.run = exec_main,
};
