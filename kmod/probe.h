/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel TCP connection to ourselves with the tls ULP.
 */
#ifndef _TLSBIND_PROBE_H
#define _TLSBIND_PROBE_H

#include <linux/net.h>

/**
 * struct tlsbind_probe - a connection over loopback
 * @listener: NULL once the connection stands
 * @client: the end that carries the ULP
 * @server: the other end
 *
 * As long as @client is open, the tls module cannot be unloaded.
 */
struct tlsbind_probe {
	struct socket *listener;
	struct socket *client;
	struct socket *server;
};

int tlsbind_probe_open(struct tlsbind_probe *probe);
void tlsbind_probe_close(struct tlsbind_probe *probe);
int tlsbind_probe_setsockopt(struct tlsbind_probe *probe);
int tlsbind_probe_getsockopt(struct tlsbind_probe *probe);

#endif
