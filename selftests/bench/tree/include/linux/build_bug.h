/* SPDX-License-Identifier: MIT */
#include <assert.h>
