/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Noting the keys that kTLS is given, and refusing those that the rules refuse.
 */
#ifndef _TLSBIND_INSTALL_H
#define _TLSBIND_INSTALL_H

#include <linux/types.h>

#include "flow.h"

struct sock;
struct tlsbind_origin;
struct tlsbind_sock;

/**
 * struct tlsbind_install - an installation of a key that is under way
 * @tx: the sending direction
 * @flow: the socket's ends
 * @origin: who installs it, and what the rules said when it began; held
 */
struct tlsbind_install {
	bool tx;
	struct tlsbind_flow flow;
	struct tlsbind_origin *origin;
};

int tlsbind_install_begin(struct tlsbind_sock *ts, struct sock *sk, bool tx,
			  struct tlsbind_install *install);
int tlsbind_install_untracked(struct sock *sk, bool tx, int error);
int tlsbind_install_end(struct tlsbind_sock *ts, struct sock *sk,
			const struct tlsbind_install *install, int answer);
int tlsbind_install_export_begin(struct tlsbind_sock *ts, struct sock *sk);
void tlsbind_install_export_end(struct tlsbind_sock *ts);

#endif
