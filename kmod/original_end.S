/* SPDX-License-Identifier: GPL-2.0-only */
/* See original.h. Kbuild links this right after original.o. */
#include <linux/objtool.h>

	.text
	.globl	tlsbind_original_end
tlsbind_original_end:
	/* Compared with, never jumped to. */
	ANNOTATE_NOENDBR
	.section .note.GNU-stack, "", @progbits
