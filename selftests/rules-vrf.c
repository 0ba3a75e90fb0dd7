// SPDX-License-Identifier: MIT
/*
 * A connection to one's own address within a VRF stays on this machine, though
 * neither address nor device is a loopback one.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "guest.h"
#include "rules.h"

#define SUITE	0x1301
#define VRF	"tlsbind-vrf"
#define PORT	4711

static int in_vrf(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, VRF, sizeof(VRF)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		tap_bail("socket: %s", strerror(errno));
	return fd;
}

static socklen_t own_address(int family, struct sockaddr_storage *address)
{
	struct sockaddr_in6 *v6 = (void *)address;
	struct sockaddr_in *v4 = (void *)address;

	memset(address, 0, sizeof(*address));
	address->ss_family = family;
	if (family == AF_INET) {
		v4->sin_port = htons(PORT);
		inet_pton(AF_INET, "10.79.1.1", &v4->sin_addr);
		return sizeof(*v4);
	}
	v6->sin6_port = htons(PORT);
	inet_pton(AF_INET6, "fd79:1::1", &v6->sin6_addr);
	return sizeof(*v6);
}

static void keyed_pair(int family, int fd[2])
{
	struct ktls_key a = ktls_key(SUITE, 2 * family), b = ktls_key(SUITE, 2 * family + 1);
	struct sockaddr_storage address;
	socklen_t len = own_address(family, &address);
	int listener = in_vrf(family);

	fd[0] = in_vrf(family);
	if (bind(listener, (void *)&address, len) || listen(listener, 1) ||
	    connect(fd[0], (void *)&address, len))
		tap_bail("connection in a VRF: %s", strerror(errno));
	fd[1] = accept(listener, NULL, NULL);
	if (fd[1] < 0)
		tap_bail("accept: %s", strerror(errno));
	close(listener);
	if (ktls_install_both(fd[0], &a, &b))
		tap_bail("keys: %s", strerror(errno));
}

int main(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct nl nl;
	int fd[2];

	if (guest_sh("modprobe vrf"))
		tap_skip_all("this kernel has no VRF");
	tap_plan(4);
	guest_setup();
	guest_need("set -e; ip link add " VRF " type vrf table 4711; ip link set " VRF " up; "
		   "ip link add tlsbind-slave type veth peer name tlsbind-peer; "
		   "ip link set tlsbind-slave master " VRF "; ip link set tlsbind-slave up; "
		   "ip link set tlsbind-peer up; ip address add 10.79.1.1/24 dev tlsbind-slave; "
		   "ip address add fd79:1::1/64 dev tlsbind-slave nodad");
	if (nl_open(&nl))
		tap_bail("family: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		const char *name = families[i] == AF_INET ? "IPv4" : "IPv6";

		if (rules_only(&nl, "attest"))
			tap_bail("rule: %s", nl.text);
		keyed_pair(families[i], fd);
		tap_errno(evidence_ask(fd[0], 1), EACCES, "%s within a VRF is not attested", name);
		if (rules_only(&nl, "attest loopback"))
			tap_bail("rule: %s", nl.text);
		tap_ok(!evidence_ask(fd[0], 1) && evidence_fetch(fd[0], 1), "loopback: it is");
		ktls_close_pair(fd);
	}
	nl_close(&nl);
	guest_sh("ip link del " VRF "; ip link del tlsbind-slave");
	return tap_done();
}
