/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ends of a connection.
 */
#ifndef _TLSBIND_FLOW_H
#define _TLSBIND_FLOW_H

#include <linux/in6.h>
#include <linux/types.h>

struct sock;

/**
 * struct tlsbind_flow - the two ends of a connection
 * @local: address of this end; IPv4 as an IPv4-mapped address
 * @remote: address of the other end, likewise
 * @local_port: host byte order
 * @remote_port: host byte order
 * @local_only: both ends are on this machine
 */
struct tlsbind_flow {
	struct in6_addr local;
	struct in6_addr remote;
	u16 local_port;
	u16 remote_port;
	bool local_only;
};

void tlsbind_flow_ends(const struct sock *sk, struct tlsbind_flow *flow);
void tlsbind_flow_get(struct sock *sk, struct tlsbind_flow *flow);
bool tlsbind_flow_offloads(struct sock *sk, bool tx);

#endif
