/* SPDX-License-Identifier: MIT */
/*
 * A system call that stops half-way: what it reads lies in a page that is not there
 * until the test says so (userfaultfd).
 *
 *	stall_begin(&s, &key, TLS_TX, fd);	the installation is under way, in kTLS
 *	stall_send(&s, fd);			so is the sending of some bytes
 *	stall_end(&s);				it goes on; Return: its errno
 */
#ifndef TLSBIND_STALL_H
#define TLSBIND_STALL_H

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "guest.h"
#include "ktls.h"
#include "tap.h"

/** struct stall - the installation of a key that has stopped */
struct stall {
	pthread_t thread;
	int uffd;
	int fd, direction;
	struct ktls_key key;
	uint8_t *page;		/* that is not there */
	long size;
	int error;		/* of the system call */
};

static void *stall_run(void *arg)
{
	struct stall *s = arg;
	uint8_t info[KTLS_INFO_MAX];
	socklen_t len = ktls_encode(&s->key, info);

	s->error = setsockopt(s->fd, SOL_TLS, s->direction, s->page, len) ? errno : 0;
	return NULL;
}

static inline void stall_map(struct stall *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	s->size = sysconf(_SC_PAGESIZE);
	s->page = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	reg.range.start = (unsigned long)s->page;
	reg.range.len = s->size;
	if (s->page == MAP_FAILED || s->uffd < 0 || ioctl(s->uffd, UFFDIO_API, &api) ||
	    ioctl(s->uffd, UFFDIO_REGISTER, &reg))
		tap_bail("userfaultfd: %s", strerror(errno));
}

static void *stall_send_run(void *arg)
{
	struct stall *s = arg;

	s->error = send(s->fd, s->page, 16, MSG_NOSIGNAL) < 0 ? errno : 0;
	return NULL;
}

static inline void stall_start(struct stall *s, void *(*run)(void *))
{
	struct pollfd p = { .events = POLLIN };
	struct uffd_msg msg;

	stall_map(s);
	if (pthread_create(&s->thread, NULL, run, s))
		tap_bail("thread: %s", strerror(errno));
	p.fd = s->uffd;
	if (poll(&p, 1, 30000 * guest_slow()) != 1 || read(s->uffd, &msg, sizeof(msg)) != sizeof(msg) ||
	    msg.event != UFFD_EVENT_PAGEFAULT)
		tap_bail("the kernel does not ask for the bytes");
}

/** stall_begin() - a thread installs @key, and the kernel waits for its bytes. */
static inline void stall_begin(struct stall *s, const struct ktls_key *key, int direction, int fd)
{
	*s = (struct stall){ .fd = fd, .direction = direction, .key = *key };
	stall_start(s, stall_run);
}

/** stall_send() - a thread sends, and the kernel waits for what. */
static inline void stall_send(struct stall *s, int fd)
{
	*s = (struct stall){ .fd = fd, .key = ktls_key(0x1301, 0) };
	stall_start(s, stall_send_run);
}

/** stall_end() - the bytes are there. Return: errno of the installation. */
static inline int stall_end(struct stall *s)
{
	uint8_t *bytes = aligned_alloc(s->size, s->size);
	struct uffdio_copy copy = { .dst = (unsigned long)s->page, .src = (unsigned long)bytes,
				    .len = s->size };

	if (!bytes)
		tap_bail("no memory");
	memset(bytes, 0, s->size);
	ktls_encode(&s->key, bytes);
	if (ioctl(s->uffd, UFFDIO_COPY, &copy))
		tap_bail("userfaultfd: %s", strerror(errno));
	pthread_join(s->thread, NULL);
	free(bytes);
	close(s->uffd);
	munmap(s->page, s->size);
	return s->error;
}

#endif
