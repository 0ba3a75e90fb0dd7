// SPDX-License-Identifier: GPL-2.0-only
#include "flow.h"

#include <linux/if.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>

static bool tlsbind_flow_loopback(const struct in6_addr *address)
{
	return ipv6_addr_loopback(address) || ipv6_addr_v4mapped_loopback(address);
}

/* Is it one of those that @dev sees, a VRF perhaps, or NULL? */
static bool tlsbind_flow_own_seen(struct net *net, const struct net_device *dev,
				  const struct in6_addr *address)
{
	if (ipv6_addr_v4mapped(address))
		return inet_addr_type_dev_table(net, dev,
						address->s6_addr32[3]) ==
		       RTN_LOCAL;
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_chk_addr(net, address, dev, 0);
#else
	return false;
#endif
}

/* Is it an address of the network namespace itself? */
static bool tlsbind_flow_own(const struct sock *sk,
			     const struct in6_addr *address)
{
	struct net *net = sock_net(sk);
	const struct net_device *dev;
	bool own;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, sk->sk_bound_dev_if);
	own = tlsbind_flow_own_seen(net, NULL, address) ||
	      (dev && tlsbind_flow_own_seen(net, dev, address));
	rcu_read_unlock();
	return own;
}

/* The device that the route goes out of; the reference on the route is kept. */
static struct net_device *tlsbind_flow_device(struct sock *sk,
					      struct dst_entry **dst)
{
	*dst = sk_dst_get(sk);
	return *dst ? (*dst)->dev : NULL;
}

/* Within a VRF its own device is what "lo" is elsewhere. */
static bool tlsbind_flow_routed_here(struct sock *sk)
{
	struct dst_entry *dst;
	struct net_device *dev = tlsbind_flow_device(sk, &dst);
	bool here = dev && ((dev->flags & IFF_LOOPBACK) ||
			    netif_is_l3_master(dev));

	dst_release(dst);
	return here;
}

static void tlsbind_flow_addresses(const struct sock *sk,
				   struct tlsbind_flow *flow)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		flow->local = sk->sk_v6_rcv_saddr;
		flow->remote = sk->sk_v6_daddr;
		return;
	}
#endif
	ipv6_addr_set_v4mapped(sk->sk_rcv_saddr, &flow->local);
	ipv6_addr_set_v4mapped(sk->sk_daddr, &flow->remote);
}

/**
 * tlsbind_flow_ends() - whom did a socket connect?
 * @sk: a TCP socket that is or was connected, and is not closed
 * @flow: filled; @local_only is false
 *
 * Neither changes until it is closed: a socket with the tls ULP cannot be connected anew. When a
 * connection ends, the socket forgets which port it has, but not what it says in its
 * headers. If closing it resets the connection, it forgets that, too.
 *
 * Context: any.
 */
void tlsbind_flow_ends(const struct sock *sk, struct tlsbind_flow *flow)
{
	tlsbind_flow_addresses(sk, flow);
	flow->local_port = ntohs(inet_sk(sk)->inet_sport);
	flow->remote_port = ntohs(sk->sk_dport);
	flow->local_only = false;
}

/**
 * tlsbind_flow_get() - whom does a socket connect?
 * @sk: a TCP socket, locked
 * @flow: filled
 *
 * The route may not be cached at the moment; the addresses alone tell then
 * whether the connection stays on this machine.
 *
 * Context: process.
 */
void tlsbind_flow_get(struct sock *sk, struct tlsbind_flow *flow)
{
	sock_owned_by_me(sk);
	tlsbind_flow_ends(sk, flow);
	flow->local_only = tlsbind_flow_loopback(&flow->local) ||
			   tlsbind_flow_loopback(&flow->remote) ||
			   tlsbind_flow_own(sk, &flow->remote) ||
			   tlsbind_flow_routed_here(sk);
}

/**
 * tlsbind_flow_offloads() - could a network card take the key?
 * @sk: a TCP socket, locked
 * @tx: the sending direction
 *
 * kTLS offers a key to the lowest device below that of the route, if it says
 * that it encrypts (decrypts) TLS. Both are asked here: either may be about to
 * be another one.
 *
 * Context: process.
 * Return: true if so.
 */
bool tlsbind_flow_offloads(struct sock *sk, bool tx)
{
	netdev_features_t feature = tx ? NETIF_F_HW_TLS_TX : NETIF_F_HW_TLS_RX;
	struct dst_entry *dst;
	struct net_device *dev = tlsbind_flow_device(sk, &dst);
	bool offloads = false;

	rcu_read_lock();
	if (dev)
		offloads = (dev->features |
			    netdev_sk_get_lowest_dev(dev, sk)->features) &
			   feature;
	rcu_read_unlock();
	dst_release(dst);
	return offloads;
}
