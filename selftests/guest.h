/* SPDX-License-Identifier: MIT */
/*
 * The modules in the guest, from C: load, unload, parameters, and the knobs of
 * the mock TEE. Slow things go through lib.sh; the rest is a file each.
 */
#ifndef TLSBIND_GUEST_H
#define TLSBIND_GUEST_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define GUEST_MODULE	"tlsbind"
#define GUEST_MOCK	"tlsbind_mock_tee"

/** guest_sh() - run a shell command that may use lib.sh. Return: exit status, 0 is good. */
static inline int __attribute__((format(printf, 1, 2))) guest_sh(const char *fmt, ...)
{
	char command[1024];
	va_list args;
	int n = snprintf(command, sizeof(command), "exec 1>&2; . lib.sh; trap - EXIT; ");

	va_start(args, fmt);
	vsnprintf(command + n, sizeof(command) - n, fmt, args);
	va_end(args);

	pid_t pid = fork();

	if (!pid) {
		execlp("bash", "bash", "-c", command, (char *)NULL);
		_exit(127);
	}
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/** guest_need() - like guest_sh(), for what a test cannot do without. */
static inline void guest_need(const char *command)
{
	int status = guest_sh("%s", command);

	if (status)
		tap_bail("%s: status %d", command, status);
}

static inline int guest_param_open(const char *module, const char *name, int mode)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	return open(path, mode | O_CLOEXEC);
}

/** guest_param_try() - write a module parameter. Return: 0 or -1 with errno. */
static inline int guest_param_try(const char *module, const char *name, const char *value)
{
	int fd = guest_param_open(module, name, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	close(fd);
	return n < 0 ? -1 : 0;
}

static inline void guest_param(const char *module, const char *name, const char *value)
{
	if (guest_param_try(module, name, value))
		tap_bail("%s/%s=%s: %s", module, name, value, strerror(errno));
}

/** guest_param_get() - a module parameter as a number; Y is 1, N is 0. */
static inline long guest_param_get(const char *module, const char *name)
{
	int fd = guest_param_open(module, name, O_RDONLY);
	char text[64] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 1)
		tap_bail("%s/%s: %s", module, name, strerror(errno));
	close(fd);
	return text[0] == 'Y' ? 1 : text[0] == 'N' ? 0 : strtol(text, NULL, 10);
}

/** mock_set() - a knob of the mock TEE. */
static inline void mock_set(const char *name, const char *value)
{
	guest_param(GUEST_MOCK, name, value);
}

/** mock_reports() - how many reports the mock TEE has made. */
static inline long mock_reports(void)
{
	return guest_param_get(GUEST_MOCK, "reports");
}

/** mock_wait_busy() - until the module has its entry in configfs-tsm: a report is being made. */
static inline void mock_wait_busy(void)
{
	for (int i = 0; i < 2000; i++, usleep(5000))
		if (!access("/sys/kernel/config/tsm/report/tlsbind", F_OK))
			return;
	tap_bail("no report is being made");
}

/** mock_hold() - from now on a report, once begun, is not finished before hang is cleared. */
static inline void mock_hold(void)
{
	for (int i = 0; i < 2000; i++, usleep(5000))
		if (access("/sys/kernel/config/tsm/report/tlsbind", F_OK)) {
			mock_set("hang", "1");
			return;
		}
	tap_bail("a report does not end");
}

/** guest_load() - the module without a TEE, challenges allowed; bails out if it cannot. */
static inline void guest_load(void)
{
	guest_need("load_module && allow_all");
}

/** guest_allow() - whether everything that can be attested is, or nothing. */
static inline void guest_allow(bool allow)
{
	guest_need(allow ? "allow_all" : "allow_none");
}

/** guest_setup() - mock TEE and module, challenges allowed; bails out if it cannot. */
static inline void guest_setup(void)
{
	guest_need("load_mock sev_guest");
	guest_load();
}

/** guest_kernel() - whether this kernel is @major.@minor or newer. */
static inline int guest_kernel(int major, int minor)
{
	struct utsname name;
	int a = 0, b = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &a, &b);
	return a > major || (a == major && b >= minor);
}

/** guest_rekeys() - whether this kernel's kTLS can rekey. */
static inline int guest_rekeys(void)
{
	return guest_kernel(6, 14);
}

/** guest_tls_users() - how many sockets hold tls.ko, those still being closed included. */
static inline long guest_tls_users(void)
{
	char text[32] = "";
	int fd = open("/sys/module/tls/refcnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 1)
		tap_bail("tls: %s", strerror(errno));
	close(fd);
	return strtol(text, NULL, 10);
}

/** guest_slow() - so many times slower than usual everything may be, 1 to 100. */
static inline int guest_slow(void)
{
	const char *text = getenv("TLSBIND_SLOW");
	int slow = text ? atoi(text) : 1;

	if (slow > 100)
		return 100;
	return slow > 0 ? slow : 1;
}

/** guest_ms() - monotonic time in milliseconds. */
static inline long long guest_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/** guest_boot_ns() - time since boot in nanoseconds. */
static inline uint64_t guest_boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

#endif
