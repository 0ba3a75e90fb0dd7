// SPDX-License-Identifier: GPL-2.0-only
/* Not compiled. A line that must be reported says BAD, any other must not be. */
#include "hook.h"

static struct tlsbind_hook hook;

static int forgets_on_error(struct sock *sk, int optname)
{
	int ret;

	tlsbind_hook_enter(&hook);
	if (optname < 0)
		return -EINVAL;	/* BAD */
	ret = tlsbind_original_getsockopt(sk, optname);
	tlsbind_hook_leave();
	return ret;
}

static int works_before_and_after(struct sock *sk, int optname)
{
	int ret = prepare(sk);	/* BAD */

	tlsbind_hook_enter(&hook);
	ret = tlsbind_original_getsockopt(sk, optname);
	tlsbind_hook_leave();
	if (ret)
		tlsbind_sock_unpublish(sk);	/* BAD */
	return ret;
}

static void forgets_at_the_end(struct sock *sk, long timeout)
{
	tlsbind_hook_enter(&hook);
	if (timeout)
		tlsbind_hook_leave();
}	/* BAD */

static void right(struct sock *sk, long timeout)
{
	tlsbind_hook_enter(&hook);
	if (timeout)
		tlsbind_sock_unpublish(sk);
	tlsbind_original_close(sk, timeout);
	tlsbind_hook_leave();
}

static void unrelated(struct sock *sk)
{
	tlsbind_sock_unpublish(sk);
}

void aim(void)
{
	hook.wrapper = (unsigned long)forgets_on_error;
	hook.wrapper = (unsigned long)works_before_and_after;
	hook.wrapper = (unsigned long)right;
}
