// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. A line that must be reported says BAD, any other must not be. */
#include "sock.h"

static int forgets_on_error(struct tlsbind_sock *ts, struct sock *sk,
			    struct tlsbind_install *install)
{
	int ret;

	ret = tlsbind_install_begin(ts, sk, true, install);
	if (!ret) {
		ret = tlsbind_original_setsockopt(sk, SOL_TLS, true);
		if (ret < 0)
			return ret;	/* BAD */
		ret = tlsbind_install_end(ts, sk, install, ret);
	}
	return ret;
}

static int tries_again_outside(struct tlsbind_sock *ts, struct sock *sk,
			       struct tlsbind_install *install)
{
	int ret;

	ret = tlsbind_install_begin(ts, sk, true, install);
	if (!ret) {
		ret = tlsbind_original_setsockopt(sk, SOL_TLS, true);
		ret = tlsbind_install_end(ts, sk, install, ret);
	}
	if (ret)
		ret = tlsbind_original_setsockopt(sk, SOL_TLS, true);	/* BAD */
	return ret;
}

static void forgets_at_the_end(struct tlsbind_sock *ts, struct sock *sk,
			       struct tlsbind_install *install)
{
	int ret;

	ret = tlsbind_install_begin(ts, sk, true, install);
	if (!ret) {
		if (ts->error)
			tlsbind_install_end(ts, sk, install, ret);
	}	/* BAD */
}

static void does_not_ask(struct tlsbind_sock *ts, struct sock *sk,
			 struct tlsbind_install *install)
{
	tlsbind_install_begin(ts, sk, true, install);	/* BAD */
	tlsbind_install_end(ts, sk, install, 0);
}

static int right(struct tlsbind_sock *ts, struct sock *sk,
		 struct tlsbind_install *install)
{
	int ret;

	ret = tlsbind_install_begin(ts, sk, true, install);
	if (!ret) {
		ret = tlsbind_original_setsockopt(sk, SOL_TLS, true);
		ret = tlsbind_install_end(ts, sk, install, ret);
	}
	if (ret)
		return ret;
	return 0;
}
