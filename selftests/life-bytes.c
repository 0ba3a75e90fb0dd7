// SPDX-License-Identifier: MIT
/*
 * Not one byte before the verdict, by whatever way a program hands it to the kernel: all
 * system calls that send, data that waited for room or for more of a record when the
 * socket was closed for sending, urgent data, a socket under repair. Counted at both
 * ends: what TCP was given, and what arrived.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "rules-line.h"
#include "gate.h"
#include "life.h"

#define BIG	(8 << 20)	/* more than all buffers of a connection */

static struct nl nl;
static struct genl judge;
static char big[BIG];

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

static int big_file(void)
{
	int fd = memfd_create("life-bytes", MFD_CLOEXEC);

	if (fd < 0 || write(fd, big, BIG) != BIG || lseek(fd, 0, SEEK_SET))
		tap_bail("memfd: %s", strerror(errno));
	return fd;
}

/* --- ways to send; each tries hard, and what it returns does not matter --- */

static void by_send(int fd)
{
	send(fd, "x", 1, MSG_NOSIGNAL);
	send(fd, big, 100000, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void by_more(int fd)
{
	send(fd, "x", 1, MSG_NOSIGNAL | MSG_MORE);
	send(fd, "y", 1, MSG_NOSIGNAL | MSG_EOR);
	send(fd, "z", 1, MSG_NOSIGNAL);
}

/* A record of another type: an alert, or half a KeyUpdate. */
static void by_record(int fd)
{
	char control[CMSG_SPACE(1)] = { 0 };
	struct iovec iov = { "\1\0", 2 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_TLS;
	c->cmsg_type = TLS_SET_RECORD_TYPE;
	c->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(c) = 21;
	sendmsg(fd, &m, MSG_NOSIGNAL);
	*CMSG_DATA(c) = 22;
	sendmsg(fd, &m, MSG_NOSIGNAL);
}

static void by_write(int fd)
{
	struct iovec iov[2] = { { "x", 1 }, { "y", 1 } };

	if (write(fd, "x", 1) == 1 && writev(fd, iov, 2) == 2)
		tap_diag("kTLS takes what is written");
}

static void by_splice(int fd)
{
	int pipes[2];

	if (pipe(pipes) || write(pipes[1], big, 4096) != 4096)
		tap_bail("pipe: %s", strerror(errno));
	splice(pipes[0], NULL, fd, NULL, 1000, SPLICE_F_MORE);
	splice(pipes[0], NULL, fd, NULL, 3096, SPLICE_F_MOVE);
	close(pipes[0]);
	close(pipes[1]);
}

static void by_sendfile(int fd)
{
	int file = big_file();

	sendfile(fd, file, NULL, 5000);
	sendfile(fd, file, NULL, 70000);
	close(file);
}

static void by_zerocopy(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	send(fd, big, 50000, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_ZEROCOPY);
	one = 1;
	setsockopt(fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, &one, sizeof(one));
	by_sendfile(fd);
}

static void by_urgent(int fd)
{
	send(fd, "!", 1, MSG_NOSIGNAL | MSG_OOB);
	send(fd, "!", 1, MSG_NOSIGNAL);
}

/* Whatever was collected goes when the cork is drawn. */
static void by_cork(int fd)
{
	int on = 1, off = 0;

	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	send(fd, "x", 1, MSG_NOSIGNAL);
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	send(fd, "y", 1, MSG_NOSIGNAL);
}

static void by_fastopen(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	getpeername(fd, (struct sockaddr *)&peer, &len);
	sendto(fd, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, (struct sockaddr *)&peer, len);
	sendto(fd, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&peer, len);
}

/* A socket that is being moved may be given what it has sent. */
static void by_repair(int fd)
{
	int on = 1, off = 0, queue = TCP_SEND_QUEUE;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		tap_diag("TCP_REPAIR: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue));
	send(fd, "x", 1, MSG_NOSIGNAL);
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off));
	send(fd, "x", 1, MSG_NOSIGNAL);
}

/* --- io_uring, as far as one request needs it --- */

struct ring {
	int fd;
	struct io_uring_params params;
	uint8_t *sq, *cq;
	struct io_uring_sqe *sqes;
};

static bool ring_open(struct ring *r)
{
	size_t sqes, rings;

	memset(r, 0, sizeof(*r));
	r->fd = syscall(SYS_io_uring_setup, 4, &r->params);
	if (r->fd < 0)
		return false;
	sqes = r->params.sq_entries * sizeof(struct io_uring_sqe);
	rings = r->params.cq_off.cqes + r->params.cq_entries * sizeof(struct io_uring_cqe);
	r->sq = mmap(NULL, rings, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
	r->cq = r->sq;
	r->sqes = mmap(NULL, sqes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	if (!(r->params.features & IORING_FEAT_SINGLE_MMAP) || r->sq == MAP_FAILED ||
	    (void *)r->sqes == MAP_FAILED)
		tap_bail("io_uring: %s", strerror(errno));
	return true;
}

static void ring_submit(struct ring *r, int op, int fd, size_t len)
{
	unsigned int *tail = (unsigned int *)(r->sq + r->params.sq_off.tail);
	unsigned int mask = *(unsigned int *)(r->sq + r->params.sq_off.ring_mask), at = *tail & mask;

	r->sqes[at] = (struct io_uring_sqe){ .opcode = op, .fd = fd, .addr = (unsigned long)big,
					     .len = len, .msg_flags = MSG_NOSIGNAL };
	((unsigned int *)(r->sq + r->params.sq_off.array))[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) != 1)
		tap_bail("io_uring_enter: %s", strerror(errno));
}

/* Return: what a request has returned. */
static int ring_wait(struct ring *r)
{
	unsigned int *head = (unsigned int *)(r->cq + r->params.cq_off.head);
	unsigned int mask = *(unsigned int *)(r->cq + r->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(r->cq + r->params.cq_off.cqes);
	int ret;

	if (syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		tap_bail("io_uring_enter: %s", strerror(errno));
	ret = cqes[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return ret;
}

static void by_ring(int fd)
{
	static const int ops[] = { IORING_OP_SEND, IORING_OP_WRITE, IORING_OP_SEND_ZC };
	struct ring r;

	if (!ring_open(&r)) {
		tap_diag("io_uring: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < 3; i++) {
		ring_submit(&r, ops[i], fd, 100);
		ring_wait(&r);
	}
	close(r.fd);
}

static const struct {
	const char *name;
	void (*try)(int fd);
} ways[] = {
	{ "send()", by_send },
	{ "parts of a record", by_more },
	{ "alerts and handshake messages", by_record },
	{ "write() and writev()", by_write },
	{ "splice()", by_splice },
	{ "sendfile()", by_sendfile },
	{ "zero copies", by_zerocopy },
	{ "urgent data", by_urgent },
	{ "a cork that is drawn", by_cork },
	{ "Fast Open", by_fastopen },
	{ "TCP_REPAIR", by_repair },
	{ "io_uring", by_ring },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))
#define WAY_TESTS 4

/* A client: held. A server: it has its sending key only, and nobody is asked yet. */
static void test_way(const char *name, void (*try)(int fd))
{
	struct line client = line_open(FAR4), server = line_open(FAR6);
	struct life_bytes before;
	struct gate_waiter w;
	struct gate_hold hold;

	if (line_rx(&client) || line_tx(&server))
		tap_bail("keys: %s", strerror(errno));
	gate_start(&w, client.fd[0], TLS_TX, &client.tx);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	before = life_bytes(client.fd);
	try(client.fd[0]);
	tap_ok(life_same(&before, client.fd) && !gate_done(&w), "%s: not a byte while a client is held", name);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(gate_join(&w) == EACCES && life_bytes(client.fd).received == before.received &&
	       recv(client.fd[1], (char[1]){ 0 }, 1, 0) < 0 && errno == ECONNRESET,
	       "%s: rejected, a reset and not a byte", name);
	before = life_bytes(server.fd);
	try(server.fd[0]);
	tap_ok(life_same(&before, server.fd), "%s: not a byte while a server has its sending key only", name);
	close(server.fd[0]);
	tap_ok(life_bytes((int[]){ server.fd[1], server.fd[1] }).received <= before.received + 1,
	       "%s: closed, not a byte", name);
	close(server.fd[1]);
	line_close(&client);
}

/* --- what was under way when the socket was closed for sending --- */

/** struct sender - a thread in a call that waits for room; kTLS may take what TCP does not */
struct sender {
	pthread_t thread;
	int fd;
	ssize_t ret;
};

static void *send_big(void *arg)
{
	struct sender *s = arg;

	s->ret = send(s->fd, big, BIG, MSG_NOSIGNAL);
	return NULL;
}

static void *send_big_file(void *arg)
{
	struct sender *s = arg;
	int file = big_file();

	s->ret = sendfile(s->fd, file, NULL, BIG);
	close(file);
	return NULL;
}

static void *send_big_ring(void *arg)
{
	struct sender *s = arg;
	struct ring r;

	if (!ring_open(&r)) {
		s->ret = send(s->fd, big, BIG, MSG_NOSIGNAL);
		return NULL;
	}
	ring_submit(&r, IORING_OP_SEND, s->fd, BIG);
	s->ret = ring_wait(&r);
	close(r.fd);
	return NULL;
}

/* Until no more fits: twice the same after a while. */
static void wait_full(const int fd[2])
{
	struct life_bytes now = { 0 }, last;

	for (int i = 0; i < 200; i++) {
		last = now;
		usleep(100000 * guest_slow());
		now = life_bytes(fd);
		if (now.written > 10000 && now.written == last.written)
			return;
	}
	tap_bail("the buffers do not fill");
}

/* The peer takes all that comes for a while. Return: bytes. */
static size_t drain(int fd)
{
	static char buf[1 << 16];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t sum = 0;
	ssize_t n;

	while (poll(&p, 1, 300 * guest_slow()) == 1) {
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n <= 0)
			break;
		sum += n;
	}
	return sum;
}

#define WAITING_TESTS 3

/* Clear text before the first key: what TCP has not taken when it is shut never goes. */
static void test_waiting(const char *name, void *(*run)(void *))
{
	struct line l = line_open(FAR4);
	struct sender s = { .fd = l.fd[0] };
	struct life_bytes before;
	struct gate_waiter w;
	struct gate_hold hold;
	size_t got;

	if (line_rx(&l) || pthread_create(&s.thread, NULL, run, &s))
		tap_bail("thread: %s", strerror(errno));
	wait_full(l.fd);
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	before = life_bytes(l.fd);
	got = drain(l.fd[1]);
	pthread_join(s.thread, NULL);
	tap_equal(life_bytes(l.fd).written, before.written, "%s that waits for room: nothing more goes to TCP",
		  name);
	/* The SYN counts, too. */
	tap_equal(got, before.written - 1, "%s: what was given before arrives, and the call ends", name);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(gate_join(&w) == EACCES && !drain(l.fd[1]), "%s: rejected, nothing follows", name);
	line_close(&l);
}

static struct line admitted(void)
{
	struct line l = line_open(FAR4);
	struct gate_waiter w;
	struct gate_hold hold;

	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(&judge, &hold) || gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT) ||
	    gate_join(&w) || ktls_install(l.fd[1], TLS_RX, &l.tx))
		tap_bail("not admitted");
	return l;
}

#define REKEY_TESTS 2

/* The same with a key that was judged, while its successor waits for a verdict. */
static void test_rekey(const char *name, void *(*run)(void *))
{
	struct ktls_key next = ktls_key(SUITE, 6000);
	struct life_bytes before;
	struct line l = admitted();
	struct sender s = { .fd = l.fd[0] };
	struct gate_waiter w;
	struct gate_hold hold;

	if (pthread_create(&s.thread, NULL, run, &s))
		tap_bail("thread: %s", strerror(errno));
	wait_full(l.fd);
	gate_start(&w, l.fd[0], TLS_TX, &next);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	before = life_bytes(l.fd);
	drain(l.fd[1]);
	pthread_join(s.thread, NULL);
	tap_equal(life_bytes(l.fd).written, before.written, "%s during a rekey: it ends, nothing more goes to TCP",
		  name);
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(gate_join(&w) == EACCES && !drain(l.fd[1]), "%s during a rekey: rejected, nothing follows", name);
	line_close(&l);
}

#define PENDING_TESTS 2

/* A record that waits for more was begun under the key before. */
static void test_pending(void)
{
	struct ktls_key next = ktls_key(SUITE, 6001);
	struct life_bytes before;
	struct line l = admitted();
	struct gate_waiter w;
	struct gate_hold hold;

	if (send(l.fd[0], "begun", 5, MSG_MORE) != 5)
		tap_bail("send: %s", strerror(errno));
	before = life_bytes(l.fd);
	gate_start(&w, l.fd[0], TLS_TX, &next);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	send(l.fd[0], "ended", 5, MSG_NOSIGNAL);
	tap_ok(life_same(&before, l.fd), "a record that was begun before a rekey does not go");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_REJECT);
	tap_ok(gate_join(&w) == EACCES && !drain(l.fd[1]), "rejected, it never does");
	line_close(&l);
}

#define REKEYS (guest_rekeys() ? 2 * REKEY_TESTS + PENDING_TESTS : 0)

int main(void)
{
	tap_plan(WAYS * WAY_TESTS + 3 * WAITING_TESTS + REKEYS);
	signal(SIGPIPE, SIG_IGN);
	memset(big, 'b', sizeof(big));
	guest_need("load_mock sev_guest && load_module");
	network();
	listen_everywhere();
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	gate_judge(&judge);
	only("gate");
	for (size_t i = 0; i < WAYS; i++)
		test_way(ways[i].name, ways[i].try);
	test_waiting("send()", send_big);
	test_waiting("sendfile()", send_big_file);
	test_waiting("io_uring", send_big_ring);
	if (guest_rekeys()) {
		test_rekey("send()", send_big);
		test_rekey("sendfile()", send_big_file);
		test_pending();
	}
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
