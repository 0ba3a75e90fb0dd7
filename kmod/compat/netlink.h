/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What netlink_gen.c, made by the generator of a newer kernel, misses on older
 * ones. Included before it by Kbuild.
 */
#ifndef _TLSBIND_COMPAT_NETLINK_H
#define _TLSBIND_COMPAT_NETLINK_H

#include <net/netlink.h>

#ifndef NLA_POLICY_MAX_LEN
#define NLA_POLICY_MAX_LEN(_len)	{ .type = NLA_BINARY, .len = (_len) }
#endif

#endif
