/* SPDX-License-Identifier: MIT */
/*
 * One end of a real TLS 1.3 connection, with OpenSSL or GnuTLS, its keys in the kernel or
 * not; both ends are in one process. Include rekey-openssl.h and rekey-gnutls.h.
 *
 *	struct rekey_pair p = rekey_open(&rekey_openssl, true, &rekey_gnutls, false);
 *	rekey_update(&p.a, false);
 *	rekey_talk(&p.a, &p.b, "new key")
 *	rekey_close(&p);
 */
#ifndef TLSBIND_REKEY_END_H
#define TLSBIND_REKEY_END_H

#include <poll.h>
#include <pthread.h>
#include <gnutls/gnutls.h>
#include <openssl/ssl.h>

#include "guest.h"
#include "ktls.h"
#include "tlsbind.h"

#define REKEY_CERT	"cert.pem"
#define REKEY_KEY	"key.pem"

struct rekey_library;

/** struct rekey_end - one end */
struct rekey_end {
	const struct rekey_library *library;
	int fd;
	bool server;
	bool kernel;		/* it is to have its keys in the kernel */
	char error[128];	/* the library's last words */
	SSL_CTX *ctx;
	SSL *ssl;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
};

/**
 * struct rekey_library - what a TLS library can do
 *
 * Those that return int return 0, or -1 with text in @error. They block, a minute at most.
 */
struct rekey_library {
	const char *name;
	void (*open)(struct rekey_end *end);
	void (*close)(struct rekey_end *end);
	int (*shake)(struct rekey_end *end);
	int (*update)(struct rekey_end *end, bool request);
	int (*send)(struct rekey_end *end, const char *text, size_t len);
	ssize_t (*recv)(struct rekey_end *end, char *text, size_t len);
	bool (*in_kernel)(struct rekey_end *end);
	int (*connection)(struct rekey_end *end, struct tlsbind_connection *out);
};

/** struct rekey_pair - both; @a is the client */
struct rekey_pair {
	struct rekey_end a, b;
	uint16_t port;		/* of @b */
};

/** struct rekey_task - a thread that waits in the library */
struct rekey_task {
	pthread_t thread;
	struct rekey_end *end;
	int (*run)(struct rekey_end *end);
	int result;
	bool done;
};

static void *rekey_task_run(void *arg)
{
	struct rekey_task *task = arg;

	task->result = task->run(task->end);
	__atomic_store_n(&task->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static inline void rekey_start(struct rekey_task *task, struct rekey_end *end,
			       int (*run)(struct rekey_end *end))
{
	*task = (struct rekey_task){ .end = end, .run = run };
	if (pthread_create(&task->thread, NULL, rekey_task_run, task))
		tap_bail("thread");
}

/** rekey_done() - has it come back? */
static inline bool rekey_done(struct rekey_task *task)
{
	return __atomic_load_n(&task->done, __ATOMIC_ACQUIRE);
}

static inline int rekey_join(struct rekey_task *task)
{
	pthread_join(task->thread, NULL);
	return task->result;
}

static inline int rekey_shake(struct rekey_end *end)
{
	return end->library->shake(end);
}

/** rekey_update() - a new key to send with, now; @request: the other end, too. */
static inline int rekey_update(struct rekey_end *end, bool request)
{
	return end->library->update(end, request);
}

static inline int rekey_send(struct rekey_end *end, const char *text)
{
	return end->library->send(end, text, strlen(text) + 1);
}

/** rekey_heard() - what comes next is @text. */
static inline bool rekey_heard(struct rekey_end *end, const char *text)
{
	char got[64] = "";
	ssize_t n = end->library->recv(end, got, sizeof(got));

	if (n == (ssize_t)strlen(text) + 1 && !strcmp(got, text))
		return true;
	tap_diag("%s: %zd bytes \"%s\", %s", end->library->name, n, n > 0 ? got : "", end->error);
	return false;
}

static inline bool rekey_talk(struct rekey_end *from, struct rekey_end *to, const char *text)
{
	if (!rekey_send(from, text))
		return rekey_heard(to, text);
	tap_diag("%s cannot send: %s", from->library->name, from->error);
	return false;
}

static inline void rekey_end_open(struct rekey_end *end, const struct rekey_library *library, int fd,
				  bool server, bool kernel)
{
	struct timeval limit = { .tv_sec = 60 };
	int one = 1;

	*end = (struct rekey_end){ .library = library, .fd = fd, .server = server, .kernel = kernel };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	/* Data after a KeyUpdate is not to wait for the acknowledgement of that. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	library->open(end);
}

/** rekey_begin() - connected, and nothing said yet. */
static inline void rekey_begin(struct rekey_pair *p, const struct rekey_library *a, bool a_kernel,
			       const struct rekey_library *b, bool b_kernel)
{
	struct sockaddr_in to = { 0 };
	socklen_t len = sizeof(to);
	int fd[2];

	if (ktls_tcp_pair(AF_INET, fd) || getpeername(fd[0], (struct sockaddr *)&to, &len))
		tap_bail("TCP: %s", strerror(errno));
	p->port = ntohs(to.sin_port);
	rekey_end_open(&p->a, a, fd[0], false, a_kernel);
	rekey_end_open(&p->b, b, fd[1], true, b_kernel);
}

/** rekey_close() - without farewell: nobody is to wait for one. */
static inline void rekey_close(struct rekey_pair *p)
{
	p->a.library->close(&p->a);
	p->b.library->close(&p->b);
	ktls_reset(p->a.fd);
	ktls_reset(p->b.fd);
}

static inline bool rekey_placed(const char *name, struct rekey_end *end)
{
	if (end->library->in_kernel(end) == end->kernel)
		return true;
	tap_diag("%s %s: keys are %sin the kernel", end->library->name, name, end->kernel ? "not " : "");
	return false;
}

/** rekey_open() - a connection whose handshake is over. Bails out if it is not as meant. */
static inline struct rekey_pair rekey_open(const struct rekey_library *a, bool a_kernel,
					   const struct rekey_library *b, bool b_kernel)
{
	struct rekey_pair p;
	struct rekey_task task;

	rekey_begin(&p, a, a_kernel, b, b_kernel);
	rekey_start(&task, &p.b, rekey_shake);
	if (rekey_shake(&p.a))
		tap_bail("%s, client: %s", a->name, p.a.error);
	if (rekey_join(&task))
		tap_bail("%s, server: %s", b->name, p.b.error);
	if (!rekey_placed("client", &p.a) || !rekey_placed("server", &p.b))
		tap_bail("keys are not where they should be");
	return p;
}

/** rekey_setup() - first thing in main(). */
static inline void rekey_setup(char **argv)
{
	static const char file[] = "gnutls.conf";
	FILE *out;

	/* GnuTLS reads it before main(). */
	if (!getenv("GNUTLS_SYSTEM_PRIORITY_FILE")) {
		out = fopen(file, "w");
		if (!out || fputs("[global]\nktls = true\n", out) < 0 || fclose(out) ||
		    setenv("GNUTLS_SYSTEM_PRIORITY_FILE", file, 1))
			tap_bail("%s: %s", file, strerror(errno));
		execv("/proc/self/exe", argv);
		tap_bail("exec: %s", strerror(errno));
	}
	signal(SIGPIPE, SIG_IGN);
	if (access("/opt/tlsbind/gnutls/libgnutls.so.30", R_OK))
		tap_bail("no GnuTLS with kTLS (gnutls/build.sh)");
	guest_need("load_ciphers");
	guest_need("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
		   "-subj /CN=localhost -keyout " REKEY_KEY " -out " REKEY_CERT);
}

#endif
