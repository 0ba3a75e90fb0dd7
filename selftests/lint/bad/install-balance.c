// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. A line that must be reported says BAD, any other must not be. */
#include "sock.h"

static int forgets_on_error(struct tlsbind_sock *ts, struct sock *sk, bool tx)
{
	int ret;

	tlsbind_install_begin(ts, sk);
	ret = tlsbind_original_setsockopt(sk, SOL_TLS, tx);
	if (ret < 0)
		return ret;	/* BAD */
	tlsbind_install_end(ts, sk, tx, true);
	return 0;
}

static int tries_again_outside(struct tlsbind_sock *ts, struct sock *sk, bool tx)
{
	int ret;

	tlsbind_install_begin(ts, sk);
	ret = tlsbind_original_setsockopt(sk, SOL_TLS, tx);
	tlsbind_install_end(ts, sk, tx, !ret);
	if (ret)
		ret = tlsbind_original_setsockopt(sk, SOL_TLS, tx);	/* BAD */
	return ret;
}

static void forgets_at_the_end(struct tlsbind_sock *ts, struct sock *sk)
{
	tlsbind_install_begin(ts, sk);
	if (ts->error)
		tlsbind_install_end(ts, sk, true, true);
}	/* BAD */

static int right(struct tlsbind_sock *ts, struct sock *sk, bool tx)
{
	int ret;

	tlsbind_install_begin(ts, sk);
	ret = tlsbind_original_setsockopt(sk, SOL_TLS, tx);
	tlsbind_install_end(ts, sk, tx, !ret);
	if (ret)
		return ret;
	return 0;
}
