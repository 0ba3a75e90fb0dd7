/* SPDX-License-Identifier: MIT */
/*
 * The kernel's fault injection, from C: the Nth allocation, or copy from or to
 * user space, of a task fails. Only those count that are made below code of a
 * module: the rest of a system call is not what is tested.
 *
 *	fault_plan(2);
 *	fault_setup();
 *	for (n = 1;; n++) {
 *		fault_arm(n);
 *		ret = setsockopt(...);
 *		if (!fault_fired())
 *			break;
 *	}
 */
#ifndef TLSBIND_FAULT_H
#define TLSBIND_FAULT_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "tap.h"

#define FAULT_DEBUGFS	"/sys/kernel/debug"
#define FAULT_SLAB	"/sys/kernel/slab"
#define FAULT_WORKERS	64	/* kernel threads that are armed at once, at most */
#define FAULT_MANY	500	/* nothing has as many faults: it would never end */
#define FAULT_TOP	0xfffffffffeffffffUL	/* where x86-64's modules end */

static const char * const fault_kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

#define FAULT_KINDS (sizeof(fault_kinds) / sizeof(fault_kinds[0]))

/** struct fault_text - where code lies */
struct fault_text {
	unsigned long start;
	unsigned long end;
};

/* --- files --- */

static inline bool fault_write(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/** fault_put() - write to a file by name. Return: whether it took it. */
static inline bool __attribute__((format(printf, 2, 3)))
fault_put(const char *text, const char *fmt, ...)
{
	char path[512];
	va_list args;
	bool good;
	int fd;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = fault_write(fd, text);
	close(fd);
	return good;
}

static inline void fault_knob(const char *kind, const char *knob, const char *value)
{
	if (!fault_put(value, FAULT_DEBUGFS "/%s/%s", kind, knob))
		tap_bail("%s/%s=%s: %s", kind, knob, value, strerror(errno));
}

static inline bool fault_range(const char *what, struct fault_text text)
{
	char start[32], end[32];
	bool good = true;

	snprintf(start, sizeof(start), "0x%lx", text.start);
	snprintf(end, sizeof(end), "0x%lx", text.end);
	for (size_t i = 0; i < FAULT_KINDS; i++)
		good = good &&
		       fault_put(start, FAULT_DEBUGFS "/%s/%s-start", fault_kinds[i], what) &&
		       fault_put(end, FAULT_DEBUGFS "/%s/%s-end", fault_kinds[i], what);
	return good;
}

/** fault_function() - where the kernel's function @name lies: as far as the next symbol. */
static inline struct fault_text fault_function(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct fault_text text = { 0 };
	char line[512], symbol[256];
	unsigned long address;

	while (file && !text.end && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*c %255s", &address, symbol) != 2)
			continue;
		if (!text.start && !strcmp(symbol, name))
			text.start = address;
		else if (text.start && address > text.start)
			text.end = address;
	}
	if (file)
		fclose(file);
	if (!text.end)
		tap_bail("no kernel function %s", name);
	return text;
}

/* --- set up and put back --- */

/*
 * What debugging allocates for itself beside each allocation of others is left
 * out: it is absorbed, and there are as many.
 */
static inline bool fault_ours(const char *cache)
{
	return strncmp(cache, "kmemleak_", 9) && strcmp(cache, "debug_objects_cache");
}

static inline void fault_caches(const char *value)
{
	DIR *dir = opendir(FAULT_SLAB);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && fault_ours(entry->d_name))
			fault_put(value, FAULT_SLAB "/%s/failslab", entry->d_name);
	closedir(dir);
}

/** fault_modules() - the code of all modules: nothing of the kernel itself lies behind _end. */
static inline struct fault_text fault_modules(void)
{
	struct fault_text text = fault_function("_end");

	text.end = FAULT_TOP;
	return text;
}

/** fault_require() - only what happens below this code counts. */
static inline void fault_require(struct fault_text text)
{
	if (!fault_range("require", text))
		tap_bail("require: %s", strerror(errno));
}

/** fault_reset() - no faults any more. */
static inline void fault_reset(void)
{
	fault_put("0", "/proc/self/fail-nth");
	for (size_t i = 0; i < FAULT_KINDS; i++)
		fault_put("0", FAULT_DEBUGFS "/%s/probability", fault_kinds[i]);
	fault_range("require", (struct fault_text){ 0, ~0UL });
	fault_range("reject", (struct fault_text){ 0, 0 });
	fault_put("N", FAULT_DEBUGFS "/failslab/cache-filter");
	fault_caches("0");
}

/* By timeout(1). Faults must not outlive the program. */
static inline void fault_stopped(int sig)
{
	(void)sig;
	/* NOLINTNEXTLINE(bugprone-signal-handler): it waits in a system call then */
	exit(1);
}

/** fault_plan() - tap_plan(), where the kernel can inject faults; elsewhere tap_skip_all(). */
static inline void fault_plan(unsigned int tests)
{
	if (access(FAULT_DEBUGFS "/failslab/require-start", W_OK) ||
	    access("/proc/self/fail-nth", W_OK))
		tap_skip_all("this kernel injects no faults");
	tap_plan(tests);
}

/**
 * fault_setup() - be ready to inject
 *
 * Not injected are faults inside vmalloc(), which the kernel reports with a stack
 * trace, as if they were bugs, and of pages that may be in high memory, which are
 * those of vmalloc() and of per-CPU memory, for the same reason.
 */
static inline void fault_setup(void)
{
	atexit(fault_reset);
	signal(SIGTERM, fault_stopped);
	for (size_t i = 0; i < FAULT_KINDS; i++) {
		fault_knob(fault_kinds[i], "probability", "0");
		fault_knob(fault_kinds[i], "verbose", "0");
		fault_knob(fault_kinds[i], "stacktrace-depth", "32");
	}
	fault_require(fault_modules());
	if (!fault_range("reject", fault_function("__vmalloc_node_range_noprof")))
		tap_bail("reject: %s", strerror(errno));
	fault_knob("failslab", "ignore-gfp-wait", "N");
	fault_knob("fail_page_alloc", "ignore-gfp-wait", "N");
	fault_knob("fail_page_alloc", "ignore-gfp-highmem", "Y");
	fault_knob("fail_page_alloc", "min-order", "0");
	fault_caches("1");
	fault_knob("failslab", "cache-filter", "Y");
}

/* --- in the calling task --- */

static inline int fault_self(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		tap_bail("fail-nth: %s", strerror(errno));
	return fd;
}

static inline void fault_nth(int fd, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	fault_write(fd, text);
}

/* How many are still to come before the one that fails; -1 if the task has gone. */
static inline long fault_left(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : -1;
}

/** fault_arm() - the @n th from now in this task fails. */
static inline void fault_arm(unsigned int n)
{
	fault_nth(fault_self(), n);
}

/** fault_fired() - Return: it failed. Otherwise it does not any more. Keeps errno. */
static inline bool fault_fired(void)
{
	int error = errno;
	bool fired = !fault_left(fault_self());

	fault_arm(0);
	errno = error;
	return fired;
}

/* --- in the worker, and in the kernel's unbound ones, which do what it leaves to them --- */

/** struct fault_workers - those that were there when they were armed */
static struct fault_workers {
	int fd[FAULT_WORKERS];
	int count;
} fault_workers;

static inline bool fault_is_worker(const char *pid)
{
	static const char prefix[] = "kworker/u", ours[] = "tlsbind\n";
	char path[64], comm[sizeof(prefix)] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, comm, sizeof(comm) - 1) < 0)
		comm[0] = 0;
	close(fd);
	return !strcmp(comm, prefix) || !strcmp(comm, ours);
}

/** fault_arm_workers() - the @n th from now fails in whichever of them runs our work. */
static inline void fault_arm_workers(unsigned int n)
{
	struct fault_workers *w = &fault_workers;
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[64];

	w->count = 0;
	while (dir && (entry = readdir(dir)) && w->count < FAULT_WORKERS) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || !fault_is_worker(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/fail-nth", entry->d_name);
		w->fd[w->count] = open(path, O_RDWR | O_CLOEXEC);
		if (w->fd[w->count] < 0)
			continue;
		fault_nth(w->fd[w->count++], n);
	}
	if (dir)
		closedir(dir);
}

/**
 * fault_fired_workers() - what became of it
 * @n: as it was armed
 *
 * Return: 1 if it failed; 0 if the work was done before; -1 if none of them did it,
 * but one that did not exist yet.
 */
static inline int fault_fired_workers(unsigned int n)
{
	struct fault_workers *w = &fault_workers;
	int fired = -1;
	long left;

	for (int i = 0; i < w->count; i++) {
		left = fault_left(w->fd[i]);
		if (!left)
			fired = 1;
		else if (left > 0 && left < n && fired < 0)
			fired = 0;
		fault_nth(w->fd[i], 0);
		close(w->fd[i]);
	}
	w->count = 0;
	return fired;
}

/* --- a call, until there is nothing left to fail --- */

/** struct fault_path - a call that is made again and again, each time the next fault in it */
struct fault_path {
	const char *name;
	bool worker;			/* the faults are those of the worker, not of the caller */
	unsigned int least;		/* faults that there are at least */
	void (*prepare)(void);
	int (*call)(void);		/* Return: 0, or -1 and errno */
	int errors[3];			/* that it may have */
	bool (*intact)(int error);	/* Return: nothing was half done or lost */
	bool (*works)(int error);	/* Return: the same works without a fault */
};

/** struct fault_count - what came of one path's faults */
struct fault_count {
	unsigned int faults;
	unsigned int absorbed;		/* the call did not fail */
	unsigned int undocumented;
	unsigned int lost;
	unsigned int broken;
};

/* Return: as fault_fired_workers(). */
static inline int fault_inject(const struct fault_path *p, unsigned int n, int *error)
{
	if (p->worker)
		fault_arm_workers(n);
	else
		fault_arm(n);
	*error = p->call() ? errno : 0;
	return p->worker ? fault_fired_workers(n) : fault_fired();
}

static inline bool fault_documented(const struct fault_path *p, int error)
{
	for (size_t i = 0; i < sizeof(p->errors) / sizeof(p->errors[0]); i++)
		if (error == p->errors[i])
			return true;
	return !error;
}

static inline void fault_judge(const struct fault_path *p, int error, struct fault_count *c)
{
	if (!fault_documented(p, error) && ++c->undocumented)
		tap_diag("%s, fault %u: %s", p->name, c->faults, strerror(error));
	if (!p->intact(error) && ++c->lost)
		tap_diag("%s, fault %u (%s): half done", p->name, c->faults, strerror(error));
	if (!p->works(error) && ++c->broken)
		tap_diag("%s, fault %u (%s): does not work then", p->name, c->faults, strerror(error));
}

#define FAULT_PATH_TESTS 4

/** fault_path() - tests of one path. */
static inline void fault_path(const struct fault_path *p)
{
	struct fault_count c = { 0 };
	long long start = guest_ms();
	int fired = 1, error = 0;

	for (int i = 0; fired && i < FAULT_MANY; i++) {
		p->prepare();
		fired = fault_inject(p, c.faults + 1, &error);
		c.faults += fired > 0;
		c.absorbed += fired > 0 && !error;
		fault_judge(p, error, &c);
	}
	tap_diag("%s: %u faults, %u absorbed, %lld ms", p->name, c.faults, c.absorbed, guest_ms() - start);
	tap_ok(!fired && !error && c.faults >= p->least, "%s: faults until there was nothing left to fail",
	       p->name);
	tap_equal(c.undocumented, 0, "%s: each was absorbed or had its errno", p->name);
	tap_equal(c.lost, 0, "%s: nothing was half done or lost", p->name);
	tap_equal(c.broken, 0, "%s: without a fault it worked", p->name);
}

#endif
