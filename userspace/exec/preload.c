/* SPDX-License-Identifier: MIT */
/*
 * libtlsbind-exec.so: looks on while a program hands its TLS keys to the kernel.
 *
 * tlsbind exec has it loaded before the program (LD_PRELOAD), and stands in the way of one
 * function, setsockopt(): OpenSSL and GnuTLS both call it for TCP_ULP, TLS_TX and TLS_RX.
 * The call goes through unchanged, and so do its result and errno.
 *
 * Why a library: the kernel counts kernel TLS for a whole network namespace, not for a
 * program. sock_diag(7) shows who uses it, but not who tried in vain, and nothing of
 * connections that come and go between two looks. ptrace(2) and seccomp(2)
 * see every program, static ones too; but the one leaves no room for debuggers and makes
 * each signal pass twice, and the other takes away set-user-ID for good. A library costs
 * nothing where no TLS is, and the price is that programs which are static, set-user-ID or
 * clear their environment are not seen. tlsbind exec says so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "seen.h"

#ifndef TCP_ULP
#define TCP_ULP		31
#endif
#ifndef SOL_TLS
#define SOL_TLS		282
#endif
#define EXEC_TLS_TX	1
#define EXEC_TLS_RX	2

/* Descriptors above share their entry with a lower one. */
#define PRELOAD_SOCKETS	65536

/**
 * struct preload_socket - a connection that kernel TLS was asked for
 * @cookie: the kernel's name for the socket, which is another one for the next that has
 *	the same descriptor
 * @steps: that it took, as bits
 */
struct preload_socket {
	uint64_t cookie;
	unsigned char steps;
};

static struct preload_socket preload_sockets[PRELOAD_SOCKETS];

static struct exec_seen *preload_seen;

typedef int preload_setsockopt_t(int fd, int level, int name, const void *value, socklen_t len);

static preload_setsockopt_t *preload_next;

static void preload_count(uint32_t *number)
{
	__atomic_add_fetch(number, 1, __ATOMIC_RELAXED);
}

/* The entry for this errno, if need be a free one, at worst the last. */
static void preload_error(enum exec_step step, int error)
{
	struct exec_error *list = preload_seen->error[step];
	uint32_t number;
	size_t i;

	for (i = 0; i < EXEC_SEEN_ERRORS - 1; i++) {
		number = 0;
		if (__atomic_compare_exchange_n(&list[i].number, &number, (uint32_t)error, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
		    number == (uint32_t)error)
			break;
	}
	if (i == EXEC_SEEN_ERRORS - 1)
		__atomic_store_n(&list[i].number, (uint32_t)error, __ATOMIC_RELAXED);
	preload_count(&list[i].count);
}

/*
 * OpenSSL asks for each BIO, so more than once for some sockets: that is one connection. A
 * socket that has it already, and was not seen yet, got it from somebody else.
 */
static void preload_saw_ulp(struct preload_socket *socket, int fd, int error)
{
	socklen_t len = sizeof(uint64_t);
	uint64_t cookie = 0;

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	if (cookie && cookie == __atomic_exchange_n(&socket->cookie, cookie, __ATOMIC_RELAXED))
		return;
	if (error == EEXIST)
		error = 0;
	preload_count(&preload_seen->connections);
	__atomic_store_n(&socket->steps, error ? 0 : 1 << EXEC_ULP, __ATOMIC_RELAXED);
	if (error)
		preload_error(EXEC_ULP, error);
	else
		preload_count(&preload_seen->done[EXEC_ULP]);
}

/* Only the first key of a direction is a step; the others replace it. */
static void preload_saw_key(struct preload_socket *socket, enum exec_step step, int error)
{
	unsigned char all = 1 << EXEC_ULP | 1 << EXEC_TX | 1 << EXEC_RX, bit = 1 << step, before;

	if (error) {
		preload_error(step, error);
		return;
	}
	before = __atomic_fetch_or(&socket->steps, bit, __ATOMIC_RELAXED);
	if (before & bit)
		return;
	preload_count(&preload_seen->done[step]);
	if ((before | bit) == all)
		preload_count(&preload_seen->both);
}

static void preload_saw(int fd, int level, int name, const void *value, socklen_t len, int error)
{
	struct preload_socket *socket = &preload_sockets[fd & (PRELOAD_SOCKETS - 1)];

	if (fd < 0)
		return;
	if (level == IPPROTO_TCP && name == TCP_ULP && len >= 3 && value && !memcmp(value, "tls", 3))
		preload_saw_ulp(socket, fd, error);
	else if (level == SOL_TLS && name == EXEC_TLS_TX)
		preload_saw_key(socket, EXEC_TX, error);
	else if (level == SOL_TLS && name == EXEC_TLS_RX)
		preload_saw_key(socket, EXEC_RX, error);
}

static void preload_library(struct exec_library *library, const char *path)
{
	uint32_t none = 0;

	if (!__atomic_compare_exchange_n(&library->state, &none, 1, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	strncpy(library->path, path, sizeof(library->path) - 1);
	__atomic_store_n(&library->state, 2, __ATOMIC_RELEASE);
}

static int preload_loaded(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *name = strrchr(info->dlpi_name, '/');

	(void)size, (void)arg;
	name = name ? name + 1 : info->dlpi_name;
	if (!strncmp(name, "libssl.so", 9))
		preload_library(&preload_seen->openssl, info->dlpi_name);
	else if (!strncmp(name, "libgnutls.so", 12))
		preload_library(&preload_seen->gnutls, info->dlpi_name);
	return 0;
}

/* The file, if it is one of ours: writing must not end the program. */
static void preload_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct exec_seen *seen;
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == sizeof(*seen)) {
		seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (seen != MAP_FAILED && seen->magic == EXEC_SEEN_MAGIC)
			preload_seen = seen;
	}
	close(fd);
}

__attribute__((constructor)) static void preload_begin(void)
{
	const char *path = secure_getenv(EXEC_SEEN_FILE);
	int error = errno;

	preload_next = (preload_setsockopt_t *)dlsym(RTLD_NEXT, "setsockopt");
	if (path)
		preload_map(path);
	if (preload_seen) {
		preload_count(&preload_seen->programs);
		dl_iterate_phdr(preload_loaded, NULL);
	}
	errno = error;
}

/* Libraries that a program has loaded later. */
__attribute__((destructor)) static void preload_end(void)
{
	if (preload_seen)
		dl_iterate_phdr(preload_loaded, NULL);
}

__attribute__((visibility("default")))
int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int ret, error = errno;

	/* Before the constructor: another one of a library that is loaded first. */
	if (!preload_next)
		preload_next = (preload_setsockopt_t *)dlsym(RTLD_NEXT, "setsockopt");
	errno = error;
	ret = preload_next(fd, level, name, value, len);
	error = errno;
	if (preload_seen)
		preload_saw(fd, level, name, value, len, ret ? error : 0);
	errno = error;
	return ret;
}
