// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only these calls reach the original functions; every other call of them is
 * diverted. The functions must not end in a jump, so that the return address
 * lies here: hence the barriers. Nothing else belongs into this file.
 */
#include "original.h"

#include "hook.h"

struct tlsbind_original tlsbind_original __ro_after_init;

noinline int tlsbind_original_setsockopt(struct sock *sk, int level, int optname,
					 sockptr_t optval, unsigned int optlen)
{
	int ret = tlsbind_original.setsockopt(sk, level, optname, optval, optlen);

	barrier();
	return ret;
}

noinline int tlsbind_original_getsockopt(struct sock *sk, int level, int optname,
					 char __user *optval, int __user *optlen)
{
	int ret = tlsbind_original.getsockopt(sk, level, optname, optval, optlen);

	barrier();
	return ret;
}

noinline void tlsbind_original_close(struct sock *sk, long timeout)
{
	tlsbind_original.close(sk, timeout);
	barrier();
}

/**
 * tlsbind_original_sane() - did the linker keep this file between its labels?
 *
 * Return: true if so. If not, diverting would recurse.
 */
bool tlsbind_original_sane(void)
{
	return tlsbind_original_end - tlsbind_original_begin < PAGE_SIZE &&
	       tlsbind_original_calls((unsigned long)tlsbind_original_setsockopt) &&
	       tlsbind_original_calls((unsigned long)tlsbind_original_getsockopt) &&
	       tlsbind_original_calls((unsigned long)tlsbind_original_close) &&
	       !tlsbind_original_calls((unsigned long)tlsbind_hook_arm);
}
