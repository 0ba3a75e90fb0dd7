/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our setsockopt, getsockopt and close around kTLS's own.
 */
#ifndef _TLSBIND_KTLS_H
#define _TLSBIND_KTLS_H

int tlsbind_ktls_init(void);
void tlsbind_ktls_exit(void);
void tlsbind_ktls_release(void);

#endif
