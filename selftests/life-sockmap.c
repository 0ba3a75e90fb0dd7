// SPDX-License-Identifier: MIT
/*
 * Sockets in a sockmap, by which BPF programs pass data from socket to socket: nothing that
 * a verdict is awaited for, or evidence given, is ever one of them. kTLS sees to that; the
 * tests pin it down, since otherwise a program could send in the place of whoever is held.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "rules-line.h"
#include "gate.h"
#include "life.h"

static struct nl nl;
static struct genl judge;

static void only(const char *rule)
{
	if (rules_only(&nl, rule))
		tap_bail("%s: %s", rule, nl.text);
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* Return: a map with room for one socket; -1 if this kernel has none. */
static int map_new(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4,
				.max_entries = 1 };

	return bpf(BPF_MAP_CREATE, &attr);
}

static int map_put(int map, int fd)
{
	uint32_t key = 0, value = fd;
	union bpf_attr attr = { .map_fd = map, .key = (unsigned long)&key, .value = (unsigned long)&value };

	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

#define AFTER_TESTS 5

static void test_after(int map)
{
	struct tlsbind_claims c;
	struct gate_waiter w;
	struct gate_hold hold;
	struct line l = line_open(FAR4);

	only("gate mutual");
	tap_errno(map_put(map, l.fd[0]), EINVAL, "a socket with kTLS does not get into a sockmap");
	if (line_rx(&l))
		tap_bail("rx: %s", strerror(errno));
	tap_errno(map_put(map, l.fd[0]), EINVAL, "nor one with a key");
	gate_start(&w, l.fd[0], TLS_TX, &l.tx);
	if (gate_next(&judge, &hold))
		tap_bail("nobody is held");
	tap_errno(map_put(map, l.fd[0]), EINVAL, "nor one that is held");
	gate_verdict(&judge, hold.handle, TLSBIND_DECISION_ADMIT);
	gate_join(&w);
	tap_errno(map_put(map, l.fd[0]), EINVAL, "nor one that was admitted");
	tap_ok(line_lives(&l) && life_evidence(l.fd[0], &l.tx, &l.rx, &c), "of which there is evidence as before");
	line_close(&l);
}

/* Like line_open(), with a socket that is in @map before it has kTLS. */
static struct line mapped(int map)
{
	struct line l = { .tx = ktls_key(SUITE, 7000), .rx = ktls_key(SUITE, 7001) };

	l.fd[0] = connect_place(FAR4);
	l.fd[1] = accept4(listeners[1], NULL, NULL, SOCK_CLOEXEC);
	if (l.fd[1] < 0 || map_put(map, l.fd[0]) || ktls_attach(l.fd[0]))
		tap_bail("sockmap: %s", strerror(errno));
	return l;
}

#define BEFORE_TESTS 6

static void test_before(int map)
{
	struct line l;

	only("attest");
	l = mapped(map);
	tap_errno(line_tx(&l), EINVAL, "in a sockmap before it has kTLS: kTLS takes no key to send with");
	tap_errno(line_rx(&l), EINVAL, "nor one to receive with");
	tap_equal(life_info(l.fd[0]), ENOKEY, "and none is known");
	tap_ok(send(l.fd[0], "clear", 5, 0) == 5, "the socket works as if it had no kTLS");
	line_close(&l);
	only("gate");
	l = mapped(map);
	tap_errno(line_rx(&l), EINVAL, "where a rule wants a verdict, the same");
	tap_ok(line_dead(&l, EINVAL), "and the connection ends");
	line_close(&l);
}

int main(void)
{
	int map = map_new();

	if (map < 0)
		tap_skip_all("this kernel has no sockmaps");
	tap_plan(AFTER_TESTS + BEFORE_TESTS);
	guest_setup();
	network();
	listen_everywhere();
	if (nl_open(&nl))
		tap_bail("netlink: %s", strerror(errno));
	gate_judge(&judge);
	test_after(map);
	test_before(map);
	close(map);
	guest_sh("ip link del tlsbind-near; ip netns del tlsbind-far");
	return tap_done();
}
