// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct proto is public and typed: the socket of an established connection
 * with the tls ULP shows kTLS's functions as exact, callable pointers, with no
 * symbol search. IPv4 and IPv6 have a struct proto each, with the same three
 * functions in it.
 */
#include "probe.h"

#include <linux/in.h>
#include <linux/printk.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tls.h>

/*
 * A reset, not a farewell: a socket that TCP has no memory to say farewell for
 * may stay in LAST_ACK for good, and would keep tls.ko.
 */
static void tlsbind_probe_drop(struct socket **sock)
{
	if (!*sock)
		return;
	sock_no_linger((*sock)->sk);
	sock_release(*sock);
	*sock = NULL;
}

/**
 * tlsbind_probe_close() - close the connection
 * @probe: open, half open after an error, or zero
 *
 * Context: process, may sleep.
 */
void tlsbind_probe_close(struct tlsbind_probe *probe)
{
	tlsbind_probe_drop(&probe->server);
	tlsbind_probe_drop(&probe->client);
	tlsbind_probe_drop(&probe->listener);
}

static int tlsbind_probe_listen(struct tlsbind_probe *probe,
				struct sockaddr_in *addr)
{
	int ret;

	ret = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &probe->listener);
	if (ret)
		return ret;
	ret = kernel_bind(probe->listener, (void *)addr,
			  sizeof(*addr));
	if (ret)
		return ret;
	ret = kernel_listen(probe->listener, 1);
	if (ret)
		return ret;
	ret = kernel_getsockname(probe->listener, (struct sockaddr *)addr);
	return ret < 0 ? ret : 0;
}

/* Is the accepted connection ours? Anybody may connect to the listener. */
static bool tlsbind_probe_matches(const struct tlsbind_probe *probe)
{
	const struct inet_sock *server = inet_sk(probe->server->sk);
	const struct inet_sock *client = inet_sk(probe->client->sk);

	return server->inet_dport == client->inet_sport &&
	       server->inet_daddr == client->inet_saddr;
}

/*
 * With loopback down a packet to it is lost without an error; a short bound
 * on the handshake makes that an error. Nothing but loopback is on the way.
 */
static int tlsbind_probe_connect(struct tlsbind_probe *probe,
				 struct sockaddr_in *addr)
{
	int ret;

	ret = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &probe->client);
	if (ret)
		return ret;
	probe->client->sk->sk_sndtimeo = 5 * HZ;
	ret = kernel_connect(probe->client, (void *)addr,
			     sizeof(*addr), 0);
	if (ret)
		return ret == -EINPROGRESS ? -ETIMEDOUT : ret;
	probe->listener->sk->sk_rcvtimeo = 5 * HZ;
	do {
		tlsbind_probe_drop(&probe->server);
		ret = kernel_accept(probe->listener, &probe->server, 0);
	} while (!ret && !tlsbind_probe_matches(probe));
	return ret;
}

/**
 * tlsbind_probe_open() - connect to ourselves and attach the tls ULP
 * @probe: zero
 *
 * Says in the log which step failed and what to do.
 *
 * Context: process, may sleep, may load the tls module.
 * Return: 0; -ENOENT if there is no kTLS; a network error otherwise
 * (-ENETUNREACH, -ETIMEDOUT, ... while loopback is down). @probe is closed
 * after an error.
 */
int tlsbind_probe_open(struct tlsbind_probe *probe)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct socket *sock;
	int ret;

	ret = tlsbind_probe_listen(probe, &addr);
	if (!ret)
		ret = tlsbind_probe_connect(probe, &addr);
	if (ret) {
		pr_err("cannot connect over loopback (%d): is \"lo\" of the initial network namespace up?\n",
		       ret);
		goto err;
	}
	tlsbind_probe_drop(&probe->listener);

	sock = probe->client;
	ret = READ_ONCE(sock->ops)->setsockopt(sock, SOL_TCP, TCP_ULP,
					       KERNEL_SOCKPTR("tls"), 3);
	if (ret) {
		pr_err("no kernel TLS (%d): needs CONFIG_TLS and, if it is a module, tls.ko\n",
		       ret);
		goto err;
	}
	return 0;

err:
	tlsbind_probe_close(probe);
	return ret;
}

/**
 * tlsbind_probe_setsockopt() - make a key installation that kTLS refuses
 * @probe: open
 *
 * kTLS refuses a null value before it copies anything.
 *
 * Context: process, may sleep.
 * Return: what kTLS says: -EINVAL.
 */
int tlsbind_probe_setsockopt(struct tlsbind_probe *probe)
{
	struct socket *sock = probe->client;

	return READ_ONCE(sock->ops)->setsockopt(sock, SOL_TLS, TLS_TX,
						KERNEL_SOCKPTR(NULL), 0);
}

/**
 * tlsbind_probe_getsockopt() - ask for an option that kTLS does not have
 * @probe: open
 *
 * Context: process, may sleep.
 * Return: what kTLS says: -ENOPROTOOPT or -EFAULT.
 */
int tlsbind_probe_getsockopt(struct tlsbind_probe *probe)
{
	struct socket *sock = probe->client;

	return READ_ONCE(sock->ops)->getsockopt(sock, SOL_TLS, 0, NULL, NULL);
}
