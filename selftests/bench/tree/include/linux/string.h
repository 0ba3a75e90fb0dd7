/* SPDX-License-Identifier: MIT */
#include <string.h>

#define memzero_explicit(at, len)	explicit_bzero(at, len)
