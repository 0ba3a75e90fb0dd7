/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Noting the keys that kTLS is given.
 */
#ifndef _TLSBIND_INSTALL_H
#define _TLSBIND_INSTALL_H

#include <linux/types.h>

struct sock;
struct tlsbind_sock;

void tlsbind_install_begin(struct tlsbind_sock *ts, struct sock *sk);
void tlsbind_install_end(struct tlsbind_sock *ts, struct sock *sk, bool tx,
			 bool installed);

#endif
