/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the kernel's own copy of a traffic key.
 */
#ifndef _TLSBIND_KEY_H
#define _TLSBIND_KEY_H

#include <net/tls.h>

#include "binding.h"

int tlsbind_key_read(const union tls_crypto_context *crypto,
		     struct tlsbind_key_material *key);

#endif
